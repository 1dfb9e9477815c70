package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Targets that write into the IP header, and correct its checksum: xt_HL.c,
// xt_DSCP.c, ipt_ECN.c, xt_CHECKSUM.c.

// writable shows n bytes at an offset from the data pointer that may be changed
// (skb_ensure_writable); nil if the packet does not have them.
func (p *Param) writable(off, n int) []byte {
	b := p.SKB
	if off < 0 || !b.MayPull(off+n) {
		return nil
	}
	b.Unshare()
	return b.Data()[off : off+n]
}

// ip4 is the IPv4 header to be written to, nil if it is not whole.
func (p *Param) ip4() wire.IPv4 { return p.writable(p.SKB.NetworkOffset(), wire.IPv4MinLen) }

// ip6 is the IPv6 header to be written to.
func (p *Param) ip6() wire.IPv6 { return p.writable(p.SKB.NetworkOffset(), wire.IPv6Len) }

// setTOS is ipv4_change_dsfield, ipv6_change_dsfield.
func (p *Param) setTOS(v uint8) bool {
	if p.Family == core.NFIPv6 {
		h := p.ip6()
		if h == nil {
			return false
		}
		h.SetTrafficClass(v)
		return true
	}
	h := p.ip4()
	if h == nil {
		return false
	}
	h.SetChecksum(wire.Update16(h.Checksum(), uint16(h.TOS()), uint16(v)))
	h.SetTOS(v)
	return true
}

// change sets the TOS byte and says so.
func (p *Param) change(v uint8) Verdict {
	old := p.tos()
	if old != v && !p.setTOS(v) {
		return Drop
	}
	p.NS.Why(step.WhyXtTOS, uint64(old), uint64(v))
	return Continue
}

// Check is dscp_tg_check.
func (t *SetDSCP) Check(*CheckParam) core.Errno {
	if t.DSCP > 63 {
		return edom
	}
	return 0
}

// Target is dscp_tg, dscp_tg6.
func (t *SetDSCP) Target(p *Param) Verdict {
	defer p.NS.In(step.DscpTg, p.SKB).Out()
	return p.change(p.tos()&3 | t.DSCP<<2)
}

// Target is tos_tg, tos_tg6.
func (t *SetTOS) Target(p *Param) Verdict {
	defer p.NS.In(step.TosTg, p.SKB).Out()
	return p.change(p.tos()&^t.Mask ^ t.Value)
}

// hops applies an operation.
func (o HLOp) hops(v, n uint8) uint8 {
	switch o {
	case HLSet:
		return n
	case HLInc:
		return uint8(min(255, int(v)+int(n)))
	case HLDec:
		return uint8(max(0, int(v)-int(n)))
	}
	return v
}

func (o HLOp) check(n uint8) core.Errno {
	if o > HLDec || o != HLSet && n == 0 {
		return einval
	}
	return 0
}

// Check is ttl_tg_check.
func (t *SetTTL) Check(*CheckParam) core.Errno { return t.Op.check(t.Value) }

// Target is ttl_tg.
func (t *SetTTL) Target(p *Param) Verdict {
	defer p.NS.In(step.TtlTg, p.SKB).Out()
	h := p.ip4()
	if h == nil {
		return Drop
	}
	old := h.TTL()
	v := t.Op.hops(old, t.Value)
	if v != old {
		h.SetChecksum(wire.Update16(h.Checksum(), uint16(old)<<8, uint16(v)<<8))
		h.SetTTL(v)
	}
	p.NS.Why(step.WhyXtTTL, uint64(old), uint64(v))
	return Continue
}

// Check is hl_tg6_check.
func (t *SetHL) Check(*CheckParam) core.Errno { return t.Op.check(t.Value) }

// Target is hl_tg6.
func (t *SetHL) Target(p *Param) Verdict {
	defer p.NS.In(step.HlTg6, p.SKB).Out()
	h := p.ip6()
	if h == nil {
		return Drop
	}
	old := h.HopLimit()
	v := t.Op.hops(old, t.Value)
	h.SetHopLimit(v)
	p.NS.Why(step.WhyXtTTL, uint64(old), uint64(v))
	return Continue
}

// Check is ecn_tg_check.
func (t *SetECN) Check(c *CheckParam) core.Errno {
	if t.ECT > 3 {
		return einval
	}
	if (t.CWR || t.ECE) && (c.Proto != 6 || c.InvProto) {
		c.Err = errECNTarget
		return einval
	}
	return 0
}

// Target is ecn_tg.
func (t *SetECN) Target(p *Param) Verdict {
	defer p.NS.In(step.EcnTg, p.SKB).Out()
	if t.IP {
		if v := p.change(p.tos()&^3 | t.ECT); v != Continue {
			return v
		}
	}
	if !t.CWR && !t.ECE || p.SKB.IP4().Proto() != wire.ProtoTCP {
		return Continue
	}
	off := p.SKB.NetworkOffset() + p.SKB.IP4().IHL()
	h := p.writable(off, wire.TCPMinLen)
	if h == nil {
		return Drop
	}
	v := h[13]
	if t.ECE {
		v = setBit(v, 0x40, t.ECEBit)
	}
	if t.CWR {
		v = setBit(v, 0x80, t.CWRBit)
	}
	if v != h[13] {
		p.fix(h[16:], uint16(h[12])<<8|uint16(h[13]), uint16(h[12])<<8|uint16(v), false)
		h[13] = v
	}
	return Continue
}

func setBit(v, bit uint8, on bool) uint8 {
	if on {
		return v | bit
	}
	return v &^ bit
}

// fix is inet_proto_csum_replace2: a word of what a transport checksum covers has
// changed; pseudo says that it is one of the pseudo header. A checksum that the
// card will fill in holds the sum of the pseudo header only, not inverted.
func (p *Param) fix(sum []byte, old, now uint16, pseudo bool) {
	v := be16(sum)
	switch {
	case p.SKB.IPSummed != core.ChecksumPartial:
		v = wire.Update16(v, old, now)
	case pseudo:
		v = ^wire.Fold(uint32(v) + uint32(^old) + uint32(now))
	default:
		return
	}
	sum[0], sum[1] = byte(v>>8), byte(v)
}

// Target is checksum_tg: fill in what was left to the card.
func (t *Checksum) Target(p *Param) Verdict {
	defer p.NS.In(step.ChecksumTg, p.SKB).Out()
	if b := p.SKB; b.IPSummed == core.ChecksumPartial && b.GSOSize == 0 {
		p.NS.ChecksumHelp(b)
	}
	return Continue
}
