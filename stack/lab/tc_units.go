package lab

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Numbers as tc reads and prints them (iproute2, lib/utils.c, lib/utils_math.c and
// tc/tc_util.c).

// tcNumber reads the longest number at the beginning of s (strtod) and returns what
// follows it.
func tcNumber(s string) (v float64, rest string, ok bool) {
	i := 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.' || i == 0 && (s[i] == '-' || s[i] == '+')) {
		i++
	}
	v, err := strconv.ParseFloat(s[:i], 64)
	return v, strings.ToLower(s[i:]), err == nil && !math.IsInf(v, 0)
}

// tcUnit multiplies a number by its unit; most bounds the result.
func tcUnit(s string, units map[string]float64, most float64) (float64, bool) {
	v, rest, ok := tcNumber(s)
	mul, known := units[rest]
	v *= mul
	return v, ok && known && v >= 0 && v <= most
}

var tcSizes = map[string]float64{"": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "g": 1 << 30, "gb": 1 << 30,
	"kbit": 1 << 7, "mbit": 1 << 17, "gbit": 1 << 27}

// tcBytes is get_size.
func tcBytes(s string) (int, bool) {
	v, ok := tcUnit(s, tcSizes, math.MaxUint32)
	return int(v), ok
}

var tcRates = map[string]float64{"": 1, "bit": 1, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9, "tbit": 1e12,
	"kibit": 1 << 10, "mibit": 1 << 20, "gibit": 1 << 30, "tibit": 1 << 40,
	"bps": 8, "kbps": 8e3, "mbps": 8e6, "gbps": 8e9, "tbps": 8e12,
	"kibps": 8 << 10, "mibps": 8 << 20, "gibps": 8 << 30, "tibps": 8 << 40}

// tcRate is get_rate64: bytes a second.
func tcRate(s string) (uint64, bool) {
	v, ok := tcUnit(s, tcRates, 1<<62)
	return uint64(v) / 8, ok
}

// tcTime is get_time: microseconds.
func tcTime(s string) (uint32, bool) {
	v, ok := tcUnit(s, map[string]float64{"": 1, "s": 1e6, "sec": 1e6, "secs": 1e6, "ms": 1e3, "msec": 1e3, "msecs": 1e3, "us": 1, "usec": 1, "usecs": 1}, math.MaxUint32)
	return uint32(v), ok
}

// tcTime64 is get_time64: nanoseconds.
func tcTime64(s string) (int64, bool) {
	v, ok := tcUnit(s, map[string]float64{"": 1, "s": 1e9, "sec": 1e9, "secs": 1e9, "ms": 1e6, "msec": 1e6, "msecs": 1e6, "us": 1e3, "usec": 1e3, "usecs": 1e3,
		"ns": 1, "nsec": 1, "nsecs": 1}, 1<<62)
	return int64(v), ok
}

// tcU32 is get_u32.
func tcU32(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 0, 32)
	return uint32(n), err == nil && !strings.Contains(s, "_")
}

// tcPercent is get_percent: the part of 2^32-1 that "12.5%" or "0.125" is; the
// fraction itself is in rate.
func tcPercent(s string) (uint32, bool) {
	v, rest, ok := tcNumber(s)
	if rest == "%" {
		v /= 100
	} else if rest != "" {
		return 0, false
	} else {
		v /= 100 // a bare number is a percentage, too
	}
	return uint32(math.RoundToEven(v * math.MaxUint32)), ok && v >= 0 && v <= 1
}

// tcSize is sprint_size.
func tcSize(n int) string {
	f := float64(n)
	switch {
	case n >= 1<<20 && math.Abs((1<<20)*math.RoundToEven(f/(1<<20))-f) < 1024:
		return fmt.Sprintf("%gMb", math.RoundToEven(f/(1<<20)))
	case n >= 1<<10 && math.Abs(1024*math.RoundToEven(f/1024)-f) < 16:
		return fmt.Sprintf("%gKb", math.RoundToEven(f/1024))
	}
	return fmt.Sprintf("%db", n)
}

// tcBits is sprint_rate, of bytes a second.
func tcBits(bytes uint64) string {
	units := []string{"", "K", "M", "G", "T"}
	r, i := bytes*8, 0
	for ; i < len(units)-1; i++ {
		if r < 1000 || r%1000 != 0 && r < 1000*1000 {
			break
		}
		r /= 1000
	}
	return fmt.Sprintf("%d%sbit", r, units[i])
}

// tcMicros is sprint_time, of microseconds.
func tcMicros(us uint32) string {
	switch {
	case us >= 1e6:
		return tcG3(float64(us)/1e6) + "s"
	case us >= 1e3:
		return tcG3(float64(us)/1e3) + "ms"
	}
	return fmt.Sprintf("%dus", us)
}

// tcNanos is sprint_time64.
func tcNanos(ns int64) string {
	switch {
	case ns >= 1e9:
		return tcG3(float64(ns)/1e9) + "s"
	case ns >= 1e6:
		return tcG3(float64(ns)/1e6) + "ms"
	case ns >= 1e3:
		return tcG3(float64(ns)/1e3) + "us"
	}
	return fmt.Sprintf("%dns", ns)
}

// tcG3 is printf's %.3g.
func tcG3(f float64) string { return tcG(f, 3) }

// tcG is printf's %.*g: Go's %g uses exponents of two digits, too, but only from
// 21 digits on.
func tcG(f float64, digits int) string {
	if f != 0 {
		e, _ := strconv.Atoi(strings.SplitN(fmt.Sprintf("%.*e", digits-1, f), "e", 2)[1])
		if e >= -4 && e < digits {
			return strconv.FormatFloat(mustFloat(fmt.Sprintf("%.*e", digits-1, f)), 'f', -1, 64)
		}
	}
	return fmt.Sprintf("%.*g", digits, f)
}

func mustFloat(s string) float64 { f, _ := strconv.ParseFloat(s, 64); return f }

// A tcFloat is a number that JSON shows as printf's %g does.
type tcFloat float64

// String is that text.
func (f tcFloat) String() string { return tcG(float64(f), 6) }
