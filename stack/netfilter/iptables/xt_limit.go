package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: xt_limit.c, xt_quota.c, xt_statistic.c.

// below is POW2_BELOW32, POW2_BELOW64: the highest bit of a number.
func below(x uint64) uint64 {
	for x&(x-1) != 0 {
		x &= x - 1
	}
	return x
}

// perJiffy is CREDITS_PER_JIFFY: what a bucket gains in a tick.
const (
	day       = 24 * 60 * 60
	limitUnit = 10000 // XT_LIMIT_SCALE
)

func limitCPJ() uint32 { return uint32(below(0xffffffff / (sim.HZ * day))) }

// limitCredits is user2credits of xt_limit.c.
func limitCredits(user uint32) uint32 {
	cpj := limitCPJ()
	if user > 0xffffffff/(sim.HZ*cpj) {
		return user / limitUnit * sim.HZ * cpj
	}
	return user * sim.HZ * cpj / limitUnit
}

// Check is limit_mt_check: ERANGE if the rate is too low to be counted.
func (m *Limit) Check(c *CheckParam) core.Errno {
	if m.Burst == 0 || limitCredits(m.Avg*m.Burst) < limitCredits(m.Avg) {
		c.Err = errLimitOverflow
		return erange
	}
	return 0
}

// Reset is the rest of limit_mt_check: the bucket is full.
func (m *Limit) Reset(c *CheckParam) {
	m.prev = jiffies(c.NS)
	m.credit = limitCredits(m.Avg * m.Burst)
	m.cap, m.cost = m.credit, limitCredits(m.Avg)
}

// Match is limit_mt: credits, of which every tick gives some and every packet
// costs some.
func (m *Limit) Match(p *Param) bool {
	now := p.jiffies()
	if m.credit < m.cost && m.prev == now {
		return p.no(step.TryXtLimit, uint64(m.credit), uint64(m.cost))
	}
	m.credit += uint32(now-m.prev) * limitCPJ()
	m.prev = now
	m.credit = min(m.credit, m.cap)
	if m.credit < m.cost {
		return p.no(step.TryXtLimit, uint64(m.credit), uint64(m.cost))
	}
	m.credit -= m.cost
	return true
}

// Reset is quota_mt_check: the whole quota is left.
func (m *Quota) Reset(*CheckParam) { m.left = m.Quota }

// Match is quota_mt: until so many bytes have passed.
func (m *Quota) Match(p *Param) bool {
	n := uint64(p.SKB.Len())
	ok := m.left >= n
	if ok {
		m.left -= n
	} else {
		m.left = 0 // from now on not even a small one
	}
	return p.is(ok != m.Inv, step.TryXtQuota, m.left)
}

// Reset is statistic_mt_check, with what libxt_statistic makes of --packet: so many
// packets pass before the first that matches.
func (m *Statistic) Reset(*CheckParam) { m.count = m.Every - m.Packet }

// Match is statistic_mt: one in so many, or by chance.
func (m *Statistic) Match(p *Param) bool {
	if !m.Nth {
		n := p.NS.Machine.Rand.Uint32() & 0x7fffffff
		return p.is((n < m.Probability) != m.Inv, step.TryXtChance, uint64(n)*1000000>>31)
	}
	if m.count == m.Every {
		m.count = 0
	} else {
		m.count++
	}
	return p.is((m.count == 0) != m.Inv, step.TryXtNth, uint64(m.count))
}
