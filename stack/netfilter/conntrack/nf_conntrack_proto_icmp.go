package conntrack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// icmpPacket is nf_conntrack_icmp_packet: only requests begin something.
func (c *Conn) icmpPacket(st *core.HookState, b *core.SKB, info Info) verdict {
	defer c.t.ns.In(step.NfConntrackICMPPacket, c).Out()
	ns := c.t.ns
	typ := wire.ICMPType(c.tuples[Original].Dport >> 8)
	switch typ {
	case wire.ICMPEcho, wire.ICMPTimestamp, 15, wire.ICMPAddress:
	default:
		ns.Why(step.WhyCTICMPNew, uint64(c.tuples[Original].Dport))
		return invalid
	}
	if st.Family != core.NFIPv4 {
		return invalid
	}
	secs := ns.Sysctl.CT.ICMPTimeout
	if p := c.timeouts(); p != nil {
		secs = p.Secs[0]
	}
	ns.Why(step.WhyCTICMP, uint64(secs))
	c.refresh(b, info, secs)
	return valid
}

// icmpv4Error is nf_conntrack_icmpv4_error: broken messages are INVALID, errors
// belong to the connection that they are about.
func (t *Table) icmpv4Error(tmpl *Conn, st *core.HookState, b *core.SKB, off int) verdict {
	defer t.ns.In(step.NfConntrackICMPv4Error, b).Out()
	ns := t.ns
	var buf [wire.ICMPLen]byte
	h := wire.ICMP(header(b, off, wire.ICMPLen, buf[:]))
	switch {
	case h == nil:
		ns.Why(step.WhyCTShortL4)
		return invalid
	case !t.checksumOK(st, b, off, wire.ProtoICMP):
		ns.Why(step.WhyCTChecksum)
		return invalid
	case h.Type() > 18:
		ns.Why(step.WhyCTICMPType, uint64(h.Type()))
		return invalid
	case !icmpIsErr(h.Type()):
		return valid
	}
	return t.inetError(tmpl, st, b, off+wire.ICMPLen, b.IP4().Dst().Addr())
}

// icmpIsErr is icmp_is_err.
func icmpIsErr(t wire.ICMPType) bool {
	switch t {
	case 3, 4, 5, 11, 12:
		return true
	}
	return false
}

// inetError is nf_conntrack_inet_error: look the quoted packet up. Its
// connection must be one whose packets go where the error goes.
func (t *Table) inetError(tmpl *Conn, st *core.HookState, b *core.SKB, off int, daddr wire.Addr) verdict {
	defer t.ns.In(step.NfConntrackInetError, b).Out()
	ns := t.ns
	l4, proto, ok := l4proto(st.Family, b, off)
	var k, inner Tuple
	if ok {
		k, ok = tupleAt(b, off, l4, st.Family, proto)
	}
	if ok {
		inner, ok = k.Invert()
	}
	if !ok {
		ns.Why(step.WhyCTQuoteShort)
		return invalid
	}
	c, dir := t.Find(&inner, zoneOf(tmpl, b))
	if c == nil {
		if ns.Listening() {
			ns.Why(step.WhyCTQuoteUnknown, uint64(k.Proto), k.Src.Hi, k.Src.Lo, uint64(k.Sport), k.Dst.Hi, k.Dst.Lo, uint64(k.Dport))
		}
		return invalid
	}
	if want := c.tuples[dir].Dst; want != daddr {
		ns.Why(step.WhyCTQuoteElsewhere, daddr.Hi, daddr.Lo, want.Hi, want.Lo)
		return invalid
	}
	info := Related
	if dir == Reply {
		info = RelatedReply
	}
	ns.Why(step.WhyCTRelated, uint64(c.ID))
	Set(b, c, info)
	return valid
}

// icmpv6Packet is nf_conntrack_icmpv6_packet.
func (c *Conn) icmpv6Packet(st *core.HookState, b *core.SKB, info Info) verdict {
	defer c.t.ns.In(step.NfConntrackICMPv6Packet, c).Out()
	ns := c.t.ns
	if st.Family != core.NFIPv6 {
		return invalid
	}
	if typ := c.tuples[Original].Dport >> 8; !c.IsConfirmed() && typ != 128 && typ != 139 {
		ns.Why(step.WhyCTICMP6New, uint64(c.tuples[Original].Dport))
		return invalid
	}
	secs := ns.Sysctl.CT.ICMPv6Timeout
	if p := c.timeouts(); p != nil {
		secs = p.Secs[0]
	}
	ns.Why(step.WhyCTICMP, uint64(secs))
	c.refresh(b, info, secs)
	return valid
}

// icmpv6Error is nf_conntrack_icmpv6_error: neighbour discovery and group
// membership are not tracked at all.
func (t *Table) icmpv6Error(tmpl *Conn, st *core.HookState, b *core.SKB, off int) verdict {
	defer t.ns.In(step.NfConntrackICMPv6Error, b).Out()
	ns := t.ns
	var buf [wire.ICMPv6Len]byte
	h := wire.ICMPv6(header(b, off, wire.ICMPv6Len, buf[:]))
	if h == nil {
		ns.Why(step.WhyCTShortL4)
		return invalid
	}
	if !t.checksumOK(st, b, off, wire.ProtoICMPv6) {
		ns.Why(step.WhyCTChecksum)
		return invalid
	}
	switch typ := h.Type(); {
	case typ >= 130 && typ <= 136, typ == 143, typ == 151, typ == 152:
		ns.Why(step.WhyCTNoTrackICMP6, uint64(typ)<<8)
		b.SetCT(nil, uint8(Untracked))
		return valid
	case typ == 137:
		return t.icmpv6Redirect(tmpl, st, b, off)
	case typ >= 128:
		return valid
	}
	return t.inetError(tmpl, st, b, off+wire.ICMPv6Len, b.IP6().Dst())
}

// icmpv6Redirect is nf_conntrack_icmpv6_redirect: the packet that it is about is
// quoted in an option.
func (t *Table) icmpv6Redirect(tmpl *Conn, st *core.HookState, b *core.SKB, off int) verdict {
	ns := t.ns
	var buf [40 + 2]byte
	h := header(b, off, 40, buf[:])
	if h == nil {
		ns.Why(step.WhyCTShortL4)
		return invalid
	}
	ip := b.IP6()
	switch {
	case h[1] != 0:
		return valid
	case ip.HopLimit() != 255 || ip.Src().Hi>>54 != 0xfe80>>6:
		ns.Why(step.WhyCTRedirect6)
		return invalid
	}
	o := header(b, off+40, 2, buf[40:])
	if o == nil || o[1] == 0 {
		ns.Why(step.WhyCTRedirect6)
		return invalid
	}
	if o[0] != 4 { // ND_OPT_REDIRECT_HDR
		return valid
	}
	return t.inetError(tmpl, st, b, off+40+8, ip.Dst())
}
