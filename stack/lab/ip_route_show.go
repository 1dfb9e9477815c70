package lab

import (
	"fmt"
	"sort"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// routeFilter is what ip route show selects by.
type routeFilter struct {
	table                                 uint32 // 0: all
	cache                                 bool
	dev                                   *core.Device
	via, src, root, match                 inetPrefix
	proto                                 uint8
	protoSet, scopeSet, tosSet, metricSet bool
	scope                                 int
	typ                                   uint8
	typSet                                bool
	tos                                   uint8
	metric                                uint32
	devName                               string
	refused                               string
}

// routeFilter reads the operands of ip route show (iproute_list_flush_or_save).
func (c *ipCmd) routeFilter(a *args) (*routeFilter, error) {
	f := &routeFilter{table: ipv4.TableMain}
	for a.more() {
		if err := c.routeFilterWord(f, a); err != nil {
			return nil, err
		}
	}
	if f.refused != "" {
		return nil, other("not modelled: ip route show %s", f.refused)
	}
	if f.devName != "" {
		if f.dev = c.devNamed(f.devName); f.dev == nil {
			return nil, other("Cannot find device \"%s\"", f.devName)
		}
	}
	return f, nil
}

func (c *ipCmd) routeFilterWord(f *routeFilter, a *args) (err error) {
	k := a.next()
	switch {
	case short(k, "table"):
		s, e := need(a)
		if e != nil {
			return e
		}
		t, e := c.table(s)
		switch {
		case e == nil:
			f.table = t
		case s == "all":
			f.table = 0
		case s == "cache":
			f.cache = true
		case s == "help":
			return usageOf("route")
		default:
			return invarg("table id value is invalid\n", s)
		}
	case short(k, "vrf"):
		s, e := need(a)
		if e != nil {
			return e
		}
		return invarg("Invalid VRF\n", s)
	case short(k, "cached", "cloned"):
		f.cache = true
	case k == "tos", short(k, "dsfield"):
		f.tosSet = true
		f.tos, err = a.dsfield("TOS value is invalid\n")
	case short(k, "protocol"):
		s, e := need(a)
		if e != nil {
			return e
		}
		n, ok := protoNumber(s)
		if !ok && s != "all" {
			return invarg("invalid \"protocol\"\n", s)
		}
		f.proto, f.protoSet = n, ok
	case short(k, "scope"):
		s, e := need(a)
		if e != nil {
			return e
		}
		n, e := c.scope(s)
		if e != nil && s != "all" {
			return invarg("invalid \"scope\"\n", s)
		}
		f.scope, f.scopeSet = n, e == nil
	case short(k, "type"):
		s, e := need(a)
		if e != nil {
			return e
		}
		t, ok := typeNumber(s)
		if !ok {
			return invarg("node type value is invalid\n", s)
		}
		f.typ, f.typSet = t, true
	case k == "dev", k == "oif":
		f.devName, err = need(a)
	case k == "iif", k == "mark", short(k, "realms"), short(k, "from"):
		f.refused = k
		a.next()
	case short(k, "metric", "priority"), k == "preference":
		f.metricSet = true
		f.metric, err = a.u32("\"metric\" value is invalid\n")
	case k == "via":
		s, e := need(a)
		if e != nil {
			return e
		}
		fam := c.fam
		if s == "inet" || s == "inet6" {
			fam = map[string]int{"inet": 4, "inet6": 6}[s]
			if s, err = need(a); err != nil {
				return err
			}
		}
		f.via, err = getPrefix(s, fam)
	case k == "src":
		s, e := need(a)
		if e != nil {
			return e
		}
		f.src, err = getPrefix(s, c.fam)
	default:
		return c.routeFilterDst(f, k, a)
	}
	return err
}

// routeFilterDst reads [to] [root|match|exact] PREFIX.
func (c *ipCmd) routeFilterDst(f *routeFilter, k string, a *args) (err error) {
	if short(k, "to") {
		if k, err = need(a); err != nil {
			return err
		}
	}
	mode := "exact"
	if short(k, "root", "match", "exact") {
		mode = map[byte]string{'r': "root", 'm': "match", 'e': "exact"}[k[0]]
		if k, err = need(a); err != nil {
			return err
		}
	}
	p, err := getPrefix(k, c.fam)
	if mode != "match" {
		f.root = p
	}
	if mode != "root" {
		f.match = p
	}
	return err
}

// fits is filter_nlmsg.
func (f *routeFilter) fits(m *routeMsg) bool {
	fam := 4
	if m.six {
		fam = 6
	}
	switch {
	case f.table != 0 && f.table != m.table, f.protoSet && f.proto != m.proto, f.scopeSet && f.scope != m.scope, f.typSet && f.typ != m.typ, f.tosSet && f.tos != m.tos,
		(f.root.fam != 0 || f.root.plen) && (f.root.fam != 0 && f.root.fam != fam || f.root.bits > m.dstLen),
		(f.match.fam != 0 || f.match.plen) && (f.match.fam != 0 && f.match.fam != fam || f.match.bits < m.dstLen),
		f.via.fam != 0 && f.via.fam != m.viaFam(fam), f.src.fam != 0 && f.src.fam != fam,
		f.root.fam != 0 && !sameBits(m.dst, f.root.addr, f.root.bits, fam), f.match.fam != 0 && !sameBits(m.dst, f.match.addr, m.dstLen, fam),
		f.via.fam != 0 && !sameBits(m.gw, f.via.addr, f.via.bits, f.via.fam), f.src.fam != 0 && !sameBits(m.prefsrc, f.src.addr, f.src.bits, fam),
		f.dev != nil && f.dev != m.dev, f.metricSet && f.metric != m.prio:
		return false
	}
	return true
}

// viaFam is the family of a route's gateway.
func (m *routeMsg) viaFam(fam int) int {
	if m.via6 {
		return 6
	}
	return fam
}

// sameBits is inet_addr_match, the other way round. No address counts as zero.
func sameBits(a, b wire.Addr, n, fam int) bool {
	if fam == 6 {
		return a.Mask(n) == b.Mask(n)
	}
	return (v4Of(a) ^ v4Of(b)).Mask(n) == 0
}

func v4Of(a wire.Addr) wire.IP4 {
	if a.IsZero() {
		return 0
	}
	return a.IP4()
}

// routeShow is ip route show and flush.
func (c *ipCmd) routeShow(a *args, flush bool) error {
	if flush && !a.more() {
		return other("\"ip route flush\" requires arguments.")
	}
	f, err := c.routeFilter(a)
	if err != nil {
		return err
	}
	if f.cache {
		return c.routeCache(f, flush)
	}
	if c.json && !flush {
		c.list = []any{}
	}
	four, six := c.fam == 4 || c.fam == 0, c.fam == 6 || c.fam == 0 && f.table == 0
	n := 0
	if four {
		if err := c.show4(f, flush, &n); err != nil {
			return err
		}
	}
	if six {
		if err := c.show6(f, flush, &n); err != nil {
			return err
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

// tablesOf are the tables that a filter asks for, in the kernel's order. A table that
// was never made is an error.
func (c *ipCmd) tablesOf(all []uint32, f *routeFilter, flush bool, family string) ([]uint32, error) {
	if f.table == 0 {
		sort.SliceStable(all, func(i, j int) bool { return all[i]&255 < all[j]&255 })
		return all, nil
	}
	for _, id := range all {
		if id == f.table {
			return []uint32{id}, nil
		}
	}
	what := "Dump terminated"
	if flush {
		what = "Flush terminated"
	}
	return nil, ipError{"Error: " + family + ": FIB table does not exist.\n" + what, 2}
}

func (c *ipCmd) show4(f *routeFilter, flush bool, n *int) error {
	h := c.p.host
	tables, err := c.tablesOf(h.IPv4.Tables(), f, flush, "ipv4")
	if err != nil {
		if f.table == ipv4.TableMain || f.table == ipv4.TableLocal { // they are there from the start
			return nil
		}
		return err
	}
	for _, id := range tables {
		for _, r := range h.IPv4.Routes(id) {
			m := c.msg4(&r)
			if !f.fits(m) {
				continue
			}
			*n++
			if flush {
				r.Multi = len(r.NH) > 1
				var words inet.Extack
				if r.NHID != 0 {
					r.NH = nil
				}
				h.IPv4.RemoveRoute(&r, &words)
				continue
			}
			p := c.routeText(m, f)
			c.print(p.b.String(), p.o)
		}
	}
	return nil
}

// show6 prints or flushes tables of IPv6. Routes that share their flows are one
// entry with several ways.
func (c *ipCmd) show6(f *routeFilter, flush bool, n *int) error {
	h := c.p.host
	tables, err := c.tablesOf(h.IPv6.Tables(), f, flush, "ipv6")
	if err != nil {
		return err
	}
	many := false // the tool believes in tables when it has seen another than main (ip6_multiple_tables)
	for _, id := range tables {
		list := h.IPv6.Routes(id)
		for i := 0; i < len(list); i++ {
			r := list[i]
			same := []*ipv6.Route6{r}
			for i+1 < len(list) && list[i+1].Shares(r) {
				i++
				same = append(same, list[i])
			}
			m := c.msg6(r, same)
			many = many || m.table != ipv4.TableMain
			if !f.fits(m) || !many && (f.table == ipv4.TableMain && m.typ == ipv4.RTNLocal || f.table == ipv4.TableLocal && m.typ != ipv4.RTNLocal) {
				continue
			}
			*n++
			if !flush {
				p := c.routeText(m, f)
				c.print(p.b.String(), p.o)
				continue
			}
			for _, x := range same {
				if x.NHID != 0 {
					h.IPv6.DelRoute(ipv6.Route6{Dst: r.Dst, Plen: r.Plen, Table: r.Table, Metric: r.Metric, NHID: r.NHID})
					break
				}
				h.IPv6.DelRoute(ipv6.Route6{Dst: x.Dst, Plen: x.Plen, Table: x.Table, Metric: x.Metric, Dev: x.Dev, Gateway: x.Gateway})
			}
		}
	}
	return nil
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
		if !e.Cached || d == nil || f.dev != nil && f.dev != d || f.match.fam == 4 && !sameBits(e.Daddr.Addr(), f.match.addr, f.match.bits, 4) || f.root.fam == 4 && !sameBits(e.Daddr.Addr(), f.root.addr, f.root.bits, 4) {
			continue
		}
		text := e.Daddr.String() + " "
		gw, flags := e.Via, ""
		if e.Gateway != 0 && e.Gateway != e.Via {
			gw, flags = e.Gateway, "<redirected> "
		}
		if gw != 0 {
			text += "via " + gw.String() + " "
		}
		text += fmt.Sprintf("dev %s \n    cache %sexpires %dsec ", d.Name, flags, max(0, e.Expires-c.p.lab.now())/sim.Second)
		switch {
		case e.MTU != 0 && e.Locked:
			text += fmt.Sprintf("mtu lock %d ", e.MTU)
		case e.MTU != 0:
			text += fmt.Sprintf("mtu %d ", e.MTU)
		}
		c.p.out(text + "\n")
	}
	return nil
}
