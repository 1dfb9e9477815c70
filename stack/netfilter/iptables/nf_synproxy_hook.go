package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Where the two handshakes of a SYN proxy are joined: ipv4_synproxy_hook and
// ipv6_synproxy_hook, just before connections are confirmed.

// Check is synproxy_tg4_check.
func (t *SynproxyTarget) Check(c *CheckParam) core.Errno {
	needConntrack(c)
	SynproxyInit(c.NS, c.Family)
	return 0
}

// Destroy is synproxy_tg4_destroy.
func (t *SynproxyTarget) Destroy(c *CheckParam) {
	SynproxyFini(c.NS, c.Family)
	dropConntrack(c)
}

// Target is synproxy_tg4, synproxy_tg6.
func (t *SynproxyTarget) Target(p *Param) Verdict {
	if p.Family == core.NFIPv6 {
		return t.six(p)
	}
	return t.four(p)
}

func (t *SynproxyTarget) four(p *Param) Verdict {
	defer p.NS.In(step.SynproxyTg4, p.SKB).Out()
	return p.Synproxy(&t.SynproxyInfo, step.SynproxyTg4, true)
}

func (t *SynproxyTarget) six(p *Param) Verdict {
	defer p.NS.In(step.SynproxyTg6, p.SKB).Out()
	return p.Synproxy(&t.SynproxyInfo, step.SynproxyTg6, true)
}

// SynproxyInit is nf_synproxy_ipv4_init, nf_synproxy_ipv6_init: a rule needs the
// hooks. NFInet is both.
func SynproxyInit(ns *core.Netns, f core.Family) {
	s := Of(ns).synproxy()
	for i, g := range [...]core.Family{core.NFIPv4, core.NFIPv6} {
		if f != g && f != core.NFInet {
			continue
		}
		if s.users[i]++; s.users[i] == 1 {
			s.hooked[i] = &synproxyHook{g}
			ns.AddHook(g, core.LocalIn, core.PriLast-1, s.hooked[i])
			ns.AddHook(g, core.PostRouting, core.PriLast-1, s.hooked[i])
		}
	}
}

// SynproxyFini is nf_synproxy_ipv4_fini, nf_synproxy_ipv6_fini.
func SynproxyFini(ns *core.Netns, f core.Family) {
	s := Of(ns).synproxy()
	for i, g := range [...]core.Family{core.NFIPv4, core.NFIPv6} {
		if f != g && f != core.NFInet || s.users[i] == 0 {
			continue
		}
		if s.users[i]--; s.users[i] == 0 {
			ns.DelHook(g, core.LocalIn, s.hooked[i])
			ns.DelHook(g, core.PostRouting, s.hooked[i])
		}
	}
}

// synproxyHook is ipv4_synproxy_ops, ipv6_synproxy_ops.
type synproxyHook struct{ f core.Family }

// HookStep names the function.
func (h *synproxyHook) HookStep() step.Step {
	if h.f == core.NFIPv6 {
		return step.Ipv6SynproxyHook
	}
	return step.Ipv4SynproxyHook
}

// Run is called for each packet.
func (h *synproxyHook) Run(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	if h.f == core.NFIPv6 {
		return h.six(ns, st, b)
	}
	return h.four(ns, st, b)
}

func (h *synproxyHook) four(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.Ipv4SynproxyHook, b).Out()
	ip := b.IP4()
	if ip.Proto() != wire.ProtoTCP {
		return core.Accept
	}
	p := Borrow(ns, st, b, core.NFIPv4, b.NetworkOffset()+ip.IHL(), 0)
	v := p.synproxyHook(step.Ipv4SynproxyHook)
	p.Leave()
	return v
}

func (h *synproxyHook) six(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.Ipv6SynproxyHook, b).Out()
	ip := b.IP6()
	proto, at, _, ok := wire.SkipExtensions(ip[wire.IPv6Len:], ip.NextHeader())
	if !ok || proto != wire.ProtoTCP {
		return core.Accept
	}
	p := Borrow(ns, st, b, core.NFIPv6, b.NetworkOffset()+wire.IPv6Len+at, 0)
	v := p.synproxyHook(step.Ipv6SynproxyHook)
	p.Leave()
	return v
}

// synproxyHook is what both do.
func (p *Param) synproxyHook(at step.Step) core.Verdict {
	b := p.SKB
	c, info := conntrack.Get(b)
	if c == nil || c.Synproxy() == nil {
		return core.Accept
	}
	if b.Dev != nil && b.IIF != 0 && b.Dev.Flags&core.IFFLoopback != 0 { // nf_is_loopback_packet
		return core.Accept
	}
	var o synproxyOptions
	h := p.segment(&o)
	if h == nil {
		return core.Drop
	}
	f := h.Flags()
	syn, ack := f&wire.TCPSyn != 0, f&wire.TCPAck != 0
	sp := c.Synproxy()
	switch c.TCP.State {
	case conntrack.TCPClose:
		switch {
		case f&wire.TCPRst != 0 && info.Dir() != conntrack.Original:
			c.SeqInit(info, int32(sp.ISN-h.Seq()+1))
		case syn && !ack && info.Dir() == conntrack.Original:
			sp.TSOff = 0 // reopened
			Of(p.NS).synproxy().stats.ConnReopened++
			return p.synSent(c, info, h, &o, at)
		}
	case conntrack.TCPSynSent:
		return p.synSent(c, info, h, &o, at)
	case conntrack.TCPSynRecv:
		if syn && ack {
			p.join(c, info, h, &o)
			p.NS.Consume(b, at)
			return core.Stolen
		}
	}
	p.stampAdjust(sp, info, h.DataOff())
	return core.Accept
}

// synSent is the hook's case TCP_CONNTRACK_SYN_SENT: the SYN to the server is on its
// way, or the client asks again.
func (p *Param) synSent(c *conntrack.Conn, info conntrack.Info, h wire.TCP, o *synproxyOptions, at step.Step) core.Verdict {
	if f := h.Flags(); f&wire.TCPSyn == 0 && f&wire.TCPAck != 0 && info.Dir() == conntrack.Original {
		// A keep-alive has the number before the next one (SND.NXT-1).
		if !p.recvClientAck(h, o, h.Seq()+1) {
			return core.Drop
		}
		Of(p.NS).synproxy().stats.CookieRetrans++
		p.NS.Consume(p.SKB, at)
		return core.Stolen
	}
	sp := c.Synproxy()
	sp.ISN = h.Ack()
	if o.options&SynproxyTimestamp != 0 {
		sp.ITS = o.tsecr
	}
	c.Cache(conntrack.EventSynproxy)
	p.NS.Why(step.WhySynproxyWaits, uint64(sp.ISN))
	p.stampAdjust(sp, info, h.DataOff())
	return core.Accept
}

// join is the hook's case TCP_CONNTRACK_SYN_RECV: the server has answered. It gets
// its ACK, and the client a window.
func (p *Param) join(c *conntrack.Conn, info conntrack.Info, h wire.TCP, o *synproxyOptions) {
	sp := c.Synproxy()
	if o.options&SynproxyTimestamp != 0 {
		sp.TSOff = o.tsval - sp.ITS
		c.Cache(conntrack.EventSynproxy)
	}
	o.options &^= SynproxyMSS | SynproxyWScale | SynproxySackPerm
	h = append(wire.TCP(nil), h...) // what is sent meanwhile may use the buffer
	o.tsval, o.tsecr = o.tsecr, o.tsval
	p.sendServerAck(c, h, o)
	c.SeqInit(info, int32(sp.ISN-h.Seq()))
	c.Cache(conntrack.EventSeqAdj)
	p.NS.Why(step.WhySynproxyJoined, uint64(h.Seq()), uint64(sp.ISN))
	o.tsval, o.tsecr = o.tsecr, o.tsval
	p.sendClientAck(h, o)
}

// stampAdjust is synproxy_tstamp_adjust: the server's timestamps become those that
// the proxy began with, and back.
func (p *Param) stampAdjust(sp *conntrack.Synproxy, info conntrack.Info, n int) {
	if sp.TSOff == 0 {
		return
	}
	b := p.SKB
	b.Unshare()
	if !b.MayPull(p.ThOff + n) {
		return
	}
	h := wire.TCP(b.Data()[p.ThOff : p.ThOff+n])
	for o := []byte(h[wire.TCPMinLen:]); len(o) > 0 && o[0] != 0; {
		if o[0] == 1 {
			o = o[1:]
			continue
		}
		if len(o) < 2 || int(o[1]) > len(o) || o[1] < 2 {
			return
		}
		if o[0] == 8 && o[1] == 10 {
			v, off := o[2:6], -sp.TSOff
			if info.Dir() == conntrack.Original {
				v, off = o[6:10], sp.TSOff
			}
			old := be32(v)
			now := old + off
			put32(v[:0], now)
			if b.IPSummed != core.ChecksumPartial {
				h.SetChecksum(wire.Update32(h.Checksum(), old, now))
			}
			p.NS.Why(step.WhySynproxyStamp, uint64(int64(int32(off))))
		}
		o = o[o[1]:]
	}
}
