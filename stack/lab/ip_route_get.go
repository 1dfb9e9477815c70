package lab

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A getReq is what ip route get asks.
type getReq struct {
	fam                 int
	dst, src            inetPrefix
	dstOK, fromOK       bool
	iifName, oifName    string
	iif, oif            *core.Device
	fl                  ipv4.Flow4
	uidSet, protoSet    bool
	fibmatch, connected bool
	refused             string
}

// routeGet is ip route get (iproute_get).
func (c *ipCmd) routeGet(a *args) error {
	r := &getReq{fam: c.fam}
	for a.more() {
		if err := c.getWord(r, a); err != nil {
			return err
		}
	}
	if !r.dstOK {
		return other("need at least a destination address")
	}
	for _, x := range [...]struct {
		name string
		dev  **core.Device
	}{{r.iifName, &r.iif}, {r.oifName, &r.oif}} {
		if x.name != "" {
			if *x.dev = c.devNamed(x.name); *x.dev == nil {
				return other("Cannot find device \"%s\"", x.name)
			}
		}
	}
	if r.fam == 0 {
		r.fam = 4
	}
	if r.refused != "" {
		return other("not modelled: ip route get … %s", r.refused)
	}
	if c.json {
		c.list = []any{}
	}
	get := c.routeGet4
	if r.fam == 6 {
		get = c.routeGet6
	}
	m, err := get(r)
	if err != nil {
		return err
	}
	if r.connected && !r.fromOK {
		if m, err = c.connectGet(r, m, get); err != nil {
			return err
		}
	}
	p := c.routeText(m, &routeFilter{})
	c.print(p.b.String(), p.o)
	return nil
}

// connectGet asks again, as the tool does: with the very same words. The second answer
// is text even with -j.
func (c *ipCmd) connectGet(r *getReq, m *routeMsg, get func(*getReq) (*routeMsg, error)) (*routeMsg, error) {
	p := c.routeText(m, &routeFilter{})
	text := p.b.String()
	if c.json {
		text = strings.TrimSuffix(jsonText([]any{p.o}, c.pretty), "]")
	}
	c.p.out(text)
	if m.prefsrc.IsZero() && m.src == nil {
		return nil, other("Failed to connect the route")
	}
	if c.json {
		c.p.out("]\n")
		c.json = false
	}
	return get(r)
}

// getWord takes one keyword with its value.
func (c *ipCmd) getWord(r *getReq, a *args) (err error) {
	k := a.next()
	switch {
	case k == "tos", short(k, "dsfield"):
		r.fl.TOS, err = a.dsfield("TOS value is invalid\n")
	case short(k, "from"):
		s, e := need(a)
		if e != nil {
			return e
		}
		if short(s, "help") {
			return usageOf("route")
		}
		r.fromOK = true
		if r.src, err = getPrefix(s, r.fam); err == nil && r.fam == 0 {
			r.fam = r.src.fam
		}
	case short(k, "iif"):
		r.iifName, err = need(a)
	case short(k, "mark"):
		r.fl.Mark, err = a.u32("invalid mark value")
	case short(k, "oif"), k == "dev":
		r.oifName, err = need(a)
	case short(k, "notify"):
	case short(k, "connected"):
		r.connected = true
	case short(k, "vrf"):
		s, e := need(a)
		if e != nil {
			return e
		}
		return invarg("Invalid VRF\n", s)
	case short(k, "uid"):
		r.uidSet = true
		r.fl.UID, err = a.u32("invalid UID\n")
	case short(k, "fibmatch"):
		r.fibmatch = true
	case k == "as":
		r.refused = k
		a.next()
	case short(k, "sport"), short(k, "dport"):
		s, e := need(a)
		if e != nil {
			return e
		}
		n, ok := strtoulMax(s, 0, 65535)
		if !ok {
			return invarg("invalid "+map[byte]string{'s': "sport", 'd': "dport"}[k[0]]+"\n", s)
		}
		if k[0] == 's' {
			r.fl.Sport = uint16(n)
		} else {
			r.fl.Dport = uint16(n)
		}
	case short(k, "ipproto"):
		s, e := need(a)
		if e != nil {
			return e
		}
		n, ok := ipProto(s)
		if !ok {
			return invarg("Invalid \"ipproto\" value\n", s)
		}
		r.fl.Proto, r.protoSet = n, true
	default:
		return c.getDst(r, k, a)
	}
	return err
}

func (c *ipCmd) getDst(r *getReq, k string, a *args) (err error) {
	if k == "to" {
		if k, err = need(a); err != nil {
			return err
		}
	}
	if short(k, "help") {
		return usageOf("route")
	}
	if r.dst, err = getPrefix(k, r.fam); err != nil {
		return err
	}
	if r.fam == 0 {
		r.fam = r.dst.fam
	}
	if n := r.dst.bits; r.fam == 4 && n != 32 || r.fam == 6 && n != 128 {
		c.p.errf("Warning: /%d as prefix is invalid, only /%d (or none) is supported.\n", n, map[int]int{4: 32, 6: 128}[r.fam])
	}
	r.dstOK = true
	return nil
}

// getProto is rtm_getroute_parse_ip_proto: a packet of which protocol is asked about?
func (r *getReq) getProto() error {
	icmp := uint8(1)
	if r.fam == 6 {
		icmp = 58
	}
	if r.protoSet && r.fl.Proto != 6 && r.fl.Proto != 17 && r.fl.Proto != icmp {
		return ipError{"Error: Unsupported ip proto.", 2}
	}
	return nil
}

func (c *ipCmd) routeGet4(r *getReq) (*routeMsg, error) {
	if err := r.getProto(); err != nil {
		return nil, err
	}
	h, fl := c.p.host, r.fl
	if r.src.some {
		fl.Saddr = r.src.addr.IP4()
	}
	if r.dst.some {
		fl.Daddr = r.dst.addr.IP4()
	}
	fl.TOS &= 0xfc
	if !r.protoSet {
		fl.Proto = uint8(wire.ProtoUDP)
	}
	if r.oif != nil {
		fl.OIF = r.oif.Index
	}
	if r.iif != nil && !r.uidSet {
		fl.UID = ^uint32(0)
	}
	q := ipv4.GetRequest{Flow: fl, IIF: r.iif}
	e := h.IPv4.GetRoute(&q)
	if e != 0 {
		return nil, answer(e)
	}
	if r.fibmatch {
		if !q.Found {
			return nil, answer(q.NoMatch)
		}
		return c.msg4(&q.Route), nil
	}
	return c.msgGet4(r, &q, fl.Saddr, fl.Daddr), nil
}

// msgGet4 is rt_fill_info.
func (c *ipCmd) msgGet4(r *getReq, q *ipv4.GetRequest, src, dst wire.IP4) *routeMsg {
	d := q.Dst
	m := &routeMsg{dst: dst.Addr(), dstLen: 32, cloned: true, tos: q.TOS, typ: d.Type, table: q.Table, dev: d.Dev, cache: d.Flags, redirect: q.Redirect, failed: d.Flags&core.RTCFMulticast != 0, mark: r.fl.Mark, iif: r.iif}
	if src != 0 {
		a := src.Addr()
		m.src = &a
	}
	if r.iif == nil && q.Flow.Saddr != src {
		m.prefsrc = q.Flow.Saddr.Addr()
	}
	if c.p.host.IPv4.UsesGateway(d) {
		if m.gw = d.Gateway; !m.gw.IsZero() && !m.gw.Is4() {
			m.via6 = true
		}
	}
	if r.iif == nil || r.uidSet {
		uid := r.fl.UID
		m.uid = &uid
	}
	x := c.p.host.IPv4.RouteMetrics(d)
	if d.Expires > 0 {
		m.expires, m.hasExpires = max(0, d.Expires-c.p.lab.now()), true
		if d.MTU != 0 {
			x.MTU = d.MTU
		}
		x.MTULock = x.MTULock || c.p.host.IPv4.MTULocked(d)
	}
	m.metrics, m.locks = metricList(&x), locksOf(&x)
	return m
}

// routeGet6 is inet6_rtm_getroute.
func (c *ipCmd) routeGet6(r *getReq) (*routeMsg, error) {
	if err := r.getProto(); err != nil {
		return nil, err
	}
	h := c.p.host
	f := ipv6.Flow6{Mark: r.fl.Mark, TOS: r.fl.TOS, Proto: r.fl.Proto, Sport: r.fl.Sport, Dport: r.fl.Dport, UID: r.fl.UID}
	if r.dst.some {
		f.Daddr = r.dst.addr
	}
	if r.src.some {
		f.Saddr = r.src.addr
	}
	asked := f.Saddr
	var d *core.Dst
	if r.iif != nil {
		if !r.uidSet {
			f.UID = ^uint32(0)
		}
		d = h.IPv6.RouteInputLookup(r.iif, &f)
	} else {
		if r.oif != nil {
			f.OIF = r.oif.Index
		}
		d = h.IPv6.RouteLookup(&f)
	}
	if d.Err != 0 {
		return nil, answer(d.Err)
	}
	rt := h.IPv6.RouteOf(d)
	if rt == nil {
		return nil, answer(101)
	}
	if r.iif != nil && rt.Dst.IsMulticast() {
		return nil, answer(90) // ip6mr_get_route has no device to ask about
	}
	if r.fibmatch {
		m := c.msg6(rt, h.IPv6.Siblings(rt))
		m.iif = r.iif
		return m, nil
	}
	return c.msgGet6(r, d, rt, f.Daddr, asked), nil
}

// msgGet6 is rt6_fill_node for one packet.
func (c *ipCmd) msgGet6(r *getReq, d *core.Dst, rt *ipv6.Route6, dst, src wire.Addr) *routeMsg {
	m := c.msg6Common(rt)
	m.dst, m.dstLen, m.src, m.gw, m.dev, m.iif = dst, 128, &src, d.Gateway, d.Dev, r.iif
	m.cloned = c.p.host.IPv6.Cached(d)
	if r.iif == nil && m.prefsrc.IsZero() {
		dev := rt.Dev
		m.prefsrc, _ = c.p.host.IPv6.GetSaddr(dev, dst)
	}
	if d.Expires > 0 {
		m.expires, m.hasExpires = max(0, d.Expires-c.p.lab.now()), true
	}
	if d.MTU != rt.MTU {
		x := ipv4.Metrics{MTU: d.MTU, AdvMSS: rt.AdvMSS, HopLimit: rt.HopLimit, InitCwnd: rt.InitCwnd, InitRwnd: rt.InitRwnd, RtoMin: rt.RtoMin, Window: rt.Window, QuickAck: rt.QuickAck}
		m.metrics = metricList(&x)
	}
	return m
}
