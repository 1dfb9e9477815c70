package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// The part of net/ipv4/inet_connection_sock.c about connections that are half
// open, and about those that wait for accept().

// A Request is struct tcp_request_sock: a half-open connection. It stands in
// the table of connections (state NEW_SYN_RECV) until the handshake's last
// ACK makes a socket of it.
type Request struct {
	ID   uint32
	l    *Sock
	af   afOps
	node inet.Node

	rcvIsn, sntIsn, rcvNxt            uint32
	mss                               int
	tsRecent, tsOff                   uint32
	rcvWnd                            uint32
	windowClamp                       int
	sndWscale, rcvWscale              uint8
	wscaleOK, tstampOK, sackOK, acked bool
	numRetrans, numTimeout            int
	sntSynack                         int64  // µs
	tsvalFirst, tsvalLast             uint32 // snt_tsval_first, snt_tsval_last: of our SYN-ACKs
	lastOowAck                        sim.Time
	oowSeen                           bool
	timeout                           sim.Time
	expires                           sim.Time // rsk_timer.expires of one that has no timer of its own
	tos                               uint8
	mark                              uint32
	iif                               int
	timer                             sim.Timer
	task                              reqTask
	ecnOK, cookie, tfo                bool   // tfo: tfo_listener
	transparent                       bool   // no_srccheck: the listener has IP_TRANSPARENT
	child                             *Sock  // req->sk of a Fast Open connection, until accept
	savedSyn                          []byte // for TCP_SAVED_SYN

	expected *Expected
}

type reqTask struct{ r *Request }

// Run is reqsk_timer_handler.
func (t *reqTask) Run() { t.r.timerHandler() }

// Kind, TraceID, TracePkt: see trace.Subject.
func (r *Request) Kind() step.Kind            { return step.KindReq }
func (r *Request) TraceID() uint32            { return r.ID }
func (r *Request) TracePkt() (pkt, id uint32) { return 0, 0 }

// Listener is the socket that the SYN came to (rsk_listener).
func (r *Request) Listener() *core.Sock {
	if r.l == nil {
		return nil
	}
	return &r.l.Sock
}

// Observe lists what a learner sees of a half-open connection.
func (r *Request) Observe(o *trace.Obs) {
	o[step.ReqDaddr], o[step.ReqDaddr+1] = r.node.Key.Faddr.Hi, r.node.Key.Faddr.Lo
	o[step.ReqDport], o[step.ReqISN] = uint64(r.node.Key.Fport), uint64(r.sntIsn)
	o[step.ReqRetrans], o[step.ReqTimeout] = uint64(r.numRetrans), uint64(r.numTimeout)
}

// reqTimeout is reqsk_timeout: how long the SYN-ACK may stay unanswered.
func (r *Request) reqTimeout() sim.Time {
	return min(r.timeout<<uint(min(r.numTimeout, 16)), rtoMax)
}

// arm sets the timer of the SYN-ACK.
func (r *Request) arm() {
	r.l.NS.Clock.Mod(&r.timer, sim.WheelExpiry(r.l.now(), r.l.tick()+r.reqTimeout()), &r.task)
}

// hashAdd is inet_csk_reqsk_queue_hash_add.
func (r *Request) hashAdd() bool {
	defer r.l.NS.In(step.ReqskQueueHashAdd, r).Out()
	r.timeout = timeoutInit
	r.task.r = r
	if !r.l.T.Hash.Insert(&r.node) {
		return false
	}
	if !r.l.T.Follow {
		r.arm()
	}
	r.l.setRare().reqs++
	r.l.setRare().reqsYoung++
	return true
}

// drop is inet_csk_reqsk_queue_drop: the half-open connection is over. It
// reports whether it was one until now.
func (r *Request) drop() bool {
	defer r.l.NS.In(step.ReqskQueueDrop, r).Out()
	if !r.l.T.Hash.Remove(&r.node) {
		return false
	}
	r.l.NS.Clock.Stop(&r.timer)
	r.removed()
	if r.l.NS.Trace != nil {
		r.l.NS.Trace.Forget(r.ID)
	}
	return true
}

// removed is reqsk_queue_removed.
func (r *Request) removed() {
	m := r.l.setRare()
	m.reqs--
	if r.numTimeout == 0 {
		m.reqsYoung--
	}
}

// timerHandler is reqsk_timer_handler: the SYN-ACK is not acknowledged.
func (r *Request) timerHandler() {
	defer r.l.NS.In(step.ReqskTimerHandler, r).Out()
	l, ns := r.l, r.l.NS
	if l.State != core.TCPListen {
		r.drop()
		return
	}
	limit := int(l.rare().synRetries)
	if limit == 0 {
		limit = l.sysctl().TCPSynackRetries
	}
	// With many waiting, the old ones get fewer tries.
	if l.rare().reqs<<1 > int(max(8, l.MaxAckBacklog)) {
		for young := l.rare().reqsYoung << 1; limit > 2 && l.rare().reqs >= young; young <<= 1 {
			limit--
		}
	}
	expire, resend := r.synackRecalc(limit, l.rare().deferAccept)
	ns.Inc(step.TcpExtTCPTimeouts)
	if expire || resend && l.rtxSynack(r) != 0 && !r.acked {
		ns.Why(step.WhyReqGiveUp, uint64(r.numTimeout))
		r.drop()
		return
	}
	if r.numTimeout == 0 {
		l.setRare().reqsYoung--
	}
	r.numTimeout++
	r.arm()
}

// synackRecalc is syn_ack_recalc: with TCP_DEFER_ACCEPT a handshake that is
// complete but for data gets its SYN-ACK again only at the end of that time.
func (r *Request) synackRecalc(limit, deferAccept int) (expire, resend bool) {
	if deferAccept == 0 {
		return r.numTimeout >= limit, true
	}
	return r.numTimeout >= limit && (!r.acked || r.numTimeout >= deferAccept), !r.acked || r.numTimeout >= deferAccept-1
}

// queueAdd is inet_csk_reqsk_queue_add: the connection waits for accept().
func (l *Sock) queueAdd(sk *Sock) bool {
	if l.State != core.TCPListen {
		sk.childForget()
		return false
	}
	l.setRare().acceptQueue = append(l.rare().acceptQueue, sk)
	l.AckBacklog++
	sk.parent = l
	return true
}

// listenStop is inet_csk_listen_stop: those that nobody accepted are reset. A
// half-open connection finds out by itself that its listener is gone.
func (sk *Sock) listenStop() {
	defer sk.NS.In(step.InetCskListenStop, &sk.Sock).Out()
	q := sk.rare().acceptQueue
	if len(q) > 0 {
		sk.setRare().acceptQueue = nil
	}
	sk.AckBacklog = 0
	for _, c := range q {
		c.childForget()
	}
	if len(sk.rare().fo.q.rst) > 0 {
		sk.setRare().fo.q.rst = nil
	}
}

// childForget is inet_child_forget.
func (sk *Sock) childForget() {
	defer sk.NS.In(step.InetChildForget, &sk.Sock).Out()
	sk.parent = nil
	sk.Lock()
	sk.disconnect()
	sk.orphan()
	if sk.fastopenRsk() != nil {
		sk.setRare().fo.rsk = nil
	}
	sk.Release(sk.NS)
	sk.destroy()
}
