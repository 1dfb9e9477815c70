package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What tells the test program what it is: packetwalk itself, or a test in a
// network of its own.
const (
	mainEnv   = "PACKETWALK_LIVE_MAIN"
	insideEnv = "PACKETWALK_LIVE_TEST"
)

func init() {
	if os.Getenv(mainEnv) != "" {
		os.Exit(run(os.Args[1:]))
	}
}

// inside runs the test again in a user and network namespace of its own, and
// reports whether this is that one. What the test makes there ends with it.
func inside(t *testing.T, long time.Duration) bool {
	if os.Getenv(insideEnv) != "" {
		return true
	}
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("ran without: PACKETWALK_KERNEL=1 lets it use the machine's own kernel")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skip("ran without: there is no /dev/net/tun")
	}
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v", "-test.timeout", long.String())
	c.Env = append(os.Environ(), insideEnv+"=1")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}, GidMappingsEnableSetgroups: os.Getuid() == 0}
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil && bytes.Contains(out, []byte("--- PASS")):
		t.Logf("%s", out)
	case err != nil && !errors.As(err, &exit):
		t.Skipf("ran without: a network namespace of one's own is not allowed here: %v", err)
	default:
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// A program is `packetwalk live` without its screen.
type program struct {
	t    *testing.T
	c    *exec.Cmd
	log  string
	said bytes.Buffer
	in   io.WriteCloser
	over chan error
}

// live starts packetwalk live, and waits until its interface is there.
func startLive(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{t: t, log: filepath.Join(t.TempDir(), "run.pcapng"), over: make(chan error, 1)}
	p.c = exec.Command(os.Args[0], append([]string{"live", "--headless", "--seed", "7", "--write", p.log}, args...)...)
	p.c.Env = append(os.Environ(), mainEnv+"=1")
	p.c.Stderr, p.c.Stdout = &p.said, &p.said
	p.c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var err error
	if p.in, err = p.c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.over <- p.c.Wait() }()
	up(t)
	return p
}

// up waits until pw0 is there, and its machine answers.
func up(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if c, err := net.DialTimeout("tcp", "10.9.0.2:80", time.Second); err == nil {
			c.Close()
			return
		}
	}
	t.Fatal("the machine does not answer")
}

// end asks the program to end, and waits for it.
func (p *program) end(sig syscall.Signal) error {
	p.t.Helper()
	p.c.Process.Signal(sig)
	return p.wait()
}

func (p *program) wait() error {
	p.t.Helper()
	select {
	case err := <-p.over:
		return err
	case <-time.After(20 * time.Second):
		p.c.Process.Signal(syscall.SIGQUIT)
		<-p.over
		p.t.Fatalf("it does not end:\n%s", p.said.String())
	}
	return nil
}

// replays runs the machine again from what was written.
func replays(t *testing.T, log string) string {
	t.Helper()
	c := exec.Command(os.Args[0], "live", "--replay", log)
	c.Env = append(os.Environ(), mainEnv+"=1")
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "as in the run") {
		t.Errorf("the replay: %v: %s", err, out)
	}
	return string(out)
}

// resident is what a process has in memory now, in MB.
func resident(pid int) int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if f := strings.Fields(string(b)); len(f) > 1 {
		n, _ := strconv.Atoi(f[1])
		return n * os.Getpagesize() >> 20
	}
	return 0
}

// floodEnv is how long TestLiveFlood floods; 10m is what the program is meant to
// stand.
const floodEnv = "PACKETWALK_FLOOD"

// Frames of any length, rate and content do no harm: the program lives, its memory
// stays where it was, it still answers, and what it wrote runs again to the same
// hash.
func TestLiveFlood(t *testing.T) {
	long := 3 * time.Second
	if s := os.Getenv(floodEnv); s != "" {
		var err error
		if long, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	if !inside(t, 4*long+2*time.Minute) {
		return
	}
	p := startLive(t)
	sent, most := floods(t, long, p.log, p.c.Process.Pid)
	// Some of the noise was false ARP and neighbour advertisements, which are believed.
	io.WriteString(p.in, "ip neigh flush dev eth0; ip -6 neigh flush dev eth0\n")
	up(t)
	if err := p.end(syscall.SIGINT); err != nil {
		t.Errorf("it ends with %v:\n%s", err, p.said.String())
	}
	if most > 400 {
		t.Errorf("it took %d MB", most)
	}
	if x, err := os.Stat(p.log); err == nil {
		t.Logf("%d frames sent; at most %d MB in memory; %d MB written; %s", sent, most, x.Size()>>20, strings.TrimSpace(p.said.String()))
	}
	t.Log(replays(t, p.log))
}

// maxFlood is how much a flood may write, in bytes.
const maxFlood = 1500e6

// floods sends noise for a while and tells how much memory a process took at most.
// What is written must not fill the disk of who tests: it stops for a while when
// that grows faster than to maxFlood in all.
func floods(t *testing.T, long time.Duration, log string, pid int) (sent, most int) {
	t.Helper()
	i, err := net.InterfaceByName("pw0")
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFlood(i.Index, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	begin, told := time.Now(), time.Time{}
	for n := 0; time.Since(begin) < long; n++ {
		mtu := "1500"
		if n%4 == 3 {
			mtu = "65521"
		}
		exec.Command("ip", "link", "set", "pw0", "mtu", mtu).Run() //nolint:errcheck // the frames are shorter then
		if err := f.run(min(long/4, time.Second), nil); err != nil {
			t.Fatal(err)
		}
		m := resident(pid)
		most = max(most, m)
		for x, err := os.Stat(log); err == nil && time.Since(begin) < long && float64(x.Size()) > maxFlood*float64(time.Since(begin))/float64(long); {
			time.Sleep(20 * time.Millisecond)
		}
		if time.Since(told) > long/10 {
			told = time.Now()
			t.Logf("%s: %d frames sent, %d too long for the interface; %d MB in memory", time.Since(begin).Round(time.Second), f.sent, f.toBig, m)
		}
	}
	exec.Command("ip", "link", "set", "pw0", "mtu", "1500").Run() //nolint:errcheck // as above
	return f.sent, most
}
