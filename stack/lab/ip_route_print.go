package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
)

func (c *ipCmd) devName(i int) string {
	if d := c.p.host.NS.DevByIndex(i); d != nil {
		return d.Name
	}
	return fmt.Sprintf("if%d", i)
}

// route4 is print_route for IPv4.
func (c *ipCmd) route4(r *ipv4.Route, f *routeFilter) (string, object) {
	var o object
	var b strings.Builder
	if r.Type != ipv4.RTNUnicast || c.details {
		b.WriteString(routeTypeName(r.Type) + " ")
		o.add("type", routeTypeName(r.Type))
	}
	dst := r.Dst.String()
	if r.Plen < 32 {
		dst += fmt.Sprintf("/%d", r.Plen)
	}
	if r.Plen == 0 && r.Dst == 0 {
		dst = "default"
	}
	b.WriteString(dst + " ")
	o.add("dst", dst)
	if r.TOS != 0 && f.tos < 0 {
		fmt.Fprintf(&b, "tos 0x%02x ", r.TOS)
		o.add("tos", fmt.Sprintf("0x%02x", r.TOS))
	}
	if r.NHID != 0 {
		fmt.Fprintf(&b, "nhid %d ", r.NHID)
		o.add("nhid", r.NHID)
	}
	var flags []any
	if len(r.NH) == 1 {
		nh := r.NH[0]
		if nh.Gw != 0 && f.via.IsZero() {
			b.WriteString("via " + nh.Gw.String() + " ")
			o.add("gateway", nh.Gw.String())
		}
		if nh.Dev != 0 && f.dev == nil {
			b.WriteString("dev " + c.devName(nh.Dev) + " ")
			o.add("dev", c.devName(nh.Dev))
		}
	}
	if r.Table != ipv4.TableMain && f.all {
		b.WriteString("table " + c.tableName(r.Table) + " ")
		o.add("table", c.tableName(r.Table))
	}
	if (r.Protocol != ipv4.ProtBoot || c.details) && f.proto < 0 {
		b.WriteString("proto " + protoName(r.Protocol) + " ")
		o.add("protocol", protoName(r.Protocol))
	}
	if (r.Scope != ipv4.ScopeUniverse || c.details) && f.scope < 0 && !(r.Scope == ipv4.ScopeUniverse && !c.details) {
		b.WriteString("scope " + scopeName(uint8(r.Scope)) + " ")
		o.add("scope", scopeName(uint8(r.Scope)))
	}
	if r.PrefSrc != 0 && f.src.IsZero() {
		b.WriteString("src " + r.PrefSrc.String() + " ")
		o.add("prefsrc", r.PrefSrc.String())
	}
	if r.Priority != 0 && f.metric < 0 {
		fmt.Fprintf(&b, "metric %d ", r.Priority)
		o.add("metric", r.Priority)
	}
	if len(r.NH) == 1 {
		if r.Dead {
			flags = append(flags, "dead")
		}
		if r.NH[0].Onlink {
			flags = append(flags, "onlink")
		}
		if r.Linkdown {
			flags = append(flags, "linkdown")
		}
		for _, x := range flags {
			b.WriteString(x.(string) + " ")
		}
	}
	if flags == nil {
		flags = []any{}
	}
	o.add("flags", flags)
	ms, mo := metrics4(&r.Metrics)
	b.WriteString(ms)
	if len(mo) > 0 {
		o.add("metrics", []any{mo})
	}
	if len(r.NH) > 1 {
		var list []any
		for _, nh := range r.NH {
			var n object
			b.WriteString("\n\tnexthop ")
			if nh.Gw != 0 {
				b.WriteString("via " + nh.Gw.String() + " ")
				n.add("gateway", nh.Gw.String())
			}
			fl := []any{}
			fmt.Fprintf(&b, "dev %s weight %d ", c.devName(nh.Dev), max(1, nh.Weight))
			n.add("dev", c.devName(nh.Dev))
			n.add("weight", max(1, nh.Weight))
			d := c.p.host.NS.DevByIndex(nh.Dev)
			if d != nil && !d.Up() {
				fl = append(fl, "dead")
			}
			if nh.Onlink {
				fl = append(fl, "onlink")
			}
			if d != nil && !d.Running() {
				fl = append(fl, "linkdown")
			}
			for _, x := range fl {
				b.WriteString(x.(string) + " ")
			}
			n.add("flags", fl)
			list = append(list, n)
		}
		o.add("nexthops", list)
	}
	return b.String() + "\n", o
}

func metrics4(m *ipv4.Metrics) (string, object) {
	var o object
	var b strings.Builder
	num := func(name string, v int, lock bool) {
		if v == 0 {
			return
		}
		b.WriteString(name + " ")
		if lock {
			b.WriteString("lock ")
		}
		fmt.Fprintf(&b, "%d ", v)
		o.add(name, v)
	}
	num("mtu", m.MTU, m.MTULock)
	num("window", m.Window, false)
	num("advmss", m.AdvMSS, false)
	num("hoplimit", m.HopLimit, false)
	num("initcwnd", m.InitCwnd, false)
	if m.RtoMin != 0 {
		fmt.Fprintf(&b, "rto_min lock %dms ", m.RtoMin/sim.Millisecond)
		o.add("rto_min", int(m.RtoMin/sim.Millisecond))
	}
	num("initrwnd", m.InitRwnd, false)
	if m.QuickAck {
		num("quickack", 1, false)
	}
	return b.String(), o
}

// route6 is print_route for IPv6.
func (c *ipCmd) route6(r *ipv6.Route6, same []*ipv6.Route6, f *routeFilter) (string, object) {
	var o object
	var b strings.Builder
	typ := r.Type
	if typ == 0 {
		typ = ipv4.RTNUnicast
	}
	if r.Dst.IsMulticast() && r.Plen == 8 && r.Table == ipv4.TableLocal {
		typ = ipv4.RTNMulticast
	}
	if typ != ipv4.RTNUnicast || c.details {
		b.WriteString(routeTypeName(typ) + " ")
		o.add("type", routeTypeName(typ))
	}
	dst := r.Dst.String()
	if r.Plen < 128 {
		dst += fmt.Sprintf("/%d", r.Plen)
	}
	if r.Plen == 0 {
		dst = "default"
	}
	b.WriteString(dst + " ")
	o.add("dst", dst)
	if r.NHID != 0 {
		fmt.Fprintf(&b, "nhid %d ", r.NHID)
		o.add("nhid", r.NHID)
	}
	one := len(same) < 2
	if one && !r.Gateway.IsZero() && f.via.IsZero() {
		b.WriteString("via " + r.Gateway.String() + " ")
		o.add("gateway", r.Gateway.String())
	}
	if one && f.dev == nil {
		name := "lo"
		if r.Dev != nil {
			name = r.Dev.Name
		}
		b.WriteString("dev " + name + " ")
		o.add("dev", name)
	}
	if r.Table != ipv4.TableMain && r.Table != 0 && f.all {
		b.WriteString("table " + c.tableName(r.Table) + " ")
		o.add("table", c.tableName(r.Table))
	}
	proto := r.Proto
	if proto == 0 {
		proto = ipv4.ProtBoot
	}
	if (proto != ipv4.ProtBoot || c.details) && f.proto < 0 {
		b.WriteString("proto " + protoName(proto) + " ")
		o.add("protocol", protoName(proto))
	}
	if c.details {
		b.WriteString("scope global ")
		o.add("scope", "global")
	}
	if !r.PrefSrc.IsZero() && f.src.IsZero() {
		b.WriteString("src " + r.PrefSrc.String() + " ")
		o.add("prefsrc", r.PrefSrc.String())
	}
	if f.metric < 0 {
		fmt.Fprintf(&b, "metric %d ", r.Metric)
		o.add("metric", r.Metric)
	}
	flags := []any{}
	if one && r.OnLink {
		flags = append(flags, "onlink")
	}
	if one && r.Dev != nil && r.Dev.Up() && !r.Dev.Running() {
		flags = append(flags, "linkdown")
	}
	for _, x := range flags {
		b.WriteString(x.(string) + " ")
	}
	o.add("flags", flags)
	if r.Expires != 0 {
		n := max(0, r.Expires-c.p.lab.now()) / sim.Second
		fmt.Fprintf(&b, "expires %dsec ", n)
		o.add("expires", int(n))
	}
	m := ipv4.Metrics{MTU: r.MTU, AdvMSS: r.AdvMSS, InitCwnd: r.InitCwnd, InitRwnd: r.InitRwnd, RtoMin: r.RtoMin}
	ms, mo := metrics4(&m)
	b.WriteString(ms)
	if r.HopLimit != 0 {
		fmt.Fprintf(&b, "hoplimit %d ", r.HopLimit)
		mo.add("hoplimit", r.HopLimit)
	}
	if len(mo) > 0 {
		o.add("metrics", []any{mo})
	}
	pref := map[int8]string{-1: "low", 0: "medium", 1: "high"}[r.Pref]
	b.WriteString("pref " + pref)
	o.add("pref", pref)
	if !one {
		o.add("nexthops", c.nexthops6(same, &b))
	}
	return b.String() + "\n", o
}

// nexthops6 are the ways of a route with several.
func (c *ipCmd) nexthops6(same []*ipv6.Route6, b *strings.Builder) []any {
	var list []any
	for _, r := range same {
		var o object
		b.WriteString("\n\tnexthop ")
		if !r.Gateway.IsZero() {
			b.WriteString("via " + r.Gateway.String() + " ")
			o.add("gateway", r.Gateway.String())
		}
		fmt.Fprintf(b, "dev %s weight %d ", r.Dev.Name, max(1, r.Weight))
		o = append(o, member{"dev", r.Dev.Name}, member{"weight", max(1, r.Weight)})
		flags := []any{}
		if r.OnLink {
			flags = append(flags, "onlink")
		}
		if r.Dev.Up() && !r.Dev.Running() {
			flags = append(flags, "linkdown")
		}
		for _, x := range flags {
			b.WriteString(x.(string) + " ")
		}
		o.add("flags", flags)
		list = append(list, o)
	}
	return list
}
