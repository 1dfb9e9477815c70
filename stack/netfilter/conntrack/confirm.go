package conntrack

// A connection goes into the table: the second half of nf_conntrack_core.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Confirm is nf_conntrack_confirm: the packet has passed all rules, so its
// connection goes into the table, if it is new. Then listeners are told what
// happened.
func (t *Table) Confirm(b *core.SKB) core.Verdict {
	c, _ := Get(b)
	if c == nil {
		return core.Accept
	}
	if !c.IsConfirmed() {
		if v := t.confirm(b); v != core.Accept {
			return v
		}
		c, _ = Get(b)
	}
	t.deliver(c)
	return core.Accept
}

// confirm is __nf_conntrack_confirm.
func (t *Table) confirm(b *core.SKB) core.Verdict {
	defer t.ns.In(step.NfConntrackConfirm, b).Out()
	ns := t.ns
	c, info := Get(b)
	if info.Dir() != Original || c.Status&Template != 0 {
		return core.Accept // a REJECT's answer
	}
	orig, repl := &c.tuples[Original], &c.tuples[Reply]
	repl.hash = repl.Tuple.hash(t.seed, c.zone.in(Reply))
	if c.Status&Dying != 0 {
		t.Stat.InsertFailed++
		ns.Why(step.WhyCTDying)
		return core.Drop
	}
	limit := minChain + int(ns.Machine.Rand.Below(moreChain))
	h, long := t.clash(orig, c.zone, limit)
	if h == nil && !long {
		h, long = t.clash(repl, c.zone, limit)
	}
	switch {
	case h != nil:
		return t.resolveClash(b, h)
	case long:
		t.Stat.ChainTooLong++
		t.Stat.InsertFailed++
		ns.Why(step.WhyCTChain, uint64(limit))
		return core.Drop
	}
	t.insert(c)
	ns.Why(step.WhyCTConfirmed, uint64(c.ID), uint64(c.Expires()))
	if c.ext != nil && c.ext.help != nil {
		c.cache(EventHelper)
	}
	if c.Master != nil {
		c.cache(EventRelated)
	} else {
		c.cache(EventNew)
	}
	return core.Accept
}

// How long a bucket's chain may be (MIN_CHAINLEN, MAX_CHAINLEN).
const (
	minChain  = 50
	moreChain = 30
)

// clash looks for somebody who has the tuple.
func (t *Table) clash(k *tupleHash, z Zone, limit int) (h *tupleHash, tooLong bool) {
	n := 0
	for h := t.buckets[k.hash>>t.shift]; h != nil; h = h.next {
		if h.hash == k.hash && h.Tuple == k.Tuple && h.ct.zone.in(h.dir) == z.in(h.dir) && h.ct.IsConfirmed() {
			return h, false
		}
		if n++; n > limit+1 && t.shift <= 32-18 {
			return nil, true
		}
	}
	return nil, false
}

// resolveClash is nf_ct_resolve_clash: another packet has put the same tuple in
// between. Of protocols without state both packets may go on.
func (t *Table) resolveClash(b *core.SKB, h *tupleHash) core.Verdict {
	defer t.ns.In(step.NfCTResolveClash, b).Out()
	ns := t.ns
	loser, info := Get(b)
	if allowClash(h.ct.Proto()) {
		if t.merge(b, h, loser, info) {
			ns.Why(step.WhyCTClashMerge, uint64(h.ct.ID))
			return core.Accept
		}
		repl := &loser.tuples[Reply]
		other, _ := t.clash(repl, loser.zone, 1<<30)
		switch {
		case other != nil && t.merge(b, other, loser, info):
			ns.Why(step.WhyCTClashMerge, uint64(other.ct.ID))
			return core.Accept
		case other == nil:
			// Only answers will find it, for a second.
			loser.timeout = t.jiffies() + hz
			loser.Status |= FixedTimeout | NATClash
			t.prepare(loser)
			t.link(repl)
			t.enlist(loser)
			loser.Status |= Confirmed
			t.armGC()
			t.Stat.ClashResolve++
			ns.Why(step.WhyCTClashReply)
			return core.Accept
		}
	}
	t.Stat.Drop++
	t.Stat.InsertFailed++
	ns.Why(step.WhyCTClash, uint64(h.ct.ID))
	return core.Drop
}

// allowClash is the l4proto's allow_clash.
func allowClash(proto uint8) bool {
	switch wire.Proto(proto) {
	case wire.ProtoTCP, wire.ProtoICMP, wire.ProtoICMPv6, protoSCTP:
		return false
	}
	return true
}

// AllowClash says whether two connections of the protocol may clash without a
// loss.
func AllowClash(proto uint8) bool { return allowClash(proto) }

// merge is __nf_ct_resolve_clash: the packet changes over to the connection
// that is in the table, if both are the same.
func (t *Table) merge(b *core.SKB, h *tupleHash, loser *Conn, info Info) bool {
	c := h.ct
	same := c.tuples[Original].Tuple == loser.tuples[Original].Tuple && c.tuples[Reply].Tuple == loser.tuples[Reply].Tuple &&
		c.zone.in(Original) == loser.zone.in(Original) && c.zone.in(Reply) == loser.zone.in(Reply)
	reverse := c.tuples[Original].Tuple == loser.tuples[Reply].Tuple && c.tuples[Reply].Tuple == loser.tuples[Original].Tuple &&
		c.zone.in(Original) == loser.zone.in(Reply) && c.zone.in(Reply) == loser.zone.in(Original)
	if !same && !reverse {
		return false
	}
	n := &c.Counters[info.Dir()]
	n.Packets++
	n.Bytes += loser.Counters[info.Dir()].Bytes
	b.ResetCT()
	Set(b, c, info)
	t.Stat.ClashResolve++
	return true
}

// AlterReply is nf_conntrack_alter_reply: NAT has chosen what answers will look
// like. Only before the connection is confirmed.
func (c *Conn) AlterReply(k *Tuple) { c.tuples[Reply].Tuple = *k }
