package lab

import (
	"strings"
	"testing"
)

// What socat 1.7.4 said of options by number.
func TestSocatSockopt(t *testing.T) {
	for _, c := range []struct{ addr, want string }{
		{"UDP:127.0.0.1:9,setsockopt-int=17:103:70000", "E setsockopt(5, 17, 103, {70000}, 4): Invalid argument"},
		{"UDP:127.0.0.1:9,setsockopt-int=17:103", `E parseopts(): option "setsockopt-int": 3 arguments required`},
		{"UDP:127.0.0.1:9,setsockopt-int=17:103:x", `E parseopts(): missing numerical value of option "setsockopt-int=17:103:x"`},
		{"UDP:127.0.0.1:9,setsockopt=17:103:i70000", "E setsockopt(5, 17, 103, {...}, 4): Invalid argument"},
		{"UDP:127.0.0.1:9,setsockopt=17:103:x00", "E setsockopt(5, 17, 103, {...}, 1): Invalid argument"},
		{"UDP:127.0.0.1:9,setsockopt-string=17:103:abc", `E setsockopt(5, 17, 103, "abc", 4): Invalid argument`},
		{"UDP:127.0.0.1:9,setsockopt-int=99:1:1", "E setsockopt(5, 99, 1, {1}, 4): Protocol not available"},
		{"UDP:127.0.0.1:9,setsockopt=17:103:1000", ""},
		{"UDP:127.0.0.1:9,sockopt-int=17:103:1000", ""},
		{"UDP-RECV:9001,setsockopt-int=17:103:1000", "E 1 option(s) could not be used"},
		{"UDP-LISTEN:9001,setsockopt=1:9:1", "E 1 option(s) could not be used"},
		{"UDP-RECV:9001,setsockopt-listen=17:103:i70000", "E setsockopt(5, 17, 103, {...}, 4): Invalid argument"},
		{"TCP-LISTEN:9001,setsockopt-listen=17:104:i1", "E setsockopt(5, 17, 104, {...}, 4): Protocol not available"},
	} {
		two := "- " + c.addr
		if strings.Contains(c.addr, "-RECV") || strings.Contains(c.addr, "-LISTEN") {
			two = c.addr + " -"
		}
		got, _ := runModel(t, "ip link set lo up; echo a | timeout 1 socat -u "+two+" 2>&1 || true\n")
		if _, after, ok := strings.Cut(strings.TrimSpace(got), "] "); ok {
			got = after
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.addr, got, c.want)
		}
	}
}

func FuzzDalan(f *testing.F) {
	for _, s := range []string{"i1000", "x0102", "1000", `"abc"i1`, "s-1b255l1", "x", "i", `"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if b, ok := dalan(s); ok && len(b) > 8*len(s) {
			t.Errorf("%q: %d bytes", s, len(b))
		}
	})
}
