package ipt

import (
	"strconv"
	"strings"
)

func (c *call) integer() {
	lo, hi := c.o.min, maxOf(c.o.typ)
	if c.o.max != 0 {
		hi = c.o.max
	}
	v, ok := whole(c.arg, lo, hi)
	if !ok {
		c.bad("%s: bad value for option \"--%s\", or out of range (%d-%d).\n", c.e.name, c.o.name, lo, hi)
	}
	c.u = v & maxOf(c.o.typ)
}

// integers is xtopt_parse_mint.
func (c *call) integers() {
	hi, most := maxOf(c.o.typ), c.o.size
	if most == 0 {
		most = 2
	}
	c.n = 0
	for arg := c.arg; ; {
		if c.n == most {
			c.bad("%s: Too many components for option \"--%s\" (max: %d)\n", c.e.name, c.o.name, most)
		}
		rest, v := arg, uint64(0)
		if arg == "" || arg[0] == ':' {
			if c.n == 1 {
				v = hi
			}
		} else {
			var ok bool
			v, rest, ok = number(arg, 0, hi)
			if !ok {
				c.bad("%s: bad value for option \"--%s\" near \"%s\", or out of range (0-%d).\n", c.e.name, c.o.name, arg, hi)
			}
			if rest != "" && rest[0] != ':' {
				c.bad("%s: Argument to \"--%s\" has unexpected characters near \"%s\".\n", c.e.name, c.o.name, rest)
			}
		}
		if c.n < 2 {
			c.r[c.n] = v
		}
		c.n++
		if rest == "" {
			return
		}
		arg = rest[1:]
	}
}

func (c *call) double() {
	s := strings.TrimLeft(c.arg, " \t\n\v\f\r")
	v, err := strconv.ParseFloat(s, 64)
	if err != nil && (s == "" || !strings.Contains(err.Error(), "range")) || strings.Contains(s, "_") || c.o.min != c.o.max && !(v >= float64(c.o.min) && v <= float64(c.o.max)) {
		c.bad("%s: bad value for option \"--%s\", or out of range (%d-%d).\n", c.e.name, c.o.name, c.o.min, c.o.max)
	}
	c.dbl = v
}

// tosNames are the words for values of the TOS byte.
var tosNames = []struct {
	v    uint8
	name string
}{{16, "Minimize-Delay"}, {8, "Maximize-Throughput"}, {4, "Maximize-Reliability"}, {2, "Minimize-Cost"}, {0, "Normal-Service"}}

func (c *call) tosMask() {
	v, rest, ok := number(c.arg, 0, 255)
	if ok {
		c.tos = [2]uint8{uint8(v), 255}
		if strings.HasPrefix(rest, "/") {
			var m uint64
			m, rest, ok = number(rest[1:], 0, 255)
			c.tos[1] = uint8(m)
		}
		if !ok || rest != "" {
			c.bad("Illegal value: \"%s\"", c.arg)
		}
		return
	}
	c.tos[1] = uint8(c.o.max)
	for _, t := range tosNames {
		if strings.EqualFold(c.arg, t.name) {
			c.tos[0] = t.v
			return
		}
	}
	c.bad("Symbolic name \"%s\" is unknown", c.arg)
}

// valMask is xtables_parse_val_mask: value/mask, or a name of the list.
func (c *call) valMask(list map[uint64]string) {
	c.mask = 1<<32 - 1
	v, rest, ok := number(c.arg, 0, 1<<32-1)
	c.mark = uint32(v)
	name := func() {
		best, hit := uint64(0), false
		for v, n := range list {
			if n == c.arg && (!hit || v < best) {
				best, hit = v, true
			}
		}
		if !hit {
			c.bad("%s: could not map name %s to an integer value for option \"--%s\".\n", c.e.name, c.arg, c.o.name)
		}
		c.mark = uint32(best)
	}
	badVal := func() {
		c.bad("%s: bad integer value for option \"--%s\", or out of range.\n", c.e.name, c.o.name)
	}
	garbage := func() {
		c.bad("%s: trailing garbage after value for option \"--%s\".\n", c.e.name, c.o.name)
	}
	switch {
	case !ok && list != nil:
		name()
		return
	case !ok:
		badVal()
	case rest == "":
		return
	case rest[0] != '/' && list != nil:
		name()
		return
	case rest[0] != '/':
		garbage()
	}
	m, rest, ok := number(rest[1:], 0, 1<<32-1)
	if !ok {
		badVal()
	}
	c.mask = uint32(m)
	if rest != "" {
		garbage()
	}
}

// printValMask is xtables_print_val_mask.
func (w *view) valMask(v, m uint32, list map[uint64]string) {
	switch {
	case m != 1<<32-1:
		w.f(" 0x%x/0x%x", v, m)
	case list[uint64(v)] != "":
		w.f(" %s", list[uint64(v)])
	default:
		w.f(" 0x%x", v)
	}
}

var syslogLevels = []struct {
	name string
	v    uint64
}{{"alert", 1}, {"crit", 2}, {"debug", 7}, {"emerg", 0}, {"error", 3}, {"info", 6}, {"notice", 5}, {"panic", 0}, {"warning", 4}}

func (c *call) syslog() {
	v, ok := whole(c.arg, 0, 7)
	if !ok {
		for _, l := range syslogLevels {
			if l.name == c.arg {
				c.u = l.v
				return
			}
		}
		c.bad("log level \"%s\" unknown\n", c.arg)
	}
	c.u = v
}

func (c *call) hostAddr(s string) {
	l := c.p.lookup(c.p.fam, s)
	if len(l) == 0 {
		why := "Name or service not known"
		_, other := inet(10-c.p.fam, s)
		if c.p.fam == 6 {
			_, other = inetAton(s)
		}
		switch {
		case hostname(s):
			why = "Temporary failure in name resolution"
		case other:
			why = "Address family for hostname not supported"
		}
		c.bad("getaddrinfo: %s\n", why)
	}
	if len(l) > 1 {
		c.bad("%s resolves to more than one address\n", s)
	}
	c.host = l[0]
	c.hlen = 8 * size(c.p.fam)
	c.hmask = ones(128)
}

// hostname tells whether a name can be asked for (__libc_res_nameinquery would not
// send others).
func hostname(s string) bool {
	if len(s) == 0 || len(s) > 253 {
		return false
	}
	if strings.Trim(s, "0123456789.") == "" {
		return false
	}
	for _, l := range strings.Split(s, ".") {
		if l == "" || len(l) > 63 || l[0] == '-' {
			return false
		}
		for i := 0; i < len(l); i++ {
			c := l[i]
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
	}
	return true
}

// prefix is xtopt_parse_plen.
func (c *call) prefix(s string) {
	n := 8 * size(c.p.fam)
	v, ok := whole(s, 0, uint64(n))
	if ok {
		c.hlen = int(v)
		return
	}
	a, ok := inet6(s)
	if c.p.fam == 4 {
		a, ok = inetAton(s)
	}
	if !ok {
		c.bad("%s: bad value for option \"--%s\", neither a valid network mask nor valid CIDR (0-%d).\n", c.e.name, c.o.name, n)
	}
	if c.hlen, ok = a.prefix(c.p.fam); !ok {
		c.hlen = 255 // -1, in a byte
	}
}

func (c *call) ports() {
	most := c.o.size
	if most == 0 {
		most = 2
	}
	c.r = [2]uint64{0, 65535}
	c.n = 0
	for _, a := range strings.Split(c.arg, ":") {
		if c.n == most {
			c.bad("%s: Too many components for option \"--%s\" (max: %d)\n", c.e.name, c.o.name, most)
		}
		if a != "" {
			v, ok := c.p.portByName(a)
			if !ok {
				c.bad("Port \"%s\" does not resolve to anything.\n", a)
			}
			if c.n < 2 {
				c.r[c.n] = uint64(v)
			}
		}
		c.n++
	}
	if c.n == 1 {
		c.r[1] = c.r[0]
		c.n++
	}
}

func (c *call) ether() {
	s := c.arg
	for i := range c.mac {
		v, rest, _, _ := strtoul16(s)
		c.mac[i] = byte(v)
		n := len(s) - len(rest)
		if n > 2 || i < 5 && !strings.HasPrefix(rest, ":") || i == 5 && rest != "" {
			c.bad("Invalid MAC address specified.")
		}
		if i < 5 {
			s = rest[1:]
		}
	}
}

// strtoul16 is strtoul with base 16.
func strtoul16(s string) (uint64, string, bool, bool) {
	t := s
	if len(t) > 2 && t[0] == '0' && (t[1] == 'x' || t[1] == 'X') && digit(t[2]) < 16 {
		t = t[2:]
	}
	v, rest, any, over := strtoul(t, 16)
	if !any {
		return 0, s, false, false
	}
	return v, rest, any, over
}

// finish is xtables_options_fcheck: what must be there, what excludes what.
func (c *call) finish() {
	e, seen := c.e, *c.seen
	byID := func(id int) *opt {
		for i := range e.opts {
			if e.opts[i].id == id {
				return &e.opts[i]
			}
		}
		return nil
	}
	for i := range e.opts {
		o := &e.opts[i]
		bit := uint32(1) << o.id
		if o.flags&mand != 0 && seen&bit == 0 {
			c.bad("%s: option \"--%s\" must be specified\n", e.name, o.name)
		}
		if seen&bit == 0 {
			continue
		}
		for id := 0; id < 32; id++ {
			other := byID(id)
			if id == o.id || other == nil {
				continue
			}
			of := uint32(1) << id
			if o.also&of != 0 && seen&of == 0 {
				c.bad("%s: option \"--%s\" also requires \"--%s\".\n", e.name, o.name, other.name)
			}
			if o.excl&of != 0 && seen&of != 0 {
				c.bad("%s: option \"--%s\" cannot be used together with \"--%s\".\n", e.name, o.name, other.name)
			}
		}
	}
}
