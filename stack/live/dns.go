package live

import (
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/packetwalk/packetwalk/stack/socket"
)

// Name is the machine's name in the DNS; "www" and all else under it are the
// same machine.
const Name = "model.packetwalk."

// A dnsServer answers for Name with the machine's addresses, over UDP.
type dnsServer struct {
	m   *Machine
	fd  int
	buf [4096]byte
}

// Run answers the questions that have come.
func (s *dnsServer) Run(p *socket.Program) {
	if s.fd == 0 {
		fd, ok := listen(p, false, portDNS)
		if !ok {
			p.Exit()
			return
		}
		s.fd = fd
	}
	for p.Poll(s.fd)&socket.PollIn != 0 {
		c := p.RecvFrom(s.fd, s.buf[:], 0)
		if c.Err != 0 {
			return
		}
		if b := s.answer(s.buf[:c.Ret]); b != nil {
			p.SendTo(s.fd, b, c.From, c.FromPort, 0)
		}
	}
}

func (s *dnsServer) answer(b []byte) []byte {
	var ps dnsmessage.Parser
	h, err := ps.Start(b)
	if err != nil || h.Response {
		return nil
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: h.ID, Response: true, OpCode: h.OpCode, RecursionDesired: h.RecursionDesired, Authoritative: true}}
	q, err := ps.Question()
	if err != nil {
		m.RCode = dnsmessage.RCodeFormatError
	} else {
		m.Questions = []dnsmessage.Question{q}
		s.fill(&m, q)
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

// fill puts the answers to a question in.
func (s *dnsServer) fill(m *dnsmessage.Message, q dnsmessage.Question) {
	name := strings.ToLower(q.Name.String())
	if name != Name && !strings.HasSuffix(name, "."+Name) {
		m.RCode, m.Authoritative = dnsmessage.RCodeRefused, false
		return
	}
	h := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 60}
	for _, a := range s.m.addrs {
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		case !a.Is4() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
}
