package wire

var dnsOps = [16]string{"", " inv_q", " stat", " op3", " notify", " update", " op6", " op7",
	" op8", " updateA", " updateD", " updateDA", " updateM", " updateMA", " zoneInit", " zoneRef"}

var dnsRcodes = [16]string{"", " FormErr", " ServFail", " NXDomain", " NotImp", " Refused",
	" YXDomain", " YXRRSet", " NXRRSet", " NotAuth", " NotZone", " Resp11", " Resp12",
	" Resp13", " Resp14", " NoChange"}

// dns prints a message of n bytes of which b was captured: domain_print.
func (l *line) dns(b []byte, n int, mdns bool) {
	if n < 12 {
		l.sn("domain [length ", n)
		l.s(" < 12] (invalid)")
		return
	}
	if len(b) < 12 {
		l.trunc("domain")
		return
	}
	flags := be16(b[2:])
	qd, an, ns, ar := int(be16(b[4:])), int(be16(b[6:])), int(be16(b[8:])), int(be16(b[10:]))
	l.su("", uint32(be16(b)))
	l.s(dnsOps[flags>>11&15])
	d := &dnsMsg{line: l, b: b, at: 12, mdns: mdns}
	if flags&0x8000 != 0 {
		l.s(dnsRcodes[flags&15])
		l.flag(flags&0x0400 != 0, "*")
		l.flag(flags&0x0080 == 0, "-")
		l.flag(flags&0x0200 != 0, "|")
		l.flag(flags&0x0020 != 0, "$")
		if qd != 1 {
			l.sn(" [", qd)
			l.s("q]")
		}
		for ; qd > 0; qd-- {
			if !d.skipName() || d.at+4 > len(b) {
				l.trunc("domain")
				return
			}
			d.at += 4
		}
		l.sn(" ", an)
		l.sn("/", ns)
		l.sn("/", ar)
		for i := range an {
			if i > 0 {
				l.s(",")
			}
			if i > 64 || !d.record() {
				l.trunc("domain")
				return
			}
		}
	} else {
		l.flag(flags&0x0100 != 0, "+")
		l.flag(flags&0x0010 != 0, "%")
		if w := flags & 0x06cf; w != 0 {
			l.s(" [b2&3=0x")
			l.hex(uint64(flags), 1)
			l.s("]")
		}
		l.count(an, 0, "a]")
		l.count(qd, 1, "q]")
		l.count(ns, 0, "n]")
		l.count(ar, 0, "au]")
		for i := range qd {
			if i > 64 || !d.question() {
				l.trunc("domain")
				return
			}
		}
	}
	l.sn(" (", n)
	l.s(")")
}

func (l *line) flag(on bool, s string) {
	if on {
		l.s(s)
	}
}

func (l *line) count(v, usual int, s string) {
	if v != usual {
		l.sn(" [", v)
		l.s(s)
	}
}

// dnsMsg is a place in a DNS message.
type dnsMsg struct {
	*line
	b    []byte
	at   int
	mdns bool
}

// skipName walks over a name.
func (d *dnsMsg) skipName() bool {
	for d.at < len(d.b) {
		n := int(d.b[d.at])
		switch {
		case n >= 0xc0:
			d.at += 2
			return d.at <= len(d.b)
		case n >= 0x40:
			return false
		case n == 0:
			d.at++
			return true
		}
		d.at += 1 + n
	}
	return false
}

// name writes the name at off, following compression pointers (RFC 1035
// §4.1.4), each to an earlier place than the one before.
func (d *dnsMsg) name(off int) bool {
	limit, start := off, len(d.out)
	for {
		if off >= len(d.b) || len(d.out)-start > 600 {
			return false
		}
		n := int(d.b[off])
		switch {
		case n >= 0xc0:
			if off+1 >= len(d.b) {
				return false
			}
			off = int(be16(d.b[off:]) & 0x3fff)
			if off >= limit {
				d.s("<BAD PTR>")
				return false
			}
			limit = off
			continue
		case n >= 0x40:
			return false
		case n == 0:
			if len(d.out) == start {
				d.s(".")
			}
			return true
		}
		if off+1+n > len(d.b) {
			return false
		}
		for _, c := range d.b[off+1 : off+1+n] {
			d.char(c)
		}
		d.s(".")
		off += 1 + n
	}
}

func dnsType(t uint16) string {
	switch t {
	case 1:
		return "A"
	case 2:
		return "NS"
	case 5:
		return "CNAME"
	case 6:
		return "SOA"
	case 12:
		return "PTR"
	case 10:
		return "NULL"
	case 13:
		return "HINFO"
	case 15:
		return "MX"
	case 16:
		return "TXT"
	case 28:
		return "AAAA"
	case 29:
		return "LOC"
	case 44:
		return "SSHFP"
	case 33:
		return "SRV"
	case 35:
		return "NAPTR"
	case 41:
		return "OPT"
	case 43:
		return "DS"
	case 46:
		return "RRSIG"
	case 47:
		return "NSEC"
	case 48:
		return "DNSKEY"
	case 64:
		return "SVCB"
	case 65:
		return "HTTPS"
	case 251:
		return "IXFR"
	case 252:
		return "AXFR"
	case 255:
		return "ANY"
	}
	return ""
}

func (d *dnsMsg) typ(t uint16) {
	d.s(" ")
	if s := dnsType(t); s != "" {
		d.s(s)
	} else {
		d.su("Type", uint32(t))
	}
}

func (d *dnsMsg) class(c uint16) {
	switch c {
	case 1:
	case 3:
		d.s(" CHAOS")
	case 4:
		d.s(" HS")
	case 255:
		d.s(" ANY")
	default:
		d.su(" (Class ", uint32(c))
		d.s(")")
	}
}

func (d *dnsMsg) question() bool {
	name := d.at
	if !d.skipName() || d.at+4 > len(d.b) {
		return false
	}
	d.typ(be16(d.b[d.at:]))
	c := be16(d.b[d.at+2:])
	d.at += 4
	if d.mdns && c&0x8000 != 0 {
		d.s(" (QU)")
		c &= 0x7fff
	} else if d.mdns {
		d.s(" (QM)")
	}
	d.class(c)
	d.s("? ")
	return d.name(name)
}

func (d *dnsMsg) record() bool {
	if !d.skipName() || d.at+10 > len(d.b) {
		return false
	}
	h := d.b[d.at:]
	t, c, n := be16(h), be16(h[2:]), int(be16(h[8:]))
	d.at += 10
	if d.mdns && c&0x8000 != 0 {
		d.s(" (Cache flush)")
		c &= 0x7fff
	}
	if t != 41 {
		d.class(c)
	}
	d.typ(t)
	if d.at+n > len(d.b) {
		return false
	}
	at := d.at
	data := d.b[at : at+n]
	d.at += n
	switch {
	case t == 1 && n == 4:
		d.s(" ")
		d.ip4(getIP4(data))
	case t == 28 && n == 16:
		d.s(" ")
		d.ip6(AddrFrom16(data))
	case t == 2 || t == 5 || t == 12:
		d.s(" ")
		return d.name(at)
	case t == 15 && n > 2:
		d.s(" ")
		ok := d.name(at + 2)
		d.su(" ", uint32(be16(data)))
		return ok
	case t == 33 && n > 6:
		d.s(" ")
		ok := d.name(at + 6)
		d.su(":", uint32(be16(data[4:])))
		d.su(" ", uint32(be16(data)))
		d.su(" ", uint32(be16(data[2:])))
		return ok
	case t == 16:
		d.text(data)
	}
	return true
}

// text writes the strings of a TXT record.
func (d *dnsMsg) text(b []byte) {
	for len(b) > 0 {
		n := min(1+int(b[0]), len(b))
		d.s(" \"")
		for _, c := range b[1:n] {
			d.char(c)
		}
		d.s("\"")
		b = b[n:]
	}
}
