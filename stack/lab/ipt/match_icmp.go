package ipt

import (
	"strings"
)

// An icmpName is a type of ICMP, or some codes of one.
type icmpWord struct {
	name     string
	typ      uint8
	min, max uint8
}

var icmpTypes = []icmpWord{{"any", 255, 0, 255}, {"echo-reply", 0, 0, 255}, {"pong", 0, 0, 255}, {"destination-unreachable", 3, 0, 255}, {"network-unreachable", 3, 0, 0},
	{"host-unreachable", 3, 1, 1}, {"protocol-unreachable", 3, 2, 2}, {"port-unreachable", 3, 3, 3}, {"fragmentation-needed", 3, 4, 4}, {"source-route-failed", 3, 5, 5},
	{"network-unknown", 3, 6, 6}, {"host-unknown", 3, 7, 7}, {"network-prohibited", 3, 9, 9}, {"host-prohibited", 3, 10, 10}, {"TOS-network-unreachable", 3, 11, 11},
	{"TOS-host-unreachable", 3, 12, 12}, {"communication-prohibited", 3, 13, 13}, {"host-precedence-violation", 3, 14, 14}, {"precedence-cutoff", 3, 15, 15},
	{"source-quench", 4, 0, 255}, {"redirect", 5, 0, 255}, {"network-redirect", 5, 0, 0}, {"host-redirect", 5, 1, 1}, {"TOS-network-redirect", 5, 2, 2}, {"TOS-host-redirect", 5, 3, 3},
	{"echo-request", 8, 0, 255}, {"ping", 8, 0, 255}, {"router-advertisement", 9, 0, 255}, {"router-solicitation", 10, 0, 255}, {"time-exceeded", 11, 0, 255},
	{"ttl-exceeded", 11, 0, 255}, {"ttl-zero-during-transit", 11, 0, 0}, {"ttl-zero-during-reassembly", 11, 1, 1}, {"parameter-problem", 12, 0, 255}, {"ip-header-bad", 12, 0, 0},
	{"required-option-missing", 12, 1, 1}, {"timestamp-request", 13, 0, 255}, {"timestamp-reply", 14, 0, 255}, {"address-mask-request", 17, 0, 255}, {"address-mask-reply", 18, 0, 255}}

var icmp6Types = []icmpWord{{"destination-unreachable", 1, 0, 255}, {"no-route", 1, 0, 0}, {"communication-prohibited", 1, 1, 1}, {"beyond-scope", 1, 2, 2},
	{"address-unreachable", 1, 3, 3}, {"port-unreachable", 1, 4, 4}, {"failed-policy", 1, 5, 5}, {"reject-route", 1, 6, 6}, {"packet-too-big", 2, 0, 255},
	{"time-exceeded", 3, 0, 255}, {"ttl-exceeded", 3, 0, 255}, {"ttl-zero-during-transit", 3, 0, 0}, {"ttl-zero-during-reassembly", 3, 1, 1}, {"parameter-problem", 4, 0, 255},
	{"bad-header", 4, 0, 0}, {"unknown-header-type", 4, 1, 1}, {"unknown-option", 4, 2, 2}, {"echo-request", 128, 0, 255}, {"ping", 128, 0, 255}, {"echo-reply", 129, 0, 255},
	{"pong", 129, 0, 255}, {"router-solicitation", 133, 0, 255}, {"router-advertisement", 134, 0, 255}, {"neighbour-solicitation", 135, 0, 255}, {"neighbor-solicitation", 135, 0, 255},
	{"neighbour-advertisement", 136, 0, 255}, {"neighbor-advertisement", 136, 0, 255}, {"redirect", 137, 0, 255}}

// icmpType is parse_icmp: a name, which may be shortened, or type[/code].
func (c *call) icmpType(l []icmpWord, what string) (typ, min, max uint8) {
	at := -1
	for i, n := range l {
		if hasPrefixFold(n.name, c.arg) {
			if at >= 0 {
				c.bad("Ambiguous %s type `%s': `%s' or `%s'?", what, c.arg, l[at].name, n.name)
			}
			at = i
		}
	}
	if at >= 0 {
		return l[at].typ, l[at].min, l[at].max
	}
	span := func(s string) (a, b uint64, rest string, ok bool) {
		a, rest, ok = number(s, 0, 255)
		b = a
		if ok && strings.HasPrefix(rest, ":") {
			b, rest, ok = number(rest[1:], 0, 255)
		}
		return a, b, rest, ok
	}
	t1, t2, rest, ok := span(c.arg)
	if !ok {
		c.bad("Unknown %s type `%s'", what, c.arg)
	}
	min, max = 0, 255
	if strings.HasPrefix(rest, "/") {
		a, b, after, ok := span(rest[1:])
		if !ok {
			c.bad("Unknown %s code `%s'", what, c.arg)
		}
		min, max, rest = uint8(a), uint8(b), after
	}
	if rest != "" {
		c.bad("unknown character %c", rest[0])
	}
	if t1 != t2 {
		c.bad("%s type range not supported", what)
	}
	return uint8(t1), min, max
}

func icmpName(l []icmpWord, typ, min, max uint8) string {
	for _, n := range l {
		if n.typ == typ && n.min == min && n.max == max {
			return n.name
		}
	}
	return ""
}

func (w *view) icmpType(l []icmpWord, typ, min, max uint8, not bool) {
	if s := icmpName(l, typ, min, max); s != "" && !w.numeric {
		w.f(" ")
		w.is(not, "!")
		w.f("%s", s)
		return
	}
	w.not(not)
	w.f("type %d", typ)
	if min == max {
		w.f(" code %d", min)
	} else if min != 0 || max != 255 {
		w.f(" codes %d-%d", min, max)
	}
}
