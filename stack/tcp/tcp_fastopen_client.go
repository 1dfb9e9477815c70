package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Fast Open, the side that connects (RFC 7413 §4.2, net/ipv4/tcp_fastopen.c).

// Why a Fast Open client could not send data (enum tcp_fastopen_client_fail).
const (
	tfoCookieUnavailable  = 1
	tfoDataNotAcked       = 2
	tfoSynRetransmitted   = 3
	tfoDisableMaxDoubling = 6
)

// A foRequest is struct tcp_fastopen_request: a sendmsg that connects.
type foRequest struct {
	cookie foCookie
	data   []byte // what the program sends
	size   int
	copied int // bytes that went with the SYN
}

// DeferConnect is the DEFER_CONNECT flag of a socket: connect() has returned,
// and the SYN waits for the program's first data.
func (sk *Sock) DeferConnect() bool { return sk.rare().fo.deferConnect }

// sendmsgFastopen is tcp_sendmsg_fastopen up to where it would sleep: connect,
// with as much of data as the SYN takes. named says that an address was given,
// unspec that its family is AF_UNSPEC. It returns the bytes that went, and
// EINPROGRESS while the answer is awaited.
func (sk *Sock) sendmsgFastopen(data []byte, addr wire.Addr, port uint16, named, unspec bool) (int, core.Errno) {
	defer sk.NS.In(step.TcpSendmsgFastopen, &sk.Sock).Out()
	if sk.sysctl().TCPFastopen&tfoClientEnable == 0 || named && unspec {
		return 0, step.EOPNOTSUPP
	}
	if sk.rare().fo.req != nil {
		return 0, step.EALREADY // another is under way
	}
	r := &foRequest{data: data, size: len(data)}
	sk.setRare().fo.req = r
	if sk.DeferConnect() {
		if sk.connect() != 0 {
			sk.setState(core.TCPClose)
			sk.Dport = 0
		}
	}
	e := sk.fastopenConnect(addr, port, named)
	n := r.copied
	if sk.rare().fo.req == r {
		sk.freeFastopenReq()
	}
	return n, e
}

// fastopenFailed is the end of tcp_sendmsg_fastopen when there is no connection
// after all: what went with the SYN does not count, and the socket may be used
// again.
func (sk *Sock) fastopenFailed(m *core.Msghdr) core.Errno {
	e := sk.SockError()
	if e == 0 {
		e = step.ECONNABORTED
	}
	sk.disconnect()
	sk.SockState = core.SSUnconnected
	m.Off = 0
	return sk.sendFailed(m, e)
}

// fastopenConnect is __inet_stream_connect as tcp_sendmsg_fastopen calls it, up
// to where it would sleep.
func (sk *Sock) fastopenConnect(addr wire.Addr, port uint16, named bool) core.Errno {
	e := step.EINPROGRESS
	switch sk.SockState {
	case core.SSConnecting:
		if !sk.DeferConnect() {
			e = step.EALREADY
		}
	case core.SSConnected:
		return step.EISCONN
	case core.SSUnconnected:
		if sk.State != core.TCPClose {
			return step.EISCONN
		}
		if !named {
			return step.EINVAL
		}
		if e := sk.connectCall(addr, port); e != 0 {
			return e
		}
		sk.SockState = core.SSConnecting
		if sk.DeferConnect() {
			return 0
		}
	default:
		return step.EINVAL
	}
	switch {
	case sk.stateIn(1<<core.TCPSynSent | 1<<core.TCPSynRecv):
		return e
	case sk.State == core.TCPClose:
		if e = sk.SockError(); e == 0 {
			e = step.ECONNABORTED
		}
		sk.SockState = core.SSUnconnected
		sk.disconnect()
		return e
	}
	sk.SockState = core.SSConnected
	return 0
}

// freeFastopenReq is tcp_free_fastopen_req, at the end of tcp_sendmsg_fastopen.
func (sk *Sock) freeFastopenReq() {
	if sk.rare().fo.req == nil && !sk.rare().fo.deferConnect {
		return
	}
	fo := &sk.setRare().fo
	fo.req, fo.deferConnect = nil, false
}

// sendSynData is tcp_send_syn_data: the SYN with data, or, when no cookie is
// known, with a request for one.
func (sk *Sock) sendSynData(syn *core.SKB) core.Errno {
	defer sk.NS.In(step.TcpSendSynData, &sk.Sock).Out()
	ns := sk.NS
	f := sk.rare().fo.req
	sk.rx.mssClamp = uint16(sk.advmss)
	if !sk.fastopenCookieCheck(&sk.rx.mssClamp, &f.cookie) {
		return sk.synDataFallback(syn, f)
	}
	// The MSS that the server had last time; and room for all options that
	// somebody on the way may add.
	sk.rx.mssClamp = uint16(sk.mssUser(int(sk.rx.mssClamp)))
	sk.syncMSS(int(sk.pmtuCookie))
	space := max(sk.mtuToMSSPlain(int(sk.pmtuCookie))-wire.TCPMaxOptionsLen, 0)
	space = min(space, f.size)
	b := sk.allocSKB(space)
	b.CB = syn.CB
	if space > 0 {
		copy(b.Put(space), f.data[:space])
	}
	f.copied = space
	sk.connectQueueSKB(b)
	if space > 0 {
		sk.chronoStart(chronoBusy)
	}
	ns.Why(step.WhyTfoSent, uint64(space), uint64(f.size))
	e := sk.transmitClone(b)
	syn.Tstamp = b.Tstamp
	b.CB.Seq++
	b.CB.TCPFlags = fAck | fPsh
	if e == 0 {
		sk.synData = f.copied > 0
		sk.rtx.PushBack(b)
		ns.Inc(step.TcpExtTCPOrigDataSent)
		f.cookie.n = -1
		return 0
	}
	// It did not go: the data follows the handshake.
	sk.write.PushBack(b)
	sk.packetsOut -= int32(b.CB.TSO)
	return sk.synDataFallback(syn, f)
}

// synDataFallback is its end: an ordinary SYN that asks for a cookie. No SYN
// after it has the option.
func (sk *Sock) synDataFallback(syn *core.SKB, f *foRequest) core.Errno {
	if f.cookie.n > 0 {
		f.cookie.n = 0
	}
	sk.NS.Why(step.WhyTfoAsk)
	e := sk.transmitClone(syn)
	if e != 0 {
		sk.setRare().fo.synFastopen = false
	}
	f.cookie.n = -1
	return e
}

// rcvFastopenSynack is tcp_rcv_fastopen_synack. It reports whether data that
// went with the SYN has to go again.
func (sk *Sock) rcvFastopenSynack(b *core.SKB, c foCookie, mssOpt uint16) bool {
	defer sk.NS.In(step.TcpRcvFastopenSynack, &sk.Sock).Out()
	ns := sk.NS
	fo := &sk.setRare().fo
	var data *core.SKB
	if sk.synData {
		data = sk.rtx.Front()
	}
	mss := sk.rx.mssClamp
	if mss == sk.rx.userMss {
		mss = mssOpt
	}
	tryExp, drop := uint8(0), false
	switch {
	case !fo.synFastopen:
		c.n = -1 // a cookie that was not asked for
	case sk.totalRetrans > 0:
		// Only a SYN without data has arrived: the one with data was lost.
		drop = c.n < 0 && data != nil
	case c.n < 0 && !sk.synData:
		if tryExp = 1; fo.synFastopenExp {
			tryExp = 2
		}
	}
	sk.fastopenCacheSet(mss, &c, drop, tryExp)
	if data != nil {
		fo.clientFail = tfoDataNotAcked
		if sk.totalRetrans > 0 {
			fo.clientFail = tfoSynRetransmitted
		}
		ns.Why(step.WhyTfoDataNotAcked)
		for ; data != nil; data = data.Next() {
			sk.markLost(data)
		}
		sk.nonCongestionLossRetransmit()
		ns.Inc(step.TcpExtTCPFastOpenActiveFail)
		return true
	}
	fo.synDataAcked = sk.synData
	if sk.synData {
		ns.Why(step.WhyTfoDataAcked)
		ns.Inc(step.TcpExtTCPFastOpenActive)
		if sk.delivered > 1 {
			sk.delivered--
		}
	}
	sk.fastopenAddSKB(b)
	return false
}

// mtuToMSSPlain is __tcp_mtu_to_mss: the payload that fits an MTU, options not
// taken off.
func (sk *Sock) mtuToMSSPlain(mtu int) int {
	return max(min(mtu-sk.af.hdrLen()-wire.TCPMinLen, int(sk.rx.mssClamp)), minSndMSS)
}

// synFastopen is the part of tcp_syn_options for Fast Open: the option, if
// there is room for it. It returns its length.
func (sk *Sock) synFastopen(o *outOptions, room int) int {
	r := sk.rare().fo.req
	if r == nil || r.cookie.n < 0 || r.cookie.optLen() > room {
		return 0
	}
	o.foc = &r.cookie
	fo := &sk.setRare().fo
	fo.synFastopen, fo.synFastopenExp = true, r.cookie.exp
	return r.cookie.optLen()
}
