package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: xt_time.c, xt_u32.c, xt_string.c.

const (
	allMonthDays = 0xfffffffe // XT_TIME_ALL_MONTHDAYS
	daySeconds   = 86400

	// bootDate is the date at virtual time 0, since 1970: the first of January 2026,
	// UTC, as the simulated machine's date(1) has it.
	bootDate = 1767225600 * sim.Second
)

// Check is time_mt_check.
func (m *Time) Check(c *CheckParam) core.Errno {
	if m.DayStart >= daySeconds || m.DayStop >= daySeconds {
		c.Err = errTimeOfDay
		return edom
	}
	if m.Contiguous && m.DayStart < m.DayStop {
		return einval
	}
	return 0
}

// Match is time_mt: all of date, time of day, day of the week and of the month must
// fit. The kernel's time zone is UTC.
func (m *Time) Match(p *Param) bool {
	now := int64((bootDate + p.NS.Clock.Now()) / sim.Second)
	if now < int64(m.DateStart/sim.Second) || now > int64(m.DateStop/sim.Second) {
		return p.no(step.TryXtTime, weekday(now), uint64(now)%daySeconds*uint64(sim.Second))
	}
	at := uint32(now % daySeconds)
	stamp := now
	if m.DayStart < m.DayStop {
		if at < m.DayStart || at > m.DayStop {
			return p.no(step.TryXtTime, weekday(now), uint64(at)*uint64(sim.Second))
		}
	} else {
		if at < m.DayStart && at > m.DayStop {
			return p.no(step.TryXtTime, weekday(now), uint64(at)*uint64(sim.Second))
		}
		if m.Contiguous && at <= m.DayStop {
			stamp -= daySeconds
		}
	}
	is := m.WeekDays>>weekday(stamp)&1 != 0 && (m.MonthDays|1 == allMonthDays|1 || m.MonthDays>>monthDay(stamp/daySeconds)&1 != 0)
	return p.is(is, step.TryXtTime, weekday(now), uint64(at)*uint64(sim.Second))
}

// weekday is 1 for Monday to 7 for Sunday: the first of January 1970 was a Thursday.
func weekday(seconds int64) uint64 { return uint64((seconds/daySeconds+3)%7 + 1) }

// monthDay is the day of the month, of a day counted from the first of January
// 1970 (the Gregorian calendar, counted from March of the year 0).
func monthDay(day int64) uint64 {
	day += 719468
	doe := day % 146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	month := (5*doy + 2) / 153
	return uint64(doy - (153*month+2)/5 + 1)
}

// Check is u32_mt_checkentry.
func (m *U32) Check(*CheckParam) core.Errno {
	if len(m.Tests) > 11 {
		return einval
	}
	for _, t := range m.Tests {
		if len(t.Location) > 11 || len(t.Values) > 11 || len(t.Location) == 0 {
			return einval
		}
		for _, o := range t.Location[1:] {
			if (o.Op == U32Left || o.Op == U32Right) && o.Number >= 32 {
				return einval
			}
		}
	}
	return 0
}

// Match is u32_mt.
func (m *U32) Match(p *Param) bool {
	for i := range m.Tests {
		v, ok := m.Tests[i].value(p)
		if !ok {
			return p.is(m.Inv, step.TryXtShort)
		}
		if !inRanges(m.Tests[i].Values, v) {
			return p.is(m.Inv, step.TryXtHex, uint64(v))
		}
	}
	return p.is(!m.Inv, step.TryXtOther)
}

func inRanges(l []U32Range, v uint32) bool {
	for _, r := range l {
		if r.Min <= v && v <= r.Max {
			return true
		}
	}
	return false
}

// value is the inner loop of u32_match_it: it reports false where the packet ends.
// Arithmetic wraps as the kernel's.
func (t *U32Test) value(p *Param) (v uint32, ok bool) {
	n := uint32(p.SKB.Len())
	var at uint32
	pos := t.Location[0].Number
	if n < 4 || pos > n-4 {
		return 0, false
	}
	v = be32(p.header(int(pos), 4))
	for _, o := range t.Location[1:] {
		switch o.Op {
		case U32And:
			v &= o.Number
		case U32Left:
			v <<= o.Number
		case U32Right:
			v >>= o.Number
		case U32At:
			if at+v < at {
				return 0, false
			}
			at += v
			pos = o.Number
			if at+4 < at || n < at+4 || pos > n-at-4 {
				return 0, false
			}
			v = be32(p.header(int(at+pos), 4))
		}
	}
	return v, true
}

// Check is string_mt_check.
func (m *String) Check(*CheckParam) core.Errno {
	if m.From > m.To || len(m.Pattern) > 128 || len(m.Pattern) == 0 {
		return einval
	}
	if m.Algo != algoBM && m.Algo != algoKMP {
		return enoent
	}
	m.folded = append([]byte(nil), m.Pattern...)
	if m.IgnoreCase {
		for i, c := range m.folded {
			m.folded[i] = upper(c)
		}
	}
	return 0
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 32
	}
	return c
}

// Match is string_mt with skb_find_text: the pattern lies between From and To,
// counted from the IP header.
func (m *String) Match(p *Param) bool {
	b := p.SKB
	d := b.Data()
	n := b.Len()
	if len(d) < n {
		d = make([]byte, n)
		b.CopyBits(0, d)
	}
	found := m.find(d[min(n, int(m.From)):])
	return p.is(found != m.Inv, step.TryXtString)
}

// find looks in the bytes from From on.
func (m *String) find(d []byte) bool {
	for i := 0; i+len(m.folded) <= min(len(d), int(m.To)-int(m.From)); i++ {
		k := 0
		for k < len(m.folded) {
			c := d[i+k]
			if m.IgnoreCase {
				c = upper(c)
			}
			if c != m.folded[k] {
				break
			}
			k++
		}
		if k == len(m.folded) {
			return true
		}
	}
	return false
}
