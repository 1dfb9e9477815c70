package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/netfilter/nat"
)

// The targets that translate addresses: SNAT, DNAT, MASQUERADE, REDIRECT, NETMAP.

func init() {
	toOpts := func(to string, more ...opt) []opt {
		return append([]opt{{name: to, id: 0, typ: tString, flags: mand}, {name: "random", id: 3}}, more...)
	}
	full, persist := opt{name: "random-fully", id: 4}, opt{name: "persistent", id: 5}
	ports := []opt{{name: "to-ports", id: 2, typ: tString}, {name: "random", id: 3}}
	nat1 := func(name string, dst bool, opts []opt) *ext {
		word := "--to-source "
		if dst {
			word = "--to-destination "
		}
		return of(kind[iptables.NATTarget]{name: name, target: true, opts: opts,
			init:  func(d *iptables.NATTarget, _ int) { d.Dst = dst },
			parse: func(c *call, d *iptables.NATTarget) { c.nat(&d.Range, dst) },
			print: func(w *view, d *iptables.NATTarget) { w.nat(&d.Range, "to:", "", false) },
			save:  func(w *view, d *iptables.NATTarget) { w.nat(&d.Range, word, "--", false) },
			xlate: func(w *view, d *iptables.NATTarget) bool { return w.xlateNAT(&d.Range, strings.ToLower(name)) }})
	}
	register(
		nat1("SNAT", false, toOpts("to-source", full, persist)),
		nat1("DNAT", true, toOpts("to-destination", persist)),
		of(kind[iptables.Masquerade]{name: "MASQUERADE", target: true, opts: append(ports[:2:2], full),
			parse: func(c *call, d *iptables.Masquerade) { c.nat(&d.Range, false) },
			print: func(w *view, d *iptables.Masquerade) { w.nat(&d.Range, "masq ports: ", "", true) },
			save:  func(w *view, d *iptables.Masquerade) { w.nat(&d.Range, "--to-ports ", "--", true) },
			xlate: func(w *view, d *iptables.Masquerade) bool { return w.xlateNAT(&d.Range, "masquerade") }}),
		of(kind[iptables.Redirect]{name: "REDIRECT", target: true, opts: ports,
			parse: func(c *call, d *iptables.Redirect) { c.nat(&d.Range, false) },
			check: func(c *call, d *iptables.Redirect) {
				if d.Range.Flags&nat.ProtoOffset != 0 {
					c.bad("Shifted portmap ranges not supported with this kernel")
				}
			},
			print: func(w *view, d *iptables.Redirect) { w.nat(&d.Range, "redir ports ", "", true) },
			save:  func(w *view, d *iptables.Redirect) { w.nat(&d.Range, "--to-ports ", "--", true) },
			xlate: func(w *view, d *iptables.Redirect) bool { return w.xlateNAT(&d.Range, "redirect") }}),
		of(kind[iptables.Netmap]{name: "NETMAP", target: true, opts: []opt{{name: "to", id: 0, typ: tHostMask, flags: mand}},
			parse: func(c *call, d *iptables.Netmap) {
				lo, hi := c.host.and(c.hmask), c.host.and(c.hmask)
				for i := range hi[:size(c.p.fam)] {
					hi[i] |= ^c.hmask[i]
				}
				d.Range.Flags |= nat.MapIPs
				d.Range.MinAddr, d.Range.MaxAddr = lo.wire(c.p.fam), hi.wire(c.p.fam)
			},
			print: func(w *view, d *iptables.Netmap) { w.f(" to:%s", w.netmap(d)) },
			save:  func(w *view, d *iptables.Netmap) { w.f(" --to %s", w.netmap(d)) }}),
	)
}

func (w *view) netmap(d *iptables.Netmap) string {
	lo, m := fromWire(d.Range.MinAddr, w.fam), fromWire(d.Range.MaxAddr, w.fam)
	for i := range m[:size(w.fam)] {
		m[i] = ^(lo[i] ^ m[i])
	}
	var b buf
	b.f("%s", lo.text(w.fam))
	if n, ok := m.prefix(w.fam); ok {
		b.f("/%d", n)
	} else {
		b.f("/%s", m.text(w.fam))
	}
	return b.String()
}

// nat is __NAT_parse. Without base the structure has no room for a port to count
// from.
func (c *call) nat(r *nat.Range, base bool) {
	portOK := false
	switch c.cmd.r.proto {
	case 6, 17, 132, 33, 1:
		portOK = true
	}
	switch c.o.id {
	case 0:
		c.natTo(r, portOK)
	case 2:
		c.natPorts(c.arg, portOK, r)
	case 3:
		r.Flags |= nat.ProtoRandom
	case 4:
		r.Flags |= nat.ProtoRandomFully
	case 5:
		r.Flags |= nat.Persistent
	}
	if !base {
		r.BaseProto = 0
	}
}

// natPorts is parse_ports: port[-port[/port]].
func (c *call) natPorts(s string, portOK bool, r *nat.Range) {
	if !portOK {
		c.bad("Need TCP, UDP, SCTP or DCCP with port specification")
	}
	r.Flags |= nat.ProtoSpecified
	service := func(s string) uint64 {
		v, ok := c.p.serviceByName(s, "")
		if !ok {
			c.bad("Port `%s' not valid", s)
		}
		return v
	}
	lo, rest, ok := number(s, 0, 65535)
	if !ok {
		lo, rest = service(s), ""
	}
	if rest == "" {
		r.MinProto, r.MaxProto = uint16(lo), uint16(lo)
		return
	}
	switch rest[0] {
	case '-':
	case ':':
		c.bad("Invalid port:port syntax - use dash")
	default:
		c.bad("Garbage after port value: `%s'", rest)
	}
	s = rest[1:]
	hi, rest, ok := number(s, 0, 65535)
	if !ok {
		c.bad("Port `%s' not valid", s)
	}
	if hi < lo {
		c.bad("Port range `%s' funky", s)
	}
	r.MinProto, r.MaxProto = uint16(lo), uint16(hi)
	if rest == "" {
		return
	}
	if rest[0] != '/' {
		c.bad("Garbage after port range: `%s'", rest)
	}
	base, _, ok := number(rest[1:], 1, 65535)
	if !ok {
		base = service(rest[1:])
	}
	r.Flags |= nat.ProtoOffset
	r.BaseProto = uint16(base)
}

// natTo is parse_to: address[-address][:ports].
func (c *call) natTo(r *nat.Range, portOK bool) {
	s, fam := c.arg, c.p.fam
	head, colon := s, -1 // colon: where ports begin
	if i := strings.IndexByte(s, '['); i < 0 {
		if colon = strings.IndexByte(s, ':'); colon >= 0 && strings.IndexByte(s[colon+1:], ':') >= 0 {
			colon = -1
		}
		if colon >= 0 {
			head = s[:colon]
		}
	} else {
		end := strings.IndexByte(s[i+1:], ']')
		if end < 0 || fam == 4 {
			c.bad("Invalid address format")
		}
		head = s[i+1 : i+1+end]
		if k := strings.IndexByte(s[i+1+end+1:], ':'); k >= 0 {
			colon = i + 1 + end + 1 + k
		}
	}
	if colon >= 0 {
		c.natPorts(s[colon+1:], portOK, r)
		if colon == 0 || colon == 2 {
			return
		}
	}
	r.Flags |= nat.MapIPs
	one := func(s string) addr {
		a, ok := inet(fam, s)
		if !ok {
			c.bad("Bad IP address \"%s\"", s)
		}
		return a
	}
	from, to, ranged := strings.Cut(head, "-")
	r.MinAddr = one(from).wire(fam)
	r.MaxAddr = r.MinAddr
	if ranged {
		r.MaxAddr = one(to).wire(fam)
	}
}

// natRange is sprint_range.
func (w *view) natRange(r *nat.Range) string {
	var b buf
	ports := r.Flags&nat.ProtoSpecified != 0
	if r.Flags&nat.MapIPs != 0 {
		brackets := w.fam == 6 && ports
		b.is(brackets, "[")
		b.f("%s", w.addr(r.MinAddr))
		if r.MinAddr != r.MaxAddr {
			b.f("-%s", w.addr(r.MaxAddr))
		}
		b.is(brackets, "]")
	}
	if ports {
		b.f(":%d", r.MinProto)
		if r.MinProto != r.MaxProto {
			b.f("-%d", r.MaxProto)
		}
		if r.Flags&nat.ProtoOffset != 0 {
			b.f("/%d", r.BaseProto)
		}
	}
	return b.String()
}

func (w *view) nat(r *nat.Range, opt, prefix string, skipColon bool) {
	if s := w.natRange(r); s != "" {
		if skipColon {
			s = strings.TrimPrefix(s, ":")
		}
		w.f(" %s%s", opt, s)
	}
	w.is(r.Flags&nat.ProtoRandom != 0, " "+prefix+"random")
	w.is(r.Flags&nat.ProtoRandomFully != 0, " "+prefix+"random-fully")
	w.is(r.Flags&nat.Persistent != 0, " "+prefix+"persistent")
}

func (w *view) xlateNAT(r *nat.Range, verb string) bool {
	if r.Flags&nat.ProtoOffset != 0 {
		return false
	}
	w.add("%s", verb)
	if s := w.natRange(r); s != "" {
		w.add(" to %s", s)
	}
	sep := " "
	for _, f := range []struct {
		bit  uint32
		name string
	}{{nat.ProtoRandom, "random"}, {nat.ProtoRandomFully, "fully-random"}, {nat.Persistent, "persistent"}} {
		if r.Flags&f.bit != 0 {
			w.add("%s%s", sep, f.name)
			sep = ","
		}
	}
	return true
}
