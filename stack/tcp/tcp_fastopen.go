package tcp

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read RFC 7413 and net/ipv4/tcp_fastopen.c before changing this file. The
// side that connects is in tcp_fastopen_client.go.

// Bits of net.ipv4.tcp_fastopen (TFO_*).
const (
	tfoClientEnable    = 0x1
	tfoServerEnable    = 0x2
	tfoClientNoCookie  = 0x4
	tfoServerNoCookie  = 0x200
	tfoServerWoSockopt = 0x400
)

// tfoCookieSize is TCP_FASTOPEN_COOKIE_SIZE, bytes of a cookie that Linux makes.
const tfoCookieSize = 8

// A foCookie is struct tcp_fastopen_cookie. n is -1 for none at all, 0 for a
// request; exp says that it has the experimental form of the option.
type foCookie struct {
	n   int8
	exp bool
	val [wire.TCPFastOpenMax]byte
}

var noCookie = foCookie{n: -1}

// cookieOf is what the option of a segment says.
func cookieOf(o *wire.TCPOptions) foCookie {
	if !o.HasCookie {
		return noCookie
	}
	return foCookie{n: int8(o.CookieLen), exp: o.CookieExp, val: o.Cookie}
}

// optLen is the bytes that the option takes, with its padding.
func (c *foCookie) optLen() int {
	n := int(c.n) + 2
	if c.exp {
		n += 2
	}
	return (n + 3) &^ 3
}

// put writes the option, and NOPs behind it.
func (c *foCookie) put(p []byte) {
	n := int(c.n)
	i := 2
	if c.exp {
		p[0], p[1] = wire.TCPOptExp, byte(4+n)
		binary.BigEndian.PutUint16(p[2:], wire.TCPFastOpenMagic)
		i = 4
	} else {
		p[0], p[1] = wire.TCPOptFastOpen, byte(2+n)
	}
	copy(p[i:], c.val[:n])
	wire.PutNOPs(p[i+n:], c.optLen()-i-n)
}

// tfoState is what a socket has of Fast Open.
type tfoState struct {
	req *foRequest // tp->fastopen_req: a connect with data that is under way
	rsk *Request   // tp->fastopen_rsk: the half-open part of an accepted SYN with data
	q   foQueue    // of a listener

	connect, noCookie, deferConnect bool // TCP_FASTOPEN_CONNECT, TCP_FASTOPEN_NO_COOKIE, DEFER_CONNECT
	synFastopen, synFastopenExp     bool // the SYN had the option, in the experimental form
	synFastopenCh                   bool // the first one after a pause
	synDataAcked, synFastopenChild  bool
	clientFail                      uint8 // enum tcp_fastopen_client_fail
}

// foQueue is struct fastopen_queue: how many connections of a listener wait for
// the end of their handshake, at most maxQlen (TCP_FASTOPEN).
type foQueue struct {
	maxQlen, qlen int
	rst           []*Request // rskq_rst_head: those that were reset, for 60 s
	keys          foKeys     // ctx: TCP_FASTOPEN_KEY
}

// queueCheck is tcp_fastopen_queue_check. Its limit is what keeps a flood of
// SYNs with data away.
func (l *Sock) queueCheck() bool {
	defer l.NS.In(step.TcpFastopenQueueCheck, &l.Sock).Out()
	q := &l.rare().fo.q
	if q.maxQlen == 0 {
		l.NS.Why(step.WhyTfoQueueFull, uint64(q.qlen), 0)
		return false
	}
	if q.qlen >= q.maxQlen {
		if len(q.rst) == 0 || q.rst[0].expires > l.now() {
			l.NS.Inc(step.TcpExtTCPFastOpenListenOverflow)
			l.NS.Why(step.WhyTfoQueueFull, uint64(q.qlen), uint64(q.maxQlen))
			return false
		}
		q = &l.setRare().fo.q
		q.rst = q.rst[1:]
		q.qlen--
	}
	l.NS.Why(step.WhyTfoQueueRoom, uint64(q.qlen), uint64(q.maxQlen))
	return true
}

// fastopenNoCookie is tcp_fastopen_no_cookie.
func (sk *Sock) fastopenNoCookie(flag int) bool {
	return sk.sysctl().TCPFastopen&flag != 0 || sk.rare().fo.noCookie
}

// tryFastopen is tcp_try_fastopen: shall the SYN open the connection by itself?
// c is what the SYN brought; it becomes what the SYN-ACK shall bring.
func (l *Sock) tryFastopen(b *core.SKB, r *Request, c *foCookie) *Sock {
	defer l.NS.In(step.TcpTryFastopen, b).Out()
	ns := l.NS
	synData := b.CB.EndSeq != b.CB.Seq+1
	if c.n == 0 {
		ns.Inc(step.TcpExtTCPFastOpenCookieReqd)
	}
	tfo := l.sysctl().TCPFastopen
	switch {
	case tfo&tfoServerEnable == 0:
		ns.Why(step.WhyTfoServerOff, uint64(tfo))
		c.n = -1
		return nil
	case !synData && c.n < 0:
		ns.Why(step.WhyTfoNothing)
		return nil
	case !l.queueCheck():
		c.n = -1
		return nil
	}
	valid := foCookie{n: -1, exp: c.exp}
	backup := false
	key := &r.node.Key
	switch {
	case l.fastopenNoCookie(tfoServerNoCookie):
		ns.Why(step.WhyTfoNoCookieNeeded, uint64(tfo), b2i(l.rare().fo.noCookie))
	case c.n <= 0:
		if k := l.fastopenKeys(); c.n == 0 && k.num > 0 {
			ns.Why(step.WhyTfoCookieReq)
			valid = fastopenCookie(k.key[0], key.Faddr, key.Laddr)
		}
		return l.fastopenLater(c, valid)
	default:
		match := 0
		if match, valid = l.cookieCheck(c, key.Faddr, key.Laddr); match == 0 {
			ns.Inc(step.TcpExtTCPFastOpenPassiveFail)
			ns.Why(step.WhyTfoCookieBad)
			return l.fastopenLater(c, valid)
		}
		backup = match == 2
		if backup {
			ns.Why(step.WhyTfoCookieBackup)
		} else {
			ns.Why(step.WhyTfoCookieGood)
		}
	}
	sk := l.fastopenChild(b, r)
	if sk == nil {
		ns.Inc(step.TcpExtTCPFastOpenPassiveFail)
		return l.fastopenLater(c, valid)
	}
	if backup {
		valid.exp = c.exp
		*c = valid
		ns.Inc(step.TcpExtTCPFastOpenPassiveAltKey)
	} else {
		c.n = -1
	}
	ns.Inc(step.TcpExtTCPFastOpenPassive)
	sk.setRare().fo.synFastopenChild = true
	return sk
}

// fastopenLater ends tcp_try_fastopen without a socket: the SYN-ACK brings the
// right cookie for the next time.
func (l *Sock) fastopenLater(c *foCookie, valid foCookie) *Sock {
	valid.exp = c.exp
	*c = valid
	return nil
}

// cookieCheck is tcp_fastopen_cookie_gen_check: 1 if the cookie was made with
// the current key, 2 if with the one before, 0 if with neither. It also returns
// the right one.
func (l *Sock) cookieCheck(c *foCookie, s, d wire.Addr) (match int, valid foCookie) {
	k := l.fastopenKeys()
	valid = noCookie
	for i := range k.num {
		v := fastopenCookie(k.key[i], s, d)
		if i == 0 {
			valid = v
		}
		if c.n == v.n && c.val == v.val {
			return i + 1, valid
		}
	}
	return 0, valid
}

// fastopenChild is tcp_fastopen_create_child: the connection's socket, made of
// nothing but the SYN. r stays with it until the handshake is complete.
func (l *Sock) fastopenChild(b *core.SKB, r *Request) *Sock {
	defer l.NS.In(step.TcpFastopenCreateChild, b).Out()
	ns := l.NS
	sk := l.synRecvSock(b, r, nil, nil, false)
	if sk == nil {
		return nil
	}
	l.setRare().fo.q.qlen++
	fo := &sk.setRare().fo
	fo.rsk, r.child, r.tfo = r, sk, true
	// RFC 7323 §2.2: the window of a SYN is not scaled.
	sk.sndWnd = uint32(header(b).Window())
	sk.maxWindow = sk.sndWnd
	r.timeout = timeoutInit
	sk.resetTimer(timeRetrans, r.timeout)
	sk.initTransfer()
	sk.rcvNxt = b.CB.Seq + 1
	sk.fastopenAddSKB(b)
	r.rcvNxt = sk.rcvNxt
	sk.rcvWup = sk.rcvNxt
	ns.Why(step.WhyTfoChild, uint64(sk.rcvNxt-r.rcvIsn-1))
	return sk
}

// fastopenAddSKB is tcp_fastopen_add_skb: data, or a FIN, that came with the
// SYN or the SYN-ACK.
func (sk *Sock) fastopenAddSKB(syn *core.SKB) {
	defer sk.NS.In(step.TcpFastopenAddSkb, syn).Out()
	if syn.CB.EndSeq == sk.rcvNxt {
		return
	}
	b := syn.Clone()
	b.CB = syn.CB
	b.Dst = nil
	sk.st.segsIn = 0
	sk.segsIn(b)
	b.Pull(header(syn).DataOff())
	b.CB.Seq++
	b.CB.TCPFlags &^= fSyn
	sk.NS.Why(step.WhyTfoSynData, uint64(b.Len()))
	sk.rcvNxt = b.CB.EndSeq
	sk.setRare().fo.synDataAcked = true
	sk.st.bytesReceived = uint64(b.Len())
	fin := b.CB.TCPFlags&fFin != 0
	b.SetOwnerR(&sk.Sock)
	sk.RcvQueue.PushBack(b)
	if fin {
		sk.fin()
	}
}

// fastopenRsk is tp->fastopen_rsk, nil if the handshake is complete or was an
// ordinary one (tcp_passive_fastopen).
func (sk *Sock) fastopenRsk() *Request { return sk.rare().fo.rsk }

// synrecvFastopen is tcp_rcv_synrecv_state_fastopen: the last ACK of the
// handshake has come, after the data.
func (sk *Sock) synrecvFastopen() {
	defer sk.NS.In(step.TcpRcvSynrecvFastopen, &sk.Sock).Out()
	if sk.caState == CALoss && sk.packetsOut == 0 {
		sk.tryUndoRecovery()
	}
	sk.updateRTOTime()
	sk.retransmits = 0
	if sk.caState != CARecovery {
		sk.retransStamp = 0 // tcp_retrans_stamp_cleanup
	}
	sk.NS.Why(step.WhyTfoDone)
	sk.reqskRemove(false)
	// Data may be on its way already: from now on the timer is for it.
	sk.rearmRTO()
}

// reqskRemove is reqsk_fastopen_remove. reset says that the other side broke
// the connection off.
func (sk *Sock) reqskRemove(reset bool) {
	if r := sk.fastopenRsk(); r != nil {
		sk.reqskForget(r, reset)
	}
}

func (sk *Sock) reqskForget(r *Request, reset bool) {
	defer sk.NS.In(step.ReqskFastopenRemove, r).Out()
	sk.setRare().fo.rsk = nil
	q := &r.l.setRare().fo.q
	q.qlen--
	r.tfo = false
	if r.child != nil || !reset || r.l.State != core.TCPListen {
		return // not accepted yet, or nobody to guard
	}
	sk.NS.Why(step.WhyTfoRstKept)
	r.expires = r.l.now() + timewaitLen
	q.rst = append(q.rst, r)
	q.qlen++
}

// synackTimer is tcp_fastopen_synack_timer.
func (sk *Sock) synackTimer(r *Request) {
	defer sk.NS.In(step.TcpFastopenSynackTimer, &sk.Sock).Out()
	sk.NS.Inc(step.TcpExtTCPTimeouts) // tcp_syn_ack_timeout
	limit := int(sk.rare().synRetries)
	if limit == 0 {
		limit = sk.sysctl().TCPSynackRetries + 1
	}
	if r.numTimeout >= limit {
		sk.NS.Why(step.WhySynackGiveUp, uint64(r.numTimeout))
		sk.writeErr()
		return
	}
	if sk.retransmits == 1 { // as tcp_init_transfer does for others
		sk.enterLoss()
	}
	sk.rtxSynack(r)
	r.numTimeout++
	sk.NS.Why(step.WhyTfoSynackAgain, uint64(r.numTimeout))
	sk.updateRTOStats()
	if sk.retransStamp == 0 {
		sk.retransStamp = uint32(sk.mstamp / 1000)
	}
	sk.resetTimer(timeRetrans, r.timeout<<uint(min(r.numTimeout, 16)))
}
