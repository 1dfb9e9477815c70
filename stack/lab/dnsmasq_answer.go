package lab

import (
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func dnsTypeText(t dnsmessage.Type) string {
	if t == dnsmessage.TypeALL {
		return "ANY"
	}
	return dnsTypeName(int(t))
}

// answer makes the answer to one question; nil is none.
func (s *nameServer) answer(q []byte, from wire.Addr) []byte {
	var ps dnsmessage.Parser
	h, err := ps.Start(q)
	if err != nil || h.Response {
		return nil
	}
	qs, err := ps.AllQuestions()
	if err != nil || len(qs) != 1 {
		return nil
	}
	edns := false
	if ps.SkipAllAnswers() == nil && ps.SkipAllAuthorities() == nil {
		for {
			r, err := ps.AdditionalHeader()
			if err != nil {
				break
			}
			edns = edns || r.Type == dnsmessage.TypeOPT
			ps.SkipAdditional()
		}
	}
	name := dnsName(qs[0].Name.String())
	if s.log {
		s.p.errf("dnsmasq: query[%s] %s from %s\n", dnsTypeText(qs[0].Type), strings.TrimSuffix(name, "."), from)
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: h.ID, Response: true, OpCode: h.OpCode, RecursionDesired: h.RecursionDesired, RecursionAvailable: true}, Questions: qs}
	var opt []dnsmessage.Option
	list, known, none := s.find(name, qs[0].Type)
	switch {
	case known:
		m.Authoritative = true
		for _, r := range list {
			m.Answers = append(m.Answers, r)
		}
		if none { // setup_reply: that there is no such name is said without authority
			m.Authoritative = false
			m.RCode = dnsmessage.RCodeNameError
		}
	case len(s.server) > 0:
		if b := s.forward(q); b != nil {
			return b
		}
		return nil
	default:
		m.RCode = dnsmessage.RCodeRefused
		opt = []dnsmessage.Option{{Code: 15, Data: []byte{0, 14}}}
		if s.log {
			s.p.errf("dnsmasq: config error is REFUSED (EDE: not ready)\n")
		}
	}
	if edns {
		m.Additionals = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName("."), Type: dnsmessage.TypeOPT, Class: 1232},
			Body: &dnsmessage.OPTResource{Options: opt}}}
	}
	b, err := m.Pack()
	if err != nil {
		return nil
	}
	return b
}

// forward asks a server further up.
func (s *nameServer) forward(q []byte) []byte {
	for _, a := range s.server {
		if b, e := s.n.exchange(a, 53, q, wire.Addr{}, 0, s.n.now()+5*sim.Second); e == 0 {
			return b
		}
	}
	return nil
}

// find looks a name up: known says that this server is who knows, none that
// there is no such name.
func (s *nameServer) find(name string, t dnsmessage.Type) (list []dnsmessage.Resource, known, none bool) {
	for range 8 { // aliases of aliases
		next := ""
		for _, r := range s.records[name] {
			rt := bodyType(r)
			if rt != t && t != dnsmessage.TypeALL && rt != dnsmessage.TypeCNAME {
				continue
			}
			known = true
			s.put(&list, name, rt, r)
			if c, ok := r.(*dnsmessage.CNAMEResource); ok && t != dnsmessage.TypeCNAME {
				next = dnsName(c.CNAME.String())
			}
		}
		if next == "" {
			break
		}
		name = next
	}
	if len(list) > 0 && bodyType(list[len(list)-1].Body) != dnsmessage.TypeCNAME {
		return list, true, false
	}
	var best *nameRule
	for i := range s.domains {
		d := &s.domains[i]
		if name != d.name && !strings.HasSuffix(name, "."+d.name) && d.name != "#." {
			continue
		}
		if best == nil || len(d.name) > len(best.name) {
			best = d
		}
	}
	if best == nil {
		return list, known, false
	}
	any := false
	for i := range s.domains {
		d := &s.domains[i]
		if d.name != best.name {
			continue
		}
		any = true
		if d.none {
			none = len(list) == 0
			continue
		}
		r := addrRecord(d.addr)
		if rt := bodyType(r); rt == t || t == dnsmessage.TypeALL {
			s.put(&list, name, rt, r)
		}
	}
	if t != dnsmessage.TypeA && t != dnsmessage.TypeAAAA && t != dnsmessage.TypeALL && !none && len(list) == 0 {
		return nil, false, false
	}
	return list, any, none && len(list) == 0
}

// put adds a record, and logs it.
func (s *nameServer) put(list *[]dnsmessage.Resource, name string, t dnsmessage.Type, r dnsmessage.ResourceBody) {
	n, err := dnsmessage.NewName(name)
	if err != nil {
		return
	}
	*list = append(*list, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: n, Type: t, Class: dnsmessage.ClassINET, TTL: s.ttl}, Body: r})
	if s.log {
		what := "<" + dnsTypeText(t) + ">"
		switch b := r.(type) {
		case *dnsmessage.AResource, *dnsmessage.AAAAResource:
			what = recordText(b)
		}
		s.p.errf("dnsmasq: config %s is %s\n", strings.TrimSuffix(name, "."), what)
	}
}

func bodyType(r dnsmessage.ResourceBody) dnsmessage.Type {
	switch r.(type) {
	case *dnsmessage.AResource:
		return dnsmessage.TypeA
	case *dnsmessage.AAAAResource:
		return dnsmessage.TypeAAAA
	case *dnsmessage.CNAMEResource:
		return dnsmessage.TypeCNAME
	case *dnsmessage.PTRResource:
		return dnsmessage.TypePTR
	case *dnsmessage.TXTResource:
		return dnsmessage.TypeTXT
	case *dnsmessage.MXResource:
		return dnsmessage.TypeMX
	case *dnsmessage.SRVResource:
		return dnsmessage.TypeSRV
	case *dnsmessage.NSResource:
		return dnsmessage.TypeNS
	case *dnsmessage.SOAResource:
		return dnsmessage.TypeSOA
	}
	return 0
}
