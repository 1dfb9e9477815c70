package lab

import (
	"slices"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// host is a machine with one card, eth0, that is down.
func host() *stack.Host {
	h := stack.NewWorld(1).AddHost("h")
	h.AddNIC("eth0", 0x020000000002, device.Config{})
	return h
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
		bad  bool
	}{
		{"", nil, false},
		{"# only a comment", nil, false},
		{"ip link set eth0 up # and more", []string{"ip", "link", "set", "eth0", "up"}, false},
		{`sysctl -w "net.ipv4.tcp_rmem=4096 131072 6291456"`, []string{"sysctl", "-w", "net.ipv4.tcp_rmem=4096 131072 6291456"}, false},
		{`a '' "" b#c`, []string{"a", "", "", "b#c"}, false},
		{"\tip\taddr\r", []string{"ip", "addr"}, false},
		{`an "open quote`, nil, true},
		{"an \x1b escape", nil, true},
	} {
		got, err := split(c.in)
		if (err != nil) != c.bad || !slices.Equal(got, c.want) {
			t.Errorf("split(%q) = %q, %v; want %q", c.in, got, err, c.want)
		}
	}
}

// A set-up does on the model what it does on a real machine.
func TestSetup(t *testing.T) {
	h := host()
	s, err := Parse("test", `
		ip link set eth0 mtu 1400
		ip addr add 10.0.0.2/24 dev eth0
		ip link set eth0 up
		ip route add default via 10.0.0.1
		ip route add blackhole 10.9.0.0/16
		ip neigh replace 10.0.0.1 lladdr 02:00:00:00:00:01 dev eth0
		sysctl -w net.ipv4.ip_forward=1
		sysctl -qw net.ipv4.conf.eth0.rp_filter=2
		ethtool -K eth0 gro off tso off`)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Setup(h); err != nil {
		t.Fatal(err)
	}
	d := h.NS.DevByName("eth0")
	if d.MTU != 1400 || !d.Up() || d.Features&(core.FeatureGRO|core.FeatureTSO) != 0 {
		t.Errorf("eth0: mtu %d, up %v, features %x", d.MTU, d.Up(), d.Features)
	}
	if c := h.IPv4.Conf(d); c.RPFilter != 2 || c.Forwarding != 1 {
		t.Errorf("conf: %+v", c)
	}
	n := h.NS.Neigh4.Lookup(wire.IP4(0x0a000001).Addr(), d)
	if n == nil || n.State != core.NUDPermanent || n.Addr != 0x020000000001 {
		t.Errorf("neighbour: %+v", n)
	}
	for _, c := range []struct {
		to   wire.IP4
		gw   wire.IP4
		want core.Errno
	}{{0x0a000009, 0, 0}, {0x01010101, 0x0a000001, 0}, {0x0a090001, 0, 22}} {
		dst, e := h.IPv4.RouteOutput(&ipv4.Flow4{Daddr: c.to})
		if e != c.want || e == 0 && dst.Gateway != gateway(c.gw) {
			t.Errorf("route to %v: %v, %+v; want %v by %v", c.to, e, dst, c.want, c.gw)
		}
	}
}

// Each sysctl of neighbours goes to its place, in the kernel's units.
func TestNeighSysctls(t *testing.T) {
	h := host()
	n := h.NS.Neigh4
	if n.QueueLen() != 101 {
		t.Errorf("unres_qlen is %d, in Linux 101", n.QueueLen())
	}
	for _, c := range []struct {
		line string
		got  func() any
		want any
	}{
		{"retrans_time=50", func() any { return n.Retrans }, 500 * sim.Millisecond},
		{"retrans_time_ms=250", func() any { return n.Retrans }, 250 * sim.Millisecond},
		{"base_reachable_time=20", func() any { return n.BaseReachable }, 20 * sim.Second},
		{"base_reachable_time_ms=7000", func() any { return n.BaseReachable }, 7 * sim.Second},
		{"base_reachable_time_ms=7000", func() any {
			return n.ReachableTime() >= 3500*sim.Millisecond && n.ReachableTime() < 10500*sim.Millisecond
		}, true},
		{"delay_first_probe_time=2", func() any { return n.DelayProbe }, 2 * sim.Second},
		{"gc_stale_time=30", func() any { return n.GCStale }, 30 * sim.Second},
		{"locktime=0", func() any { return n.Locktime }, sim.Time(0)},
		{"unres_qlen=3", func() any { return n.QueueBytes }, 3 * 2090},
		{"unres_qlen_bytes=5000", func() any { return n.QueueLen() }, 2},
		{"mcast_solicit=1", func() any { return n.McastProbes }, 1},
		{"ucast_solicit=2", func() any { return n.UcastProbes }, 2},
		{"app_solicit=1", func() any { return n.AppProbes }, 1},
		{"mcast_resolicit=2", func() any { return n.McastReprobes }, 2},
	} {
		s, err := Parse("test", "sysctl -w net.ipv4.neigh.eth0."+c.line)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Setup(h); err != nil || c.got() != c.want {
			t.Errorf("%s: %v, error %v, want %v", c.line, c.got(), err, c.want)
		}
	}
	s, _ := Parse("test", "sysctl -w net.ipv4.neigh.eth0.mcast_solicit=-1")
	if s.Setup(h) == nil {
		t.Error("a negative number is taken")
	}
}

func gateway(a wire.IP4) wire.Addr {
	if a == 0 {
		return wire.Addr{}
	}
	return a.Addr()
}

// What cannot be done is said in one line: the file, the line, what is wrong.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"ip link set eth9 up", `Cannot find device "eth9"`},
		{"ip addr add 10.0.0.2/33 dev eth0", "any valid prefix is expected rather than"},
		{"ip addr add 10.0.0.2/24", `"dev" argument is required`},
		{"ip route add 10.0.0.0/8 via 192.168.0.1", "Nexthop has invalid gateway"},
		{"ip tunnel add x", "not modelled: ip tunnel"},
		{"iptables -A INPUT -m osf --genre Linux", "not modelled: -m osf"},
		{"sysctl -w net.ipv4.no_such_thing=1", "cannot stat /proc/sys/net/ipv4/no_such_thing"},
		{"sysctl -w net.ipv4.ip_forward=yes", "Invalid argument"},
		{"ethtool -K eth0 warp on", "bit name not found"},
		{"ip link add link eth0 name x type ipvlan", "not modelled"},
	} {
		s, err := Parse("x.sh", "\n"+c.line)
		if err == nil {
			err = s.Setup(host())
		}
		if err == nil || !strings.HasPrefix(err.Error(), "x.sh:2: ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v; want x.sh:2: … %s", c.line, err, c.want)
		}
	}
}

// No script panics, whatever it says.
func FuzzSetup(f *testing.F) {
	f.Add("ip addr add 10.0.0.2/24 dev eth0\nip link set eth0 up\nip route add default via 10.0.0.1 metric 5 mtu lock 1400")
	f.Add("ip -6 addr add fd00::2/64 dev eth0 nodad\nip -6 route add default via fe80::1 dev eth0")
	f.Add("ip rule add from 10.0.0.0/8 fwmark 1/0xff table 100 pref 7\nip neigh del 10.0.0.1 dev eth0")
	f.Add("ip route add 10.0.0.0/8 nexthop via 10.0.0.1 weight 2 nexthop dev eth0\nip link add link eth0 name v type vlan id 5")
	f.Add("sysctl -w net.ipv4.tcp_rmem='1 2 3' net.ipv6.conf.all.disable_ipv6=1\nethtool -K eth0 gro on")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("f", text)
		if err != nil {
			return
		}
		h := host()
		for _, l := range s.Lines {
			if err := Do(h, l.Words); err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: an error of several lines: %v", l.Text, err)
			}
		}
	})
}
