//go:build linux

package nft

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// TestKernel sends the same packets through the same random rules in the real
// kernel and in the model, and compares what nft lists afterwards (all counters)
// and what comes out of the router. NFT_N and NFT_SEED choose the rule sets.
func TestKernel(t *testing.T) {
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("not compared with this machine's kernel: PACKETWALK_KERNEL=1, as root, does")
	}
	if testing.Short() || !haveNft() {
		t.Skip("needs root, unshare, ip and nft")
	}
	n, seed := 100, int64(1)
	if s := os.Getenv("NFT_N"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	if s := os.Getenv("NFT_SEED"); s != "" {
		seed, _ = strconv.ParseInt(s, 10, 64)
	}
	done := make(chan string)
	go func() { done <- compareKernel(t, n, seed) }()
	if s := <-done; s != "" {
		t.Skip(s)
	}
}

var (
	macR0 = wire.MAC(0x020000000001) // the router's, on the side that is sent to
	macR1 = wire.MAC(0x020000000002) // and on the other
	macP0 = wire.MAC(0x020000000011)
	macP1 = wire.MAC(0x020000000012)
)

// compareKernel runs on a thread of its own, which ends with it: its namespaces
// are gone then, too.
func compareKernel(t *testing.T, n int, seed int64) (skip string) {
	runtime.LockOSThread()
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return "unshare: " + err.Error()
	}
	sleeper := exec.Command("sleep", "3600") // keeps the peers' namespace
	if err := sleeper.Start(); err != nil {
		return err.Error()
	}
	defer func() { sleeper.Process.Kill(); sleeper.Wait() }()
	pid := sleeper.Process.Pid
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return "unshare: " + err.Error()
	}
	sh := func(s string) (string, bool) {
		c := exec.Command("sh", "-c", s)
		out, err := c.CombinedOutput()
		return string(out), err == nil
	}
	setup := fmt.Sprintf(`set -e
sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.addr_gen_mode=1 net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1
sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
ip link set lo up
for i in 0 1; do
 ip link add eth$i index 1$i address 02:00:00:00:00:0$((i+1)) type veth peer name p$i netns %[1]d
 ethtool -K eth$i tx off rx off gso off tso off gro off >/dev/null 2>&1
 ip link set eth$i up
 nsenter -t %[1]d -n sh -c "sysctl -qw net.ipv6.conf.p$i.disable_ipv6=1; ethtool -K p$i tx off rx off gro off >/dev/null 2>&1; ip link set p$i address 02:00:00:00:00:1$((i+1)) up"
done
ip addr add 10.0.0.1/24 dev eth0
ip addr add 10.9.0.1/16 dev eth1
ip -6 addr add 2001:db8::1/64 dev eth0 nodad
ip -6 addr add 2001:db8:9::1/64 dev eth1 nodad
ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:11 dev eth0 nud permanent
ip neigh add 10.9.0.7 lladdr 02:00:00:00:00:12 dev eth1 nud permanent
ip -6 neigh add 2001:db8::2 lladdr 02:00:00:00:00:11 dev eth0 nud permanent
ip -6 neigh add 2001:db8:9::7 lladdr 02:00:00:00:00:12 dev eth1 nud permanent
ip route add default via 10.0.0.2
ip -6 route add default via 2001:db8::2
`, pid)
	if out, ok := sh(setup); !ok {
		return "cannot set namespaces up: " + out
	}
	var socks [2]int
	own, _ := os.Open("/proc/thread-self/ns/net")
	peers, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
	if err != nil {
		return err.Error()
	}
	enter := func(f *os.File) { syscall.RawSyscall(308, f.Fd(), syscall.CLONE_NEWNET, 0) } // setns
	enter(peers)
	for i := range socks {
		socks[i], err = packetSocket(fmt.Sprintf("p%d", i))
		if err != nil {
			enter(own)
			return err.Error()
		}
	}
	enter(own)
	time.Sleep(2500 * time.Millisecond) // what IPv6 says by itself
	bad, refused := 0, 0
	for i := 0; i < n; i++ {
		s := seed + int64(i)
		g := &gen{Rand: rand.New(rand.NewSource(s)), small: true}
		script := strings.ReplaceAll(g.script(), "limit rate", "#limit rate")
		if g.Intn(2) == 0 {
			script += g.natTable()
		}
		pkts := g.packets(25)
		// the real one
		c := exec.Command("nft", "-f", "-")
		c.Stdin = strings.NewReader(script)
		out, err := c.CombinedOutput()
		for _, k := range socks {
			drain(k)
		}
		var real [][2]string
		if err == nil {
			for _, p := range pkts {
				syscall.Write(socks[0], p)
				var o [2]string
				for k := range socks {
					o[k] = frames(drain(socks[k]))
				}
				real = append(real, o)
			}
		}
		want, _ := sh("nft -a list ruleset; nft flush ruleset; conntrack -F >/dev/null 2>&1")
		// the model
		m := newModel()
		_, merr, st := Run(m.h.NS, []string{"-f", "-"}, script)
		if (err == nil) != (st == 0) {
			t.Errorf("seed %d: real %q, model %q", s, out, merr)
			bad++
			continue
		}
		if err != nil {
			refused++
			if string(out) != merr {
				t.Errorf("seed %d: refused\n real %s ours %s", s, out, merr)
				bad++
			}
			continue
		}
		fails := 0
		for k, p := range pkts {
			got := m.send(p)
			if got != real[k] && fails < 2 {
				fails++
				t.Errorf("seed %d: packet %d %s\n real %s\n ours %s", s, k, text(p), real[k], got)
			}
		}
		got, _, _ := Run(m.h.NS, []string{"-a", "list", "ruleset"}, "")
		w := handlesOff(want)
		if g := handlesOff(got); w != g {
			fails++
			t.Errorf("seed %d:", s)
			diff(t, w, g)
		}
		if fails > 0 {
			bad++
			if bad > 6 {
				break
			}
		}
	}
	t.Logf("%d of %d rule sets differ; %d were refused", bad, n, refused)
	return ""
}

func handlesOff(s string) string {
	var b strings.Builder
	for _, l := range strings.Split(s, "\n") {
		if i := strings.Index(l, " # handle"); i >= 0 {
			l = l[:i]
		}
		b.WriteString(l + "\n")
	}
	return b.String()
}

func packetSocket(dev string) (int, error) {
	out, err := os.ReadFile("/proc/thread-self/net/dev")
	if err != nil || !strings.Contains(string(out), dev+":") {
		return 0, fmt.Errorf("no device %s", dev)
	}
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW|syscall.SOCK_NONBLOCK, int(htons(3)))
	if err != nil {
		return 0, err
	}
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<20)
	var ifr [40]byte
	copy(ifr[:], dev)
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), 0x8933, uintptr(ptr(&ifr))); e != 0 {
		return 0, e
	}
	idx := int(binary.LittleEndian.Uint32(ifr[16:]))
	return fd, syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: htons(3), Ifindex: idx})
}

func htons(v uint16) uint16 { return v<<8 | v>>8 }

// drain takes the frames that a router sent: those from its own addresses.
func drain(fd int) (l [][]byte) {
	buf := make([]byte, 4096)
	for {
		n, from, err := syscall.Recvfrom(fd, buf, 0)
		if err != nil {
			return l
		}
		if a, ok := from.(*syscall.SockaddrLinklayer); ok && a.Pkttype == 4 {
			continue // our own
		}
		l = append(l, bytes.Clone(buf[:n]))
	}
}

// frames are what came out, without what chance decides: IP identifications.
func frames(l [][]byte) string {
	var s []string
	for _, f := range l {
		f = bytes.Clone(f)
		if len(f) >= 34 && f[12] == 8 && f[13] == 0 {
			f[18], f[19], f[24], f[25] = 0, 0, 0, 0
		}
		if len(f) >= 54 && f[12] == 0x86 {
			f[15], f[16], f[17] = f[15]&0xf0, 0, 0 // flow label
		}
		s = append(s, text(f)+fmt.Sprintf(" %x", f[14:]))
	}
	return strings.Join(s, "\n      ")
}

func text(f []byte) string {
	if len(f) < 14 {
		return "short"
	}
	return wire.Summary(f, wire.LinkEthernet, len(f))
}

// A model is the same router in packetwalk.
type model struct {
	w   *stack.World
	h   *stack.Host
	dev [2]*device.Veth
	out [2][][]byte
}

// Carry takes what the router sends.
func (m *model) Carry(d *core.Device, f []byte, _ uint32) {
	k := d.Index - 10
	m.out[k] = append(m.out[k], bytes.Clone(f))
}

func newModel() *model {
	m := &model{w: stack.NewWorld(1)}
	m.w.Clock.Reset(1000 * sim.Second)
	m.h = m.w.AddHost("r")
	h := m.h
	s := &h.NS.Sysctl
	s.ICMPRatelimit, s.IPv6ICMPRatelimit, s.ICMPMsgsPerSec, s.ICMPMsgsBurst = 0, 0, 1<<20, 1<<20
	s.ConfAll.SendRedirects, s.ConfDefault.SendRedirects = 0, 0
	for i, a := range []wire.MAC{macR0, macR1} {
		v := device.NewVeth(h.NS, fmt.Sprintf("eth%d", i), 10+i, m)
		v.Dev.Addr = a
		v.Dev.Features = 0
		h.Up(v.Dev)
		m.dev[i] = v
	}
	h.IPv4.SetForwarding(true)
	s.IPv6Forwarding, s.Conf6All.Forwarding = 1, 1
	for i := range m.dev {
		if c := h.IPv4.Conf(m.dev[i].Dev); c != nil {
			c.SendRedirects = 0
		}
		if c := h.IPv6.Conf(m.dev[i].Dev); c != nil {
			c.Forwarding = 1
		}
	}
	a4 := func(s string) wire.IP4 {
		b := netip.MustParseAddr(s).As4()
		return wire.IP4(binary.BigEndian.Uint32(b[:]))
	}
	a6 := func(s string) wire.Addr { b := netip.MustParseAddr(s).As16(); return wire.AddrFrom16(b[:]) }
	h.IPv4.AddAddr(m.dev[0].Dev, a4("10.0.0.1"), 24, ipv4.AddrOpts{})
	h.IPv4.AddAddr(m.dev[1].Dev, a4("10.9.0.1"), 16, ipv4.AddrOpts{})
	h.IPv6.AddAddr(m.dev[0].Dev, a6("2001:db8::1"), 64, ipv6.AddrOpts{NoDAD: true})
	h.IPv6.AddAddr(m.dev[1].Dev, a6("2001:db8:9::1"), 64, ipv6.AddrOpts{NoDAD: true})
	h.IPv4.AddRoute(ipv4.Route{NH: []ipv4.Nexthop{{Gw: a4("10.0.0.2")}}, Scope: -1})
	h.IPv6.AddRoute(ipv6.Route6{Gateway: a6("2001:db8::2")})
	for i, p := range []struct {
		a, b string
		mac  wire.MAC
	}{{"10.0.0.2", "2001:db8::2", macP0}, {"10.9.0.7", "2001:db8:9::7", macP1}} {
		d := m.dev[i].Dev
		perm(h.NS, h.NS.Neigh4, a4(p.a).Addr(), d, p.mac)
		perm(h.NS, h.NS.Neigh6, a6(p.b), d, p.mac)
	}
	m.w.Run(m.w.Clock.Now() + 60*sim.Second)
	m.out = [2][][]byte{}
	return m
}

func perm(ns *core.Netns, t *core.NeighTable, key wire.Addr, d *core.Device, mac wire.MAC) {
	n := t.Lookup(key, d)
	if n == nil {
		n = t.Create(key, d)
	}
	t.Update(n, mac, core.NUDPermanent, core.NeighUpdateAdmin|core.NeighUpdateOverride)
}

func (m *model) send(f []byte) (out [2]string) {
	m.out = [2][][]byte{}
	m.dev[0].Receive(f, device.RxInfo{})
	m.w.Run(m.w.Clock.Now() + sim.Millisecond)
	for i := range out {
		out[i] = frames(m.out[i])
	}
	return out
}

// packets makes frames for the router, some with what rules look at.
func (g *gen) packets(n int) (l [][]byte) {
	for i := 0; i < n; i++ {
		if i > 0 && g.Intn(4) == 0 {
			l = append(l, l[g.Intn(len(l))]) // again
			continue
		}
		l = append(l, g.packet())
	}
	return l
}

func (g *gen) packet() []byte {
	v4 := g.Intn(3) > 0
	port := func() uint16 { return uint16(smallPorts[g.Intn(len(smallPorts))]) }
	var l4 []byte
	proto := byte(17)
	data := make([]byte, g.Intn(60))
	switch g.Intn(5) {
	case 0, 1:
		proto = 6
		l4 = make([]byte, 20)
		binary.BigEndian.PutUint16(l4, port())
		binary.BigEndian.PutUint16(l4[2:], port())
		binary.BigEndian.PutUint32(l4[4:], uint32(g.Intn(1000)))
		l4[12], l4[13] = 5<<4, []byte{2, 2, 2, 0x10, 0x12, 0x11, 4, 0x14, 0x18}[g.Intn(9)]
		if l4[13]&0x10 != 0 {
			binary.BigEndian.PutUint32(l4[8:], uint32(g.Intn(1000)))
		}
		binary.BigEndian.PutUint16(l4[14:], uint16(1000+g.Intn(10)))
	case 2, 3:
		l4 = make([]byte, 8)
		binary.BigEndian.PutUint16(l4, port())
		binary.BigEndian.PutUint16(l4[2:], port())
		binary.BigEndian.PutUint16(l4[4:], uint16(8+len(data)))
	default:
		proto = 1
		l4 = []byte{8, 0, 0, 0, 0, 7, 0, byte(g.Intn(9))}
		if !v4 {
			proto = 58
			l4[0] = 128
		}
	}
	l4 = append(l4, data...)
	f := make([]byte, 14, 200)
	copy(f, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0x11})
	if v4 {
		f[12], f[13] = 8, 0
		src, dst := small4[2+g.Intn(3)], small4[g.Intn(2)]
		h := make([]byte, 20)
		h[0], h[1] = 0x45, []byte{0, 0, 0, 0x20, 0xb8}[g.Intn(5)]
		binary.BigEndian.PutUint16(h[2:], uint16(20+len(l4)))
		binary.BigEndian.PutUint16(h[4:], uint16(g.Intn(65536)))
		h[8], h[9] = byte(2+g.Intn(250)), proto
		a, b := netip.MustParseAddr(src).As4(), netip.MustParseAddr(dst).As4()
		copy(h[12:], a[:])
		copy(h[16:], b[:])
		wire.IPv4(h).ComputeChecksum()
		sum := uint32(0)
		if proto != 1 {
			sum = wire.PseudoHeader4(wire.IPv4(h).Src(), wire.IPv4(h).Dst(), wire.Proto(proto), len(l4))
		}
		putSum(l4, proto, sum)
		return append(append(f, h...), l4...)
	}
	f[12], f[13] = 0x86, 0xdd
	h := make([]byte, 40)
	wire.IPv6(h).SetVersion([]byte{0, 0, 0x20, 0xb8}[g.Intn(4)], 0)
	binary.BigEndian.PutUint16(h[4:], uint16(len(l4)))
	h[6], h[7] = proto, byte(2+g.Intn(250))
	a, b := netip.MustParseAddr(small6[2+g.Intn(2)]).As16(), netip.MustParseAddr(small6[g.Intn(2)]).As16()
	copy(h[8:], a[:])
	copy(h[24:], b[:])
	putSum(l4, proto, wire.PseudoHeader6(wire.IPv6(h).Src(), wire.IPv6(h).Dst(), wire.Proto(proto), len(l4)))
	return append(append(f, h...), l4...)
}

func putSum(l4 []byte, proto byte, sum uint32) {
	at := map[byte]int{6: 16, 17: 6, 1: 2, 58: 2}[proto]
	c := wire.Fold(wire.Checksum(l4, sum))
	if c == 0 && proto == 17 {
		c = 0xffff
	}
	binary.BigEndian.PutUint16(l4[at:], c)
}
