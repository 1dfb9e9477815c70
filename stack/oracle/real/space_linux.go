package real

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"unsafe"
)

// live is what belongs to a namespace while it is recorded.
type live struct {
	ns     *os.File
	packet int
	ring   *frameRing // of packet
	nl     int        // nft trace, conntrack events
	devs   map[int32]string
}

// uintptrOf hides a pointer from the compiler's check of arguments of Syscall6.
func uintptrOf(v *uint64) uintptr { return uintptr(unsafe.Pointer(v)) }

// within calls f on a thread that is in a network namespace. The thread ends
// afterwards.
func within(ns *os.File, f func() error) error {
	ch := make(chan error)
	go func() {
		runtime.LockOSThread()
		if _, _, e := syscall.RawSyscall(sysSetns, ns.Fd(), syscall.CLONE_NEWNET, 0); e != 0 {
			runtime.UnlockOSThread()
			ch <- fmt.Errorf("setns: %w", e)
			return
		}
		ch <- f()
	}()
	return <-ch
}

// openSpace begins to record a namespace.
func openSpace(name, path string) (*Space, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(int(f.Fd()), &st); err != nil {
		return nil, err
	}
	s := &Space{Name: name, Inum: uint32(st.Ino), Tables: map[string]string{}, MACs: map[string]string{}, from: monotonic(), live: &live{ns: f, packet: -1, nl: -1, devs: map[int32]string{}}}
	err = within(f, s.open)
	return s, err
}

// Options and groups of the sockets, as the kernel's headers have them.
const (
	soRcvbufForce   = 33
	solPacket       = 263
	packetStats     = 6
	solNetlink      = 270
	nlAddMembership = 1
	nlNoENOBUFS     = 5
	nlNetfilter     = 12
	rcvbuf          = 64 << 20
)

func (s *Space) open() error {
	all := uint16(3)<<8 | uint16(0)>>8 // ETH_P_ALL in network order
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("packet socket: %w", err)
	}
	s.live.packet = fd
	if s.live.ring, err = newFrameRing(fd); err != nil {
		return err
	}
	if err := syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: all}); err != nil {
		return fmt.Errorf("packet socket: %w", err)
	}
	fd, err = syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, nlNetfilter)
	if err != nil {
		return fmt.Errorf("netlink socket: %w", err)
	}
	s.live.nl = fd
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, soRcvbufForce, rcvbuf)
	if err := syscall.Bind(fd, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return fmt.Errorf("netlink socket: %w", err)
	}
	for _, g := range []int{1, 2, 3, 9} { // conntrack new, update, destroy; nft trace
		syscall.SetsockoptInt(fd, solNetlink, nlAddMembership, g)
	}
	return nil
}

// close lets go of the namespace: the sockets would keep it alive.
func (s *Space) close() {
	if s.live == nil {
		return
	}
	s.to = monotonic() // how cleanup_net takes it apart afterwards is no fact of the script
	for _, fd := range []int{s.live.packet, s.live.nl} {
		if fd >= 0 {
			syscall.Close(fd)
		}
	}
	s.live.ring.close()
	s.live.ns.Close()
	s.live = nil
}

// drain takes what has arrived.
func (s *Space) drain() {
	if s.live == nil {
		return
	}
	s.live.ring.take(func(index int32, kind uint8, f Frame) {
		f.Dev = s.device(index)
		out := kind == 4 // PACKET_OUTGOING
		if f.Dev == "lo" && out {
			return // it comes back at once
		}
		f.Out = out || f.Dev == "lo"
		s.Frames = append(s.Frames, f)
	})
	buf := make([]byte, 1<<17)
	for {
		n, _, err := syscall.Recvfrom(s.live.nl, buf, 0)
		if err == syscall.EINTR {
			continue
		}
		if err == syscall.ENOBUFS {
			s.Lost++
			continue
		}
		if err != nil {
			break
		}
		s.netlink(buf[:n])
	}
}

// device is a device's name by its index (SIOCGIFNAME).
func (s *Space) device(index int32) string {
	var req [40]byte
	binary.LittleEndian.PutUint32(req[16:], uint32(index))
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(s.live.packet), 0x8910, uintptr(unsafe.Pointer(&req[0]))); e == 0 {
		s.live.devs[index] = cstring(req[:16])
	}
	if d := s.live.devs[index]; d != "" {
		return d
	}
	return fmt.Sprintf("if%d", index)
}

// lost is how many frames did not fit.
func (s *Space) lost() {
	var st [2]uint32
	n := uint32(8)
	if _, _, e := syscall.Syscall6(syscall.SYS_GETSOCKOPT, uintptr(s.live.packet), solPacket, packetStats, uintptr(unsafe.Pointer(&st[0])), uintptr(unsafe.Pointer(&n)), 0); e == 0 {
		s.Lost += int(st[1])
	}
}

// pwtrace is the table that has every packet traced.
const pwtrace = `table inet pwtrace {
 chain pre {
  type filter hook prerouting priority -350;
  meta nftrace set 1
 }
 chain out {
  type filter hook output priority -350;
  meta nftrace set 1
 }
}
`

// trace puts the table pwtrace in, unless it is there.
func (s *Space) trace() error {
	return within(s.live.ns, func() error {
		if exec.Command("nft", "list", "table", "inet", "pwtrace").Run() == nil {
			return nil
		}
		c := exec.Command("nft", "-f", "-")
		c.Stdin = strings.NewReader(pwtrace)
		if b, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("nft: %s", strings.TrimSpace(string(b)))
		}
		return nil
	})
}
