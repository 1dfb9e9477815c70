package tap

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/live"
)

// insideEnv tells the test program that it runs in a network of its own.
const insideEnv = "PACKETWALK_TAP_TEST"

// inside runs the test again in a user and network namespace of its own, and
// reports whether this is that one. What the test makes there ends with it.
func inside(t *testing.T) bool {
	if os.Getenv(insideEnv) != "" {
		return true
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skip("ran without: there is no /dev/net/tun")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), insideEnv+"=1")
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil && bytes.Contains(out, []byte("--- PASS")):
	case err != nil && !errors.As(err, &exit):
		t.Skipf("ran without: a network namespace of one's own is not allowed here: %v", err)
	default:
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

func prefixes(s ...string) (list []netip.Prefix) {
	for _, x := range s {
		list = append(list, netip.MustParsePrefix(x))
	}
	return list
}

// A running is a machine at the other end of pw0.
type running struct {
	t    *testing.T
	r    *Run
	log  string
	stop context.CancelFunc
	over chan error
}

func start(t *testing.T) *running {
	t.Helper()
	return startWith(t, true)
}

func startWith(t *testing.T, offload bool) *running {
	t.Helper()
	c := live.Config{Seed: 1, Ports: []live.Port{{Name: "eth0", Outer: "pw0", MAC: 0x027077000001,
		Peers: prefixes("10.9.0.1/24", "fd00:9::1/64"), Addrs: prefixes("10.9.0.2/24", "fd00:9::2/64")}}}
	tap, err := Open("pw0", c.Ports[0].Peers, offload)
	if err != nil {
		t.Fatal(err)
	}
	x := &running{t: t, log: filepath.Join(t.TempDir(), "run.pcapng"), over: make(chan error, 1)}
	ready := make(chan bool)
	x.r = &Run{Config: c, Wires: []Wire{tap}, Log: x.log, Commands: make(chan Command), Ready: func(*live.Machine) { close(ready) }}
	var ctx context.Context
	ctx, x.stop = context.WithCancel(t.Context())
	go func() { x.over <- x.r.Go(ctx) }()
	select {
	case <-ready:
	case err := <-x.over:
		t.Fatal(err)
	}
	return x
}

// end stops the run, and replays its log.
func (x *running) end() {
	x.t.Helper()
	x.stop()
	if err := <-x.over; err != nil {
		x.t.Error(err)
	}
	x.replay(true)
}

func (x *running) replay(whole bool) {
	x.t.Helper()
	src, err := pcaps.Open(x.log)
	if err != nil {
		x.t.Fatal(err)
	}
	defer src.Close()
	r, err := live.NewReader(src)
	if err != nil {
		x.t.Fatal(err)
	}
	res, err := live.Replay(r)
	if err != nil {
		x.t.Fatal(err)
	}
	if whole && !res.Agrees() || res.Differ != "" {
		x.t.Errorf("the replay: %+v", res)
	}
	if whole && (res.In != x.r.Stats.In || res.Out != x.r.Stats.Out) {
		x.t.Errorf("the log has %d frames in and %d out, the run had %d and %d", res.In, res.Out, x.r.Stats.In, x.r.Stats.Out)
	}
}

func fetch(t *testing.T, url string) []byte {
	r, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return b
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// The real kernel's TCP and the model's exchange bytes both ways, over both
// families; and the run is the same again from its log.
func TestReal(t *testing.T) {
	if !inside(t) {
		return
	}
	x := start(t)
	const n = 3_000_000
	for _, host := range []string{"10.9.0.2", "[fd00:9::2]"} {
		if got := sum(fetch(t, fmt.Sprintf("http://%s/bytes/%d", host, n))); got != live.Sum(n) {
			t.Errorf("from %s came other bytes", host)
		}
		b := make([]byte, n)
		rand.Read(b)
		q, err := http.NewRequest("PUT", "http://"+host+"/x", bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if want := fmt.Sprintf("%d bytes, sha256 %s\n", n, sum(b)); string(said) != want {
			t.Errorf("%s says %q, want %q", host, said, want)
		}
	}
	if b := fetch(t, "http://10.9.0.2/"); !bytes.Contains(b, []byte("<code>tcp_v4_rcv</code>")) {
		t.Errorf("the page has no walk: %.300s", b)
	}
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			r, err := c.Get("http://10.9.0.2/bytes/20000")
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Body.Close()
			if b, err := io.ReadAll(r.Body); err != nil || sum(b) != live.Sum(20000) {
				t.Errorf("%d bytes, %v", len(b), err)
			}
		})
	}
	wait.Wait()
	halfClose(t)
	var out lockedBuffer
	x.r.Commands <- Command{"ip -br addr show eth0", &out}
	for range 100 {
		if strings.Contains(out.String(), "10.9.0.2/24") {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if !strings.Contains(out.String(), "10.9.0.2/24") {
		t.Errorf("a typed line answers %q", out.String())
	}
	http.DefaultClient.CloseIdleConnections()
	x.end()
}

// Each frame by itself: the same bytes.
func TestPlain(t *testing.T) {
	if !inside(t) {
		return
	}
	x := startWith(t, false)
	const n = 1_000_000
	for _, host := range []string{"10.9.0.2", "[fd00:9::2]"} {
		if got := sum(fetch(t, fmt.Sprintf("http://%s/bytes/%d", host, n))); got != live.Sum(n) {
			t.Errorf("from %s came other bytes", host)
		}
		r, err := http.Post("http://"+host+"/x", "text/plain", bytes.NewReader(make([]byte, n)))
		if err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if want := fmt.Sprintf("%d bytes, sha256 %s\n", n, sum(make([]byte, n))); string(said) != want {
			t.Errorf("%s says %q, want %q", host, said, want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	x.end()
}

// halfClose sends a line to the echo server, says that no more comes, and reads
// what comes back.
func halfClose(t *testing.T) {
	c, err := net.Dial("tcp", "10.9.0.2:7")
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	io.WriteString(c, "hello")
	c.(*net.TCPConn).CloseWrite()
	if b, err := io.ReadAll(c); err != nil || string(b) != "hello" {
		t.Errorf("the echo is %q, %v", b, err)
	}
}

// A lockedBuffer is written by one and read by another.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Frames of any length and content do no harm, and the log is sound.
func TestGarbage(t *testing.T) {
	if !inside(t) {
		return
	}
	x := start(t)
	link, err := netlink.LinkByName("pw0")
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	to := &syscall.SockaddrLinklayer{Ifindex: link.Attrs().Index, Halen: 6}
	b := make([]byte, 1514)
	for i := range 5000 {
		n := 14 + i*7%1500
		rand.Read(b[:n])
		copy(b, []byte{0x02, 0x70, 0x77, 0, 0, 1})
		switch i % 4 {
		case 0:
			copy(b[12:], []byte{8, 0, 0x45})
		case 1:
			copy(b[12:], []byte{0x86, 0xdd, 0x60})
		case 2:
			copy(b[12:], []byte{8, 0, 0x45, 0, byte((n - 14) >> 8), byte(n - 14), 0, 0, 0, 0, 64, byte(i)})
		}
		if err := syscall.Sendto(fd, b[:n], 0, to); err != nil && !errors.Is(err, syscall.ENOBUFS) {
			t.Fatal(err)
		}
	}
	if got := sum(fetch(t, "http://10.9.0.2/bytes/1000")); got != live.Sum(1000) {
		t.Error("the machine does not answer any more")
	}
	http.DefaultClient.CloseIdleConnections()
	x.end()
}

// When the interface vanishes the run ends, says why, and its log can be read.
func TestVanish(t *testing.T) {
	if !inside(t) {
		return
	}
	x := start(t)
	fetch(t, "http://10.9.0.2/")
	link, err := netlink.LinkByName("pw0")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkDel(link); err != nil {
		t.Fatal(err)
	}
	select {
	case err = <-x.over:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
	if err == nil || !strings.Contains(err.Error(), "the interface is gone") {
		t.Errorf("it says %v", err)
	}
	x.replay(true)
}

// A disk that is full ends the run; what was written is a sound capture.
func TestFullDisk(t *testing.T) {
	if !inside(t) {
		return
	}
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &lim); err != nil {
		t.Fatal(err)
	}
	lim.Cur = 1 << 20 // SIGXFSZ is ignored by Go: the write fails
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &lim); err != nil {
		t.Fatal(err)
	}
	x := start(t)
	c := http.Client{Timeout: 5 * time.Second}
	if r, err := c.Get("http://10.9.0.2/bytes/5000000"); err == nil {
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	var err error
	select {
	case err = <-x.over:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
	if err == nil || !strings.Contains(err.Error(), "cut back to its last whole record") {
		t.Errorf("it says %v", err)
	}
	x.replay(false)
}

func TestOpenErrors(t *testing.T) {
	if !inside(t) {
		return
	}
	for name, want := range map[string]string{"abcdefghijklmnop": "15 characters", "lo": "there is such an interface"} {
		if _, err := Open(name, nil, true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
