package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: nft_ct.c.

// A CTKey is an enum nft_ct_keys.
type CTKey uint8

// What is known of a packet's connection.
const (
	CTState CTKey = iota
	CTDirection
	CTStatus
	CTMark
	CTSecMark
	CTExpiration
	CTHelper
	CTL3Proto
	CTSrc
	CTDst
	CTProto
	CTProtoSrc
	CTProtoDst
	CTLabel
	CTPkts
	CTBytes
	CTAvgPkt
	CTZone
	CTEvent
	CTSrcIP
	CTDstIP
	CTSrcIP6
	CTDstIP6
	CTID
)

// CTDir is the direction that a CT asks about.
type CTDir int8

// The directions; CTBoth is none in particular.
const (
	CTOriginal CTDir = iota
	CTReply
	CTBoth
)

// CT is nft_ct: what is known of the packet's connection into a register.
type CT struct {
	Key CTKey
	Dir CTDir
	Len uint8 // of CTSrc and CTDst: of an address
	Dst uint8
}

// Eval is nft_ct_get_eval.
func (e *CT) Eval(r *Regs, p *Pkt) {
	if e.Key == CTState {
		r.put32(e.Dst, conntrack.State(p.b))
		return
	}
	c, info := conntrack.Get(p.b)
	if c == nil || c.Status&conntrack.Template != 0 {
		r.Code = Break
		return
	}
	switch e.Key {
	case CTDirection:
		r.put8(e.Dst, uint8(info.Dir()))
	case CTStatus:
		r.put32(e.Dst, uint32(c.Status))
	case CTMark:
		r.put32(e.Dst, c.Mark)
	case CTSecMark:
		r.put32(e.Dst, 0)
	case CTExpiration:
		r.put32(e.Dst, uint32(c.Expiration()/sim.Millisecond))
	case CTHelper:
		if c.Master == nil || c.Master.HelperOf() == conntrack.NoHelper {
			r.Code = Break
			return
		}
		r.putName(e.Dst, "ftp")
	case CTLabel:
		l, _ := c.Labels()
		r.put64(e.Dst, l[1])
		r.put64(e.Dst+2, l[0])
	case CTBytes, CTPkts, CTAvgPkt:
		r.put64(e.Dst, e.count(c))
	case CTL3Proto:
		r.put8(e.Dst, nfproto(c.L3()))
	case CTProto:
		r.put8(e.Dst, c.Proto())
	case CTZone:
		z := c.Zone()
		id := z.ID
		if e.Dir != CTBoth && z.Dirs != 0 && z.Dirs>>uint(e.Dir)&1 == 0 {
			id = 0
		}
		r.put16(e.Dst, id)
	case CTID:
		r.put32(e.Dst, c.ID)
	default:
		e.tuple(r, c)
	}
}

// tuple loads what the tuple of a direction has.
func (e *CT) tuple(r *Regs, c *conntrack.Conn) {
	t := c.Tuple(conntrack.Dir(e.Dir))
	a, n := t.Src, int(e.Len)
	switch e.Key {
	case CTProtoSrc:
		r.put16(e.Dst, t.Sport)
		return
	case CTProtoDst:
		r.put16(e.Dst, t.Dport)
		return
	case CTDst, CTDstIP, CTDstIP6:
		a = t.Dst
	}
	switch e.Key {
	case CTSrcIP, CTDstIP:
		if t.L3 != core.NFIPv4 {
			r.Code = Break
			return
		}
		n = 4
	case CTSrcIP6, CTDstIP6:
		if t.L3 != core.NFIPv6 {
			r.Code = Break
			return
		}
		n = 16
	}
	if n == 4 {
		r.put32(e.Dst, uint32(a.IP4()))
		return
	}
	a.Put16(r.at(e.Dst, 16))
}

// count is nft_ct_get_eval_counter.
func (e *CT) count(c *conntrack.Conn) uint64 {
	if !c.Acct() {
		return 0
	}
	var n conntrack.Counter
	for d, k := range c.Counters {
		if e.Dir == CTBoth || int(e.Dir) == d {
			n.Packets += k.Packets
			n.Bytes += k.Bytes
		}
	}
	switch e.Key {
	case CTPkts:
		return n.Packets
	case CTBytes:
		return n.Bytes
	}
	if n.Packets == 0 {
		return 0
	}
	return n.Bytes / n.Packets
}

// ctFamily is what nf_ct_netns_get is asked for.
func ctFamily(f core.Family) core.Family {
	if f == core.NFNetdev || f == core.NFARP {
		return core.NFInet
	}
	return f
}

func (e *CT) hold(t *Table) core.Errno {
	tab := conntrack.Enable(t.s.ns, ctFamily(t.Family))
	if e.Key == CTLabel {
		tab.UseLabels(true)
	}
	if e.Key == CTPkts || e.Key == CTBytes || e.Key == CTAvgPkt {
		t.s.ns.Sysctl.CT.Acct = 1 // nf_ct_set_acct
	}
	return 0
}

func (e *CT) release(t *Table) {
	if tab := conntrack.Of(t.s.ns); tab != nil && e.Key == CTLabel {
		tab.UseLabels(false)
	}
	conntrack.Disable(t.s.ns, ctFamily(t.Family))
}

// CTSet is nft_ct_set.
type CTSet struct {
	Key CTKey
	Dir CTDir
	Src uint8
}

// Eval is nft_ct_set_zone_eval for zones, nft_ct_set_eval for the rest.
func (e *CTSet) Eval(r *Regs, p *Pkt) {
	if e.Key == CTZone {
		e.zone(r, p)
		return
	}
	e.set(r, p)
}

// set is nft_ct_set_eval.
func (e *CTSet) set(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftCTSetEval, p.b).Out()
	c, _ := conntrack.Get(p.b)
	if c == nil || c.Status&conntrack.Template != 0 {
		return
	}
	switch e.Key {
	case CTMark:
		m := r.get32(e.Src)
		c.SetMark(m)
		p.ns.Why(step.WhyNftCTMark, uint64(m))
	case CTLabel:
		var l [2]uint64
		d := r.at(e.Src, 16)
		l[1], l[0] = number(d[:8]), number(d[8:])
		c.SetLabels(l, l)
		p.ns.Why(step.WhyNftCTLabel)
	}
}

// zone is nft_ct_set_zone_eval: the packet gets a template that conntrack reads.
func (e *CTSet) zone(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftCTSetZoneEval, p.b).Out()
	if c, _ := conntrack.Get(p.b); c != nil {
		return
	}
	z := conntrack.Zone{ID: be16(r.at(e.Src, 2))}
	switch e.Dir {
	case CTOriginal:
		z.Dirs = conntrack.ZoneOrig
	case CTReply:
		z.Dirs = conntrack.ZoneReply
	}
	conntrack.Set(p.b, conntrack.NewTemplate(p.ns, z), conntrack.New)
	p.ns.Why(step.WhyNftCTZone, uint64(z.ID))
}

func (e *CTSet) hold(t *Table) core.Errno {
	tab := conntrack.Enable(t.s.ns, ctFamily(t.Family))
	if e.Key == CTLabel {
		tab.UseLabels(true)
	}
	return 0
}

func (e *CTSet) release(t *Table) {
	if tab := conntrack.Of(t.s.ns); tab != nil && e.Key == CTLabel {
		tab.UseLabels(false)
	}
	conntrack.Disable(t.s.ns, ctFamily(t.Family))
}

// Notrack is nft_notrack.
type Notrack struct{}

// Eval is nft_notrack_eval.
func (*Notrack) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftNotrackEval, p.b).Out()
	if c, info := conntrack.Get(p.b); c != nil || info == conntrack.Untracked {
		return
	}
	conntrack.Untrack(p.b)
	p.ns.Why(step.WhyNftNotrack)
}
