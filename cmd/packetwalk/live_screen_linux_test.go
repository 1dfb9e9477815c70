package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/packetwalk/packetwalk/stack/live"
)

// A shown is `packetwalk live` on a screen of 200 by 50, in tmux.
type shown struct {
	t      *testing.T
	socket string
	log    string
	out    string // what the program leaves behind
	pid    int
}

func (s *shown) tmux(args ...string) (string, error) {
	c := exec.Command("tmux", append([]string{"-L", s.socket, "-f", "/dev/null"}, args...)...)
	out, err := c.CombinedOutput()
	return string(out), err
}

// text is what is on the screen.
func (s *shown) text() string {
	x, _ := s.tmux("capture-pane", "-p")
	return x
}

// wait waits until the screen shows what is asked for.
func (s *shown) wait(what string, ok func(string) bool) {
	s.t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if ok(s.text()) {
			return
		}
	}
	s.t.Fatalf("no %s; the screen:\n%s", what, s.text())
}

// gone waits until the program has ended, and its interface with it.
func (s *shown) gone() string {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if syscall.Kill(s.pid, 0) != nil {
			if _, err := net.InterfaceByName("pw0"); err == nil {
				s.t.Error("the interface is still there")
			}
			var b []byte
			for try := 0; try < 40 && !strings.Contains(string(b), "LEFT"); try++ { // the shell says how it ended, if it lives
				time.Sleep(25 * time.Millisecond)
				b, _ = os.ReadFile(s.out)
			}
			return string(b)
		}
	}
	s.t.Fatalf("it does not end; the screen:\n%s", s.text())
	return ""
}

// showLive starts packetwalk live in tmux. env is set for it.
func showLive(t *testing.T, env string, args ...string) *shown {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed: the program is not tried in a terminal")
	}
	dir := t.TempDir()
	s := &shown{t: t, socket: fmt.Sprintf("packetwalk-live-%d-%d", os.Getpid(), time.Now().UnixNano()), log: filepath.Join(dir, "run.pcapng"), out: filepath.Join(dir, "said")}
	line := fmt.Sprintf("env %s=1 %s XDG_CONFIG_HOME=%s XDG_STATE_HOME=%s LANG=C.UTF-8 %s live --seed 7 --write %s %s 2>%s; echo LEFT $? >>%s; sleep 30",
		mainEnv, env, dir, dir, os.Args[0], s.log, strings.Join(args, " "), s.out, s.out)
	if out, err := s.tmux("-u", "new-session", "-d", "-x", "200", "-y", "50", line); err != nil {
		t.Fatalf("tmux: %v: %s", err, out)
	}
	t.Cleanup(func() { s.tmux("kill-server") }) //nolint:errcheck // it may be gone
	up(t)
	shell, _ := s.tmux("display-message", "-p", "#{pane_pid}")
	out, err := exec.Command("pgrep", "-P", strings.TrimSpace(shell)).Output()
	if err != nil {
		t.Fatalf("the program's number is not found: %v", err)
	}
	s.pid, _ = strconv.Atoi(strings.TrimSpace(string(out)))
	s.wait("screen", func(x string) bool { return strings.Contains(x, "LIVE") && strings.Contains(x, "q quit") })
	return s
}

// longEnv lets the tests of the screen last as long as they are meant to.
const longEnv = "PACKETWALK_LIVE_LONG"

// All that people do with a machine works while the screen runs, byte for byte, over
// both families; and the run is the same again from its file.
func TestLiveAccepted(t *testing.T) {
	bulk := 3 * time.Second
	if os.Getenv(longEnv) != "" {
		bulk = 30 * time.Second
	}
	if !inside(t, 8*bulk+5*time.Minute) {
		return
	}
	lab := filepath.Join(t.TempDir(), "lab.sh")
	if err := os.WriteFile(lab, []byte("ip route add default via 10.9.0.1\nip -6 route add default via fd00:9::1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	far := newFar(t)
	s := showLive(t, "", "--lab", lab)
	far.connect(t)
	for _, host := range []string{"10.9.0.2", "fd00:9::2"} {
		at, url, six := host, "http://"+host, strings.Contains(host, ":")
		if six {
			url = "http://[" + host + "]"
		}
		begin := time.Now()
		says(t, "0% packet loss", "ping", "-f", "-q", "-c", "10000", at)
		t.Logf("%s: ping -f -c 10000: %s", at, time.Since(begin).Round(time.Millisecond))
		hundred(t, url)
		parallel(t, url)
		says(t, "hello", "sh", "-c", "echo hello | nc -N -w 5 "+at+" 7")
		bulkEcho(t, net.JoinHostPort(at, "7"), bulk)
		crowdEcho(t, net.JoinHostPort(at, "7"))
		far.pathMTU(t, url, six)
	}
	rss := resident(s.pid)
	s.tmux("send-keys", "q") //nolint:errcheck // gone tells
	said := s.gone()
	if !strings.Contains(said, "LEFT 0") {
		t.Errorf("it ends with %q", said)
	}
	t.Logf("%d MB in memory at the end; %s", rss, strings.TrimSpace(said))
	t.Log(replays(t, s.log))
}

// says runs a program, and looks for words in what it prints.
func says(t *testing.T, want string, name string, args ...string) {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), want) {
		t.Errorf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

func hash(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// hundred is curl of 100 MB in both directions.
func hundred(t *testing.T, url string) {
	t.Helper()
	const n = 100_000_000
	begin := time.Now()
	out, err := exec.Command("curl", "-sSg", fmt.Sprintf("%s/bytes/%d", url, n)).Output()
	if err != nil || hash(out) != live.Sum(n) {
		t.Errorf("100 MB from %s: %v, %d bytes", url, err, len(out))
	}
	down := time.Since(begin)
	b := make([]byte, n)
	rand.Read(b)
	file := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	begin = time.Now()
	out, err = exec.Command("curl", "-sSg", "-T", file, url+"/x").CombinedOutput()
	if want := fmt.Sprintf("%d bytes, sha256 %s\n", n, hash(b)); err != nil || string(out) != want {
		t.Errorf("100 MB to %s: %v: %q, not %q", url, err, out, want)
	}
	t.Logf("%s: 100 MB from it in %s, to it in %s", url, down.Round(time.Millisecond), time.Since(begin).Round(time.Millisecond))
}

// parallel is 500 curl at a time.
func parallel(t *testing.T, url string) {
	t.Helper()
	dir := t.TempDir()
	begin := time.Now()
	out, err := exec.Command("curl", "-sS", "--parallel", "--parallel-immediate", "--parallel-max", "500", "-o", dir+"/#1", strings.NewReplacer("[", "\\[", "]", "\\]").Replace(url)+"/bytes/20[000-499]").CombinedOutput()
	if err != nil {
		t.Errorf("500 curl: %v: %s", err, out)
	}
	wrong := 0
	for i := range 500 {
		b, _ := os.ReadFile(fmt.Sprintf("%s/%03d", dir, i))
		if len(b) != 20000+i || hash(b) != live.Sum(int64(20000+i)) {
			wrong++
		}
	}
	if wrong > 0 {
		t.Errorf("%d of 500 curl got other bytes", wrong)
	}
	t.Logf("%s: 500 curl at a time in %s", url, time.Since(begin).Round(time.Millisecond))
}

// bulkEcho sends to the echo server for a while, and compares what comes back.
func bulkEcho(t *testing.T, addr string, long time.Duration) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(long + 20*time.Second))
	sent, got := sha256.New(), sha256.New()
	done, n := make(chan int64, 1), int64(0)
	go func() {
		n, _ := io.Copy(got, c)
		done <- n
	}()
	b := make([]byte, 1<<17)
	for begin := time.Now(); time.Since(begin) < long; n += int64(len(b)) {
		rand.Read(b)
		if _, err := c.Write(b); err != nil {
			t.Errorf("after %d bytes: %v", n, err)
			return
		}
		sent.Write(b)
	}
	c.(*net.TCPConn).CloseWrite() //nolint:errcheck // the count tells
	if back := <-done; back != n || !bytes.Equal(sent.Sum(nil), got.Sum(nil)) {
		t.Errorf("of %d bytes %d came back, or others", n, back)
	}
	t.Logf("%s: %d MB in %s to the echo server and back", addr, n>>20, long)
}

// crowdEcho is 500 connections to the echo server at a time.
func crowdEcho(t *testing.T, addr string) {
	t.Helper()
	const conns, size = 500, 50_000
	begin := time.Now()
	over := make(chan error, conns)
	for range conns {
		go func() { over <- echoed(addr, size) }()
	}
	wrong := 0
	for range conns {
		if err := <-over; err != nil {
			wrong++
			if wrong == 1 {
				t.Errorf("a crowd at the echo server: %v", err)
			}
		}
	}
	if wrong > 1 {
		t.Errorf("so for %d of %d", wrong, conns)
	}
	t.Logf("%s: %d connections to the echo server, %d bytes each, in %s", addr, conns, size, time.Since(begin).Round(time.Millisecond))
}

// echoed sends some bytes to the echo server, and compares what comes back.
func echoed(addr string, size int) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	b := make([]byte, size)
	rand.Read(b)
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(b)
		c.(*net.TCPConn).CloseWrite() //nolint:errcheck // what comes back tells
		sent <- err
	}()
	back, err := io.ReadAll(c)
	if err == nil {
		err = <-sent
	}
	if err == nil && !bytes.Equal(back, b) {
		err = fmt.Errorf("%d bytes came back of %d, or others", len(back), size)
	}
	return err
}

// A far is two network namespaces beyond this one, the way to the second through a
// link that takes shorter packets: who is there fetches from the model.
type far struct{ mid, end *exec.Cmd }

func newFar(t *testing.T) *far {
	t.Helper()
	ns := func() *exec.Cmd {
		c := exec.Command("sleep", "3600")
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Process.Kill(); c.Wait() })
		return c
	}
	return &far{ns(), ns()}
}

func (f *far) connect(t *testing.T) {
	t.Helper()
	sh := exec.Command("sh", "-e", "-c", fmt.Sprintf(`
at() { p=$1; shift; nsenter -t $p -n "$@"; }
ip link set lo up
ip link add m0 mtu 1300 type veth peer name m1 mtu 1300
ip link set m1 netns %[1]d
ip addr add 10.77.0.1/24 dev m0; ip -6 addr add fd00:77::1/64 dev m0 nodad; ip link set m0 up
at %[1]d ip link add e0 type veth peer name e1
at %[1]d ip link set e1 netns %[2]d
at %[1]d sh -c 'ip addr add 10.77.0.2/24 dev m1; ip -6 addr add fd00:77::2/64 dev m1 nodad; ip link set m1 up
  ip addr add 10.78.0.1/24 dev e0; ip -6 addr add fd00:78::1/64 dev e0 nodad; ip link set e0 up
  ip route add default via 10.77.0.1; ip -6 route add default via fd00:77::1
  echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
at %[2]d sh -c 'ip addr add 10.78.0.2/24 dev e1; ip -6 addr add fd00:78::2/64 dev e1 nodad; ip link set e1 up
  ip route add default via 10.78.0.1; ip -6 route add default via fd00:78::1'
ip route add 10.78.0.0/24 via 10.77.0.2; ip -6 route add fd00:78::/64 via fd00:77::2
echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
`, f.mid.Process.Pid, f.end.Process.Pid))
	if out, err := sh.CombinedOutput(); err != nil {
		t.Fatalf("the way to the far end: %v: %s", err, out)
	}
}

// pathMTU fetches from the far end: the model finds out that its packets are too
// large for the way.
func (f *far) pathMTU(t *testing.T, url string, six bool) {
	t.Helper()
	const n = 3_000_000
	c := exec.Command("nsenter", "-t", fmt.Sprint(f.end.Process.Pid), "-n", "curl", "-sSg", "-m", "20", fmt.Sprintf("%s/bytes/%d", url, n))
	out, err := c.Output()
	if err != nil || hash(out) != live.Sum(n) {
		t.Errorf("from beyond a link with an MTU of 1300: %v, %d bytes", err, len(out))
	}
	fails := "FragFails"
	b, _ := os.ReadFile("/proc/net/snmp")
	if six {
		b, _ = os.ReadFile("/proc/net/dev_snmp6/m0")
		fails = "Ip6InTooBigErrors"
		if b6, err := os.ReadFile("/proc/net/snmp6"); err == nil {
			b = b6
		}
	}
	t.Logf("%s: 3 MB from beyond an MTU of 1300; %s: %s", url, fails, tooBig(b, fails))
	if x := tooBig(b, fails); x == "0" || x == "" {
		t.Errorf("no packet was too large: %s", x)
	}
}

// tooBig is a counter of /proc/net/snmp or snmp6.
func tooBig(b []byte, name string) string {
	if m := regexp.MustCompile(`(?m)^` + name + `\s+(\d+)`).FindSubmatch(b); m != nil {
		return string(m[1])
	}
	lines := strings.Split(string(b), "\n")
	for i, l := range lines {
		for j, f := range strings.Fields(l) {
			if f == name && i+1 < len(lines) {
				return strings.Fields(lines[i+1])[j]
			}
		}
	}
	return ""
}

// Noise does the screen no harm either.
func TestLiveScreenFlood(t *testing.T) {
	long := 3 * time.Second
	if s := os.Getenv(floodEnv); s != "" {
		var err error
		if long, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	if !inside(t, 4*long+3*time.Minute) {
		return
	}
	s := showLive(t, "")
	sent, most := floods(t, long, s.log, s.pid)
	s.tmux("send-keys", ":", "ip neigh flush dev eth0; ip -6 neigh flush dev eth0", "Enter") //nolint:errcheck // up tells
	up(t)
	t.Logf("%d frames sent; at most %d MB in memory; the screen:\n%s", sent, most, s.text())
	if most > 900 {
		t.Errorf("it took %d MB", most)
	}
	s.tmux("send-keys", "C-c") //nolint:errcheck // gone tells
	t.Logf("it ends with %q", strings.TrimSpace(s.gone()))
	t.Log(replays(t, s.log))
}
