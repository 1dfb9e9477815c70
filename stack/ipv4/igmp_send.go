package ipv4

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

type igmpRec struct {
	addr wire.IP4
	typ  uint8
}

// sendChanges is igmpv3_send_cr: groups that were left, then those joined.
func (ip *IPv4) sendChanges(in *InDevice) {
	var recs []igmpRec
	m := &in.mc
	for _, g := range slices.Backward(m.left) { // mc_tomb and mc_list: the newest first
		if g.crcount > 0 {
			recs = append(recs, igmpRec{g.addr, wire.IGMPv3ChangeToInclude})
			g.crcount--
		}
	}
	m.left = slices.DeleteFunc(m.left, func(g *group) bool { return g.crcount == 0 })
	for _, g := range slices.Backward(m.groups) {
		if g.crcount > 0 {
			recs = append(recs, igmpRec{g.addr, wire.IGMPv3ChangeToExclude})
			g.crcount--
		}
	}
	ip.sendV3(in, recs)
}

// sendV3 is igmpv3_newpack, add_grec and igmpv3_sendpack: a version 3 report
// to 224.0.0.22 with the router alert option (RFC 3376 §4.2).
func (ip *IPv4) sendV3(in *InDevice, recs []igmpRec) {
	per := (in.Dev.MTU - 24 - wire.IGMPLen) / wire.IGMPv3GroupLen
	for len(recs) > 0 && per > 0 {
		n := min(len(recs), per)
		p := make([]byte, wire.IGMPLen+n*wire.IGMPv3GroupLen)
		m := wire.IGMP(p)
		m.SetType(wire.IGMPv3Report)
		m.SetNumRecords(n)
		for i, r := range recs[:n] {
			wire.IGMPRecord(p[wire.IGMPLen+i*wire.IGMPv3GroupLen:]).Put(r.typ, r.addr, 0)
		}
		m.ComputeChecksum()
		ip.igmpSend(in, igmpv3MCR, p)
		recs = recs[n:]
	}
}

// sendReport is igmp_send_report for versions 1 and 2.
func (ip *IPv4) sendReport(in *InDevice, a wire.IP4, typ uint8) {
	p := make([]byte, wire.IGMPLen)
	m := wire.IGMP(p)
	m.SetType(typ)
	m.SetGroup(a)
	m.ComputeChecksum()
	dst := a
	if typ == wire.IGMPv2Leave {
		dst = allRouters
	}
	ip.igmpSend(in, dst, p)
}

// igmpSend sends a report: TTL 1, TOS 0xc0, DF, router alert.
func (ip *IPv4) igmpSend(in *InDevice, dst wire.IP4, p []byte) {
	defer ip.ns.In(step.IgmpSendReport, subject(ip.ns)).Out()
	ns := ip.ns
	fl := Flow4{Daddr: dst, OIF: in.Dev.Index, Proto: uint8(wire.ProtoIGMP)}
	d, err := ip.RouteOutput(&fl)
	if err != 0 {
		return
	}
	const hlen = wire.IPv4MinLen + 4
	b := ns.AllocSKB(core.Headroom, hlen+len(p), 0)
	b.Dst, b.Dev = d, in.Dev
	b.Priority = 7 // TC_PRIO_CONTROL
	if p[0] == wire.IGMPv3Report {
		b.Mark = core.ReservedTailroom(in.Dev.MTU)
	}
	h := wire.IPv4(b.Put(hlen + len(p)))
	b.ResetNetwork()
	b.Transport = b.Network + hlen
	h.SetVersionIHL(hlen)
	h.SetTOS(0xc0)
	h.SetFragOff(0)
	h.SetDF(true)
	h.SetID(0)
	h.SetTTL(1)
	h.SetProto(wire.ProtoIGMP)
	h.SetSrc(fl.Saddr)
	h.SetDst(dst)
	h[20], h[21], h[22], h[23] = wire.IPOptRouterAlert, 4, 0, 0
	copy(h[hlen:], p)
	ns.Why(step.WhyIgmpReport, uint64(dst), uint64(in.Dev.Index))
	ip.LocalOut(nil, b)
}
