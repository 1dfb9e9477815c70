package ipt

import (
	"strings"
	"time"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/sim"
)

const (
	allMonthDays = 0xfffffffe
	allWeekDays  = 0xfe
	endOfTime    = 1<<31 - 1
)

var weekDays = []string{"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}

func parseTime(c *call, d *iptables.Time) {
	switch c.o.id {
	case 0:
		d.DateStart = c.date()
	case 1:
		d.DateStop = c.date()
	case 2:
		d.DayStart = c.dayTime()
	case 3:
		d.DayStop = c.dayTime()
	case 4:
		d.Contiguous = true
	case 5:
		d.MonthDays = c.monthDays()
		if c.invert {
			d.MonthDays ^= allMonthDays
		}
	case 6:
		d.WeekDays = c.weekDays()
		if c.invert {
			d.WeekDays ^= allWeekDays
		}
	case 7:
		c.p.warn("WARNING: --localtz is being replaced by --kerneltz, since \"local\" is ambiguous. Note the kernel timezone has caveats - see manpage for details.\n")
		d.LocalTZ = true
	case 9:
		d.LocalTZ = true
	}
}

// date is time_parse_date.
func (c *call) date() sim.Time {
	v := [6]uint64{1970, 1, 1}
	lim := [6]uint64{2038, 12, 31, 23, 59, 59}
	seps := "--T::"
	s := c.arg
	for i := range v {
		n, rest, _, _ := strtoul(s, 10)
		v[i] = n
		if n > lim[i] || i == 0 && n < 1970 || rest != "" && (i == 5 || rest[0] != seps[i]) {
			c.bad("Invalid date \"%s\" specified. Should be YYYY[-MM[-DD[Thh[:mm[:ss]]]]]", c.arg)
		}
		if rest == "" {
			break
		}
		s = rest[1:]
	}
	t := time.Date(int(v[0]), time.Month(v[1]), int(v[2]), int(v[3]), int(v[4]), int(v[5]), 0, time.UTC)
	return sim.Time(uint32(t.Unix())) * sim.Second
}

// dayTime is time_parse_minutes: hh:mm[:ss].
func (c *call) dayTime() uint32 {
	s := c.arg
	bad := func() {
		c.bad("invalid time \"%s\" specified, should be hh:mm[:ss] format and within the boundaries", s)
	}
	h, rest, _, _ := strtoul(s, 10)
	if rest == "" || rest[0] != ':' || h > 23 {
		bad()
	}
	s = rest[1:]
	m, rest, _, _ := strtoul(s, 10)
	if rest != "" && rest[0] != ':' || m > 59 {
		bad()
	}
	if rest == "" {
		return uint32(h*3600 + m*60)
	}
	s = rest[1:]
	sec, rest, _, _ := strtoul(s, 10)
	if rest != "" || sec > 59 {
		bad()
	}
	return uint32(h*3600 + m*60 + sec)
}

// pieces are the words of a list as my_strseg gives them, at most n bytes of each.
func pieces(s string, n int) (l []string) {
	for s != "" {
		a, rest, more := strings.Cut(s, ",")
		l = append(l, cutTo(a, n))
		if !more {
			break
		}
		s = rest
	}
	return l
}

func (c *call) monthDays() (v uint32) {
	for _, s := range pieces(c.arg, 2) {
		n, rest, _, _ := strtoul(s, 0)
		if rest != "" && rest[0] != ',' || n > 31 {
			c.bad("%s is not a valid day for --monthdays", s)
		}
		v |= 1 << n
	}
	return v
}

func (c *call) weekDays() (v uint8) {
	for _, s := range pieces(c.arg, 3) {
		n, rest, _, _ := strtoul(s, 0)
		if rest == "" {
			if n == 0 {
				c.bad("No, the week does NOT begin with Sunday.")
			}
			v |= uint8(uint64(1) << (n & 63))
			continue
		}
		ok := false
		for i := 1; i < 8; i++ {
			if len(s) >= 2 && s[:2] == weekDays[i][:2] {
				v |= 1 << i
				ok = true
			}
		}
		if !ok {
			c.bad("%s is not a valid day specifier", s)
		}
	}
	return v
}

func hms(n uint32) (h, m, s uint32) { return n / 3600, n / 60 % 60, n % 60 }

func clock(n uint32) string {
	var b buf
	h, m, s := hms(n)
	b.f("%02d:%02d:%02d", h, m, s)
	return b.String()
}

func seconds(t sim.Time) int64 { return int64(t / sim.Second) }

func dateText(t sim.Time, sep string) string {
	return time.Unix(seconds(t), 0).UTC().Format("2006-01-02" + sep + "15:04:05")
}

func monthDayNames(v uint32, ordinal bool) string {
	var b buf
	for i := 1; i < 32; i++ {
		if v>>i&1 == 0 {
			continue
		}
		b.is(b.Len() > 0, ",")
		b.f("%d", i)
		if ordinal {
			switch i % 10 {
			case 1:
				b.f("st")
			case 2:
				b.f("nd")
			case 3:
				b.f("rd")
			default:
				b.f("th")
			}
		}
	}
	return b.String()
}

func weekDayNames(v uint8) string {
	var l []string
	for i := 1; i < 8; i++ {
		if v>>i&1 != 0 {
			l = append(l, weekDays[i])
		}
	}
	return strings.Join(l, ",")
}

func printTime(w *view, d *iptables.Time) {
	w.f(" TIME")
	if d.DayStart != 0 || d.DayStop != 86399 {
		w.f(" from %s to %s", clock(d.DayStart), clock(d.DayStop))
	}
	if d.WeekDays != allWeekDays {
		w.f(" on %s", weekDayNames(d.WeekDays))
	}
	if d.MonthDays != allMonthDays {
		w.f(" on %s", monthDayNames(d.MonthDays, true))
	}
	if d.DateStart != 0 {
		w.f(" starting from %s", dateText(d.DateStart, " "))
	}
	if seconds(d.DateStop) != endOfTime {
		w.f(" until date")
		if d.DateStop != 0 {
			w.f(" %s", dateText(d.DateStop, " "))
		}
	}
	w.is(!d.LocalTZ, " UTC")
	w.is(d.Contiguous, " contiguous")
}

func saveTime(w *view, d *iptables.Time) {
	if d.DayStart != 0 || d.DayStop != 86399 {
		w.f(" --timestart %s --timestop %s", clock(d.DayStart), clock(d.DayStop))
	}
	if d.MonthDays != allMonthDays {
		w.f(" --monthdays %s", monthDayNames(d.MonthDays, false))
	}
	if d.WeekDays != allWeekDays {
		w.f(" --weekdays %s", weekDayNames(d.WeekDays))
	}
	if d.DateStart != 0 {
		w.f(" --datestart %s", dateText(d.DateStart, "T"))
	}
	if d.DateStop != 0 {
		w.f(" --datestop %s", dateText(d.DateStop, "T"))
	}
	w.is(d.LocalTZ, " --kerneltz")
	w.is(d.Contiguous, " --contiguous")
}

func xlateTime(w *view, d *iptables.Time) bool {
	if d.DateStart != 0 || seconds(d.DateStop) != endOfTime {
		w.add("meta time ")
		w.add("\"%s\"", dateText(d.DateStart, " "))
		w.add("-\"%s\"", dateText(d.DateStop, " "))
	}
	if d.DayStart != 0 || d.DayStop != 86399 {
		w.add(" meta hour \"%s\"", clock(d.DayStart))
		w.add("-\"%s\"", clock(d.DayStop))
	}
	if d.MonthDays != allMonthDays {
		return false
	}
	if d.WeekDays != allWeekDays {
		w.add(" meta day ")
		v := d.WeekDays
		many := v&(v-1) != 0
		if many {
			w.add("{")
		}
		sep := ""
		for i := 1; i < 8; i++ {
			if v>>i&1 != 0 {
				w.add("%s%d", sep, i%7)
				sep = ", "
			}
		}
		if many {
			w.add("}")
		}
	}
	return true
}
