package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/sim"
)

func (c *ipCmd) devName(i int) string {
	if d := c.p.host.NS.DevByIndex(i); d != nil {
		return d.Name
	}
	return fmt.Sprintf("if%d", i)
}

// routeText is print_route. What the filter asks for, all that are shown have: it is
// left out.
func (c *ipCmd) routeText(m *routeMsg, f *routeFilter) *shown {
	p := &shown{}
	if m.typ != ipv4.RTNUnicast || c.details {
		p.any("type", "%s ", routeTypeName(m.typ))
	}
	p.any("dst", "%s ", m.dstText())
	if m.src != nil {
		p.any("from", "from %s ", m.src.String())
	}
	if m.nhid != 0 {
		p.any("nhid", "nhid %d ", m.nhid)
	}
	if m.tos != 0 && !f.tosSet {
		p.any("tos", "tos %s ", dsfieldName(m.tos))
	}
	switch {
	case m.gw.IsZero():
	case m.via6:
		p.via6(m.gw.String())
	case f.via.bits != m.bits():
		p.any("gateway", "via %s ", m.gw.String())
	}
	if m.dev != nil && f.dev == nil {
		p.any("dev", "dev %s ", m.dev.Name)
	}
	if m.table != 0 && (m.table != ipv4.TableMain || c.details) && f.table == 0 {
		p.any("table", "table %s ", c.tableName(m.table))
	}
	if !m.cloned {
		if (m.proto != ipv4.ProtBoot || c.details) && !f.protoSet {
			p.any("protocol", "proto %s ", protoName(m.proto))
		}
		if (m.scope != ipv4.ScopeUniverse || c.details) && !f.scopeSet {
			p.any("scope", "scope %s ", scopeName(uint8(m.scope)))
		}
	}
	if !m.prefsrc.IsZero() && f.src.bits != m.bits() {
		p.any("prefsrc", "src %s ", m.prefsrc.String())
	}
	if m.hasPrio && !f.metricSet {
		p.any("metric", "metric %d ", m.prio)
	}
	p.flags(m.flags, m.failed)
	c.routeRest(m, p)
	return p
}

// bits is how long addresses of the route's family are.
func (m *routeMsg) bits() int {
	if m.six {
		return 128
	}
	return 32
}

func (m *routeMsg) dstText() string {
	switch {
	case m.dstLen == 0 && !m.cloned:
		return "default"
	case m.dstLen == m.bits():
		return m.dst.String()
	}
	return m.dst.String() + "/" + strconv.Itoa(m.dstLen)
}

// via6 is print_rta_via.
func (p *shown) via6(gw string) {
	fmt.Fprintf(&p.b, "via inet6 %s ", gw)
	p.o.add("via", object{{"family", "inet6"}, {"host", gw}})
}

// flags is print_rt_flags.
func (p *shown) flags(f uint8, failed bool) {
	l := []any{}
	add := func(on bool, s string) {
		if on {
			l = append(l, s)
			p.b.WriteString(s + " ")
		}
	}
	add(f&msgDead != 0, "dead")
	add(f&msgOnlink != 0, "onlink")
	add(f&msgLinkdown != 0, "linkdown")
	add(failed, "rt_offload_failed")
	p.o.add("flags", l)
}

// routeRest is print_route from the mark on.
func (c *ipCmd) routeRest(m *routeMsg, p *shown) {
	if m.mark != 0 {
		if m.mark >= 16 {
			fmt.Fprintf(&p.b, "mark 0x%x ", m.mark)
		} else {
			fmt.Fprintf(&p.b, "mark %d ", m.mark)
		}
		p.o.add("mark", m.mark)
	}
	if m.uid != nil {
		p.any("uid", "uid %d ", *m.uid)
	}
	if m.cloned && !m.six {
		p.cacheFlags(m)
	}
	if m.hasExpires && m.expires/(10*sim.Millisecond) != 0 {
		p.any("expires", "expires %dsec ", int(m.expires/sim.Second))
	}
	p.metrics(m)
	if m.iif != nil {
		p.any("iif", "iif %s ", m.iif.Name)
	}
	if m.six {
		p.any("pref", "pref %s", map[int8]string{-1: "low", 0: "medium", 1: "high"}[m.pref])
	}
	if m.nhid != 0 && c.details {
		if n := inet.NexthopsOf(c.p.host.NS).Find(m.nhid); n != nil {
			p.text("\n\tnh_info ")
			q := c.nexthopText(n)
			p.b.WriteString(q.b.String())
			p.o.add("nh_info", q.o)
		}
	}
	if len(m.ways) > 0 {
		p.ways(m.ways)
	}
	p.text("\n")
}

// cacheFlags is print_cache_flags.
func (p *shown) cacheFlags(m *routeMsg) {
	l := []string{}
	for _, f := range [...]struct {
		on   bool
		name string
	}{{m.cache&core.RTCFLocal != 0, "local"}, {m.cache&core.RTCFMulticast != 0, "mc"}, {m.cache&core.RTCFBroadcast != 0, "brd"}, {m.cache&core.RTCFRedirected != 0, "redirected"}, {m.redirect, "redirect"}} {
		if f.on {
			l = append(l, f.name)
		}
	}
	p.text("\n    cache ")
	if len(l) > 0 {
		p.text("<" + strings.Join(l, ",") + "> ")
	}
	p.o.add("cache", anyList(l))
}

var metricNames = [...]string{2: "mtu", 3: "window", 4: "rtt", 5: "rttvar", 6: "ssthresh", 7: "cwnd", 8: "advmss", 9: "reordering", 10: "hoplimit", 11: "initcwnd", 12: "features", 13: "rto_min", 14: "initrwnd", 15: "quickack", 16: "congctl", 17: "fastopen_no_cookie"}

// metrics is print_rta_metrics.
func (p *shown) metrics(m *routeMsg) {
	if len(m.metrics) == 0 && m.locks == 0 {
		return
	}
	var o object
	for i, name := range metricNames {
		v, has := 0, false
		for _, x := range m.metrics {
			if x.rtax == i {
				v, has = x.value, true
			}
		}
		locked := m.locks&(1<<i) != 0
		if name == "" || !has && !locked {
			continue
		}
		p.text(name + " ")
		if locked {
			p.text("lock ")
		}
		switch {
		case i != 13:
			p.text(strconv.Itoa(v) + " ")
		case v >= 1000:
			p.text(strconv.FormatFloat(float64(v)/1e3, 'g', 6, 64) + "s ")
		default:
			p.text(strconv.Itoa(v) + "ms ")
		}
		o.add(name, v)
	}
	p.o.add("metrics", []any{o})
}

// ways is print_rta_multipath.
func (p *shown) ways(l []routeMsgWay) {
	var list []any
	for _, w := range l {
		q := &shown{}
		p.text("\n\tnexthop ")
		switch {
		case w.gw.IsZero():
		case w.via6:
			q.via6(w.gw.String())
		default:
			q.any("gateway", "via %s ", w.gw.String())
		}
		name := "*"
		if w.dev != nil {
			name = w.dev.Name
		}
		q.any("dev", "dev %s ", name)
		q.any("weight", "weight %d ", w.weight)
		q.flags(w.flags, false)
		p.b.WriteString(q.b.String())
		list = append(list, q.o)
	}
	p.o.add("nexthops", list)
}
