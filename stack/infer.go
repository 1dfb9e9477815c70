package stack

import (
	"slices"
	"strconv"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// Profile infers the host. local, if not zero, is the address that the user
// says is this host's.
func (s *Scan) Profile(local wire.Addr) *Profile {
	p := &Profile{Frames: s.n, Flows: map[Flow]*FlowFacts{},
		ClosedUDP: map[Service]bool{}, ClosedTCP: map[Service]bool{}, OpenTCP: map[Service]bool{}}
	in, out := 0, 0
	for _, t := range s.all {
		in, out = in+t.inDir, out+t.outDir
	}
	p.directed = in > 0 && out > 0
	p.More = make([]Port, len(s.all)-1)
	where := s.where(local)
	ports := p.ports()
	for i, t := range s.all {
		ports[i].Iface, ports[i].Name, ports[i].MTU = t.iface, s.portName(i), 1500
		a := wire.Addr{}
		if i == where {
			a = local
		}
		if because := t.whoami(ports[i], a); i == where {
			p.Because = because
		}
	}
	for i, t := range s.all {
		s.addrsOf(p, t, ports[i])
	}
	for i, t := range s.all {
		t.prefixes(ports[i])
	}
	for i, t := range s.all {
		p.Asked = t.neighbours(p, ports[i]) || p.Asked
	}
	for _, t := range s.all {
		t.services(p)
		for k, v := range t.closedU {
			p.ClosedUDP[k] = v
		}
	}
	s.findings(p)
	return p
}

// findings sums up those of all interfaces.
func (s *Scan) findings(p *Profile) {
	list := s.find
	for _, t := range s.all[1:] {
		for k, f := range t.find {
			if f.Count > 0 && (list[k].Count == 0 || f.Frame < list[k].Frame) {
				list[k].What, list[k].Frame = f.What, f.Frame
			}
			list[k].Count += f.Count
		}
	}
	for k, f := range list {
		if f.Count > 0 && FindingKind(k) != NoDirection {
			p.Findings = append(p.Findings, f)
		}
	}
	if f := list[NoDirection]; f.Count > 0 && !p.directed {
		p.Findings = append(p.Findings, f)
	}
}

// where is the interface that the user's address of this host is seen on.
func (s *Scan) where(local wire.Addr) int {
	for i, t := range s.all {
		for _, m := range t.order {
			if f := t.macs[m]; !local.IsZero() && (f.arp[local] || f.ips[local] > 0) {
				return i
			}
		}
	}
	return 0
}

// portName names an interface's device: as the capture does, if there are
// several and each has a name of its own.
func (s *Scan) portName(i int) string {
	name := func(t *Scan) string {
		if t.iface >= 0 && t.iface < len(s.names) {
			return s.names[t.iface]
		}
		return ""
	}
	usual := len(s.all) > 1
	seen := map[string]bool{"": true, "lo": true}
	for _, t := range s.all {
		n := name(t)
		usual = usual && !seen[n] && len(n) < 16
		seen[n] = true
	}
	if usual {
		return name(s.all[i])
	}
	return "eth" + strconv.Itoa(i)
}

func (s *Scan) whoami(p *Port, local wire.Addr) (because string) {
	switch {
	case !local.IsZero():
		because = "you said so"
		p.Addrs = []Prefix{{Addr: local}}
		for _, m := range s.order {
			if f := s.macs[m]; f.arp[local] || f.ips[local] > 0 {
				p.MAC = m
				if f.arp[local] {
					break
				}
			}
		}
	case len(s.order) > 0:
		p.MAC, because = s.byMAC()
	default:
		because = s.byAddr(p)
	}
	if m := s.macs[p.MAC]; p.MAC != 0 && m != nil && m.tagged*2 > m.src {
		p.Vlan = m.vlan
	}
	return because
}

// byMAC looks for the link address that every frame names.
func (s *Scan) byMAC() (m wire.MAC, because string) {
	score := func(m wire.MAC) (n int) {
		f := s.macs[m]
		if f.src == 0 {
			return -1 // never heard of
		}
		return f.src + f.dst
	}
	best := slices.Clone(s.order)
	slices.SortStableFunc(best, func(a, b wire.MAC) int { return score(b) - score(a) })
	for _, c := range best {
		if f := s.macs[c]; f.out > 0 && f.out == f.src {
			return c, "the capture says that " + c.String() + " sent its frames from here"
		}
	}
	m = best[0]
	if len(best) > 1 && score(best[1]) >= score(m)*95/100 && score(best[1]) > 0 {
		s.unsure = true
		return s.between(m, best[1])
	}
	return m, "every frame is from or for " + m.String()
}

// between decides when two stations share all frames.
func (s *Scan) between(a, b wire.MAC) (m wire.MAC, because string) {
	const (
		unfilled = "its checksums are not yet filled in, so it was captured where they are sent"
		asked    = "two hosts share all frames; this is the one that is asked first (use --local for the other)"
	)
	fa, fb := s.macs[a], s.macs[b]
	switch {
	case fa.partial > 0 && fb.partial == 0:
		return a, unfilled
	case fb.partial > 0 && fa.partial == 0:
		return b, unfilled
	case s.firstMAC == b:
		return b, asked
	case s.firstMAC == a:
		return a, asked
	}
	return a, "two hosts share all frames; this is the first of them (use --local for the other)"
}

// byAddr does the same where there are no link addresses.
func (s *Scan) byAddr(p *Port) (because string) {
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
		return "no address was seen; this host gets one that nobody uses"
	}
	p.Addrs = []Prefix{{Addr: best}}
	return "its address is in the most packets"
}

// addrsOf lists the addresses that the host's link address on an interface
// speaks for. t is the interface's scan.
func (all *Scan) addrsOf(host *Profile, s *Scan, p *Port) {
	f := s.macs[p.MAC]
	if f == nil || p.MAC == 0 {
		return
	}
	have := host.Local
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
		switch {
		case all.elsewhere(a, host, p):
			foreign++
			continue
		case s.passedOn(a, f, host.directed):
			foreign++
			host.Beyond = true
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
	host.Router = host.Router || foreign > 0
	if len(p.Addrs) > 64 {
		p.Addrs = p.Addrs[:64]
	}
}

// addressed takes the address that frames for the host's link address name,
// for a host that never speaks.
func (s *Scan) addressed(p *Port) {
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
func (s *Scan) elsewhere(a wire.Addr, host *Profile, here *Port) bool {
	ports := host.ports()
	for i, t := range s.all {
		for _, m := range t.order {
			f := t.macs[m]
			switch {
			case m != ports[i].MAC && f.ips[a] > 0:
				return true
			case m == ports[i].MAC && ports[i] != here && f.arp[a]:
				return true // the address of another of its interfaces
			}
		}
	}
	return false
}

// passedOn reports whether this host only passes on what comes from an address
// that no station of the capture sends from: it never claims the address, and
// the packets have hops behind them, which a sender's own have not.
func (s *Scan) passedOn(a wire.Addr, me *macFacts, directed bool) bool {
	switch t := me.ttl[a]; {
	case me.arp[a] || s.unsure && !directed:
		return false
	case t <= 32, t == 64, t == 128, t == 255: // traceroute's, and what senders begin with
		return false
	}
	return true
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
func (s *Scan) prefixes(p *Port) {
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
// asking in the capture, and the gateway. It reports whether the host asked.
func (s *Scan) neighbours(host *Profile, p *Port) (asked bool) {
	var gw wire.MAC
	for _, a := range s.aorder {
		f := s.addrs[a]
		if s.named(p, a, f.to) {
			continue
		}
		if gw == 0 && f.mac == 0 && f.to != 0 && f.to != p.MAC && !f.to.IsMulticast() && usable(a) && !host.Local(a) && !p.onLink(a) {
			gw = f.to // it never answered, but this host sent it there
		}
		if host.Local(a) || !usable(a) || f.mac == 0 || f.mac == p.MAC {
			continue
		}
		if !p.onLink(a) {
			if gw == 0 {
				gw = f.mac
			}
			continue
		}
		if f.asked {
			asked = true
			continue
		}
		if len(p.Neighbour) < 4096 {
			p.Neighbour = append(p.Neighbour, Station{a, f.mac})
		}
	}
	if gw != 0 {
		s.gateway(p, gw)
	}
	return asked
}

// named reports whether the host itself named the next hop towards an address,
// and notes it: the hop's link address is where packets for it went.
func (s *Scan) named(p *Port, a wire.Addr, to wire.MAC) bool {
	for _, v := range s.via {
		if v.by != p.MAC || v.Dst != a {
			continue
		}
		p.Via = append(p.Via, v.Hop)
		if f := s.addrs[v.Gateway]; !v.Gateway.IsZero() && (f == nil || f.mac == 0) {
			p.Neighbour = append(p.Neighbour, Station{v.Gateway, to})
		}
		return true
	}
	return false
}

// gateway finds or makes up the next hop for addresses beyond the link.
func (s *Scan) gateway(p *Port, gw wire.MAC) {
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
			if !p.local(c.Addr()) && s.addrs[c.Addr()] == nil {
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
