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
