package stack_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/report"
)

// corpus is where other people's captures are, when they are there; a test
// takes every corpusStep-th unless PACKETWALK_CORPUS=all.
const (
	corpus     = "../../shared/pcap"
	corpusStep = 4
)

// TestCorpus replays other people's captures, broken ones among them, in both
// modes: no panic, no hang, no escape sequence, and every buffer is accounted
// for.
func TestCorpus(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skipf("not run: %s is not here", corpus)
	}
	every := corpusStep
	if os.Getenv("PACKETWALK_CORPUS") == "all" {
		every = 1
	}
	var files []string
	check(t, filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	walked, refused, frames := 0, 0, 0
	for i, path := range files {
		if i%every != 0 {
			continue
		}
		for _, m := range modes {
			n, ok := replayFile(t, path, m)
			frames += n
			if ok {
				walked++
			} else {
				refused++
			}
		}
	}
	t.Logf("%d replays of %d frames, %d refused", walked, frames, refused)
}

// slowest is how long one capture of the corpus may take.
const slowest = 20 * time.Second

func replayFile(t *testing.T, path string, m stack.Mode) (frames int, ok bool) {
	name := strings.TrimPrefix(path, corpus+"/") + ", " + m.String() + " mode"
	begin := time.Now()
	defer func() {
		if x := recover(); x != nil {
			t.Errorf("%s: panic: %v", name, x)
		}
		if d := time.Since(begin); d > slowest {
			t.Errorf("%s: took %v", name, d)
		}
	}()
	r, err := pcaps.Open(path)
	if err != nil {
		var e *pcaps.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
		return 0, false
	}
	defer r.Close()
	out := &plain{}
	x := traceAll(t, r, stack.Options{Mode: m}, func(r *stack.Replay) report.Sink { return &report.Text{W: out, Names: r} })
	if out.bad >= 0 {
		t.Errorf("%s: a control character in the trace: %q", name, out.near)
	}
	conserved(t, x, name)
	return len(x.frames), true
}

// plain takes text and notes the first control character.
type plain struct {
	bad  int
	near string
	at   int
}

func (p *plain) Write(b []byte) (int, error) {
	if p.at == 0 {
		p.bad = -1
	}
	if i := bytes.IndexFunc(b, func(r rune) bool { return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 }); i >= 0 && p.bad < 0 {
		p.bad, p.near = p.at+i, string(b[max(0, i-20):min(len(b), i+20)])
	}
	p.at += len(b)
	return len(b), nil
}
