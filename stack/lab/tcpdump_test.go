package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/packetwalk/packetwalk/pcaps"
)

// printCapture prints a capture with options.
func printCapture(r *pcaps.Reader, d *tdPrinter) string {
	var b strings.Builder
	for {
		f, err := r.Next()
		if err != nil {
			break
		}
		b.WriteString(d.frame(&tdFrame{at: f.Unix, data: f.Data, orig: f.OrigLen, link: uint16(f.Link)}))
	}
	return b.String()
}

var tcpdumpFlags = []string{"-n", "-nv", "-nvv", "-nvvv", "-ne", "-nq", "-nS", "-ntttt", "-nttt", "-nX", "-nxx", "-nA", "-nev", "-nK"}

func tdFlags(s string) *tdPrinter {
	d := &tdPrinter{}
	for _, c := range s[1:] {
		d.flag(byte(c))
	}
	return d
}

// The real tcpdump, where there is one, says the same of the bundled captures.
func TestTcpdumpReal(t *testing.T) {
	bin, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("not compared: no tcpdump")
	}
	if v, _ := exec.Command(bin, "--version").CombinedOutput(); !strings.HasPrefix(string(v), "tcpdump version 4.99.3") {
		t.Skip("not compared: tcpdump is not 4.99.3")
	}
	lines := 0
	for _, e := range pcaps.Bundled() {
		for _, fl := range tcpdumpFlags {
			r, err := e.Open()
			if err != nil {
				t.Fatal(err)
			}
			got := printCapture(r, tdFlags(fl))
			r.Close()
			c := exec.Command(bin, fl, "-r", filepath.Join("../../pcaps", e.File))
			c.Env = append(os.Environ(), "TZ=UTC")
			out, _ := c.Output()
			lines += strings.Count(got, "\n")
			if got != string(out) {
				t.Errorf("%s %s:\n%s", e.Name, fl, lineDiff(string(out), got))
			}
		}
	}
	t.Logf("%d lines compared", lines)
}

// TestTcpdumpCorpus compares with the real tcpdump on the captures of a folder:
// PACKETWALK_CAPTURES. It counts, and says where they differ: protocols that
// the real one takes apart and this one does not are marked in its lines.
func TestTcpdumpCorpus(t *testing.T) {
	dir := os.Getenv("PACKETWALK_CAPTURES")
	if dir == "" {
		t.Skip("not compared: PACKETWALK_CAPTURES names no folder")
	}
	same, other, marked := 0, 0, 0
	fl := os.Getenv("TCPDUMP_FLAGS")
	if fl == "" {
		fl = "-n"
	}
	filepath.Walk(dir, func(path string, st os.FileInfo, err error) error {
		if err != nil || st.IsDir() || st.Size() > 1<<20 || !strings.Contains(path, ".pcap") && !strings.Contains(path, ".cap") || strings.HasSuffix(path, ".gz") {
			return nil
		}
		r, err := pcaps.Open(path)
		if err != nil {
			return nil
		}
		defer r.Close()
		got := printCapture(r, tdFlags(fl))
		if strings.Contains(got, "not modelled: this link type") {
			return nil
		}
		c := exec.Command("tcpdump", fl, "-r", path)
		c.Env = append(os.Environ(), "TZ=UTC")
		out, _ := c.Output()
		a, b := strings.Split(string(out), "\n"), strings.Split(got, "\n")
		bad := ""
		for i := range b {
			switch {
			case i < len(a) && a[i] == b[i]:
				same++
			case strings.Contains(b[i], "not modelled"):
				marked++
			default:
				other++
				if bad == "" && i < len(a) {
					bad = "- " + a[i] + "\n+ " + b[i]
				}
			}
		}
		if bad != "" {
			t.Logf("%s\n%s", strings.TrimPrefix(path, dir), bad)
		}
		return nil
	})
	t.Logf("%d lines the same, %d not modelled, %d otherwise", same, marked, other)
}

// What the real tcpdump 4.99.3 said of bundled captures is kept, so that the
// comparison needs no tcpdump.
func TestTcpdumpKept(t *testing.T) {
	ar, err := txtar.ParseFile("testdata/tcpdump/real.txtar")
	if err != nil || len(ar.Files) < 50 {
		t.Fatal(err, len(ar.Files))
	}
	for _, f := range ar.Files {
		name, fl, _ := strings.Cut(f.Name, " ")
		e, ok := pcaps.Lookup(name)
		if !ok {
			t.Fatal(name)
		}
		r, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		if got := printCapture(r, tdFlags(fl)); got != string(f.Data) {
			t.Errorf("%s:\n%s", f.Name, lineDiff(string(f.Data), got))
		}
		r.Close()
	}
}
