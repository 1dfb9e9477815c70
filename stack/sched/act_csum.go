package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/sched/act_csum.c.
//
// Left out: UDP-Lite and SCTP.

// Which checksums a Csum computes (TCA_CSUM_UPDATE_FLAG_*).
const (
	CsumIPv4 = 1 << iota
	CsumICMP
	CsumIGMP
	CsumTCP
	CsumUDP
)

// A Csum is struct tcf_csum: it computes checksums anew, behind an action that has
// written into the packet.
type Csum struct {
	ActBase
	CsumParams
}

// CsumParams are its options.
type CsumParams struct{ Flags uint32 }

func (p *CsumParams) check(n *tcNet, s *ActSpec, old Action) Refusal { return Refusal{} }

func (p *CsumParams) make(n *tcNet, s *ActSpec, old Action) Action {
	a, ok := old.(*Csum)
	if !ok {
		a = &Csum{}
	}
	a.CsumParams = *p
	return a
}

// act is tcf_csum_act.
func (a *Csum) act(w *walk, b *core.SKB) Verdict {
	defer w.ns.In(step.TcfCsumAct, b).Out()
	a.used(w)
	ok := true
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv4:
		ok = a.ipv4(w, b)
	case wire.EtherTypeIPv6:
		ok = a.ipv6(w, b)
	}
	if !ok {
		a.Drops++
		return TCActShot
	}
	return a.Control
}

func (a *Csum) done(w *walk, what int) {
	if !w.ns.Listening() {
		return
	}
	var v [2]uint64
	pack(v[:], []byte(csumNames[what]))
	w.ns.Why(step.WhyCsumDone, v[:]...)
}

// ipv4 is tcf_csum_ipv4.
func (a *Csum) ipv4(w *walk, b *core.SKB) bool {
	n := b.NetworkOffset()
	if !b.MayPull(n + wire.IPv4MinLen) {
		return false
	}
	h := wire.IPv4(b.Data()[n:])
	ihl, total := h.IHL(), h.TotalLen()
	if ihl < wire.IPv4MinLen || !b.MayPull(n+ihl) {
		return false
	}
	h = wire.IPv4(b.Data()[n:])
	proto := h.Proto()
	if h[6]&0x1f != 0 || h[7] != 0 {
		proto = 0 // a later fragment
	}
	sum := wire.PseudoHeader4(h.Src(), h.Dst(), proto, total-ihl)
	if !a.transport(w, b, n+ihl, total-ihl, byte(proto), 1, sum) {
		return false
	}
	if a.Flags&CsumIPv4 != 0 {
		b.Unshare()
		p := b.Data()[n : n+ihl]
		p[10], p[11] = 0, 0
		put16(p[10:], wire.Fold(wire.Checksum(p, 0)))
		a.done(w, 0)
	}
	return true
}

// ipv6 is tcf_csum_ipv6.
func (a *Csum) ipv6(w *walk, b *core.SKB) bool {
	n := b.NetworkOffset()
	if !b.MayPull(n + wire.IPv6Len) {
		return false
	}
	next, at, ok := skipIPv6(b, n)
	if !ok {
		return true
	}
	h := wire.IPv6(b.Data()[n:])
	l := n + wire.IPv6Len + h.PayloadLen() - at
	sum := wire.PseudoHeader6(h.Src(), h.Dst(), wire.Proto(next), l)
	return a.transport(w, b, at, l, next, 58, sum)
}

// transport computes the checksum of an ICMP, IGMP, TCP or UDP message of l bytes;
// icmp is its number in this IP. false: the packet is cut short.
func (a *Csum) transport(w *walk, b *core.SKB, at, l int, proto, icmp uint8, pseudo uint32) bool {
	off, what, need := 0, 0, 8
	switch {
	case proto == icmp && a.Flags&CsumICMP != 0:
		off, what = 2, 1
		if icmp == 1 {
			pseudo = 0
		}
	case proto == 2 && icmp == 1 && a.Flags&CsumIGMP != 0:
		off, what, pseudo = 2, 2, 0
	case proto == 6 && a.Flags&CsumTCP != 0:
		off, what, need = 16, 3, wire.TCPMinLen
	case proto == 17 && a.Flags&CsumUDP != 0:
		off, what = 6, 4
	default:
		return true
	}
	if b.GSOSize > 0 && (what == 3 || what == 4) {
		return true // its segments get theirs
	}
	if l < need || !b.MayPull(at+need) || at+l > b.Len() {
		return false
	}
	b.Unshare()
	p := b.Data()[at:]
	if what == 4 && p[6] == 0 && p[7] == 0 {
		return true // UDP without a checksum
	}
	p[off], p[off+1] = 0, 0
	v := wire.Fold(b.Checksum(at, l, pseudo))
	if v == 0 && what == 4 {
		v = 0xffff
	}
	put16(b.Data()[at+off:], v)
	b.IPSummed = core.ChecksumNone
	a.done(w, what)
	return true
}

func put16(p []byte, v uint16) { p[0], p[1] = byte(v>>8), byte(v) }
