package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"time"

	"github.com/creack/pty"

	"github.com/packetwalk/packetwalk/tui"
)

const (
	uiWidth  = 200
	uiHeight = 50
	uiFPS    = 60
	uiPlay   = 4 * time.Second
)

// measureUI runs this program in a terminal of 200x50: how soon the first
// screen of a large capture is there, and what playing a small one as fast as it
// goes costs.
func measureUI(capture string) (p99ms, cpuPct, bytesPerFrame, firstScreenMs float64, err error) {
	first, _, _, err := uiRun(capture, 0)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	_, cpu, sent, err := uiRun("http", uiPlay)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	p99, err := tui.FrameTime(uiWidth, uiHeight, 600)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return ms(p99), 100 * cpu.Seconds() / uiPlay.Seconds(), float64(sent) / (uiPlay.Seconds() * uiFPS), ms(first), err
}

// uiRun starts a walk in a terminal, waits for its first screen, plays for a
// while and leaves. cpu and sent count the playing only.
func uiRun(capture string, play time.Duration) (first, cpu time.Duration, sent int64, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, 0, 0, err
	}
	run := func(play time.Duration) (first, cpu time.Duration, sent int64, err error) {
		c := exec.Command(self, "walk", capture)
		c.Env = append(os.Environ(), "TERM=xterm-256color", "GOMAXPROCS=1")
		start := time.Now()
		f, err := pty.StartWithSize(c, &pty.Winsize{Rows: uiHeight, Cols: uiWidth})
		if err != nil {
			return 0, 0, 0, err
		}
		defer f.Close()
		var total atomic.Int64
		shown := make(chan time.Duration, 1)
		go func() {
			var seen []byte
			buf := make([]byte, 1<<16)
			for {
				n, err := f.Read(buf)
				total.Add(int64(n))
				if seen != nil || total.Load() == int64(n) {
					seen = append(seen, buf[:n]...)
					if bytes.Contains(seen, []byte("quit")) {
						shown <- time.Since(start)
						seen = nil
					}
				}
				if err != nil {
					return
				}
			}
		}()
		select {
		case first = <-shown:
		case <-time.After(10 * time.Second):
			c.Process.Kill()
			c.Wait()
			return 0, 0, 0, errors.New("no screen within 10 s")
		}
		time.Sleep(300 * time.Millisecond)
		io.WriteString(f, "O") // from the overview to the first step
		time.Sleep(300 * time.Millisecond)
		before := total.Load()
		if play > 0 {
			io.WriteString(f, "++++ ") // as fast as it plays
			time.Sleep(play)
		}
		sent = total.Load() - before
		io.WriteString(f, "q")
		done := make(chan error, 1)
		go func() { done <- c.Wait() }()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			c.Process.Kill()
			<-done
		}
		return first, c.ProcessState.UserTime() + c.ProcessState.SystemTime(), sent, nil
	}
	first, cpu, sent, err = run(play)
	if err != nil || play == 0 {
		return first, cpu, sent, err
	}
	_, still, _, err := run(0)
	return first, max(0, cpu-still), sent, err
}
