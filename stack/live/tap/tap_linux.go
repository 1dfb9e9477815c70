package tap

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"unsafe"

	"github.com/songgao/water"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// queueLen is how many packets wait in the interface until they are read. The kernel
// drops what comes when it is full (tun_net_xmit, FULL_RING), and its default of 1000
// is soon full when hundreds of connections send at a time; a card would make them wait.
const queueLen = 10000

// maxName is how long the name of an interface may be (IFNAMSIZ-1).
const maxName = 15

// A Tap is a TAP interface of the real machine: what the kernel sends by it can
// be read, what is written comes in by it.
type Tap struct {
	name string
	f    *os.File
	raw  syscall.RawConn
	link netlink.Link
	vnet int // bytes before each packet that tell of offloads

	read, write func(fd uintptr) bool // what the two that follow lend to raw
	into        *Batch
	from        [][]byte
	err         error // of read
	wrote       error // of write
	m           merger
	hdr         [vnetLen]byte
	iov         []unix.Iovec
}

// Open makes a TAP interface, gives it its addresses and sets it up. It is gone
// when it is closed, or when the program ends. With offload its outer end does
// what cards do: the kernel hands over and takes large TCP packets. The error is
// one line that says what to do.
func Open(name string, addrs []netip.Prefix, offload bool) (*Tap, error) {
	if len(name) > maxName {
		return nil, fmt.Errorf("%s: the name of an interface has %d characters at most", name, maxName)
	}
	if _, err := netlink.LinkByName(name); err == nil {
		return nil, fmt.Errorf("%s: there is such an interface already; name another one with --tap", name)
	}
	cfg := water.Config{DeviceType: water.TAP}
	cfg.Name = name
	ifc, err := water.New(cfg)
	if err != nil {
		return nil, openError(name, err)
	}
	t := &Tap{name: ifc.Name()}
	f, ok := ifc.ReadWriteCloser.(*os.File)
	if !ok {
		ifc.Close()
		return nil, fmt.Errorf("%s: the interface is no file", name)
	}
	t.f = f
	if err := t.begin(addrs, offload); err != nil {
		t.f.Close()
		return nil, openError(name, err)
	}
	return t, nil
}

func (t *Tap) begin(addrs []netip.Prefix, offload bool) (err error) {
	if offload {
		if err := t.widen(); err != nil {
			return err
		}
	}
	if t.raw, err = t.f.SyscallConn(); err != nil {
		return err
	}
	t.read, t.write = t.readSome, t.writeAll
	return t.setUp(addrs)
}

// widen opens the interface's file anew, so that each packet is preceded by what
// is told of offloads: whether it is can be said only when a file is opened. The
// interface is kept meanwhile.
func (t *Tap) widen() error {
	if err := control(t.f, unix.TUNSETPERSIST, 1); err != nil {
		return err
	}
	t.f.Close()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err == nil {
		var r *unix.Ifreq
		if r, err = unix.NewIfreq(t.name); err == nil {
			r.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
			err = unix.IoctlIfreq(fd, unix.TUNSETIFF, r)
		}
		t.f = os.NewFile(uintptr(fd), "tun") // not before it can be polled
	}
	if err != nil {
		if l, e := netlink.LinkByName(t.name); e == nil {
			_ = netlink.LinkDel(l)
		}
		return err
	}
	if err := control(t.f, unix.TUNSETPERSIST, 0); err != nil {
		return err
	}
	t.vnet = vnetLen
	return control(t.f, unix.TUNSETOFFLOAD, unix.TUN_F_CSUM|unix.TUN_F_TSO4|unix.TUN_F_TSO6)
}

// control is an ioctl(2) on a file.
func control(f *os.File, request uint, value int) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	if e := c.Control(func(fd uintptr) { err = unix.IoctlSetInt(int(fd), request, value) }); e != nil {
		return e
	}
	return err
}

// setUp is `ip link set up` and `ip addr add`.
func (t *Tap) setUp(addrs []netip.Prefix) (err error) {
	if t.link, err = netlink.LinkByName(t.name); err != nil {
		return err
	}
	if err := netlink.LinkSetTxQLen(t.link, queueLen); err != nil {
		return err
	}
	if err := netlink.LinkSetUp(t.link); err != nil {
		return err
	}
	for _, a := range addrs {
		x, err := netlink.ParseAddr(a.String())
		if err != nil {
			return err
		}
		if !a.Addr().Is4() {
			x.Flags = unix.IFA_F_NODAD // the machine at the other end is known
		}
		if err := netlink.AddrAdd(t.link, x); err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
	}
	return nil
}

// openError says what to do about an error of Open.
func openError(name string, err error) error {
	switch {
	case errors.Is(err, os.ErrPermission) || errors.Is(err, unix.EPERM):
		return fmt.Errorf("%s: making a TAP interface needs root or CAP_NET_ADMIN: put sudo in front, or try it in a network of your own with: unshare -Urn packetwalk live", name)
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s: there is no /dev/net/tun: load the kernel's module with modprobe tun", name)
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("%s: another program has this interface; name another one with --tap", name)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// Name is the interface's name.
func (t *Tap) Name() string { return t.name }

// ReadFrames reads what the kernel sends. It fails when the interface is gone or
// the Tap is closed.
func (t *Tap) ReadFrames(b *Batch) error {
	t.into, t.err = b, nil
	err := t.raw.Read(t.read)
	if err == nil {
		err = t.err
	}
	return t.explain(err)
}

// readSome reads what there is, and reports whether there was something.
func (t *Tap) readSome(fd uintptr) bool {
	b := t.into
	for !b.Full() {
		room := b.room()
		n, err := unix.Read(int(fd), room)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return b.Len() > 0
		case err != nil:
			t.err = err
			return true
		case n == 0:
			t.err = os.ErrClosed
			return true
		case n < t.vnet:
			continue
		}
		t.keep(room[:n])
	}
	return true
}

// keep makes frames of what was read into the batch's room.
func (t *Tap) keep(f []byte) {
	b := t.into
	if t.vnet == 0 {
		b.buf = b.buf[:len(b.buf)+len(f)]
		b.added(len(f))
		return
	}
	var h vnetHdr
	h.read(f)
	b.buf = b.buf[:len(b.buf)+len(f)]
	if f = f[vnetLen:]; h.gso != gsoNone {
		h.split(f, b)
		return
	}
	h.complete(f)
	b.added(len(f))
}

// WriteFrames hands frames to the kernel. What the kernel does not take because
// the interface is down is lost, as on a cable that is not plugged in.
func (t *Tap) WriteFrames(frames [][]byte) error {
	t.from, t.wrote = frames, nil
	err := t.raw.Write(t.write)
	if err == nil {
		err = t.wrote
	}
	return t.explain(err)
}

func (t *Tap) writeAll(fd uintptr) bool {
	for i := 0; i < len(t.from); {
		n, head, cut := 1, t.hdr[:t.vnet], 0
		if t.vnet > 0 {
			if n = t.m.merge(t.from[i:]); n > 1 {
				cut = t.m.len
				t.m.hdr.put(t.hdr[:])
			} else {
				clear(t.hdr[:])
			}
		}
		t.iov = t.iov[:0]
		t.piece(head)
		if n > 1 {
			t.piece(t.m.head[:cut])
		}
		for _, f := range t.from[i : i+n] {
			t.piece(f[cut:])
		}
		if err := t.writev(fd); err != nil {
			t.wrote = err
			return true
		}
		i += n
	}
	return true
}

// piece adds a piece of a packet to what is written.
func (t *Tap) piece(b []byte) {
	if len(b) > 0 {
		v := unix.Iovec{Base: &b[0]}
		v.SetLen(len(b))
		t.iov = append(t.iov, v)
	}
}

// writev is writev(2): one packet.
func (t *Tap) writev(fd uintptr) error {
	for {
		_, _, e := unix.Syscall(unix.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&t.iov[0])), uintptr(len(t.iov)))
		switch e {
		case 0, unix.EIO, unix.EINVAL, unix.ENOBUFS, unix.EAGAIN, unix.ENOMEM:
			return nil
		case unix.EINTR:
		default:
			return e
		}
	}
}

// explain says what an error of the file means.
func (t *Tap) explain(err error) error {
	if errors.Is(err, unix.EBADFD) {
		return fmt.Errorf("%s: the interface is gone", t.name)
	}
	return err
}

// Close takes the interface away.
func (t *Tap) Close() error { return t.f.Close() }
