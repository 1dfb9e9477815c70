//go:build linux

package socket_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A real is the kernel, in a network namespace of the thread's own.
type real struct{}

// newReal skips the test unless PACKETWALK_KERNEL says that this machine's kernel
// is to be asked. The namespace goes with the thread.
func newReal(t testing.TB) *real {
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("the kernel of this machine is not asked: PACKETWALK_KERNEL=1, as root, does")
	}
	runtime.LockOSThread()
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		t.Skip("no namespace: ", err)
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	var ifr [40]byte
	copy(ifr[:], "lo")
	binary.LittleEndian.PutUint16(ifr[16:], syscall.IFF_UP|syscall.IFF_RUNNING)
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&ifr[0]))); e != 0 {
		t.Fatal(e)
	}
	return &real{}
}

func (*real) wait() { time.Sleep(3 * time.Millisecond) }

// pointer is a pointer to bytes; nil for none, and one that leads nowhere when
// bad is set.
func pointer(b []byte, bad bool) uintptr {
	held = append(held, b)
	switch {
	case bad:
		return 8
	case len(b) == 0:
		return uintptr(unsafe.Pointer(&empty[0]))
	}
	return uintptr(unsafe.Pointer(&b[0]))
}

var empty [8]byte

// held keeps what a call points to where it is.
var held [][]byte

// sockaddr is the memory of an address.
func sockaddr(fam uint16, c *socket.Call) []byte {
	if c.Unspec {
		fam = core.AFUnspec
	}
	b := make([]byte, 16)
	if fam == core.AFInet6 {
		b = make([]byte, 28)
		c.Addr.Put16(b[8:])
	} else if c.Addr.Is4() {
		binary.BigEndian.PutUint32(b[4:], uint32(c.Addr.IP4()))
	}
	binary.LittleEndian.PutUint16(b, fam)
	binary.BigEndian.PutUint16(b[2:], c.Port)
	return b
}

func (k *real) do(c *socket.Call) *socket.Call {
	c.Flags |= noSleep(c)
	held = held[:0]
	r, e := k.call(c)
	c.Done, c.Ret, c.Err = true, int(int32(r)), core.Errno(e)
	if e != 0 {
		c.Ret = 0
	}
	return c
}

func (k *real) call(c *socket.Call) (uintptr, syscall.Errno) {
	fd := uintptr(c.FD)
	sys := func(n uintptr, a ...uintptr) (uintptr, syscall.Errno) {
		var x [6]uintptr
		copy(x[:], a)
		r, _, e := syscall.Syscall6(n, x[0], x[1], x[2], x[3], x[4], x[5])
		return r, e
	}
	data, bad := pointer(c.Data, c.Bad&socket.BadBuf != 0), c.Bad&socket.BadAddr != 0
	addr := func() (uintptr, uintptr) {
		b := sockaddr(c.Fam, c)
		n := len(b)
		if c.AddrLen != 0 {
			n = c.AddrLen
		}
		b = append(b, make([]byte, 128)...)
		return pointer(b, bad), uintptr(n)
	}
	switch c.Op {
	case socket.OpSocket:
		return sys(syscall.SYS_SOCKET, uintptr(c.Fam), uintptr(int(c.Kind)|c.SockFlags), uintptr(c.N))
	case socket.OpBind:
		p, n := addr()
		return sys(syscall.SYS_BIND, fd, p, n)
	case socket.OpConnect:
		p, n := addr()
		return sys(syscall.SYS_CONNECT, fd, p, n)
	case socket.OpListen:
		return sys(syscall.SYS_LISTEN, fd, uintptr(c.N))
	case socket.OpAccept:
		if bad {
			return sys(syscall.SYS_ACCEPT4, fd, 8, 8, uintptr(c.SockFlags))
		}
		return sys(syscall.SYS_ACCEPT4, fd, 0, 0, uintptr(c.SockFlags))
	case socket.OpSend:
		if c.Fam == 0 {
			return sys(syscall.SYS_SENDTO, fd, data, uintptr(len(c.Data)), uintptr(c.Flags), 0, 0)
		}
		p, n := addr()
		return sys(syscall.SYS_SENDTO, fd, data, uintptr(len(c.Data)), uintptr(c.Flags), p, n)
	case socket.OpRecv:
		return sys(syscall.SYS_RECVFROM, fd, data, uintptr(len(c.Data)), uintptr(c.Flags), 0, 0)
	case socket.OpRead:
		return sys(syscall.SYS_READ, fd, data, uintptr(len(c.Data)))
	case socket.OpWrite:
		return sys(syscall.SYS_WRITE, fd, data, uintptr(len(c.Data)))
	case socket.OpShutdown:
		return sys(syscall.SYS_SHUTDOWN, fd, uintptr(c.N))
	case socket.OpClose:
		return sys(syscall.SYS_CLOSE, fd)
	case socket.OpFcntl:
		return sys(syscall.SYS_FCNTL, fd, uintptr(c.Cmd), uintptr(c.N))
	case socket.OpSetSockOpt:
		return sys(syscall.SYS_SETSOCKOPT, fd, uintptr(c.Level), uintptr(c.Name), data, uintptr(len(c.Data)))
	case socket.OpGetSockOpt:
		n := int32(len(c.Data))
		r, e := sys(syscall.SYS_GETSOCKOPT, fd, uintptr(c.Level), uintptr(c.Name), data, uintptr(unsafe.Pointer(&n)))
		if e == 0 {
			c.OptLen = int(n)
		}
		return r, e
	}
	return k.call2(c, sys)
}

// call2 makes the calls whose arguments are structures.
func (k *real) call2(c *socket.Call, sys func(n uintptr, a ...uintptr) (uintptr, syscall.Errno)) (uintptr, syscall.Errno) {
	fd := uintptr(c.FD)
	switch c.Op {
	case socket.OpIoctl:
		n := int32(c.N)
		r, e := sys(syscall.SYS_IOCTL, fd, uintptr(c.Cmd), uintptr(unsafe.Pointer(&n)))
		c.Ret2 = int(n)
		return r, e
	case socket.OpPoll:
		fds := make([]struct {
			fd      int32
			ev, rev uint16
		}, len(c.Fds)+1)
		for i, f := range c.Fds {
			fds[i].fd, fds[i].ev = int32(f.FD), f.Events
		}
		r, e := sys(syscall.SYS_POLL, uintptr(unsafe.Pointer(&fds[0])), uintptr(len(c.Fds)), uintptr(c.N))
		for i := range c.Fds {
			c.Fds[i].Revents = fds[i].rev
		}
		return r, e
	case socket.OpEpollCreate:
		return sys(syscall.SYS_EPOLL_CREATE1, uintptr(c.N))
	case socket.OpEpollCtl:
		var ev [12]byte
		if len(c.Ev) > 0 {
			binary.LittleEndian.PutUint32(ev[:], c.Ev[0].Events)
			binary.LittleEndian.PutUint64(ev[4:], c.Ev[0].Data)
		}
		return sys(syscall.SYS_EPOLL_CTL, fd, uintptr(c.Cmd), uintptr(c.FD2), pointer(ev[:], len(c.Ev) == 0))
	case socket.OpEpollWait:
		evs := make([]byte, 12*64)
		r, e := sys(syscall.SYS_EPOLL_WAIT, fd, uintptr(unsafe.Pointer(&evs[0])), uintptr(c.N2), uintptr(c.N))
		for i := range int(int32(r)) {
			c.Ev = append(c.Ev, socket.EpollEvent{Events: binary.LittleEndian.Uint32(evs[12*i:]), Data: binary.LittleEndian.Uint64(evs[12*i+4:])})
		}
		return r, e
	case socket.OpPipe:
		var p [2]int32
		r, e := sys(syscall.SYS_PIPE2, uintptr(unsafe.Pointer(&p[0])), uintptr(c.Flags))
		c.Ret2 = int(p[1])
		if e == 0 {
			r = uintptr(p[0])
		}
		return r, e
	case socket.OpSplice:
		return sys(syscall.SYS_SPLICE, fd, 0, uintptr(c.FD2), 0, uintptr(c.N2), uintptr(c.Flags))
	case socket.OpSendMsg, socket.OpRecvMsg:
		return k.msg(c, sys)
	}
	return 0, syscall.ENOSYS
}

// msg is sendmsg and recvmsg.
func (k *real) msg(c *socket.Call, sys func(n uintptr, a ...uintptr) (uintptr, syscall.Errno)) (uintptr, syscall.Errno) {
	var h syscall.Msghdr
	iov := make([]syscall.Iovec, len(c.Iov)+1)
	for i, b := range c.Iov {
		if len(b) > 0 {
			iov[i].Base = &b[0]
		}
		iov[i].SetLen(len(b))
	}
	h.Iov, h.Iovlen = &iov[0], uint64(len(c.Iov))
	n := syscall.SYS_SENDMSG
	var ctl []byte
	if c.Op == socket.OpSendMsg {
		for _, m := range c.Ctl {
			b := make([]byte, m.Space())
			binary.LittleEndian.PutUint64(b, uint64(16+len(m.Data)))
			binary.LittleEndian.PutUint32(b[8:], uint32(m.Level))
			binary.LittleEndian.PutUint32(b[12:], uint32(m.Type))
			copy(b[16:], m.Data)
			ctl = append(ctl, b...)
		}
		if c.Fam != 0 {
			a := sockaddr(c.Fam, c)
			h.Name, h.Namelen = &a[0], uint32(len(a))
		}
	} else {
		n = syscall.SYS_RECVMSG
		ctl = make([]byte, c.CtlLen)
	}
	if len(ctl) > 0 {
		h.Control = &ctl[0]
		h.SetControllen(len(ctl))
	}
	r, e := sys(uintptr(n), uintptr(c.FD), uintptr(unsafe.Pointer(&h)), uintptr(c.Flags))
	if c.Op == socket.OpRecvMsg && e == 0 {
		c.MsgFlags, c.Ctl = int(h.Flags), nil
		for b := ctl[:h.Controllen]; len(b) >= 16; {
			l := int(binary.LittleEndian.Uint64(b))
			c.Ctl = append(c.Ctl, core.Cmsg{Level: int(int32(binary.LittleEndian.Uint32(b[8:]))), Type: int(int32(binary.LittleEndian.Uint32(b[12:]))), Data: b[16:l:l]})
			b = b[min((l+7)&^7, len(b)):]
		}
	}
	return r, e
}

// open makes a socket in a state: "new", "bound", "listens", "connected",
// "accepted".
func open(s system, k kind, state string) int {
	c := s.do(&socket.Call{Op: socket.OpSocket, Fam: k.fam, Kind: k.typ, N: k.proto})
	if c.Err != 0 {
		panic(fmt.Sprint(k.name, c.Err))
	}
	fd := c.Ret
	port := uint16(7777)
	switch state {
	case "bound":
		s.do(&socket.Call{Op: socket.OpBind, FD: fd, Fam: k.fam, Addr: own(k.fam), Port: port})
	case "listens":
		s.do(&socket.Call{Op: socket.OpBind, FD: fd, Fam: k.fam, Addr: own(k.fam), Port: port})
		s.do(&socket.Call{Op: socket.OpListen, FD: fd, N: 5})
	case "connected", "accepted":
		l := open(s, k, "listens")
		s.do(&socket.Call{Op: socket.OpFcntl, FD: fd, Cmd: socket.FSetfl, N: socket.ONonblock})
		s.do(&socket.Call{Op: socket.OpConnect, FD: fd, Fam: k.fam, Addr: own(k.fam), Port: port})
		s.wait()
		s.do(&socket.Call{Op: socket.OpFcntl, FD: fd, Cmd: socket.FSetfl})
		if k.typ == core.SockStream && state == "accepted" {
			return s.do(&socket.Call{Op: socket.OpAccept, FD: l}).Ret
		}
	}
	return fd
}

// notKept are numbers that no two kernels have alike, or that this test does
// not set up alike: what they are is checked elsewhere.
var notKept = map[socket.Opt]bool{
	socket.SOCookie: true, socket.SOMemInfo: true, socket.SOSndBuf: true, socket.SORcvBuf: true, socket.SOIncomingCPU: true, socket.SONetnsCookie: true,
	socket.MakeOpt(6, 11): true, socket.MakeOpt(6, 26): true, // TCP_INFO, TCP_CC_INFO
	socket.MakeOpt(6, 24): true, // TCP_TIMESTAMP: the clock
	socket.MakeOpt(1, 48): true, // SO_BPF_EXTENSIONS
	socket.SORcvLowat:     true, // its limit is tcp_rmem's, which follows the memory
	socket.IPProtocol:     true, // inet_num: the port
	socket.MakeOpt(6, 13): true, // TCP_CONGESTION
	// Of a connection that was accepted these two tell of the SYN.
	socket.IPMulticastTTL: true, socket.IPv6MulticastHops: true, socket.IPv6MulticastIF: true,
	socket.MakeOpt(6, 10): true, // TCP_WINDOW_CLAMP
	socket.MakeOpt(6, 2):  true, // TCP_MAXSEG of loopback's 64 KiB
}

// TestKernelCalls makes the plays on this machine's kernel, and compares with
// testdata/calls.txt, or writes it with -update.
func TestKernelCalls(t *testing.T) {
	k := newReal(t)
	if !strings.HasPrefix(release(), "6.18.") {
		t.Skip("this is Linux ", release(), "; the model is of 6.18")
	}
	b, _ := os.ReadFile("testdata/calls.txt")
	var all strings.Builder
	for i := range plays {
		p := play(i, k)
		all.WriteString(p + "\n")
		if !*update && !strings.Contains(string(b), p) {
			t.Errorf("%s %s: not as recorded:\n%s", plays[i].name, kinds[plays[i].kind].name, p)
		}
	}
	if *update {
		os.MkdirAll("testdata", 0o755)
		if err := os.WriteFile("testdata/calls.txt", []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKernelOptions asks model and kernel for every option of every level, of
// sockets of all kinds and states, and sets them, with many lengths and values.
// What the model says that it does not have is not compared.
func TestKernelOptions(t *testing.T) {
	k := newReal(t)
	if !strings.HasPrefix(release(), "6.18.") {
		t.Skip("this is Linux ", release(), "; the model is of 6.18")
	}
	n, not := 0, map[string]int{}
	for _, kd := range kinds {
		for _, st := range []string{"new", "bound", "listens", "connected", "accepted"} {
			if kd.typ != core.SockStream && (st == "listens" || st == "accepted") || kd.typ == core.SockRaw && st != "new" {
				continue
			}
			// SO_ORIGINAL_DST depends on what modules are there.
			for _, lv := range []int{0, 1, 6, 17, 41, 58, 255, 263, 132, 7, 300, -1} {
				for name := range 130 {
					if name == 80 && (lv == 0 || lv == 41) {
						continue
					}
					n += compareOption(t, k, kd, st, lv, name, not)
				}
			}
			if t.Failed() && testing.Short() {
				return
			}
		}
	}
	t.Logf("%d answers compared; not modelled: %d options", n, len(not))
}

func release() string {
	var u syscall.Utsname
	syscall.Uname(&u)
	var b []byte
	for _, c := range u.Release {
		if c == 0 {
			break
		}
		b = append(b, byte(c))
	}
	return string(b)
}

// compareOption gets and sets one option of fresh sockets.
func compareOption(t *testing.T, k *real, kd kind, st string, lv, name int, not map[string]int) (n int) {
	m := newModelled(t)
	var fds [2]int
	for i, s := range []system{m, k} {
		fds[i] = open(s, kd, st)
	}
	defer closeAll(k)
	both := func(c socket.Call, what string) (a, b *socket.Call) {
		x, y := c, c
		x.FD, y.FD = fds[0], fds[1]
		x.Data, y.Data = append([]byte(nil), c.Data...), append([]byte(nil), c.Data...)
		a, b = m.do(&x), k.do(&y)
		n++
		if a.Err == step.NotModelled {
			not[fmt.Sprint(lv, " ", name)]++
			if b.Err == step.ENOPROTOOPT {
				t.Errorf("%s %s level %d option %d: %s: not modelled, but the kernel does not have it", kd.name, st, lv, name, what)
			}
			return a, b
		}
		if a.Err != b.Err {
			t.Errorf("%s %s level %d option %d: %s: %v, the kernel says %v", kd.name, st, lv, name, what, a.Err, b.Err)
		} else if c.Op == socket.OpGetSockOpt && a.Err == 0 && !notKept[socket.MakeOpt(lv, name)] &&
			(a.OptLen != b.OptLen || string(a.Data[:a.OptLen]) != string(b.Data[:b.OptLen])) {
			t.Errorf("%s %s level %d option %d: %s: % x, the kernel says % x", kd.name, st, lv, name, what, a.Data[:a.OptLen], b.Data[:b.OptLen])
		}
		return a, b
	}
	get := func(n int, what string) (*socket.Call, *socket.Call) {
		return both(socket.Call{Op: socket.OpGetSockOpt, Level: lv, Name: name, Data: make([]byte, n)}, what)
	}
	for _, l := range []int{4, 0, 1, 2, 3, 8, 12, 16, 64} {
		get(l, fmt.Sprint("get ", l, " bytes"))
	}
	if skipSet(lv, name) {
		return n
	}
	set := func(b []byte, bad uint8, what string) {
		x, y := both(socket.Call{Op: socket.OpSetSockOpt, Level: lv, Name: name, Data: b, Bad: bad}, what)
		if x.Err == 0 && y.Err == 0 {
			get(8, "get after "+what)
		}
	}
	set([]byte{1, 0, 0, 0}, socket.BadBuf, "set from nowhere")
	for _, l := range []int{0, 1, 2, 3, 8, 12, 16, 20} {
		b := make([]byte, l)
		if l > 0 {
			b[0] = 1
		}
		set(b, 0, fmt.Sprint("set ", l, " bytes"))
	}
	for _, v := range []int{1, 0, 2, 3, 5, 64, 255, 256, 1280, 32768, 1 << 20, -1, -2, -1 << 31} {
		set(core.Int32(v), 0, fmt.Sprint("set ", v))
	}
	return n
}

// skipSet are options that change what the rest of the sweep sees.
func skipSet(lv, name int) bool {
	switch {
	case lv == 1 && (name == 25 || name == 47): // SO_BINDTODEVICE and SO_MAX_PACING_RATE: not compared
		return true
	case lv == 6 && (name == 19 || name >= 20 && name <= 22): // TCP_REPAIR
		return true
	}
	return false
}

// closeAll closes what the real side has opened.
func closeAll(*real) {
	for fd := 3; fd < 64; fd++ {
		var st syscall.Stat_t
		if syscall.Fstat(fd, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFSOCK {
			syscall.Syscall6(syscall.SYS_SETSOCKOPT, uintptr(fd), 1, 13, uintptr(unsafe.Pointer(&[8]byte{1})), 8, 0) // SO_LINGER 0: no TIME_WAIT
			syscall.Close(fd)
		}
	}
}
