package ipv4

// Putting fragments together (RFC 791 §3.2, RFC 5722): net/ipv4/ip_fragment.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Who asks for a packet to be put together (enum ip_defrag_users).
const (
	DefragLocalDeliver = 0
	DefragConntrackIn  = 2
	DefragConntrackOut = 2 + 65536
	DefragAFPacket     = 2 + 5*65536
)

// ecnTable is ip_frag_ecn_table (RFC 3168 §5.3): what the whole packet's ECN
// bits are, from the set of those of its fragments; 0xff is not allowed.
var ecnTable = [16]uint8{
	1<<1 | 1<<3: 3, 1<<2 | 1<<3: 3, 1<<1 | 1<<2 | 1<<3: 3, // CE beside ECT
	1<<0 | 1<<3: 0xff, 1<<0 | 1<<1 | 1<<3: 0xff, 1<<0 | 1<<2 | 1<<3: 0xff, 1<<0 | 1<<1 | 1<<2 | 1<<3: 0xff,
}

// fragExpire is the timer's side of ipv4's fragments.
type fragExpire struct{ ip *IPv4 }

// Expire is ip_expire.
func (f fragExpire) Expire(_ *core.Netns, q *inet.FragQueue) { f.ip.expire(q) }

// Defrag is ip_defrag: it reports true when b is a whole packet now (b is the
// fragment that came last, with the bytes of all). Otherwise b is taken.
func (ip *IPv4) Defrag(b *core.SKB, user uint32) bool {
	defer ip.ns.In(step.IPDefrag, b).Out()
	ns := ip.ns
	ns.Inc(step.IpReasmReqds)
	h := b.IP4()
	key := inet.FragKey{Src: h.Src().Addr(), Dst: h.Dst().Addr(), ID: uint32(h.ID()), User: user, Proto: uint8(h.Proto())}
	q, made := ip.frags.Find(ns, key, ns.Sysctl.IPFragHighThresh, ip.fragTime())
	if q == nil {
		ns.Inc(step.IpReasmFails)
		ns.Drop(b, step.DropNotSpecified, step.IPDefrag)
		return false
	}
	if made && ns.Sysctl.IPFragMaxDist > 0 {
		q.Peer = ip.peerOf(h.Src())
		q.Peer.Refs++
	}
	return ip.fragQueue(q, b)
}

func (ip *IPv4) fragTime() sim.Time { return sim.Time(ip.ns.Sysctl.IPFragTime) * sim.Second }

// fragQueue is ip_frag_queue: where does the fragment belong, and is the packet
// whole with it?
func (ip *IPv4) fragQueue(q *inet.FragQueue, b *core.SKB) bool {
	defer ip.ns.In(step.IPFragQueue, b).Out()
	ns := ip.ns
	if q.Flags&inet.FragComplete != 0 {
		return ip.fragRefuse(b, step.DropDupFrag)
	}
	if b.CB.IPFlags&ipskbFragComplete == 0 && ip.fragTooFar(q) {
		q.Restart(ip.fragTime())
		q.Flush(step.DropFragTooFar)
		q.Flags, q.Len, q.Meat, q.IIF, q.ECN = 0, 0, 0, 0, 0
	}
	h := b.IP4()
	ihl := h.IHL()
	off := h.FragOffset()
	end := off + b.Len() - b.NetworkOffset() - ihl
	ecn := uint8(1) << h.ECN()
	df := h.DF()
	if !h.MF() {
		if end < q.Len || q.Flags&inet.FragLastIn != 0 && end != q.Len {
			ns.Why(step.WhyFragLast, uint64(end), uint64(q.Len))
			return ip.fragDiscard(q, b)
		}
		q.Flags |= inet.FragLastIn
		q.Len = end
	} else {
		if end&7 != 0 {
			end &^= 7
			if b.IPSummed != core.ChecksumUnnecessary {
				b.IPSummed = core.ChecksumNone
			}
		}
		if end > q.Len {
			if q.Flags&inet.FragLastIn != 0 {
				ns.Why(step.WhyFragLast, uint64(end), uint64(q.Len))
				return ip.fragDiscard(q, b)
			}
			q.Len = end
		}
	}
	if end == off {
		ns.Why(step.WhyFragEmpty)
		return ip.fragDiscard(q, b)
	}
	b.Pull(b.NetworkOffset() + ihl)
	b.Trim(end - off)
	if b.IPSummed == core.ChecksumComplete {
		b.IPSummed = core.ChecksumNone
	}
	dev := b.Dev
	b.GSOSize, b.GSOSegs, b.GSOType = 0, 0, 0 // skb_gso_reset
	switch q.Insert(b, off, end) {
	case inet.FragDup:
		return ip.fragRefuse(b, step.DropDupFrag)
	case inet.FragOverlap:
		ns.Inc(step.IpExtReasmOverlaps)
		return ip.fragDiscard(q, b)
	}
	if dev != nil {
		q.IIF = dev.Index
	}
	q.Meat += end - off
	q.ECN |= ecn
	if off == 0 {
		q.Flags |= inet.FragFirstIn
	}
	q.MaxSize = max(q.MaxSize, end-off+ihl)
	if df {
		q.MaxDFSize = max(q.MaxDFSize, end-off+ihl)
	}
	if q.Whole() {
		return ip.fragReasm(q, b, dev)
	}
	b.Dst = nil
	b.Orphan()
	why := step.WhyFragWait
	if q.Flags&inet.FragLastIn == 0 {
		why = step.WhyFragWaitLast
	}
	ns.Why(why, uint64(q.Meat), uint64(q.Len), uint64(off), uint64(end))
	return false
}

// fragRefuse drops a fragment and keeps the queue.
func (ip *IPv4) fragRefuse(b *core.SKB, why core.DropReason) bool {
	ip.ns.Drop(b, why, step.IPDefrag)
	return false
}

// fragDiscard is discard_qp of ip_frag_queue: the whole packet is lost.
func (ip *IPv4) fragDiscard(q *inet.FragQueue, b *core.SKB) bool {
	q.Kill()
	ip.ns.Inc(step.IpReasmFails)
	ip.ns.Drop(b, step.DropNotSpecified, step.IPDefrag)
	q.Destroy()
	return false
}

// fragTooFar is ip_frag_too_far: so many other fragments of the sender came in
// between that the id may mean another packet by now (ipfrag_max_dist).
func (ip *IPv4) fragTooFar(q *inet.FragQueue) bool {
	limit := ip.ns.Sysctl.IPFragMaxDist
	if q.Peer == nil || limit == 0 {
		return false
	}
	start := q.RID
	q.Peer.RID++
	q.RID = q.Peer.RID
	if q.Meat == 0 || int(q.RID-start) <= limit {
		return false
	}
	ip.ns.Inc(step.IpReasmFails)
	ip.ns.Why(step.WhyFragTooFar, uint64(q.RID-start), uint64(limit))
	return true
}

// fragReasm is ip_frag_reasm: one packet out of all.
func (ip *IPv4) fragReasm(q *inet.FragQueue, b *core.SKB, dev *core.Device) bool {
	defer ip.ns.In(step.IPFragReasm, b).Out()
	ns := ip.ns
	q.Kill()
	dst := b.Dst
	ecn := ecnTable[q.ECN&15]
	if ecn == 0xff {
		// The buffer is in the queue and goes with it.
		ns.Why(step.WhyFragECN)
		ns.Inc(step.IpReasmFails)
		q.Destroy()
		return false
	}
	q.Reassemble(b)
	h := b.IP4()
	n := h.IHL() + q.Len
	if n > ipMaxMTU {
		ns.Why(step.WhyFragOversize, uint64(n))
		ns.Inc(step.IpReasmFails)
		ns.Drop(b, step.DropNotSpecified, step.IPDefrag)
		q.Destroy()
		return false
	}
	b.Dev, b.Dst = dev, dst
	b.Transport = b.Network + h.IHL()
	b.CB.FragMax = max(q.MaxDFSize, q.MaxSize)
	h.SetTotalLen(n)
	h.SetTOS(h.TOS() | ecn)
	h.SetFragOff(0)
	if q.MaxDFSize == q.MaxSize {
		b.CB.IPFlags |= ipskbFragPMTU
		h.SetDF(true)
	}
	h.ComputeChecksum()
	ns.Inc(step.IpReasmOKs)
	q.Destroy()
	return true
}

// expire is ip_expire: not all fragments came in time. The sender is told (ICMP
// 11/1) if the first one did (RFC 792, RFC 1122 §3.3.2).
func (ip *IPv4) expire(q *inet.FragQueue) {
	defer ip.ns.In(step.IPExpire, q).Out()
	ns := ip.ns
	if q.Flags&inet.FragComplete != 0 {
		return
	}
	q.Flags |= inet.FragDrop
	q.Kill()
	ns.Inc(step.IpReasmFails)
	ns.Inc(step.IpReasmTimeout)
	ns.Why(step.WhyFragTimeout, uint64(q.Meat), uint64(q.Len), uint64(ip.fragTime()))
	if q.Flags&inet.FragFirstIn != 0 {
		if head := q.PullHead(); head != nil {
			ip.expireHead(q, head)
		}
	}
	q.Destroy()
}

func (ip *IPv4) expireHead(q *inet.FragQueue, head *core.SKB) {
	ns := ip.ns
	if head.Dev = ns.DevByIndex(q.IIF); head.Dev != nil {
		h := head.IP4()
		if ip.RouteInput(head, h.Dst(), h.Src(), h.TOS(), head.Dev) == 0 && (q.Key.User == DefragLocalDeliver || head.Dst.Type == RTNLocal) {
			ip.ICMPSend(ns, head, uint8(wire.ICMPTimeExceeded), wire.ICMPExcFragTime, 0)
		}
	}
	ns.Drop(head, step.DropFragReasmTimeout, step.IPExpire)
}

// FragMem is what /proc/net/sockstat says about fragments: how many queues
// wait, and the bytes that they take.
func (ip *IPv4) FragMem() (queues, mem int) { return ip.frags.Len(), ip.frags.Mem }
