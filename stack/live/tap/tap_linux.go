package tap

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/songgao/water"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// maxName is how long the name of an interface may be (IFNAMSIZ-1).
const maxName = 15

// A Tap is a TAP interface of the real machine: what the kernel sends by it can
// be read, what is written comes in by it.
type Tap struct {
	ifc  *water.Interface
	link netlink.Link
}

// Open makes a TAP interface, gives it its addresses and sets it up. It is gone
// when it is closed, or when the program ends. The error is one line that says
// what to do.
func Open(name string, addrs []netip.Prefix) (*Tap, error) {
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
	t := &Tap{ifc: ifc}
	if err := t.setUp(addrs); err != nil {
		ifc.Close()
		return nil, openError(name, err)
	}
	return t, nil
}

// setUp is `ip link set up` and `ip addr add`.
func (t *Tap) setUp(addrs []netip.Prefix) (err error) {
	if t.link, err = netlink.LinkByName(t.ifc.Name()); err != nil {
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
func (t *Tap) Name() string { return t.ifc.Name() }

// ReadFrame reads the next frame that the kernel sends. It fails when the
// interface is gone or the Tap is closed.
func (t *Tap) ReadFrame(b []byte) (int, error) {
	n, err := t.ifc.Read(b)
	if errors.Is(err, unix.EBADFD) {
		err = fmt.Errorf("%s: the interface is gone", t.Name())
	}
	return n, err
}

// WriteFrame hands a frame to the kernel. A frame that the kernel does not take
// because the interface is down is lost, as on a cable that is not plugged in.
func (t *Tap) WriteFrame(b []byte) error {
	_, err := t.ifc.Write(b)
	switch {
	case errors.Is(err, unix.EIO), errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.EAGAIN):
		return nil
	case errors.Is(err, unix.EBADFD):
		return fmt.Errorf("%s: the interface is gone", t.Name())
	}
	return err
}

// Close takes the interface away.
func (t *Tap) Close() error { return t.ifc.Close() }
