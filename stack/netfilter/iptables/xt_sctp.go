package iptables

import "github.com/packetwalk/packetwalk/stack/step"

// Read before editing: xt_sctp.c, xt_dccp.c.

// Match is sctp_mt.
func (m *SCTP) Match(p *Param) bool {
	h, ok := p.transport(12)
	if !ok {
		return false
	}
	src, dst := be16(h), be16(h[2:])
	if m.HasSrc && m.Src.has(src) == m.InvSrc {
		return p.no(step.TryXtSport, uint64(src))
	}
	if m.HasDst && m.Dst.has(dst) == m.InvDst {
		return p.no(step.TryXtDport, uint64(dst))
	}
	return !m.HasChunks || p.is(m.chunks(p) != m.InvChunks, step.TryXtOther)
}

func has(set *[4]uint64, k uint8) bool { return set[k/64]>>(k%64)&1 != 0 }

// flags is match_flags.
func (m *SCTP) flags(chunk, flags uint8) bool {
	for _, f := range m.Flags {
		if f.Chunk == chunk {
			return flags&f.Mask == f.Flag
		}
	}
	return true
}

// chunks is match_packet.
func (m *SCTP) chunks(p *Param) bool {
	left := m.Chunks
	off := p.ThOff + 12
	for {
		h := p.header(off, 4)
		if h == nil || be16(h[2:]) == 0 {
			p.HotDrop = true
			return false
		}
		kind, flags := h[0], h[1]
		off += (int(be16(h[2:])) + 3) &^ 3
		set := has(&m.Chunks, kind)
		fit := set && m.flags(kind, flags)
		switch {
		case m.Kind == SCTPAny && fit:
			return true
		case m.Kind == SCTPAll && fit:
			left[kind/64] &^= 1 << (kind % 64)
		case m.Kind == SCTPOnly && !fit:
			return false
		}
		if off >= p.SKB.Len() {
			break
		}
	}
	switch m.Kind {
	case SCTPAll:
		return left == [4]uint64{}
	case SCTPOnly:
		return true
	}
	return false
}

// Match is dccp_mt.
func (m *DCCP) Match(p *Param) bool {
	h, ok := p.transport(12)
	if !ok {
		return false
	}
	src, dst, off, typ, x := be16(h), be16(h[2:]), int(h[4])*4, h[8]>>1&15, h[8]&1
	if m.HasSrc && m.Src.has(src) == m.InvSrc {
		return p.no(step.TryXtSport, uint64(src))
	}
	if m.HasDst && m.Dst.has(dst) == m.InvDst {
		return p.no(step.TryXtDport, uint64(dst))
	}
	if m.HasTypes && (m.Types>>typ&1 != 0) == m.InvTypes {
		return p.no(step.TryXtValue, uint64(typ))
	}
	return !m.HasOption || p.is(m.option(p, off, dccpLen(typ, x)) != m.InvOption, step.TryXtOption, uint64(m.Option))
}

// dccpLen is __dccp_hdr_len: how long the fixed part of a header is.
func dccpLen(typ, x uint8) int {
	n := 12
	if x != 0 {
		n += 4
	}
	switch typ {
	case 0: // request
		return n + 4
	case 2: // data
		return n
	case 3, 4, 5, 6, 8, 9: // ack, dataack, closereq, close, sync, syncack
		return n + 8
	}
	return n + 12 // response, reset, and what has no name
}

// option is dccp_find_option.
func (m *DCCP) option(p *Param, end, n int) bool {
	if end < n {
		p.HotDrop = true
		return false
	}
	if end == n {
		return false
	}
	buf := make([]byte, end-n)
	op := header(p.SKB, p.ThOff+n, end-n, buf)
	if op == nil {
		p.HotDrop = true
		return false
	}
	return findOption(op, m.Option) >= 0
}
