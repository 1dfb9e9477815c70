package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Targets that change what the kernel keeps of a packet, and those that end it:
// xt_mark.c, xt_connmark.c, xt_CT.c, xt_CLASSIFY.c, xt_TRACE.c, ipt_REJECT.c,
// ip6t_REJECT.c.

// Target says the verdict.
func (t *Standard) Target(*Param) Verdict { return t.Verdict }

// Target is never called: a table jumps by itself. In nftables a Jump cannot stand.
func (t *Jump) Target(*Param) Verdict { return Continue }

// Match ends the packet: a rule with an extension that is not modelled.
func (m *NotModelledMatch) Match(p *Param) bool {
	p.NotModelled(m.What)
	return false
}

// Target ends the packet: a rule with an extension that is not modelled.
func (t *NotModelledTarget) Target(p *Param) Verdict {
	p.NotModelled(t.What)
	return Stolen
}

// Target is mark_tg.
func (t *SetMark) Target(p *Param) Verdict {
	defer p.NS.In(step.MarkTg, p.SKB).Out()
	b := p.SKB
	b.Mark = b.Mark&^t.Mask ^ t.Mark
	p.NS.Why(step.WhyXtMark, uint64(b.Mark))
	return Continue
}

// Check is connmark_tg_check_v2.
func (t *SetConnMark) Check(c *CheckParam) core.Errno {
	if t.Shift >= 32 {
		return einval
	}
	needConntrack(c)
	return 0
}

// Destroy is connmark_tg_destroy.
func (t *SetConnMark) Destroy(c *CheckParam) { dropConntrack(c) }

func (t *SetConnMark) shift(v uint32) uint32 {
	if t.ShiftRight {
		return v >> t.Shift
	}
	return v << t.Shift
}

// Target is connmark_tg_v2.
func (t *SetConnMark) Target(p *Param) Verdict {
	defer p.NS.In(step.ConnmarkTg, p.SKB).Out()
	c, _ := conntrack.Get(p.SKB)
	if c == nil {
		p.NS.Why(step.WhyXtNoConn)
		return Continue
	}
	switch t.Mode {
	case ConnMarkSet:
		c.SetMark(t.shift(c.Mark&^t.CTMask ^ t.CTMark))
		p.NS.Why(step.WhyXtConnMark, uint64(c.Mark))
	case ConnMarkSave:
		c.SetMark(c.Mark&^t.CTMask ^ t.shift(p.SKB.Mark&t.NFMask))
		p.NS.Why(step.WhyXtConnMark, uint64(c.Mark))
	case ConnMarkRestore:
		p.SKB.Mark = p.SKB.Mark&^t.NFMask ^ t.shift(c.Mark&t.CTMask)
		p.NS.Why(step.WhyXtMark, uint64(p.SKB.Mark))
	}
	return Continue
}

// Target is classify_tg.
func (t *Classify) Target(p *Param) Verdict {
	defer p.NS.In(step.ClassifyTg, p.SKB).Out()
	p.SKB.Priority = t.Priority
	p.NS.Why(step.WhyXtPriority, uint64(t.Priority))
	return Continue
}

// Target is trace_tg: rules of all tables tell of the packet from now on.
func (t *Trace) Target(p *Param) Verdict {
	defer p.NS.In(step.TraceTg, p.SKB).Out()
	p.SKB.NFTrace = true
	return Continue
}

// Check is xt_ct_tg_check.
func (t *CT) Check(c *CheckParam) core.Errno {
	t.tmpl = nil
	if t.NoTrack {
		return 0
	}
	if t.Helper != "" && (c.Proto == 0 || c.InvProto) {
		c.Err = errCTProto
		return enoent
	}
	helper := conntrack.NoHelper
	if t.Helper != "" {
		if helper = conntrack.HelperFTP; t.Helper != helper.String() || c.Proto != 6 {
			c.Err = errCTHelper
			return enoent
		}
	}
	if t.Timeout != "" && (c.Proto == 0 || c.InvProto) {
		c.Err = errCTProto
		return einval
	}
	if t.Timeout != "" {
		c.Err = errCTTimeout
		return enoent // no policy of that name: nothing of the model makes one
	}
	needConntrack(c)
	z := conntrack.Zone{ID: t.Zone, FromMark: t.ZoneMark}
	switch {
	case t.ZoneOrig && !t.ZoneRepl:
		z.Dirs = conntrack.ZoneOrig
	case t.ZoneRepl && !t.ZoneOrig:
		z.Dirs = conntrack.ZoneReply
	}
	t.tmpl = conntrack.NewTemplate(c.NS, z)
	t.tmpl.Status |= conntrack.Confirmed
	if helper != conntrack.NoHelper {
		t.tmpl.SetHelper(helper)
	}
	if t.CTEvents|t.ExpEvents != 0 {
		t.tmpl.SetEventMask(conntrack.Events(t.CTEvents))
	}
	return 0
}

// Destroy is xt_ct_tg_destroy.
func (t *CT) Destroy(c *CheckParam) {
	if t.tmpl != nil {
		dropConntrack(c)
	}
}

// Target is xt_ct_target_v1: how shall conntrack look at the packet?
func (t *CT) Target(p *Param) Verdict {
	defer p.NS.In(step.XtCtTarget, p.SKB).Out()
	p.template(t.tmpl)
	return Continue
}

// template is xt_ct_target: a packet that was seen before (loopback) keeps what it
// has.
func (p *Param) template(tmpl *conntrack.Conn) {
	if c, info := conntrack.Get(p.SKB); c != nil || info != 0 {
		return
	}
	if tmpl == nil {
		conntrack.Untrack(p.SKB)
		p.NS.Why(step.WhyXtNotrack)
		return
	}
	conntrack.Set(p.SKB, tmpl, conntrack.New)
	p.NS.Why(step.WhyXtTemplate, uint64(tmpl.Zone().ID))
}

// Target is notrack_tg.
func (t *NoTrack) Target(p *Param) Verdict {
	defer p.NS.In(step.NotrackTg, p.SKB).Out()
	p.template(nil)
	return Continue
}

// Check is reject_tg_check, reject_tg6_check.
func (t *Reject) Check(c *CheckParam) core.Errno {
	echo, reset, last := RejectEchoReply, RejectTCPReset, RejectAdminProhibited
	if c.Family == core.NFIPv6 {
		echo, reset, last = Reject6EchoReply, Reject6TCPReset, Reject6RejectRoute
	}
	switch {
	case t.With == echo:
		c.Err = errRejectEcho
		return einval
	case t.With > last:
		return einval
	case t.With == reset && (c.Proto != 6 || c.InvProto):
		c.Err = errRejectTCP
		return einval
	}
	return 0
}

// The codes of ICMP destination unreachable, by RejectWith.
var (
	rejectCodes  = [...]uint8{RejectNetUnreach: 0, RejectHostUnreach: 1, RejectProtoUnreach: 2, RejectPortUnreach: 3, RejectNetProhibited: 9, RejectHostProhibited: 10, RejectAdminProhibited: 13}
	rejectCodes6 = [...]uint8{Reject6NoRoute: 0, Reject6AdmProhibited: 1, Reject6NotNeighbour: 2, Reject6AddrUnreach: 3, Reject6PortUnreach: 4, Reject6PolicyFail: 5, Reject6RejectRoute: 6}
)

// Target is reject_tg, reject_tg6.
func (t *Reject) Target(p *Param) Verdict {
	if p.Family == core.NFIPv6 {
		t.six(p)
	} else {
		t.four(p)
	}
	return Drop
}

func (t *Reject) four(p *Param) {
	defer p.NS.In(step.RejectTg, p.SKB).Out()
	ip := ipv4.Of(p.NS)
	if t.With == RejectTCPReset {
		ip.SendReset(p.State.SK, p.SKB)
		return
	}
	ip.SendUnreach(p.SKB, rejectCodes[t.With])
}

func (t *Reject) six(p *Param) {
	defer p.NS.In(step.RejectTg6, p.SKB).Out()
	ip := ipv6.Of(p.NS)
	if t.With == Reject6TCPReset {
		ip.SendReset(p.State.SK, p.SKB)
		return
	}
	ip.SendUnreach(p.SKB, rejectCodes6[t.With])
}
