package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nft_exthdr.c.

// An ExtKind is what an Exthdr looks into (enum nft_exthdr_op).
type ExtKind uint8

// The kinds.
const (
	ExtIPv6 ExtKind = iota // an extension header
	ExtTCP                 // a TCP option
	ExtIPv4                // an IP option
	ExtSCTP                // a chunk of SCTP
)

// Exthdr is nft_exthdr: a piece of an option into a register, or (Present)
// whether it is there.
type Exthdr struct {
	Kind     ExtKind
	Type     uint8
	Off, Len uint8
	Present  bool
	Dst      uint8
}

// Eval is nft_exthdr_ipv6_eval and its sisters.
func (e *Exthdr) Eval(r *Regs, p *Pkt) {
	var v []byte
	found := false
	switch e.Kind {
	case ExtIPv6:
		if p.b.Protocol != uint16(wire.EtherTypeIPv6) {
			r.Code = Break
			return
		}
		v, found = e.ipv6(p)
	case ExtTCP:
		_, v = e.tcp(p)
		found = v != nil
	case ExtIPv4:
		if p.b.Protocol != uint16(wire.EtherTypeIPv4) {
			r.Code = Break
			return
		}
		v, found = e.ipv4(p)
	case ExtSCTP:
		v, found = e.sctp(p)
	}
	if e.Present {
		n := uint8(0)
		if found {
			n = 1
		}
		r.put8(e.Dst, n)
		return
	}
	if v == nil {
		r.Code = Break
		return
	}
	d := r.padded(e.Dst, int(e.Len))
	clear(d[copy(d, v):])
}

func (e *Exthdr) ipv6(p *Pkt) ([]byte, bool) {
	off := p.b.NetworkOffset()
	h := p.b.IP6()
	_, at, _, ok := p.findHdr(off+wire.IPv6Len, h.NextHeader(), int(e.Type))
	if !ok {
		return nil, false
	}
	return p.header(at+int(e.Off), int(e.Len), p.scratch[:]), true
}

// ipv4 is ipv4_find_option: the last of its kind counts.
func (e *Exthdr) ipv4(p *Pkt) ([]byte, bool) {
	h := p.b.IP4()
	n := h.IHL()
	if n <= wire.IPv4MinLen || len(h) < n {
		return nil, false
	}
	for i := wire.IPv4MinLen; i < n; {
		t := h[i]
		if t == 0 {
			break
		}
		if t == 1 {
			i++
			continue
		}
		if i+1 >= n || int(h[i+1]) < 2 || i+int(h[i+1]) > n {
			return nil, false
		}
		if t == e.Type {
			return p.header(p.b.NetworkOffset()+i+int(e.Off), int(e.Len), p.scratch[:]), true
		}
		i += int(h[i+1])
	}
	return nil, false
}

// sctp is nft_exthdr_sctp_eval: the first chunk of its type counts.
func (e *Exthdr) sctp(p *Pkt) ([]byte, bool) {
	if !p.hasL4 || p.tprot != uint8(wire.ProtoSCTP) {
		return nil, false
	}
	var buf [4]byte
	for off := p.thoff + 12; off < p.b.Len(); {
		h := p.header(off, len(buf), buf[:])
		if h == nil {
			break
		}
		n := int(be16(h[2:]))
		if n == 0 {
			break
		}
		if h[0] == e.Type {
			if e.Present {
				return nil, true
			}
			if int(e.Off)+int(e.Len) > n || off+n > p.b.Len() {
				break
			}
			return p.header(off+int(e.Off), int(e.Len), p.scratch[:]), true
		}
		off += (n + 3) &^ 3
	}
	return nil, false
}

// tcp finds a TCP option: where the TCP header begins and ends in what is
// returned first, then the wanted piece.
func (e *Exthdr) tcp(p *Pkt) (at int, v []byte) {
	if p.tprot != uint8(wire.ProtoTCP) || !p.hasL4 || p.fragoff != 0 {
		return 0, nil
	}
	h := p.header(p.thoff, wire.TCPMinLen, p.scratch[:])
	if h == nil {
		return 0, nil
	}
	n := int(h[12]>>4) * 4
	if n < wire.TCPMinLen {
		return 0, nil
	}
	if h = p.header(p.thoff, n, p.scratch[:]); h == nil {
		return 0, nil
	}
	for i := wire.TCPMinLen; i < n-1; {
		l := 1
		if h[i] > 1 && h[i+1] != 0 {
			l = int(h[i+1])
		}
		if h[i] == e.Type {
			if i+l > n || int(e.Off)+int(e.Len) > l {
				return 0, nil
			}
			k := i + int(e.Off)
			return k, h[k : k+int(e.Len)]
		}
		i += l
	}
	return 0, nil
}

// ExthdrSet is nft_exthdr with a source register: change a TCP option.
type ExthdrSet struct {
	Type     uint8
	Off, Len uint8
	Src      uint8
}

// Eval is nft_exthdr_tcp_set_eval. An MSS is only ever made smaller.
func (e *ExthdrSet) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftExthdrTCPSetEval, p.b).Out()
	if p.tprot != uint8(wire.ProtoTCP) || !p.hasL4 || p.fragoff != 0 {
		r.Code = Break
		return
	}
	x := Exthdr{Kind: ExtTCP, Type: e.Type, Off: e.Off, Len: e.Len}
	at, old := x.tcp(p)
	if old == nil {
		return
	}
	now := r.at(e.Src, int(e.Len))
	if e.Type == 2 && e.Len == 2 && be16(old) <= be16(now) {
		return
	}
	// The kernel corrects the checksum as if the option stood at an even place;
	// so where it does not, the checksum becomes wrong.
	from, to := sum(old), sum(now)
	w := p.writable(p.thoff+at, int(e.Len))
	if w == nil {
		r.Code = Break
		return
	}
	copy(w, now)
	if p.b.IPSummed != core.ChecksumPartial {
		p.fixExact(p.thoff+16, from, to)
	}
	p.ns.Why(step.WhyNftOption, uint64(e.Type), number(now))
}

// Validate is nft_exthdr_tcp_set_init: numbers of two or four bytes can be set.
func (e *ExthdrSet) Validate(*Chain) core.Errno {
	if e.Len != 2 && e.Len != 4 {
		return eopnotsupp
	}
	return 0
}

// ExthdrStrip is nft_exthdr without a register: overwrite a TCP option.
type ExthdrStrip struct{ Type uint8 }

// Eval is nft_exthdr_tcp_strip_eval: the first option of the type becomes NOPs.
func (e *ExthdrStrip) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftExthdrTCPStripEval, p.b).Out()
	if !p.hasL4 || p.tprot != uint8(wire.ProtoTCP) || p.fragoff != 0 {
		r.Code = Break
		return
	}
	h := p.header(p.thoff, wire.TCPMinLen, p.scratch[:])
	n := 0
	if h != nil {
		n = int(h[12]>>4) * 4
	}
	if n < wire.TCPMinLen || p.header(p.thoff, n, p.scratch[:]) == nil {
		r.Code = Break
		return
	}
	h = p.writable(p.thoff, n)
	for i := wire.TCPMinLen; i < n-1; {
		l := 1
		if h[i] > 1 && h[i+1] != 0 {
			l = int(h[i+1])
		}
		if h[i] == e.Type {
			if i+l > n {
				r.Code = DropCode
				return
			}
			e.strip(p, i, l)
			return
		}
		i += l
	}
}

// strip puts NOPs over l bytes at i of the TCP header, and corrects the checksum
// byte by byte.
func (e *ExthdrStrip) strip(p *Pkt, i, l int) {
	w := p.writable(p.thoff+i, l)
	for j := range w {
		from, to := uint32(w[j]), uint32(1)
		if (i+j)&1 == 0 {
			from, to = from<<8, to<<8
		}
		w[j] = 1
		if p.b.IPSummed != core.ChecksumPartial {
			p.fixExact(p.thoff+16, from, to)
		}
	}
	p.ns.Why(step.WhyNftOptionGone, uint64(e.Type), uint64(l))
}
