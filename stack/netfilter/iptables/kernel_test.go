//go:build linux

package iptables_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/lab/ipt"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// TestKernel sends the same packets through the same random tables in the real
// kernel and in the model, and compares all counters and what comes out of the
// router. IPT_N and IPT_SEED choose the rule sets, IPT_VARIANT=nft has iptables-nft
// load them, IPT_FILE takes the tables from a
// file, IPT_SHOW=1 prints those that differ, IPT_WATCH tells which packet first changes the line of iptables-save
// with that text in another way.
func TestKernel(t *testing.T) {
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("not compared with this machine's kernel: PACKETWALK_KERNEL=1, as root, does")
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	for _, p := range []string{"iptables-legacy", "ip6tables-legacy", "ip", "unshare", "nsenter", "conntrack", "ethtool"} {
		if _, err := exec.LookPath(p); err != nil {
			t.Skip("needs " + p)
		}
	}
	n, seed := 60, int64(1)
	if s := os.Getenv("IPT_N"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	if s := os.Getenv("IPT_SEED"); s != "" {
		seed, _ = strconv.ParseInt(s, 10, 64)
	}
	done := make(chan string)
	go func() { done <- compareKernel(t, n, seed) }()
	if s := <-done; s != "" {
		t.Skip(s)
	}
}

var (
	macR0 = wire.MAC(0x020000000001) // the router's, on the one side
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
sysctl -qw net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=1000000 || true
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
for k in 2 3 4 5; do ip neigh add 10.0.0.$k lladdr 02:00:00:00:00:11 dev eth0 nud permanent; ip -6 neigh add 2001:db8::$k lladdr 02:00:00:00:00:11 dev eth0 nud permanent; done
for k in 7 8 9; do ip neigh add 10.9.0.$k lladdr 02:00:00:00:00:12 dev eth1 nud permanent; ip -6 neigh add 2001:db8:9::$k lladdr 02:00:00:00:00:12 dev eth1 nud permanent; done
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
	variant := "legacy"
	if os.Getenv("IPT_VARIANT") == "nft" {
		variant = "nft"
	}
	bad, refused, packets, chance := 0, 0, 0, 0
sets:
	for i := 0; i < n && bad <= 6; i++ {
		s := seed + int64(i)
		g := newMeeting(rand.New(rand.NewSource(s)), s%3 == 2, variant == "nft")
		prog := "iptables-" + variant
		if g.six {
			prog = "ip6tables-" + variant
		}
		script := g.Script()
		if f := os.Getenv("IPT_FILE"); f != "" {
			b, _ := os.ReadFile(f)
			script = string(b)
		}
		pkts := g.packets(40)
		pace := sim.Millisecond
		if strings.Contains(script, "connlimit") { // it looks at the clock
			pace = 9 * sim.Millisecond
		}
		// the real one
		sh("sysctl -qw net.netfilter.nf_conntrack_acct=0; conntrack -F >/dev/null 2>&1")
		c := exec.Command(prog + "-restore")
		c.Stdin = strings.NewReader(script)
		out, err := c.CombinedOutput()
		for _, k := range socks {
			drain(k)
		}
		var real [][2]string
		var watched []string
		if err == nil {
			for _, p := range pkts {
				syscall.Write(socks[p.side], p.b)
				if pace > sim.Millisecond {
					time.Sleep(time.Duration(pace))
				}
				var o [2]string
				for k := range socks {
					o[k] = frames(drain(socks[k]))
				}
				real = append(real, o)
				if watch := os.Getenv("IPT_WATCH"); watch != "" {
					save, _ := sh(prog + "-save -c")
					watched = append(watched, lineWith(save, watch))
				}
			}
		}
		want, _ := sh(prog + "-save -c")
		empty := exec.Command(prog + "-restore")
		empty.Stdin = strings.NewReader(emptyTables)
		empty.Run()
		// the model
		m := newModel()
		e := ipt.Env{NS: m.h.NS, Stdin: func() string { return script }}
		_, merr, st := e.Run([]string{prog + "-restore"})
		if (err == nil) != (st == 0) {
			t.Errorf("seed %d: real %q, model %d %q\n%s", s, out, st, merr, script)
			bad++
			continue
		}
		if err != nil {
			refused++
			t.Logf("seed %d: refused: %s%s", s, out, refusedLine(script, string(out)))
			continue
		}
		fails := 0
		for k, p := range pkts {
			packets++
			got := m.send(p, pace)
			if watch := os.Getenv("IPT_WATCH"); watch != "" {
				save, _, _ := e.Run([]string{prog + "-save", "-c"})
				if l := lineWith(save, watch); l != watched[k] {
					t.Logf("packet %d by eth%d: %s %x\n real %s\n ours %s", k, p.side, text(p.b), p.b[14:], watched[k], l)
				}
			}
			if got != real[k] && portless(got) == portless(real[k]) {
				chance++ // NAT took another port at random: nothing after it compares
				continue sets
			}
			if got != real[k] && fails < 2 {
				fails++
				t.Errorf("seed %d: packet %d by eth%d: %s\n real 0: %s\n      1: %s\n ours 0: %s\n      1: %s", s, k, p.side, text(p.b), real[k][0], real[k][1], got[0], got[1])
			}
		}
		got, _, _ := e.Run([]string{prog + "-save", "-c"})
		if d := differ(want, got); d != "" {
			fails++
			t.Errorf("seed %d: the real one, then ours\n%s", s, d)
		}
		if fails > 0 {
			bad++
			if os.Getenv("IPT_SHOW") != "" {
				t.Log(want)
			}
		}
	}
	t.Logf("%d of %d tables differ, %d were refused, in %d NAT chose a port at random; %d packets", bad, n, refused, chance, packets)
	return ""
}

// refusedLine is the line that a refusal names, for whoever reads the log.
func refusedLine(script, out string) string {
	var n int
	if i := strings.Index(out, "line"); i < 0 {
		return ""
	} else if _, err := fmt.Sscanf(strings.TrimLeft(out[i+4:], ": "), "%d", &n); err != nil {
		return ""
	}
	l := strings.Split(script, "\n")
	return l[min(n, len(l))-1]
}

var portIn = regexp.MustCompile(`(\d+\.\d+\.\d+\.\d+|[0-9a-f:]+::[0-9a-f]+)\.\d+| [0-9a-f]{40,}|id \d+|HBH \d+ > \d+`)

// portless is what came out without its ports.
func portless(s [2]string) string {
	return portIn.ReplaceAllString(s[0], "$1") + "|" + portIn.ReplaceAllString(s[1], "$1")
}

// lineWith is the first line that has a text.
func lineWith(s, text string) string {
	for _, l := range strings.Split(s, "\n") {
		if strings.Contains(l, text) {
			return l
		}
	}
	return ""
}

const emptyTables = "*raw\nCOMMIT\n*mangle\nCOMMIT\n*nat\nCOMMIT\n*filter\nCOMMIT\n*security\nCOMMIT\n"

// differ is the lines that are not in both; comments and the order of tables do not
// count.
func differ(a, b string) string {
	split := func(s string) map[string]string {
		m, name := map[string]string{}, ""
		for _, l := range strings.Split(s, "\n") {
			switch {
			case strings.HasPrefix(l, "#"), l == "", l == "COMMIT":
			case strings.HasPrefix(l, "*"):
				name = l
			default:
				m[name] += l + "\n"
			}
		}
		return m
	}
	x, y := split(a), split(b)
	d := ""
	for _, k := range []string{"*raw", "*mangle", "*nat", "*filter", "*security"} {
		p, q := strings.Split(x[k], "\n"), strings.Split(y[k], "\n")
		for i := 0; i < max(len(p), len(q)); i++ {
			l, r := "", ""
			if i < len(p) {
				l = p[i]
			}
			if i < len(q) {
				r = q[i]
			}
			if strings.TrimSpace(l) != strings.TrimSpace(r) {
				d += k + " < " + l + "\n" + k + " > " + r + "\n"
			}
		}
	}
	return d
}

func ptr(p *[40]byte) unsafe.Pointer { return unsafe.Pointer(p) }

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
	for i, l := range [][]string{{"2", "3", "4", "5"}, {"7", "8", "9"}} {
		d, net4, net6, mac := m.dev[i].Dev, "10.0.0.", "2001:db8::", macP0
		if i == 1 {
			net4, net6, mac = "10.9.0.", "2001:db8:9::", macP1
		}
		for _, k := range l {
			perm(h.NS, h.NS.Neigh4, a4(net4+k).Addr(), d, mac)
			perm(h.NS, h.NS.Neigh6, a6(net6+k), d, mac)
		}
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

func (m *model) send(p pkt, pace sim.Time) (out [2]string) {
	m.out = [2][][]byte{}
	m.dev[p.side].Receive(bytes.Clone(p.b), device.RxInfo{})
	m.w.Run(m.w.Clock.Now() + pace)
	for i := range out {
		out[i] = frames(m.out[i])
	}
	return out
}
