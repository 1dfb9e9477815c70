package drills

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/packetwalk/packetwalk/stack/drill"
)

var agree = flag.Bool("agree", false, "write agreement.txt anew")

// given are the options for a mode: the addresses of the kernel's selftests.
func given(mode string) []drill.Setting {
	s := []drill.Setting{{Name: "ip_version", Value: mode}}
	if mode == IPv6 {
		return append(s, drill.Setting{Name: "mtu", Value: "1520"},
			drill.Setting{Name: "local_ip", Value: "fd3d:0a0b:17d6::1"},
			drill.Setting{Name: "gateway_ip", Value: "fd3d:0a0b:17d6:8888::1"},
			drill.Setting{Name: "remote_ip", Value: "fd3d:fa7b:d17d::1"})
	}
	return append(s, drill.Setting{Name: "local_ip", Value: "192.168.0.1"},
		drill.Setting{Name: "gateway_ip", Value: "192.168.0.1"},
		drill.Setting{Name: "netmask_ip", Value: "255.255.0.0"},
		drill.Setting{Name: "remote_ip", Value: "192.0.2.1"})
}

// modelRun plays a script on the model. The line is 0 when it passes, -1 when
// it fails outside of a line.
func modelRun(name, mode, text string) (line int, err error) {
	r, err := drill.New(name+".pkt", text, drill.Config{Given: given(mode)})
	if err == nil {
		err = r.Run()
	}
	if err == nil {
		return 0, nil
	}
	line = -1
	var f *drill.Failure
	var s *drill.SyntaxError
	switch {
	case errors.As(err, &f) && f.Line > 0:
		line = f.Line
	case errors.As(err, &s):
		line = s.Line
	}
	return line, err
}

// records reads the lines of a record, in fields.
func records(t *testing.T, file string, fields int) [][]string {
	t.Helper()
	b, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var list [][]string
	for i, line := range strings.Split(string(b), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, " | ")
		if len(f) < fields {
			t.Errorf("%s:%d: %d fields, not %d", file, i+1, len(f), fields)
			continue
		}
		list = append(list, f)
	}
	return list
}

// known are the differences that agreement.txt names, with the reasons.
func known(t *testing.T) map[string]string {
	m := map[string]string{}
	for _, f := range records(t, "agreement.txt", 4) {
		m[f[0]+" | "+f[1]+" | "+f[2]] = strings.Join(f[3:], " | ")
	}
	return m
}

// differences collects what the model does otherwise, and writes it down.
type differences struct {
	known map[string]string
	found []string
}

func (d *differences) add(t *testing.T, name, mode, what, how string) {
	key := name + " | " + mode + " | " + what
	reason, ok := d.known[key]
	if !ok {
		reason = "not looked into yet: " + how
		if !*agree {
			t.Errorf("%s: %s", key, how)
		}
	}
	d.found = append(d.found, key+" | "+reason)
}

// done complains about differences that are no more.
func (d *differences) done(t *testing.T) {
	have := map[string]bool{}
	for _, f := range d.found {
		p := strings.SplitN(f, " | ", 4)
		have[strings.Join(p[:3], " | ")] = true
	}
	for k := range d.known {
		if !have[k] && !*agree {
			t.Errorf("agreement.txt names %s, but the model agrees", k)
		}
	}
}

func firstLine(err error) string {
	s, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return s
}

// TestModel plays every script on the model in all its modes. What a real
// kernel plays (verified.txt) the model must play, or agreement.txt says why
// not; and every mutant that a real kernel refuses (mutants.txt) the model must
// refuse at the same line.
func TestModel(t *testing.T) {
	d := &differences{known: known(t)}
	var plays []play
	for _, s := range Scripts() {
		for _, mode := range s.Modes() {
			plays = append(plays, play{s: s, mode: mode, text: s.Text})
		}
	}
	run(plays)
	failing := map[string]bool{}
	for _, p := range plays {
		if p.err != nil {
			d.add(t, p.s.Name, p.mode, "script", firstLine(p.err))
			failing[p.s.Name+" | "+p.mode] = true
		}
	}
	list := records(t, "mutants.txt", 5)
	plays = plays[:0]
	for _, f := range list {
		s, m, want := mutantOf(t, f)
		if m.Line > 0 && !failing[s.Name+" | "+s.Modes()[0]] {
			plays = append(plays, play{s: s, mode: s.Modes()[0], text: m.apply(s.Text), m: m, want: want})
		}
	}
	run(plays)
	for _, p := range plays {
		what := fmt.Sprintf("line %d %s", p.m.Line, p.m.Kind)
		switch {
		case p.err == nil:
			d.add(t, p.s.Name, p.mode, what, "the model lets it pass")
		case p.line != p.want && p.line != p.m.Line && block(p.text, p.line) != p.want:
			d.add(t, p.s.Name, p.mode, what, fmt.Sprintf("refused at line %d, not %d: %s", p.line, p.want, firstLine(p.err)))
		}
	}
	d.done(t)
	if *agree {
		head := "# What the model does otherwise than a real kernel, and why.\n# script | mode | \"script\", or the mutant | reason\n"
		if err := os.WriteFile("agreement.txt", []byte(head+strings.Join(append(d.found, ""), "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d scripts, %d mutants, %d differences", len(Scripts()), len(list), len(d.found))
}

// A play is a text on the model, and what came of it.
type play struct {
	s          Script
	mode, text string
	m          mutant
	want, line int
	err        error
}

// run plays them all, some at the same time: each has a machine of its own.
func run(plays []play) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range runtime.NumCPU() {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := int(next.Add(1)) - 1; i < len(plays); i = int(next.Add(1)) - 1 {
				p := &plays[i]
				p.line, p.err = modelRun(p.s.Name, p.mode, p.text)
			}
		}()
	}
	wg.Wait()
}

// block is the line where the statement begins that the line is part of:
// packetdrill names that one when Python in several lines fails.
func block(text string, line int) int {
	lines := strings.Split(text, "\n")
	for i := min(line, len(lines)); i > 0; i-- {
		if reEvent.MatchString(lines[i-1]) {
			return i
		}
	}
	return line
}

// mutantOf finds the mutant that a line of mutants.txt names.
func mutantOf(t *testing.T, f []string) (Script, mutant, int) {
	t.Helper()
	s, ok := Find(f[0])
	line, err1 := strconv.Atoi(f[1])
	want, err2 := strconv.Atoi(f[len(f)-1])
	if !ok || err1 != nil || err2 != nil {
		t.Errorf("mutants.txt: %q: no such script or line", strings.Join(f, " | "))
		return s, mutant{}, 0
	}
	text := strings.Join(f[3:len(f)-1], " | ")
	for _, m := range mutants(s.Text) {
		if m.Line == line && m.Kind == f[2] && strings.TrimSpace(m.New) == text {
			return s, m, want
		}
	}
	t.Errorf("mutants.txt: %s line %d, %s: the script has changed; record the mutants anew", f[0], line, f[2])
	return s, mutant{}, 0
}

// TestTexts: every script says what it shows.
func TestTexts(t *testing.T) {
	for _, s := range Scripts() {
		if s.Title == "" || len(s.About) < 40 {
			t.Errorf("%s does not say what it shows", s.Name)
		}
		if n := strings.Count(s.Text, "\n"); n > 75 {
			t.Errorf("%s has %d lines: too long to be looked at", s.Name, n)
		}
		for i, line := range strings.Split(s.Text, "\n") {
			if len([]rune(line)) > 110 {
				t.Errorf("%s:%d is too wide", s.Name, i+1)
			}
		}
	}
}

// TestReadme: every script is listed once, with its title.
func TestReadme(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Scripts() {
		if n := strings.Count(string(b), "\n- `"+s.Name+"`: "+s.Title+"\n"); n != 1 {
			t.Errorf("README.md has %d lines for %s: %s", n, s.Name, s.Title)
		}
	}
}

// sum tells one text from another.
func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:6])
}

// TestVerified: the record of the real kernel names every script in every mode,
// as the script is now.
func TestVerified(t *testing.T) {
	have := map[string]string{}
	for _, f := range records(t, "verified.txt", 5) {
		have[f[0]+" | "+f[1]+" | "+f[4]] = f[2]
	}
	for _, s := range Scripts() {
		for _, m := range s.Modes() {
			if v := have[s.Name+" | "+m+" | "+sum(s.Text)]; v != "5 of 5" {
				t.Errorf("%s %s: a real kernel passed %q; play it again with -run RealScripts -update", s.Name, m, v)
			}
		}
	}
}

// TestMutator: the mutator is deterministic, and each mutant differs from its
// script in the line that it names only.
func TestMutator(t *testing.T) {
	for _, s := range Scripts() {
		a, b := mutants(s.Text), mutants(s.Text)
		if len(a) == 0 || len(a) != len(b) {
			t.Fatalf("%s: %d and %d mutants", s.Name, len(a), len(b))
		}
		old := strings.Split(s.Text, "\n")
		for i, m := range a {
			if m != b[i] {
				t.Fatalf("%s: %v and %v", s.Name, m, b[i])
			}
			new := strings.Split(m.apply(s.Text), "\n")
			if m.Kind == "doubled" {
				if len(new) != len(old)+1 {
					t.Errorf("%s: %v: %d lines", s.Name, m, len(new))
				}
				continue
			}
			for j := range old {
				if (old[j] == new[j]) == (j == m.Line-1) {
					t.Errorf("%s: %v changes line %d", s.Name, m, j+1)
				}
			}
		}
	}
}
