package stack

import (
	"bytes"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A scriptFlow is what is known of one TCP connection so far.
type scriptFlow struct {
	first  int64 // when its first frame was seen
	begun  bool
	opened int // index of its ActListen or ActConnect, -1 if it has none

	// Sending.
	next     uint32 // sequence number after the last new byte sent
	una      uint32 // the peer has acknowledged up to here
	have     bool
	write    int    // index of the last write, -1 if none
	full     bool   // the last segment with new data may not have been the end of its write
	pushed   uint32 // up to here the last segment with PSH went
	wrote    int    // bytes of the write so far
	idle     bool   // PSH, and the window and the congestion window allowed for more: nothing was left to send
	heard    bool   // data came since
	fast     bool   // a Fast Open without a cookie: its data wait
	again    bool   // something was sent again: the congestion window may be small
	lastData int64  // when new data was sent last
	mss      int    // the largest segment, 0 if not known
	bare     int    // what it is without timestamps
	noStamps bool   // one of the SYNs did not offer them
	wide     int    // what that was before the path was found to be narrower
	peerWnd  uint32 // the window that the peer offers, as its segments say it
	maxWnd   int    // the largest one that it offered, in bytes
	scale    int    // of its windows
	clocked  int64  // when an ACK that lets data go came, -1 if none yet
	pureAck  bool   // it was an ACK and nothing else
	shut     bool   // that window is closed
	shutAt   int64  // when it closed last
	blocked  bool   // this host probed the closed window: data waits
	spoke    int64  // when anything was sent or came last
	keep     int    // index of the ActKeepAlive, -1 if none
	keepAt   int64  // when the last keepalive probe was sent

	fin, inFin bool
	closed     int // index of the close
	reset      bool

	read reading
}

const (
	// soon is within what time after an ACK a host sends what the ACK lets go,
	// in ns.
	soon = 100e3
	// burst is how long the segments of one write may be apart, in ns.
	burst = 300e3
	// leastMSS is what segments must have at least to count as full.
	leastMSS = 500
)

func newScriptFlow(at int64) scriptFlow {
	return scriptFlow{first: at, opened: -1, write: -1, closed: -1, keep: -1, clocked: -1, read: newReading(at)}
}

func (s *Script) segment(f *pcaps.Frame, p *packet, out bool) {
	fl := Flow{p.src, p.dst, p.sport, p.dport, wire.ProtoTCP}
	if !out {
		fl = fl.reverse()
	}
	w := s.tcp[fl]
	if w == nil {
		n := newScriptFlow(f.At)
		w = &n
		s.tcp[fl] = w
	}
	flags := p.tcp.Flags()
	if flags.Has(wire.TCPSyn) && !flags.Has(wire.TCPAck) && (w.fin || w.reset || w.inFin) {
		*w = newScriptFlow(f.At) // the ports are used again
		delete(s.answers, fl)
	}
	if flags.Has(wire.TCPSyn) {
		w.offer(s.p.MTU, p)
		if !out {
			w.scale = max(0, p.opts.wscale())
		}
	}
	if out {
		s.sent(f, p, fl, w, flags)
	} else {
		s.came(f, p, fl, w, flags)
	}
	w.spoke = f.At
}

// offer works out the segment size from what the two SYNs offer (RFC 9293
// §3.7.1).
func (w *scriptFlow) offer(mtu int, p *packet) {
	m := p.opts.mss
	if m == 0 {
		m = 536
	}
	m = min(m, mtu-(p.l4-p.l3)-wire.TCPMinLen)
	if w.bare == 0 || m < w.bare {
		w.bare = m
	}
	w.noStamps = w.noStamps || !p.opts.ts
	if w.mss = w.bare; !w.noStamps {
		w.mss -= 12
	}
}

// came looks at a segment for this host.
func (s *Script) came(f *pcaps.Frame, p *packet, fl Flow, w *scriptFlow, flags wire.TCPFlags) {
	if flags.Has(wire.TCPSyn) && !flags.Has(wire.TCPAck) && !w.begun {
		s.listen(fl, w)
	}
	if flags.Has(wire.TCPFin) {
		w.inFin = true
	}
	if flags.Has(wire.TCPAck) {
		w.acked(f, p, flags)
		if w.pureAck && w.clocked == f.At {
			s.answersOf(fl).ackOnly(f, p.tcp.Ack())
		}
	}
	w.read.arrived(p, w.mss)
	w.heard = w.heard || p.payload > 0
	if p.payload > 0 && w.fin && w.closed >= 0 && !w.inFin && s.Acts[w.closed].Kind == ActClose {
		// data after our FIN that is not refused: the program only shut down
		s.Acts[w.closed].Kind = ActShutdown
	}
	if flags.Has(wire.TCPFin) && w.closed >= 0 && s.Acts[w.closed].Kind == ActShutdown {
		s.add(Act{At: f.At + 20000, Kind: ActClose, Flow: fl})
	}
}

// listen opens the port that a SYN asks for, if it is answered.
func (s *Script) listen(fl Flow, w *scriptFlow) {
	here := Service{fl.Local, fl.Lport}
	if s.p.ClosedTCP[here] && !s.p.OpenTCP[here] {
		return
	}
	w.begun = true
	if !s.open[here] {
		s.open[here] = true
		w.opened = s.add(Act{At: -1, Kind: ActListen, Flow: fl})
	}
}

// acked follows what the peer acknowledges and offers.
func (w *scriptFlow) acked(f *pcaps.Frame, p *packet, flags wire.TCPFlags) {
	t := p.tcp
	wnd := uint32(t.Window())
	if int32(t.Ack()-w.una) > 0 || wnd != w.peerWnd || p.payload == 0 {
		w.clocked, w.pureAck = f.At, p.payload == 0 && !flags.Has(wire.TCPFin) && !flags.Has(wire.TCPSyn)
	}
	w.una = t.Ack()
	scale := w.scale
	if flags.Has(wire.TCPSyn) {
		scale = 0
	}
	w.maxWnd = max(w.maxWnd, int(wnd)<<scale)
	if wnd == 0 && !w.shut {
		w.shutAt = f.At
	}
	w.shut = wnd == 0
	w.peerWnd = wnd
}

// sent looks at a segment that this host sent.
func (s *Script) sent(f *pcaps.Frame, p *packet, fl Flow, w *scriptFlow, flags wire.TCPFlags) {
	t := p.tcp
	if flags.Has(wire.TCPSyn) {
		s.synSent(f, p, fl, w, flags)
		return
	}
	if flags.Has(wire.TCPRst) {
		if w.have && w.begun && !w.fin && !w.reset && t.Seq() == w.next {
			s.add(Act{At: f.At, Kind: ActAbort, Flow: fl})
		}
		w.reset = true
		return
	}
	if !w.have {
		w.next, w.have, w.pushed = t.Seq(), true, t.Seq()
	}
	if flags.Has(wire.TCPAck) {
		s.window(f, p, fl, &w.read)
	}
	if p.payload == 0 && !flags.Has(wire.TCPFin) && t.Seq() == w.next-1 && !w.fin {
		s.probed(f, fl, w)
	}
	data := p.body(f, t.DataOff())
	if p.payload > len(data) {
		data = append(bytes.Clone(data), make([]byte, p.payload-len(data))...)
	}
	fresh := int(t.Seq() + uint32(len(data)) - w.next)
	fin := flags.Has(wire.TCPFin)
	if len(data) > 0 && fresh > 0 && fresh <= len(data) {
		s.wrote(f, fl, w, data[len(data)-fresh:], flags)
		w.next += uint32(fresh)
		w.push(len(data), flags)
		s.answersOf(fl).sentData(f, w.next)
	} else if len(data) > 0 {
		w.again = true
	}
	if fin && !w.fin && t.Seq()+uint32(len(data)) == w.next {
		w.fin = true
		at := f.At
		if len(data) > 0 && w.write >= 0 {
			at = s.Acts[w.write].At
		}
		w.closed = s.add(Act{At: at, Kind: ActClose, Flow: fl})
		w.next++
	}
}

func (s *Script) synSent(f *pcaps.Frame, p *packet, fl Flow, w *scriptFlow, flags wire.TCPFlags) {
	if !flags.Has(wire.TCPAck) && !w.begun {
		_, tos, _ := ipOptions(f, p)
		w.opened = s.add(Act{At: f.At, Kind: ActConnect, Flow: fl, TOS: tos, FastOpen: p.opts.fast})
		w.begun = true
	}
	if w.opened >= 0 {
		a := &s.Acts[w.opened]
		a.Window, a.MSS = int(p.tcp.Window()), w.mss
	}
	if flags.Has(wire.TCPAck) {
		w.read.base = p.tcp.Ack()
	}
	w.next, w.una, w.have = p.tcp.Seq()+1, p.tcp.Seq(), true
	w.pushed = w.next
	if w.opened >= 0 && s.Acts[w.opened].FastOpen && !flags.Has(wire.TCPAck) {
		data := p.body(f, p.tcp.DataOff())
		a := &s.Acts[w.opened]
		a.Data = bytes.Clone(data)
		w.next += uint32(len(data))
		w.pushed, w.write, w.wrote, w.full = w.next, w.opened, len(data), len(data) == 0
		w.fast = len(data) == 0
	}
	w.read.scale, w.read.known = uint(max(0, p.opts.wscale())), true
}

// probed looks at a segment that only asks for an answer: a probe of a closed
// window shows that data waits, another one that keepalive is on.
func (s *Script) probed(f *pcaps.Frame, fl Flow, w *scriptFlow) {
	if w.shut {
		w.blocked = true
		return
	}
	if w.una != w.next {
		return
	}
	const second = 1e9
	since := w.spoke
	s.rang(f.At-20000, f.At-since)
	if w.keep < 0 {
		w.keep = s.add(Act{At: w.first, Kind: ActKeepAlive, Flow: fl, Idle: max(1, int((f.At-since)/second)), Interval: 75})
	} else if n := int((f.At - w.keepAt) / second); n >= 1 && w.keepAt > 0 {
		s.Acts[w.keep].Interval = min(s.Acts[w.keep].Interval, n)
	}
	w.keepAt = f.At
}

// wrote looks at new data. It belongs to the write before if that may not have
// been at its end: a full segment was the last, and these bytes follow at
// once, or when an ACK lets them go.
func (s *Script) wrote(f *pcaps.Frame, fl Flow, w *scriptFlow, fresh []byte, flags wire.TCPFlags) {
	fin := flags.Has(wire.TCPFin)
	clocked := w.clocked >= 0 && f.At-w.clocked < soon
	if w.fast { // it only asked for a cookie: what it sends now was the call's
		w.fast = false
	} else if w.write < 0 || flags.Has(wire.TCPUrg) != s.Acts[w.write].Urgent || w.blocked || !w.full || w.idle && w.heard || !clocked && f.At-w.lastData > burst {
		at := f.At
		switch {
		case w.blocked:
			at = max(w.shutAt+1000, w.lastData+1)
		case fin && clocked && w.pureAck:
			at = max(w.clocked-1000, w.lastData+1)
		}
		w.write, w.wrote = s.add(Act{At: at, Kind: ActWrite, Flow: fl, Urgent: flags.Has(wire.TCPUrg)}), 0
	}
	w.blocked, w.lastData, w.heard = false, f.At, false
	w.full = len(fresh) >= leastMSS && (w.mss == 0 || len(fresh)%w.mss == 0 || w.wide > 0 && len(fresh)%w.wide == 0)
	w.wrote += len(fresh)
	a := &s.Acts[w.write]
	a.Data = append(a.Data, fresh...)
}

// certain is how many bytes of one write surely fit into a socket's send buffer: what
// is longer may be pushed before its end, when the program waits for room.
const certain = 12000

// push looks at PSH. It stands on the last segment of each write (tcp_push), and on the
// last one of those that the stack sends as one (TSO): so one that follows a pushed one
// and is pushed itself ends a write. Within a write that can be seen only where half
// the peer's largest window was written since the last (forced_push), or where the
// program waited for room.
func (w *scriptFlow) push(n int, flags wire.TCPFlags) {
	const initCwnd = 10 // TCP_INIT_CWND
	w.idle = flags.Has(wire.TCPPsh) && !w.again && w.wrote < certain && int(w.next-w.una)+w.mss <= min(initCwnd*w.mss, w.maxWnd)
	if !flags.Has(wire.TCPPsh) {
		return
	}
	alone := w.next-w.pushed == uint32(n) && n <= w.mss // one segment, not several that the card cuts up
	if alone && w.wrote < certain && (w.maxWnd == 0 || n <= w.maxWnd/2) {
		w.full = false
	}
	w.pushed = w.next
}

// narrow looks at an ICMP message: does it tell of a path with a smaller MTU
// (RFC 1191 §3, RFC 8201 §4)? TCP's segments are smaller from now on.
func (s *Script) narrow(f *pcaps.Frame, p *packet) {
	if p.l4 == 0 || p.l4+wire.ICMPLen > len(f.Data) {
		return
	}
	b := f.Data[p.l4:]
	mtu := int(b[6])<<8 | int(b[7])
	switch {
	case p.proto == wire.ProtoICMP && b[0] == 3 && b[1] == 4:
	case p.proto == wire.ProtoICMPv6 && b[0] == 2:
		mtu |= int(b[4])<<24 | int(b[5])<<16
	default:
		return
	}
	q, ok := dissect(b[wire.ICMPLen:], pcaps.LinkType(wire.LinkRaw))
	if !ok || q.proto != wire.ProtoTCP || len(b) < wire.ICMPLen+q.l4+4 || q.l4 == 0 {
		return
	}
	l4 := b[wire.ICMPLen+q.l4:]
	w := s.tcp[Flow{q.src, q.dst, uint16(l4[0])<<8 | uint16(l4[1]), uint16(l4[2])<<8 | uint16(l4[3]), wire.ProtoTCP}]
	if m := mtu - q.l4 - wire.TCPMinLen - 12; w != nil && m >= leastMSS && m < w.mss {
		w.wide, w.mss = w.mss, m
	}
}
