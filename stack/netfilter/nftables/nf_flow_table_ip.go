package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/netfilter/nat"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The short way: nf_flow_table_ip.c.

// flowHook is the hook of a flow table at a device's ingress.
type flowHook struct{ t *Flowtable }

// HookStep names the function.
func (h flowHook) HookStep() step.Step {
	switch h.t.Table.Family {
	case core.NFIPv4:
		return step.NfFlowOffloadIPHook
	case core.NFIPv6:
		return step.NfFlowOffloadIPv6Hook
	}
	return step.NfFlowOffloadInetHook
}

// Flowtable is the table itself, for listings.
func (h flowHook) Flowtable() *Flowtable { return h.t }

// Run is called for each packet that the device receives.
func (h flowHook) Run(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	switch h.t.Table.Family {
	case core.NFIPv4:
		return h.t.ipv4(ns, st, b)
	case core.NFIPv6:
		return h.t.ipv6(ns, st, b)
	}
	return h.t.inet(ns, st, b)
}

// inet is nf_flow_offload_inet_hook.
func (t *Flowtable) inet(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.NfFlowOffloadInetHook, b).Out()
	proto, _ := flowProto(b)
	switch proto {
	case wire.EtherTypeIPv4:
		return t.ipv4(ns, st, b)
	case wire.EtherTypeIPv6:
		return t.ipv6(ns, st, b)
	}
	return core.Accept
}

// flowProto is what is behind a second VLAN tag, and how far behind
// (nf_flow_skb_encap_protocol).
func flowProto(b *core.SKB) (wire.EtherType, int) {
	p := wire.EtherType(b.Protocol)
	if p != wire.EtherTypeVLAN || !b.MayPull(b.NetworkOffset()+wire.VLANTagLen) {
		return p, 0
	}
	return wire.VLAN(b.Data()[b.NetworkOffset():]).Type(), wire.VLANTagLen
}

// ipv4 is nf_flow_offload_ip_hook.
func (t *Flowtable) ipv4(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.NfFlowOffloadIPHook, b).Out()
	proto, off := flowProto(b)
	if proto != wire.EtherTypeIPv4 {
		return core.Accept
	}
	k, hdr, ok := flowTuple4(st, b, b.NetworkOffset()+off)
	if !ok {
		ns.Why(step.WhyFlowUnfit)
		return core.Accept
	}
	x, v := t.forward(ns, b, &k, off, hdr)
	if v != core.Accept || x.f == nil {
		return v
	}
	h := b.IP4()
	ttl := h.DecreaseTTL()
	x.whySent(ns, uint64(ttl)+1)
	if t.Counter {
		x.f.ct.FlowCount(x.d, b.Len()-b.NetworkOffset())
	}
	d := x.f.dst[x.d]
	b.Dev, b.Dst = d.Dev, d
	hop := x.f.tuple[1-x.d].src
	if !d.Gateway.IsZero() {
		hop = d.Gateway
	}
	ns.NeighXmit(ns.Neigh4, d.Dev, hop, b)
	return core.Stolen
}

// ipv6 is nf_flow_offload_ipv6_hook.
func (t *Flowtable) ipv6(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.NfFlowOffloadIPv6Hook, b).Out()
	proto, off := flowProto(b)
	if proto != wire.EtherTypeIPv6 {
		return core.Accept
	}
	k, hdr, ok := flowTuple6(st, b, b.NetworkOffset()+off)
	if !ok {
		ns.Why(step.WhyFlowUnfit)
		return core.Accept
	}
	x, v := t.forward(ns, b, &k, off, hdr)
	if v != core.Accept || x.f == nil {
		return v
	}
	h := b.IP6()
	hops := h.HopLimit()
	h.SetHopLimit(hops - 1)
	x.whySent(ns, uint64(hops))
	if t.Counter {
		x.f.ct.FlowCount(x.d, b.Len()-b.NetworkOffset())
	}
	d := x.f.dst[x.d]
	b.Dev, b.Dst = d.Dev, d
	hop := x.f.tuple[1-x.d].src
	if !d.Gateway.IsZero() {
		hop = d.Gateway
	}
	ns.NeighXmit(ns.Neigh6, d.Dev, hop, b)
	return core.Stolen
}

func (x flowDir) whySent(ns *core.Netns, ttl uint64) {
	ns.Why(step.WhyFlowSent, uint64(x.f.ct.ID), ttl, ttl-1, uint64(x.f.dst[x.d].Dev.Index))
}

// flowTuple4 is nf_flow_tuple_ip: the IP header stands at off from the data pointer.
// hdr is where the transport header ends.
func flowTuple4(st *core.HookState, b *core.SKB, off int) (k flowTuple, hdr int, ok bool) {
	if !b.MayPull(off + wire.IPv4MinLen) {
		return
	}
	h := wire.IPv4(b.Data()[off:])
	if h.IsFragment() || h[0]&15 != 5 || h.TTL() <= 1 {
		return
	}
	k.src, k.dst, k.l3 = h.Src().Addr(), h.Dst().Addr(), core.NFIPv4
	return k.ports(st, b, h.Proto(), off+wire.IPv4MinLen)
}

// flowTuple6 is nf_flow_tuple_ipv6: extension headers are not looked behind.
func flowTuple6(st *core.HookState, b *core.SKB, off int) (k flowTuple, hdr int, ok bool) {
	if !b.MayPull(off + wire.IPv6Len) {
		return
	}
	h := wire.IPv6(b.Data()[off:])
	if h.HopLimit() <= 1 {
		return
	}
	k.src, k.dst, k.l3 = h.Src(), h.Dst(), core.NFIPv6
	return k.ports(st, b, h.NextHeader(), off+wire.IPv6Len)
}

func (k flowTuple) ports(st *core.HookState, b *core.SKB, p wire.Proto, at int) (flowTuple, int, bool) {
	n := 0
	switch p {
	case wire.ProtoTCP:
		n = wire.TCPMinLen
	case wire.ProtoUDP:
		n = wire.UDPLen
	case wire.ProtoGRE:
		n = 4
	default:
		return k, 0, false
	}
	if !b.MayPull(at + n) {
		return k, 0, false
	}
	l4 := b.Data()[at:]
	if p == wire.ProtoGRE {
		if l4[1]&7 != 0 {
			return k, 0, false
		}
	} else {
		k.sport, k.dport = be16(l4), be16(l4[2:])
	}
	k.proto, k.iif = uint8(p), st.In.Index
	k.tags(b)
	return k, at + n, true
}

// tags is nf_flow_tuple_encap.
func (k *flowTuple) tags(b *core.SKB) {
	i := 0
	if b.VlanPresent {
		k.encap[i] = flowTag{b.VlanTCI, uint16(b.VlanType())}
		i++
	}
	if wire.EtherType(b.Protocol) == wire.EtherTypeVLAN {
		k.encap[i] = flowTag{wire.VLAN(b.Data()[b.NetworkOffset():]).TCI(), b.Protocol}
	}
}

// forward is nf_flow_offload_forward for both families. A flow is returned when the
// packet takes the short way; its addresses are right then. off is how much a second
// VLAN tag takes, hdr where the transport header ends.
func (t *Flowtable) forward(ns *core.Netns, b *core.SKB, k *flowTuple, off, hdr int) (flowDir, core.Verdict) {
	none := flowDir{}
	x, ok := t.lookup(k)
	if !ok {
		ns.Why(step.WhyFlowMiss)
		return none, core.Accept
	}
	f := x.f
	if mtu := f.mtu[x.d] + off; !flowFits(b, mtu) {
		ns.Why(step.WhyFlowTooBig, uint64(b.Len()), uint64(mtu))
		return none, core.Accept
	}
	if !f.stateCheck(ns, b, k, hdr) {
		return none, core.Accept
	}
	if !dstCheck(ns, k.l3, f.dst[x.d]) {
		ns.Why(step.WhyFlowStale)
		f.end(ns)
		return none, core.Accept
	}
	b.Unshare()
	f.refresh()
	for range f.encaps[x.d] { // nf_flow_encap_pop
		if b.VlanPresent {
			b.VlanPresent, b.VlanTCI = false, 0
			continue
		}
		b.Protocol = uint16(wire.VLAN(b.Data()[b.NetworkOffset():]).Type())
		b.Pull(wire.VLANTagLen)
		b.ResetNetwork()
	}
	if !nat.FlowNAT(b, f.ct, x.d) {
		return none, core.Drop
	}
	return x, core.Accept
}

// stateCheck is nf_flow_state_check: a FIN or RST ends the flow soon; a SYN after it
// ends it now.
func (f *flow) stateCheck(ns *core.Netns, b *core.SKB, k *flowTuple, hdr int) bool {
	if k.proto != uint8(wire.ProtoTCP) {
		return true
	}
	fl := wire.TCP(b.Data()[hdr-wire.TCPMinLen:]).Flags()
	if fl&wire.TCPSyn != 0 && f.closing {
		ns.Why(step.WhyFlowReopened)
		f.end(ns)
		return false
	}
	if fl&(wire.TCPFin|wire.TCPRst) != 0 && !f.closing {
		f.closing = true
		ns.Note(b, step.WhyFlowClosing)
	}
	return true
}

// flowFits is nf_flow_exceeds_mtu turned round.
func flowFits(b *core.SKB, mtu int) bool {
	if b.Len() <= mtu {
		return true
	}
	if b.GSOSize == 0 {
		return false
	}
	n := b.Transport - b.Network + b.GSOSize // skb_gso_network_seglen
	if b.GSOType&(core.GSOTCPv4|core.GSOTCPv6) != 0 {
		if h := wire.TCP(b.L4()); h.Valid() {
			n += h.DataOff()
		}
	} else {
		n += wire.UDPLen
	}
	return n <= mtu
}

// dstCheck is nf_flow_dst_check.
func dstCheck(ns *core.Netns, l3 core.Family, d *core.Dst) bool {
	if l3 == core.NFIPv6 {
		return ipv6.Of(ns).DstCheck(d)
	}
	return ipv4.Of(ns).DstCheck(d)
}
