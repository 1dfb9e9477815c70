package lab

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// routeFilter is what ip route show selects by.
type routeFilter struct {
	table            uint32
	all              bool
	cache            bool
	dev              *core.Device
	via              wire.Addr
	proto, scope     int
	typ              uint8
	tos              int
	metric           int
	mode             string // "", exact, root, match
	dst              wire.Addr
	plen             int
	hasDst, hasTable bool
	src              wire.Addr
}

func (c *ipCmd) routeFilter(a *args) (*routeFilter, bool, error) {
	f := &routeFilter{table: ipv4.TableMain, proto: -1, scope: -1, tos: -1, metric: -1}
	some := false
	for a.more() {
		k := a.next()
		some = true
		switch k {
		case "table":
			s, err := need(a)
			if err != nil {
				return nil, false, err
			}
			f.hasTable = true
			if s == "all" {
				f.all = true
				continue
			}
			if s == "cache" {
				f.cache = true
				continue
			}
			if f.table, err = c.table(s); err != nil {
				return nil, false, invarg("table id value is invalid\n", s)
			}
			if f.table == 0 {
				f.all = true
			}
		case "dev", "oif":
			d, err := c.dev(a.next())
			if err != nil {
				return nil, false, err
			}
			f.dev = d
		case "via":
			s := a.next()
			p, _, err := prefix(s, "address", c.fam)
			if err != nil {
				return nil, false, err
			}
			f.via = p
		case "src":
			p, _, err := prefix(a.next(), "address", c.fam)
			if err != nil {
				return nil, false, err
			}
			f.src = p
		case "proto", "protocol":
			s := a.next()
			if s == "all" {
				continue
			}
			n, ok := protoNumber(s)
			if !ok {
				return nil, false, invarg("invalid \"protocol\"\n", s)
			}
			f.proto = int(n)
		case "scope":
			s := a.next()
			if s == "all" {
				continue
			}
			n, err := c.scope(s)
			if err != nil {
				return nil, false, invarg("invalid \"scope\"\n", s)
			}
			f.scope = n
		case "type":
			s := a.next()
			t, ok := routeTypes[s]
			if !ok {
				return nil, false, invarg("node type value is invalid\n", s)
			}
			f.typ = t
		case "tos", "dsfield":
			n, err := strconv.ParseUint(strings.TrimPrefix(a.next(), "0x"), 16, 8)
			if err != nil {
				return nil, false, invarg("TOS value is invalid\n", "")
			}
			f.tos = int(n)
		case "metric":
			f.metric, _ = strconv.Atoi(a.next())
		case "cache", "cached", "cloned":
			f.cache = true
		case "vrf":
			return nil, false, invarg("Invalid VRF\n", a.next())
		case "from", "realms":
			return nil, false, other("not modelled: ip route show %s", k)
		default:
			if k == "to" {
				k = a.next()
			}
			mode := "exact"
			if k == "root" || k == "match" || k == "exact" {
				mode = k
				k = a.next()
			}
			f.mode, f.hasDst = mode, true
			if k == "default" || k == "any" || k == "all" {
				if k == "all" {
					f.hasDst = false
				}
				f.plen = 0
				continue
			}
			p, n, err := prefix(k, "prefix", c.fam)
			if err != nil {
				return nil, false, err
			}
			f.dst, f.plen = p, n
			if c.fam == 0 && !p.Is4() {
				c.fam = 6
			}
		}
	}
	return f, some, nil
}

func (f *routeFilter) fits4(r *ipv4.Route) bool {
	switch {
	case f.proto >= 0 && int(r.Protocol) != f.proto, f.scope >= 0 && r.Scope != f.scope, f.typ != 0 && r.Type != f.typ, f.tos >= 0 && int(r.TOS) != f.tos,
		f.metric >= 0 && int(r.Priority) != f.metric, !f.src.IsZero() && r.PrefSrc != f.src.IP4():
		return false
	}
	if f.dev != nil && !(len(r.NH) == 1 && r.NH[0].Dev == f.dev.Index) {
		return false
	}
	if !f.via.IsZero() && !(len(r.NH) == 1 && r.NH[0].Gw == f.via.IP4()) {
		return false
	}
	if f.hasDst {
		d := f.dst.IP4()
		if f.dst.IsZero() {
			d = 0
		}
		switch f.mode {
		case "exact":
			return r.Plen == f.plen && r.Dst == d
		case "root":
			return r.Plen >= f.plen && (r.Dst^d).Mask(f.plen) == 0
		case "match":
			return r.Plen <= f.plen && (r.Dst^d).Mask(r.Plen) == 0
		}
	}
	return true
}

func (f *routeFilter) fits6(r *ipv6.Route6) bool {
	proto := r.Proto
	if proto == 0 {
		proto = ipv4.ProtBoot
	}
	typ := r.Type
	if typ == 0 {
		typ = ipv4.RTNUnicast
	}
	switch {
	case f.proto >= 0 && int(proto) != f.proto, f.typ != 0 && typ != f.typ, f.dev != nil && r.Dev != f.dev, !f.via.IsZero() && r.Gateway != f.via,
		f.metric >= 0 && int(r.Metric) != f.metric, !f.src.IsZero() && r.PrefSrc != f.src:
		return false
	}
	if f.hasDst {
		switch f.mode {
		case "exact":
			return r.Plen == f.plen && r.Dst == f.dst
		case "root":
			return r.Plen >= f.plen && r.Dst.Mask(f.plen) == f.dst.Mask(f.plen)
		case "match":
			return r.Plen <= f.plen && r.Dst == f.dst.Mask(r.Plen)
		}
	}
	return true
}

// routeShow is ip route show and flush.
func (c *ipCmd) routeShow(a *args, flush bool) error {
	f, some, err := c.routeFilter(a)
	if err != nil {
		return err
	}
	if flush && !some {
		return other("\"ip route flush\" requires arguments.")
	}
	if f.cache {
		return c.routeCache(f, flush)
	}
	h := c.p.host
	if c.json {
		c.list = []any{}
	}
	four, six := c.fam == 4 || c.fam == 0, c.fam == 6 || c.fam == 0 && f.all
	n := 0
	if four {
		tables := h.IPv4.Tables()
		sort.Slice(tables, func(i, j int) bool { return tables[i]&255 < tables[j]&255 })
		known := f.all
		for _, id := range tables {
			known = known || id == f.table
			if id != f.table && !f.all {
				continue
			}
			for _, r := range h.IPv4.Routes(id) {
				if !f.fits4(&r) {
					continue
				}
				n++
				if flush {
					r.Linkdown, r.Dead = false, false
					h.IPv4.DelRoute(r)
					continue
				}
				text, o := c.route4(&r, f)
				c.print(text, o)
			}
		}
		if !known && f.hasTable && f.table != ipv4.TableMain && f.table != ipv4.TableLocal && f.table != ipv4.TableDefault {
			what := "Dump terminated"
			if flush {
				what = "Flush terminated"
			}
			return ipError{"Error: ipv4: FIB table does not exist.\n" + what, 2}
		}
	}
	if six {
		tables := []uint32{f.table}
		if f.all {
			tables = h.IPv6.Tables()
			sort.Slice(tables, func(i, j int) bool { return tables[i]&255 < tables[j]&255 })
		}
		for _, id := range tables {
			n += c.show6(h.IPv6.Routes(id), f, flush)
		}
	}
	if flush && c.stats > 0 {
		if n == 0 {
			c.p.out("Nothing to flush.\n")
		} else {
			c.p.outf("\n*** Round 1, deleting %d entries ***\n*** Flush is complete after 1 round ***\n", n)
		}
	}
	return nil
}

// show6 prints or flushes a table of IPv6. Routes that share their flows are one
// entry with several ways.
func (c *ipCmd) show6(list []*ipv6.Route6, f *routeFilter, flush bool) (n int) {
	for i := 0; i < len(list); i++ {
		r := list[i]
		same := []*ipv6.Route6{r}
		for i+1 < len(list) && list[i+1].Shares(r) {
			i++
			same = append(same, list[i])
		}
		if !f.fits6(r) || len(same) > 1 && (f.dev != nil || !f.via.IsZero()) && !anyFits6(f, same) {
			continue
		}
		n++
		if flush {
			c.p.host.IPv6.DelRoute(ipv6.Route6{Dst: r.Dst, Plen: r.Plen, Table: r.Table, Metric: r.Metric, Type: r.Type, Dev: r.Dev, Gateway: r.Gateway})
			for _, x := range same[1:] {
				c.p.host.IPv6.DelRoute(ipv6.Route6{Dst: x.Dst, Plen: x.Plen, Table: x.Table, Metric: x.Metric, Type: x.Type, Dev: x.Dev, Gateway: x.Gateway})
			}
			continue
		}
		text, o := c.route6(r, same, f)
		c.print(text, o)
	}
	return n
}

func anyFits6(f *routeFilter, l []*ipv6.Route6) bool {
	for _, r := range l {
		if f.fits6(r) {
			return true
		}
	}
	return false
}

// routeCache is ip route show cache: what was learned about destinations.
func (c *ipCmd) routeCache(f *routeFilter, flush bool) error {
	if flush {
		c.p.host.IPv4.FlushCache()
		c.p.host.IPv4.ForgetExceptions()
		return nil
	}
	if c.fam == 6 || c.stats > 0 {
		return other("not modelled: ip route show cache with -6 or -s")
	}
	for _, e := range c.p.host.IPv4.Exceptions() {
		d := c.p.host.NS.DevByIndex(e.Dev)
		if !e.Cached || d == nil || f.dev != nil && f.dev != d || f.hasDst && !inPrefix(f, e.Daddr.Addr()) {
			continue
		}
		var b strings.Builder
		b.WriteString(e.Daddr.String() + " ")
		gw, flags := e.Via, ""
		if e.Gateway != 0 && e.Gateway != e.Via {
			gw, flags = e.Gateway, "<redirected> "
		}
		if gw != 0 {
			b.WriteString("via " + gw.String() + " ")
		}
		fmt.Fprintf(&b, "dev %s \n    cache %sexpires %dsec ", d.Name, flags, max(0, e.Expires-c.p.lab.now())/sim.Second)
		switch {
		case e.MTU != 0 && e.Locked:
			fmt.Fprintf(&b, "mtu lock %d ", e.MTU)
		case e.MTU != 0:
			fmt.Fprintf(&b, "mtu %d ", e.MTU)
		}
		c.p.out(b.String() + "\n")
	}
	return nil
}

// inPrefix reports whether a filter's destination covers an address.
func inPrefix(f *routeFilter, a wire.Addr) bool {
	if f.dst.Is4() {
		return a.IP4().Mask(f.plen) == f.dst.IP4().Mask(f.plen)
	}
	return a.Mask(f.plen) == f.dst.Mask(f.plen)
}
