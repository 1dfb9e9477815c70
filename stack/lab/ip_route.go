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

var routeTypes = map[string]uint8{"unicast": ipv4.RTNUnicast, "local": ipv4.RTNLocal, "broadcast": ipv4.RTNBroadcast, "anycast": ipv4.RTNAnycast, "multicast": ipv4.RTNMulticast,
	"blackhole": ipv4.RTNBlackhole, "unreachable": ipv4.RTNUnreachable, "prohibit": ipv4.RTNProhibit, "throw": ipv4.RTNThrow}

func routeTypeName(t uint8) string {
	for k, v := range routeTypes {
		if v == t {
			return k
		}
	}
	return strconv.Itoa(int(t))
}

var routeProtos = []struct {
	n    uint8
	name string
}{{0, "unspec"}, {1, "redirect"}, {2, "kernel"}, {3, "boot"}, {4, "static"}, {8, "gated"}, {9, "ra"}, {10, "mrt"}, {11, "zebra"}, {12, "bird"}, {13, "dnrouted"}, {14, "xorp"},
	{15, "ntk"}, {16, "dhcp"}, {18, "keepalived"}, {42, "babel"}, {186, "bgp"}, {187, "isis"}, {188, "ospf"}, {189, "rip"}, {192, "eigrp"}}

func protoName(n uint8) string {
	for _, p := range routeProtos {
		if p.n == n {
			return p.name
		}
	}
	return strconv.Itoa(int(n))
}

func protoNumber(s string) (uint8, bool) {
	for _, p := range routeProtos {
		if p.name == s {
			return p.n, true
		}
	}
	n, err := strconv.ParseUint(s, 0, 8)
	return uint8(n), err == nil
}

// route is ip route.
func (c *ipCmd) route(a *args) error {
	if !a.more() {
		return c.routeShow(a, false)
	}
	s := a.next()
	switch v := verb(s, "list", "show", "lst", "get", "add", "change", "chg", "replace", "prepend", "append", "test", "delete", "save", "restore", "showdump", "flush", "help"); v {
	case "list", "show", "lst":
		return c.routeShow(a, false)
	case "flush":
		return c.routeShow(a, true)
	case "get":
		return c.routeGet(a)
	case "add", "replace", "append", "delete", "change", "chg", "prepend":
		return c.routeMod(a, v)
	case "":
	case "help":
		return usageOf("route")
	default:
		return other("not modelled: ip route %s", v)
	}
	return bad("Command \"%s\" is unknown, try \"ip route help\".", s)
}

// a routeSpec is what a command line says of a route.
type routeSpec struct {
	r4       ipv4.Route
	r6       ipv6.Route6
	nh       ipv4.Nexthop
	dev      string
	six      bool
	haveDst  bool
	haveType bool
}

func (c *ipCmd) routeMod(a *args, v string) error {
	if v == "change" || v == "chg" || v == "prepend" {
		return other("not modelled: ip route %s", v)
	}
	sp := &routeSpec{six: c.fam == 6}
	sp.r4 = ipv4.Route{Scope: -1, Replace: v == "replace", Append: v == "append"}
	if v == "delete" {
		sp.r4.Scope = ipv4.ScopeNowhere
	}
	for a.more() {
		if err := c.routeWord(a, sp); err != nil {
			return err
		}
	}
	if !sp.haveDst && !sp.haveType && sp.dev == "" && sp.nh.Gw == 0 && sp.r6.Gateway.IsZero() && len(sp.r4.NH) == 0 {
		return usageOf("route")
	}
	h := c.p.host
	if sp.dev != "" {
		d, err := c.dev(sp.dev)
		if err != nil {
			return err
		}
		sp.nh.Dev, sp.r6.Dev = d.Index, d
	}
	if sp.six {
		return c.routeMod6(sp, v)
	}
	r := sp.r4
	if len(r.NH) == 0 && (sp.nh.Gw != 0 || sp.nh.Dev != 0) {
		r.NH = []ipv4.Nexthop{sp.nh}
	}
	if v == "delete" {
		if r.Scope == ipv4.ScopeNowhere {
			r.Scope = -1
		}
		if !sp.haveType {
			r.Type = 0
		}
		return answer(h.IPv4.DelRoute(r))
	}
	switch r.Type {
	case 0, ipv4.RTNUnicast, ipv4.RTNLocal, ipv4.RTNBroadcast, ipv4.RTNMulticast, ipv4.RTNAnycast:
		if len(r.NH) == 0 {
			return ipError{"RTNETLINK answers: No such device", 2}
		}
	}
	if r.Plen < 32 && r.Dst.Mask(r.Plen) != r.Dst {
		return kernelSays("Invalid prefix for given prefix length.")
	}
	for _, nh := range r.NH {
		if d := h.NS.DevByIndex(nh.Dev); d != nil && !d.Up() {
			if nh.Gw == 0 {
				return kernelSays("Device for nexthop is not up.")
			}
			return kernelSays("Nexthop device is not up.")
		}
	}
	e := h.IPv4.AddRoute(r)
	switch {
	case e == 0:
		return nil
	case e == 17 && v == "add":
		return answer(17)
	case e == 101:
		return kernelSays("Nexthop has invalid gateway.")
	case e == 113:
		return kernelSays("Nexthop has invalid gateway.")
	case e == 22 && r.PrefSrc != 0 && h.IPv4.AddrType(nil, r.PrefSrc) != ipv4.RTNLocal:
		return kernelSays("Invalid prefsrc address.")
	case e == 22 && len(r.NH) == 1 && r.NH[0].Gw != 0 && h.IPv4.AddrType(nil, r.NH[0].Gw) == ipv4.RTNLocal:
		return kernelSays("Nexthop has invalid gateway.")
	}
	return answer(e)
}

func (c *ipCmd) routeMod6(sp *routeSpec, v string) error {
	h, r := c.p.host, sp.r6
	r.Metric, r.Table, r.Proto = sp.r4.Priority, sp.r4.Table, sp.r4.Protocol
	if len(sp.r4.NH) > 0 {
		return other("not modelled: ip -6 route … nexthop")
	}
	if v == "delete" {
		if !sp.haveType {
			r.Type = 0
		}
		return answer(h.IPv6.DelRoute(r))
	}
	if r.Dst.Mask(r.Plen) != r.Dst {
		return kernelSays("Invalid prefix for given prefix length.")
	}
	switch r.Type {
	case ipv4.RTNBlackhole, ipv4.RTNUnreachable, ipv4.RTNProhibit, ipv4.RTNThrow:
	default:
		if r.Dev == nil && r.Gateway.IsZero() {
			return answer(19)
		}
		if r.Dev != nil && !r.Dev.Up() {
			return kernelSays("Nexthop device is not up.")
		}
	}
	if v == "replace" {
		h.IPv6.DelRoute(ipv6.Route6{Dst: r.Dst, Plen: r.Plen, Table: r.Table, Metric: r.Metric})
	}
	if v == "append" {
		return other("not modelled: ip -6 route append")
	}
	e := h.IPv6.AddRoute(r)
	if e == 113 || e == 101 {
		return answer(113)
	}
	return answer(e)
}

// routeWord takes one keyword with its value.
func (c *ipCmd) routeWord(a *args, sp *routeSpec) error {
	r4, r6 := &sp.r4, &sp.r6
	num := func(what string) (int, error) {
		s, err := need(a)
		if err != nil {
			return 0, err
		}
		n, e := strconv.ParseUint(s, 0, 32)
		if e != nil {
			return 0, invarg("\""+what+"\" value is invalid\n", s)
		}
		return int(n), nil
	}
	fam := c.fam
	if sp.six {
		fam = 6
	}
	k := a.next()
	var err error
	switch k {
	case "src":
		var p wire.Addr
		if p, _, err = prefix(a.next(), "address", fam); err == nil {
			r4.PrefSrc, r6.PrefSrc = p.IP4(), p
		}
	case "via":
		s := a.next()
		switch s {
		case "inet":
			s, fam = a.next(), 4
		case "inet6":
			s = a.next()
			if !sp.six && sp.haveDst {
				return other("not modelled: an IPv4 route by an IPv6 gateway")
			}
			fam = 6
		}
		var p wire.Addr
		if p, _, err = prefix(s, "address", fam); err == nil {
			if !p.Is4() {
				if sp.haveDst && !sp.six && c.fam != 6 && sp.r4.Plen+int(sp.r4.Dst) != 0 {
					return other("Error: inet address is expected rather than \"%s\".", s)
				}
				sp.six = true
			}
			sp.nh.Gw, r6.Gateway = p.IP4(), p
			if !p.Is4() {
				sp.nh.Gw = 0
			}
		}
	case "from":
		return other("not modelled: ip route … from")
	case "tos", "dsfield":
		s := a.next()
		n, e := strconv.ParseUint(strings.TrimPrefix(s, "0x"), 16, 8)
		if e != nil {
			return invarg("\"tos\" value is invalid\n", s)
		}
		r4.TOS = uint8(n)
	case "metric", "priority", "preference":
		n, e := num("metric")
		err = e
		r4.Priority = uint32(n)
	case "scope":
		s := a.next()
		if r4.Scope, err = c.scope(s); err != nil {
			return invarg("invalid \"scope\" value\n", s)
		}
	case "mtu":
		if a.peek() == "lock" {
			a.next()
			r4.Metrics.MTULock = true
		}
		r4.Metrics.MTU, err = num("mtu")
		r6.MTU = r4.Metrics.MTU
	case "hoplimit":
		if a.peek() == "lock" {
			return other("not modelled: ip route … hoplimit lock")
		}
		n, e := num("hoplimit")
		err = e
		r6.HopLimit = n
		if !sp.six {
			return other("not modelled: ip route … hoplimit")
		}
	case "advmss":
		r4.Metrics.AdvMSS, err = num("mss")
		r6.AdvMSS = r4.Metrics.AdvMSS
	case "window":
		r4.Metrics.Window, err = num("window")
	case "initcwnd":
		r4.Metrics.InitCwnd, err = num("initcwnd")
		r6.InitCwnd = r4.Metrics.InitCwnd
	case "initrwnd":
		r4.Metrics.InitRwnd, err = num("initrwnd")
		r6.InitRwnd = r4.Metrics.InitRwnd
	case "quickack":
		n, e := num("quickack")
		err = e
		r4.Metrics.QuickAck = n != 0
	case "rto_min":
		s := a.next()
		ms, ok := milliseconds(s)
		if !ok {
			return invarg("\"rto_min\" value is invalid\n", s)
		}
		r4.Metrics.RtoMin, r6.RtoMin = ms, ms
	case "rtt", "rttvar", "reordering", "cwnd", "ssthresh", "realms", "congctl", "features", "fastopen_no_cookie", "nhid", "encap", "expires", "pref", "ttl-propagate", "realm":
		return other("not modelled: ip route … %s", k)
	case "onlink":
		sp.nh.Onlink, r6.OnLink = true, true
	case "nexthop":
		r4.NH, err = c.nexthops(a, sp)
	case "protocol", "proto":
		s := a.next()
		n, ok := protoNumber(s)
		if !ok {
			return invarg("\"protocol\" value is invalid\n", s)
		}
		r4.Protocol = n
	case "table":
		s, e := need(a)
		if e != nil {
			return e
		}
		if r4.Table, err = c.table(s); err != nil {
			return invarg("\"table\" value is invalid\n", s)
		}
	case "dev", "oif":
		if sp.dev, err = need(a); err != nil {
			return err
		}
	default:
		if k == "to" {
			k = a.next()
		}
		if t, ok := routeTypes[k]; ok && !sp.haveDst {
			r4.Type, r6.Type, sp.haveType = t, t, true
			if !a.more() {
				return nil
			}
			k = a.next()
		}
		if sp.haveDst {
			return bad("Error: either \"to\" is duplicate, or \"%s\" is a garbage.", k)
		}
		sp.haveDst = true
		if k == "default" || k == "all" || k == "any" {
			break
		}
		p, n, e := prefix(k, "prefix", c.fam)
		if e != nil {
			return e
		}
		sp.six = !p.Is4()
		r4.Dst, r4.Plen, r6.Dst, r6.Plen = p.IP4(), n, p, n
	}
	return err
}

func milliseconds(s string) (sim.Time, bool) {
	unit := sim.Millisecond
	for _, u := range [...]struct {
		s string
		t sim.Time
	}{{"ms", sim.Millisecond}, {"us", sim.Microsecond}, {"s", sim.Second}} {
		if v, ok := strings.CutSuffix(s, u.s); ok {
			s, unit = v, u.t
			break
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return sim.Time(f * float64(unit)), err == nil && f >= 0 && f < 1e9
}

// nexthops reads "via A dev D weight N nexthop via B …".
func (c *ipCmd) nexthops(a *args, sp *routeSpec) (list []ipv4.Nexthop, err error) {
	nh := ipv4.Nexthop{}
	for a.more() {
		switch k := a.next(); k {
		case "nexthop":
			list = append(list, nh)
			nh = ipv4.Nexthop{}
		case "via":
			s := a.next()
			g, _, err := prefix(s, "address", c.fam)
			if err != nil {
				return nil, err
			}
			if !g.Is4() {
				return nil, other("not modelled: ip route … nexthop via %s", s)
			}
			nh.Gw = g.IP4()
		case "dev":
			d, err := c.dev(a.next())
			if err != nil {
				return nil, err
			}
			nh.Dev = d.Index
		case "weight":
			s := a.next()
			if nh.Weight, err = strconv.Atoi(s); err != nil || nh.Weight < 1 || nh.Weight > 256 {
				return nil, invarg("\"weight\" is invalid\n", s)
			}
		case "onlink":
			nh.Onlink = true
		default:
			return nil, bad("Error: \"nexthop\" or end of line is expected instead of \"%s\"", k)
		}
	}
	return append(list, nh), nil
}

// routeFilter is what ip route show selects by.
type routeFilter struct {
	table            uint32
	all              bool
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
				return nil, false, other("not modelled: ip route show cache")
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
		case "cache", "cached", "cloned", "from", "vrf", "realms":
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
		return bad("\"ip route flush\" requires arguments.")
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
			for _, r := range h.IPv6.Routes(id) {
				if !f.fits6(r) {
					continue
				}
				n++
				if flush {
					h.IPv6.DelRoute(*r)
					continue
				}
				text, o := c.route6(r, f)
				c.print(text, o)
			}
		}
	}
	if flush && n == 0 && !c.json {
		return nil
	}
	return nil
}

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
	if r.TOS != 0 {
		fmt.Fprintf(&b, "tos 0x%02x ", r.TOS)
		o.add("tos", fmt.Sprintf("0x%02x", r.TOS))
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
	if r.PrefSrc != 0 {
		b.WriteString("src " + r.PrefSrc.String() + " ")
		o.add("prefsrc", r.PrefSrc.String())
	}
	if r.Priority != 0 {
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
func (c *ipCmd) route6(r *ipv6.Route6, f *routeFilter) (string, object) {
	var o object
	var b strings.Builder
	typ := r.Type
	if typ == 0 {
		typ = ipv4.RTNUnicast
	}
	if r.Dst.IsMulticast() && r.Plen == 8 && r.Table == ipv4.TableLocal {
		typ = ipv4.RTNMulticast
	}
	if typ != ipv4.RTNUnicast {
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
	if !r.Gateway.IsZero() && f.via.IsZero() {
		b.WriteString("via " + r.Gateway.String() + " ")
		o.add("gateway", r.Gateway.String())
	}
	if f.dev == nil {
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
	if proto != ipv4.ProtBoot && f.proto < 0 {
		b.WriteString("proto " + protoName(proto) + " ")
		o.add("protocol", protoName(proto))
	}
	if !r.PrefSrc.IsZero() {
		b.WriteString("src " + r.PrefSrc.String() + " ")
		o.add("prefsrc", r.PrefSrc.String())
	}
	metric := r.Metric
	fmt.Fprintf(&b, "metric %d ", metric)
	o.add("metric", metric)
	flags := []any{}
	if r.OnLink {
		flags = append(flags, "onlink")
	}
	if r.Dev != nil && r.Dev.Up() && !r.Dev.Running() {
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
	switch typ {
	case ipv4.RTNBlackhole, ipv4.RTNUnreachable, ipv4.RTNProhibit, ipv4.RTNThrow:
		e := map[uint8]int{ipv4.RTNBlackhole: -22, ipv4.RTNUnreachable: -113, ipv4.RTNProhibit: -13, ipv4.RTNThrow: -11}[typ]
		fmt.Fprintf(&b, "error %d ", e)
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
	return b.String() + "\n", o
}

// routeGet is ip route get.
func (c *ipCmd) routeGet(a *args) error {
	h := c.p.host
	fl := ipv4.Flow4{}
	var dst, src wire.Addr
	var iif, oif *core.Device
	have := false
	for a.more() {
		k := a.next()
		var err error
		switch k {
		case "from":
			var n int
			src, n, err = prefix(a.next(), "prefix", c.fam)
			_ = n
		case "iif":
			iif, err = c.dev(a.next())
		case "oif", "dev":
			oif, err = c.dev(a.next())
		case "mark":
			s := a.next()
			n, e := strconv.ParseUint(s, 0, 32)
			if e != nil {
				return invarg("invalid mark", s)
			}
			fl.Mark = uint32(n)
		case "tos", "dsfield":
			n, e := strconv.ParseUint(strings.TrimPrefix(a.next(), "0x"), 16, 8)
			if e != nil {
				return invarg("TOS value is invalid\n", "")
			}
			fl.TOS = uint8(n)
		case "ipproto":
			s := a.next()
			n, ok := ipProtos[s]
			if !ok {
				m, e := strconv.ParseUint(s, 0, 8)
				if e != nil {
					return invarg("Invalid \"ipproto\" value\n", s)
				}
				n = uint8(m)
			}
			fl.Proto = n
		case "sport", "dport":
			s := a.next()
			n, e := strconv.ParseUint(s, 0, 16)
			if e != nil {
				return invarg("invalid "+k+"\n", s)
			}
			if k == "sport" {
				fl.Sport = uint16(n)
			} else {
				fl.Dport = uint16(n)
			}
		case "uid", "connected", "notify", "vrf", "fibmatch":
			return other("not modelled: ip route get … %s", k)
		default:
			if k == "to" {
				k = a.next()
			}
			if have {
				return bad("Error: either \"to\" is duplicate, or \"%s\" is a garbage.", k)
			}
			dst, _, err = prefix(k, "prefix", c.fam)
			have = true
		}
		if err != nil {
			return err
		}
	}
	if !have {
		return bad("need at least a destination address")
	}
	if !src.IsZero() && src.Is4() != dst.Is4() {
		return other("Error: an inet6 prefix is expected rather than \"%s\".", src)
	}
	if c.json {
		c.list = []any{}
	}
	if !dst.Is4() {
		return c.routeGet6(dst, src, iif, oif, &fl)
	}
	if iif != nil {
		return c.routeGetInput(dst.IP4(), src.IP4(), iif, &fl)
	}
	fl.Daddr = dst.IP4()
	if !src.IsZero() {
		fl.Saddr = src.IP4()
	}
	if oif != nil {
		fl.OIF = oif.Index
	}
	if fl.Proto == 0 {
		fl.Proto = uint8(wire.ProtoUDP)
	}
	mark := fl.Mark
	d, e := h.IPv4.RouteOutput(&fl)
	if e != 0 {
		return answer(e)
	}
	c.printGet(d, dst, src, fl.Saddr.Addr(), mark, fl.TOS, nil)
	return nil
}

var ipProtos = map[string]uint8{"icmp": 1, "tcp": 6, "udp": 17, "ipv6-icmp": 58, "sctp": 132, "gre": 47, "esp": 50, "ah": 51, "ospf": 89, "igmp": 2}

func (c *ipCmd) routeGetInput(dst, src wire.IP4, iif *core.Device, fl *ipv4.Flow4) error {
	ns := c.p.host.NS
	b := ns.AllocSKB(core.Headroom, 28, 0)
	p := b.Put(28)
	clear(p)
	h := wire.IPv4(p)
	p[0] = 0x45
	h.SetTotalLen(28)
	p[8], p[9] = 64, uint8(wire.ProtoUDP)
	h.SetSrc(src)
	h.SetDst(dst)
	b.Dev, b.Protocol, b.Mark = iif, 0x0800, fl.Mark
	b.ResetNetwork()
	b.IIF = iif.Index
	r := c.p.host.IPv4.RouteInput(b, dst, src, fl.TOS, iif)
	d := b.Dst
	ns.Free(b)
	if r != 0 {
		return answer(22)
	}
	if d == nil {
		return answer(22)
	}
	if d.Err != 0 {
		return answer(d.Err)
	}
	c.printGet(d, dst.Addr(), src.Addr(), wire.Addr{}, fl.Mark, fl.TOS, iif)
	return nil
}

func (c *ipCmd) printGet(d *core.Dst, dst, src, prefsrc wire.Addr, mark uint32, tos uint8, iif *core.Device) {
	var o object
	var b strings.Builder
	if d.Type != ipv4.RTNUnicast && d.Type != 0 {
		b.WriteString(routeTypeName(d.Type) + " ")
		o.add("type", routeTypeName(d.Type))
	}
	b.WriteString(dst.String() + " ")
	o.add("dst", dst.String())
	if !src.IsZero() && src.IP4() != 0 {
		b.WriteString("from " + src.String() + " ")
		o.add("from", src.String())
	}
	if tos != 0 {
		fmt.Fprintf(&b, "tos 0x%02x ", tos)
		o.add("tos", fmt.Sprintf("0x%02x", tos))
	}
	if !d.Gateway.IsZero() {
		b.WriteString("via " + d.Gateway.String() + " ")
		o.add("gateway", d.Gateway.String())
	}
	b.WriteString("dev " + d.Dev.Name + " ")
	o.add("dev", d.Dev.Name)
	table := d.Table
	if table == 0 {
		table = ipv4.TableMain
		if d.Type == ipv4.RTNLocal || d.Type == ipv4.RTNBroadcast {
			if c.p.host.IPv4.HasRules() {
				table = ipv4.TableLocal
			}
		}
	}
	if table == ipv4.TableLocal && !c.p.host.IPv4.HasRules() {
		table = ipv4.TableMain // the two are one until there is a rule
	}
	if table != ipv4.TableMain {
		b.WriteString("table " + c.tableName(table) + " ")
		o.add("table", c.tableName(table))
	}
	if !prefsrc.IsZero() && prefsrc != src && iif == nil {
		b.WriteString("src " + prefsrc.String() + " ")
		o.add("prefsrc", prefsrc.String())
	}
	flags := []any{}
	o.add("flags", flags)
	if mark >= 16 {
		fmt.Fprintf(&b, "mark 0x%x ", mark)
	} else if mark != 0 {
		fmt.Fprintf(&b, "mark %d ", mark)
	}
	if mark != 0 {
		o.add("mark", mark)
	}
	if iif == nil {
		b.WriteString("uid 0 ")
		o.add("uid", 0)
	}
	b.WriteString("\n    cache ")
	var fl []string
	if d.Flags&core.RTCFLocal != 0 {
		fl = append(fl, "local")
	}
	if d.Flags&core.RTCFBroadcast != 0 {
		fl = append(fl, "brd")
	}
	if d.Flags&core.RTCFMulticast != 0 {
		fl = append(fl, "mc")
	}
	cache := []any{}
	for _, x := range fl {
		cache = append(cache, x)
	}
	o.add("cache", cache)
	if len(fl) > 0 {
		b.WriteString("<" + strings.Join(fl, ",") + "> ")
	}
	if d.Expires > 0 {
		n := max(0, d.Expires-c.p.lab.now()) / sim.Second
		fmt.Fprintf(&b, "expires %dsec ", n)
		o.add("expires", int(n))
	}
	m := ipv4.Metrics{MTU: d.MTU, AdvMSS: d.AdvMSS, Window: d.Window, InitCwnd: d.InitCwnd, InitRwnd: d.InitRwnd, RtoMin: d.RtoMin, MTULock: c.p.host.IPv4.MTULocked(d)}
	ms, mo := metrics4(&m)
	b.WriteString(ms)
	if len(mo) > 0 {
		o.add("metrics", []any{mo})
	}
	if iif != nil {
		b.WriteString("iif " + iif.Name + " ")
		o.add("iif", iif.Name)
	}
	c.print(b.String()+"\n", o)
}

func (c *ipCmd) routeGet6(dst, src wire.Addr, iif, oif *core.Device, fl *ipv4.Flow4) error {
	if iif != nil {
		return other("not modelled: ip -6 route get … iif")
	}
	h := c.p.host
	f := ipv6.Flow6{Daddr: dst, Saddr: src, Mark: fl.Mark, TOS: fl.TOS, Proto: fl.Proto, Sport: fl.Sport, Dport: fl.Dport}
	if oif != nil {
		f.OIF = oif.Index
	}
	d, e := h.IPv6.RouteOutput(&f)
	if e != 0 {
		return answer(e)
	}
	var b strings.Builder
	if d.Type != ipv4.RTNUnicast && d.Type != 0 {
		b.WriteString(routeTypeName(d.Type) + " ")
	}
	b.WriteString(dst.String() + " ")
	from := "::"
	if !src.IsZero() {
		from = src.String()
	}
	b.WriteString("from " + from + " ")
	if !d.Gateway.IsZero() {
		b.WriteString("via " + d.Gateway.String() + " ")
	}
	dev := d.Dev.Name
	b.WriteString("dev " + dev + " ")
	var best *ipv6.Route6
	for _, t := range [...]uint32{ipv4.TableLocal, ipv4.TableMain} {
		for _, r := range h.IPv6.Routes(t) {
			if r.Dst == dst.Mask(r.Plen) && (best == nil || r.Plen > best.Plen) && (r.Dev == d.Dev || d.Type == ipv4.RTNLocal) && r.Gateway == d.Gateway {
				best = r
			}
		}
	}
	if best != nil && best.Table == ipv4.TableLocal {
		b.WriteString("table local ")
	}
	if best != nil && best.Proto != 0 && best.Proto != ipv4.ProtBoot {
		b.WriteString("proto " + protoName(best.Proto) + " ")
	}
	if !f.Saddr.IsZero() && src.IsZero() {
		b.WriteString("src " + f.Saddr.String() + " ")
	}
	if best != nil {
		fmt.Fprintf(&b, "metric %d ", best.Metric)
	}
	if d.Expires > 0 {
		fmt.Fprintf(&b, "expires %dsec ", max(0, d.Expires-c.p.lab.now())/sim.Second)
	}
	if d.MTU != 0 {
		fmt.Fprintf(&b, "mtu %d ", d.MTU)
	}
	b.WriteString("pref medium\n")
	c.print(b.String(), object{{"dst", dst.String()}, {"from", from}, {"dev", dev}})
	return nil
}
