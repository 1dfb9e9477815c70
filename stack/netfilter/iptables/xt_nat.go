package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/netfilter/nat"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: xt_nat.c, xt_MASQUERADE.c, xt_REDIRECT.c, xt_NETMAP.c.

func verdictOf(v core.Verdict) Verdict {
	if v.Kind() == core.Accept {
		return Accept
	}
	return Drop
}

// Check is xt_nat_checkentry.
func (t *NATTarget) Check(c *CheckParam) core.Errno { needConntrack(c); return 0 }

// Destroy is xt_nat_destroy.
func (t *NATTarget) Destroy(c *CheckParam) { dropConntrack(c) }

// Target is xt_snat_target_v2, xt_dnat_target_v2.
func (t *NATTarget) Target(p *Param) Verdict {
	if t.Dst {
		return t.dnat(p)
	}
	return t.snat(p)
}

func (t *NATTarget) snat(p *Param) Verdict {
	defer p.NS.In(step.XtSnatTarget, p.SKB).Out()
	return t.setup(p, nat.Src)
}

func (t *NATTarget) dnat(p *Param) Verdict {
	defer p.NS.In(step.XtDnatTarget, p.SKB).Out()
	return t.setup(p, nat.Dst)
}

func (t *NATTarget) setup(p *Param, m nat.Manip) Verdict {
	c, _ := conntrack.Get(p.SKB)
	if c == nil {
		return Accept
	}
	r := t.Range
	return verdictOf(nat.Setup(c, &r, m))
}

// Check is masquerade_tg_check.
func (t *Masquerade) Check(c *CheckParam) core.Errno {
	if t.Range.Flags&nat.MapIPs != 0 {
		return einval
	}
	needConntrack(c)
	return 0
}

// Destroy is masquerade_tg_destroy.
func (t *Masquerade) Destroy(c *CheckParam) { dropConntrack(c) }

// Target is masquerade_tg.
func (t *Masquerade) Target(p *Param) Verdict {
	defer p.NS.In(step.MasqueradeTg, p.SKB).Out()
	r := t.Range
	return verdictOf(nat.Masquerade(p.NS, p.State, p.SKB, &r))
}

// Check is redirect_tg4_check, redirect_tg6_checkentry.
func (t *Redirect) Check(c *CheckParam) core.Errno {
	if t.Range.Flags&nat.MapIPs != 0 {
		return einval
	}
	needConntrack(c)
	return 0
}

// Destroy is redirect_tg_destroy.
func (t *Redirect) Destroy(c *CheckParam) { dropConntrack(c) }

// Target is redirect_tg4, redirect_tg6.
func (t *Redirect) Target(p *Param) Verdict {
	if p.Family == core.NFIPv6 {
		return t.six(p)
	}
	return t.four(p)
}

func (t *Redirect) four(p *Param) Verdict {
	defer p.NS.In(step.RedirectTg4, p.SKB).Out()
	r := t.Range
	return verdictOf(nat.Redirect(p.NS, p.State, p.SKB, &r))
}

func (t *Redirect) six(p *Param) Verdict {
	defer p.NS.In(step.RedirectTg6, p.SKB).Out()
	r := t.Range
	return verdictOf(nat.Redirect(p.NS, p.State, p.SKB, &r))
}

// Check is netmap_tg4_check, netmap_tg6_checkentry.
func (t *Netmap) Check(c *CheckParam) core.Errno {
	if t.Range.Flags&nat.MapIPs == 0 {
		return einval
	}
	needConntrack(c)
	return 0
}

// Destroy is netmap_tg_destroy.
func (t *Netmap) Destroy(c *CheckParam) { dropConntrack(c) }

// Target is netmap_tg4, netmap_tg6.
func (t *Netmap) Target(p *Param) Verdict {
	if p.Family == core.NFIPv6 {
		return t.six(p)
	}
	return t.four(p)
}

func (t *Netmap) four(p *Param) Verdict {
	defer p.NS.In(step.NetmapTg4, p.SKB).Out()
	r := t.Range
	return verdictOf(nat.Netmap(p.State, p.SKB, &r))
}

func (t *Netmap) six(p *Param) Verdict {
	defer p.NS.In(step.NetmapTg6, p.SKB).Out()
	r := t.Range
	return verdictOf(nat.Netmap(p.State, p.SKB, &r))
}
