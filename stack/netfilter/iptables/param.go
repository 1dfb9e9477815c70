package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Param is struct xt_action_param: a packet that comes to a rule.
type Param struct {
	NS      *core.Netns
	State   *core.HookState
	SKB     *core.SKB
	Family  core.Family // NFIPv4 or NFIPv6: of the table; in nftables of the packet
	ThOff   int         // of the transport header, from the data pointer
	FragOff int         // fragment offset: units of 8 bytes of IPv4, bytes of IPv6
	HotDrop bool        // a match found the packet broken: drop it

	listening bool
	gone      bool // the packet has ended
	refused   refusal
	buf       [64]byte
}

// header shows n bytes (64 at most) at an offset from the data pointer; nil if the
// packet does not have them (skb_header_pointer). They are there until the next
// call.
func (p *Param) header(off, n int) []byte { return header(p.SKB, off, n, p.buf[:]) }

func header(b *core.SKB, off, n int, buf []byte) []byte {
	if n < 0 || off < 0 {
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

func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }
func be32(b []byte) uint32 { return uint32(be16(b))<<16 | uint32(be16(b[2:])) }

// The extension headers of IPv6 (NEXTHDR_*).
const (
	nextHop      = 0
	nextRouting  = 43
	nextFragment = 44
	nextESP      = 50
	nextAuth     = 51
	nextNone     = 59
	nextDest     = 60
	nextMobility = 135
)

// extHdr is ipv6_ext_hdr.
func extHdr(p int) bool {
	switch p {
	case nextHop, nextRouting, nextFragment, nextAuth, nextNone, nextDest:
		return true
	}
	return false
}

// findHdr is ipv6_find_hdr: the header of a kind, or (target -1) the first that is
// no extension header. off becomes its place; frag is the fragment offset in bytes.
// ENOENT: there is none; EBADMSG: the packet is broken.
func (p *Param) findHdr(off *int, target int) (proto, frag int, err core.Errno) {
	h := p.SKB.IP6()
	if len(h) < wire.IPv6Len {
		return 0, 0, ebadmsg
	}
	start, next := p.SKB.NetworkOffset()+wire.IPv6Len, int(h.NextHeader())
	for {
		found := next == target
		if !extHdr(next) || next == nextNone {
			if target < 0 || found {
				break
			}
			return 0, 0, enoent
		}
		hp := p.header(start, 2)
		if hp == nil {
			return 0, 0, ebadmsg
		}
		inner, size := int(hp[0]), int(hp[1])
		n := (size + 1) * 8
		if next == nextRouting && p.header(start, 4) == nil {
			return 0, 0, ebadmsg
		}
		switch next {
		case nextFragment:
			fp := p.header(start+2, 2)
			if fp == nil {
				return 0, 0, ebadmsg
			}
			if f := int(be16(fp) &^ 7); f != 0 {
				if target < 0 && (!extHdr(inner) || inner == nextNone) {
					return inner, f, 0
				}
				if !found {
					return 0, 0, enoent
				}
				*off = start
				return next, f, 0
			}
			n = 8
		case nextAuth:
			n = (size + 2) * 4
		}
		if found {
			break
		}
		next, start = inner, start+n // 6.18 does not look whether the header ends in the packet
	}
	*off = start
	return next, 0, 0
}

// skipExthdr is ipv6_skip_exthdr from the IPv6 header on: what the packet carries,
// and where, from the data pointer; off is -1 if it cannot be found. frag is the
// fragment header's word, offset and flags.
func (p *Param) skipExthdr() (proto, off, frag int) {
	h := p.SKB.IP6()
	if len(h) < wire.IPv6Len {
		return 0, -1, 0
	}
	start, next := p.SKB.NetworkOffset()+wire.IPv6Len, int(h.NextHeader())
	for extHdr(next) {
		if next == nextNone {
			return next, -1, frag
		}
		hp := p.header(start, 2)
		if hp == nil {
			return next, -1, frag
		}
		inner, size := int(hp[0]), int(hp[1])
		n := (size + 1) * 8
		switch next {
		case nextFragment:
			fp := p.header(start+2, 2)
			if fp == nil {
				return next, -1, frag
			}
			if frag = int(be16(fp)); frag&^7 != 0 {
				return inner, start + 8, frag
			}
			n = 8
		case nextAuth:
			n = (size + 2) * 4
		}
		next, start = inner, start+n
	}
	return next, start, frag
}

// addrs are the addresses of the packet; those of IPv4 as wire.IP4.Addr().
func (p *Param) addrs() (src, dst wire.Addr) {
	if p.Family == core.NFIPv6 {
		h := p.SKB.IP6()
		return h.Src(), h.Dst()
	}
	h := p.SKB.IP4()
	return h.Src().Addr(), h.Dst().Addr()
}

// hops is the TTL or hop limit.
func (p *Param) hops() uint8 {
	if p.Family == core.NFIPv6 {
		return p.SKB.IP6().HopLimit()
	}
	return p.SKB.IP4().TTL()
}

// tos is the TOS byte or traffic class.
func (p *Param) tos() uint8 {
	if p.Family == core.NFIPv6 {
		return p.SKB.IP6().TrafficClass()
	}
	return p.SKB.IP4().TOS()
}

// jiffies is the kernel's clock.
func (p *Param) jiffies() uint64 { return jiffies(p.NS) }

// jiffies is the kernel's clock in ticks of sim.Jiffy.
func jiffies(ns *core.Netns) uint64 { return uint64(ns.Clock.Now() / sim.Jiffy) }
