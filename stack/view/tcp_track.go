package view

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// vals are the values of a socket's fields at one moment, by step's numbers.
type vals = [step.MaxFields]uint64

// What is kept of a TCP socket at each moment at which something changed.
const (
	sCwnd = iota
	sSsthresh
	sFlight
	sUna
	sNxt
	sWndEnd
	sSndWnd // segments
	sAcked  // of what came in, acknowledged up to here
	sRcvEnd // what came in may go up to here
	sUnread
	sRcvWnd
	sRtt
	sSrtt
	sRto
	sMinRtt
	sRmem
	sRcvBuf
	sLimit
	sCA
	numS
)

// A tcpSample is a TCP socket at a moment. Times are in µs.
type tcpSample struct {
	at int64
	f  [numS]uint32
}

// flight is tcp_packets_in_flight.
func flight(v *vals) uint64 {
	return uint64(max(0, int64(v[step.TCPPacketsOut]+v[step.TCPRetransOut])-int64(v[step.TCPSackedOut]+v[step.TCPLostOut])))
}

func sampleOf(at int64, v *vals) (s tcpSample) {
	s.at = at
	f := &s.f
	f[sCwnd], f[sSsthresh], f[sFlight] = uint32(v[step.TCPSndCwnd]), uint32(v[step.TCPSsthresh]), uint32(flight(v))
	f[sUna], f[sNxt], f[sWndEnd] = uint32(v[step.TCPSndUna]), uint32(v[step.TCPSndNxt]), uint32(v[step.TCPSndUna]+v[step.TCPSndWnd])
	f[sSndWnd] = uint32(v[step.TCPSndWnd] / max(1, v[step.TCPMss]))
	f[sAcked], f[sRcvEnd] = uint32(v[step.TCPRcvWup]), uint32(v[step.TCPRcvWup]+v[step.TCPRcvWnd])
	f[sUnread], f[sRcvWnd] = uint32(unread(v)), uint32(v[step.TCPRcvWnd])
	f[sRtt], f[sSrtt], f[sRto], f[sMinRtt] = uint32(v[step.TCPRttUs]), uint32(v[step.TCPSrttUs]/8), uint32(v[step.TCPRto]/1000), uint32(v[step.TCPMinRttUs])
	f[sRmem], f[sRcvBuf] = uint32(v[step.SockRmem]), uint32(v[step.SockRcvBuf])
	f[sLimit], f[sCA] = uint32(limitOf(v)), uint32(v[step.TCPCaState])
	return s
}

// unread is how many bytes wait for the program.
func unread(v *vals) uint64 {
	if v[step.TCPRcvNxt] == 0 || v[step.TCPCopiedSeq] == 0 {
		return 0
	}
	return uint64(max(0, int32(v[step.TCPRcvNxt]-v[step.TCPCopiedSeq])))
}

// The kinds of a tcpSeg.
const (
	segData  = iota
	segAgain // the same bytes were on the wire before
	segSack  // what a SACK block says has arrived
	segSyn
	segFin
	segRst
)

// A tcpSeg is a segment that was on a wire of the host, or a SACK block of one.
type tcpSeg struct {
	at       int64
	from, to uint32
	kind     uint8
	out      bool
}

// maxTrack bounds a track: samples, and segments.
const maxTrack = 1 << 16

// A track is what one TCP socket did over a stretch of time.
type track struct {
	log      *trace.Log // that it was read from; nil: it was watched
	n        int        // changes when it was made
	obj      uint32
	tuple    tuple
	host     uint8
	samples  []tcpSample
	segs     []tcpSeg
	from, to int64
	scope    string
	left     string // what was left out
	high     [2]uint32
	seen     [2]bool
	bytes    [2]uint64            // of payload, out and in, once
	since    []([numLimits]int64) // by sample: how long each thing had been the limit
	writes   map[int][]int32      // of a few fields: which changes wrote them
	plots    []Plot
	count    [2]unwrap // what numbers are counted from, out and in

	sharpOf   *track // of a watched track: see sharp
	sharpN    int
	sharpened []Plot
}

// add keeps a sample if it tells something new.
func (t *track) add(at int64, v *vals) {
	n := len(t.samples)
	if n > 0 {
		at = max(at, t.samples[n-1].at) // processors have clocks of their own
	}
	s := sampleOf(at, v)
	if n == 0 {
		t.from = at
	}
	t.to = max(t.to, at)
	if n > 0 && t.samples[n-1].f == s.f {
		return
	}
	if n > 0 && t.samples[n-1].at == at {
		t.samples[n-1] = s
		return
	}
	if n >= maxTrack {
		t.halve()
	}
	t.samples = append(t.samples, s)
}

// halve makes room: every second sample goes.
func (t *track) halve() {
	n := 0
	for i := 0; i < len(t.samples); i += 2 {
		t.samples[n] = t.samples[i]
		n++
	}
	t.samples = t.samples[:n]
	t.left = "of a long flow only every second change or fewer are shown"
}

// frame takes a frame that passed a device of the socket's host.
func (t *track) frame(at int64, out bool, raw []byte) {
	g, ok := segmentOf(raw, &t.tuple, out)
	if !ok || len(t.segs) >= 4*maxTrack {
		return
	}
	put := func(from, to uint32, kind uint8, out bool) {
		if n := len(t.segs); n > 0 { // a frame may pass several devices
			for i := n - 1; i >= max(0, n-8) && t.segs[i].at >= at-1000; i-- {
				if o := t.segs[i]; o.from == from && o.to == to && o.kind%segSack == kind%segSack && o.out == out && kind != segAgain {
					return
				}
			}
		}
		t.segs = append(t.segs, tcpSeg{at, from, to, kind, out})
	}
	dir := 1
	if out {
		dir = 0
	}
	switch {
	case g.flags&wire.TCPRst != 0:
		put(g.seq, g.seq, segRst, out)
	case g.flags&wire.TCPSyn != 0:
		put(g.seq, g.seq+1, segSyn, out)
		t.high[dir], t.seen[dir] = g.seq+1, true
	case g.end != g.seq:
		kind := uint8(segData)
		if g.flags&wire.TCPFin != 0 {
			kind = segFin
		}
		if t.seen[dir] && int32(g.seq-t.high[dir]) < 0 {
			kind = segAgain
		}
		put(g.seq, g.end, kind, out)
		if n := int32(g.end - t.high[dir]); !t.seen[dir] || n > 0 {
			if !t.seen[dir] {
				n = int32(g.end - g.seq)
			}
			if g.flags&wire.TCPFin != 0 {
				n--
			}
			t.bytes[dir] += uint64(max(0, n))
			t.high[dir], t.seen[dir] = g.end, true
		}
	}
	for _, s := range g.sacks {
		put(s.Start, s.End, segSack, !out) // it is about what the other side sent
	}
}

// A tcpSeen is what a frame says of a connection.
type tcpSeen struct {
	seq, end uint32
	flags    wire.TCPFlags
	sacks    []wire.SACKBlock
}

// segmentOf reads the TCP header of a frame of a connection.
func segmentOf(raw []byte, of *tuple, out bool) (g tcpSeen, ok bool) {
	size, match := -1, false
	for _, h := range wire.Layout(raw, wire.LinkOf(raw)) {
		p := raw[h.From:h.To]
		var src, dst wire.Addr
		switch h.Kind {
		case wire.HdrIPv4:
			ip := wire.IPv4(p)
			if len(p) < 20 {
				return g, false
			}
			src, dst, size = ip.Src().Addr(), ip.Dst().Addr(), h.From+ip.TotalLen()
		case wire.HdrIPv6:
			if len(p) < 40 {
				return g, false
			}
			ip := wire.IPv6(p)
			src, dst, size = ip.Src(), ip.Dst(), h.From+40+ip.PayloadLen()
		case wire.HdrTCP:
			x := wire.TCP(p)
			sp, dp := of.pport, of.lport
			if out {
				sp, dp = dp, sp
			}
			if !match || !x.Valid() || x.SrcPort() != sp || x.DstPort() != dp {
				return g, false
			}
			g.seq, g.flags = x.Seq(), x.Flags()
			if size <= h.From || size > len(raw)+65536 {
				size = len(raw)
			}
			g.end = g.seq + uint32(max(0, size-h.To))
			if g.flags&wire.TCPFin != 0 {
				g.end++
			}
			var o wire.TCPOptions
			wire.ParseTCPOptions(x.Options(), &o)
			g.sacks = slices.Clone(o.SACK[:min(int(o.NumSACK), len(o.SACK))])
			return g, true
		default:
			continue
		}
		if out {
			match = src == of.local && dst == of.peer
		} else {
			match = src == of.peer && dst == of.local
		}
	}
	return g, false
}

// close works out what needs the whole track.
func (t *track) close() {
	t.since = make([][numLimits]int64, len(t.samples))
	for i := range t.segs {
		t.from, t.to = min(t.from, t.segs[i].at), max(t.to, t.segs[i].at)
	}
	for i := 1; i < len(t.samples); i++ {
		t.since[i] = t.since[i-1]
		t.since[i][t.samples[i-1].f[sLimit]] += max(0, t.samples[i].at-t.samples[i-1].at)
	}
}

// at is the last sample at or before a moment; -1 if there is none.
func (t *track) at(ns int64) int {
	i, found := slices.BinarySearchFunc(t.samples, ns, func(s tcpSample, ns int64) int {
		switch {
		case s.at < ns:
			return -1
		case s.at > ns:
			return 1
		}
		return 0
	})
	if found {
		return i
	}
	return i - 1
}

// limits is how long each thing was the limit, up to a moment.
func (t *track) limits(ns int64) (sum [numLimits]int64) {
	i := t.at(ns)
	if i < 0 {
		return sum
	}
	sum = t.since[i]
	sum[t.samples[i].f[sLimit]] += max(0, ns-t.samples[i].at)
	return sum
}
