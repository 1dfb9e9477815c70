package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// regBytes is how many bytes the registers hold: NFT_REG32_COUNT of 4.
const regBytes = 64

// Regs are struct nft_regs: the verdict, and 16 registers of 4 bytes. A value
// begins at a register and may take several; all values have their most
// significant byte first.
type Regs struct {
	Verdict
	data [regBytes]byte
}

// at shows n bytes of the value that begins at a register.
func (r *Regs) at(reg uint8, n int) []byte { return r.data[int(reg)*4 : int(reg)*4+n] }

// padded is the same with what fills up the last register.
func (r *Regs) padded(reg uint8, n int) []byte { return r.at(reg, (n+3)&^3) }

func (r *Regs) put8(reg uint8, v uint8) {
	d := r.at(reg, 4)
	d[0], d[1], d[2], d[3] = v, 0, 0, 0
}

func (r *Regs) put16(reg uint8, v uint16) {
	d := r.at(reg, 4)
	d[0], d[1], d[2], d[3] = byte(v>>8), byte(v), 0, 0
}

func (r *Regs) put32(reg uint8, v uint32) {
	d := r.at(reg, 4)
	d[0], d[1], d[2], d[3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
}

func (r *Regs) put64(reg uint8, v uint64) {
	r.put32(reg, uint32(v>>32))
	r.put32(reg+1, uint32(v))
}

func (r *Regs) putName(reg uint8, s string) {
	d := r.at(reg, 16)
	clear(d)
	copy(d[:15], s)
}

func (r *Regs) get32(reg uint8) uint32 { return be32(r.at(reg, 4)) }

func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }
func be32(b []byte) uint32 { return uint32(be16(b))<<16 | uint32(be16(b[2:])) }

// number is the value of up to 8 bytes.
func number(b []byte) (v uint64) {
	for _, c := range b[:min(8, len(b))] {
		v = v<<8 | uint64(c)
	}
	return v
}

// A Pkt is struct nft_pktinfo: a packet as rules see it.
type Pkt struct {
	ns *core.Netns
	st *core.HookState
	b  *core.SKB

	chain   *Chain      // the base chain
	pf      core.Family // of the packet: nft_pf
	hasL4   bool        // NFT_PKTINFO_L4PROTO
	tprot   uint8
	fragoff uint16 // of IPv4 in units of 8 bytes, of IPv6 in bytes
	thoff   int    // from the data pointer
	inner   int    // 0: not looked for yet; else offset + 1
	traceID uint32
	scratch [regBytes]byte
}

// A context is what a packet needs while it passes a chain.
type context struct {
	p Pkt
	r Regs
}

// enter lends a context for a packet; leave takes it back. Chains nest when a
// rule sends a packet.
func (c *Chain) enter(ns *core.Netns, st *core.HookState, b *core.SKB, f core.Family) *context {
	s := c.Table.s
	if s.nctx == len(s.ctx) {
		s.ctx = append(s.ctx, new(context))
	}
	x := s.ctx[s.nctx]
	s.nctx++
	p := &x.p
	p.ns, p.st, p.b, p.chain, p.pf, p.inner = ns, st, b, c, f, 0
	return x
}

func (c *Chain) leave(x *context) {
	c.Table.s.nctx--
	x.p.ns, x.p.st, x.p.b, x.p.chain = nil, nil, nil, nil
}

// header shows n bytes at an offset from the data pointer, or copies them; nil
// if the packet does not have them (skb_header_pointer).
func (p *Pkt) header(off, n int, buf []byte) []byte {
	b := p.b
	if off < 0 {
		at := b.Offset() + off
		if at < 0 {
			return nil
		}
		if m := b.From(at); len(m) >= n {
			return m[:n]
		}
		return nil
	}
	if off+n <= b.HeadLen() {
		return b.Data()[off : off+n]
	}
	if off+n > b.Len() || n > len(buf) {
		return nil
	}
	b.CopyBits(off, buf[:n])
	return buf[:n]
}

// unspec is nft_set_pktinfo_unspec.
func (p *Pkt) unspec() { p.hasL4, p.tprot, p.thoff, p.fragoff, p.inner = false, 0, 0, 0, 0 }

// ipv4 is nft_set_pktinfo_ipv4: at IP's own hooks the header is known to be
// right.
func (p *Pkt) ipv4() {
	h := p.b.IP4()
	p.hasL4, p.tprot = true, uint8(h.Proto())
	p.thoff = p.b.NetworkOffset() + h.IHL()
	p.fragoff = uint16(h.FragOffset() / 8)
	p.inner = 0
}

// ipv4Checked is __nft_set_pktinfo_ipv4_validate: for bridges and devices,
// where nobody has looked at the header.
func (p *Pkt) ipv4Checked() {
	p.unspec()
	var buf [wire.IPv4MinLen]byte
	off := p.b.NetworkOffset()
	h := wire.IPv4(p.header(off, wire.IPv4MinLen, buf[:]))
	if h == nil || h[0]>>4 != 4 || h[0]&15 < 5 {
		return
	}
	if n := int(h.TotalLen()); p.b.Len() < off+n || n < h.IHL() {
		return
	}
	p.hasL4, p.tprot = true, uint8(h.Proto())
	p.thoff, p.fragoff = off+h.IHL(), uint16(h.FragOffset()/8)
}

// ipv4Ingress is nft_set_pktinfo_ipv4_ingress: false for a header that is wrong,
// whose packet the hook drops.
func (p *Pkt) ipv4Ingress() bool {
	p.unspec()
	b := p.b
	if !b.MayPull(wire.IPv4MinLen) {
		return false
	}
	h := b.IP4()
	switch n := int(h.TotalLen()); {
	case h[0]>>4 != 4 || h[0]&15 < 5:
		p.ns.Inc(step.IpInHdrErrors)
		return false
	case b.Len() < n:
		p.ns.Inc(step.IpExtInTruncatedPkts)
		return false
	case n < int(h[0]&15)*4:
		p.ns.Inc(step.IpInHdrErrors)
		return false
	}
	p.hasL4, p.tprot = true, uint8(h.Proto())
	p.thoff, p.fragoff = int(h[0]&15)*4, uint16(h.FragOffset()/8)
	return true
}

// ipv6 is nft_set_pktinfo_ipv6: the transport header is behind the extension
// headers (ipv6_find_hdr). A later fragment has none, and thoff stays 0.
func (p *Pkt) ipv6() {
	p.unspec()
	off := p.b.NetworkOffset()
	var buf [wire.IPv6Len]byte
	h := wire.IPv6(p.header(off, wire.IPv6Len, buf[:]))
	if h == nil || h[0]>>4 != 6 {
		return
	}
	proto, at, frag, ok := p.findHdr(off+wire.IPv6Len, h.NextHeader(), -1)
	if !ok {
		return
	}
	p.hasL4, p.tprot, p.thoff, p.fragoff = true, uint8(proto), at, frag
}

// ipv6Checked is __nft_set_pktinfo_ipv6_validate, for bridges and devices.
func (p *Pkt) ipv6Checked() {
	var buf [wire.IPv6Len]byte
	off := p.b.NetworkOffset()
	h := wire.IPv6(p.header(off, wire.IPv6Len, buf[:]))
	if h == nil || int(h.PayloadLen())+wire.IPv6Len > p.b.Len()-off {
		p.unspec()
		return
	}
	p.ipv6()
}

// ipv6Ingress is nft_set_pktinfo_ipv6_ingress: false for a header that is wrong,
// whose packet the hook drops.
func (p *Pkt) ipv6Ingress() bool {
	p.unspec()
	b := p.b
	if !b.MayPull(wire.IPv6Len) {
		return false
	}
	h := b.IP6()
	if h[0]>>4 == 6 && int(h.PayloadLen())+wire.IPv6Len > b.Len() {
		p.ns.Inc(step.Ip6InTruncatedPkts)
		return false
	}
	if p.ipv6(); !p.hasL4 {
		p.ns.Inc(step.Ip6InHdrErrors)
	}
	return p.hasL4
}

// findHdr is ipv6_find_hdr: walk the extension headers from off to the header
// of a kind, or (-1) to the first that is none. frag is the fragment offset in
// bytes; of a later fragment the kernel does not say where its header is.
func (p *Pkt) findHdr(off int, next wire.Proto, target int) (proto wire.Proto, at int, frag uint16, ok bool) {
	var buf [8]byte
	for {
		if target >= 0 && int(next) == target {
			return next, off, frag, true
		}
		if !next.IsExtension() || next == 59 || next == 51 && target < 0 { // IP6_FH_F_AUTH
			return next, off, frag, target < 0
		}
		h := p.header(off, 2, buf[:])
		if h == nil {
			return 0, 0, 0, false
		}
		n := (int(h[1]) + 1) * 8
		switch next {
		case 44: // fragment
			h = p.header(off, 4, buf[:])
			if h == nil {
				return 0, 0, 0, false
			}
			n = 8
			if f := be16(h[2:]) &^ 7; f != 0 {
				if target < 0 {
					next = wire.Proto(h[0])
					return next, 0, f, !next.IsExtension() || next == 59
				}
				return 0, 0, 0, false
			}
		case 51: // authentication
			n = (int(h[1]) + 2) * 4
		}
		next, off = wire.Proto(h[0]), off+n
	}
}

// byProto sets the packet up by its EtherType (bridge, netdev).
func (p *Pkt) byProto() {
	switch wire.EtherType(p.b.Protocol) {
	case wire.EtherTypeIPv4:
		p.ipv4Checked()
	case wire.EtherTypeIPv6:
		p.ipv6Checked()
	default:
		p.unspec()
	}
}
