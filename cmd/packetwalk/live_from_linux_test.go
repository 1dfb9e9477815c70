package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What a real interface sends and receives is walked while it comes, at any rate; and
// nobody is made to hear what is for others who was not asked to.
func TestLiveFrom(t *testing.T) {
	if !inside(t, 4*time.Minute) {
		return
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed: the program is not tried in a terminal")
	}
	p := startLive(t)
	for _, c := range []struct {
		name, line string
		promisc    string
	}{
		{"from", "live --from pw0", "promiscuity 0"},
		{"promiscuous", "live --from pw0 --promiscuous", "promiscuity 1"},
		{"piped", "walk -", "promiscuity 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s := &shown{t: t, socket: fmt.Sprintf("packetwalk-from-%d-%s", os.Getpid(), c.name), out: dir + "/said"}
			line := fmt.Sprintf("env %s=1 XDG_CONFIG_HOME=%s XDG_STATE_HOME=%s LANG=C.UTF-8 %s %s", mainEnv, dir, dir, os.Args[0], c.line)
			if c.name == "piped" {
				if _, err := exec.LookPath("tcpdump"); err != nil {
					t.Skip("tcpdump is not installed")
				}
				line = "tcpdump -Z root -p -U -i pw0 -w - 2>/dev/null | " + line
			}
			if out, err := s.tmux("-u", "new-session", "-d", "-x", "200", "-y", "50", line+" 2>"+s.out+"; echo LEFT $? >>"+s.out+"; sleep 20"); err != nil {
				t.Fatalf("tmux: %v: %s", err, out)
			}
			defer s.tmux("kill-server") //nolint:errcheck // it may be gone
			stop := make(chan bool)
			done := make(chan bool)
			go func() {
				defer close(done)
				for {
					select {
					case <-stop:
						return
					default:
					}
					exec.Command("ping", "-q", "-f", "-c", "300", "10.9.0.2").Run()                      //nolint:errcheck // traffic
					exec.Command("curl", "-s", "-o", "/dev/null", "http://10.9.0.2/bytes/3000000").Run() //nolint:errcheck // traffic
				}
			}()
			count := regexp.MustCompile(`LIVE (\d+) frames`)
			n := func() int {
				if m := count.FindStringSubmatch(s.text()); m != nil {
					k, _ := strconv.Atoi(m[1])
					return k
				}
				return 0
			}
			for end := time.Now().Add(40 * time.Second); n() < 3000 && time.Now().Before(end); {
				time.Sleep(50 * time.Millisecond)
			}
			before := n()
			out, _ := exec.Command("ip", "-d", "link", "show", "pw0").Output()
			if before < 3000 || !strings.Contains(string(out), c.promisc+" ") {
				t.Errorf("%d frames came; %s; the screen:\n%s", before, out, s.text())
			}
			s.tmux("send-keys", "O") //nolint:errcheck // the screen tells
			s.tmux("send-keys", "l") //nolint:errcheck // the screen tells
			time.Sleep(500 * time.Millisecond)
			if n() <= before {
				t.Errorf("it stands still at %d frames:\n%s", before, s.text())
			}
			close(stop)
			<-done
			s.tmux("send-keys", "q") //nolint:errcheck // what it leaves tells
			for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
				if b, _ := os.ReadFile(s.out); strings.Contains(string(b), "LEFT") {
					if !strings.Contains(string(b), "LEFT 0") {
						t.Errorf("it ends with %s", b)
					}
					return
				}
			}
			t.Errorf("it does not end:\n%s", s.text())
		})
	}
	out, _ := exec.Command("ip", "-d", "link", "show", "pw0").Output()
	if !strings.Contains(string(out), "promiscuity 0 ") {
		t.Errorf("at the end: %s", out)
	}
	if err := p.end(2); err != nil {
		t.Error(err)
	}
}
