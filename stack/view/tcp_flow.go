package view

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A Flows prints what the TCP connections of a walk do, one line for each
// change: it is the Watcher of a run. Nothing is kept but the connections.
type Flows struct {
	W      io.Writer
	JSON   bool
	Only   int  // connection number from 1; 0: all
	List   bool // print nothing until the end, then the connections
	Queues bool // with the packets of the queues (JSON)
	Names  func(host uint8) string
	Packet int // of the capture, that is being delivered; 0: none

	tr    *trace.Tracer
	list  []*flowRow
	of    map[uint32]*flowRow
	v     vals
	n     int // lines
	buf   []byte
	now   []trace.Piece
	Error error // of W
}

// A flowRow is one connection.
type flowRow struct {
	n       int
	host    uint8
	last    vals
	ends    string
	track   track
	first   int64
	limits  [numLimits]int64
	since   int64
	segs    int
	again   int
	started bool
}

// Clock is told whose time it is.
func (w *Flows) Clock(tr *trace.Tracer) { w.tr = tr }

func (w *Flows) at() int64 { return int64(w.tr.Clock.Now() - w.tr.Epoch) }

// Saw prints what has changed in a socket.
func (w *Flows) Saw(on trace.Subject, in step.Step) {
	w.v = vals{}
	on.Observe((*trace.Obs)(&w.v))
	v := &w.v
	f := w.of[on.TraceID()]
	if f == nil {
		if v[step.SockProto] != protoTCP || v[step.SockState] == tcpListen || v[step.SockState] == tcpClose || v[step.SockState] == 0 {
			return
		}
		f = &flowRow{n: len(w.list) + 1, host: w.tr.Host, first: w.at(), since: w.at()}
		if w.of == nil {
			w.of = map[uint32]*flowRow{}
		}
		w.of[on.TraceID()] = f
		w.list = append(w.list, f)
	}
	f.track.name(v)
	if f.ends == "" && f.track.tuple.lport != 0 {
		t := f.track.tuple
		f.ends = endpoint(t.local, uint64(t.lport)) + " > " + endpoint(t.peer, uint64(t.pport))
	}
	if f.started && *v == f.last {
		return
	}
	old := limitOf(&f.last)
	if f.started {
		f.limits[old] += max(0, w.at()-f.since)
	}
	f.since = max(f.since, w.at())
	if !w.List && (w.Only == 0 || w.Only == f.n) && (!f.started || w.tells(&f.last, v)) {
		if w.JSON {
			w.json(f, on, in)
		} else {
			w.text(f, in)
		}
	}
	f.last, f.started = *v, true
}

// tells reports whether a line would say anything new.
func (w *Flows) tells(a, b *vals) bool {
	if a[step.SockState] != b[step.SockState] || a[step.TCPCaState] != b[step.TCPCaState] || limitOf(a) != limitOf(b) {
		return true
	}
	for i := range flowColumns {
		if value(a, i) != value(b, i) {
			return true
		}
	}
	for _, t := range timeColumns {
		if a[t.field] != b[t.field] {
			return true
		}
	}
	return a[step.TCPTimer] != b[step.TCPTimer]
}

// Frame prints a segment of a connection.
func (w *Flows) Frame(tx uint16, _ int, b []byte) {
	for _, f := range w.list {
		if f.host != w.tr.Host || f.track.tuple.lport == 0 {
			continue
		}
		n := len(f.track.segs)
		f.track.frame(w.at(), tx != 0, b)
		for _, s := range f.track.segs[n:] {
			if s.kind != segSack {
				f.segs++
			}
			if s.kind == segAgain && s.out {
				f.again++
			}
			if w.JSON && !w.List && (w.Only == 0 || w.Only == f.n) {
				w.segment(f, &s)
			}
		}
		if len(f.track.segs) > 64 { // the last ones tell what comes twice
			f.track.segs = append(f.track.segs[:0], f.track.segs[len(f.track.segs)-16:]...)
		}
		if len(f.track.segs) > n {
			return
		}
	}
}

func (w *Flows) line(s string) {
	if w.Error == nil {
		_, w.Error = io.WriteString(w.W, s)
	}
}

// flowColumns are the values of a line, in order: of a field, or worked out.
var flowColumns = [...]struct {
	name  string
	field int // of step; -1: of
	of    func(v *vals) uint64
}{
	{"cwnd", step.TCPSndCwnd, nil}, {"ssthresh", step.TCPSsthresh, nil}, {"in_flight", -1, flight},
	{"packets_out", step.TCPPacketsOut, nil}, {"sacked_out", step.TCPSackedOut, nil}, {"lost_out", step.TCPLostOut, nil}, {"retrans_out", step.TCPRetransOut, nil},
	{"snd_una", step.TCPSndUna, nil}, {"snd_nxt", step.TCPSndNxt, nil}, {"write_seq", step.TCPWriteSeq, nil}, {"snd_wnd", step.TCPSndWnd, nil},
	{"rcv_nxt", step.TCPRcvNxt, nil}, {"copied_seq", step.TCPCopiedSeq, nil}, {"rcv_wup", step.TCPRcvWup, nil}, {"rcv_wnd", step.TCPRcvWnd, nil},
	{"unread", -1, unread}, {"ofo_packets", step.TCPOooLen, nil}, {"rmem", step.SockRmem, nil}, {"rcvbuf", step.SockRcvBuf, nil}, {"wmem_queued", step.SockWmemQueued, nil}, {"sndbuf", step.SockSndBuf, nil},
	{"rtt_us", step.TCPRttUs, nil}, {"srtt_us", -1, func(v *vals) uint64 { return v[step.TCPSrttUs] / 8 }}, {"rttvar_us", step.TCPRttvarUs, nil}, {"min_rtt_us", step.TCPMinRttUs, nil}, {"rto_us", -1, func(v *vals) uint64 { return v[step.TCPRto] / 1000 }}, {"backoff", step.TCPBackoff, nil},
	{"reo_wnd_us", step.TCPReoWndUs, nil}, {"pacing_rate", step.TCPPacingRate, nil}, {"delivered", step.TCPDelivered, nil}, {"lost", step.TCPLost, nil}, {"total_retrans", step.TCPTotalRetrans, nil},
}

// timeColumns are the times at which timers fire.
var timeColumns = [...]struct {
	name    string
	pending uint64
	field   int
}{
	{"rto", 1, step.TCPTimerAt}, {"reordering", 6, step.TCPTimerAt}, {"loss_probe", 5, step.TCPTimerAt}, {"window_probe", 3, step.TCPTimerAt},
	{"delayed_ack", 0, step.TCPDelackAt}, {"compressed_ack", 0, step.TCPCompressedAt}, {"pacing", 0, step.TCPPaceAt}, {"keepalive", 0, step.TCPKeepAt},
}

func value(v *vals, i int) uint64 {
	c := &flowColumns[i]
	if c.field < 0 {
		return c.of(v)
	}
	return v[c.field]
}

// json prints a whole state of a connection.
func (w *Flows) json(f *flowRow, on trace.Subject, in step.Step) {
	v, b := &w.v, w.begin(f)
	b = append(b, `,"ev":"state"`...)
	if in != 0 {
		b = append(b, `,"fn":"`...)
		b = append(b, in.String()...)
		b = append(b, '"')
	}
	b = append(b, `,"state":"`...)
	b = append(b, ssState(v[step.SockState])...)
	b = append(b, `","ca":"`...)
	b = append(b, step.Fields(step.KindSock)[step.TCPCaState].Fmt.Format(0, v[step.TCPCaState], nil)...)
	b = append(b, `","limited":"`...)
	b = append(b, limitNames[limitOf(v)]...)
	b = append(b, '"')
	if v[step.TCPFollowed] != 0 {
		b = append(b, `,"inferred":true`...)
	}
	for i := range flowColumns {
		b = append(b, ',', '"')
		b = append(b, flowColumns[i].name...)
		b = append(b, `":`...)
		b = strconv.AppendUint(b, value(v, i), 10)
	}
	b = append(b, `,"timers":{`...)
	comma := false
	for _, t := range timeColumns {
		if v[t.field] == 0 || t.pending != 0 && v[step.TCPTimer] != t.pending {
			continue
		}
		if comma {
			b = append(b, ',')
		}
		comma = true
		b = append(b, '"')
		b = append(b, t.name...)
		b = append(b, `":`...)
		b = strconv.AppendInt(b, int64(v[t.field])-int64(w.tr.Epoch), 10)
	}
	b = append(b, '}')
	if q, ok := on.(trace.Lister); ok && w.Queues {
		w.now = q.ObserveQueues(w.now[:0])
		b = append(b, `,"queues":{`...)
		for i, name := range [...]string{trace.QueueSent: "rtx", trace.QueueUnsent: "write", trace.QueueUnread: "receive", trace.QueueOfo: "ofo"} {
			if i > 0 {
				b = append(b, ',')
			}
			b = fmt.Appendf(b, `"%s":[`, name)
			comma := false
			for _, p := range w.now {
				if int(p.Queue) != i {
					continue
				}
				if comma {
					b = append(b, ',')
				}
				comma = true
				b = fmt.Appendf(b, `{"seq":%d,"end":%d,"segs":%d`, p.Seq, p.End, p.Segs)
				if i == trace.QueueSent {
					b = fmt.Appendf(b, `,"is":"%s"`, pieceKind(p.Marks))
				}
				if p.Packs > 1 {
					b = fmt.Appendf(b, `,"packets":%d`, p.Packs)
				}
				b = append(b, '}')
			}
			b = append(b, ']')
		}
		b = append(b, '}')
	}
	w.end(b)
}

// begin begins a line of JSON: its number, its time, the connection.
func (w *Flows) begin(f *flowRow) []byte {
	w.n++
	b := fmt.Appendf(w.buf[:0], `{"n":%d,"t":%d,"flow":%d`, w.n, w.at(), f.n)
	if w.Packet > 0 {
		b = fmt.Appendf(b, `,"packet":%d`, w.Packet)
	}
	if w.Names != nil {
		b = fmt.Appendf(b, `,"host":%q`, w.Names(f.host))
	}
	if !f.started && f.ends != "" {
		b = fmt.Appendf(b, `,"ends":"%s"`, f.ends)
	}
	return b
}

func (w *Flows) end(b []byte) {
	b = append(b, '}', '\n')
	w.buf = b
	if w.Error == nil {
		_, w.Error = w.W.Write(b)
	}
}

// segment prints a segment, or what a SACK block says.
func (w *Flows) segment(f *flowRow, s *tcpSeg) {
	dir := "in"
	if s.out {
		dir = "out"
	}
	b := fmt.Appendf(w.begin(f), `,"ev":"segment","of":"%s","kind":"%s","seq":%d,"end":%d`, dir, segNames[s.kind], s.from, s.to)
	w.end(b)
}

// text prints what is new, in words.
func (w *Flows) text(f *flowRow, in step.Step) {
	v := &w.v
	var b strings.Builder
	fmt.Fprintf(&b, "%12.6f", float64(w.at())/1e9)
	if w.Packet > 0 {
		fmt.Fprintf(&b, " #%d", w.Packet)
	}
	fmt.Fprintf(&b, " flow %d", f.n)
	empty := b.Len()
	if !f.started {
		fmt.Fprintf(&b, " %s", f.ends)
	}
	if f.last[step.SockState] != v[step.SockState] {
		fmt.Fprintf(&b, " %s", ssState(v[step.SockState]))
	}
	if f.last[step.TCPCaState] != v[step.TCPCaState] {
		fmt.Fprintf(&b, " %s", step.Fields(step.KindSock)[step.TCPCaState].Fmt.Format(0, v[step.TCPCaState], nil))
	}
	for i := range flowColumns {
		was, is := value(&f.last, i), value(v, i)
		if was == is {
			continue
		}
		switch {
		case was == 0 || !f.started:
			fmt.Fprintf(&b, " %s %s", flowColumns[i].name, decimal(is))
		default:
			fmt.Fprintf(&b, " %s %s→%s", flowColumns[i].name, decimal(was), decimal(is))
		}
	}
	for _, t := range timeColumns {
		armed := func(v *vals) uint64 {
			if t.pending != 0 && v[step.TCPTimer] != t.pending {
				return 0
			}
			return v[t.field]
		}
		switch was, is := armed(&f.last), armed(v); {
		case is != 0 && is != was:
			fmt.Fprintf(&b, " %s timer in %s", t.name, nsWords(int64(is)-int64(w.tr.Epoch)-w.at()))
		case was != 0 && is == 0:
			fmt.Fprintf(&b, " %s timer off", t.name)
		}
	}
	if l := limitOf(v); !f.started || l != limitOf(&f.last) {
		fmt.Fprintf(&b, "; limited by %s", limitNames[l])
	}
	if b.Len() == empty {
		return
	}
	if in != 0 {
		fmt.Fprintf(&b, " (%s)", in)
	}
	w.line(b.String() + "\n")
}

// Finish prints what is known of each connection at the end.
func (w *Flows) Finish() error {
	for _, f := range w.list {
		if w.Only != 0 && w.Only != f.n {
			continue
		}
		if w.JSON {
			b := fmt.Appendf(nil, `{"summary":{"flow":%d,"ends":"%s","from":%d,"to":%d,"segments":%d,"retransmitted":%d,"bytes_out":%d,"bytes_in":%d,"limited":{`, f.n, f.ends, f.first, f.since, f.segs, f.again, f.track.bytes[0], f.track.bytes[1])
			comma := ""
			for i, n := range f.limits {
				if n > 0 {
					b = fmt.Appendf(b, `%s"%s":%d`, comma, limitNames[i], n)
					comma = ","
				}
			}
			w.end(append(b, '}', '}'))
			continue
		}
		host := ""
		if w.Names != nil {
			host = w.Names(f.host) + " "
		}
		w.line(fmt.Sprintf("flow %d  %s%s  %s  %s, %s sent again, %s out, %s in, %s\n", f.n, host, f.ends, ssState(f.last[step.SockState]), nOf(uint64(f.segs), "segment"), decimal(uint64(f.again)), bytesText(int64(f.track.bytes[0])), bytesText(int64(f.track.bytes[1])), nsWords(f.since-f.first)))
		words := []string{}
		for _, s := range shares(f.limits) {
			words = append(words, fmt.Sprintf("%s %d%%", s.What, s.Percent))
		}
		if len(words) > 0 {
			w.line("        limited by: " + strings.Join(words, ", ") + "\n")
		}
		if f.last[step.TCPFollowed] != 0 {
			w.line("        the capture says what was sent; cwnd, ssthresh and timers are what the model reckons\n")
		}
	}
	return w.Error
}

// Flows is how many connections have been seen.
func (w *Flows) Flows() int { return len(w.list) }
