package drills

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The tests of this file run Google's packetdrill on the machine's own kernel.
// As root, on Linux, and only when asked for:
//
//	PACKETWALK_KERNEL=1 PACKETWALK_PACKETDRILL=/path/to/packetdrill go test ./lessons/drill -run Real -timeout 2h -update
//
// Each run has a network namespace of its own. -update writes verified.txt and
// mutants.txt anew.
var (
	update   = flag.Bool("update", false, "write the records of the real kernel anew")
	workers  = flag.Int("workers", 3, "runs at the same time")
	perFile  = flag.Int("mutants", 12, "mutants per script")
	scriptRE = flag.String("scripts", "", "only the scripts whose names match")
)

// flags are packetdrill's for a mode, as the kernel's own selftests have them.
var flags = map[string][]string{
	IPv4:   {"--ip_version=ipv4", "--local_ip=192.168.0.1", "--gateway_ip=192.168.0.1", "--netmask_ip=255.255.0.0", "--remote_ip=192.0.2.1"},
	Mapped: {"--ip_version=ipv4-mapped-ipv6", "--local_ip=192.168.0.1", "--gateway_ip=192.168.0.1", "--netmask_ip=255.255.0.0", "--remote_ip=192.0.2.1"},
	IPv6:   {"--ip_version=ipv6", "--mtu=1520", "--local_ip=fd3d:0a0b:17d6::1", "--gateway_ip=fd3d:0a0b:17d6:8888::1", "--remote_ip=fd3d:fa7b:d17d::1"},
}

// A verdict is what packetdrill said.
type verdict struct {
	pass bool
	line int    // where it failed
	text string // its words
	late bool   // the machine was too slow to play the script in time
}

var (
	reLine = regexp.MustCompile(`\.pkt:(\d+): `)
	reLate = regexp.MustCompile(`timing error: expected (inbound packet|system call|data collection|command)`)
)

func packetdrill(t *testing.T) string {
	t.Helper()
	p := os.Getenv("PACKETWALK_PACKETDRILL")
	if p == "" || os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("the real kernel was not asked: set PACKETWALK_KERNEL=1 and PACKETWALK_PACKETDRILL=/path/to/packetdrill")
	}
	return p
}

// realRun plays a script on the machine's kernel.
func realRun(t *testing.T, pd, name, mode, text string) verdict {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, name+".pkt")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	const setup = `ip link set lo up; sysctl -qw net.ipv6.conf.default.accept_dad=0; exec "$0" "$@"`
	args := append([]string{"-c", setup, pd}, flags[mode]...)
	cmd := exec.CommandContext(ctx, "/bin/sh", append(args, name+".pkt")...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	v := verdict{pass: err == nil, text: strings.TrimSpace(string(out))}
	if m := reLine.FindStringSubmatch(v.text); m != nil {
		v.line, _ = strconv.Atoi(m[1])
	}
	v.late = !v.pass && reLate.MatchString(v.text)
	return v
}

// each runs f for 0…n-1, a few at a time.
func each(n int, f func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range max(1, *workers) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				f(i)
			}
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

func kernel() string {
	b, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(b))
}

type scriptMode struct {
	script Script
	mode   string
}

func wanted(t *testing.T) []Script {
	t.Helper()
	re, err := regexp.Compile(*scriptRE)
	if err != nil {
		t.Fatal(err)
	}
	var list []Script
	for _, s := range Scripts() {
		if re.MatchString(s.Name) {
			list = append(list, s)
		}
	}
	return list
}

// TestRealScripts plays every script five times in each of its modes.
func TestRealScripts(t *testing.T) {
	pd := packetdrill(t)
	const runs = 5
	var work []scriptMode
	for _, s := range wanted(t) {
		for _, m := range s.Modes() {
			work = append(work, scriptMode{s, m})
		}
	}
	rows := make([]string, len(work))
	each(len(work), func(i int) {
		w := work[i]
		passed, batch := 0, 0
		var last verdict
		// A run that came too late says nothing about the kernel; nor does one
		// in five on a busy machine. Up to three series of five.
		for batch < 3 && passed < runs {
			batch++
			passed = 0
			for range runs {
				v := realRun(t, pd, w.script.Name, w.mode, w.script.Text)
				for again := 0; v.late && again < 5; again++ {
					v = realRun(t, pd, w.script.Name, w.mode, w.script.Text)
				}
				if v.pass {
					passed++
				} else {
					last = v
				}
			}
		}
		if passed < runs {
			t.Errorf("%s %s: %d of %d: %s", w.script.Name, w.mode, passed, runs, last.text)
		}
		rows[i] = fmt.Sprintf("%s | %s | %d of %d | %s | %s", w.script.Name, w.mode, passed, runs, kernel(), sum(w.script.Text))
	})
	if *update {
		head := "# Google's packetdrill on a real kernel. Each script was played five times in each\n" +
			"# of its modes. A run that the machine could not play in time is repeated; if one of\n" +
			"# the five fails, the series is repeated, twice at most.\n" +
			"# script | mode | passed | kernel | SHA-256 of the script, its first six bytes\n"
		record(t, "verified.txt", head, rows)
	}
}

// TestRealMutants keeps those of the chosen mutants that the kernel refuses
// twice at the same line.
func TestRealMutants(t *testing.T) {
	pd := packetdrill(t)
	type job struct {
		s Script
		m mutant
	}
	var work []job
	for _, s := range wanted(t) {
		for _, m := range choose(s.Name, mutants(s.Text), *perFile) {
			work = append(work, job{s, m})
		}
	}
	rows := make([]string, len(work))
	each(len(work), func(i int) {
		w := work[i]
		text := w.m.apply(w.s.Text)
		mode := w.s.Modes()[0]
		first := decided(t, pd, w.s.Name, mode, text)
		if first.pass || first.line == 0 {
			return
		}
		second := decided(t, pd, w.s.Name, mode, text)
		if second.pass || second.line != first.line {
			return
		}
		rows[i] = fmt.Sprintf("%s | %d | %s | %s | %d", w.s.Name, w.m.Line, w.m.Kind, strings.TrimSpace(w.m.New), first.line)
	})
	var kept []string
	for _, r := range rows {
		if r != "" {
			kept = append(kept, r)
		}
	}
	t.Logf("%d of %d mutants are refused by the kernel", len(kept), len(work))
	if *update {
		head := "# Changes of one token of one line that make a script false. Each was refused twice\n" +
			"# by a real kernel (" + kernel() + ") with Google's packetdrill, at the line in the last\n" +
			"# column. Mode: the first one of the script.\n" +
			"# script | line | what was changed | the line as it is then | refused at line\n"
		record(t, "mutants.txt", head, kept)
	}
}

// record writes the rows of the scripts that were played, and keeps the rows of
// the others that there still are.
func record(t *testing.T, file, head string, rows []string) {
	t.Helper()
	played := map[string]bool{}
	for _, s := range wanted(t) {
		played[s.Name] = true
	}
	for _, f := range records(t, file, 4) {
		if _, ok := Find(f[0]); ok && !played[f[0]] {
			rows = append(rows, strings.Join(f, " | "))
		}
	}
	sort.SliceStable(rows, func(i, j int) bool {
		a, _, _ := strings.Cut(rows[i], " | ")
		b, _, _ := strings.Cut(rows[j], " | ")
		return a < b
	})
	if err := os.WriteFile(file, []byte(head+strings.Join(rows, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// decided plays a script until a run was in time, or five were not.
func decided(t *testing.T, pd, name, mode, text string) verdict {
	v := realRun(t, pd, name, mode, text)
	for again := 0; v.late && again < 5; again++ {
		v = realRun(t, pd, name, mode, text)
	}
	return v
}

// TestRealFolder does the same for scripts of others, which are not part of
// this project: PACKETWALK_MUTATE names a folder with .pkt files in it, and
// another one for the mutants, "from:to".
func TestRealFolder(t *testing.T) {
	from, to, ok := strings.Cut(os.Getenv("PACKETWALK_MUTATE"), ":")
	if !ok {
		t.Skip("PACKETWALK_MUTATE=from:to names no folders")
	}
	names, err := filepath.Glob(filepath.Join(from, "*.pkt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range names {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(f), ".pkt")
		for i, m := range choose(name, mutants(string(b)), *perFile) {
			out := filepath.Join(to, fmt.Sprintf("%s~%02d-line%d-%s.pkt", name, i, m.Line, strings.ReplaceAll(m.Kind, " ", "_")))
			if err := os.WriteFile(out, []byte(m.apply(string(b))), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
