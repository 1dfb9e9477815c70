package stack

import (
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/wire"
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
	via      []namedHop
	unsure   bool // whether the host is this one or its only neighbour

	iface int    // that its frames are of; -1 before the first
	name  string // of the interface, if the capture tells
	names []string
	all   []*Scan // the interfaces' scans, the first of them this one
}

// A namedHop is the next hop that a station named.
type namedHop struct {
	Hop
	by wire.MAC
}

// maxPorts is how many interfaces are kept apart.
const maxPorts = 32

type macFacts struct {
	tagged   int // frames from it with a VLAN tag
	vlan     int // the last one's
	src, dst int
	out      int // frames from it that the capture says were sent
	partial  int
	ips      map[wire.Addr]int
	arp      map[wire.Addr]bool
	ttl      map[wire.Addr]uint8 // the largest of packets from there
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
	s := newScan(-1)
	s.all = []*Scan{s}
	return s
}

// Interface tells the name of an interface, by its number in frames.
func (s *Scan) Interface(iface int, name string) {
	if iface >= 0 && iface < 1<<10 {
		for len(s.names) <= iface {
			s.names = append(s.names, "")
		}
		s.names[iface] = name
	}
}

// on is the scan of an interface's frames.
func (s *Scan) on(iface int) *Scan {
	if s.iface < 0 {
		s.iface = iface
	}
	for _, t := range s.all {
		if t.iface == iface {
			return t
		}
	}
	if len(s.all) >= maxPorts {
		return s
	}
	t := newScan(iface)
	s.all = append(s.all, t)
	return t
}

func newScan(iface int) *Scan {
	return &Scan{iface: iface, macs: map[wire.MAC]*macFacts{}, addrs: map[wire.Addr]*addrFacts{}, flows: map[Flow]*scanFlow{}, closedU: map[Service]bool{}}
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
		f = &macFacts{ips: map[wire.Addr]int{}, arp: map[wire.Addr]bool{}, ttl: map[wire.Addr]uint8{}}
		if len(s.macs) >= 4096 {
			return f
		}
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
	s.on(f.Iface).look(f)
}

// look looks at a frame of its own interface.
func (s *Scan) look(f *pcaps.Frame) {
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
		if len(m.ips) < 1024 || m.ips[p.src] > 0 {
			m.ips[p.src]++
			if p.l3 != 0 {
				m.ttl[p.src] = max(m.ttl[p.src], hops(f.Data[p.l3:]))
			}
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
	s.route(&p, f.Data)
	s.request(&p, f)
}

// hops is the time to live of an IP packet whose header is whole.
func hops(b []byte) uint8 {
	if b[0]>>4 == 6 {
		return wire.IPv6(b).HopLimit()
	}
	return wire.IPv4(b).TTL()
}

// route notes what a router's ICMP message tells of its routes (RFC 792): the
// next hop that a redirect names, or that there is none ("net unreachable").
func (s *Scan) route(p *packet, b []byte) {
	const inner = wire.ICMPLen + 16 // where the redirected packet's destination is
	if p.proto != wire.ProtoICMP || p.l4 == 0 || p.l4+inner+4 > len(b) || len(s.via) >= 64 {
		return
	}
	redirect := b[p.l4] == uint8(wire.ICMPRedirect)
	if !redirect && (b[p.l4] != uint8(wire.ICMPDestUnreach) || b[p.l4+1] != wire.ICMPNetUnreach) {
		return
	}
	at := func(i int) wire.Addr {
		q := b[p.l4+i:]
		return wire.IP4(uint32(q[0])<<24 | uint32(q[1])<<16 | uint32(q[2])<<8 | uint32(q[3])).Addr()
	}
	h := Hop{Dst: at(inner)}
	if redirect {
		h.Gateway = at(4)
	}
	s.via = append(s.via, namedHop{h, p.smac})
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
