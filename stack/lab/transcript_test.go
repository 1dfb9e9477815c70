package lab

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

	"golang.org/x/tools/txtar"

	"github.com/packetwalk/packetwalk/stack"
)

var record = flag.Bool("record", false, "write the transcripts anew from the real kernel (Linux, root)")

// runModel runs a script on a fresh machine, its loopback down as in a fresh
// namespace. Both streams come out in one, as on a terminal.
func runModel(t testing.TB, text string) (string, int) {
	t.Helper()
	w := stack.NewWorld(1)
	l := NewLab(w, w.AddHost("host"))
	l.Root.Down(l.Root.NS.Loopback)
	var out bytes.Buffer
	l.Stdout, l.Stderr = &out, &out
	st, err := l.Run("lab.sh", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String(), st
}

// runReal runs it by the real sh, in fresh namespaces with an empty /tmp.
func runReal(t testing.TB, text string) (string, int) {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "lab")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "lab.sh"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "unshare", "-n", "-m", "sh", "-c",
		"mkdir -p /run/netns && mount -t tmpfs none /run/netns && mount -t tmpfs none /tmp && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 sh lab.sh </dev/null")
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
	for _, n := range []string{"unshare", "ip", "ping", "sysctl", "sh"} {
		if _, err := exec.LookPath(n); err != nil {
			return "no program " + n
		}
	}
	if err := exec.Command("unshare", "-n", "-m", "true").Run(); err != nil {
		return "namespaces cannot be made here"
	}
	b, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	if !strings.HasPrefix(string(b), "6.18.") {
		return "the kernel is not 6.18"
	}
	if b, err := exec.Command("ip", "-V").Output(); err != nil || !strings.Contains(string(b), "iproute2-6.1.0") {
		return "iproute2 is not 6.1.0"
	}
	return ""
}

// Every transcript was recorded from the real kernel and tools; the model
// prints the same.
func TestTranscripts(t *testing.T) {
	files, _ := filepath.Glob("testdata/transcripts/*.txtar")
	if len(files) == 0 {
		t.Fatal("no transcripts")
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(f)
			if err != nil {
				t.Fatal(err)
			}
			script := string(ar.Files[0].Data)
			if *record {
				if why := realTools(); why != "" {
					t.Skip(why)
				}
				out, _ := runReal(t, script)
				ar.Files = append(ar.Files[:1], txtar.File{Name: "out", Data: []byte(out)})
				if err := os.WriteFile(f, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if len(ar.Files) < 2 {
				t.Fatal("not recorded")
			}
			got, _ := runModel(t, script)
			if want := string(ar.Files[1].Data); got != want {
				t.Errorf("the model prints otherwise:\n%s", lineDiff(want, got))
			}
		})
	}
}

// What is recorded is what the kernel of this machine does.
func TestTranscriptsReal(t *testing.T) {
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("not compared with this machine's kernel: PACKETWALK_KERNEL=1, as root, does")
	}
	if testing.Short() {
		t.Skip("-short")
	}
	if why := realTools(); why != "" {
		t.Skip("not compared with the real kernel: " + why)
	}
	files, _ := filepath.Glob("testdata/transcripts/*.txtar")
	for _, f := range files {
		ar, err := txtar.ParseFile(f)
		if err != nil || len(ar.Files) < 2 {
			t.Fatalf("%s: %v", f, err)
		}
		got, _ := runReal(t, string(ar.Files[0].Data))
		if want := string(ar.Files[1].Data); got != want {
			t.Errorf("%s: the real machine prints otherwise:\n%s", f, lineDiff(want, got))
		}
	}
}

// lineDiff shows the lines that are not in both, in order.
func lineDiff(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	var out strings.Builder
	n := 0
	for len(a) > 0 && len(b) > 0 && n < 60 {
		if a[0] == b[0] {
			a, b = a[1:], b[1:]
			continue
		}
		n++
		k := -1
		for i := 1; i < min(len(b), 12); i++ {
			if b[i] == a[0] {
				k = i
				break
			}
		}
		if k > 0 {
			for _, l := range b[:k] {
				out.WriteString("+" + l + "\n")
			}
			b = b[k:]
			continue
		}
		out.WriteString("-" + a[0] + "\n")
		k = -1
		for i := 1; i < min(len(a), 12); i++ {
			if a[i] == b[0] {
				k = i
			}
		}
		if k < 0 {
			out.WriteString("+" + b[0] + "\n")
			b = b[1:]
		}
		a = a[1:]
	}
	for _, l := range a {
		out.WriteString("-" + l + "\n")
	}
	for _, l := range b {
		out.WriteString("+" + l + "\n")
	}
	return out.String()
}

// The package has no way to real files, programs or sockets.
func TestNoRealWorld(t *testing.T) {
	files, _ := filepath.Glob("*.go")
	imp := regexp.MustCompile(`(?m)^(?:import )?\s*(?:\w+ )?"([^"]+)"$`)
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(b), "\nfunc ")
		for _, m := range imp.FindAllStringSubmatch(head, -1) {
			switch p := m[1]; {
			case p == "os", strings.HasPrefix(p, "os/"), p == "io/ioutil", p == "syscall", p == "path/filepath", strings.HasPrefix(p, "golang.org/x/sys"), p == "net/http", p == "plugin",
				p == "mvdan.cc/sh/v3/interp", p == "mvdan.cc/sh/v3/expand", p == "math/rand", p == "sync":
				t.Errorf("%s imports %s", f, p)
			}
		}
		if regexp.MustCompile(`\bnet\.(Dial|Listen|Lookup)|\btime\.(Now|Sleep|After)\b|\bgo func\b`).Match(b) {
			t.Errorf("%s uses the network, the wall clock or a goroutine", f)
		}
	}
}

// A script that names real files and programs touches none of them.
func TestPoisonedDirectory(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	const poison = "REAL"
	for _, f := range []string{"secret", "ip", "sh", "lab.sh"} {
		os.WriteFile(f, []byte("#!/bin/sh\necho "+poison+" > "+dir+"/ran\n"), 0o755)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("POISON", poison)
	out, _ := runModel(t, `cat secret `+dir+`/secret; . ./secret; sh ./lab.sh; ./ip; `+dir+`/sh; ip link; echo $POISON *; ls `+dir+`
		echo x > new; echo y > `+dir+`/new2; touch `+dir+`/new3; tee `+dir+`/new4 </dev/null; cd `+dir+`; rm -rf `+dir+`; echo ~root ~daemon
		awk 'BEGIN{system("touch `+dir+`/new5"); print "x" > "`+dir+`/new6"; "id" | getline a; getline b < "`+dir+`/secret"; print a b ENVIRON["POISON"]}'
		sed -n 'w `+dir+`/new7' /etc/hosts; sed -n 'r `+dir+`/secret' /etc/hosts; cat /etc/shadow; find / ; env; xargs touch `+dir+`/new8 </dev/null; sort -o `+dir+`/new9 /etc/hosts`)
	if strings.Contains(out, poison) {
		t.Errorf("something real was read:\n%s", out)
	}
	list, _ := os.ReadDir(dir)
	if len(list) != 4 {
		t.Errorf("real files were made or removed: %v", list)
	}
}

// Limits end a run with one line.
func TestLimits(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"while :; do :; done", "lab.sh:1: stopped after 20000 commands"},
		{"\nf() { f; }\nf", "functions inside one another"},
		{"f() { f & f; }; f", "stopped after"},
		{"while :; do sleep 100 & done", "lab.sh:1: stopped after 50 processes at one time"},
		{"a=xxxxxxxxxx; while :; do a=$a$a; done", "bytes of memory"},
		{"while :; do seq 1000; done", "bytes of output"},
		{"sleep 1000000", "seconds of virtual time"},
		{"seq 1 inf > /tmp/x", "bytes of memory"},
		{"yes() { while echo y; do :; done; }; yes | cat > /dev/null", "stopped after 20000 commands"},
		{"sh -c '. /tmp/me' ; echo '. /tmp/me' > /tmp/me; . /tmp/me", "scripts inside one another"},
		{"awk 'BEGIN{while(1);}'", "stopped after"},
		{"cat /dev/zero > /tmp/z; :", ""},
		{"f() { f | f & }; f; wait", "processes at one time"},
		{"yes > /tmp/f", "bytes of memory"},
		{"yes | while read x; do :; done", "stopped after 20000 commands"},
		{"echo x | sed ':a;s/x/xx/;ta'", "stopped after"},
		{"while :; do sleep 1000; done", "seconds of virtual time"},
		{"ping -i 0.002 127.0.0.1 > /dev/null", "events of the simulated world"},
		{"while :; do sh -c :; done", "stopped after"},
		{"echo 'sh /tmp/me' > /tmp/me; sh /tmp/me", "processes at one time"},
		{"i=0; while :; do i=$((i+1)); ip netns add n$i; done", "stopped after"},
		{"x=a; while :; do x=$x$x; done", "bytes of memory"},
		{"yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -c 300000 | sh", "stopped"},
		{"eval \"$(seq 1 60000)\"", "at a script of more than"},
	} {
		w := stack.NewWorld(1)
		l := NewLab(w, w.AddHost("host"))
		l.Limits.Steps, l.Limits.Procs, l.Limits.Memory, l.Limits.Output, l.Limits.Events, l.Limits.Script = 20000, 50, 1<<22, 1<<20, 50000, 200000
		l.Limits.Sed, l.Limits.Awk = 1<<16, 50e6
		st, err := l.Run("lab.sh", c.text)
		if c.want == "" {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: status %d, %v; want %s", c.text, st, err, c.want)
		}
	}
}

// The same script prints the same, twice.
func TestDeterministic(t *testing.T) {
	text := `for i in 1 2 3; do (sleep 0.$i; echo $i) & done; wait; ip link add a type veth peer name b; ip link; echo $$; date +%N; seq 5 | while read x; do echo $x & done; wait`
	a, _ := runModel(t, text)
	for range 5 {
		if b, _ := runModel(t, text); a != b {
			t.Fatalf("%s\nand then\n%s", a, b)
		}
	}
}

// Every command that the documents behind the project print is known: it runs,
// fails in the real tool's words, or says that it is not modelled.
func TestCommands(t *testing.T) {
	b, err := os.ReadFile("../../../shared/commands.txt")
	if err != nil {
		t.Skip("the list of commands is not here: run without it")
	}
	ran, not := 0, 0
	for _, line := range strings.Split(string(b), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		w := stack.NewWorld(1)
		l := NewLab(w, w.AddHost("host"))
		l.Limits.Virtual = 100e9
		var out bytes.Buffer
		l.Stdout, l.Stderr = &out, &out
		cmd := line
		if strings.HasPrefix(cmd, "tcpdump") || strings.HasPrefix(cmd, "ip netns exec container1 ping") {
			cmd = "timeout 5 " + cmd
		}
		st, err := l.Run("sh", cmd)
		s := out.String()
		switch {
		case strings.Contains(s, "not modelled"):
			not++
			t.Logf("not modelled: %s", line)
		case strings.Contains(s, ": not found"), err != nil:
			t.Errorf("%s: unknown, or it does not end: %v: %s", line, err, s)
		default:
			ran++
			t.Logf("%d: %s", st, line)
		}
	}
	t.Logf("%d run, %d are not modelled", ran, not)
}

// No script panics, hangs or reaches a real file, whatever it says.
func FuzzLab(f *testing.F) {
	files, _ := filepath.Glob("testdata/transcripts/*.txtar")
	for _, name := range files {
		if ar, err := txtar.ParseFile(name); err == nil {
			f.Add(string(ar.Files[0].Data))
		}
	}
	f.Add("a=1; while :; do a=$a$a; done & wait")
	f.Add("ip link add x type veth peer name y; ip link set x up; ip -6 addr; ss -tan; nstat")
	f.Add("f() { f | f; }; f")
	f.Add("sed 's/a/b/;:x;tx' <<E\na\nE\ngrep -E '(a|b)*{' /etc/hosts; printf '%*d' 99999999 1; tr '[:x:]' a-")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "awk") {
			return // goawk has no limit on memory
		}
		w := stack.NewWorld(1)
		l := NewLab(w, w.AddHost("host"))
		l.Limits = Limits{Steps: 2000, Procs: 50, Memory: 4 << 20, Output: 1 << 20, Depth: 50, Virtual: 200e9}
		var out bytes.Buffer
		l.Stdout, l.Stderr = &out, &out
		if _, err := l.Run("f.sh", text); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("an error of several lines: %v", err)
		}
	})
}
