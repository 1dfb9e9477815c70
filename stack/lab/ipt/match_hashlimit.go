package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

var hashOpts = []opt{{name: "hashlimit-upto", id: 0, typ: tString, excl: 2, flags: inv}, {name: "hashlimit-above", id: 1, typ: tString, excl: 1, flags: inv},
	{name: "hashlimit", id: 0, typ: tString, excl: 2, flags: inv}, {name: "hashlimit-srcmask", id: 4, typ: tPLen}, {name: "hashlimit-dstmask", id: 5, typ: tPLen},
	{name: "hashlimit-burst", id: 7, typ: tString}, {name: "hashlimit-htable-size", id: 8, typ: tU32}, {name: "hashlimit-htable-max", id: 9, typ: tU32},
	{name: "hashlimit-htable-gcinterval", id: 10, typ: tU32}, {name: "hashlimit-htable-expire", id: 11, typ: tU32}, {name: "hashlimit-mode", id: 3, typ: tString},
	{name: "hashlimit-name", id: 6, typ: tString, flags: mand, min: 1}, {name: "hashlimit-rate-match", id: 12}, {name: "hashlimit-rate-interval", id: 13, typ: tString}}

// Rates in bytes are kept as 2^32 by what 16 bytes cost.
const (
	hashScale     = 1000000
	hashBurstMax  = 1000000
	hashByteShift = 4
)

func costToBytes(cost uint64) uint64 {
	r := uint64(1<<32 - 1)
	if cost != 0 {
		r /= cost
	}
	return (r - 1) << hashByteShift
}

func bytesToCost(bytes uint64) uint64 {
	r := uint32(bytes >> hashByteShift)
	if r+1 == 0 {
		return 0
	}
	return (1<<32 - 1) / uint64(r+1)
}

func factor(s string) uint64 {
	switch {
	case strings.HasPrefix(s, "m"):
		return 1 << 20
	case strings.HasPrefix(s, "k"):
		return 1 << 10
	}
	return 1
}

// hashBytes is parse_bytes.
func (c *call) hashBytes(d *iptables.HashLimit) bool {
	i := strings.Index(c.arg, "b/s")
	if i <= 0 {
		return false
	}
	n := uint64(atoi(c.arg))
	if n == 0 {
		return false
	}
	cost := bytesToCost(n * factor(c.arg[i-1:]))
	if cost == 0 {
		c.bad("Rate too high \"%s\"", c.arg)
	}
	c.cmd.hashMult = 15
	d.Avg = cost
	return true
}

func (c *call) hashRate(d *iptables.HashLimit) bool {
	n, sec, ok := rate(c.arg)
	if !ok || n == 0 {
		return false
	}
	c.cmd.hashMult = sec
	d.Avg = hashScale * sec / uint64(n)
	if d.Avg == 0 {
		c.bad("Rate too fast \"%s\"", c.arg)
	}
	return true
}

func parseHashLimit(c *call, d *iptables.HashLimit) {
	switch c.o.id {
	case 0, 1:
		if c.o.id == 0 == c.invert {
			d.Mode |= iptables.HashInvert
		}
		if c.hashBytes(d) {
			d.Mode |= iptables.HashBytes
		} else if !c.hashRate(d) {
			c.badValue([...]string{"--hashlimit-upto", "--hashlimit-above"}[c.o.id])
		}
	case 3:
		for _, s := range strings.FieldsFunc(c.arg, func(r rune) bool { return r == ',' || r == '|' }) {
			switch s {
			case "dstip":
				d.Mode |= iptables.HashDIP
			case "srcip":
				d.Mode |= iptables.HashSIP
			case "srcport":
				d.Mode |= iptables.HashSPT
			case "dstport":
				d.Mode |= iptables.HashDPT
			default:
				c.badValue("--hashlimit-mode")
			}
		}
	case 4:
		d.SrcMask = uint8(c.hlen)
	case 5:
		d.DstMask = uint8(c.hlen)
	case 6:
		d.HName = cutTo(c.arg, 254)
	case 7:
		v, rest, ok := number(c.arg, 1, 0)
		if !ok || rest == "" && v > hashBurstMax {
			c.bad("bad value for option \"--hashlimit-burst\", or out of range (1-%d).", hashBurstMax)
		}
		d.Burst = v * factor(rest)
	case 8:
		d.Size = uint32(c.u)
	case 9:
		d.Max = uint32(c.u)
	case 10:
		d.GCInterval = uint32(c.u)
	case 11:
		d.Expire = uint32(c.u)
	case 12:
		d.Mode |= iptables.HashRateMatch
	case 13:
		n := int32(atoi(c.arg))
		if n <= 0 {
			c.badValue("--hashlimit-rate-interval")
		}
		d.Interval = uint32(n)
	}
}

func checkHashLimit(c *call, d *iptables.HashLimit) {
	if !c.given(0, 1) {
		c.bad("You have to specify --hashlimit")
	}
	mult := c.cmd.hashMult
	if !c.given(11) {
		d.Expire = uint32(mult * 1000)
	}
	if d.Mode&iptables.HashBytes != 0 {
		burst := uint64(0)
		if c.given(7) {
			per := costToBytes(d.Avg)
			if d.Burst < per {
				c.bad("burst cannot be smaller than %db", per)
			}
			if per == 0 {
				per = 1
			}
			burst = uint64(uint32(d.Burst)) / per
			if d.Burst%per != 0 {
				burst++
			}
			if !c.given(11) {
				d.Expire = 60 * 1000
			}
		}
		d.Burst = burst
	} else if d.Burst > hashBurstMax {
		c.bad("bad value for option \"--hashlimit-burst\", or out of range (1-%d).", hashBurstMax)
	}
	if d.Mode&iptables.HashRateMatch == 0 {
		return
	}
	if d.Mode&iptables.HashBytes == 0 {
		d.Avg /= mult
	}
	if d.Interval == 0 {
		d.Interval = 1
		if d.Mode&iptables.HashBytes == 0 {
			d.Interval = uint32(mult)
		}
	}
}

var byteUnits = []struct {
	name string
	n    uint64
}{{"m", 1 << 20}, {"k", 1 << 10}, {"", 1}}

// byteUnit chooses a unit; exact wants one in which nothing is lost of a cost.
func byteUnit(r, cost uint64, exact bool) int {
	for i := range byteUnits[:2] {
		if u := byteUnits[i].n; r >= u && (!exact || bytesToCost(r&^(u-1)) == cost) {
			return i
		}
	}
	return 2
}

// hashModes are the parts of the key, in the order in which they are shown.
func hashModes(mode uint32, sep string) string {
	var l []string
	for _, m := range []struct {
		bit  uint32
		name string
	}{{iptables.HashSIP, "srcip"}, {iptables.HashSPT, "srcport"}, {iptables.HashDIP, "dstip"}, {iptables.HashDPT, "dstport"}} {
		if mode&m.bit != 0 {
			l = append(l, m.name)
		}
	}
	return strings.Join(l, sep)
}

// hashLimit is hashlimit_mt_print and _save.
func (w *view) hashLimit(d *iptables.HashLimit, opt string) {
	save := opt != ""
	above := d.Mode&iptables.HashInvert != 0
	switch {
	case save && above:
		w.f(" --hashlimit-above")
	case save:
		w.f(" --hashlimit-upto")
	case above:
		w.f(" limit: above")
	default:
		w.f(" limit: up to")
	}
	quantum := uint64(15000)
	if d.Mode&iptables.HashBytes != 0 {
		r := costToBytes(d.Avg)
		u := byteUnits[byteUnit(r, d.Avg, true)]
		w.f(" %d%sb/s", r/u.n, u.name)
		if d.Burst != 0 {
			r *= d.Burst
			u = byteUnits[byteUnit(r, 0, false)]
			w.f(" %sburst %d%sb", opt, r/u.n, u.name)
			quantum = 60000
		}
	} else {
		period := d.Avg
		if !save && d.Interval != 0 {
			period *= uint64(d.Interval)
		}
		quantum = 0
		if period == 0 {
			w.f(" inf")
		} else {
			n, u := perUnit(period, hashScale)
			w.f(" %d/%s", n, rateUnits[u].short)
			quantum = rateUnits[u].seconds * 1000
		}
		w.f(" %sburst %d", opt, d.Burst)
	}
	if s := hashModes(d.Mode, "-"); s != "" {
		if save {
			s = hashModes(d.Mode, ",")
		}
		w.f(" %smode %s", opt, s)
	}
	if save {
		w.f(" --hashlimit-name %s", d.HName)
	}
	num := func(on bool, name string, v uint32) {
		if on {
			w.f(" %s%s %d", opt, name, v)
		}
	}
	bits := uint8(8 * size(w.fam))
	num(d.Size != 0, "htable-size", d.Size)
	num(d.Max != 0, "htable-max", d.Max)
	num(d.GCInterval != 1000, "htable-gcinterval", d.GCInterval)
	num(uint64(d.Expire) != quantum, "htable-expire", d.Expire)
	num(d.SrcMask != bits, "srcmask", uint32(d.SrcMask))
	num(d.DstMask != bits, "dstmask", uint32(d.DstMask))
	if d.Mode&iptables.HashRateMatch != 0 {
		w.f(" %srate-match", opt)
		num(d.Interval != 1, "rate-interval", d.Interval)
	}
}

// xlateHashLimit writes a meter, which nft has for limits by key.
func xlateHashLimit(w *view, d *iptables.HashLimit) bool {
	w.add("meter %s {", d.HName)
	mode := d.Mode &^ (iptables.HashInvert | iptables.HashBytes)
	some := false
	for _, m := range []struct {
		bit  uint32
		name string
		plen uint8
	}{{iptables.HashDIP, w.ip() + " daddr", d.DstMask}, {iptables.HashDPT, "tcp dport", 0}, {iptables.HashSIP, w.ip() + " saddr", d.SrcMask}, {iptables.HashSPT, "tcp sport", 0}} {
		if mode&m.bit == 0 {
			continue
		}
		if some {
			w.add(" . ")
		} else {
			w.add(" ")
		}
		some = true
		w.add("%s", m.name)
		if m.plen != 0 && int(m.plen) != 8*size(w.fam) {
			w.subnet(int(m.plen))
		}
	}
	if d.Mode&iptables.HashRateMatch != 0 {
		return false
	}
	if d.Expire != 1000 {
		w.add(" timeout %ds", d.Expire/1000)
	}
	w.add(" limit rate")
	if d.Mode&iptables.HashInvert != 0 {
		w.add(" over")
	}
	if d.Mode&iptables.HashBytes != 0 {
		r := costToBytes(d.Avg)
		u := byteUnits[byteUnit(r, d.Avg, true)]
		w.add(" %d %sbytes/second", r/u.n, u.name)
		r *= d.Burst
		u = byteUnits[byteUnit(r, 0, false)]
		if d.Burst > 0 {
			w.add(" burst %d %sbytes", r/u.n, u.name)
		}
	} else {
		n, u := perUnit(max(d.Avg, 1), hashScale)
		w.add(" %d/%s ", n, rateUnits[u].long)
		if d.Burst != 5 {
			w.add("burst %d packets", d.Burst)
		}
	}
	w.add("}")
	return some
}

// subnet writes a mask in full.
func (w *view) subnet(n int) {
	w.add(" and ")
	m := ones(n)
	if w.fam == 4 {
		w.f("%d.%d.%d.%d", m[0], m[1], m[2], m[3])
		return
	}
	for i := 0; i < 16; i += 2 {
		w.is(i > 0, ":")
		w.f("%02x%02x", m[i], m[i+1])
	}
}
