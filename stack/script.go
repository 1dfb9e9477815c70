package stack

import (
	"bytes"
	"slices"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An ActKind is a kind of thing that a program of the captured host did.
type ActKind uint8

// What programs do.
const (
	ActListen    ActKind = iota // listen on Flow.Local, Flow.Lport
	ActConnect                  // connect
	ActWrite                    // write Data
	ActShutdown                 // shutdown(SHUT_WR): no more will be written
	ActClose                    // close
	ActAbort                    // close with SO_LINGER 0
	ActPause                    // stop reading
	ActResume                   // read again, all there is
	ActOpen                     // open a UDP socket on Flow.Local, Flow.Lport
	ActSendTo                   // send Data as a datagram
	ActPing                     // send an echo request whose message is Data
	ActJoin                     // join the group Flow.Remote
	ActLeave                    // leave it
	ActKeepAlive                // probe the connection after Idle, then every Interval
)

// An Act is one of them, at a time of the capture.
type Act struct {
	At   int64 // ns since the first frame
	Kind ActKind
	Flow Flow
	Data []byte
	TTL  int
	TOS  uint8
	DF   bool

	Idle, Interval int // ActKeepAlive: in seconds
	// What the SYN of ActListen and ActConnect offered, 0 if it is not known:
	// a window in bytes and a segment size. They tell of SO_RCVBUF.
	Window, MSS int
	// FastOpen tells that ActConnect is a sendto with MSG_FASTOPEN of Data (RFC 7413).
	FastOpen bool
	Urgent   bool // ActWrite sends with MSG_OOB: its last byte is urgent
}

// A Script is what the captured host's programs did, as far as its frames
// tell: a write begins with the first new byte that was sent and goes on to
// the segment that was pushed; a program reads at once unless the window that
// it offered says otherwise.
type Script struct {
	Acts  []Act
	p     *Profile
	tcp   map[Flow]*scriptFlow
	open  map[Service]bool
	frags map[fragKey]*fragAct
	asks  []*ask
	heard map[wire.Addr]bool // packets came from there
	// labels are the IPv6 flow labels of what was sent, each with the time from
	// which on the flow had it.
	labels map[Flow][]label
	// answers that came before the calls that sent what they answer were over.
	answers map[Flow]*answers
	run     [rateRun]sentLen // the last frames sent, in a ring
	runAt   int
	rate    int64 // bits per second: how fast frames left at most
	merges  bool  // see paged
	// A timer of the host rang at tick, and such timers ring every grain (ns).
	tick, grain int64
}

// tickAfter is how long, in ns, after a time of the clock the capture begins so
// that the host's timers ring when the captured host's did: the kernel's timer
// wheel rounds long timers up to a grid that began at boot.
func (s *Script) tickAfter(t int64) int64 {
	if s == nil || s.grain == 0 {
		return 0
	}
	return (s.grain - (t+s.tick)%s.grain) % s.grain
}

// rang notes that a timer of d ns rang at a time of the capture. It rang a
// little before the frame that shows it.
func (s *Script) rang(at, d int64) {
	const jiffy = 4e6 // at HZ=250
	grain := int64(jiffy)
	for d > 63*grain { // LVL_START of kernel/time/timer.c
		grain *= 8
	}
	if grain > s.grain {
		s.grain, s.tick = grain, at%grain
		return
	}
	if late := (s.tick - at%s.grain + s.grain) % s.grain; grain == s.grain && late < jiffy {
		s.tick = at % s.grain
	}
}

// rateRun is how many frames in a row tell of the link's rate.
const rateRun = 4

type sentLen struct {
	at  int64
	len int
}

// rates are those of Ethernet, in bits per second.
var rates = [...]int64{1e9, 2.5e9, 10e9, 25e9, 40e9, 100e9}

// Rate is the rate, in bits per second, of the slowest usual link that the
// frames fit that this host sent; at least 1 Gb/s.
func (s *Script) Rate() int64 {
	if s == nil {
		return rates[0]
	}
	for _, r := range rates {
		if s.rate <= r {
			return r
		}
	}
	return rates[len(rates)-1]
}

// left notes that a frame left, for Rate.
func (s *Script) left(f *pcaps.Frame) {
	const between = 24 // preamble, check sequence and gap, in bytes
	s.run[s.runAt] = sentLen{f.At, f.OrigLen + between}
	s.runAt = (s.runAt + 1) % rateRun
	first := s.run[s.runAt]
	if first.len == 0 || f.At <= first.at {
		return
	}
	n := -first.len
	for i := range s.run {
		n += s.run[i].len
	}
	s.rate = max(s.rate, int64(n)*8*1e9/(f.At-first.at))
}

type label struct {
	at int64
	v  uint32
}

// An ask is a question for a neighbour's link address. What made the host ask
// left only when the answer had come, or never.
type ask struct {
	local, addr wire.Addr
	at          int64 // of the first question
	last        int64 // of the last one
	n           int
	mac         wire.MAC // the answer, 0 if none has come
	answered    int64    // when
}

type fragKey struct {
	src, dst wire.Addr
	id       uint32
	proto    wire.Proto
}

type fragAct struct {
	act  int
	data []byte
}

// NewScript collects the acts of the host that p describes.
func NewScript(p *Profile) *Script {
	return &Script{p: p, tcp: map[Flow]*scriptFlow{}, open: map[Service]bool{}, frags: map[fragKey]*fragAct{}, heard: map[wire.Addr]bool{}, labels: map[Flow][]label{}, answers: map[Flow]*answers{}}
}

// Done sorts the acts by time.
func (s *Script) Done() *Script {
	for _, a := range s.asks {
		s.unanswered(a)
	}
	slices.SortStableFunc(s.Acts, func(a, b Act) int {
		switch {
		case a.At < b.At:
			return -1
		case a.At > b.At:
			return 1
		}
		return 0
	})
	for fl, w := range s.answers {
		if !w.quick {
			delete(s.answers, fl)
		}
	}
	s.tcp, s.frags, s.asks, s.heard = nil, nil, nil, nil
	return s
}

func (s *Script) add(a Act) int {
	s.Acts = append(s.Acts, a)
	return len(s.Acts) - 1
}

// Frame looks at the next frame.
func (s *Script) Frame(f *pcaps.Frame) {
	p, ok := dissect(f.Data, f.Link)
	if !ok {
		return
	}
	out := s.p.Direction(f) == pcaps.DirOut
	if out && !s.p.Local(p.src) {
		return
	}
	if out {
		s.left(f)
	}
	n := len(s.Acts)
	s.act(f, &p, out)
	s.resolve(f, &p, out, n)
}

// act looks at a packet: what did a program do for it?
func (s *Script) act(f *pcaps.Frame, p *packet, out bool) {
	if p.l3 == 0 {
		return
	}
	if out && p.ethertype == wire.EtherTypeIPv6 {
		s.label(f, p)
	}
	switch p.proto {
	case wire.ProtoTCP:
		if p.tcp != nil && !p.fragment {
			s.segment(f, p, out)
		}
	case wire.ProtoUDP:
		s.datagram(f, p, out)
	case wire.ProtoICMP, wire.ProtoICMPv6:
		if out && (p.asks || p.fragment) {
			s.ping(f, p)
		} else if !out {
			s.narrow(f, p)
		}
	case wire.ProtoIGMP:
		if out {
			s.igmp(f, p)
		}
	}
}

// body is the transport payload of a captured frame, as far as it was kept.
func (p *packet) body(f *pcaps.Frame, header int) []byte {
	at := p.l4 + header
	if p.l4 == 0 || at > len(f.Data) {
		return nil
	}
	return f.Data[at:min(at+max(0, p.payload), len(f.Data))]
}

func ipOptions(f *pcaps.Frame, p *packet) (ttl int, tos uint8, df bool) {
	if p.ethertype == wire.EtherTypeIPv6 {
		h := wire.IPv6(f.Data[p.l3:])
		return int(h.HopLimit()), h.TrafficClass(), false
	}
	h := wire.IPv4(f.Data[p.l3:])
	return int(h.TTL()), h.TOS(), h.DF()
}

// label notes the flow label of a packet that this host sent.
func (s *Script) label(f *pcaps.Frame, p *packet) {
	k := Flow{p.src, p.dst, p.sport, p.dport, p.proto}
	v, l := wire.IPv6(f.Data[p.l3:]).FlowLabel(), s.labels[k]
	if n := len(l); v != 0 && (n == 0 || l[n-1].v != v) && n < 64 {
		s.labels[k] = append(l, label{f.At, v})
	}
}

// labelAt is the label that a flow had at a time of the capture.
func (s *Script) labelAt(k Flow, at int64) (uint32, bool) {
	l := s.labels[k]
	if len(l) == 0 {
		return 0, false
	}
	i := len(l) - 1
	for i > 0 && l[i].at > at {
		i--
	}
	return l[i].v, true
}

// datagram looks at a UDP datagram, or a fragment of one.
func (s *Script) datagram(f *pcaps.Frame, p *packet, out bool) {
	if !out {
		here := Service{p.dst, p.dport}
		if p.l4 != 0 && s.p.Local(p.dst) && !s.p.ClosedUDP[here] && !s.open[here] {
			s.open[here] = true
			s.add(Act{At: max(-1, f.At-1000), Kind: ActOpen, Flow: Flow{p.dst, p.src, p.dport, p.sport, wire.ProtoUDP}})
		}
		return
	}
	if p.fragment {
		s.fragment(f, p, ActSendTo, wire.UDPLen)
		return
	}
	ttl, tos, df := ipOptions(f, p)
	s.open[Service{p.src, p.sport}] = true
	s.add(Act{At: f.At, Kind: ActSendTo, Flow: Flow{p.src, p.dst, p.sport, p.dport, wire.ProtoUDP}, Data: bytes.Clone(p.body(f, wire.UDPLen)), TTL: ttl, TOS: tos, DF: df})
}

// fragment puts what this host sent in fragments together again.
func (s *Script) fragment(f *pcaps.Frame, p *packet, kind ActKind, header int) {
	var id uint32
	var off, at int
	end := len(f.Data)
	if p.ethertype == wire.EtherTypeIPv6 {
		h := f.Data[p.l3:]
		if wire.Proto(h[6]) != wire.ProtoFragment || len(h) < 48 {
			return
		}
		id = uint32(h[44])<<24 | uint32(h[45])<<16 | uint32(h[46])<<8 | uint32(h[47])
		off = int(uint16(h[42])<<8|uint16(h[43])) &^ 7
		at = p.l3 + 48
		end = min(end, p.l3+wire.IPv6Len+wire.IPv6(h).PayloadLen())
	} else {
		h := wire.IPv4(f.Data[p.l3:])
		id, off, at = uint32(h.ID()), h.FragOffset(), p.l3+h.IHL()
		end = min(end, p.l3+h.TotalLen())
	}
	if at > end {
		return
	}
	k := fragKey{p.src, p.dst, id, p.proto}
	w := s.frags[k]
	if w == nil {
		ttl, tos, df := ipOptions(f, p)
		w = &fragAct{act: s.add(Act{At: f.At, Kind: kind, Flow: Flow{Local: p.src, Remote: p.dst, Proto: p.proto}, TTL: ttl, TOS: tos, DF: df})}
		s.frags[k] = w
	}
	piece := f.Data[at:end]
	if need := off + len(piece); need > len(w.data) {
		w.data = append(w.data, make([]byte, need-len(w.data))...)
	}
	copy(w.data[off:], piece)
	a := &s.Acts[w.act]
	if off == 0 && len(piece) >= 4 && kind == ActSendTo {
		a.Flow.Lport = uint16(piece[0])<<8 | uint16(piece[1])
		a.Flow.Rport = uint16(piece[2])<<8 | uint16(piece[3])
		s.open[Service{p.src, a.Flow.Lport}] = true
	}
	if kind == ActPing {
		header = 0
	}
	if len(w.data) >= header {
		a.Data = w.data[header:]
	}
}

// ping looks at an echo request that this host sent.
func (s *Script) ping(f *pcaps.Frame, p *packet) {
	if p.fragment {
		s.fragment(f, p, ActPing, 0)
		return
	}
	ttl, tos, df := ipOptions(f, p)
	msg := f.Data[p.l4:min(len(f.Data), p.l4+wire.ICMPLen+p.payload)]
	s.add(Act{At: f.At, Kind: ActPing, Flow: Flow{Local: p.src, Remote: p.dst, Proto: p.proto}, Data: bytes.Clone(msg), TTL: ttl, TOS: tos, DF: df})
}

// igmp looks at a membership report: a program joined or left a group.
func (s *Script) igmp(f *pcaps.Frame, p *packet) {
	if p.l4 == 0 || p.l4+wire.IGMPLen > len(f.Data) {
		return
	}
	b := f.Data[p.l4:]
	switch b[0] {
	case 0x22: // v3 report: type, groups
		if len(b) < 16 {
			return
		}
		group := wire.IP4(uint32(b[12])<<24 | uint32(b[13])<<16 | uint32(b[14])<<8 | uint32(b[15])).Addr()
		here := Service{group, 0}
		switch {
		case b[8] == 4 && !s.open[here]: // CHANGE_TO_EXCLUDE: any source
			s.open[here] = true
			s.add(Act{At: f.At, Kind: ActJoin, Flow: Flow{Local: p.src, Remote: group}})
		case b[8] == 3 && s.open[here]: // CHANGE_TO_INCLUDE: none
			s.open[here] = false
			s.add(Act{At: f.At, Kind: ActLeave, Flow: Flow{Local: p.src, Remote: group}})
		}
	}
}
