package stack

import (
	"slices"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Profile is what a capture tells about the host that it was taken on: who
// "this host" is, who its neighbours are, which ports were open, and what is
// odd about the capture itself. It is inferred from the capture's frames; the
// user may override the address.
type Profile struct {
	MAC       wire.MAC
	Addrs     []Prefix // this host's, in order of appearance
	MTU       int
	Vlan      int       // the VLAN that it is on, 0 if its frames have no tag
	Gateway   wire.Addr // the next hop for everything that is not on the link; zero if none
	Gateway6  wire.Addr
	Neighbour []Station // link addresses that the capture shows but does not ask for
	Router    bool      // it sends on what is not for it
	Asked     bool      // the capture shows the host's own ARP or ND
	Frames    int       // looked at
	Out       int       // of them sent by this host
	Because   string    // how the host was recognised, for people
	Findings  []Finding
	Flows     map[Flow]*FlowFacts

	ClosedUDP, ClosedTCP map[Service]bool
	OpenTCP, OpenUDP     map[Service]bool
	Script               *Script // what its programs did; react mode only
	directed             bool
}

// A Prefix is an address and how many of its bits name the link.
type Prefix struct {
	Addr wire.Addr
	Len  int // of 32 for IPv4, of 128 for IPv6
}

// A Station is a neighbour: an address and its link address.
type Station struct {
	Addr wire.Addr
	MAC  wire.MAC
}

// A Service is one of this host's ports.
type Service struct {
	Addr wire.Addr
	Port uint16
}

// A Flow is a conversation as this host sees it.
type Flow struct {
	Local, Remote wire.Addr
	Lport, Rport  uint16
	Proto         wire.Proto
}

// FlowFacts is what the capture shows of one TCP conversation.
type FlowFacts struct {
	First      int    // frame
	SawSyn     bool   // the beginning is in the capture
	Active     bool   // this host sent the SYN
	ISN        uint32 // this host's initial sequence number
	HaveISN    bool
	TSval      uint32 // this host's first timestamp
	TSAt       int64  // and when
	HaveTS     bool
	WinScale   int // this host's, -1 if none
	FinalReset bool
}

// A Finding is one thing that a reader of the capture should know first.
type Finding struct {
	What   FindingKind
	Frame  int // where it was first seen
	Count  int
	Detail wire.Addr
}

// A FindingKind is a kind of Finding.
type FindingKind uint8

// What a capture may have.
const (
	MidFlow     FindingKind = iota // TCP conversations whose beginning is missing
	SuperFrame                     // frames larger than the link carries: offload was on
	PartialSum                     // checksums that the card would have filled in
	CutFrame                       // bytes missing: a snap length
	TimeBack                       // a frame is earlier than the one before it
	NoDirection                    // nothing says which frames were sent: inferred
	NoTime                         // records without a time
	Foreign                        // frames that are neither from nor for this host
	Unscripted                     // react mode: frames beyond those that programs are inferred from
	numFindings
)

// A Scan collects what a Profile is inferred from. Feed it frames, then ask.
type Scan struct {
	n        int
	lastAt   int64
	macs     map[wire.MAC]*macFacts
	order    []wire.MAC
	addrs    map[wire.Addr]*addrFacts
	aorder   []wire.Addr
	flows    map[Flow]*scanFlow
	forder   []Flow
	find     [numFindings]Finding
	outDir   int
	inDir    int
	closedU  map[Service]bool
	firstReq wire.Addr // destination of the first request
	firstMAC wire.MAC
}

type macFacts struct {
	tagged   int // frames from it with a VLAN tag
	vlan     int // the last one's
	src, dst int
	out      int // frames from it that the capture says were sent
	partial  int
	ips      map[wire.Addr]int
	arp      map[wire.Addr]bool
}

type addrFacts struct {
	src, dst int
	mac      wire.MAC // of its last frame as a source
	to       wire.MAC // where the last frame for it went
	asked    bool     // somebody resolved it in the capture
	partial  int
	out      int
}

type scanFlow struct {
	first       int
	syn, synack bool // seen from Local
	rsyn, rsyna bool // seen from Remote
	rstFirst    bool
	isn         uint32
	haveISN     bool
	ts          uint32
	tsAt        int64
	haveTS      bool
	ws          int
	data        bool
}

// NewScan returns an empty Scan.
func NewScan() *Scan {
	return &Scan{macs: map[wire.MAC]*macFacts{}, addrs: map[wire.Addr]*addrFacts{}, flows: map[Flow]*scanFlow{}, closedU: map[Service]bool{}}
}

func (s *Scan) found(k FindingKind, n int) {
	f := &s.find[k]
	f.What = k
	if f.Count++; f.Count == 1 {
		f.Frame = n
	}
}

func (s *Scan) mac(m wire.MAC) *macFacts {
	f := s.macs[m]
	if f == nil {
		if len(s.macs) >= 4096 {
			return &macFacts{ips: map[wire.Addr]int{}, arp: map[wire.Addr]bool{}}
		}
		f = &macFacts{ips: map[wire.Addr]int{}, arp: map[wire.Addr]bool{}}
		s.macs[m] = f
		s.order = append(s.order, m)
	}
	return f
}

func (s *Scan) addr(a wire.Addr) *addrFacts {
	f := s.addrs[a]
	if f == nil {
		if len(s.addrs) >= 1<<17 {
			return &addrFacts{}
		}
		f = &addrFacts{}
		s.addrs[a] = f
		s.aorder = append(s.aorder, a)
	}
	return f
}

// Frames is how many were looked at.
func (s *Scan) Frames() int { return s.n }

// Frame looks at one frame.
func (s *Scan) Frame(f *pcaps.Frame) {
	s.n++
	if f.NoTime {
		s.found(NoTime, f.N)
	} else {
		if f.At < s.lastAt {
			s.found(TimeBack, f.N)
		}
		s.lastAt = f.At
	}
	if f.Cut() {
		s.found(CutFrame, f.N)
	}
	if f.Dir == pcaps.DirUnknown {
		s.found(NoDirection, f.N)
	} else if f.Dir == pcaps.DirOut {
		s.outDir++
	} else {
		s.inDir++
	}
	p, ok := dissect(f.Data, f.Link)
	if !ok {
		return
	}
	if f.OrigLen > 1518+4 && p.l3 != 0 {
		s.found(SuperFrame, f.N)
	}
	out := f.Dir == pcaps.DirOut
	if p.haveMAC {
		m := s.mac(p.smac)
		m.src++
		if p.vlan > 0 {
			m.tagged++
			m.vlan = p.vlan
		}
		if out {
			m.out++
		}
		if p.haveDst && !p.dmac.IsMulticast() {
			s.mac(p.dmac).dst++
		}
		if p.arp {
			if !p.src.IsZero() && p.src.IP4() != 0 {
				m.arp[p.src] = true
			}
			if p.arpOp == 1 {
				s.addr(p.dst).asked = true
			}
			return
		}
		if len(m.ips) < 1024 {
			m.ips[p.src]++
		}
	}
	if p.arp || p.l3 == 0 {
		return
	}
	if p.ndTarget != (wire.Addr{}) {
		s.addr(p.ndTarget).asked = true
	}
	a, d := s.addr(p.src), s.addr(p.dst)
	a.src++
	d.dst++
	a.mac, d.to = p.smac, p.dmac
	if out {
		a.out++
	}
	if p.partial {
		s.found(PartialSum, f.N)
		a.partial++
		if p.haveMAC {
			s.mac(p.smac).partial++
		}
	}
	s.request(&p, f)
}

// request notes who asked whom, and what the two sides of a flow show.
func (s *Scan) request(p *packet, f *pcaps.Frame) {
	if s.firstReq.IsZero() && p.asks && !p.dst.IsZero() {
		s.firstReq, s.firstMAC = p.dst, p.dmac
	}
	if p.unreachPort != 0 {
		s.closedU[Service{p.src, p.unreachPort}] = true
	}
	if p.proto != wire.ProtoTCP || p.tcp == nil {
		return
	}
	t := p.tcp
	fl := Flow{p.src, p.dst, t.SrcPort(), t.DstPort(), wire.ProtoTCP}
	me, other := s.flow(fl, f.N), s.flow(fl.reverse(), f.N)
	if me == nil || other == nil {
		return
	}
	flags := t.Flags()
	if flags.Has(wire.TCPSyn) {
		me.isn, me.haveISN = t.Seq(), true
		if flags.Has(wire.TCPAck) {
			me.synack, other.rsyna = true, true
		} else {
			me.syn, other.rsyn = true, true
		}
		me.ws = p.opts.wscale()
	}
	if flags.Has(wire.TCPRst) && !me.data && !me.syn && !me.synack {
		me.rstFirst = true
	} else {
		me.data = true
	}
	if p.opts.ts && !me.haveTS {
		me.ts, me.tsAt, me.haveTS = p.opts.tsval, f.At, true
	}
}

func (f Flow) reverse() Flow { return Flow{f.Remote, f.Local, f.Rport, f.Lport, f.Proto} }

func (s *Scan) flow(f Flow, n int) *scanFlow {
	w := s.flows[f]
	if w == nil {
		if len(s.flows) >= 1<<18 {
			return nil
		}
		w = &scanFlow{first: n, ws: -1}
		s.flows[f] = w
		s.forder = append(s.forder, f)
	}
	return w
}

// Profile infers the host. local, if not zero, is the address that the user
// says is this host's.
func (s *Scan) Profile(local wire.Addr) *Profile {
	p := &Profile{MTU: 1500, Frames: s.n, Flows: map[Flow]*FlowFacts{},
		ClosedUDP: s.closedU, ClosedTCP: map[Service]bool{}, OpenTCP: map[Service]bool{}, OpenUDP: map[Service]bool{}}
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

// onLink reports whether an address is a neighbour's by its prefix.
func (p *Profile) onLink(a wire.Addr) bool {
	for _, x := range p.Addrs {
		n := x.Len
		if x.Addr.Is4() != a.Is4() {
			continue
		}
		if a.Is4() {
			n += 96
		}
		if x.Addr.CommonPrefix(a) >= n {
			return true
		}
	}
	return !a.Is4() && a.Hi>>54 == 0xfe80>>6
}

// Local reports whether an address is this host's.
func (p *Profile) Local(a wire.Addr) bool {
	for _, x := range p.Addrs {
		if x.Addr == a {
			return true
		}
	}
	return false
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

// Direction says whether this host sent the frame.
func (p *Profile) Direction(f *pcaps.Frame) pcaps.Direction {
	q, _ := dissect(f.Data, f.Link)
	return p.direction(f, &q)
}

func (p *Profile) direction(f *pcaps.Frame, q *packet) pcaps.Direction {
	switch {
	case f.Dir != pcaps.DirUnknown && p.directed:
		return f.Dir
	case q.haveMAC && p.MAC != 0:
		if q.smac == p.MAC {
			return pcaps.DirOut
		}
	case p.Local(q.src):
		return pcaps.DirOut
	}
	return pcaps.DirIn
}
