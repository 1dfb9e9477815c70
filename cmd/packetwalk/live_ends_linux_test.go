package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// panicEnv makes the screen of a live run panic some seconds after its beginning.
const panicEnv = "PACKETWALK_LIVE_PANIC"

func init() {
	if os.Getenv(panicEnv) != "" {
		begin := time.Now()
		statusHook = func() {
			if time.Since(begin) > 3*time.Second {
				panic("the screen does not work")
			}
		}
	}
}

// readable checks that what was written is a capture that other tools read too, and
// that the machine runs again from it.
func readable(t *testing.T, log string, whole bool) {
	t.Helper()
	if whole {
		replays(t, log)
	} else {
		c := exec.Command(os.Args[0], "live", "--replay", log)
		c.Env = append(os.Environ(), mainEnv+"=1")
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "all that it has agrees") {
			t.Errorf("the replay: %v: %s", err, out)
		}
	}
	if _, err := exec.LookPath("tcpdump"); err == nil {
		if out, err := exec.Command("tcpdump", "-Z", "root", "-nr", log).CombinedOutput(); err != nil || strings.Contains(string(out), "truncated") {
			t.Errorf("tcpdump does not read it: %v: %.300s", err, out)
		}
	}
}

// However it is ended, the interface is gone, it says why if it was not asked to, and
// what it wrote is whole.
func TestLiveEnds(t *testing.T) {
	if !inside(t, 3*time.Minute) {
		return
	}
	for _, c := range []struct {
		name string
		sig  syscall.Signal
	}{{"interrupt", syscall.SIGINT}, {"terminate", syscall.SIGTERM}, {"hang up", syscall.SIGHUP}} {
		t.Run("headless/"+c.name, func(t *testing.T) {
			p := startLive(t)
			busy(t)
			if err := p.end(c.sig); err != nil {
				t.Errorf("it ends with %v: %s", err, p.said.String())
			}
			readable(t, p.log, true)
		})
		t.Run("screen/"+c.name, func(t *testing.T) {
			s := showLive(t, "")
			busy(t)
			syscall.Kill(s.pid, c.sig)
			t.Logf("it leaves %q", s.gone())
			readable(t, s.log, true)
		})
	}
	for _, how := range []string{"kill-session", "kill-server"} {
		t.Run("screen/"+how, func(t *testing.T) {
			s := showLive(t, "")
			busy(t)
			s.tmux(how) //nolint:errcheck // gone tells
			t.Logf("it leaves %q", s.gone())
			readable(t, s.log, true)
		})
	}
	t.Run("screen/panic", func(t *testing.T) {
		s := showLive(t, panicEnv+"=1")
		busy(t)
		said := s.gone()
		if !strings.Contains(said, "the screen does not work") || strings.Contains(said, "LEFT 0") {
			t.Errorf("it leaves %q", said)
		}
		readable(t, s.log, true)
	})
	t.Run("screen/vanishes", func(t *testing.T) {
		s := showLive(t, "")
		busy(t)
		exec.Command("ip", "link", "del", "pw0").Run() //nolint:errcheck // the screen tells
		s.wait("word that it broke off", func(x string) bool { return strings.Contains(x, "the interface is gone") })
		s.tmux("send-keys", "q") //nolint:errcheck // gone tells
		if said := s.gone(); !strings.Contains(said, "the interface is gone") || !strings.Contains(said, "LEFT 1") {
			t.Errorf("it leaves %q", said)
		}
		readable(t, s.log, true)
	})
	t.Run("headless/stdout closed", func(t *testing.T) {
		log := filepath.Join(t.TempDir(), "run.pcapng")
		c := exec.Command("sh", "-c", "(sleep 1; while echo ip addr; do sleep 0.05; done) | "+os.Args[0]+" live --headless --seed 7 --write "+log+" | head -1")
		c.Env = append(os.Environ(), mainEnv+"=1")
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		over := make(chan string, 1)
		go func() {
			out, err := c.CombinedOutput()
			over <- string(out) + " " + errText(err)
		}()
		up(t)
		select {
		case said := <-over:
			if !strings.Contains(said, "broken pipe") {
				t.Errorf("it says %q", said)
			}
		case <-ctx.Done():
			t.Fatal("it does not end although nobody reads what it prints")
		}
		readable(t, log, true)
	})
	t.Run("headless/disk full", func(t *testing.T) {
		dir := t.TempDir()
		if err := syscall.Mount("x", dir, "tmpfs", 0, "size=3m"); err != nil {
			t.Skipf("no small disk: %v", err)
		}
		defer syscall.Unmount(dir, syscall.MNT_DETACH) //nolint:errcheck // it ends with the namespace
		c := exec.Command(os.Args[0], "live", "--headless", "--seed", "7", "--write", dir+"/run.pcapng")
		c.Env = append(os.Environ(), mainEnv+"=1")
		var said strings.Builder
		c.Stderr = &said
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		up(t)
		exec.Command("curl", "-s", "-m", "5", "-o", "/dev/null", "http://10.9.0.2/bytes/9000000").Run() //nolint:errcheck // it breaks off
		err := c.Wait()
		if err == nil || !strings.Contains(said.String(), "no space left") || !strings.Contains(said.String(), "last whole record") {
			t.Errorf("it ends with %v: %s", err, said.String())
		}
		readable(t, dir+"/run.pcapng", false)
	})
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// busy lets some traffic through.
func busy(t *testing.T) {
	t.Helper()
	says(t, " 0% packet loss", "ping", "-q", "-c", "3", "-i", "0.05", "10.9.0.2")
	if out, err := exec.Command("curl", "-sS", "-m", "10", "http://10.9.0.2/bytes/200000").Output(); err != nil || len(out) != 200000 {
		t.Errorf("curl: %v, %d bytes", err, len(out))
	}
}
