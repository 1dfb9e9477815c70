package core

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/core/gro.c, net/ipv4/af_inet.c (inet_gro_receive),
// net/ipv6/ip6_offload.c, net/ipv4/tcp_offload.c (tcp_gro_receive).
//
// UDP is in gro_udp.go. Left out: tunnels, IPv6 extension headers, fraglists of TCP.

const (
	groBuckets  = 8     // GRO_HASH_BUCKETS
	groMaxHeld  = 8     // MAX_GRO_SKBS, of one bucket
	groMaxSize  = 65536 // gro_ipv4_max_size
	groBatch    = 8     // net.core.gro_normal_batch
	maxSKBFrags = 17    // MAX_SKB_FRAGS
)

// gro is a queue's merging state (napi_struct.gro_hash, rx_list).
type gro struct {
	bucket [groBuckets]SKBList // newest first
	held   int                 // in all buckets
	list   SKBList             // rx_list: what goes up with the next batch
	count  int                 // segments in it
}

// GROReceive is napi_gro_receive: a driver hands a packet to the stack, network
// header at the data pointer; it may be merged with others of its flow first.
func (n *NAPI) GROReceive(ns *Netns, b *SKB) {
	defer ns.In(step.NapiGroReceive, b).Out()
	ns.Spend(CostGRO)
	if ns.Trace != nil {
		ns.TP(step.NapiGroReceiveEntry, b, uint64(b.Dev.Index), uint64(b.QueueMapping), uint64(b.ID), uint64(b.Protocol),
			uint64(b.IPSummed), uint64(b.Hash), uint64(b.Len()), uint64(b.Truesize))
	}
	n.devGroReceive(ns, b)
}

// devGroReceive is dev_gro_receive: compare the packet with the held ones of
// its bucket; merge it, hold it, or let it go up.
func (n *NAPI) devGroReceive(ns *Netns, b *SKB) {
	defer ns.In(step.DevGroReceive, b).Out()
	if off := b.Dev.Features&FeatureGRO == 0; off || b.Protocol != 0x0800 && b.Protocol != 0x86dd {
		if off {
			ns.Why(step.WhyGROOff, uint64(b.Dev.Index))
		} else {
			ns.Why(step.WhyGRONotIP, uint64(b.Protocol))
		}
		n.groNormalOne(ns, b, 1)
		return
	}
	l := &n.gro.bucket[b.Hash&(groBuckets-1)]
	groListPrepare(l, b)
	cb := &b.CB
	cb.GROCount, cb.Flush, cb.SameFlow, cb.FList = 1, false, false, false
	if b.GSOSize > 0 {
		cb.GROCount = b.GSOSegs
	}
	b.ResetNetwork()
	b.MACLen = b.Network - max(b.MAC, 0)
	var pp *SKB
	switch b.Protocol {
	case 0x0800:
		pp = ns.inetGroReceive(l, b)
	case 0x86dd:
		pp = ns.ipv6GroReceive(l, b)
	default:
		cb.Flush = true
	}
	merged := cb.SameFlow
	if merged {
		ns.Why(step.WhyGROIs, uint64(cb.GROInto))
		if !cb.FList {
			ns.groMerged(b)
		}
	}
	if pp != nil {
		n.groRemove(l, pp)
		n.groComplete(ns, pp)
	}
	switch {
	case merged:
	case cb.Flush:
		ns.Why(step.WhyGROFlush)
		n.groNormalOne(ns, b, 1)
	default:
		n.groHold(ns, l, b)
	}
}

// groListPrepare is gro_list_prepare: which held packets can be of this one's
// flow at all, by hash, device, VLAN and link header?
func groListPrepare(l *SKBList, b *SKB) {
	for p := l.Front(); p != nil; p = p.next {
		p.CB.SameFlow = p.Hash == b.Hash && p.Dev == b.Dev && p.VlanPresent == b.VlanPresent && p.VlanTCI == b.VlanTCI && p.VlanAD == b.VlanAD && sameLink(p, b)
	}
}

func sameLink(p, b *SKB) bool {
	if p.MAC < 0 || b.MAC < 0 {
		return p.MAC == b.MAC
	}
	return [14]byte(p.head.buf[p.MAC:p.MAC+14]) == [14]byte(b.head.buf[b.MAC:b.MAC+14])
}

// groHold keeps a packet that others may be merged into.
func (n *NAPI) groHold(ns *Netns, l *SKBList, b *SKB) {
	if l.Len() >= groMaxHeld {
		ns.Why(step.WhyGROFull, uint64(l.Len()))
		old := l.Back()
		n.groRemove(l, old)
		n.groComplete(ns, old)
	} else {
		ns.Why(step.WhyGROHeld)
	}
	b.CB.Age = ns.Clock.Now() / sim.Jiffy
	if b.GSOSize == 0 {
		b.GSOSize = b.Len() - b.CB.DataOff
	}
	l.PushFront(b)
	n.gro.held++
	n.cpu.held++
}

func (n *NAPI) groRemove(l *SKBList, b *SKB) {
	l.Remove(b)
	n.gro.held--
	n.cpu.held--
}

// groComplete is napi_gro_complete: a held packet goes up. If others were
// merged into it, lengths and checksum are put right, as a packet that stands
// for several segments.
func (n *NAPI) groComplete(ns *Netns, b *SKB) {
	defer ns.In(step.NapiGroComplete, b).Out()
	if b.CB.GROCount == 1 {
		b.GSOSize = 0
		n.groNormalOne(ns, b, 1)
		return
	}
	if proto, v6 := b.groProto(); proto == wire.ProtoUDP {
		b.groFinishUDP(v6)
	} else {
		b.groFinish()
	}
	ns.Why(step.WhyGROComplete, uint64(b.GSOSegs), uint64(b.GSOSize), uint64(b.Len()))
	n.groNormalOne(ns, b, b.GSOSegs)
}

// groProto is what a held packet carries.
func (b *SKB) groProto() (p wire.Proto, v6 bool) {
	if b.Protocol == uint16(wire.EtherTypeIPv6) {
		return wire.IPv6(b.Data()).NextHeader(), true
	}
	return wire.IPv4(b.Data()).Proto(), false
}

// groFlush is napi_gro_flush: nothing more is coming, let all held packets go,
// the oldest of each bucket first.
func (n *NAPI) groFlush(ns *Netns) {
	defer ns.In(step.NapiGroFlush, n.cpu).Out()
	n.flushOlder(ns, -1)
}

// groFlushOld lets those go that have been held since an earlier tick: the
// queue is busy, and they must not wait for ever.
func (n *NAPI) groFlushOld(ns *Netns) {
	defer ns.In(step.NapiGroFlush, n.cpu).Out()
	n.flushOlder(ns, ns.Clock.Now()/sim.Jiffy)
}

// flushOlder completes what was not held since this tick; -1 is everything.
func (n *NAPI) flushOlder(ns *Netns, tick sim.Time) {
	for i := range n.gro.bucket {
		l := &n.gro.bucket[i]
		for b := l.Back(); b != nil && b.CB.Age != tick; b = l.Back() {
			n.groRemove(l, b)
			n.groComplete(ns, b)
		}
	}
}

// groNormalOne is gro_normal_one: the packet goes up with the next batch, which
// is full at eight segments.
func (n *NAPI) groNormalOne(ns *Netns, b *SKB, segs int) {
	n.gro.list.PushBack(b)
	n.gro.count += segs
	if n.gro.count >= groBatch {
		n.groNormalList(ns)
	}
}

// groNormalList is gro_normal_list.
func (n *NAPI) groNormalList(ns *Netns) {
	if n.gro.list.Len() == 0 {
		return
	}
	l := n.gro.list
	n.gro.list, n.gro.count = SKBList{}, 0
	if n.Dev != nil && n.Dev.rxq != nil {
		if ns.steer(&l); l.Len() == 0 {
			return
		}
	}
	ns.receiveListCore(n, &l)
}

// Held is how many packets this queue's GRO keeps, merged ones counted once.
func (n *NAPI) Held() int { return n.gro.held + n.gro.list.Len() }
