package ipt

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// The matches tcp, udp, sctp, multiport.

func init() {
	ownPorts := []opt{{name: "source-port", id: 1, typ: tOwn}, {name: "sport", id: 1, typ: tOwn}, {name: "destination-port", id: 2, typ: tOwn}, {name: "dport", id: 2, typ: tOwn}}
	register(
		of(kind[iptables.TCP]{name: "tcp",
			opts:  append(ownPorts[:4:4], opt{name: "syn", id: 3, typ: tWord}, opt{name: "tcp-flags", id: 4, typ: tOwn}, opt{name: "tcp-option", id: 5, typ: tOwn}),
			init:  func(d *iptables.TCP, _ int) { d.Src, d.Dst = iptables.AnyPort, iptables.AnyPort },
			parse: parseTCP, print: printTCP, save: saveTCP, xlate: xlateTCP}),
		of(kind[iptables.UDP]{name: "udp",
			opts: []opt{{name: "source-port", id: 0, typ: tPorts, flags: inv}, {name: "sport", id: 0, typ: tPorts, flags: inv},
				{name: "destination-port", id: 1, typ: tPorts, flags: inv}, {name: "dport", id: 1, typ: tPorts, flags: inv}},
			init: func(d *iptables.UDP, _ int) { d.Src, d.Dst = iptables.AnyPort, iptables.AnyPort },
			parse: func(c *call, d *iptables.UDP) {
				r := iptables.PortRange{Min: uint16(c.r[0]), Max: uint16(c.r[1])}
				if c.o.id == 0 {
					d.Src = r
					d.InvSrc = d.InvSrc || c.invert
				} else {
					d.Dst = r
					d.InvDst = d.InvDst || c.invert
				}
			},
			print: func(w *view, d *iptables.UDP) {
				w.f(" udp")
				w.ports("spt", d.Src, d.InvSrc, "udp")
				w.ports("dpt", d.Dst, d.InvDst, "udp")
			},
			save: func(w *view, d *iptables.UDP) {
				w.savePort("sport", d.Src, d.InvSrc)
				w.savePort("dport", d.Dst, d.InvDst)
			},
			xlate: func(w *view, d *iptables.UDP) bool {
				w.xlatePort("udp sport", d.Src, d.InvSrc)
				w.xlatePort("udp dport", d.Dst, d.InvSrc)
				return true
			}}),
		of(kind[iptables.SCTP]{name: "sctp",
			opts:  append(ownPorts[:4:4], opt{name: "chunk-types", id: 3, typ: tOwn}),
			parse: parseSCTP, print: printSCTP, save: saveSCTP, xlate: xlateSCTP}),
		of(kind[iptables.Multiport]{name: "multiport",
			opts: []opt{{name: "source-ports", id: 0, typ: tString, excl: 7, flags: inv}, {name: "sports", id: 0, typ: tString, excl: 7, flags: inv},
				{name: "destination-ports", id: 1, typ: tString, excl: 7, flags: inv}, {name: "dports", id: 1, typ: tString, excl: 7, flags: inv},
				{name: "ports", id: 2, typ: tString, excl: 7, flags: inv}},
			parse: parseMultiport,
			check: func(c *call, _ *iptables.Multiport) {
				if *c.seen == 0 {
					c.bad("multiport expection an option")
				}
			},
			print: printMultiport, save: saveMultiport, xlate: xlateMultiport}),
	)
}

// port is a port's number, or its name.
func (w *view) port(n uint16, proto string) string {
	if !w.numeric {
		if s := w.p.serviceByPort(uint64(n), proto); s != "" {
			return s
		}
	}
	return fmt.Sprint(n)
}

func (w *view) ports(name string, r iptables.PortRange, not bool, proto string) {
	if r == iptables.AnyPort && !not {
		return
	}
	b := ""
	if not {
		b = "!"
	}
	if r.Min == r.Max {
		w.f(" %s:%s%s", name, b, w.port(r.Min, proto))
	} else {
		w.f(" %ss:%s%s:%s", name, b, w.port(r.Min, proto), w.port(r.Max, proto))
	}
}

func (w *view) savePort(name string, r iptables.PortRange, not bool) {
	if r == iptables.AnyPort {
		return
	}
	w.not(not)
	w.savePorts(name, r)
}

func (w *view) savePorts(name string, r iptables.PortRange) {
	if r.Min != r.Max {
		w.f(" --%s %d:%d", name, r.Min, r.Max)
	} else {
		w.f(" --%s %d", name, r.Min)
	}
}

func (w *view) xlatePort(name string, r iptables.PortRange, not bool) {
	switch {
	case r == iptables.AnyPort:
	case r.Min != r.Max:
		w.add("%s %s%d-%d", name, ne(not), r.Min, r.Max)
	default:
		w.add("%s %s%d", name, ne(not), r.Min)
	}
}

// ownPorts is parse_tcp_ports.
func (c *call) ownPorts(proto string) iptables.PortRange {
	a, b, ok := strings.Cut(c.arg, ":")
	if !ok {
		n := c.p.parsePort(a, proto)
		return iptables.PortRange{Min: n, Max: n}
	}
	r := iptables.AnyPort
	if a != "" {
		r.Min = c.p.parsePort(a, proto)
	}
	if b != "" {
		r.Max = c.p.parsePort(b, proto)
	}
	if r.Min > r.Max {
		c.bad("invalid portrange (min > max)")
	}
	return r
}

// once complains if an option of the older kind was there already.
func (c *call) once(msg string) {
	if c.given(c.o.id) {
		c.bad("%s", msg)
	}
	*c.seen |= 1 << c.o.id
}

// second is the second argument of an option that has two.
func (c *call) second(msg string) string {
	g := c.cmd.g
	if !g.hasArg() {
		c.bad("%s", msg)
	}
	return g.take()
}

var tcpFlags = []struct {
	name string
	v    uint8
}{{"FIN", 1}, {"SYN", 2}, {"RST", 4}, {"PSH", 8}, {"ACK", 16}, {"URG", 32}, {"ALL", 63}, {"NONE", 0}}

func (c *call) tcpFlags(s string) (v uint8) {
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) {
		ok := false
		for _, t := range tcpFlags {
			if strings.EqualFold(t.name, f) {
				v |= t.v
				ok = true
				break
			}
		}
		if !ok {
			c.bad("Unknown TCP flag `%s'", f)
		}
	}
	return v
}

func parseTCP(c *call, d *iptables.TCP) {
	switch c.o.id {
	case 1:
		if c.given(1) {
			c.bad("Only one `--source-port' allowed")
		}
		d.Src = c.ownPorts("tcp")
		d.InvSrc = c.invert
	case 2:
		if c.given(2) {
			c.bad("Only one `--destination-port' allowed")
		}
		d.Dst = c.ownPorts("tcp")
		d.InvDst = c.invert
	case 3, 4:
		if c.given(3, 4) {
			c.bad("Only one of `--syn' or `--tcp-flags'  allowed")
		}
		m, v := "SYN,RST,ACK,FIN", "SYN"
		if c.o.id == 4 {
			m, v = c.arg, c.second("--tcp-flags requires two args.")
		}
		d.FlagMask = c.tcpFlags(m)
		d.FlagCmp = c.tcpFlags(v)
		d.InvFlags = c.invert
	case 5:
		if c.given(5) {
			c.bad("Only one `--tcp-option' allowed")
		}
		v, ok := whole(c.arg, 1, 255)
		if !ok {
			c.bad("Bad TCP option \"%s\"", c.arg)
		}
		d.Option = uint8(v)
		d.InvOption = c.invert
	}
	*c.seen |= 1 << c.o.id
}

func flagNames(v uint8, lower bool) string {
	var l []string
	for _, t := range tcpFlags[:6] {
		if v&t.v != 0 {
			l = append(l, t.name)
		}
	}
	s := strings.Join(l, ",")
	if lower {
		return strings.ToLower(s)
	}
	if s == "" {
		return "NONE"
	}
	return s
}

func printTCP(w *view, d *iptables.TCP) {
	w.f(" tcp")
	w.ports("spt", d.Src, d.InvSrc, "tcp")
	w.ports("dpt", d.Dst, d.InvDst, "tcp")
	if d.Option != 0 || d.InvOption {
		w.f(" option=")
		w.is(d.InvOption, "!")
		w.f("%d", d.Option)
	}
	if d.FlagMask == 0 && !d.InvFlags {
		return
	}
	w.f(" flags:")
	w.is(d.InvFlags, "!")
	if w.numeric {
		w.f("0x%02X/0x%02X", d.FlagMask, d.FlagCmp)
	} else {
		w.f("%s/%s", flagNames(d.FlagMask, false), flagNames(d.FlagCmp, false))
	}
}

func saveTCP(w *view, d *iptables.TCP) {
	w.savePort("sport", d.Src, d.InvSrc)
	w.savePort("dport", d.Dst, d.InvDst)
	if d.Option != 0 || d.InvOption {
		w.not(d.InvOption)
		w.f(" --tcp-option %d", d.Option)
	}
	if d.FlagMask != 0 || d.InvFlags {
		w.not(d.InvFlags)
		w.f(" --tcp-flags %s %s", flagNames(d.FlagMask, false), flagNames(d.FlagCmp, false))
	}
}

func xlateTCP(w *view, d *iptables.TCP) bool {
	w.xlatePort("tcp sport", d.Src, d.InvSrc)
	w.xlatePort("tcp dport", d.Dst, d.InvDst)
	if d.Option != 0 {
		s := "exists"
		if d.InvOption {
			s = "missing"
		}
		w.add("tcp option %d %s", d.Option, s)
	}
	if d.FlagMask != 0 || d.InvFlags {
		w.add("tcp flags %s", ne(d.InvFlags))
		name := func(v uint8) string {
			if s := flagNames(v, true); s != "" {
				return s
			}
			return "0x0"
		}
		w.add("%s", name(d.FlagCmp))
		w.add(" / ")
		w.add("%s", name(d.FlagMask))
	}
	return true
}
