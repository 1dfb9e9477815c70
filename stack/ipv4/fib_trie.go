package ipv4

// A routing table: net/ipv4/fib_trie.c. The kernel's is a level-compressed
// trie; this one is path-compressed with one bit a node, which finds the same
// prefixes in the same order, longest first.

import (
	"math/bits"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Flags of a lookup (FIB_LOOKUP_*).
const ignoreLinkState = 1

// A fibTable is struct fib_table. As long as no rule was added, tables local
// and main share one trie.
type fibTable struct {
	id         uint32
	t          *trie
	numDefault int
}

type trie struct{ root *trieNode }

// A trieNode is a prefix: with routes, or where two prefixes part.
type trieNode struct {
	key   wire.IP4
	plen  int
	fa    []*fibAlias // in the order in which they are tried
	child [2]*trieNode
}

// A fibAlias is struct fib_alias: one route of a prefix.
type fibAlias struct {
	key     wire.IP4
	plen    int
	table   uint32
	tos     uint8 // DSCP, upper six bits
	typ     uint8
	current int // fa_default: which of several default routes is in use
	fi      *fibInfo
}

// A fibResult is struct fib_result.
type fibResult struct {
	prefix wire.IP4
	plen   int
	typ    uint8
	scope  uint8
	tos    uint8
	fi     *fibInfo
	nh     *nexthop
	table  *fibTable
	node   *trieNode
}

func bitAt(a wire.IP4, i int) int { return int(a>>(31-i)) & 1 }

// find returns the node of a prefix, made if create is set.
func (t *trie) find(key wire.IP4, plen int, create bool) *trieNode {
	p := &t.root
	for {
		n := *p
		if n == nil {
			if !create {
				return nil
			}
			*p = &trieNode{key: key, plen: plen}
			return *p
		}
		common := min(bits.LeadingZeros32(uint32(key^n.key)), plen, n.plen)
		switch {
		case common == n.plen && common == plen:
			return n
		case common == n.plen:
			p = &n.child[bitAt(key, n.plen)]
		case !create:
			return nil
		case common == plen:
			m := &trieNode{key: key, plen: plen}
			m.child[bitAt(n.key, plen)] = n
			*p = m
			return m
		default:
			fork := &trieNode{key: key.Mask(common), plen: common}
			fork.child[bitAt(n.key, common)] = n
			*p = fork
			p = &fork.child[bitAt(key, common)]
		}
	}
}

// each calls f for every route, in order of prefix.
func (n *trieNode) each(f func(*fibAlias)) {
	if n == nil {
		return
	}
	for _, fa := range n.fa {
		f(fa)
	}
	n.child[0].each(f)
	n.child[1].each(f)
}

// filter keeps the routes for which keep says so, and takes out nodes that
// nobody needs. It returns how many routes went.
func (t *trie) filter(keep func(*fibAlias) bool) int {
	gone := 0
	var walk func(n *trieNode) *trieNode
	walk = func(n *trieNode) *trieNode {
		if n == nil {
			return nil
		}
		k := 0
		for _, fa := range n.fa {
			if keep(fa) {
				n.fa[k] = fa
				k++
			} else {
				gone++
				fa.fi.dead = true
			}
		}
		clear(n.fa[k:])
		n.fa = n.fa[:k]
		n.child[0], n.child[1] = walk(n.child[0]), walk(n.child[1])
		if k > 0 || n.child[0] != nil && n.child[1] != nil {
			return n
		}
		if n.child[0] != nil {
			return n.child[0]
		}
		return n.child[1]
	}
	t.root = walk(t.root)
	return gone
}

// before tells in which order the routes of one prefix are tried: higher table,
// higher TOS, lower metric.
func (a *fibAlias) before(b *fibAlias) bool {
	switch {
	case a.table != b.table:
		return a.table > b.table
	case a.tos != b.tos:
		return a.tos > b.tos
	}
	return a.fi.priority < b.fi.priority
}

// lookup is fib_table_lookup: the route with the longest prefix that fits. The
// errors are what the route's type stands for; EAGAIN is "nothing here".
func (ip *IPv4) tableLookup(tb *fibTable, fl *Flow4, res *fibResult, flags int) core.Errno {
	defer ip.ns.In(step.FibTableLookupStep, inet.Subject{NS: ip.ns}).Out()
	ns := ip.ns
	var path [33]*trieNode
	depth := 0
	key := fl.Daddr
	for n := tb.t.root; n != nil && (key^n.key).Mask(n.plen) == 0; n = n.child[bitAt(key, n.plen)] {
		if len(n.fa) > 0 {
			path[depth] = n
			depth++
		}
		if n.plen == 32 {
			break
		}
	}
	for depth--; depth >= 0; depth-- {
		n := path[depth]
		for _, fa := range n.fa {
			fi := fa.fi
			if fa.tos != 0 && !tosMatch(fa.tos, fl.TOS) {
				ns.Tried(step.TryRouteTOS, uint64(n.key), uint64(n.plen), uint64(fa.tos), uint64(fl.TOS))
				continue
			}
			if fi.scope < fl.Scope {
				ns.Tried(step.TryRouteScope, uint64(n.key), uint64(n.plen), uint64(fi.scope), uint64(fl.Scope))
				continue
			}
			if err := typeError[fa.typ]; err != 0 {
				ns.Why(step.WhyRouteReject, uint64(fl.Daddr), uint64(n.key), uint64(n.plen), uint64(fa.typ), uint64(fa.table))
				ip.lookupTP(tb, fl, err, nil)
				return err
			}
			if fi.reject {
				ns.Why(step.WhyRouteReject, uint64(fl.Daddr), uint64(n.key), uint64(n.plen), RTNBlackhole, uint64(fa.table))
				ip.lookupTP(tb, fl, step.EINVAL, nil)
				return step.EINVAL
			}
			if fi.flags&nhDead != 0 {
				ns.Tried(step.TryRouteDead, uint64(n.key), uint64(n.plen))
				continue
			}
			for _, nh := range fi.nhs {
				if !ip.goodNexthop(n, nh, fl, flags) {
					continue
				}
				*res = fibResult{prefix: n.key, plen: n.plen, typ: fa.typ, scope: fi.scope, tos: fa.tos, fi: fi, nh: nh, table: tb, node: n}
				ip.lookupTP(tb, fl, 0, nh)
				if ns.Listening() {
					ip.whyRoute(fa.table, fl, res, path[:depth])
				}
				return 0
			}
		}
	}
	ns.Why(step.WhyRouteNone, uint64(fl.Daddr), uint64(tb.id))
	ip.lookupTP(tb, fl, step.EAGAIN, nil)
	return step.EAGAIN
}

// goodNexthop is fib_lookup_good_nhc.
func (ip *IPv4) goodNexthop(n *trieNode, nh *nexthop, fl *Flow4, flags int) bool {
	switch {
	case nh.flags&nhDead != 0:
		ip.ns.Tried(step.TryRouteDead, uint64(n.key), uint64(n.plen))
		return false
	case nh.flags&nhLinkdown != 0 && flags&ignoreLinkState == 0 && ip.ignoreLinkdown(nh.dev):
		ip.ns.Tried(step.TryRouteLinkdown, uint64(n.key), uint64(n.plen), uint64(nh.oif))
		return false
	case fl.OIF != 0 && fl.OIF != nh.oif:
		ip.ns.Tried(step.TryRouteOIF, uint64(n.key), uint64(n.plen), uint64(nh.oif), uint64(fl.OIF))
		return false
	}
	return true
}

// tosMatch is fib_dscp_masked_match.
func tosMatch(route, pkt uint8) bool { return inet.TOSMatch(route, pkt) }

// lookupTP fires fib:fib_table_lookup.
func (ip *IPv4) lookupTP(tb *fibTable, fl *Flow4, err core.Errno, nh *nexthop) {
	if ip.ns.Trace == nil {
		return
	}
	var gw, name uint64
	if nh != nil {
		gw, name = uint64(nh.gw), uint64(nh.oif)
	}
	ip.ns.TP(step.FibTableLookup, nil, uint64(tb.id), uint64(-int64(err)), uint64(fl.OIF), uint64(fl.IIF), uint64(fl.Proto),
		uint64(fl.TOS), uint64(fl.Scope), uint64(fl.Saddr), uint64(fl.Daddr), gw, uint64(fl.Sport), uint64(fl.Dport), name, uint64(fl.Mark))
}

// whyRoute explains a hit: what won, and which shorter prefixes matched too.
// table is the one that the route is listed in, though it may share its trie.
func (ip *IPv4) whyRoute(table uint32, fl *Flow4, res *fibResult, shorter []*trieNode) {
	for i := len(shorter) - 1; i >= 0; i-- {
		ip.ns.Tried(step.TryRouteShorter, uint64(shorter[i].key), uint64(shorter[i].plen), uint64(res.prefix), uint64(res.plen))
	}
	after := false
	for _, fa := range res.node.fa {
		if after && (fa.tos == 0 || tosMatch(fa.tos, fl.TOS)) {
			ip.ns.Tried(step.TryRouteMetric, uint64(res.prefix), uint64(res.plen), uint64(fa.fi.priority), uint64(res.fi.priority))
		}
		after = after || fa.fi == res.fi
	}
	w := step.WhyRouteLink
	switch {
	case res.typ == RTNLocal:
		w = step.WhyRouteLocal
	case res.typ == RTNBroadcast:
		w = step.WhyRouteBroadcast
	case res.nh.gw != 0:
		w = step.WhyRouteGateway
	}
	ip.ns.Why(w, uint64(fl.Daddr), uint64(res.prefix), uint64(res.plen), uint64(table), uint64(res.nh.oif), uint64(res.nh.gw))
}

// insert is fib_table_insert for a route whose fibInfo is made.
func (tb *fibTable) insert(fa *fibAlias, app bool) {
	n := tb.t.find(fa.key, fa.plen, true)
	i := 0
	for i < len(n.fa) && (n.fa[i].before(fa) || app && !fa.before(n.fa[i])) {
		i++
	}
	n.fa = append(n.fa, nil)
	copy(n.fa[i+1:], n.fa[i:])
	n.fa[i] = fa
	if fa.plen == 0 {
		tb.numDefault++
	}
}
