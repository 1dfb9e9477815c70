package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read RFC 8200 §4 before editing; the kernel file is net/ipv6/exthdrs.c. Left
// out: segment routing, RPL, CALIPSO, IOAM, which the sysctls switch off anyway,
// mobile IPv6, which the recorded kernel is built without, and jumbograms,
// which are refused aloud.

// Limits of net.ipv6.
const (
	maxOpts = 8 // max_hbh_opts_number, max_dst_opts_number
)

// An exthdr is the inet6_protocol of an extension header: it works where
// b.Transport points and returns 1 to go on behind it.
type exthdr struct{ kind wire.Proto }

// Rcv handles the header at the transport offset.
func (x *exthdr) Rcv(ns *core.Netns, b *core.SKB) int {
	ip := Of(ns)
	switch x.kind {
	case wire.ProtoDestOpts:
		return ip.destOptRcv(b)
	case wire.ProtoRouting:
		return ip.rthdrRcv(b)
	case wire.ProtoFragment:
		return ip.fragRcv(b)
	}
	return ip.nodata(b)
}

// Err has nothing to do: no extension header has an err_handler.
func (x *exthdr) Err(ns *core.Netns, b *core.SKB, info uint32) bool { return false }

// extFits is the pskb_may_pull pair: the header at b.Transport is whole.
func extFits(b *core.SKB) (n int, ok bool) {
	off := b.TransportOffset()
	if off < 0 || !b.MayPull(off+wire.ExtMinLen) {
		return 0, false
	}
	n = wire.Ext(b.Data()[off:]).Len()
	return n, b.MayPull(off + n)
}

// parseHopOpts is ipv6_parse_hopopts: the hop-by-hop options, which every node
// on the way looks at (RFC 8200 §4.3). It reports false when the packet is gone.
func (ip *IPv6) parseHopOpts(b *core.SKB) bool {
	defer ip.ns.In(step.IPv6ParseHopopts, b).Out()
	ns := ip.ns
	n, ok := extFits(b)
	if !ok {
		ns.Why(step.WhyExtTruncated, uint64(wire.ProtoHopByHop))
		ns.Drop(b, step.DropNotSpecified, step.IPv6ParseHopopts)
		return false
	}
	b.CB.IPFlags |= 1 << 0 // IP6SKB_HOPBYHOP
	if !ip.parseTLV(b, true, b.Transport, n) {
		return false
	}
	b.CB.NHOff = b.Transport - b.Network
	b.Transport += n
	return true
}

// destOptRcv is ipv6_destopt_rcv (RFC 8200 §4.6).
func (ip *IPv6) destOptRcv(b *core.SKB) int {
	defer ip.ns.In(step.IPv6DestoptRcv, b).Out()
	ns := ip.ns
	n, ok := extFits(b)
	if !ok {
		ns.Inc(step.Ip6InHdrErrors)
		ns.Why(step.WhyExtTruncated, uint64(wire.ProtoDestOpts))
		ns.Drop(b, step.DropNotSpecified, step.IPv6DestoptRcv)
		return gone
	}
	b.CB.DstOpt = b.Transport - b.Network
	if !ip.parseTLV(b, false, b.Transport, n) {
		ns.Inc(step.Ip6InHdrErrors)
		return gone
	}
	b.CB.NHOff = b.Transport - b.Network
	b.Transport += n
	return 1
}

// parseTLV is ip6_parse_tlv: the options of a hop-by-hop or destination
// options header of n bytes at offset at. It reports false when the packet is
// gone.
func (ip *IPv6) parseTLV(b *core.SKB, hop bool, at, n int) bool {
	defer ip.ns.In(step.IP6ParseTLV, b).Out()
	opts := b.From(at)[2:n]
	off := at - b.Network + 2
	pad, count := 0, 0
	for len(opts) > 0 {
		if opts[0] == wire.IPv6OptPad1 {
			if pad++; pad > 7 {
				return ip.badTLV(b, off)
			}
			opts, off = opts[1:], off+1
			continue
		}
		if len(opts) < 2 || int(opts[1])+2 > len(opts) {
			return ip.badTLV(b, off)
		}
		l := int(opts[1]) + 2
		if opts[0] == wire.IPv6OptPadN {
			// RFC 4942 §2.1.9.5: at most 7 bytes of padding, all zero.
			if pad += l; pad > 7 || !zero(opts[2:l]) {
				return ip.badTLV(b, off)
			}
		} else {
			if count++; count > maxOpts {
				return ip.badTLV(b, off)
			}
			if !ip.option(b, hop, opts[:l], off) {
				return false
			}
			pad = 0
		}
		opts, off = opts[l:], off+l
	}
	return true
}

func zero(p []byte) bool {
	for _, c := range p {
		if c != 0 {
			return false
		}
	}
	return true
}

func (ip *IPv6) badTLV(b *core.SKB, off int) bool {
	ip.ns.Why(step.WhyExtBadOptions, uint64(off))
	ip.ns.Drop(b, step.DropIPInhdr, step.IP6ParseTLV)
	return false
}

// option handles one option: o is its type, length and data, off its offset in
// the packet.
func (ip *IPv6) option(b *core.SKB, hop bool, o []byte, off int) bool {
	switch {
	case hop && o[0] == wire.IPv6OptRouterAlert:
		return ip.hopRA(b, o, off)
	case hop && o[0] == wire.IPv6OptJumbo:
		return ip.hopJumbo(b, o, off)
	}
	return ip.optUnknown(b, o[0], off)
}

// hopRA is ipv6_hop_ra: the router alert option (RFC 2711).
func (ip *IPv6) hopRA(b *core.SKB, o []byte, off int) bool {
	defer ip.ns.In(step.IPv6HopRA, b).Out()
	ns := ip.ns
	if o[1] != 2 {
		ns.Why(step.WhyExtOptionLength, uint64(o[0]), uint64(o[1]))
		ns.Drop(b, step.DropIPInhdr, step.IPv6HopRA)
		return false
	}
	b.CB.IPFlags |= skbRouterAlert
	if o[2] == 0 && o[3] == 0 {
		b.CB.IPFlags |= skbAlertMLD
	}
	b.CB.RA = true
	ns.Why(step.WhyExtRouterAlert, uint64(o[2])<<8|uint64(o[3]))
	return true
}

// hopJumbo is ipv6_hop_jumbo (RFC 2675): the checks of the kernel; a jumbogram
// that passes them is not modelled.
func (ip *IPv6) hopJumbo(b *core.SKB, o []byte, off int) bool {
	defer ip.ns.In(step.IPv6HopJumbo, b).Out()
	ns := ip.ns
	if o[1] != 4 || off&3 != 2 {
		ns.Inc(step.Ip6InHdrErrors)
		ns.Why(step.WhyExtOptionLength, uint64(o[0]), uint64(o[1]))
		ns.Drop(b, step.DropIPInhdr, step.IPv6HopJumbo)
		return false
	}
	n := uint32(o[2])<<24 | uint32(o[3])<<16 | uint32(o[4])<<8 | uint32(o[5])
	switch h := b.IP6(); {
	case n <= 65535:
		ns.Why(step.WhyExtJumboShort, uint64(n))
		ip.paramProb(b, wire.ICMPv6HdrField, uint32(off+2), step.DropIPInhdr, step.IPv6HopJumbo)
	case h.PayloadLen() != 0:
		ns.Why(step.WhyExtJumboBoth, uint64(h.PayloadLen()))
		ip.paramProb(b, wire.ICMPv6HdrField, uint32(off), step.DropIPInhdr, step.IPv6HopJumbo)
	case int(n) > b.Len()-wire.IPv6Len:
		ns.Inc(step.Ip6InTruncatedPkts)
		ns.Why(step.WhyIP6Truncated, uint64(n), uint64(b.Len()-wire.IPv6Len))
		ns.Drop(b, step.DropPktTooSmall, step.IPv6HopJumbo)
	default:
		ns.NotModelled(b, step.WhyNo6Jumbo, step.IPv6HopJumbo, uint64(n))
	}
	return false
}

// optUnknown is ip6_tlvopt_unknown: the two highest bits of an unknown option's
// type say what to do (RFC 8200 §4.2).
func (ip *IPv6) optUnknown(b *core.SKB, typ byte, off int) bool {
	defer ip.ns.In(step.IP6TlvoptUnknown, b).Out()
	ns := ip.ns
	ns.Why(step.WhyExtUnknown, uint64(typ), uint64(off), uint64(typ>>6))
	switch typ >> 6 {
	case 0:
		return true
	case 3:
		if b.IP6().Dst().IsMulticast() {
			break
		}
		fallthrough
	case 2:
		ip.paramProb(b, wire.ICMPv6UnknownOption, uint32(off), step.DropUnhandledProto, step.IP6TlvoptUnknown)
		return false
	}
	ns.Drop(b, step.DropUnhandledProto, step.IP6TlvoptUnknown)
	return false
}

// paramProb is icmpv6_param_prob_reason: tell the sender which byte is wrong,
// and drop.
func (ip *IPv6) paramProb(b *core.SKB, code uint8, ptr uint32, why core.DropReason, at step.Step) {
	ip.icmpSend(b, uint8(wire.ICMPv6ParamProblem), code, ptr)
	ip.ns.Drop(b, why, at)
}

// rthdrRcv is ipv6_rthdr_rcv. A header whose segments are all visited is
// passed over; type 0 with segments left is refused (RFC 5095).
func (ip *IPv6) rthdrRcv(b *core.SKB) int {
	defer ip.ns.In(step.IPv6RthdrRcv, b).Out()
	ns := ip.ns
	n, ok := extFits(b)
	if !ok {
		ns.Inc(step.Ip6InHdrErrors)
		ns.Why(step.WhyExtTruncated, uint64(wire.ProtoRouting))
		ns.Drop(b, step.DropNotSpecified, step.IPv6RthdrRcv)
		return gone
	}
	h := wire.Routing(b.From(b.Transport))
	ns.Why(step.WhyRthdr, uint64(h.Type()), uint64(h.SegmentsLeft()))
	if b.IP6().Dst().IsMulticast() || b.PktType != core.PacketHost {
		ns.Inc(step.Ip6InAddrErrors)
		ns.Drop(b, step.DropNotSpecified, step.IPv6RthdrRcv)
		return gone
	}
	switch {
	case h.Type() == 4, h.Type() == 3: // seg6_enabled and rpl_seg_enabled are 0
		ns.Why(step.WhyRthdrSegments, uint64(h.Type()))
		ns.Drop(b, step.DropNotSpecified, step.IPv6RthdrRcv)
		return gone
	case h.SegmentsLeft() == 0:
		b.CB.IPFlags |= skbSrcRoute
		b.CB.NHOff = b.Transport - b.Network
		b.Transport += n
		return 1
	}
	ns.Inc(step.Ip6InHdrErrors)
	ip.paramProb(b, wire.ICMPv6HdrField, uint32(b.Transport-b.Network+2), step.DropNotSpecified, step.IPv6RthdrRcv)
	return gone
}

// nodata is dst_discard, the handler of nodata_protocol: "no next header"
// (RFC 8200 §4.7). It counts as delivered.
func (ip *IPv6) nodata(b *core.SKB) int {
	ip.ns.Why(step.WhyIP6NoNext)
	ip.dstDiscard(b)
	return 0
}
