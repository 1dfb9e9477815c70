package stack

import (
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A packet is what the replay needs to know of a captured frame before the
// model sees it: who, whom, and what it proves about the capture.
type packet struct {
	ok               bool
	haveMAC, haveDst bool
	vlan             int // of the outermost tag, -1 if there is none
	smac, dmac       wire.MAC
	l3               int // offset of the IP header, 0 if none
	ethertype        wire.EtherType
	src, dst         wire.Addr
	proto            wire.Proto
	l4               int // offset of the transport header, 0 if none
	sport, dport     uint16
	tcp              wire.TCP
	opts             tcpFacts
	payload          int // bytes of transport payload, by the IP length
	arp              bool
	arpOp            uint16
	ndTarget         wire.Addr
	partial          bool // the checksum covers only the pseudo header
	asks             bool // a request: SYN, echo request, first datagram
	unreachPort      uint16
	fragment         bool
}

type tcpFacts struct {
	ts    bool
	tsval uint32
	ws    int
	have  bool
	mss   int
	sack  bool // it lists what arrived beyond a gap
	fast  bool // it has a Fast Open cookie, or asks for one
}

func (o tcpFacts) wscale() int {
	if !o.have {
		return -1
	}
	return o.ws
}

// dissect reads the headers of a captured frame. It never fails loudly: what
// is cut off or odd is left out.
func dissect(b []byte, link pcaps.LinkType) (p packet, ok bool) {
	ok = p.read(b, link)
	return p, ok
}

// read does so in place.
func (p *packet) read(b []byte, link pcaps.LinkType) bool {
	*p = packet{vlan: -1}
	at := 0
	switch wire.LinkKind(link) {
	case wire.LinkEthernet:
		if len(b) < wire.EthernetLen {
			return false
		}
		h := wire.Ethernet(b)
		p.haveMAC, p.haveDst, p.smac, p.dmac, p.ethertype = true, true, h.Src(), h.Dst(), h.Type()
		at = wire.EthernetLen
		for (p.ethertype == wire.EtherTypeVLAN || p.ethertype == wire.EtherTypeQinQ) && len(b) >= at+4 {
			if p.vlan < 0 {
				p.vlan = int(uint16(b[at])<<8|uint16(b[at+1])) & 0xfff
			}
			p.ethertype = wire.EtherType(uint16(b[at+2])<<8 | uint16(b[at+3]))
			at += 4
		}
	case wire.LinkSLL:
		h := wire.SLL(b)
		if !h.Valid() {
			return false
		}
		p.haveMAC, p.smac, p.ethertype = h.AddrLen() == 6, h.Addr(), h.Type()
		at = wire.SLLLen
	case wire.LinkSLL2:
		h := wire.SLL2(b)
		if !h.Valid() {
			return false
		}
		p.haveMAC, p.smac, p.ethertype = h.AddrLen() == 6, h.Addr(), h.Type()
		at = wire.SLL2Len
	case wire.LinkNull, wire.LinkLoop:
		at = wire.NullLen
		if len(b) <= at {
			return false
		}
	}
	if p.ethertype == 0 && len(b) > at {
		p.ethertype = wire.EtherTypeIPv4
		if b[at]>>4 == 6 {
			p.ethertype = wire.EtherTypeIPv6
		}
	}
	switch p.ethertype {
	case wire.EtherTypeARP:
		return p.dissectARP(b[at:])
	case wire.EtherTypeIPv4:
		p.l3 = at
		return p.dissect4(b[at:], at)
	case wire.EtherTypeIPv6:
		p.l3 = at
		return p.dissect6(b[at:], at)
	}
	return p.haveMAC
}

func (p *packet) dissectARP(b []byte) bool {
	h := wire.ARP(b)
	if !h.Valid() {
		return p.haveMAC
	}
	p.arp, p.arpOp = true, uint16(h.Op())
	p.src, p.dst = h.SPA().Addr(), h.TPA().Addr()
	return true
}

func (p *packet) dissect4(b []byte, at int) bool {
	h := wire.IPv4(b)
	if len(b) < wire.IPv4MinLen || h.Version() != 4 || h.IHL() < wire.IPv4MinLen || h.IHL() > len(b) {
		p.l3 = 0
		return p.haveMAC
	}
	p.src, p.dst, p.proto = h.Src().Addr(), h.Dst().Addr(), h.Proto()
	p.fragment = h.IsFragment()
	if h.FragOffset() > 0 {
		return true
	}
	p.l4 = at + h.IHL()
	total := h.TotalLen()
	if total == 0 {
		total = len(b) // a super-frame beyond 64 KiB
	}
	p.transport(b[h.IHL():], total-h.IHL(), wire.PseudoHeader4(h.Src(), h.Dst(), h.Proto(), total-h.IHL()))
	return true
}

func (p *packet) dissect6(b []byte, at int) bool {
	h := wire.IPv6(b)
	if len(b) < wire.IPv6Len {
		p.l3 = 0
		return p.haveMAC
	}
	p.src, p.dst = h.Src(), h.Dst()
	next, off := h.NextHeader(), wire.IPv6Len
	end := wire.IPv6Len + h.PayloadLen()
	for next.IsExtension() && next != wire.ProtoNone && off+8 <= len(b) {
		if next == wire.ProtoFragment {
			p.fragment = true
			if uint16(b[off+2])<<8|uint16(b[off+3])&0xfff8 > 7 {
				p.proto = wire.Proto(b[off])
				return true
			}
			next, off = wire.Proto(b[off]), off+8
			continue
		}
		n := (int(b[off+1]) + 1) * 8
		next, off = wire.Proto(b[off]), off+n
	}
	p.proto = next
	if off > len(b) {
		return true
	}
	p.l4 = at + off
	p.transport(b[off:], end-off, wire.PseudoHeader6(h.Src(), h.Dst(), next, end-off))
	return true
}

// transport reads the ports, and whether the checksum is only the pseudo
// header's, which is what Linux leaves for the card to finish.
func (p *packet) transport(b []byte, n int, pseudo uint32) {
	switch p.proto {
	case wire.ProtoTCP:
		h := wire.TCP(b)
		if len(b) < wire.TCPMinLen {
			p.l4 = 0
			return
		}
		p.sport, p.dport, p.tcp = h.SrcPort(), h.DstPort(), h
		p.payload = max(0, n-h.DataOff())
		p.partial = h.Checksum() == ^wire.Fold(pseudo)
		f := h.Flags()
		p.asks = f.Has(wire.TCPSyn) && !f.Has(wire.TCPAck)
		if h.DataOff() >= wire.TCPMinLen && h.DataOff() <= len(b) {
			var o wire.TCPOptions
			wire.ParseTCPOptions(b[wire.TCPMinLen:h.DataOff()], &o)
			p.opts = tcpFacts{ts: o.HasTS, tsval: o.TSVal, ws: int(o.WScale), have: o.HasWScale, mss: int(o.MSS), sack: o.NumSACK > 0, fast: o.HasCookie}
		}
	case wire.ProtoUDP:
		h := wire.UDP(b)
		if len(b) < wire.UDPLen {
			p.l4 = 0
			return
		}
		p.sport, p.dport = h.SrcPort(), h.DstPort()
		p.payload = max(0, n-wire.UDPLen)
		p.partial = h.Checksum() != 0 && h.Checksum() == ^wire.Fold(pseudo)
		p.asks = true
	case wire.ProtoICMP:
		if len(b) < wire.ICMPLen {
			p.l4 = 0
			return
		}
		p.payload = max(0, n-wire.ICMPLen)
		p.asks = b[0] == 8
		if b[0] == 3 && b[1] == 3 && len(b) >= wire.ICMPLen+28 && b[wire.ICMPLen+9] == byte(wire.ProtoUDP) {
			q := b[wire.ICMPLen:]
			if ihl := int(q[0]&15) * 4; len(q) >= ihl+4 {
				p.unreachPort = uint16(q[ihl+2])<<8 | uint16(q[ihl+3])
			}
		}
	case wire.ProtoICMPv6:
		if len(b) < wire.ICMPLen {
			p.l4 = 0
			return
		}
		p.payload = max(0, n-wire.ICMPLen)
		p.asks = b[0] == 128
		if b[0] == 135 && len(b) >= 24 {
			p.ndTarget = wire.AddrFrom16(b[8:24])
		}
		if b[0] == 1 && b[1] == 4 && len(b) >= 8+40+4 && b[8+6] == byte(wire.ProtoUDP) {
			p.unreachPort = uint16(b[8+42])<<8 | uint16(b[8+43])
		}
	}
}
