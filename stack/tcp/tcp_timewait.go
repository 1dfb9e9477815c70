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
	entryMs        uint32 // tw_entry_stamp
	mark           uint32
	Reuse          bool
	transparent    bool // tw_transparent
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
			mark: sk.Mark, family: sk.Family, Reuse: sk.Reuse, transparent: sk.Transparent, entryMs: uint32(sk.mstamp / 1000)}
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

// Deschedule is inet_twsk_deschedule_put.
func (w *TimeWait) Deschedule() { w.kill() }

// What tcp_timewait_state_process tells its caller to do.
const (
	twSuccess = iota
	twRST
	twACK
	twSYN
)

// process is tcp_timewait_state_process: a segment for a connection that is
// over (RFC 9293 §3.10.7.4, RFC 6191, RFC 1337).
func (w *TimeWait) process(b *core.SKB) (what int, isn uint32, why core.DropReason) {
	defer w.t.NS.In(step.TcpTimewaitStateProcess, b).Out()
	ns := w.t.NS
	h := wire.TCP(b.Data())
	cb := &b.CB
	f := h.Flags()
	o := &w.t.opt
	wire.ParseTCPOptions(h.Options(), o)
	nowS := ns.Clock.Now() / sim.Second
	paws := false
	why = step.DropNotSpecified
	sawTS := o.HasTS && w.tsRecentStamp != 0 && ns.Sysctl.TCPTimestamps != 0
	if sawTS {
		paws = pawsReject(w.tsRecent, o.TSVal, sim.Time(w.tsRecentStamp), nowS, f.Has(wire.TCPRst))
	}
	if w.Substate == core.TCPFinWait2 {
		return w.processFinWait2(b, h, o, sawTS, paws), 0, why
	}
	if !paws && cb.Seq == w.rcvNxt && (cb.Seq == cb.EndSeq || f.Has(wire.TCPRst)) {
		if f.Has(wire.TCPRst) {
			if w.t.NS.Sysctl.TCPRFC1337 == 0 {
				ns.Why(step.WhyTWReset)
				w.kill()
				return twSuccess, 0, why
			}
		} else {
			ns.Why(step.WhyTwQuiet)
			w.schedule(timewaitLen)
		}
		if sawTS {
			w.tsRecent, w.tsRecentStamp = o.TSVal, int64(nowS)
		}
		return twSuccess, 0, why
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
		return twSYN, isn, why
	}
	if paws {
		ns.Inc(step.TcpExtPAWSTimewait)
		why = step.DropTCPRfc7323TwPAWS
	}
	if !f.Has(wire.TCPRst) {
		ns.Why(step.WhyTwLate)
		if paws || f.Has(wire.TCPAck) {
			w.schedule(timewaitLen)
		}
		return w.checkOow(b, step.TcpExtTCPACKSkippedTimeWait), 0, why
	}
	return twSuccess, 0, why
}

// processFinWait2 is its part for an orphan whose FIN is acknowledged and
// which waits for the peer's.
func (w *TimeWait) processFinWait2(b *core.SKB, h wire.TCP, o *wire.TCPOptions, sawTS, paws bool) int {
	cb := &b.CB
	f := h.Flags()
	if paws || !inWindow(cb.Seq, cb.EndSeq, w.rcvNxt, w.rcvNxt+w.rcvWnd) {
		return w.checkOow(b, step.TcpExtTCPACKSkippedFinWait2)
	}
	if f.Has(wire.TCPRst) {
		w.kill()
		return twSuccess
	}
	if f.Has(wire.TCPSyn) && !before(cb.Seq, w.rcvNxt) {
		return twRST
	}
	if !f.Has(wire.TCPAck) || !after(cb.EndSeq, w.rcvNxt) || cb.EndSeq == cb.Seq {
		return twSuccess
	}
	if !f.Has(wire.TCPFin) || cb.EndSeq != w.rcvNxt+1 {
		return twRST
	}
	w.Substate = core.TCPTimeWait
	w.rcvNxt = cb.EndSeq
	if sawTS {
		w.tsRecent, w.tsRecentStamp = o.TSVal, int64(w.t.NS.Clock.Now()/sim.Second)
		w.entryMs = uint32(w.t.NS.Clock.Now() / sim.Millisecond)
	}
	w.schedule(timewaitLen)
	return twACK
}

// checkOow is tcp_timewait_check_oow_rate_limit.
func (w *TimeWait) checkOow(b *core.SKB, mib step.MIB) int {
	if !oowRateLimited(w.t.NS, b, &w.lastOowAck, &w.oowSeen, mib) {
		return twACK
	}
	return twSuccess
}

// sendAck is tcp_v4_timewait_ack. An old timestamp's ACK carries no ECN bits.
func (w *TimeWait) sendAck(b *core.SKB) {
	now := uint32(w.t.NS.Clock.Now()/sim.Millisecond) + w.tsOffset
	w.t.sendAckFor(w.af, b, w.sndNxt, w.rcvNxt, w.rcvWnd>>w.rcvWscale, w.tsRecentStamp != 0, now, w.tsRecent, int(w.node.Dev), w.tos, w.transparent)
}

// twskUnique is tcp_twsk_unique: may a new connection of ours take over the
// numbers of one in TIME_WAIT? Only if timestamps tell the two apart (RFC 6191).
func (sk *Sock) twskUnique(w *TimeWait) bool {
	defer sk.NS.In(step.TcpTwskUnique, w).Out()
	sy := sk.sysctl()
	reuse := sy.TCPTWReuse
	k := &w.node.Key
	if w.Substate == core.TCPFinWait2 || reuse == 2 && w.node.Dev != loopbackIfindex && !isLoopback(k.Laddr) && !isLoopback(k.Faddr) {
		reuse = 0
	}
	age := int32(uint32(sk.now()/sim.Millisecond) - w.entryMs)
	if w.tsRecentStamp == 0 || reuse == 0 || age <= int32(sy.TCPTWReuseDelay) {
		sk.NS.Why(step.WhyTwskKeep, uint64(sy.TCPTWReuse), uint64(sy.TCPTWReuseDelay), uint64(max(age, 0)))
		return false
	}
	sk.NS.Why(step.WhyTwskReuse, uint64(age), uint64(sy.TCPTWReuse))
	sk.writeSeq = w.sndNxt + 65535 + 2
	if sk.writeSeq == 0 {
		sk.writeSeq = 1
	}
	sk.rx.tsRecent, sk.rx.tsRecentStamp = w.tsRecent, w.tsRecentStamp
	return true
}

// loopbackIfindex is LOOPBACK_IFINDEX.
const loopbackIfindex = 1

// isLoopback is ipv4_is_loopback and ipv6_addr_loopback.
func isLoopback(a wire.Addr) bool {
	return a.Is4() && a.IP4().IsLoopback() || a == wire.Addr{Lo: 1}
}
