package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
)

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
		h = conntrack.Jhash(r.at(e.Src, int(e.Len)), e.Seed)
	}
	r.put32(e.Dst, uint32(uint64(h)*uint64(e.Mod)>>32)+e.Offset)
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
	return conntrack.Jhash(k[:], 0x5bd1e995)
}
