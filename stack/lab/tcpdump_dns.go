package lab

import (
	"fmt"
	"strings"
)

var dnsTypes = map[int]string{1: "A", 2: "NS", 3: "MD", 4: "MF", 5: "CNAME", 6: "SOA", 7: "MB", 8: "MG", 9: "MR", 10: "NULL", 11: "WKS", 12: "PTR", 13: "HINFO", 14: "MINFO", 15: "MX", 16: "TXT",
	17: "RP", 18: "AFSDB", 24: "SIG", 25: "KEY", 28: "AAAA", 29: "LOC", 33: "SRV", 35: "NAPTR", 39: "DNAME", 41: "OPT", 43: "DS", 44: "SSHFP", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 51: "NSEC3PARAM",
	52: "TLSA", 64: "SVCB", 65: "HTTPS", 250: "TSIG", 251: "IXFR", 252: "AXFR", 255: "ANY", 257: "CAA"}

var dnsClasses = map[int]string{1: "IN", 2: "CSNET", 3: "CHAOS", 4: "HS", 255: "ANY"}

var dnsRcodes = [16]string{"", " FormErr", " ServFail", " NXDomain", " NotImp", " Refused", " YXDomain", " YXRRSet", " NXRRSet", " NotAuth", " NotZone", " Resp11", " Resp12", " Resp13", " Resp14", " Resp15"}

var dnsOps = [16]string{"", " inv_q", " stat", " op3", " notify", " update", " op6", " op7", " op8", " updateA", " updateD", " updateDA", " updateM", " updateMA", " zoneInit", " zoneRef"}

// domainTCP is a message over TCP, with its length in front.
func (d *tdPrinter) domainTCP(b []byte, length int) {
	d.proto = "domain"
	if length < 2 {
		panic(truncated{})
	}
	n := u16(b, 0)
	length -= 2
	d.s(" ")
	if n > length {
		d.f("[prefix length(%d) > length(%d)] (invalid)", n, length)
		return
	}
	d.domain(from(b, 2), n, true, false)
}

// domain is domain_print.
func (d *tdPrinter) domain(b []byte, length int, tcp, mdns bool) {
	d.proto = "domain"
	if length < 12 {
		d.f("domain [length %d < 12] (invalid)", length)
		return
	}
	tdNeed(b, 12)
	m := clip(b, length)
	id, fl := u16(m, 0), u16(m, 2)
	qd, an, ns, ar := u16(m, 4), u16(m, 6), u16(m, 8), u16(m, 10)
	at := 12
	if fl&0x8000 != 0 {
		d.f("%d%s%s", id, dnsOps[fl>>11&15], dnsRcodes[fl&15])
		d.s(map[bool]string{true: "*"}[fl&0x400 != 0] + map[bool]string{true: "-"}[fl&0x80 == 0] + map[bool]string{true: "|"}[fl&0x200 != 0] + map[bool]string{true: "$"}[fl&0x20 != 0])
		if qd != 1 {
			d.f(" [%dq]", qd)
		}
		for i := 0; i < qd && at < len(m); i++ {
			if i > 0 {
				d.s(",")
			}
			if d.v > 1 {
				if i == 0 {
					d.s(" q:")
				}
				at = d.dnsQuestion(m, at, mdns)
			} else {
				at = dnsSkip(m, at) + 4
			}
		}
		d.f(" %d/%d/%d", an, ns, ar)
		at = d.dnsRecords(m, at, an, "", mdns)
		if d.v > 1 {
			if ns > 0 && at < len(m) {
				d.s(" ns:")
			}
			at = d.dnsRecords(m, at, ns, "", mdns)
			if ar > 0 && at < len(m) {
				d.s(" ar:")
			}
			d.dnsRecords(m, at, ar, "", mdns)
		}
	} else {
		d.f("%d%s%s%s", id, dnsOps[fl>>11&15], map[bool]string{true: "+"}[fl&0x100 != 0], map[bool]string{true: "%"}[fl&0x10 != 0])
		if fl&0x06cf != 0 {
			d.f(" [b2&3=0x%x]", fl)
		}
		if fl>>11&15 == 1 {
			if qd != 0 {
				d.f(" [%dq]", qd)
			}
			if an != 1 {
				d.f(" [%da]", an)
			}
		} else {
			if an != 0 {
				d.f(" [%da]", an)
			}
			if qd != 1 {
				d.f(" [%dq]", qd)
			}
		}
		if ns != 0 {
			d.f(" [%dn]", ns)
		}
		if ar != 0 {
			d.f(" [%dau]", ar)
		}
		for i := 0; i < qd; i++ {
			if at >= len(m) {
				panic(truncated{})
			}
			at = d.dnsQuestion(m, at, mdns)
		}
		if d.v > 1 {
			if an > 0 {
				d.s(" an:")
			}
			at = d.dnsRecords(m, at, an, "", mdns)
			if ns > 0 {
				d.s(" ns:")
			}
			at = d.dnsRecords(m, at, ns, "", mdns)
			if ar > 0 {
				d.s(" ar:")
			}
			d.dnsRecords(m, at, ar, "", mdns)
		}
	}
	d.f(" (%d)", length)
}

// dnsSkip passes over a name.
func dnsSkip(m []byte, at int) int {
	for {
		n := u8(m, at)
		switch {
		case n == 0:
			return at + 1
		case n&0xc0 == 0xc0:
			return at + 2
		case n&0xc0 == 0x40:
			if n&0x3f != 1 {
				panic(truncated{})
			}
			bits := u8(m, at+1)
			if bits == 0 {
				bits = 256
			}
			at += 2 + (bits+7)/8
		default:
			at += n + 1
		}
	}
}

// dnsName prints a name; it returns where it ends.
func (d *tdPrinter) dnsName(m []byte, at int) int {
	end := -1
	if u8(m, at) == 0 {
		d.s(".")
		return at + 1
	}
	limit := len(m)
	for jumps := 0; ; {
		n := u8(m, at)
		switch {
		case n == 0:
			if end < 0 {
				end = at + 1
			}
			return end
		case n&0xc0 == 0xc0:
			to := u16(m, at) & 0x3fff
			if end < 0 {
				end = at + 2
			}
			if jumps++; jumps > 128 || to >= limit {
				d.s("<BAD PTR>")
				panic(dnsBad{})
			}
			limit = to
			at = to
			if u8(m, at) == 0 && jumps > 0 {
				return end
			}
		case n&0xc0 != 0:
			d.f("<%d>", n)
			panic(truncated{})
		default:
			tdNeed(m, at+1+n)
			for _, c := range m[at+1 : at+1+n] {
				if c < 0x20 || c > 0x7e {
					d.f("%s", tdChar(c))
				} else {
					d.b.WriteByte(c)
				}
			}
			d.s(".")
			at += n + 1
		}
	}
}

// dnsBad ends a message whose names lead nowhere.
type dnsBad = truncated

func tdChar(c byte) string {
	s := ""
	if c >= 0x80 {
		s, c = "M-", c&0x7f
	}
	if c < 0x20 || c == 0x7f {
		return s + "^" + string(rune(c^0x40))
	}
	return s + string(rune(c))
}

func dnsTypeName(t int) string {
	if s := dnsTypes[t]; s != "" {
		return s
	}
	return fmt.Sprintf("Type%d", t)
}

func dnsClassName(c int) string {
	if s := dnsClasses[c]; s != "" {
		return s
	}
	return fmt.Sprintf("(Class %d)", c)
}

// dnsQuestion is ns_qprint.
func (d *tdPrinter) dnsQuestion(m []byte, at int, mdns bool) int {
	end := dnsSkip(m, at)
	t, class := u16(m, end), u16(m, end+2)
	d.f(" %s", dnsTypeName(t))
	qu := " (QM)"
	if mdns && class&0x8000 != 0 {
		qu = " (QU)"
		class &^= 0x8000
	}
	if class != 1 {
		d.f(" %s", dnsClassName(class))
	}
	if mdns {
		d.s(qu)
	}
	d.s("? ")
	d.dnsName(m, at)
	return end + 4
}

func (d *tdPrinter) dnsRecords(m []byte, at, n int, _ string, mdns bool) int {
	for i := 0; i < n && at < len(m); i++ {
		if i > 0 {
			d.s(",")
		}
		at = d.dnsRecord(m, at, mdns)
	}
	return at
}

// dnsRecord is ns_rprint.
func (d *tdPrinter) dnsRecord(m []byte, at int, mdns bool) int {
	if d.v > 0 {
		d.s(" ")
		d.dnsName(m, at)
	}
	at = dnsSkip(m, at)
	t, class := u16(m, at), u16(m, at+2)
	if mdns && t != 41 {
		if class&0x8000 != 0 {
			d.s(" (Cache flush)")
		}
		class &^= 0x8000
	}
	if class != 1 && t != 41 {
		d.f(" %s", dnsClassName(class))
	}
	ttl := u32(m, at+4)
	if t == 41 {
		// the class is a size, and the time to live flags
	} else if d.v > 2 {
		d.s(" [" + tdDuration(ttl) + "]")
	}
	n := u16(m, at+8)
	at += 10
	d.f(" %s", dnsTypeName(t))
	end := at + n
	tdNeed(m, min(end, len(m)))
	r := m
	switch t {
	case 1:
		if n != 4 || len(m) < end {
			panic(truncated{})
		}
		d.f(" %s", addr4(m, at))
	case 28:
		if n == 16 {
			d.f(" %s", addr6(m, at))
		}
	case 2, 5, 12, 39:
		d.s(" ")
		d.dnsName(r, at)
	case 6:
		if d.v == 0 {
			break
		}
		d.s(" ")
		p := d.dnsName(r, at)
		d.s(" ")
		p = d.dnsName(r, p)
		for i := range 5 {
			d.f(" %d", u32(m, p+4*i))
		}
	case 15:
		d.s(" ")
		d.dnsName(r, from2(at))
		d.f(" %d", u16(m, at))
	case 33:
		d.s(" ")
		d.dnsName(r, at+6)
		d.f(":%d %d %d", u16(m, at+4), u16(m, at), u16(m, at+2))
	case 16:
		for p := at; p < end; {
			l := u8(m, p)
			d.s(" \"")
			for _, c := range tdNeed(m, p+1+l)[p+1 : p+1+l] {
				if c < 0x20 || c > 0x7e {
					d.s(tdChar(c))
				} else {
					d.b.WriteByte(c)
				}
			}
			d.s("\"")
			p += l + 1
		}
	case 41:
		d.f(" UDPsize=%d", class)
		if ttl&0x8000 != 0 {
			d.s(" DO")
		}
		if n > 0 {
			d.dnsOptions(clip(from(m, at), n))
		}
	}
	return end
}

func from2(at int) int { return at + 2 }

func (d *tdPrinter) dnsOptions(o []byte) {
	names := map[int]string{3: "NSID", 8: "ECS", 9: "EXPIRE", 10: "COOKIE", 11: "KEEPALIVE", 12: "PADDING", 15: "EDE"}
	var l []string
	for len(o) >= 4 {
		c, n := u16(o, 0), u16(o, 2)
		name := names[c]
		if name == "" {
			name = fmt.Sprintf("Opt%d", c)
		}
		v := clip(o[4:], n)
		s := name
		if len(v) > 0 {
			s += " " + fmt.Sprintf("%x", v)
		}
		l = append(l, s)
		o = o[4+len(v):]
	}
	d.s(" [" + strings.Join(l, ",") + "]")
}

// tdDuration is unsigned_relts_print: 1h2m3s.
func tdDuration(s uint32) string {
	if s == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range [...]struct {
		n uint32
		c string
	}{{604800, "w"}, {86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}} {
		if s >= u.n {
			fmt.Fprintf(&b, "%d%s", s/u.n, u.c)
			s %= u.n
		}
	}
	return b.String()
}
