package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A getReq is what ip route get asks.
type getReq struct {
	dst, src  wire.Addr
	have      bool
	iif, oif  *core.Device
	fl        ipv4.Flow4
	fibmatch  bool
	connected bool
}

var ipProtos = map[string]uint8{"icmp": 1, "tcp": 6, "udp": 17, "ipv6-icmp": 58, "sctp": 132, "gre": 47, "esp": 50, "ah": 51, "ospf": 89, "igmp": 2}

// routeGet is ip route get.
func (c *ipCmd) routeGet(a *args) error {
	r := &getReq{}
	for a.more() {
		if err := c.getWord(r, a.next(), a); err != nil {
			return err
		}
	}
	if !r.have {
		return other("need at least a destination address")
	}
	if !r.src.IsZero() && r.src.Is4() != r.dst.Is4() {
		return other("Error: an inet6 prefix is expected rather than \"%s\".", r.src)
	}
	if c.json {
		c.list = []any{}
	}
	get := c.routeGet4
	if !r.dst.Is4() {
		get = c.routeGet6
	}
	if err := get(r); err != nil || !r.connected {
		return err
	}
	return get(r) // again, as a connected socket would
}

// getWord takes one keyword with its value.
func (c *ipCmd) getWord(r *getReq, k string, a *args) error {
	var err error
	switch k {
	case "from":
		r.src, _, err = prefix(a.next(), "prefix", c.fam)
	case "iif", "oif", "dev":
		s, e := need(a)
		if e != nil {
			return e
		}
		d := c.devNamed(s)
		if d == nil {
			return other("Cannot find device \"%s\"", s)
		}
		if k == "iif" {
			r.iif = d
		} else {
			r.oif = d
		}
	case "mark":
		s := a.next()
		n, e := strconv.ParseUint(s, 0, 32)
		if e != nil {
			return invarg("invalid mark", s)
		}
		r.fl.Mark = uint32(n)
	case "uid":
		s := a.next()
		n, e := strconv.ParseUint(s, 0, 32)
		if e != nil {
			return invarg("invalid UID\n", s)
		}
		r.fl.UID = uint32(n)
	case "tos", "dsfield":
		s := a.next()
		n, ok := hexByte(s)
		if !ok {
			return invarg("TOS value is invalid\n", s)
		}
		r.fl.TOS = n
	case "ipproto":
		s := a.next()
		n, ok := ipProto(s)
		if !ok {
			return invarg("Invalid \"ipproto\" value\n", s)
		}
		r.fl.Proto = n
	case "sport", "dport":
		s := a.next()
		n, e := strconv.ParseUint(s, 0, 16)
		if e != nil {
			return invarg("invalid "+k+"\n", s)
		}
		if k == "sport" {
			r.fl.Sport = uint16(n)
		} else {
			r.fl.Dport = uint16(n)
		}
	case "fibmatch":
		r.fibmatch = true
	case "connected":
		r.connected = true
	case "notify":
	case "vrf":
		return invarg("Invalid VRF\n", a.next())
	default:
		if k == "to" {
			k = a.next()
		}
		r.dst, _, err = prefix(k, "prefix", c.fam)
		r.have = true
	}
	return err
}

func (c *ipCmd) routeGet4(r *getReq) error {
	h, fl := c.p.host, r.fl
	if !r.src.IsZero() {
		fl.Saddr = r.src.IP4()
	}
	fl.Daddr = r.dst.IP4()
	if r.oif != nil {
		fl.OIF = r.oif.Index
	}
	fl.IIF = 1
	if r.iif != nil {
		fl.IIF = r.iif.Index
	}
	if r.fibmatch {
		if fl.Proto == 0 {
			fl.Proto = uint8(wire.ProtoUDP)
		}
		m, e := h.IPv4.Match(&fl)
		if e != 0 {
			return answer(e)
		}
		text, o := c.route4(&m, &routeFilter{all: true, proto: -1, scope: -1, tos: -1, metric: -1})
		c.print(text, o)
		return nil
	}
	if r.iif != nil {
		return c.routeGetInput(r, &fl)
	}
	if fl.Proto == 0 {
		fl.Proto = uint8(wire.ProtoUDP)
	}
	d, e := h.IPv4.RouteOutput(&fl)
	if e != 0 {
		return answer(e)
	}
	c.printGet(r, d, fl.Saddr.Addr(), false)
	return nil
}

// routeGetInput asks for a packet that comes in: it is made, and dropped again.
func (c *ipCmd) routeGetInput(r *getReq, fl *ipv4.Flow4) error {
	ns := c.p.host.NS
	b := ns.AllocSKB(core.Headroom, 28, 0)
	p := b.Put(28)
	clear(p)
	h := wire.IPv4(p)
	p[0] = 0x45
	h.SetTotalLen(28)
	p[8], p[9] = 64, uint8(wire.ProtoUDP)
	if fl.Proto != 0 {
		p[9] = fl.Proto
	}
	p[20], p[21], p[22], p[23] = byte(fl.Sport>>8), byte(fl.Sport), byte(fl.Dport>>8), byte(fl.Dport)
	h.SetSrc(r.src.IP4())
	h.SetDst(r.dst.IP4())
	b.Dev, b.Protocol, b.Mark, b.IIF = r.iif, 0x0800, fl.Mark, r.iif.Index
	b.ResetNetwork()
	why := c.p.host.IPv4.RouteInput(b, r.dst.IP4(), r.src.IP4(), fl.TOS, r.iif)
	d, redirect := b.Dst, c.p.host.IPv4.WillRedirect(b)
	ns.Free(b)
	if why != 0 || d == nil {
		return answer(22)
	}
	if d.Err != 0 {
		return answer(d.Err)
	}
	c.printGet(r, d, wire.Addr{}, redirect)
	return nil
}

// getTable is the table that ip route get names.
func (c *ipCmd) getTable(r *getReq, d *core.Dst) uint32 {
	table := d.Table
	if table == 0 {
		table = ipv4.TableMain
		if d.Type == ipv4.RTNLocal || d.Type == ipv4.RTNBroadcast {
			table = ipv4.TableLocal
		}
	}
	if to := r.dst.IP4(); to.IsBroadcast() || to.IsMulticast() || table == ipv4.TableLocal && !c.p.host.IPv4.HasRules() {
		return ipv4.TableMain // asked no table; or the two are one until there is a rule
	}
	return table
}

// printGet is print_route for a route that was looked up.
func (c *ipCmd) printGet(r *getReq, d *core.Dst, prefsrc wire.Addr, redirect bool) {
	var o object
	var b strings.Builder
	if d.Type != ipv4.RTNUnicast && d.Type != 0 || c.details {
		b.WriteString(routeTypeName(max(d.Type, ipv4.RTNUnicast)) + " ")
		o.add("type", routeTypeName(max(d.Type, ipv4.RTNUnicast)))
	}
	b.WriteString(r.dst.String() + " ")
	o.add("dst", r.dst.String())
	if !r.src.IsZero() && r.src.IP4() != 0 {
		b.WriteString("from " + r.src.String() + " ")
		o.add("from", r.src.String())
	}
	if d.TOS != 0 { // the entry's, not that which was asked for
		fmt.Fprintf(&b, "tos 0x%02x ", d.TOS)
		o.add("tos", fmt.Sprintf("0x%02x", d.TOS))
	}
	if !d.Gateway.IsZero() {
		b.WriteString("via " + d.Gateway.String() + " ")
		o.add("gateway", d.Gateway.String())
	}
	b.WriteString("dev " + d.Dev.Name + " ")
	o.add("dev", d.Dev.Name)
	if table := c.getTable(r, d); table != ipv4.TableMain || c.details {
		b.WriteString("table " + c.tableName(table) + " ")
		o.add("table", c.tableName(table))
	}
	if !prefsrc.IsZero() && prefsrc != r.src && r.iif == nil {
		b.WriteString("src " + prefsrc.String() + " ")
		o.add("prefsrc", prefsrc.String())
	}
	flags := []any{}
	if d.Flags&core.RTCFMulticast != 0 {
		flags = append(flags, "rt_offload_failed") // the tool takes RTCF_MULTICAST for RTM_F_OFFLOAD_FAILED: the bit is the same
		b.WriteString("rt_offload_failed ")
	}
	o.add("flags", flags)
	if mark := r.fl.Mark; mark != 0 {
		if mark >= 16 {
			fmt.Fprintf(&b, "mark 0x%x ", mark)
		} else {
			fmt.Fprintf(&b, "mark %d ", mark)
		}
		o.add("mark", mark)
	}
	if r.iif == nil {
		fmt.Fprintf(&b, "uid %d ", r.fl.UID)
		o.add("uid", r.fl.UID)
	}
	c.printCache(r, d, redirect, &b, &o)
	c.print(b.String()+"\n", o)
}

// printCache is the second line: what kind of route was made, and what was
// learned about it.
func (c *ipCmd) printCache(r *getReq, d *core.Dst, redirect bool, b *strings.Builder, o *object) {
	b.WriteString("\n    cache ")
	cache := []string{}
	if redirect {
		cache = append(cache, "redirect")
	}
	for _, f := range [...]struct {
		bit  uint16
		name string
	}{{core.RTCFLocal, "local"}, {core.RTCFBroadcast, "brd"}, {core.RTCFMulticast, "mc"}, {core.RTCFRedirected, "redirected"}} {
		if d.Flags&f.bit != 0 {
			cache = append(cache, f.name)
		}
	}
	o.add("cache", anyList(cache))
	if len(cache) > 0 {
		b.WriteString("<" + strings.Join(cache, ",") + "> ")
	}
	if d.Expires > 0 {
		n := max(0, d.Expires-c.p.lab.now()) / sim.Second
		fmt.Fprintf(b, "expires %dsec ", n)
		o.add("expires", int(n))
	}
	m := c.p.host.IPv4.RouteMetrics(d)
	m.MTU, m.MTULock = d.MTU, c.p.host.IPv4.MTULocked(d)
	ms, mo := metrics4(&m)
	b.WriteString(ms)
	if len(mo) > 0 {
		o.add("metrics", []any{mo})
	}
	if r.iif != nil {
		b.WriteString("iif " + r.iif.Name + " ")
		o.add("iif", r.iif.Name)
	}
}

// routeGet6 is ip route get for IPv6.
func (c *ipCmd) routeGet6(r *getReq) error {
	h := c.p.host
	var d *core.Dst
	f := ipv6.Flow6{Daddr: r.dst, Saddr: r.src, Mark: r.fl.Mark, TOS: r.fl.TOS, Proto: r.fl.Proto, Sport: r.fl.Sport, Dport: r.fl.Dport, UID: r.fl.UID}
	if r.iif != nil {
		d = h.IPv6.RouteInputLookup(r.iif, &f)
	} else {
		if r.oif != nil {
			f.OIF = r.oif.Index
		}
		d = h.IPv6.RouteLookup(&f)
	}
	if d.Err != 0 {
		return answer(d.Err)
	}
	rt := h.IPv6.RouteOf(d)
	if rt == nil {
		return answer(101)
	}
	if r.fibmatch {
		text, o := c.route6(rt, nil, &routeFilter{all: true, proto: -1, scope: -1, tos: -1, metric: -1})
		c.print(text, o)
		return nil
	}
	c.printGet6(r, d, rt)
	return nil
}

func (c *ipCmd) printGet6(r *getReq, d *core.Dst, rt *ipv6.Route6) {
	var b strings.Builder
	var o object
	if d.Type != ipv4.RTNUnicast && d.Type != 0 || c.details {
		b.WriteString(routeTypeName(max(d.Type, ipv4.RTNUnicast)) + " ")
		o.add("type", routeTypeName(max(d.Type, ipv4.RTNUnicast)))
	}
	from := "::"
	if !r.src.IsZero() {
		from = r.src.String()
	}
	b.WriteString(r.dst.String() + " from " + from + " ")
	o = append(o, member{"dst", r.dst.String()}, member{"from", from})
	if !d.Gateway.IsZero() {
		b.WriteString("via " + d.Gateway.String() + " ")
		o.add("gateway", d.Gateway.String())
	}
	b.WriteString("dev " + d.Dev.Name + " ")
	o.add("dev", d.Dev.Name)
	if rt.Table != ipv4.TableMain || c.details {
		b.WriteString("table " + c.tableName(rt.Table) + " ")
		o.add("table", c.tableName(rt.Table))
	}
	proto := rt.Proto
	if proto == 0 {
		proto = ipv4.ProtBoot
	}
	if proto != ipv4.ProtBoot || c.details {
		b.WriteString("proto " + protoName(proto) + " ")
		o.add("protocol", protoName(proto))
	}
	if r.iif == nil {
		src := rt.PrefSrc
		if src.IsZero() {
			src, _ = c.p.host.IPv6.GetSaddr(d.Dev, r.dst)
		}
		if !src.IsZero() {
			b.WriteString("src " + src.String() + " ")
			o.add("prefsrc", src.String())
		}
	}
	fmt.Fprintf(&b, "metric %d ", rt.Metric)
	o = append(o, member{"metric", rt.Metric}, member{"flags", []any{}})
	if d.Expires > 0 {
		n := max(0, d.Expires-c.p.lab.now()) / sim.Second
		fmt.Fprintf(&b, "expires %dsec ", n)
		o.add("expires", int(n))
	}
	m := ipv4.Metrics{MTU: d.MTU, AdvMSS: d.AdvMSS, InitCwnd: d.InitCwnd, InitRwnd: d.InitRwnd, RtoMin: d.RtoMin}
	ms, mo := metrics4(&m)
	b.WriteString(ms)
	if rt.HopLimit != 0 {
		fmt.Fprintf(&b, "hoplimit %d ", rt.HopLimit)
		mo.add("hoplimit", rt.HopLimit)
	}
	if len(mo) > 0 {
		o.add("metrics", []any{mo})
	}
	if r.iif != nil {
		b.WriteString("iif " + r.iif.Name + " ")
		o.add("iif", r.iif.Name)
	}
	pref := map[int8]string{-1: "low", 0: "medium", 1: "high"}[rt.Pref]
	b.WriteString("pref " + pref)
	o.add("pref", pref)
	c.print(b.String()+"\n", o)
}
