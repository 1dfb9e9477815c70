package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read RFC 4861 before editing; the kernel file is net/ipv6/ndisc.c. Left out:
// proxies, 6LoWPAN.

// ndiscOps is nd_tbl's part of the neighbour table.
type ndiscOps struct{ ip *IPv6 }

// Constructor is ndisc_constructor: groups and links without addresses need no
// asking.
func (o *ndiscOps) Constructor(n *core.Neighbour) {
	d := n.Dev
	n.Type = RTNUnicast
	multicast := n.Key.IsMulticast()
	if multicast {
		n.Type = RTNMulticast
	}
	switch {
	case d.HardLen == 0:
		n.State = core.NUDNoARP
	case multicast:
		n.State, n.Addr = core.NUDNoARP, n.Key.Multicast()
	case d.Flags&(core.IFFNoARP|core.IFFLoopback) != 0:
		n.State, n.Addr = core.NUDNoARP, d.Addr
		if d.Flags&core.IFFLoopback != 0 {
			n.Type = RTNLocal
		}
	case d.Flags&core.IFFPointToPoint != 0:
		n.State, n.Addr = core.NUDNoARP, d.Broadcast
	}
}

// Solicit is ndisc_solicit: ask the neighbour itself while its address is
// thought to be known, else everybody in its solicited-node group
// (RFC 4861 §7.2.2).
func (o *ndiscOps) Solicit(n *core.Neighbour, b *core.SKB) {
	defer o.ip.ns.In(step.NDISCSolicit, n).Out()
	ip, ns := o.ip, o.ip.ns
	var src *wire.Addr
	if b != nil && b.Network >= 0 && len(b.From(b.Network)) >= wire.IPv6Len {
		// ipv6_chk_addr_and_flags, strictly: an address of this very device.
		if a := b.IP6().Src(); idevOf(n.Dev).has(a, AddrTentative|AddrOptimistic) {
			src = &a
		}
	}
	switch p := n.Probes - ip.neigh.UcastProbes; {
	case p < 0:
		ns.Why(step.WhyNDUnicastProbe, n.Key.Hi, n.Key.Lo, uint64(n.Probes+1), uint64(ip.neigh.UcastProbes))
		ip.sendNS(n.Dev, n.Key, n.Key, src, 0)
	case p < ip.neigh.AppProbes:
		// neigh_app_ns: no program listens for it.
	default:
		g := n.Key.SolicitedNode()
		ns.Why(step.WhyNDSolicit, n.Key.Hi, n.Key.Lo, g.Hi, g.Lo)
		ip.sendNS(n.Dev, n.Key, g, src, 0)
	}
}

// ErrorReport is ndisc_error_report: nobody answers.
func (o *ndiscOps) ErrorReport(n *core.Neighbour, b *core.SKB) {
	defer o.ip.ns.In(step.NDISCErrorReport, b).Out()
	ns := o.ip.ns
	ns.Why(step.WhyNDUnreachable, n.Key.Hi, n.Key.Lo)
	o.ip.LinkFailure(ns, b)
	ns.Drop(b, step.DropNotSpecified, step.NeighInvalidate)
}

// An ndOpts is struct ndisc_options: where each option is.
type ndOpts struct {
	src, tgt, nonce, mtu, redir wire.NDOption
	prefix                      []byte // the first prefix and what follows
}

// parseOptions is ndisc_parse_options: false when an option has length zero or
// does not fit, which makes the whole message void (RFC 4861 §4.6).
func parseOptions(p []byte) (o ndOpts, ok bool) {
	for len(p) > 0 {
		opt, rest, ok := wire.NextNDOption(p)
		if !ok {
			return o, false
		}
		switch opt.Type() {
		case wire.NDOptSourceLinkAddr:
			set(&o.src, opt)
		case wire.NDOptTargetLinkAddr:
			set(&o.tgt, opt)
		case wire.NDOptNonce:
			set(&o.nonce, opt)
		case wire.NDOptMTU:
			set(&o.mtu, opt)
		case wire.NDOptRedirected:
			set(&o.redir, opt)
		case wire.NDOptPrefix:
			if o.prefix == nil {
				o.prefix = p
			}
		}
		p = rest
	}
	return o, true
}

// set keeps the first of several.
func set(at *wire.NDOption, o wire.NDOption) {
	if *at == nil {
		*at = o
	}
}

// linkAddr is ndisc_opt_addr_data: false when the option's length is not that
// of the device's addresses.
func linkAddr(o wire.NDOption, dev *core.Device) (wire.MAC, bool) {
	if o == nil {
		return 0, true
	}
	if o.Len() != 8 || dev.HardLen == 0 {
		return 0, false
	}
	return o.LinkAddr(), true
}

// ndiscRcv is ndisc_rcv: the checks that all messages share (RFC 4861 §6.1,
// §7.1, §8.1). The packet did not pass a router if its hop limit is 255.
func (ip *IPv6) ndiscRcv(b *core.SKB) core.DropReason {
	defer ip.ns.In(step.NDISCRcv, b).Out()
	ns := ip.ns
	if b.CB.IPFlags&skbFragmented != 0 || idevOf(b.Dev) == nil {
		ns.Why(step.WhyNDFragmented)
		return step.DropIPV6NdiscFrag
	}
	b.MayPull(b.Len())
	b.Push(b.Offset() - b.Transport)
	if h := b.IP6().HopLimit(); h != 255 {
		ns.Why(step.WhyNDHopLimit, uint64(h))
		return step.DropIPV6NdiscHopLimit
	}
	m := wire.ICMPv6(b.Data())
	if m.Code() != 0 {
		ns.Why(step.WhyNDCode, uint64(m.Code()))
		return step.DropIPV6NdiscBadCode
	}
	switch m.Type() {
	case wire.ICMPv6NeighSolicit:
		return ip.recvNS(b, wire.ND(m))
	case wire.ICMPv6NeighAdvert:
		return ip.recvNA(b, wire.ND(m))
	case wire.ICMPv6RouterSolicit:
		return ip.recvRS(b)
	case wire.ICMPv6RouterAdvert:
		return ip.routerDiscovery(b, wire.RouterAdvert(m))
	}
	return ip.redirectRcv(b, wire.NDRedirect(m))
}

// bad gives up a message for a reason of RFC 4861's.
func (ip *IPv6) bad(w step.Why, args ...uint64) core.DropReason {
	ip.ns.Why(w, args...)
	return step.DropNotSpecified
}

// recvNS is ndisc_recv_ns (RFC 4861 §7.1.1, §7.2.3): somebody asks for a link
// address, or whether an address is in use (source ::).
func (ip *IPv6) recvNS(b *core.SKB, m wire.ND) core.DropReason {
	defer ip.ns.In(step.NDISCRecvNS, b).Out()
	ns := ip.ns
	if !m.Valid() {
		ns.Why(step.WhyNDShort, uint64(len(m)))
		return step.DropPktTooSmall
	}
	h, dev, target := b.IP6(), b.Dev, m.Target()
	src, dst := h.Src(), h.Dst()
	dad := src.IsZero()
	if target.IsMulticast() {
		return ip.bad(step.WhyNDTargetMulticast, target.Hi, target.Lo)
	}
	if dad && !isSolicitedNode(dst) {
		return ip.bad(step.WhyNDDADDest, dst.Hi, dst.Lo)
	}
	o, ok := parseOptions(m.Options())
	if !ok {
		ns.Why(step.WhyNDOptions)
		return step.DropIPV6NdiscBadOptions
	}
	mac, ok := linkAddr(o.src, dev)
	if !ok {
		return ip.bad(step.WhyNDOptionLen)
	}
	if dad && o.src != nil {
		return ip.bad(step.WhyNDDADOption)
	}
	inc := dst.IsMulticast()
	a := ip.getAddr(target, dev)
	if a == nil && idevOf(dev).isAnycast(target) {
		ns.Why(step.WhyNDAnycast, target.Hi, target.Lo)
		if b.PktType != core.PacketHost {
			ip.answerLater(b)
			return step.DropNotSpecified
		}
		ip.answerAnycast(b, m)
		return step.DropConsumed
	}
	if a == nil {
		ns.Why(step.WhyNDNotMine, target.Hi, target.Lo, uint64(dev.Index))
		return step.DropIPV6NdiscNsOtherhost
	}
	if a.Flags&(AddrTentative|AddrOptimistic) != 0 {
		if dad {
			if o.nonce != nil && o.nonce.Len() == 8 && nonceOf(o.nonce) == a.nonce && a.nonce != 0 {
				return ip.bad(step.WhyNDLoop)
			}
			ip.dadFailure(a, b)
			return step.DropNotSpecified
		}
		if a.Flags&AddrOptimistic == 0 {
			return ip.bad(step.WhyNDTentative, target.Hi, target.Lo)
		}
	}
	router := a.idev.forwarding()
	if dad {
		ns.Why(step.WhyNDDefend, target.Hi, target.Lo)
		ip.sendNA(dev, allNodes, target, router, false, true, true, b.Pkt)
		return step.DropNotSpecified
	}
	n := ip.neigh.Lookup(src, dev)
	if n == nil && (!inc || o.src != nil || dev.HardLen == 0) {
		n = ip.neigh.Create(src, dev)
	}
	if n == nil {
		return ip.bad(step.WhyNDNoSource)
	}
	ip.neigh.Update(n, mac, core.NUDStale, core.NeighUpdateWeakOverride|core.NeighUpdateOverride)
	ns.Why(step.WhyNDAnswer, target.Hi, target.Lo, src.Hi, src.Lo)
	ip.sendNA(dev, src, target, router, true, inc, inc, b.Pkt)
	return step.DropConsumed
}

// nonceOf is the six bytes of a nonce option (RFC 3971 §5.3.2).
func nonceOf(o wire.NDOption) uint64 { return uint64(o.LinkAddr()) }

// recvNA is ndisc_recv_na (RFC 4861 §7.1.2, §7.2.5): somebody tells a link
// address.
func (ip *IPv6) recvNA(b *core.SKB, m wire.ND) core.DropReason {
	defer ip.ns.In(step.NDISCRecvNA, b).Out()
	ns := ip.ns
	if !m.Valid() {
		ns.Why(step.WhyNDShort, uint64(len(m)))
		return step.DropPktTooSmall
	}
	dev, target, f := b.Dev, m.Target(), m.Flags()
	solicited := f&wire.NAFlagSolicited != 0
	if target.IsMulticast() {
		return ip.bad(step.WhyNDTargetMulticast, target.Hi, target.Lo)
	}
	if b.IP6().Dst().IsMulticast() && solicited {
		return ip.bad(step.WhyNDSolicitedGroup)
	}
	if !solicited && idevOf(dev).conf.DropUnsolicitedNA != 0 {
		return ip.bad(step.WhyNDUnsolicited)
	}
	o, ok := parseOptions(m.Options())
	if !ok {
		ns.Why(step.WhyNDOptions)
		return step.DropIPV6NdiscBadOptions
	}
	mac, ok := linkAddr(o.tgt, dev)
	if !ok {
		return ip.bad(step.WhyNDOptionLen)
	}
	if a := ip.getAddr(target, dev); a != nil {
		if b.PktType != core.PacketLoopback && a.Flags&AddrTentative != 0 {
			ip.dadFailure(a, b)
			return step.DropNotSpecified
		}
		return ip.bad(step.WhyNDOwnAddress, target.Hi, target.Lo)
	}
	n := ip.neigh.Lookup(target, dev)
	if n == nil {
		return ip.bad(step.WhyNDUnasked, target.Hi, target.Lo)
	}
	if n.State&core.NUDFailed != 0 {
		return ip.bad(step.WhyNDFailedEntry, target.Hi, target.Lo)
	}
	state, flags := uint8(core.NUDStale), uint32(core.NeighUpdateWeakOverride|core.NeighUpdateOverrideRtr)
	if solicited {
		state = core.NUDReachable
	}
	if f&wire.NAFlagOverride != 0 {
		flags |= core.NeighUpdateOverride
	}
	if f&wire.NAFlagRouter != 0 {
		flags |= core.NeighUpdateIsRouter
	}
	was := n.Router
	ns.Why(step.WhyNDLearned, target.Hi, target.Lo, uint64(mac), uint64(state))
	ip.neigh.Update(n, mac, state, flags)
	if was && !n.Router {
		ip.cleanToHost(b.IP6().Src())
	}
	return step.DropConsumed
}

// cleanToHost is rt6_clean_tohost: who is no router any more is no default
// router either (RFC 4861 §7.2.5).
func (ip *IPv6) cleanToHost(gw wire.Addr) {
	for _, r := range ip.Routes(TableMain) {
		if r.ra && r.Gateway == gw {
			ip.removeRoute(r)
		}
	}
}

// recvRS is ndisc_recv_rs (RFC 4861 §6.1.1, §6.2.6). The kernel learns the
// sender; the answer is a program's (radvd), which is not here.
func (ip *IPv6) recvRS(b *core.SKB) core.DropReason {
	defer ip.ns.In(step.NDISCRecvRS, b).Out()
	ns := ip.ns
	p := b.Data()
	if len(p) < wire.NDRouterSolicitLen {
		ns.Why(step.WhyNDShort, uint64(len(p)))
		return step.DropPktTooSmall
	}
	src := b.IP6().Src()
	if !idevOf(b.Dev).forwarding() || src.IsZero() {
		return ip.bad(step.WhyNDNoRouter)
	}
	o, ok := parseOptions(p[wire.NDRouterSolicitLen:])
	if !ok {
		ns.Why(step.WhyNDOptions)
		return step.DropIPV6NdiscBadOptions
	}
	mac, ok := linkAddr(o.src, b.Dev)
	if !ok {
		return ip.bad(step.WhyNDOptionLen)
	}
	n := ip.neigh.Create(src, b.Dev)
	if n == nil {
		return step.DropConsumed
	}
	ip.neigh.Update(n, mac, core.NUDStale, core.NeighUpdateWeakOverride|core.NeighUpdateOverride|core.NeighUpdateOverrideRtr)
	return step.DropConsumed
}
