//go:build linux

package tcp

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// A khost is this machine's kernel in a namespace of its own, behind a TUN.
type khost struct {
	t        *testing.T
	tun, lis int
	byPort   map[int]*kcase
	spare    []int
}

func (k *khost) must(err error) {
	if err != nil {
		k.t.Helper()
		k.t.Fatal(err)
	}
}

func newKhost(t *testing.T) *khost {
	k := &khost{t: t, byPort: map[int]*kcase{}}
	runtime.LockOSThread() // never unlocked: the thread, and the namespace, end with the test
	k.must(unix.Unshare(unix.CLONE_NEWNET))
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK, 0)
	k.must(err)
	ifr, _ := unix.NewIfreq("tun0")
	ifr.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	k.must(unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr))
	k.tun = fd
	for _, a := range []string{"addr add 10.0.1.2/24 dev tun0", "link set tun0 up", "link set lo up"} {
		k.must(exec.Command("ip", strings.Fields(a)...).Run())
	}
	for key, v := range map[string]string{"tcp_no_metrics_save": "1", "tcp_syncookies": "0", "tcp_congestion_control": "cubic", "tcp_rmem": "4096 131072 33554432"} {
		k.must(os.WriteFile("/proc/sys/net/ipv4/"+key, []byte(v), 0))
	}
	k.lis, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	k.must(err)
	k.must(unix.SetsockoptInt(k.lis, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	k.must(unix.Bind(k.lis, &unix.SockaddrInet4{Port: 80}))
	k.must(unix.Listen(k.lis, 4000))
	return k
}

// inject sends a segment of the other side.
func (k *khost) inject(c *kcase, o kop) {
	p := wire.TCP(c.segBytes(o))
	p.SetSrcPort(uint16(c.port))
	ip := make([]byte, 20+len(p))
	h := wire.IPv4(ip)
	h.SetVersionIHL(20)
	h.SetTTL(64)
	h.SetProto(wire.ProtoTCP)
	h.SetTotalLen(len(ip))
	h.SetSrc(there.IP4())
	h.SetDst(here.IP4())
	h.ComputeChecksum()
	p.ComputeChecksum(wire.PseudoHeader4(there.IP4(), here.IP4(), wire.ProtoTCP, len(p)))
	copy(ip[20:], p)
	_, err := unix.Write(k.tun, ip)
	k.must(err)
}

// drain reads what the kernel has sent.
func (k *khost) drain(step int) {
	buf := make([]byte, 70000)
	for {
		n, err := unix.Read(k.tun, buf)
		if err != nil {
			break
		}
		h := wire.IPv4(buf[:n])
		if n < 40 || buf[0]>>4 != 4 || h.Proto() != wire.ProtoTCP {
			continue
		}
		p := append([]byte(nil), buf[20:n]...)
		if c := k.byPort[int(wire.TCP(p).DstPort())]; c != nil {
			c.got[step] = append(c.got[step], c.line(p))
		}
	}
	for {
		fd, sa, err := unix.Accept4(k.lis, unix.SOCK_NONBLOCK)
		if err != nil {
			return
		}
		if c := k.byPort[sa.(*unix.SockaddrInet4).Port]; c != nil && c.fd == 0 {
			c.fd, c.up = fd, true
		} else {
			k.spare = append(k.spare, fd) // a second connection from the same port
		}
	}
}

func errText(err error) string {
	if e, ok := err.(unix.Errno); ok {
		return unix.ErrnoName(e)
	}
	return "0"
}

// connect makes the socket of a case that connects.
func (k *khost) connect(c *kcase) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	k.must(err)
	k.must(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	k.must(unix.Bind(fd, &unix.SockaddrInet4{Port: 81}))
	c.fd, c.up = fd, true
}

// call makes a step's system call.
func (k *khost) call(c *kcase, o kop) (out []string) {
	if !c.up && o.what != "connect" {
		return nil
	}
	count := func(n int) int { return max(n, 0) }
	switch o.what {
	case "connect":
		k.connect(c)
		err := unix.Connect(c.fd, &unix.SockaddrInet4{Port: c.port, Addr: there.Netip().Unmap().As4()})
		out = append(out, "connect "+errText(err))
	case "write":
		n, err := unix.SendmsgN(c.fd, make([]byte, o.n), nil, nil, unix.MSG_NOSIGNAL)
		out = append(out, fmt.Sprint("write ", count(n), " ", errText(err)))
	case "read":
		n, err := unix.Read(c.fd, make([]byte, o.n))
		out = append(out, fmt.Sprint("read ", count(n), " ", errText(err)))
	case "shut":
		out = append(out, "shut "+errText(unix.Shutdown(c.fd, unix.SHUT_WR)))
	case "close":
		unix.Close(c.fd)
		c.up = false
	}
	return out
}

// wait lets time pass in a step, and reads often: a segment that nobody has read
// yet is shared with the device, which changes what a retransmission may do.
func (k *khost) wait(step int, end time.Time) {
	for time.Now().Before(end) {
		time.Sleep(min(2*time.Millisecond, time.Until(end)))
		k.drain(step)
	}
	k.drain(step)
}

// run runs all cases side by side, step by step.
func (k *khost) run(cases []*kcase, gaps []int, port int) {
	for i, c := range cases {
		c.port = port + i
		c.got = make([][]string, len(c.ops))
		k.byPort[c.port] = c
	}
	end := time.Now()
	for i := range gaps {
		for _, c := range cases {
			if o := c.ops[i]; o.what == "seg" {
				k.inject(c, o)
			} else {
				c.got[i] = k.call(c, o)
			}
		}
		end = end.Add(time.Duration(gaps[i]) * time.Millisecond)
		k.wait(i, end)
		for _, c := range cases {
			if c.up {
				if ti, err := unix.GetsockoptTCPInfo(c.fd, unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
					c.got[i] = append(c.got[i], fmt.Sprint("state ", ti.State))
				}
			}
		}
	}
	for _, c := range cases {
		delete(k.byPort, c.port)
		if c.up {
			unix.Close(c.fd)
		}
	}
	for _, fd := range k.spare {
		unix.Close(fd)
	}
	k.spare = nil
	time.Sleep(20 * time.Millisecond)
	k.drain(0)
}
