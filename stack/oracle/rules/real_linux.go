package rules

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// kernel is the router in namespaces of the real kernel: one for each way in which
// rules are loaded, since the legacy tables stay until their namespace ends. They
// are made when they are first needed.
type kernel struct{ spaces map[string]*space }

func (k *kernel) run(c Case) (Result, error) {
	name := c.Kind
	if k.spaces == nil {
		k.spaces = map[string]*space{}
	}
	s := k.spaces[name]
	if s == nil {
		s = &space{jobs: make(chan job), bridge: c.bridge()}
		up := make(chan error)
		go s.main(up)
		if err := <-up; err != nil {
			return Result{}, err
		}
		k.spaces[name] = s
	}
	j := job{c: c, done: make(chan Result)}
	s.jobs <- j
	return <-j.done, nil
}

// close ends the threads, and with them their namespaces.
func (k *kernel) close() {
	for _, s := range k.spaces {
		close(s.jobs)
	}
	k.spaces = nil
}

type job struct {
	c    Case
	done chan Result
}

// A space is a namespace with the router, another with its peers, and the thread
// that is in the first.
type space struct {
	jobs   chan job
	socks  [2]int
	bridge bool
}

// setup is the router; $PEERS is the namespace at the other ends.
const setup = `set -e
sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.addr_gen_mode=1 net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1
sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
sysctl -qw net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=1000000 || true
sysctl -qw net.ipv4.ipfrag_time=3600 net.ipv6.ip6frag_time=3600
ip link set lo up
for i in 0 1; do
 ip link add eth$i index 1$i address 02:00:00:00:00:0$((i+1)) type veth peer name p$i netns $PEERS
 ethtool -K eth$i tx off rx off gso off tso off gro off >/dev/null 2>&1 || true
 ip link set eth$i up
 nsenter --net=$PEERS sh -c "sysctl -qw net.ipv6.conf.p$i.disable_ipv6=1; ethtool -K p$i tx off rx off gro off >/dev/null 2>&1; ip link set p$i address 02:00:00:00:00:1$((i+1)) up"
done
near=eth0 far=eth1
if [ -n "$BRIDGE" ]; then
 near=br0 far=br0
 ip link add br0 address 02:00:00:00:00:01 type bridge mcast_snooping 0 forward_delay 0
 ip link set eth0 master br0
 ip link set eth1 master br0
 ip link set br0 up
 bridge fdb add 02:00:00:00:00:11 dev eth0 master static
 bridge fdb add 02:00:00:00:00:12 dev eth1 master static
fi
ip addr add 10.0.0.1/24 dev $near
ip addr add 10.9.0.1/16 dev $far
ip -6 addr add 2001:db8::1/64 dev $near nodad
ip -6 addr add 2001:db8:9::1/64 dev $far nodad
for k in 2 3 4 5; do ip neigh add 10.0.0.$k lladdr 02:00:00:00:00:11 dev $near nud permanent; ip -6 neigh add 2001:db8::$k lladdr 02:00:00:00:00:11 dev $near nud permanent; done
for k in 7 8 9; do ip neigh add 10.9.0.$k lladdr 02:00:00:00:00:12 dev $far nud permanent; ip -6 neigh add 2001:db8:9::$k lladdr 02:00:00:00:00:12 dev $far nud permanent; done
ip route add default via 10.0.0.2
ip -6 route add default via 2001:db8::2
`

// main is the thread's life. It ends with the goroutine, and takes the namespaces
// with it.
func (s *space) main(up chan error) {
	runtime.LockOSThread()
	if err := s.open(); err != nil {
		up <- err
		return
	}
	up <- nil
	for j := range s.jobs {
		j.done <- s.run(j.c)
	}
	for _, fd := range s.socks {
		syscall.Close(fd)
	}
}

func (s *space) open() error {
	oneCPU()
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return fmt.Errorf("a network namespace cannot be made (it needs root): %w", err)
	}
	peers, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer peers.Close()
	for i := range s.socks {
		if s.socks[i], err = packetSocket(); err != nil {
			return err
		}
	}
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return err
	}
	c := exec.Command("sh", "-c", setup)
	c.Env = append(os.Environ(), fmt.Sprintf("PEERS=/proc/%d/fd/%d", os.Getpid(), peers.Fd()))
	if s.bridge {
		c.Env = append(c.Env, "BRIDGE=1")
	}
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("the router cannot be set up: %w: %s", err, out)
	}
	for i, fd := range s.socks {
		if err := bind(fd, fmt.Sprintf("p%d", i)); err != nil {
			return err
		}
	}
	time.Sleep(2500 * time.Millisecond) // what IPv6 says by itself
	return nil
}

// emptyTables is the end of all rules for iptables-restore.
const emptyTables = "*raw\nCOMMIT\n*mangle\nCOMMIT\n*nat\nCOMMIT\n*filter\nCOMMIT\n*security\nCOMMIT\n"

// run carries out a case and leaves no rule and no connection behind.
func (s *space) run(c Case) (r Result) {
	load, list := []string{"nft", "-f", "-"}, []string{"nft", "-a", "list", "ruleset"}
	end := func() { tool("", "nft", "flush", "ruleset") }
	if !c.nft() {
		load, list = []string{c.Kind + "-restore"}, []string{c.Kind + "-save", "-c"}
		if strings.HasSuffix(c.Kind, "-legacy") {
			end = func() { tool(emptyTables, c.Kind+"-restore") }
		}
	}
	out, status := tool(c.Script, load...)
	s.keepFragments()
	for _, fd := range s.socks {
		drain(fd)
	}
	if status != 0 {
		end()
		r.Refused, r.Status = out, status
		return r
	}
	r.Frames = play(c, func(side int, f []byte) (o [2][][]byte) {
		syscall.Write(s.socks[side], f)
		if c.slow() {
			time.Sleep(9 * time.Millisecond)
		}
		for k, fd := range s.socks {
			o[k] = drain(fd)
		}
		return o
	})
	r.Listing, _ = tool("", list...)
	end()
	tool("", "conntrack", "-F")
	return r
}

// keepFragments has incomplete datagrams wait for long: what the router says when
// it gives up on them would come in the middle of another case.
func (s *space) keepFragments() {
	os.WriteFile("/proc/sys/net/netfilter/nf_conntrack_frag6_timeout", []byte("3600"), 0)
}

// tool runs a program in the router's namespace.
func tool(stdin string, args ...string) (out string, status int) {
	c := exec.Command(args[0], args[1:]...)
	c.Stdin = strings.NewReader(stdin)
	c.Env = append(os.Environ(), "LC_ALL=C")
	b, err := c.CombinedOutput()
	if err != nil {
		status = c.ProcessState.ExitCode()
		if len(b) == 0 {
			b = []byte(err.Error())
		}
	}
	return string(b), status
}

// packetSocket is a socket for the frames of one device, not yet bound.
func packetSocket() (int, error) {
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("packet socket: %w", err)
	}
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<20)
	if err := syscall.SetsockoptInt(fd, syscall.SOL_PACKET, packetAuxdata, 1); err != nil {
		return fd, fmt.Errorf("packet socket: %w", err)
	}
	return fd, nil
}

// bind gives a packet socket its device, of the namespace that the socket is of.
func bind(fd int, dev string) error {
	var req [40]byte
	copy(req[:], dev)
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), 0x8933, uintptr(unsafe.Pointer(&req))); e != 0 { // SIOCGIFINDEX
		return e
	}
	all := uint16(3) << 8 // ETH_P_ALL
	return syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: all, Ifindex: int(binary.LittleEndian.Uint32(req[16:]))})
}

// drain takes the frames that the router sent.
func drain(fd int) (l [][]byte) {
	buf, oob := make([]byte, 4096), make([]byte, 128)
	for {
		n, on, _, from, err := syscall.Recvmsg(fd, buf, oob, 0)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return l
		}
		if a, ok := from.(*syscall.SockaddrLinklayer); ok && a.Pkttype == 4 {
			continue // our own
		}
		l = append(l, tagged(bytes.Clone(buf[:n]), oob[:on]))
	}
}

const packetAuxdata = 8 // PACKET_AUXDATA

// tagged puts the VLAN tag in again that the kernel takes out of what it receives:
// a struct tpacket_auxdata says it.
func tagged(f, oob []byte) []byte {
	msgs, err := syscall.ParseSocketControlMessage(oob)
	if err != nil || len(f) < 12 {
		return f
	}
	for _, m := range msgs {
		if m.Header.Level != syscall.SOL_PACKET || m.Header.Type != packetAuxdata || len(m.Data) < 20 {
			continue
		}
		const valid, validType = 1 << 4, 1 << 6 // TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID
		status := binary.NativeEndian.Uint32(m.Data)
		if status&valid == 0 {
			continue
		}
		tag := []byte{0x81, 0, 0, 0}
		if status&validType != 0 {
			binary.BigEndian.PutUint16(tag, binary.NativeEndian.Uint16(m.Data[18:]))
		}
		binary.BigEndian.PutUint16(tag[2:], binary.NativeEndian.Uint16(m.Data[16:]))
		return slices.Insert(f, 12, tag...)
	}
	return f
}

// oneCPU binds the thread to the CPU that it is on: a frame that is written has
// then been through the router when the call returns.
func oneCPU() {
	var set [16]uint64
	n, _, e := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
	if e != 0 || n == 0 {
		return
	}
	found := false
	for i := range set {
		for b := range 64 {
			if bit := uint64(1) << b; set[i]&bit != 0 {
				if found {
					set[i] &^= bit
				}
				found = true
			}
		}
	}
	syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
}
