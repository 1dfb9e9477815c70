package lab

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// bootDate is the date at virtual time 0, in UTC: there is no other clock.
var bootDate = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (l *Lab) date() time.Time { return bootDate.Add(time.Duration(l.now())) }

func dateTool(p *Proc, a []string) int {
	f, t := "", p.lab.date()
	args := a[1:]
	for len(args) > 0 {
		s := args[0]
		args = args[1:]
		at, given := "", false
		switch {
		case s == "-u" || s == "--utc" || s == "--universal":
			continue
		case s == "-R" || s == "--rfc-email":
			f = "%a, %d %b %Y %H:%M:%S +0000"
			continue
		case s == "-I" || s == "-Idate" || s == "--iso-8601":
			f = "%F"
			continue
		case s == "-Iseconds" || s == "--iso-8601=seconds":
			f = "%FT%T+00:00"
			continue
		case (s == "-d" || s == "--date") && len(args) > 0:
			at, given = args[0], true
			args = args[1:]
		case strings.HasPrefix(s, "--date="):
			at, given = s[7:], true
		case strings.HasPrefix(s, "-d") && len(s) > 2:
			at, given = s[2:], true
		case strings.HasPrefix(s, "+"):
			f = s[1:]
			continue
		case strings.HasPrefix(s, "-"):
			return p.badOption(s)
		default:
			p.errf("date: invalid date ‘%s’\n", s)
			return 1
		}
		if given {
			x, ok := dateOf(at, t)
			if !ok {
				p.errf("date: invalid date ‘%s’\n", at)
				return 1
			}
			t = x
		}
	}
	if f == "" {
		f = "%a %b %e %H:%M:%S UTC %Y"
	}
	p.outf("%s\n", strftime(f, t))
	return 0
}

// dateOf reads a date as date -d does, as far as scripts go: @seconds, numbers,
// and words like "2 hours ago".
func dateOf(s string, now time.Time) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if sec, ok := strings.CutPrefix(s, "@"); ok {
		n, err := strconv.ParseInt(sec, 10, 64)
		return time.Unix(n, 0).UTC(), err == nil
	}
	t := now
	w := strings.Fields(s)
	for _, n := range []int{2, 1} {
		if len(w) < n {
			continue
		}
		done := false
		for _, lay := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z", "2006-01-02", "20060102"} {
			if x, err := time.Parse(lay, strings.Join(w[:n], " ")); err == nil {
				t, w, done = x, w[n:], true
				break
			}
		}
		if done {
			break
		}
	}
	sign := 1
	for i := 0; i < len(w); i++ {
		switch x := strings.ToLower(w[i]); x {
		case "now", "today", "utc", "z":
			continue
		case "yesterday":
			t = t.AddDate(0, 0, -1)
			continue
		case "tomorrow":
			t = t.AddDate(0, 0, 1)
			continue
		}
		n, err := strconv.Atoi(w[i])
		unit := i + 1
		if err != nil {
			n, unit = 1, i
		}
		if unit >= len(w) {
			return t, false
		}
		if unit+1 < len(w) && w[unit+1] == "ago" {
			sign = -1
		}
		n *= sign
		switch strings.TrimSuffix(strings.ToLower(w[unit]), "s") {
		case "sec", "second":
			t = t.Add(time.Duration(n) * time.Second)
		case "min", "minute":
			t = t.Add(time.Duration(n) * time.Minute)
		case "hour":
			t = t.Add(time.Duration(n) * time.Hour)
		case "day":
			t = t.AddDate(0, 0, n)
		case "week":
			t = t.AddDate(0, 0, 7*n)
		case "month":
			t = t.AddDate(0, n, 0)
		case "year":
			t = t.AddDate(n, 0, 0)
		default:
			return t, false
		}
		i = unit
		if sign < 0 {
			i++
		}
		sign = 1
	}
	return t, true
}

func strftime(f string, t time.Time) string {
	var b strings.Builder
	for i := 0; i < len(f); i++ {
		if f[i] != '%' || i+1 == len(f) {
			b.WriteByte(f[i])
			continue
		}
		i++
		if f[i] == '3' || f[i] == '6' {
			if i+1 < len(f) && f[i+1] == 'N' {
				b.WriteString(fmt.Sprintf("%09d", t.Nanosecond())[:f[i]-'0'])
				i++
				continue
			}
		}
		switch f[i] {
		case 's':
			fmt.Fprintf(&b, "%d", t.Unix())
		case 'N':
			fmt.Fprintf(&b, "%09d", t.Nanosecond())
		case 'Y':
			b.WriteString(t.Format("2006"))
		case 'm':
			b.WriteString(t.Format("01"))
		case 'd':
			b.WriteString(t.Format("02"))
		case 'H':
			b.WriteString(t.Format("15"))
		case 'M':
			b.WriteString(t.Format("04"))
		case 'S':
			b.WriteString(t.Format("05"))
		case 'T':
			b.WriteString(t.Format("15:04:05"))
		case 'F':
			b.WriteString(t.Format("2006-01-02"))
		case 'a':
			b.WriteString(t.Format("Mon"))
		case 'b':
			b.WriteString(t.Format("Jan"))
		case 'Z':
			b.WriteString("UTC")
		case 'z':
			b.WriteString("+0000")
		case 'y', 'A', 'B', 'I', 'p', 'D', 'R', 'c', 'h':
			b.WriteString(t.Format(map[byte]string{'y': "06", 'A': "Monday", 'B': "January", 'I': "03", 'p': "PM", 'D': "01/02/06", 'R': "15:04", 'c': "Mon Jan _2 15:04:05 2006", 'h': "Jan"}[f[i]]))
		case 'j':
			fmt.Fprintf(&b, "%03d", t.YearDay())
		case 'e':
			fmt.Fprintf(&b, "%2d", t.Day())
		case 'u':
			fmt.Fprintf(&b, "%d", (int(t.Weekday())+6)%7+1)
		case 'w':
			fmt.Fprintf(&b, "%d", int(t.Weekday()))
		case 'C':
			fmt.Fprintf(&b, "%02d", t.Year()/100)
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case '%':
			b.WriteByte('%')
		default:
			b.WriteByte('%')
			b.WriteByte(f[i])
		}
	}
	return b.String()
}
