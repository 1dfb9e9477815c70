//go:build linux

package ipt

import (
	"bytes"
	"maps"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// real runs a session with the machine's own programs, in a new namespace.
func (s session) real() (l session, err error) {
	runtime.LockOSThread() // never unlocked: the thread and its namespace end
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return nil, err
	}
	for i, c := range s {
		c = c.after(l, i)
		n := &command_{args: c.args, stdin: c.stdin}
		x := exec.Command(c.args[0], c.args[1:]...)
		x.Args[0] = c.args[0]
		x.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC"}
		var out, bad bytes.Buffer
		x.Stdin, x.Stdout, x.Stderr = strings.NewReader(c.stdin), &out, &bad
		if err := x.Run(); err != nil {
			e, ok := err.(*exec.ExitError)
			if !ok {
				return nil, err
			}
			n.status = e.ExitCode()
		}
		n.out, n.err = undated(out.String()), undated(bad.String())
		l = append(l, n)
	}
	return l, nil
}

// ask is real on a thread of its own.
func (s session) ask() (l session, err error) {
	done := make(chan bool)
	go func() { l, err = s.real(); done <- true }()
	<-done
	return l, err
}

func needKernel(t *testing.T) {
	t.Helper()
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("not compared with this machine's kernel: PACKETWALK_KERNEL=1, as root, does")
	}
}

// TestKernelRecorded asks the real programs again for what testdata holds;
// IPT_RECORD=1 writes their answers there. IPT_FILE names another file, whose
// answers are compared and not kept.
func TestKernelRecorded(t *testing.T) {
	needKernel(t)
	files, _ := filepath.Glob("testdata/*.txt")
	if f := os.Getenv("IPT_FILE"); f != "" {
		files = []string{f}
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var l []session
		for _, s := range parseSessions(string(b)) {
			r, err := s.ask()
			if err != nil {
				t.Skip(err)
			}
			l = append(l, r)
			if d := differ(r, s.play()); d != "" {
				t.Errorf("%s: %s", f, d)
			}
		}
		if os.Getenv("IPT_RECORD") != "" {
			if err := os.WriteFile(f, []byte(formatSessions(l)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestKernelGenerated compares random sessions. IPT_N and IPT_SEED choose them;
// IPT_ONLY names extensions, and the others are left out. IPT_WRITE is a file for
// what the real programs answered.
func TestKernelGenerated(t *testing.T) {
	needKernel(t)
	n, seed := 200, int64(1)
	if s := os.Getenv("IPT_N"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	if s := os.Getenv("IPT_SEED"); s != "" {
		seed, _ = strconv.ParseInt(s, 10, 64)
	}
	matches, targets := slices.Sorted(maps.Keys(genMatches)), slices.Sorted(maps.Keys(genTargets))
	if only := os.Getenv("IPT_ONLY"); only != "" {
		keep := func(l []string) []string {
			return slices.DeleteFunc(l, func(s string) bool {
				n, _, _ := strings.Cut(s, ".")
				return !slices.Contains(strings.Split(only, ","), n)
			})
		}
		if l := keep(slices.Clone(matches)); len(l) > 0 {
			matches = l
		}
		if l := keep(slices.Clone(targets)); len(l) > 0 {
			targets = l
		}
	}
	var all []session
	if f := os.Getenv("IPT_WRITE"); f != "" {
		defer func() { os.WriteFile(f, []byte(formatSessions(all)), 0o644) }()
	}
	bad := 0
	for i := range n {
		g := &generator{Rand: rand.New(rand.NewSource(seed + int64(i)))}
		s := g.session(matches, targets)
		r, err := s.ask()
		if err != nil {
			t.Skip(err)
		}
		all = append(all, r)
		if d := differ(r, s.play()); d != "" {
			t.Errorf("seed %d: %s", seed+int64(i), d)
			if bad++; bad >= 20 {
				t.FailNow()
			}
		}
	}
}
