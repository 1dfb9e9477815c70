package ipt

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }

// A setAddrs is an address, a network or a range, as it was written.
type setAddrs struct {
	fam         int
	a, b        wire.Addr
	plen        uint64
	net, ranged bool
}

// bounds4 are the first and last address, of IPv4.
func (l *setAddrs) bounds4() (lo, hi uint32) {
	lo = uint32(l.a.IP4())
	hi = lo
	switch {
	case l.net:
		m := uint32(0)
		if l.plen > 0 {
			m = ^uint32(0) << (32 - l.plen)
		}
		lo, hi = lo&m, lo|^m
	case l.ranged:
		if hi = uint32(l.b.IP4()); hi < lo {
			lo, hi = hi, lo
		}
	}
	return lo, hi
}

// text is how ipset says it.
func (l *setAddrs) text() string {
	s := fromWire(l.a, l.fam).text(l.fam)
	switch {
	case l.net && l.plen != uint64(size(l.fam)*8):
		s += "/" + utoa(l.plen)
	case l.ranged:
		s += "-" + fromWire(l.b, l.fam).text(l.fam)
	}
	return s
}

// address reads one address (ipset_parse_ip).
func (r *setRun) address(s string, fam int) wire.Addr {
	if a, ok := inet(fam, s); ok {
		return a.wire(fam)
	}
	if a, ok := inetAton(s); fam == 4 && ok && !strings.ContainsAny(s, "xX") {
		return a.wire(fam)
	}
	for _, f := range r.tables().hosts {
		if a, ok := inet(fam, f[0]); ok && (f[1] == s || named(append([]string{f[1], ""}, f[2:]...), s)) {
			return a.wire(fam)
		}
	}
	r.syntax("cannot parse %s: resolving to IPv%d address failed", s, fam)
	return wire.Addr{}
}

// addresses reads an address, "address/length" or "from-to".
func (r *setRun) addresses(s string, fam int) (l setAddrs) {
	l.fam = fam
	if strings.HasPrefix(s, "[") {
		in, rest, ok := strings.Cut(s[1:], "]")
		if !ok {
			r.syntax("cannot find closing escape character ']' in %s", s)
		}
		s = in + rest
	}
	if i := strings.IndexByte(s, '/'); i >= 0 && i+1 < len(s) {
		n, e := setNumber(s[i+1:], 0, uint64(size(fam)*8))
		if e != "" {
			r.fail("%s", e)
		}
		l.a, l.plen, l.net = r.address(s[:i], fam), n, true
		return l
	}
	if i := strings.IndexByte(s, '-'); i >= 0 && i+1 < len(s) {
		l.a, l.b, l.ranged = r.address(s[:i], fam), r.address(s[i+1:], fam), true
		return l
	}
	l.a = r.address(s, fam)
	return l
}

// A setPorts is a port or a range of ports, with the protocol.
type setPorts struct {
	proto    uint64
	from, to uint16
	ranged   bool
}

// port reads a port's number or name.
func (r *setRun) port(s, proto string) uint16 {
	v, e := setNumber(s, 0, 65535)
	if e == "" {
		return uint16(v)
	}
	for _, f := range r.services() {
		num, of, _ := strings.Cut(f[1], "/")
		if of == proto && named(f, s) {
			n, _ := whole(num, 0, 65535)
			return uint16(n)
		}
	}
	r.fail("%s\nSyntax error: '%s' is invalid as number\ncannot parse '%s' as a %s port", e, proto, s, proto)
	return 0
}

func (r *setRun) services() [][]string {
	if n := r.tables(); len(n.services) > 0 {
		return n.services
	}
	return table(EtcServices)
}

// ports reads "[protocol:]port[-port]".
func (r *setRun) ports(s string) (l setPorts) {
	proto := "tcp"
	if a, b, ok := strings.Cut(s, ":"); ok {
		proto, s = a, b
	}
	l.proto = r.protocol(proto)
	if i := strings.IndexByte(s, '-'); i > 0 && i+1 < len(s) && !r.isService(s, proto) {
		l.from, l.to, l.ranged = r.port(s[:i], proto), r.port(s[i+1:], proto), true
		if l.from > l.to {
			l.from, l.to = l.to, l.from
		}
		return l
	}
	l.from = r.port(s, proto)
	l.to = l.from
	return l
}

// isService says whether a name with a hyphen is a service's.
func (r *setRun) isService(s, proto string) bool {
	for _, f := range r.services() {
		if strings.HasSuffix(f[1], "/"+proto) && named(f, s) {
			return true
		}
	}
	return false
}

// protocol reads a protocol's name or number.
func (r *setRun) protocol(s string) uint64 {
	switch strings.ToLower(s) {
	case "icmpv6", "ipv6-icmp":
		return 58
	}
	if v, ok := whole(s, 0, 255); ok {
		return v
	}
	if v, ok := r.protoByName(strings.ToLower(s)); ok {
		return v
	}
	r.syntax("cannot parse '%s' as a protocol", s)
	return 0
}

// protoPort reads the second part of an element (ipset_parse_proto_port).
func (r *setRun) protoPort(s, cmd string, fam int) (l setPorts) {
	name, val, ok := strings.Cut(s, ":")
	if !ok {
		return r.ports(s)
	}
	l.proto = r.protocol(name)
	switch l.proto {
	case 6, 17, 132, 136:
		return r.ports(s)
	case 1, 58:
		what := map[uint64]string{1: "ICMP", 58: "ICMPv6"}[l.proto]
		if (l.proto == 1) != (fam == 4) {
			r.fail("Syntax error: Protocol %s can be used with family %s only\nInvalid %s command: missing setname", what, map[uint64]string{1: "inet", 58: "inet6"}[l.proto], cmd)
		}
		l.from, ok = setICMP(l.proto, val)
		if !ok {
			r.fail("Cannot parse %s as an %s type/code.", val, what)
		}
	default:
		if val != "0" {
			r.syntax("Protocol %s can be used with pseudo port value 0 only.", name)
		}
	}
	l.to = l.from
	return l
}

// setICMP reads a type and code: a name, or numbers.
func setICMP(proto uint64, s string) (uint16, bool) {
	for _, w := range setICMPNames {
		if w.proto == proto && strings.EqualFold(w.name, s) {
			return w.val, true
		}
	}
	a, b, ok := strings.Cut(s, "/")
	t, ok1 := whole(a, 0, 255)
	c, ok2 := whole(b, 0, 255)
	return uint16(t<<8 | c), ok && ok1 && ok2
}

// portText is how ipset says a port with its protocol.
func (r *setRun) portText(proto uint64, port uint16, to uint16) string {
	s := r.protoByNumber(proto)
	if s == "" {
		s = utoa(proto)
	}
	if proto == 1 || proto == 58 {
		for _, w := range setICMPNames {
			if w.proto == proto && w.val == port {
				return s + ":" + w.name
			}
		}
		return s + ":" + utoa(uint64(port>>8)) + "/" + utoa(uint64(port&255))
	}
	s += ":" + utoa(uint64(port))
	if to != port {
		s += "-" + utoa(uint64(to))
	}
	return s
}

// elemText is how ipset says an element.
func (r *setRun) elemText(s *iptables.IPSet, e *iptables.SetElem) string {
	fam := setFamily(s)
	switch s.Type {
	case iptables.SetList:
		return e.Set
	case iptables.SetBitmapPort:
		return utoa(uint64(e.Port))
	}
	t := fromWire(e.Addr, fam).text(fam)
	if e.Plen != 0 && int(e.Plen) != size(fam)*8 {
		t += "/" + utoa(uint64(e.Plen))
	}
	if s.Type == iptables.SetHashIPPort || s.Type == iptables.SetHashNetPort {
		t += "," + r.portText(uint64(e.Proto), e.Port, e.Port)
	}
	return t
}
