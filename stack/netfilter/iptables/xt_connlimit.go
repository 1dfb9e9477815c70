package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: xt_connlimit.c, nf_conncount.c.

// gcCollect is CONNCOUNT_GC_MAX_COLLECT: so many dead ones are dropped in one go.
const gcCollect = 8

// A connKey is what connections are counted by: an address and a zone.
type connKey struct {
	addr wire.Addr
	zone uint16
}

// A connRef is struct nf_conncount_tuple: a connection that was seen.
type connRef struct {
	tuple conntrack.Tuple
	zone  conntrack.Zone
	at    uint32 // jiffies
}

// A connGroup is struct nf_conncount_rb with its list.
type connGroup struct {
	key    connKey
	conns  []connRef
	lastGC uint32
	lastN  int
}

// Check is connlimit_mt_check.
func (m *ConnLimit) Check(c *CheckParam) core.Errno { needConntrack(c); return 0 }

// Reset is nf_conncount_init: nothing is counted yet.
func (m *ConnLimit) Reset(*CheckParam) {
	m.groups, m.index, m.sweepAt = nil, map[connKey]*connGroup{}, 256
}

// Destroy is connlimit_mt_destroy.
func (m *ConnLimit) Destroy(c *CheckParam) { dropConntrack(c) }

// Match is connlimit_mt: how many connections does this client (or server) have?
func (m *ConnLimit) Match(p *Param) bool {
	t := conntrack.Of(p.NS)
	c, _ := conntrack.Get(p.SKB)
	k := connKey{}
	if c != nil {
		k.zone = c.Zone().ID
	}
	a, dst := p.addrs()
	if m.Daddr {
		a = dst
	}
	k.addr = wire.Addr{Hi: a.Hi & m.Mask.Hi, Lo: a.Lo & m.Mask.Lo}
	n := m.count(p, t, c, k)
	if n == 0 {
		p.HotDrop = true
		return p.no(step.TryXtShort)
	}
	return p.is((n > m.Limit) == m.Above, step.TryXtConns, uint64(n))
}

// count is nf_conncount_count_skb: with this packet's connection.
func (m *ConnLimit) count(p *Param, t *conntrack.Table, c *conntrack.Conn, k connKey) uint32 {
	ref := connRef{at: uint32(p.jiffies())}
	if c != nil && c.Status&conntrack.Template == 0 {
		ref.tuple, ref.zone = *c.Tuple(conntrack.Original), c.Zone()
	} else {
		z := conntrack.Zone{}
		if c != nil {
			z = c.Zone()
		}
		var ok bool
		if ref.tuple, ok = conntrack.TupleOf(p.SKB, p.Family); !ok {
			return 0
		}
		ref.zone = z
		c, _ = t.Find(&ref.tuple, z)
	}
	g := m.index[k]
	if g == nil {
		m.clean(t)
		g = &connGroup{key: k, conns: []connRef{ref}, lastGC: ref.at}
		m.groups, m.index[k] = append(m.groups, g), g
		return 1
	}
	g.add(t, c, ref)
	return uint32(len(g.conns))
}

// clean is tree_gc_worker: counters of clients without connections go.
func (m *ConnLimit) clean(t *conntrack.Table) {
	if len(m.groups) < m.sweepAt {
		return
	}
	n := 0
	for _, g := range m.groups {
		g.sweep(t, connRef{})
		if len(g.conns) == 0 {
			delete(m.index, g.key)
			continue
		}
		m.groups[n] = g
		n++
	}
	clear(m.groups[n:])
	m.groups = m.groups[:n]
	m.sweepAt = max(256, 2*n)
}

// add is __nf_conncount_add.
func (g *connGroup) add(t *conntrack.Table, c *conntrack.Conn, ref connRef) {
	if c != nil && c.IsConfirmed() {
		if c.Status&conntrack.Assured != 0 {
			g.gc(t, ref.at)
			return
		}
	} else if ref.at == g.lastGC && len(g.conns)-g.lastN < gcCollect {
		g.conns = append(g.conns, ref)
		return
	}
	if g.sweep(t, ref) {
		return
	}
	g.lastGC, g.lastN = ref.at, len(g.conns)
	g.conns = append(g.conns, ref)
}

// gc is __nf_conncount_gc_list: once in a jiffy.
func (g *connGroup) gc(t *conntrack.Table, now uint32) {
	if now == g.lastGC {
		return
	}
	g.sweep(t, connRef{})
	g.lastGC, g.lastN = now, len(g.conns)
}

// sweep drops what is over. It reports whether the connection is counted already.
func (g *connGroup) sweep(t *conntrack.Table, ref connRef) (known bool) {
	n, collect := 0, 0
	for i, r := range g.conns {
		if known || collect > gcCollect {
			n += copy(g.conns[n:], g.conns[i:])
			break
		}
		c, _ := t.Find(&r.tuple, r.zone)
		switch {
		case c == nil:
			// All packets of the model pass on one CPU: it is evicted at once.
			collect++
			continue
		case r.tuple == ref.tuple && c.Zone().Same(ref.zone, conntrack.Original):
			known = true
		case closed(c):
			collect++
			continue
		}
		g.conns[n] = r
		n++
	}
	g.conns = g.conns[:n]
	return known
}

// closed is already_closed.
func closed(c *conntrack.Conn) bool {
	return c.Proto() == 6 && (c.TCP.State == conntrack.TCPTimeWait || c.TCP.State == conntrack.TCPClose)
}
