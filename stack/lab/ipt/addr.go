package ipt

import (
	"fmt"
	"math/bits"
	"net/netip"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An addr is an address or a mask of either family: IPv4 fills the first 4 bytes.
type addr [16]byte

func addrOf(a netip.Addr) (r addr) {
	if a.Is4() {
		b := a.As4()
		copy(r[:], b[:])
		return r
	}
	return a.As16()
}

// ones is a mask of n bits.
func ones(n int) (r addr) {
	for i := range r {
		switch {
		case n >= 8*i+8:
			r[i] = 0xff
		case n > 8*i:
			r[i] = 0xff << (8*i + 8 - n)
		}
	}
	return r
}

// size is the number of bytes of an address of a family.
func size(fam int) int {
	if fam == 6 {
		return 16
	}
	return 4
}

func (a addr) and(m addr) addr {
	for i := range a {
		a[i] &= m[i]
	}
	return a
}

func (a addr) zero() bool { return a == addr{} }

// ip is the address as a value of the standard library.
func (a addr) ip(fam int) netip.Addr {
	if fam == 6 {
		return netip.AddrFrom16(a)
	}
	return netip.AddrFrom4([4]byte(a[:4]))
}

// text is inet_ntop.
func (a addr) text(fam int) string {
	if fam == 6 {
		var z [12]byte
		if [12]byte(a[:12]) == z && (a[12] != 0 || a[13] != 0) {
			return fmt.Sprintf("::%d.%d.%d.%d", a[12], a[13], a[14], a[15])
		}
		return netip.AddrFrom16(a).String()
	}
	return fmt.Sprintf("%d.%d.%d.%d", a[0], a[1], a[2], a[3])
}

// prefix is the length of a mask; ok is false if its ones are not all in front.
func (a addr) prefix(fam int) (n int, ok bool) {
	for _, b := range a[:size(fam)] {
		k := bits.LeadingZeros8(^b)
		n += k
		if k < 8 {
			break
		}
	}
	m := ones(n)
	if fam == 4 {
		m = ones(min(n, 32))
	}
	return n, m == a
}

// maskText is xtables_ipmask_to_numeric: "" for a whole address, else / and the
// mask.
func (a addr) maskText(fam int) string {
	n, ok := a.prefix(fam)
	switch {
	case !ok:
		return "/" + a.text(fam)
	case n == 8*size(fam):
		return ""
	}
	return fmt.Sprintf("/%d", n)
}

// quad is xtables_numeric_to_ipaddr: dotted numbers of any base; with fewer than
// four the rest is 0, unless it is a mask.
func quad(s string, mask bool) (r addr, ok bool) {
	if len(s) > 19 {
		s = s[:19]
	}
	p := strings.SplitN(s, ".", 4)
	if len(p) < 4 && mask {
		return r, false
	}
	for i, f := range p {
		v, ok := whole(f, 0, 255)
		if !ok {
			return addr{}, false
		}
		r[i] = byte(v)
	}
	return r, true
}

// inet6 is inet_pton of AF_INET6.
func inet6(s string) (addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || !strings.Contains(s, ":") || a.Zone() != "" {
		return addr{}, false
	}
	return addr(a.As16()), true
}

// inet4 is inet_pton of AF_INET.
func inet4(s string) (addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return addr{}, false
	}
	return addrOf(a), true
}

func inet(fam int, s string) (addr, bool) {
	if fam == 6 {
		return inet6(s)
	}
	return inet4(s)
}

// inetAton is what getaddrinfo reads as a numeric IPv4 address: one to four
// numbers, the last of which fills what is left.
func inetAton(s string) (r addr, ok bool) {
	p := strings.Split(s, ".")
	if len(p) > 4 {
		return r, false
	}
	var v uint64
	for i, f := range p {
		if f == "" || f[0] < '0' || f[0] > '9' {
			return r, false
		}
		n, rest, any, over := strtoul(f, 0)
		if !any || over || rest != "" {
			return r, false
		}
		if i == len(p)-1 {
			if n >= 1<<(8*(4-i)) {
				return r, false
			}
			v |= n
		} else {
			if n > 255 {
				return r, false
			}
			v |= n << (24 - 8*i)
		}
	}
	return addr{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}, true
}

// lookup is getaddrinfo for an address of a family: numbers, then /etc/hosts.
func (p *prog) lookup(fam int, name string) []addr {
	if fam == 4 {
		if a, ok := inetAton(name); ok {
			return []addr{a}
		}
	} else if a, ok := inet6(name); ok {
		return []addr{a}
	}
	var l []addr
	for _, f := range p.tables().hosts {
		for _, n := range f[1:] {
			if strings.EqualFold(n, name) {
				if a, ok := inet(fam, f[0]); ok {
					l = append(l, a)
				} else if fam == 4 && f[0] == "::1" {
					l = append(l, addr{127, 0, 0, 1})
				}
				break
			}
		}
	}
	var out []addr
	for _, a := range l {
		dup := false
		for _, b := range out {
			dup = dup || a == b
		}
		if !dup {
			out = append(out, a)
		}
	}
	return out
}

// anyName is xtables_ipaddr_to_anyname: a name for an address, else its numbers.
func (p *prog) anyName(fam int, a addr) string {
	for _, f := range p.tables().hosts {
		if h, ok := inet(fam, f[0]); ok && h == a {
			return f[1]
		}
	}
	if fam == 4 {
		for _, f := range p.tables().nets {
			if h, ok := inetAton(f[1]); ok && h == a {
				return f[0]
			}
		}
	}
	return a.text(fam)
}

// parseMask is parse_ipmask and parse_ip6mask.
func (p *prog) parseMask(s string) addr {
	n := 8 * size(p.fam)
	if p.fam == 4 {
		if a, ok := quad(s, true); ok {
			return a
		}
	} else if a, ok := inet6(s); ok {
		return a
	}
	v, ok := whole(s, 0, uint64(n))
	if !ok {
		p.bad("invalid mask `%s' specified", s)
	}
	return ones(int(v))
}

// hostNetwork is ipparse_hostnetwork: the addresses of a name.
func (p *prog) hostNetwork(s string) []addr {
	if p.fam == 4 {
		if a, ok := quad(s, false); ok {
			return []addr{a}
		}
		for _, f := range p.tables().nets {
			if named(f, s) {
				if a, ok := inetAton(f[1]); ok {
					return []addr{a}
				}
			}
		}
	} else if a, ok := inet6(s); ok {
		return []addr{a}
	}
	l := p.lookup(p.fam, s)
	if len(l) == 0 {
		p.bad("host/network `%s' not found", s)
	}
	return l
}

// A network is an address and its mask.
type network struct{ addr, mask addr }

// networks is xtables_ipparse_multiple: a list of addresses with masks.
func (p *prog) networks(list string) (out []network) {
	for _, s := range strings.Split(list, ",") {
		s = strings.TrimLeft(s, " \t\n\v\f\r")
		if len(s) > 255 {
			p.bad("Hostname too long")
		}
		m := ones(8 * size(p.fam))
		if i := strings.LastIndexByte(s, '/'); i >= 0 {
			m = p.parseMask(s[i+1:])
			s = s[:i]
		}
		if m.zero() {
			s = "0.0.0.0"
			if p.fam == 6 {
				s = "::"
			}
		}
		for _, a := range p.hostNetwork(s) {
			out = append(out, network{a.and(m), m})
		}
	}
	return out
}

// wire is the address as the engine has it.
func (a addr) wire(fam int) wire.Addr {
	if fam == 6 {
		return wire.AddrFrom16(a[:])
	}
	return wire.IP4(uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])).Addr()
}

// wireMask is the mask as the engine has it.
func (a addr) wireMask(fam int) wire.Addr {
	if fam == 6 {
		return wire.AddrFrom16(a[:])
	}
	return iptables.Mask4(uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3]))
}

// fromWire is the way back from both.
func fromWire(a wire.Addr, fam int) (r addr) {
	if fam == 6 {
		a.Put16(r[:])
		return r
	}
	r[0], r[1], r[2], r[3] = byte(a.Lo>>24), byte(a.Lo>>16), byte(a.Lo>>8), byte(a.Lo)
	return r
}

// addr writes an address, mask what comes behind it.
func (w *view) addr(a wire.Addr) string { return fromWire(a, w.fam).text(w.fam) }

func (w *view) mask(a wire.Addr) string { return fromWire(a, w.fam).maskText(w.fam) }
