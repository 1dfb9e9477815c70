package step

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every row is complete, names are unique, lines fit.
func TestCatalogue(t *testing.T) {
	seen := map[string]Step{}
	for a := range stepTables {
		for i, info := range stepTables[a] {
			if i == 0 {
				continue
			}
			s := Step(a<<8 | i)
			switch {
			case info.Func == "":
				t.Errorf("area %d step %d has no row", a, i)
			case info.File == "" || !strings.HasSuffix(info.File, ".c") && !strings.HasSuffix(info.File, ".h"):
				t.Errorf("%s: file %q", info.Func, info.File)
			case info.What == "" || len(info.What) > 88 || !strings.HasSuffix(info.What, ".") && !strings.HasSuffix(info.What, "?"):
				t.Errorf("%s: what %q must be a short sentence", info.Func, info.What)
			}
			if o, ok := seen[info.Func]; ok && info.Func != "" {
				t.Errorf("%s: twice, as %d and %d", info.Func, o, s)
			}
			seen[info.Func] = s
		}
	}
	t.Logf("%d functions", len(seen))
}

// Every sentence's places are well formed.
func TestSentences(t *testing.T) {
	EachWhy(func(w Why, s string) {
		if _, ok := Places(s); !ok {
			t.Errorf("why %d: %q has a bad place", w, s)
		}
	})
	EachTry(func(w Try, i *Tried) {
		if _, ok := Places(i.Candidate); !ok {
			t.Errorf("try %d: %q has a bad place", w, i.Candidate)
		}
		if _, ok := Places(i.Because); !ok {
			t.Errorf("try %d: %q has a bad place", w, i.Because)
		}
	})
}

func TestRender(t *testing.T) {
	for _, c := range []struct {
		text string
		args []uint64
		want string
	}{
		{"plain", nil, "plain"},
		{"ttl {0}", []uint64{1}, "ttl 1"},
		{"{0:ip4} to {1:ip}", []uint64{0x0a000001, 0, 0xffff0a000002}, "10.0.0.1 to 10.0.0.2"},
		{"{0:ip}", []uint64{0xfd00 << 48, 1}, "fd00::1"},
		{"{0:reason} at {1:func}", []uint64{uint64(DropNoSocket), uint64(ConsumeSkbStep)}, "NO_SOCKET at consume_skb"},
		{"{3}", []uint64{1}, "{3}"},
		{"{0:nonsense}", []uint64{1}, "{0:nonsense}"},
		{"{0:dur}", []uint64{1500000}, "1.5 ms"},
		{"{0:icmp}", []uint64{11 << 8}, "time exceeded"},
		{"{0} {0?frame|frames}", []uint64{1}, "1 frame"},
		{"{0} {0?frame|frames} {1?is|are}", []uint64{2, 1}, "2 frames is"},
		{"{1?a|b}", []uint64{1}, "{1?a|b}"},
		{"{0:any} {2:any}", []uint64{0, 0, 0, 0xffff0a000001}, "any address 10.0.0.1"},
		{"{0:tcpbits}, {1:tcpbits}", []uint64{0x12, 0}, "SYN, ACK, no flag"},
		{"{0:time} {1:time}", []uint64{0, 2000000000}, "never 2 s"},
		{"open {0", []uint64{1}, "open {0"},
	} {
		if got := Render(c.text, c.args, nil); got != c.want {
			t.Errorf("Render(%q, %v) = %q, want %q", c.text, c.args, got, c.want)
		}
	}
}

// With KERNEL_TREE set to a kernel source tree, every function of the
// catalogue is looked for in its file.
func TestKernelTree(t *testing.T) {
	tree := os.Getenv("KERNEL_TREE")
	if tree == "" {
		t.Skip("ran without a kernel source tree: set KERNEL_TREE to check names and files against one")
	}
	files := map[string]string{}
	Each(func(_ Step, i *Info) {
		text, ok := files[i.File]
		if !ok {
			b, err := os.ReadFile(filepath.Join(tree, i.File))
			if err != nil {
				t.Errorf("%s: %v", i.Func, err)
			}
			text = string(b)
			files[i.File] = text
		}
		if !regexp.MustCompile(`\b` + regexp.QuoteMeta(i.Func) + `\b`).MatchString(text) {
			t.Errorf("%s is not in %s", i.Func, i.File)
		}
	})
}

// The tracer compares the first part of an observation for all kinds but sockets.
func TestFieldsFit(t *testing.T) {
	for k := KindNone; k < numKinds; k++ {
		n := len(Fields(k))
		if n > MaxFields || k != KindSock && n > SmallFields {
			t.Errorf("kind %v has %d fields", k, n)
		}
	}
}
