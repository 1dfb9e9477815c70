package nftables

import "github.com/packetwalk/packetwalk/stack/core"

// Read before editing: nft_hash.c, include/linux/jhash.h.

// Hash is nft_hash: a number below Mod from a value (jhash), or from the
// packet's addresses and ports, the same in both directions (Sym).
type Hash struct {
	Sym    bool
	Src    uint8
	Len    uint8
	Dst    uint8
	Mod    uint32
	Seed   uint32
	Offset uint32
}

// Init is nft_jhash_init.
func (e *Hash) Init() core.Errno {
	if e.Mod < 1 {
		return erange
	}
	if e.Offset+e.Mod-1 < e.Offset {
		return eoverflow
	}
	return 0
}

// Eval is nft_jhash_eval.
func (e *Hash) Eval(r *Regs, p *Pkt) {
	var h uint32
	if e.Sym {
		h = symmetric(p)
	} else {
		h = jhash(r.at(e.Src, int(e.Len)), e.Seed)
	}
	r.put32(e.Dst, uint32(uint64(h)*uint64(e.Mod)>>32)+e.Offset)
}

func rol(v uint32, n uint) uint32 { return v<<n | v>>(32-n) }
func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// jhash is Jenkins' hash as the kernel has it.
func jhash(k []byte, seed uint32) uint32 {
	a := 0xdeadbeef + uint32(len(k)) + seed
	b, c := a, a
	for len(k) > 12 {
		a += le32(k)
		b += le32(k[4:])
		c += le32(k[8:])
		a -= c
		a ^= rol(c, 4)
		c += b
		b -= a
		b ^= rol(a, 6)
		a += c
		c -= b
		c ^= rol(b, 8)
		b += a
		a -= c
		a ^= rol(c, 16)
		c += b
		b -= a
		b ^= rol(a, 19)
		a += c
		c -= b
		c ^= rol(b, 4)
		b += a
		k = k[12:]
	}
	if len(k) == 0 {
		return c
	}
	var t [12]byte
	copy(t[:], k)
	a += le32(t[:])
	b += le32(t[4:])
	c += le32(t[8:])
	c ^= b
	c -= rol(b, 14)
	a ^= c
	a -= rol(c, 11)
	b ^= a
	b -= rol(a, 25)
	c ^= b
	c -= rol(b, 16)
	a ^= c
	a -= rol(c, 4)
	b ^= a
	b -= rol(a, 14)
	c ^= b
	c -= rol(b, 24)
	return c
}

// symmetric stands for __skb_get_hash_symmetric, whose key is random on a real
// machine: addresses and ports, the lower ones first.
func symmetric(p *Pkt) uint32 {
	var k [40]byte
	off := p.b.NetworkOffset()
	n, at := 4, 12
	if p.pf == core.NFIPv6 {
		n, at = 16, 8
	}
	var buf [40]byte
	h := p.header(off+at, 2*n, buf[:])
	if h == nil {
		return 0
	}
	a, b := h[:n], h[n:2*n]
	if string(a) > string(b) {
		a, b = b, a
	}
	copy(k[:], a)
	copy(k[16:], b)
	if p.hasL4 && p.fragoff == 0 && (p.tprot == 6 || p.tprot == 17) {
		var pb [4]byte
		if t := p.header(p.thoff, 4, pb[:]); t != nil {
			x, y := t[:2], t[2:4]
			if string(x) > string(y) {
				x, y = y, x
			}
			copy(k[32:], x)
			copy(k[34:], y)
		}
	}
	k[36] = p.tprot
	return jhash(k[:], 0x5bd1e995)
}
