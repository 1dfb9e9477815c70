package ipt

import (
	"strings"
)

// An otype is what an option's argument is (enum xt_option_type).
type otype uint8

const (
	tNone otype = iota
	tU8
	tU16
	tU32
	tU64
	tU8s // several, with colons
	tU16s
	tU32s
	tU64s
	tDouble
	tString
	tTOS  // value/mask, or a name
	tMark // value/mask
	tSyslog
	tHost
	tHostMask
	tProto
	tPort
	tPorts
	tPLen
	tPLenMask
	tMAC
	tWord // without argument, of an extension that reads for itself
	tOwn  // with an argument that the extension reads itself
)

// What may be done with an option.
const (
	inv   = 1 << iota // !
	mand              // it must be there
	multi             // more than once
)

// An opt is struct xt_option_entry.
type opt struct {
	name       string
	id         int
	typ        otype
	flags      uint8
	excl, also uint32 // options by 1<<id
	min, max   uint64
	size       int // of a list; 0: 2
}

// A call is struct xt_option_call: an option that was read, with its value.
type call struct {
	p      *prog
	cmd    *command
	e      *ext
	o      *opt
	arg    string
	invert bool
	seen   *uint32

	n     int // of values
	u     uint64
	r     [2]uint64
	mark  uint32
	mask  uint32
	tos   [2]uint8
	host  addr
	hmask addr
	hlen  int
	dbl   float64
	mac   [6]byte
}

// given tells whether an option was there.
func (c *call) given(ids ...int) bool {
	for _, id := range ids {
		if *c.seen>>id&1 != 0 {
			return true
		}
	}
	return false
}

func (c *call) bad(format string, a ...any) { c.p.bad(format, a...) }

// badValue is xtables_param_act(XTF_BAD_VALUE).
func (c *call) badValue(what string) {
	c.p.bad("%s: Bad value for \"%s\" option: \"%s\"", c.e.name, what, c.arg)
}

func maxOf(t otype) uint64 {
	switch t {
	case tU8, tU8s:
		return 1<<8 - 1
	case tU16, tU16s:
		return 1<<16 - 1
	case tU32, tU32s:
		return 1<<32 - 1
	case tU64, tU64s:
		return 1<<64 - 1
	}
	return 0
}

// option is xtables_option_parse: it checks the use of an option, and reads its
// argument.
func (c *call) option() {
	o, bit := c.o, uint32(1)<<c.o.id
	if (o.flags&multi == 0 || o.excl&bit != 0) && *c.seen&bit != 0 {
		c.bad("%s: option \"--%s\" can only be used once.\n", c.e.name, o.name)
	}
	if c.invert && o.flags&inv == 0 {
		c.bad("%s: option \"--%s\" cannot be inverted.\n", c.e.name, o.name)
	}
	c.n = 1
	switch o.typ {
	case tU8, tU16, tU32, tU64:
		c.integer()
	case tU8s, tU16s, tU32s, tU64s:
		c.integers()
	case tDouble:
		c.double()
	case tString:
		if o.min != 0 && uint64(len(c.arg)) < o.min {
			c.bad("Argument must have a minimum length of %d characters\n", o.min)
		}
		if o.max != 0 && uint64(len(c.arg)) > o.max {
			c.bad("Argument must have a maximum length of %d characters\n", o.max)
		}
	case tTOS:
		c.tosMask()
	case tMark:
		c.valMask(nil)
	case tSyslog:
		c.syslog()
	case tHost:
		c.hostAddr(c.arg)
	case tHostMask:
		h, m, ok := strings.Cut(c.arg, "/")
		c.hostAddr(h)
		if ok {
			c.prefix(m)
			c.hmask = ones(min(c.hlen, 128))
		}
	case tProto:
		c.u = c.p.parseProto(c.arg)
	case tPort:
		v, ok := c.p.portByName(c.arg)
		if !ok {
			c.bad("Port \"%s\" does not resolve to anything.\n", c.arg)
		}
		c.u = uint64(v)
	case tPorts:
		c.ports()
	case tPLen:
		c.prefix(c.arg)
	case tPLenMask:
		c.prefix(c.arg)
		c.hmask = ones(min(c.hlen, 128))
	case tMAC:
		c.ether()
	}
	*c.seen |= bit
}
