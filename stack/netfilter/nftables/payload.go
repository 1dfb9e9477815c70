package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nft_payload.c.

// A HeaderBase is where an offset counts from (enum nft_payload_bases).
type HeaderBase uint8

// The bases.
const (
	LinkHeader HeaderBase = iota
	NetworkHeader
	TransportHeader
	InnerHeader
)

// Payload is nft_payload: bytes of the packet into a register.
type Payload struct {
	Base     HeaderBase
	Off, Len uint8
	Dst      uint8
}

// vlanLen is how long an Ethernet header with a VLAN tag is.
const vlanLen = 18

// fast is nft_payload_select_ops: few bytes, at an even place, are loaded by
// nft_payload_fast_eval.
func (e *Payload) fast() bool {
	n := e.Len
	return (n == 1 || n == 2 || n == 4) && e.Off&(n-1) == 0 && (e.Base == NetworkHeader || e.Base == TransportHeader)
}

// Eval is nft_payload_eval, and nft_payload_fast_eval for what lies in the
// first, linear part of a packet. The fast one does not ask whether the packet is
// a later fragment, whose first bytes are no ports: such a rule may match it.
func (e *Payload) Eval(r *Regs, p *Pkt) {
	n := int(e.Len)
	if e.fast() && (e.Base == NetworkHeader || p.hasL4) {
		off := p.thoff
		if e.Base == NetworkHeader {
			off = p.b.NetworkOffset()
		}
		off += int(e.Off)
		if data := p.b.Data(); off >= 0 && off+n <= len(data) {
			d := r.data[int(e.Dst)*4 : int(e.Dst)*4+4]
			switch n {
			case 4:
				copy(d, data[off:off+4])
			case 2:
				d[0], d[1], d[2], d[3] = data[off], data[off+1], 0, 0
			default:
				d[0], d[1], d[2], d[3] = data[off], 0, 0, 0
			}
			return
		}
	}
	d := r.padded(e.Dst, n)
	clear(d[n&^3:])
	var off int
	switch e.Base {
	case LinkHeader:
		if p.b.MAC < 0 || p.linkLen() == 0 {
			r.Code = Break
			return
		}
		if p.b.VlanPresent && int(e.Off)+n > 12 {
			if !p.vlanHeader(d[:n], int(e.Off)) {
				r.Code = Break
			}
			return
		}
		off = p.b.MAC - p.b.Offset()
	case NetworkHeader:
		off = p.b.NetworkOffset()
	case TransportHeader:
		if !p.hasL4 || p.fragoff != 0 {
			r.Code = Break
			return
		}
		off = p.thoff
	default:
		off = p.innerOffset()
		if off < 0 {
			r.Code = Break
			return
		}
	}
	v := p.header(off+int(e.Off), n, p.scratch[:])
	if v == nil {
		r.Code = Break
		return
	}
	copy(d, v)
}

// linkLen is skb_mac_header_len.
func (p *Pkt) linkLen() int { return p.b.Network - p.b.MAC }

// vlanHeader is nft_payload_copy_vlan: the tag that the device took out is put
// in again for the rule's eyes.
func (p *Pkt) vlanHeader(d []byte, off int) bool {
	b := p.b
	eth := b.From(b.MAC)
	if len(eth) < 14 {
		return false
	}
	var h [vlanLen]byte
	copy(h[:12], eth)
	h[12], h[13] = 0x81, 0
	h[14], h[15] = byte(b.VlanTCI>>8), byte(b.VlanTCI)
	h[16], h[17] = byte(b.Protocol>>8), byte(b.Protocol)
	if off < vlanLen {
		n := copy(d, h[off:])
		d = d[n:]
		if len(d) == 0 {
			return true
		}
		off = 14
	} else {
		off -= 4
	}
	if off+len(d) > len(eth) {
		return false
	}
	copy(d, eth[off:])
	return true
}

// innerOffset is nft_payload_inner_offset: what the transport header carries,
// -1 if that is not known.
func (p *Pkt) innerOffset() int {
	if p.inner != 0 {
		return p.inner - 1
	}
	if !p.hasL4 || p.fragoff != 0 {
		return -1
	}
	var buf [wire.TCPMinLen]byte
	off := -1
	switch wire.Proto(p.tprot) {
	case wire.ProtoUDP:
		off = p.thoff + wire.UDPLen
	case wire.ProtoTCP:
		h := p.header(p.thoff, wire.TCPMinLen, buf[:])
		if h == nil {
			return -1
		}
		off = p.thoff + int(h[12]>>4)*4
	case 47: // GRE
		h := p.header(p.thoff, 4, buf[:])
		if h == nil || h[1]&7 != 0 || h[0]&0x40 != 0 {
			return -1
		}
		off = p.thoff + 4
		for _, bit := range [...]byte{0x80, 0x20, 0x10} { // checksum, key, sequence
			if h[0]&bit != 0 {
				off += 4
			}
		}
	case 4: // IPIP
		off = p.thoff
	}
	if off >= 0 {
		p.inner = off + 1
	}
	return off
}

// A Csum says which checksum of its own header a changed field is in
// (NFT_PAYLOAD_CSUM_*).
type Csum uint8

// The kinds of checksums.
const (
	CsumNone Csum = iota
	CsumInet      // the Internet checksum, at CsumOff
	CsumSCTP      // the CRC of SCTP
)

// PayloadSet is nft_payload_set: a register into the packet.
type PayloadSet struct {
	Base     HeaderBase
	Off, Len uint8
	Src      uint8
	Csum     Csum
	CsumOff  uint8
	Pseudo   bool // the field is in the transport checksum, too (NFT_PAYLOAD_L4CSUM_PSEUDOHDR)
}

// Eval is nft_payload_set_eval.
func (e *PayloadSet) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftPayloadSetEval, p.b).Out()
	src := r.at(e.Src, int(e.Len))
	var off int
	switch e.Base {
	case LinkHeader:
		if p.b.MAC < 0 {
			r.Code = Break
			return
		}
		if p.b.VlanPresent && int(e.Off)+int(e.Len) > 12 {
			if e.Off == 14 && e.Len == 2 {
				p.b.VlanTCI = be16(src)
				return
			}
			r.Code = Break
			return
		}
		off = p.b.MAC - p.b.Offset()
	case NetworkHeader:
		off = p.b.NetworkOffset()
	case TransportHeader:
		if !p.hasL4 || p.fragoff != 0 {
			r.Code = Break
			return
		}
		off = p.thoff
	default:
		if off = p.innerOffset(); off < 0 {
			r.Code = Break
			return
		}
	}
	csumOff := off + int(e.CsumOff)
	off += int(e.Off)
	n := int(e.Len)
	old := p.header(off, n, p.scratch[:])
	if old == nil {
		r.Code = Break
		return
	}
	upper := e.Base == TransportHeader || e.Base == InnerHeader
	if (e.Csum == CsumInet || e.Pseudo) && (!upper || p.b.IPSummed != core.ChecksumPartial) {
		from, to := sum(old), sum(src)
		if e.Csum == CsumInet && !p.fix(csumOff, from, to, false) {
			r.Code = Break
			return
		}
		if e.Pseudo {
			if !p.fixL4(from, to) {
				r.Code = Break
				return
			}
			if !e.inPseudoHeader() && fold(from) != fold(to) {
				p.b.CsumValid = false
			}
		}
	}
	w := p.writable(off, n)
	if w == nil {
		r.Code = Break
		return
	}
	copy(w, src)
	if e.Csum == CsumSCTP && p.hasL4 && p.tprot == uint8(wire.ProtoSCTP) && p.b.IPSummed != core.ChecksumPartial && p.fragoff == 0 && !p.crc() {
		r.Code = Break
		return
	}
	if p.ns.Listening() {
		p.ns.Why(step.WhyNftPayloadSet, uint64(e.Off), uint64(n))
	}
}

// inPseudoHeader reports whether the field is one that the receiver sums, too.
// nft_payload_l4csum_update takes that for granted when it corrects the sum that
// connection tracking has left with the packet (skb->csum); of any other field that
// sum is wrong afterwards, and the receiver adds up the whole packet again.
func (e *PayloadSet) inPseudoHeader() bool { return e.Base == NetworkHeader && e.Off > 5 }

// crc is nft_payload_csum_sctp.
func (p *Pkt) crc() bool {
	h := p.writable(p.thoff, 12)
	if h == nil {
		return false
	}
	c := conntrack.CRC32C(p.b, p.thoff)
	h = p.writable(p.thoff, 12)
	h[8], h[9], h[10], h[11] = byte(c), byte(c>>8), byte(c>>16), byte(c>>24)
	return true
}

// sum is the one's complement sum of a piece (csum_partial): as if it began at
// an even place.
func sum(b []byte) (s uint32) {
	for i, c := range b {
		if i&1 == 0 {
			s += uint32(c) << 8
		} else {
			s += uint32(c)
		}
	}
	return s
}

func fold(s uint32) uint16 {
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}

// fix is nft_csum_replace on the checksum that stands at off; partial ones hold
// the pseudo header's sum only, not inverted.
func (p *Pkt) fix(off int, from, to uint32, partial bool) bool {
	c := p.writable(off, 2)
	if c == nil {
		return false
	}
	v := be16(c)
	if !partial {
		v = ^v
	}
	v = fold(0xffff + uint32(v) + uint32(^fold(from)) + uint32(fold(to)))
	if !partial {
		v = ^v
		if v == 0 {
			v = 0xffff // CSUM_MANGLED_0
		}
	}
	c[0], c[1] = byte(v>>8), byte(v)
	return true
}

// fixExact is inet_proto_csum_replace2: as fix, and a sum of zero stays zero.
func (p *Pkt) fixExact(off int, from, to uint32) {
	if c := p.writable(off, 2); c != nil {
		v := ^be16(c)
		v = ^fold(uint32(v) + uint32(^fold(from)) + uint32(fold(to)))
		c[0], c[1] = byte(v>>8), byte(v)
	}
}

// fixL4 is nft_payload_l4csum_update: a field of the pseudo header has changed.
func (p *Pkt) fixL4(from, to uint32) bool {
	if p.fragoff != 0 || !p.hasL4 {
		return true
	}
	var off int
	switch wire.Proto(p.tprot) {
	case wire.ProtoTCP:
		off = 16
	case wire.ProtoUDP:
		var buf [8]byte
		h := p.header(p.thoff, 8, buf[:])
		if h == nil || h[6]|h[7] == 0 {
			return true
		}
		off = 6
	case 136:
		off = 6
	case wire.ProtoICMPv6:
		off = 2
	default:
		return true
	}
	return p.fix(p.thoff+off, from, to, p.b.IPSummed == core.ChecksumPartial)
}

// writable shows n bytes that may be changed (skb_ensure_writable); nil if the
// packet does not have them.
func (p *Pkt) writable(off, n int) []byte {
	b := p.b
	if off < 0 {
		at := b.Offset() + off
		if at < 0 {
			return nil
		}
		b.Unshare()
		at = b.Offset() + off
		if m := b.From(at); len(m) >= n {
			return m[:n]
		}
		return nil
	}
	if !b.MayPull(off + n) {
		return nil
	}
	b.Unshare()
	return b.Data()[off : off+n]
}
