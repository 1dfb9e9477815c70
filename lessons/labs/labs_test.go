// Package labs_test runs every bundled lab: in the model, and, where that is
// possible and asked for, on the real kernel.
package labs_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/lab"
)

var record = flag.Bool("record", false, "write the recorded outputs anew from the real kernel (Linux, root)")

// rules are all that is not compared: what a real machine prints differently
// from run to run. Each is a pattern and what stands for it.
var rules = []struct {
	what string
	re   *regexp.Regexp
	put  string
}{
	{"ping: round-trip time", regexp.MustCompile(`(?m) time=[0-9.]+ ms`), " time=T ms"},
	{"ping: how long it took", regexp.MustCompile(`(?m), time [0-9]+ms$`), ", time T"},
	{"ping: round-trip times", regexp.MustCompile(`(?m)^rtt min/avg/max/mdev = .*$`), "rtt T"},
	{"ping: replies awaited at once", regexp.MustCompile(`(?m)^pipe [0-9]+$`), "pipe N"},
	{"traceroute: times of a hop", regexp.MustCompile(`(?m)(  [0-9.]+ ms)`), "  T ms"},
	{"route and address life times", regexp.MustCompile(`(expires|preferred_lft|valid_lft) [0-9]+sec`), "$1 Tsec"},
	{"nft: what is left of an element's time", regexp.MustCompile(`expires [0-9][0-9hms]*`), "expires T"},
	{"neigh -s: times since", regexp.MustCompile(`used [0-9]+/[0-9]+/[0-9]+`), "used T"},
	{"ss -o: a timer's time", regexp.MustCompile(`timer:\(([a-z]+),[^,]*,`), "timer:($1,T,"},
	{"ss -e: inode and cookie", regexp.MustCompile(`ino:[0-9]+ sk:[0-9a-f]+`), "ino:N sk:N"},
	{"conntrack: id", regexp.MustCompile(` id=[0-9]+`), " id=N"},
	{"nstat: rate", regexp.MustCompile(`(?m)^([A-Za-z0-9]+ +[0-9]+ +)[0-9.]+$`), "${1}0.0"},
}

func normal(s string) string {
	for _, r := range rules {
		s = r.re.ReplaceAllString(s, r.put)
	}
	return s
}

// runModel runs a lab on a fresh machine. Both streams come out in one, as on a
// terminal.
func runModel(t testing.TB, l lessons.LabInfo) (string, int) {
	t.Helper()
	w := stack.NewWorld(1)
	m := lab.NewLab(w, w.AddHost("host"))
	var out bytes.Buffer
	m.Stdout, m.Stderr = &out, &out
	st, err := m.Run("lab.sh", l.Text)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String(), st
}

// runReal runs it by the real sh, in fresh network and mount namespaces: with an
// empty /tmp and no named namespaces.
func runReal(t testing.TB, l lessons.LabInfo) (string, int) {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "lab")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "lab.sh"), []byte(l.Text), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "unshare", "-n", "-m", "-p", "-f", "--kill-child", "--mount-proc", "sh", "-c",
		"mkdir -p /run/netns && mount -t tmpfs none /run/netns && mount -t tmpfs none /tmp && ip link set lo up && env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 sh lab.sh </dev/null; exit $?")
	c.Dir = dir
	c.WaitDelay = time.Second
	out, err := c.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("the real script did not end\n%s", out)
	}
	return string(out), c.ProcessState.ExitCode()
}

func realTools() string {
	if os.Getuid() != 0 {
		return "this needs root"
	}
	for _, n := range []string{"unshare", "ip", "ping", "sysctl", "sh", "nft", "nc", "ss", "nstat"} {
		if _, err := exec.LookPath(n); err != nil {
			return "no program " + n
		}
	}
	if err := exec.Command("unshare", "-n", "-m", "-p", "-f", "true").Run(); err != nil {
		return "namespaces cannot be made here"
	}
	if b, _ := os.ReadFile("/proc/sys/kernel/osrelease"); !strings.HasPrefix(string(b), "6.18.") {
		return "the kernel is not 6.18"
	}
	return ""
}

// The model prints what the real kernel and the real tools printed: NAME.out is
// a recording of both streams, after the rules above.
func TestRecorded(t *testing.T) {
	for _, l := range lessons.Labs() {
		t.Run(l.Name, func(t *testing.T) {
			want, err := os.ReadFile(l.Name + ".out")
			if err != nil {
				t.Fatal("not recorded: ", err)
			}
			got, st := runModel(t, l)
			if got = normal(got); got != string(want) {
				t.Errorf("the model prints otherwise:\n%s", lineDiff(string(want), got))
			}
			if st != 0 {
				t.Errorf("exit status %d", st)
			}
		})
	}
}

// The real kernel prints the same as the model, now. With -record its output is
// kept.
func TestReal(t *testing.T) {
	if os.Getenv("PACKETWALK_KERNEL") == "" && !*record {
		t.Skip("not compared with this machine's kernel: PACKETWALK_KERNEL=1, as root, does")
	}
	if why := realTools(); why != "" {
		t.Skip("not compared with the real kernel: " + why)
	}
	for _, l := range lessons.Labs() {
		t.Run(l.Name, func(t *testing.T) {
			if _, without, ok := strings.Cut(l.Text, "\n# kernel without: "); ok {
				without, _, _ = strings.Cut(without, "\n")
				t.Skip("the recorded kernel has no " + without)
			}
			want, wantSt := runReal(t, l)
			want = normal(want)
			got, st := runModel(t, l)
			if got = normal(got); got != want {
				t.Errorf("- real, + model:\n%s", lineDiff(want, got))
			}
			if st != wantSt {
				t.Errorf("exit status %d, really %d", st, wantSt)
			}
			if *record {
				if wantSt != 0 {
					t.Errorf("exit status %d of the real run: not recorded", wantSt)
				} else if err := os.WriteFile(l.Name+".out", []byte(want), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// Every lab says what it is, is in the index, and leaves nothing behind.
func TestHeads(t *testing.T) {
	index, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	list := lessons.Labs()
	if len(list) < 30 {
		t.Errorf("%d labs", len(list))
	}
	for _, l := range list {
		if !strings.HasPrefix(l.Text, "# lab: "+l.Name+"\n") {
			t.Errorf("%s does not begin with its name", l.Name)
		}
		if l.Title == "" || len(l.Title) > 70 || l.About == "" {
			t.Errorf("%s: title %q, about %q", l.Name, l.Title, l.About)
		}
		if !strings.Contains(l.Text, "\ntrap ") {
			t.Errorf("%s does not clean up by a trap", l.Name)
		}
		if !bytes.Contains(index, []byte("`"+l.Name+"`")) {
			t.Errorf("%s is not in README.md", l.Name)
		}
		if text, ok := lessons.Lab(l.Name); !ok || text != l.Text {
			t.Errorf("%s is not found by its name", l.Name)
		}
	}
}

// lineDiff shows the lines that are not in both, in order.
func lineDiff(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	// The longest common subsequence, of at most a few hundred lines each.
	n := make([][]int, len(a)+1)
	for i := range n {
		n[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				n[i][j] = n[i+1][j+1] + 1
			} else {
				n[i][j] = max(n[i+1][j], n[i][j+1])
			}
		}
	}
	var out strings.Builder
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			if i+1 < len(a) && j+1 < len(b) && a[i+1] != b[j+1] || i > 0 && j > 0 && a[i-1] != b[j-1] {
				out.WriteString(" " + a[i] + "\n")
			}
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && n[i+1][j] >= n[i][j+1]:
			out.WriteString("-" + a[i] + "\n")
			i++
		default:
			out.WriteString("+" + b[j] + "\n")
			j++
		}
	}
	return out.String()
}
