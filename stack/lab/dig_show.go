package lab

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
	"golang.org/x/net/dns/dnsmessage"
)

var dnsRcodeNames = [16]string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "RESERVED11", "RESERVED12", "RESERVED13", "RESERVED14", "RESERVED15"}

// show prints an answer.
func (d *digCmd) show(b []byte, s wire.Addr, took sim.Time) int {
	p := d.p
	var m dnsmessage.Message
	if err := m.Unpack(b); err != nil {
		d.banner()
		p.out(";; Got bad packet: bad label type\n")
		return 0
	}
	if d.short {
		for _, r := range m.Answers {
			p.outf("%s\n", recordText(r.Body))
		}
		return 0
	}
	d.banner()
	var opt *dnsmessage.Resource
	var extraRR []dnsmessage.Resource
	for i := range m.Additionals {
		if m.Additionals[i].Header.Type == dnsmessage.TypeOPT {
			opt = &m.Additionals[i]
		} else {
			extraRR = append(extraRR, m.Additionals[i])
		}
	}
	if !d.noComments {
		d.head(&m, opt)
	}
	if !d.noQuestion {
		if !d.noComments {
			p.out(";; QUESTION SECTION:\n")
		}
		for _, q := range m.Questions {
			p.out(digRow(";"+q.Name.String(), "\t"+digClass(q.Class)+"\t"+dnsTypeText(q.Type), true) + "\n")
		}
		if !d.noComments {
			p.out("\n")
		}
	}
	section := func(off bool, title string, l []dnsmessage.Resource) {
		if off || len(l) == 0 {
			return
		}
		if !d.noComments {
			p.outf(";; %s SECTION:\n", title)
		}
		for _, r := range l {
			p.out(digRow(r.Header.Name.String(), fmt.Sprintf("%d\t%s\t%s\t%s", r.Header.TTL, digClass(r.Header.Class), dnsTypeText(r.Header.Type), recordText(r.Body)), false) + "\n")
		}
		if !d.noComments {
			p.out("\n")
		}
	}
	section(d.noAnswer, "ANSWER", m.Answers)
	section(d.noAuthority, "AUTHORITY", m.Authorities)
	section(d.noAdditional, "ADDITIONAL", extraRR)
	if !d.noStat {
		how := "UDP"
		if d.tcp {
			how = "TCP"
		}
		at := s.String()
		p.outf(";; Query time: %d msec\n;; SERVER: %s#%d(%s) (%s)\n;; WHEN: %s\n;; MSG SIZE  rcvd: %d\n\n", took/sim.Millisecond, at, d.port, d.label(at), how,
			p.lab.date().Format("Mon Jan 02 15:04:05 MST 2006"), len(b))
	} else if !d.noComments || !d.noCmd {
		p.out("")
	}
	return 0
}

func (d *digCmd) label(at string) string {
	if d.server != "" {
		return d.server
	}
	return at
}

func digClass(c dnsmessage.Class) string {
	if s := dnsClasses[int(c)]; s != "" {
		return s
	}
	return fmt.Sprintf("CLASS%d", c)
}

// digRow puts tabs behind a name so that the columns stand at 24.
func digRow(name, rest string, question bool) string {
	to := 24
	if question {
		to = 24 // no time to live: one column is empty
	}
	col := len(name)
	if col >= to {
		if question && col < 32 {
			return name + rest
		}
		return name + " " + strings.TrimPrefix(rest, "\t")
	}
	return name + strings.Repeat("\t", (to-col+7)/8) + rest
}

// head prints what the header and the extension say.
func (d *digCmd) head(m *dnsmessage.Message, opt *dnsmessage.Resource) {
	h := &m.Header
	rcode := dnsRcodeNames[h.RCode&15]
	fl := ""
	for _, x := range [...]struct {
		on bool
		s  string
	}{{h.Response, " qr"}, {h.Authoritative, " aa"}, {h.Truncated, " tc"}, {h.RecursionDesired, " rd"}, {h.RecursionAvailable, " ra"}, {h.AuthenticData, " ad"}, {h.CheckingDisabled, " cd"}} {
		if x.on {
			fl += x.s
		}
	}
	d.p.outf(";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: %s, id: %d\n;; flags:%s; QUERY: %d, ANSWER: %d, AUTHORITY: %d, ADDITIONAL: %d\n", rcode, h.ID, fl,
		len(m.Questions), len(m.Answers), len(m.Authorities), len(m.Additionals))
	if h.RecursionDesired && !h.RecursionAvailable {
		d.p.out(";; WARNING: recursion requested but not available\n")
	}
	d.p.out("\n")
	if opt == nil {
		return
	}
	d.p.outf(";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: %d\n", opt.Header.Class)
	if o, ok := opt.Body.(*dnsmessage.OPTResource); ok {
		for _, x := range o.Options {
			switch x.Code {
			case 15:
				if len(x.Data) >= 2 {
					c := int(x.Data[0])<<8 | int(x.Data[1])
					d.p.outf("; EDE: %d%s\n", c, map[int]string{14: " (Not Ready)", 22: " (No Reachable Authority)", 18: " (Prohibited)", 15: " (Blocked)"}[c])
				}
			case 10:
				d.p.outf("; COOKIE: %x\n", x.Data)
			default:
				d.p.outf("; OPT=%d: %x\n", x.Code, x.Data)
			}
		}
	}
}

// recordText is a record's data as zone files have it.
func recordText(b dnsmessage.ResourceBody) string {
	switch r := b.(type) {
	case *dnsmessage.AResource:
		return netip.AddrFrom4(r.A).String()
	case *dnsmessage.AAAAResource:
		return netip.AddrFrom16(r.AAAA).String()
	case *dnsmessage.CNAMEResource:
		return r.CNAME.String()
	case *dnsmessage.PTRResource:
		return r.PTR.String()
	case *dnsmessage.NSResource:
		return r.NS.String()
	case *dnsmessage.MXResource:
		return fmt.Sprintf("%d %s", r.Pref, r.MX.String())
	case *dnsmessage.SRVResource:
		return fmt.Sprintf("%d %d %d %s", r.Priority, r.Weight, r.Port, r.Target.String())
	case *dnsmessage.TXTResource:
		var l []string
		for _, t := range r.TXT {
			l = append(l, strconv.Quote(t))
		}
		return strings.Join(l, " ")
	case *dnsmessage.SOAResource:
		return fmt.Sprintf("%s %s %d %d %d %d %d", r.NS.String(), r.MBox.String(), r.Serial, r.Refresh, r.Retry, r.Expire, r.MinTTL)
	case *dnsmessage.UnknownResource:
		return fmt.Sprintf("\\# %d %X", len(r.Data), r.Data)
	}
	return ""
}
