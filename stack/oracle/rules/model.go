package rules

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/lab/ipt"
	"github.com/packetwalk/packetwalk/stack/lab/nft"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A model is the router in packetwalk.
type model struct {
	w   *stack.World
	h   *stack.Host
	dev [2]*device.Veth
	out [2][][]byte

	quiet  bool   // frames are counted, not kept
	passed uint64 // so many came out by eth1
}

// The link addresses: the router's two, and their neighbours'.
var (
	routerMAC = [2]wire.MAC{0x020000000001, 0x020000000002}
	peerMAC   = [2]wire.MAC{0x020000000011, 0x020000000012}
)

// Carry takes what the router sends (device.Wire).
func (m *model) Carry(d *core.Device, f []byte, _ uint32) {
	k := d.Index - 10
	if m.quiet {
		if k == 1 && len(f) > 23 && f[12] == 8 && f[23] == 17 { // IPv4, UDP: what was sent to it
			m.passed++
		}
		return
	}
	m.out[k] = append(m.out[k], bytes.Clone(f))
}

func addr4(s string) wire.IP4 {
	b := netip.MustParseAddr(s).As4()
	return wire.IP4(binary.BigEndian.Uint32(b[:]))
}

func addr6(s string) wire.Addr {
	b := netip.MustParseAddr(s).As16()
	return wire.AddrFrom16(b[:])
}

// Neighbours are the hosts whose link addresses the router knows, by device.
var neighbours = [2][]string{{"2", "3", "4", "5"}, {"7", "8", "9"}}

// build makes the router.
func (m *model) build(bridge bool) {
	m.w = stack.NewWorld(1)
	m.w.Clock.Reset(1000 * sim.Second)
	m.h = m.w.AddHost("r")
	h := m.h
	s := &h.NS.Sysctl
	s.ICMPRatelimit, s.IPv6ICMPRatelimit, s.ICMPMsgsPerSec, s.ICMPMsgsBurst = 0, 0, 1<<20, 1<<20
	s.ConfAll.SendRedirects, s.ConfDefault.SendRedirects = 0, 0
	s.Conf6Default.AddrGenMode = 1
	for i, a := range routerMAC {
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
	at := [2]*core.Device{m.dev[0].Dev, m.dev[1].Dev}
	if bridge {
		br := device.NewBridge(h.NS, "br0", 0, routerMAC[0], true)
		br.McastSnoop, br.ForwardDelay = false, 0
		br.AddPort(at[0])
		br.AddPort(at[1])
		h.Up(br.Dev)
		for i, a := range peerMAC {
			br.FDBAdd(device.PortOf(m.dev[i].Dev), a, 0, false, true, false, false, false, true)
		}
		at = [2]*core.Device{br.Dev, br.Dev}
		if c := h.IPv4.Conf(br.Dev); c != nil {
			c.SendRedirects = 0
		}
		if c := h.IPv6.Conf(br.Dev); c != nil {
			c.Forwarding = 1
		}
	}
	h.IPv4.AddAddr(at[0], addr4("10.0.0.1"), 24, ipv4.AddrOpts{})
	h.IPv4.AddAddr(at[1], addr4("10.9.0.1"), 16, ipv4.AddrOpts{})
	h.IPv6.AddAddr(at[0], addr6("2001:db8::1"), 64, ipv6.AddrOpts{NoDAD: true})
	h.IPv6.AddAddr(at[1], addr6("2001:db8:9::1"), 64, ipv6.AddrOpts{NoDAD: true})
	h.IPv4.AddRoute(ipv4.Route{NH: []ipv4.Nexthop{{Gw: addr4("10.0.0.2")}}, Scope: -1})
	h.IPv6.AddRoute(ipv6.Route6{Gateway: addr6("2001:db8::2")})
	for i, l := range neighbours {
		net4, net6 := "10.0.0.", "2001:db8::"
		if i == 1 {
			net4, net6 = "10.9.0.", "2001:db8:9::"
		}
		for _, k := range l {
			permanent(h.NS.Neigh4, addr4(net4+k).Addr(), at[i], peerMAC[i])
			permanent(h.NS.Neigh6, addr6(net6+k), at[i], peerMAC[i])
		}
	}
	m.w.Run(m.w.Clock.Now() + 60*sim.Second)
	m.out = [2][][]byte{}
}

func permanent(t *core.NeighTable, key wire.Addr, d *core.Device, mac wire.MAC) {
	n := t.Lookup(key, d)
	if n == nil {
		n = t.Create(key, d)
	}
	t.Update(n, mac, core.NUDPermanent, core.NeighUpdateAdmin|core.NeighUpdateOverride)
}

// run carries out a case on a router of its own.
func (m *model) run(c Case) (r Result, err error) {
	m.build(c.bridge())
	tool := func(args ...string) (string, string, int) {
		if c.nft() {
			return nft.Run(m.h.NS, args, c.Script)
		}
		e := ipt.Env{NS: m.h.NS, Stdin: func() string { return c.Script }}
		return e.Run(args)
	}
	load, list := []string{"-f", "-"}, []string{"-a", "list", "ruleset"}
	if !c.nft() {
		load, list = []string{c.Kind + "-restore"}, []string{c.Kind + "-save", "-c"}
	}
	out, said, status := tool(load...)
	if i := strings.Index(said, "not modelled"); i >= 0 {
		r.Without, _, _ = strings.Cut(said[i:], "\n")
		return r, nil
	}
	if status != 0 {
		r.Refused, r.Status = out+said, status
		return r, nil
	}
	pace := sim.Time(sim.Millisecond)
	if c.slow() {
		pace = 9 * sim.Millisecond
	}
	r.Frames = play(c, func(side int, f []byte) [2][][]byte {
		m.out = [2][][]byte{}
		m.dev[side].Receive(bytes.Clone(f), device.RxInfo{})
		m.w.Run(m.w.Clock.Now() + pace)
		return m.out
	})
	if n := m.h.NS.Machine.NotModelled; n > 0 {
		r.Without = "a packet ended as not modelled"
	}
	r.Listing, _, _ = tool(list...)
	return r, nil
}

func (m *model) close() {}
