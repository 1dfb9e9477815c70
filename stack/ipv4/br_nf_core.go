package ipv4

// What br_netfilter needs of IPv4: net/bridge/br_nf_core.c,
// br_netfilter_hooks.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// FakeRoute is br_netfilter_rtable_init: a route to nowhere over a bridge, for
// bridged packets that are shown to IP's hooks. Its Flags have core.DstFake.
func FakeRoute(dev *core.Device) *core.Dst {
	return &core.Dst{Dev: dev, In: dstDiscard{}, Out: dstRtBug{}, MTU: dev.MTU, Flags: core.DstFake, Upper: &rtable{metricMTU: dev.MTU}}
}

// FakeMTU is dst_metric_set(RTAX_MTU) of such a route.
func FakeMTU(d *core.Dst, mtu int) { d.MTU, rtOf(d).metricMTU = mtu, mtu }

// RcvFinish is ip_rcv_finish, for a hook that skips those behind it
// (ip_sabotage_in).
func (ip *IPv4) RcvFinish(b *core.SKB) { ip.rcvFinish(b) }

// A FragmentOutput takes the pieces of a packet that was cut up, network header
// at the data pointer.
type FragmentOutput interface {
	Output(ns *core.Netns, b *core.SKB) core.Errno
}

// FragmentBridged is br_nf_ip_fragment: cut up again what was put together for
// the rules, and give the pieces to out. A packet with DF, or one whose pieces
// were larger than the MTU of its route, is dropped with EMSGSIZE, and nobody is
// told. at is the function that the kernel reports for it.
func (ip *IPv4) FragmentBridged(b *core.SKB, out FragmentOutput, at step.Step) core.Errno {
	ns := ip.ns
	mtu := ip.outMTU(nil, b)
	if b.IP4().DF() && !b.IgnoreDF || b.CB.FragMax != 0 && b.CB.FragMax > mtu {
		ns.Why(step.WhyFragmentDF, uint64(b.Len()), uint64(mtu))
		ns.Inc(step.IpFragFails)
		ns.Drop(b, step.DropNotSpecified, at)
		return step.EMSGSIZE
	}
	return ip.doFragment(nil, b, out)
}

// fragOut sends a piece: to whom the cutter said, else to ip_finish_output2.
func (ip *IPv4) fragOut(out FragmentOutput, b *core.SKB) core.Errno {
	if out != nil {
		return out.Output(ip.ns, b)
	}
	return ip.finishOutput2(b)
}
