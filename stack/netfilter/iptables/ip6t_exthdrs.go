package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: ip6t_frag.c, ip6t_hbh.c, ip6t_rt.c, ip6t_ipv6header.c,
// ip6t_mh.c, ip6t_eui64.c.

func (r U32Range) has(v uint32) bool { return r.Min <= v && v <= r.Max }

// ext finds an extension header and shows its first n bytes. A broken packet is
// dropped.
func (p *Param) ext(target, n int) (h []byte, off int) {
	_, _, err := p.findHdr(&off, target)
	if err == 0 {
		if h = p.header(off, n); h == nil {
			err = ebadmsg
		}
	}
	if err != 0 {
		p.HotDrop = err != enoent
		p.no(step.TryXtNoHeader, uint64(target))
		return nil, 0
	}
	return h, off
}

// whole reports whether the packet has so many bytes from off on; if not it is
// dropped.
func (p *Param) whole(off, n int) bool {
	if p.SKB.Len()-off >= n {
		return true
	}
	p.HotDrop = true
	return p.no(step.TryXtShort)
}

// Match is frag_mt6.
func (m *Frag) Match(p *Param) bool {
	h, _ := p.ext(nextFragment, 8)
	if h == nil {
		return false
	}
	off, id := be16(h[2:]), be32(h[4:])
	if m.HasID && m.ID.has(id) == m.InvID {
		return p.no(step.TryXtHex, uint64(id))
	}
	is := !(m.Res && (h[1] != 0 || off&6 != 0)) && !(m.First && off&^7 != 0) &&
		!(m.More && off&1 == 0) && !(m.Last && off&1 != 0)
	return p.is(is, step.TryXtFrag, uint64(off&^7))
}

// Match is hbh_mt6.
func (m *Opts) Match(p *Param) bool {
	target := nextHop
	if m.Dst {
		target = nextDest
	}
	h, off := p.ext(target, 2)
	if h == nil {
		return false
	}
	n := (int(h[1]) + 1) * 8
	if !p.whole(off, n) {
		return false
	}
	ret := !m.HasLen || (int(m.HdrLen) == n) != m.InvLen
	if !m.HasOpts {
		return p.is(ret, step.TryXtValue, uint64(n))
	}
	return p.is(m.options(p, off+2, n-2) && ret, step.TryXtOther)
}

// options compares the options in order. (The kernel's arithmetic is unsigned: a
// length that became negative is large.)
func (m *Opts) options(p *Param, off, n int) bool {
	for i, o := range m.Opts {
		t := p.header(off, 1)
		if n == 0 || t == nil {
			return false
		}
		typ, size := t[0], 1
		if typ != o.Type {
			return false
		}
		if typ != 0 {
			if n == 1 {
				return false
			}
			l := p.header(off+1, 1)
			if l == nil {
				return false
			}
			if o.Len >= 0 && o.Len != 0xff && o.Len != int(l[0]) {
				return false
			}
			size = int(l[0]) + 2
		}
		if (off > p.SKB.Len()-size || n >= 0 && n < size) && i < len(m.Opts)-1 {
			return false
		}
		off, n = off+size, n-size
	}
	return true
}

// Check is hbh_mt6_check.
func (m *Opts) Check(*CheckParam) core.Errno {
	if m.NotStrict || len(m.Opts) > 16 {
		return einval
	}
	return 0
}

// Check is rt_mt6_check.
func (m *RT) Check(c *CheckParam) core.Errno {
	switch {
	case len(m.Addrs) > 16:
		return einval
	case m.HasAddrs && len(m.Addrs) == 0:
		c.Err = errRTAddrs
		return einval
	case (m.Res || m.HasAddrs) && (!m.HasType || m.Type != 0 || m.InvType):
		return einval
	}
	return 0
}

// Match is rt_mt6.
func (m *RT) Match(p *Param) bool {
	h, off := p.ext(nextRouting, 4)
	if h == nil {
		return false
	}
	n, typ, segs := (int(h[1])+1)*8, h[2], h[3]
	if !p.whole(off, n) {
		return false
	}
	if m.HasSegs && m.Segs.has(uint32(segs)) == m.InvSegs {
		return p.no(step.TryXtValue, uint64(segs))
	}
	if m.HasLen && (int(m.HdrLen) == n) == m.InvLen {
		return p.no(step.TryXtValue, uint64(n))
	}
	if m.HasType && (m.Type == uint32(typ)) == m.InvType {
		return p.no(step.TryXtValue, uint64(typ))
	}
	if m.Res {
		r := p.header(off+4, 4)
		if r == nil {
			p.HotDrop = true
			return p.no(step.TryXtShort)
		}
		if be32(r) != 0 {
			return p.no(step.TryXtHex, uint64(be32(r)))
		}
	}
	return !m.HasAddrs || p.is(m.route(p, off+8, (n-8)/16), step.TryXtOther)
}

// route compares the addresses: these in order, or with NotStrict others between
// them.
func (m *RT) route(p *Param, off, n int) bool {
	if len(m.Addrs) > n {
		return false
	}
	i, k := 0, 0
	for ; k < n && i < len(m.Addrs); k++ {
		a := p.header(off+16*k, 16)
		if a == nil {
			p.HotDrop = true
			return false
		}
		if wire.AddrFrom16(a) == m.Addrs[i] {
			i++
		} else if !m.NotStrict {
			return false
		}
	}
	return i == len(m.Addrs) && (m.NotStrict || k == n)
}

// Match is ipv6header_mt6.
func (m *IPv6Header) Match(p *Param) bool {
	h := p.SKB.IP6()
	next, at := int(h.NextHeader()), wire.IPv6Len
	n := p.SKB.Len() - at
	seen := uint8(0)
	for extHdr(next) || next == nextESP {
		if next == nextNone {
			seen |= HdrNone
			break
		}
		if n < 2 {
			return p.no(step.TryXtShort)
		}
		if next == nextESP {
			seen |= HdrESP
			break
		}
		hp := p.header(at, 2)
		if hp == nil {
			p.HotDrop = true
			return p.no(step.TryXtShort)
		}
		size := (int(hp[1]) + 1) * 8
		switch next {
		case nextFragment:
			seen, size = seen|HdrFrag, 8
		case nextAuth:
			seen, size = seen|HdrAH, (int(hp[1])+2)*4
		case nextHop:
			seen |= HdrHopOpts
		case nextRouting:
			seen |= HdrRouting
		case nextDest:
			seen |= HdrDstOpts
		}
		next, n, at = int(hp[0]), n-size, at+size
		if at > p.SKB.Len() {
			break
		}
	}
	if next != nextNone && next != nextESP {
		seen |= HdrProto
	}
	if m.Soft {
		inv := uint8(0)
		if m.Inv {
			inv = 0xff
		}
		return p.is((seen^m.Flags^inv)&m.Flags == 0, step.TryXtHex, uint64(seen))
	}
	return p.is((seen == m.Flags) != m.Inv, step.TryXtHex, uint64(seen))
}

// Match is mh_mt6.
func (m *MH) Match(p *Param) bool {
	h, ok := p.transport(6)
	if !ok {
		return false
	}
	if h[0] != nextNone {
		p.HotDrop = true
		return p.no(step.TryXtShort)
	}
	return p.is((m.Min <= h[2] && h[2] <= m.Max) != m.Inv, step.TryXtValue, uint64(h[2]))
}

// Match is eui64_mt6: does the source address end in the sender's link address?
func (*EUI64) Match(p *Param) bool {
	b := p.SKB
	if b.Dev == nil || b.Dev.Type != core.LinkEther {
		return p.no(step.TryXtNoMAC)
	}
	if b.MAC < 0 || b.Network-b.MAC < wire.EthernetLen {
		p.HotDrop = true
		return p.no(step.TryXtNoMAC)
	}
	e := b.Eth()
	a := uint64(e.Src())
	want := (a>>24<<40 | 0xff<<32 | 0xfe<<24 | a&0xffffff) ^ 2<<56
	is := e.Type() == wire.EtherTypeIPv6 && b.IP6().Version() == 6 && b.IP6().Src().Lo == want
	return p.is(is, step.TryXtMAC, a)
}

// Match is ah_mt, ah_mt6.
func (m *AH) Match(p *Param) bool {
	if p.Family == core.NFIPv6 {
		return m.six(p)
	}
	h, ok := p.transport(12)
	if !ok {
		return false
	}
	spi := be32(h[4:])
	return p.is(m.SPI.has(spi) != m.InvSPI, step.TryXtHex, uint64(spi))
}

func (m *AH) six(p *Param) bool {
	h, off := p.ext(nextAuth, 12)
	if h == nil {
		return false
	}
	n, res, spi := (int(h[1])+2)*4, be16(h[2:]), be32(h[4:])
	if !p.whole(off, n) {
		return false
	}
	if m.SPI.has(spi) == m.InvSPI {
		return p.no(step.TryXtHex, uint64(spi))
	}
	if m.HdrLen != 0 && (int(m.HdrLen) == n) == m.InvHdrLen {
		return p.no(step.TryXtValue, uint64(n))
	}
	return !m.Res || p.is(res == 0, step.TryXtHex, uint64(res))
}

// Match is esp_mt.
func (m *ESP) Match(p *Param) bool {
	h, ok := p.transport(8)
	if !ok {
		return false
	}
	spi := be32(h)
	return p.is(m.SPI.has(spi) != m.InvSPI, step.TryXtHex, uint64(spi))
}
