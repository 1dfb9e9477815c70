package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A TimeWait is struct tcp_timewait_sock: what stays of a closed connection
// for 60 seconds, so that late segments find somebody who knows it (RFC 9293
// §3.6.1).
type TimeWait struct {
	ID       uint32
	t        *TCP
	af       afOps
	node     inet.Node
	Substate uint8 // FIN_WAIT2 or TIME_WAIT

	rcvNxt, sndNxt uint32
	rcvWnd         uint32
	rcvWscale      uint8
	tsOffset       uint32
	tsRecent       uint32
	tsRecentStamp  int64
	tos            uint8
	timeout        sim.Time
	expires        sim.Time
	lastOowAck     sim.Time
	oowSeen        bool
	timer          sim.Timer
	task           twTask
	family         uint16
	entryStamp     int64
	Reuse          bool
}

type twTask struct{ tw *TimeWait }

// Run is tw_timer_handler.
func (t *twTask) Run() { t.tw.kill() }

// Kind, TraceID, TracePkt: see trace.Subject.
func (w *TimeWait) Kind() step.Kind            { return step.KindTW }
func (w *TimeWait) TraceID() uint32            { return w.ID }
func (w *TimeWait) TracePkt() (pkt, id uint32) { return 0, 0 }

// Observe lists what a learner sees of a TIME_WAIT socket.
func (w *TimeWait) Observe(o *trace.Obs) {
	o[step.TWSubstate], o[step.TWRcvNxt] = uint64(w.Substate), uint64(w.rcvNxt)
	o[step.TWSndNxt], o[step.TWExpires] = uint64(w.sndNxt), uint64(w.expires)
}

// Tuple is the connection that it stands for.
func (w *TimeWait) Tuple() inet.Tuple { return w.node.Key }

// timeWait is tcp_time_wait: a small socket takes the large one's place, and
// the large one closes.
func (sk *Sock) timeWait(state uint8, d sim.Time) {
	defer sk.NS.In(step.TcpTimeWait, &sk.Sock).Out()
	ns := sk.NS
	t := sk.T
	if t.TWCount < sk.sysctl().TCPMaxTWBuckets {
		sk.mstampRefresh()
		w := &TimeWait{ID: ns.Machine.IDs.Object(), t: t, af: sk.af, Substate: state,
			rcvNxt: sk.rcvNxt, sndNxt: sk.sndNxt, rcvWnd: sk.receiveWindow(), rcvWscale: sk.rx.rcvWscale,
			tsOffset: sk.tsoffset, tsRecent: sk.rx.tsRecent, tsRecentStamp: sk.rx.tsRecentStamp, tos: sk.TOS,
			lastOowAck: sk.lastOowAck, oowSeen: sk.oowSeen, family: sk.Family, Reuse: sk.Reuse, entryStamp: sk.mstamp}
		w.node = inet.Node{Key: sk.node.Key, Dev: sk.node.Dev, Owner: w}
		if !sk.node.Hashed() {
			w.node.Key = sk.tuple()
		}
		w.task.tw = w
		w.timeout = max(d, sk.rto<<2-sk.rto>>1)
		if state == core.TCPTimeWait {
			w.timeout = timewaitLen
		}
		ns.Why(step.WhyTimeWait, uint64(state), uint64(w.timeout))
		t.Hash.Replace(&sk.node, &w.node)
		t.Hash.BindTW(&w.node)
		t.TWCount++
		w.schedule(w.timeout)
	} else {
		ns.Inc(step.TcpExtTCPTimeWaitOverflow)
	}
	sk.updateMetrics()
	sk.done()
}

// schedule is __inet_twsk_schedule.
func (w *TimeWait) schedule(d sim.Time) {
	defer w.t.NS.In(step.TwskSchedule, w).Out()
	ns := w.t.NS
	if !w.timer.Pending() {
		if d <= 4*sim.Second {
			ns.Inc(step.TcpExtTWKilled)
		} else {
			ns.Inc(step.TcpExtTW)
		}
	}
	now := ns.Clock.Now()
	w.expires = now/sim.Jiffy*sim.Jiffy + d
	ns.Why(step.WhyTwTimer, uint64(d))
	ns.Clock.Mod(&w.timer, sim.WheelExpiry(now, w.expires), &w.task)
}

// kill is inet_twsk_kill: the connection is forgotten.
func (w *TimeWait) kill() {
	defer w.t.NS.In(step.TwskKill, w).Out()
	ns := w.t.NS
	ns.Clock.Stop(&w.timer)
	if w.t.Hash.Remove(&w.node) {
		w.t.TWCount--
	}
	w.t.Hash.UnbindTW(&w.node)
	if ns.Trace != nil {
		ns.Trace.Forget(w.ID)
	}
}

// What tcp_timewait_state_process tells its caller to do.
const (
	twSuccess = iota
	twRST
	twACK
	twSYN
)

// process is tcp_timewait_state_process: a segment for a connection that is
// over (RFC 9293 §3.10.7.4, RFC 6191, RFC 1337).
func (w *TimeWait) process(b *core.SKB) (what int, isn uint32) {
	defer w.t.NS.In(step.TcpTimewaitStateProcess, b).Out()
	ns := w.t.NS
	h := wire.TCP(b.Data())
	cb := &b.CB
	f := h.Flags()
	o := &w.t.opt
	wire.ParseTCPOptions(h.Options(), o)
	nowS := ns.Clock.Now() / sim.Second
	paws := false
	sawTS := o.HasTS && w.tsRecentStamp != 0
	if sawTS {
		paws = pawsReject(w.tsRecent, o.TSVal, sim.Time(w.tsRecentStamp), nowS, f.Has(wire.TCPRst))
	}
	if w.Substate == core.TCPFinWait2 {
		return w.processFinWait2(b, h, o, sawTS, paws)
	}
	if !paws && cb.Seq == w.rcvNxt && (cb.Seq == cb.EndSeq || f.Has(wire.TCPRst)) {
		if f.Has(wire.TCPRst) {
			if w.t.NS.Sysctl.TCPRFC1337 == 0 {
				ns.Why(step.WhyTWReset)
				w.kill()
				return twSuccess, 0
			}
		} else {
			ns.Why(step.WhyTwQuiet)
			w.schedule(timewaitLen)
		}
		if sawTS {
			w.tsRecent, w.tsRecentStamp = o.TSVal, int64(nowS)
		}
		return twSuccess, 0
	}
	// A new connection may begin at once when its numbers are above all old
	// ones (RFC 9293 §3.10.7.4, RFC 6191 §2).
	if f.Has(wire.TCPSyn) && !f.Has(wire.TCPRst) && !f.Has(wire.TCPAck) && !paws &&
		(after(cb.Seq, w.rcvNxt) || sawTS && int32(w.tsRecent-o.TSVal) < 0) {
		isn = w.sndNxt + 65535 + 2
		if isn == 0 {
			isn++
		}
		ns.Why(step.WhyTWSyn, uint64(cb.Seq), uint64(w.rcvNxt), uint64(isn))
		return twSYN, isn
	}
	if paws {
		ns.Inc(step.TcpExtPAWSEstab)
	}
	if !f.Has(wire.TCPRst) {
		ns.Why(step.WhyTwLate)
		if paws || f.Has(wire.TCPAck) {
			w.schedule(timewaitLen)
		}
		return w.checkOow(b, step.TcpExtTCPACKSkippedTimeWait), 0
	}
	return twSuccess, 0
}

// processFinWait2 is its part for an orphan whose FIN is acknowledged and
// which waits for the peer's.
func (w *TimeWait) processFinWait2(b *core.SKB, h wire.TCP, o *wire.TCPOptions, sawTS, paws bool) (int, uint32) {
	cb := &b.CB
	f := h.Flags()
	if paws || !inWindow(cb.Seq, cb.EndSeq, w.rcvNxt, w.rcvNxt+w.rcvWnd) {
		return w.checkOow(b, step.TcpExtTCPACKSkippedFinWait2), 0
	}
	if f.Has(wire.TCPRst) {
		w.kill()
		return twSuccess, 0
	}
	if f.Has(wire.TCPSyn) && !before(cb.Seq, w.rcvNxt) {
		return twRST, 0
	}
	if !f.Has(wire.TCPAck) || !after(cb.EndSeq, w.rcvNxt) || cb.EndSeq == cb.Seq {
		return twSuccess, 0
	}
	if !f.Has(wire.TCPFin) || cb.EndSeq != w.rcvNxt+1 {
		return twRST, 0
	}
	w.Substate = core.TCPTimeWait
	w.rcvNxt = cb.EndSeq
	if sawTS {
		w.tsRecent, w.tsRecentStamp = o.TSVal, int64(w.t.NS.Clock.Now()/sim.Second)
	}
	w.schedule(timewaitLen)
	return twACK, 0
}

// checkOow is tcp_timewait_check_oow_rate_limit.
func (w *TimeWait) checkOow(b *core.SKB, mib step.MIB) int {
	if !oowRateLimited(w.t.NS, b, &w.lastOowAck, &w.oowSeen, mib) {
		return twACK
	}
	return twSuccess
}

// sendAck is tcp_v4_timewait_ack.
func (w *TimeWait) sendAck(b *core.SKB) {
	now := uint32(w.t.NS.Clock.Now()/sim.Millisecond) + w.tsOffset
	w.t.sendAckFor(w.af, b, w.sndNxt, w.rcvNxt, w.rcvWnd>>w.rcvWscale, w.tsRecentStamp != 0, now, w.tsRecent, int(w.node.Dev), w.tos)
}
