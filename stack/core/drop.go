package core

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// Drop frees the packet as a loss: sk_skb_reason_drop, which fires
// skb:kfree_skb. at is the function that the kernel reports as the place.
func (ns *Netns) Drop(b *SKB, why DropReason, at step.Step) {
	if b.unref() {
		ns.kfree(b, why, at)
	}
}

// kfree is sk_skb_reason_drop, when nobody else holds the packet.
func (ns *Netns) kfree(b *SKB, why DropReason, at step.Step) {
	defer ns.In(step.SkbDrop, b).Out()
	if t := ns.Trace; t != nil {
		t.Host = ns.Host
		t.Point(step.KfreeSkb, b, uint64(b.ID), uint64(at), uint64(b.Protocol), uint64(why))
		t.End(b, trace.Dropped, why, at, step.DropWhy(why), uint64(why))
	}
	ns.free(b)
}

// Consume frees the packet as done: consume_skb, which fires skb:consume_skb.
func (ns *Netns) Consume(b *SKB, at step.Step) {
	ns.end(b, trace.Consumed, at, true)
}

// Deliver frees a packet whose bytes a program has got; tp says whether the
// kernel's path fires skb:consume_skb there.
func (ns *Netns) Deliver(b *SKB, at step.Step, tp bool) { ns.end(b, trace.Delivered, at, tp) }

// Sent frees a packet that is on the wire; forwarded tells whether it came
// from another host.
func (ns *Netns) Sent(b *SKB, forwarded bool, at step.Step) {
	if forwarded {
		ns.end(b, trace.Forwarded, at, false)
		return
	}
	ns.end(b, trace.Sent, at, false)
}

// SentTo is Sent of a packet that a program reads from a device (tun_do_read), which
// fires skb:consume_skb.
func (ns *Netns) SentTo(b *SKB, forwarded bool, at step.Step) {
	o := trace.Sent
	if forwarded {
		o = trace.Forwarded
	}
	ns.end(b, o, at, true)
}

// Free frees a buffer as the stack's own __kfree_skb does, without a
// tracepoint: its work is done. A clone goes without a word: the packet lives
// on in the other buffer, or has ended there.
func (ns *Netns) Free(b *SKB) {
	if !b.unref() {
		return
	}
	if t := ns.Trace; t != nil && !b.Cloned {
		t.Host = ns.Host
		t.End(b, trace.Consumed, 0, t.Running(), 0)
	}
	ns.free(b)
}

// FreeInto frees a buffer whose bytes, or whose message, another one has now;
// why says which.
func (ns *Netns) FreeInto(b *SKB, at step.Step, why step.Why, args ...uint64) {
	if !b.unref() {
		return
	}
	if t := ns.Trace; t != nil {
		t.Host = ns.Host
		t.End(b, trace.Consumed, 0, at, why, args...)
	}
	ns.free(b)
}

// NotModelled ends a packet that needs something that packetwalk does not
// model; what names it.
func (ns *Netns) NotModelled(b *SKB, what step.Why, at step.Step, args ...uint64) {
	if !b.unref() {
		return
	}
	ns.Machine.NotModelled++
	if t := ns.Trace; t != nil {
		t.Host = ns.Host
		t.End(b, trace.NotModelled, 0, at, what, args...)
	}
	ns.free(b)
}

func (ns *Netns) end(b *SKB, o trace.Outcome, at step.Step, tp bool) {
	if !b.unref() {
		return
	}
	if tp {
		ns.consume(b, o, at)
		return
	}
	if t := ns.Trace; t != nil {
		t.Host = ns.Host
		t.End(b, o, 0, at, 0)
	}
	ns.free(b)
}

// consume is consume_skb, when nobody else holds the packet.
func (ns *Netns) consume(b *SKB, o trace.Outcome, at step.Step) {
	defer ns.In(step.ConsumeSkbStep, b).Out()
	if t := ns.Trace; t != nil {
		t.Host = ns.Host
		t.Point(step.ConsumeSkb, b, uint64(b.ID), uint64(at))
		t.End(b, o, 0, at, 0)
	}
	ns.free(b)
}

// unref gives up one reference and reports whether it was the last.
func (b *SKB) unref() bool {
	if b.freed {
		panic("core: packet freed twice")
	}
	b.users--
	return b.users <= 0
}

// DeliverStateless is Deliver by __consume_stateless_skb: the pieces in its
// frag_list count as consumed too.
func (ns *Netns) DeliverStateless(b *SKB, at step.Step) {
	if !b.unref() {
		return
	}
	if t := ns.Trace; t != nil {
		t.Host = ns.Host
		t.End(b, trace.Delivered, 0, at, 0)
	}
	ns.release(b, true)
}

// piece tells of the end of a packet in a frag_list, by kfree_skb_list_reason.
// Nearly all ways to free the packet that it hangs on name no reason, and so
// the kernel reports a drop, which is no loss.
func (ns *Netns) piece(b, f *SKB, consumed bool) {
	t := ns.Trace
	if t == nil {
		return
	}
	if f.Joined {
		// It ended when its bytes were joined with the others.
	} else if consumed {
		t.Point(step.ConsumeSkb, f, uint64(f.ID), uint64(step.SkbReleaseData))
	} else {
		t.Point(step.KfreeSkb, f, uint64(f.ID), uint64(step.SkbReleaseData), uint64(f.Protocol), uint64(step.DropNotSpecified))
	}
	if f.Pkt != b.Pkt && !(f.CB.FList && f.Cloned) { // else its clone goes on (skb_segment_list)
		t.End(f, trace.Consumed, 0, t.Running(), step.WhyPartOf)
	}
}

// free returns the memory (__kfree_skb).
func (ns *Netns) free(b *SKB) { ns.release(b, false) }

// release is skb_release_all.
func (ns *Netns) release(b *SKB, consumed bool) {
	b.Orphan()
	if b.NFCT != nil {
		b.NFCT.Put()
		b.NFCT = nil
	}
	ns.Machine.Freed++
	p := ns.pool()
	b.dropFrags()
	for _, f := range b.FragList {
		if f.unref() {
			ns.piece(b, f, consumed)
			ns.free(f)
		}
	}
	p.putHead(b.head)
	b.freed = true
	if ns.Trace != nil {
		ns.Trace.Forget(b.ID)
	}
	id := b.ID
	*b = SKB{ID: id, freed: true, spare: b.spare}
	if len(p.skbs) < 8192 {
		p.skbs = append(p.skbs, b)
	}
}
