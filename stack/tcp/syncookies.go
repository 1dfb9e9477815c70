package tcp

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// SYN cookies (net/ipv4/syncookies.c, net/ipv6/syncookies.c; RFC 4987 §3.6):
// when too many connections are half open, nothing is remembered of a new one.
// What must be known of it is in the number of the SYN-ACK, and, with
// timestamps, in the lowest bits of the first one.

const (
	cookieBits   = 24 // the bits above it count minutes (COOKIEBITS)
	cookieMask   = 1<<cookieBits - 1
	cookiePeriod = 60 * sim.Second // TCP_SYNCOOKIE_PERIOD
	maxCookieAge = 2               // MAX_SYNCOOKIE_AGE, periods
	cookieValid  = maxCookieAge * cookiePeriod

	// The lowest bits of the timestamp (TSBITS).
	tsOptWscale = 0xf // and no window scaling at all
	tsOptSack   = 1 << 4
	tsOptECN    = 1 << 5
	tsBits      = 6
)

// msstab4 and msstab6 are msstab of each family: the segment sizes that a cookie
// can say.
var (
	msstab4 = [4]int{536, 1300, 1440, 1460}
	msstab6 = [4]int{1280 - 60, 1480 - 60, 1500 - 60, 9000 - 60}
)

func msstab(v4 bool) *[4]int {
	if v4 {
		return &msstab4
	}
	return &msstab6
}

// floodAction is tcp_syn_flood_action: the queue of half-open connections is
// full. It reports whether a cookie shall be sent.
func (l *Sock) floodAction() bool {
	defer l.NS.In(step.TcpSynFloodAction, &l.Sock).Out()
	ns := l.NS
	if ns.Sysctl.TCPSyncookies != 0 {
		ns.Inc(step.TcpExtTCPReqQFullDoCookies)
		return true
	}
	ns.Inc(step.TcpExtTCPReqQFullDrop)
	ns.Why(step.WhySynDropped, uint64(l.rare().reqs), uint64(l.MaxAckBacklog))
	return false
}

// cookieTime is tcp_cookie_time: minutes.
func (t *TCP) cookieTime() uint32 { return uint32(t.NS.Clock.Now() / cookiePeriod) }

// cookieHash is cookie_hash: of addresses, ports and a minute, under one of two
// keys.
func (t *TCP) cookieHash(k *inet.Tuple, count uint32, second bool) uint32 {
	s := &t.secrets
	if !s.haveCookie {
		s.cookie0, s.cookie1, s.haveCookie = t.randomKey(), t.randomKey(), true
	}
	var b [44]byte
	m := binary.LittleEndian.AppendUint32(putTuple(b[:0], k.Faddr, k.Laddr, k.Fport, k.Lport), count)
	key := &s.cookie0
	if second {
		key = &s.cookie1
	}
	return uint32(core.SipHash(key[0], key[1], m))
}

// cookieInit is cookie_init_sequence.
func (l *Sock) cookieInit(r *Request, seq uint32) uint32 {
	if r.af.etherType() == etherIPv4 {
		return l.cookieInit4(r, seq)
	}
	return l.cookieInit6(r, seq)
}

func (l *Sock) cookieInit4(r *Request, seq uint32) uint32 {
	defer l.NS.In(step.CookieV4InitSequence, r).Out()
	return l.cookieMake(r, seq, true)
}

func (l *Sock) cookieInit6(r *Request, seq uint32) uint32 {
	defer l.NS.In(step.CookieV6InitSequence, r).Out()
	return l.cookieMake(r, seq, false)
}

// cookieMake is __cookie_v4_init_sequence with tcp_synq_overflow. The segment size
// of the request becomes one that the cookie can say.
func (l *Sock) cookieMake(r *Request, seq uint32, v4 bool) uint32 {
	t, ns := l.T, l.NS
	if m := l.setRare(); m.synqOverflow == 0 || l.now() > m.synqOverflow+sim.Second {
		m.synqOverflow = max(l.now(), 1)
	}
	tab := msstab(v4)
	i := len(tab) - 1
	for i > 0 && r.mss < tab[i] {
		i--
	}
	r.mss = tab[i]
	c := t.cookieOf(&r.node.Key, seq, i)
	ns.Inc(step.TcpExtSyncookiesSent)
	ns.Why(step.WhyCookieSent, uint64(l.rare().reqs), uint64(l.MaxAckBacklog), uint64(ns.Sysctl.TCPSyncookies), uint64(c), uint64(r.mss))
	return c
}

// cookieOf is secure_tcp_syn_cookie: i is the segment size's place in the table.
func (t *TCP) cookieOf(k *inet.Tuple, seq uint32, i int) uint32 {
	count := t.cookieTime()
	return t.cookieHash(k, 0, false) + seq + count<<cookieBits + (t.cookieHash(k, count, true)+uint32(i))&cookieMask
}

// cookieTimestamp is cookie_init_timestamp: what the SYN offered, in the lowest
// bits of a time that is not in the future. In ms.
func (r *Request) cookieTimestamp(now uint32) uint32 {
	o := uint32(tsOptWscale)
	if r.wscaleOK {
		o = uint32(r.sndWscale)
	}
	if r.sackOK {
		o |= tsOptSack
	}
	if r.ecnOK {
		o |= tsOptECN
	}
	ts := now>>tsBits<<tsBits | o
	if ts > now {
		ts -= 1 << tsBits
	}
	return ts
}

// cookieCheckSeq is check_tcp_syn_cookie: which segment size does the number
// that is acknowledged say, and how many minutes ago? 0: it is no cookie.
func (t *TCP) cookieCheckSeq(k *inet.Tuple, h wire.TCP) (mss int, age uint32) {
	count := t.cookieTime()
	c := h.Ack() - 1 - t.cookieHash(k, 0, false) - (h.Seq() - 1)
	age = (count - c>>cookieBits) & (1<<(32-cookieBits) - 1)
	if age >= maxCookieAge {
		return 0, age
	}
	i := (c - t.cookieHash(k, count-age, true)) & cookieMask
	if tab := msstab(k.Faddr.Is4()); i < uint32(len(tab)) {
		return tab[i], age
	}
	return 0, age
}

// cookieSock is tcp_v4_cookie_check (and v6): a segment for a listener that
// nobody knows may be the answer to a cookie. It returns the listener when it
// is not, else the new socket, or nil when the segment has to go.
func (l *Sock) cookieSock(b *core.SKB) *Sock {
	h := wire.TCP(b.Data())
	if f := h.Flags(); f.Has(wire.TCPSyn) || l.sysctl().TCPSyncookies == 0 || !f.Has(wire.TCPAck) || f.Has(wire.TCPRst) {
		return l
	}
	if b.Protocol == etherIPv4 {
		return l.cookieV4Check(b, h)
	}
	return l.cookieV6Check(b, h)
}

func (l *Sock) cookieV4Check(b *core.SKB, h wire.TCP) *Sock {
	defer l.NS.In(step.CookieV4Check, b).Out()
	return l.checkCookie(b, h)
}

func (l *Sock) cookieV6Check(b *core.SKB, h wire.TCP) *Sock {
	defer l.NS.In(step.CookieV6Check, b).Out()
	return l.checkCookie(b, h)
}

// checkCookie is cookie_tcp_check and the rest of cookie_v4_check.
func (l *Sock) checkCookie(b *core.SKB, h wire.TCP) *Sock {
	ns, t := l.NS, l.T
	// tcp_synq_no_recent_overflow
	if at := l.rare().synqOverflow; at == 0 || l.now() > at+cookieValid {
		ns.Why(step.WhyCookieNone)
		return l
	}
	af, laddr, faddr, _ := t.familyOf(b)
	k := inet.Tuple{Laddr: laddr, Faddr: faddr, Lport: h.DstPort(), Fport: h.SrcPort()}
	mss, age := t.cookieCheckSeq(&k, h)
	if mss == 0 {
		ns.Inc(step.TcpExtSyncookiesFailed)
		ns.Why(step.WhyCookieBad)
		return l
	}
	ns.Inc(step.TcpExtSyncookiesRecv)
	ns.Why(step.WhyCookieGood, uint64(age), uint64(mss))
	o := &t.opt
	wire.ParseTCPOptions(h.Options(), o)
	r := &Request{ID: ns.Machine.IDs.Object(), l: l, af: af, rcvIsn: h.Seq() - 1, rcvNxt: h.Seq(), sntIsn: h.Ack() - 1,
		mss: mss, tos: l.TOS, mark: l.Mark, iif: int(l.BoundDev)}
	r.node = inet.Node{Key: k, Owner: r}
	if !l.cookieOptions(r, o) {
		return l
	}
	d := af.routeReq(l, r)
	if d == nil {
		ns.Drop(b, step.DropIPOutnoroutes, af.stepDoRcv())
		return nil
	}
	l.openreqWindow(r, d, mss)
	sk := l.getCookieSock(b, r, d)
	if sk == nil {
		ns.Drop(b, step.DropNoSocket, af.stepDoRcv())
	}
	return sk
}

// cookieOptions is cookie_timestamp_decode: what the SYN offered comes back in
// the timestamp. False when it is something that is switched off here.
func (l *Sock) cookieOptions(r *Request, o *wire.TCPOptions) bool {
	sy := l.sysctl()
	if !o.HasTS || sy.TCPTimestamps == 0 {
		return !o.HasTS
	}
	ecr := o.TSEcr
	if ecr != 0 {
		r.tsOff = l.T.tsOffset(r.node.Key)
		ecr -= r.tsOff
	}
	r.tstampOK, r.tsRecent = true, o.TSVal
	r.sackOK = ecr&tsOptSack != 0
	l.NS.Why(step.WhyCookieOptions, uint64(ecr&tsOptWscale), b2i(r.sackOK))
	if r.sackOK && sy.TCPSack == 0 {
		return false
	}
	r.ecnOK = ecr&tsOptECN != 0 && sy.TCPEcn != 0
	if ecr&tsOptWscale == tsOptWscale {
		return true
	}
	r.wscaleOK, r.sndWscale = true, uint8(ecr&tsOptWscale)
	return sy.TCPWindowScaling != 0
}

// getCookieSock is tcp_get_cookie_sock. d is the route that was looked up for the
// window.
func (l *Sock) getCookieSock(b *core.SKB, r *Request, d *core.Dst) *Sock {
	defer l.NS.In(step.TcpGetCookieSock, b).Out()
	sk := l.synRecvSock(b, r, nil, d, false)
	if sk == nil {
		return nil
	}
	l.queueAdd(sk)
	return sk
}
