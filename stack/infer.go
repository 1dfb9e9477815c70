package stack

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// Profile infers the host. local, if not zero, is the address that the user
// says is this host's.
func (s *Scan) Profile(local wire.Addr) *Profile {
	p := &Profile{MTU: 1500, Frames: s.n, Flows: map[Flow]*FlowFacts{},
		ClosedUDP: s.closedU, ClosedTCP: map[Service]bool{}, OpenTCP: map[Service]bool{}}
	p.directed = s.outDir > 0 && s.inDir > 0
	s.whoami(p, local)
	s.prefixes(p)
	s.neighbours(p)
	s.services(p)
	for k := range s.find {
		if f := s.find[k]; f.Count > 0 && FindingKind(k) != NoDirection {
			p.Findings = append(p.Findings, f)
		}
	}
	if f := s.find[NoDirection]; f.Count > 0 && !p.directed {
		p.Findings = append(p.Findings, f)
	}
	return p
}

func (s *Scan) whoami(p *Profile, local wire.Addr) {
	switch {
	case !local.IsZero():
		p.Because = "you said so"
		p.Addrs = []Prefix{{Addr: local}}
		for _, m := range s.order {
			if f := s.macs[m]; f.arp[local] || f.ips[local] > 0 {
				p.MAC = m
				if f.arp[local] {
					break
				}
			}
		}
	case s.byMAC(p):
	default:
		s.byAddr(p)
	}
	if p.MAC != 0 {
		s.addrsOf(p)
		if m := s.macs[p.MAC]; m != nil && m.tagged*2 > m.src {
			p.Vlan = m.vlan
		}
	}
}

// byMAC looks for the link address that every frame names.
func (s *Scan) byMAC(p *Profile) bool {
	if len(s.order) == 0 {
		return false
	}
	score := func(m wire.MAC) (n int) {
		f := s.macs[m]
		if f.src == 0 {
			return -1 // never heard of
		}
		return f.src + f.dst
	}
	best := slices.Clone(s.order)
	slices.SortStableFunc(best, func(a, b wire.MAC) int { return score(b) - score(a) })
	m := best[0]
	p.Because = "every frame is from or for " + m.String()
	if len(best) > 1 && score(best[1]) >= score(m)*95/100 && score(best[1]) > 0 {
		m = s.between(p, m, best[1])
	}
	for _, c := range best {
		if f := s.macs[c]; f.out > 0 && f.out == f.src {
			m = c
			p.Because = "the capture says that " + m.String() + " sent its frames from here"
			break
		}
	}
	p.MAC = m
	return true
}

// between decides when two stations share all frames.
func (s *Scan) between(p *Profile, a, b wire.MAC) wire.MAC {
	fa, fb := s.macs[a], s.macs[b]
	switch {
	case fa.partial > 0 && fb.partial == 0:
		p.Because = "its checksums are not yet filled in, so it was captured where they are sent"
		return a
	case fb.partial > 0 && fa.partial == 0:
		p.Because = "its checksums are not yet filled in, so it was captured where they are sent"
		return b
	case s.firstMAC == b:
		p.Because = "two hosts share all frames; this is the one that is asked first (use --local for the other)"
		return b
	case s.firstMAC == a:
		p.Because = "two hosts share all frames; this is the one that is asked first (use --local for the other)"
	default:
		p.Because = "two hosts share all frames; this is the first of them (use --local for the other)"
	}
	return a
}

// byAddr does the same where there are no link addresses.
func (s *Scan) byAddr(p *Profile) {
	best, n := wire.Addr{}, -1
	for _, a := range s.aorder {
		f := s.addrs[a]
		if f.src == 0 {
			continue
		}
		score := f.src + f.dst + f.out*4 + f.partial*4
		if a == s.firstReq {
			score++
		}
		if score > n {
			best, n = a, score
		}
	}
	if n < 0 && len(s.aorder) > 0 {
		best = s.aorder[0]
	}
	if best.IsZero() {
		p.Because = "no address was seen; this host gets one that nobody uses"
		return
	}
	p.Because = "its address is in the most packets"
	p.Addrs = []Prefix{{Addr: best}}
}

// addrsOf lists the addresses that the host's link address speaks for.
func (s *Scan) addrsOf(p *Profile) {
	f := s.macs[p.MAC]
	if f == nil {
		return
	}
	have := func(a wire.Addr) bool {
		return slices.ContainsFunc(p.Addrs, func(x Prefix) bool { return x.Addr == a })
	}
	for _, a := range s.aorder {
		if have(a) || !usable(a) {
			continue
		}
		if f.arp[a] {
			p.Addrs = append(p.Addrs, Prefix{Addr: a})
		}
	}
	foreign := 0
	for _, a := range s.aorder {
		if have(a) || !usable(a) || f.ips[a] == 0 {
			continue
		}
		if s.elsewhere(a, p.MAC) {
			foreign++
			continue
		}
		p.Addrs = append(p.Addrs, Prefix{Addr: a})
	}
	for a := range f.arp {
		if !have(a) && s.addrs[a] == nil && len(f.arp) == 1 {
			p.Addrs = append(p.Addrs, Prefix{Addr: a})
		}
	}
	if len(p.Addrs) == 0 {
		s.addressed(p)
	}
	p.Router = foreign > 0
	if len(p.Addrs) > 64 {
		p.Addrs = p.Addrs[:64]
	}
}

// addressed takes the address that frames for the host's link address name,
// for a host that never speaks.
func (s *Scan) addressed(p *Profile) {
	best, n := wire.Addr{}, 0
	for _, a := range s.aorder {
		if f := s.addrs[a]; usable(a) && f.src == 0 && f.dst > n {
			best, n = a, f.dst
		}
	}
	if n > 0 {
		p.Addrs = []Prefix{{Addr: best}}
	}
}

// elsewhere reports whether another station sends from the address too, so
// that this host only passes it on.
func (s *Scan) elsewhere(a wire.Addr, me wire.MAC) bool {
	for _, m := range s.order {
		if m != me && s.macs[m].ips[a] > 0 {
			return true
		}
	}
	return false
}

func usable(a wire.Addr) bool {
	if a.Is4() {
		ip := a.IP4()
		return ip != 0 && ip != 0xffffffff && !ip.IsMulticast()
	}
	return !a.IsZero() && a.Hi>>56 != 0xff
}

// prefixes guesses how long the network part is: for IPv4 24 bits, or as few
// as make every address that was asked for by ARP a neighbour; 64 for IPv6.
func (s *Scan) prefixes(p *Profile) {
	for i := range p.Addrs {
		a := &p.Addrs[i]
		if !a.Addr.Is4() {
			a.Len = 64
			continue
		}
		a.Len = 24
		if a.Addr.IP4()>>24 == 127 {
			a.Len = 8
		}
		for _, b := range s.aorder {
			f := s.addrs[b]
			if !b.Is4() || !usable(b) || !f.asked || b == a.Addr {
				continue
			}
			if n := a.Addr.CommonPrefix(b) - 96; n < a.Len && n >= 16 {
				a.Len = n
			}
		}
	}
}

// neighbours lists the stations whose link addresses the host knew without
// asking in the capture, and the gateway.
func (s *Scan) neighbours(p *Profile) {
	var gw wire.MAC
	for _, a := range s.aorder {
		f := s.addrs[a]
		if gw == 0 && f.mac == 0 && f.to != 0 && f.to != p.MAC && !f.to.IsMulticast() && usable(a) && !p.Local(a) && !p.onLink(a) {
			gw = f.to // it never answered, but this host sent it there
		}
		if p.Local(a) || !usable(a) || f.mac == 0 || f.mac == p.MAC {
			continue
		}
		if !p.onLink(a) {
			if gw == 0 {
				gw = f.mac
			}
			continue
		}
		if f.asked {
			p.Asked = true
			continue
		}
		if len(p.Neighbour) < 4096 {
			p.Neighbour = append(p.Neighbour, Station{a, f.mac})
		}
	}
	if gw == 0 && len(p.Addrs) > 0 && p.MAC == 0 {
		return
	}
	s.gateway(p, gw)
}

// gateway finds or makes up the next hop for addresses beyond the link.
func (s *Scan) gateway(p *Profile, gw wire.MAC) {
	if gw == 0 {
		return
	}
	if m := s.macs[gw]; m != nil {
		for _, a := range s.aorder {
			if m.arp[a] && p.onLink(a) {
				p.Gateway = a
				return
			}
		}
	}
	for _, x := range p.Addrs {
		if !x.Addr.Is4() {
			p.Gateway6 = wire.Addr{Hi: 0xfe80 << 48, Lo: 1}
			p.Neighbour = append(p.Neighbour, Station{p.Gateway6, gw})
			continue
		}
		if !p.Gateway.IsZero() || x.Len > 30 {
			continue
		}
		net := x.Addr.IP4().Mask(x.Len)
		last := net | (1<<(32-x.Len) - 1)
		for _, c := range []wire.IP4{net + 1, last - 1, net + 2} {
			if !p.Local(c.Addr()) && s.addrs[c.Addr()] == nil {
				p.Gateway = c.Addr()
				break
			}
		}
		if !p.Gateway.IsZero() {
			p.Neighbour = append(p.Neighbour, Station{p.Gateway, gw})
		}
	}
}

// services lists what was open and what was closed, and the facts of flows.
func (s *Scan) services(p *Profile) {
	mid := 0
	for _, f := range s.forder {
		if !p.Local(f.Local) {
			continue
		}
		w := s.flows[f]
		here := Service{f.Local, f.Lport}
		switch {
		case w.rstFirst && !w.synack:
			if w.rsyn {
				p.ClosedTCP[here] = true
			}
		case w.synack:
			p.OpenTCP[here] = true
		case !w.syn && !w.rsyn && !w.rsyna:
			mid++
			if mid == 1 {
				s.find[MidFlow] = Finding{What: MidFlow, Frame: w.first}
			}
			s.find[MidFlow].Count = mid
		}
		p.Flows[f] = &FlowFacts{First: w.first, SawSyn: w.syn || w.synack, Active: w.syn, ISN: w.isn, HaveISN: w.haveISN,
			TSval: w.ts, TSAt: w.tsAt, HaveTS: w.haveTS, WinScale: w.ws}
	}
}
