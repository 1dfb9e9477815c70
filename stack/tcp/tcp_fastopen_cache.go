package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// foMetrics is struct tcp_fastopen_metrics: what is known of a server.
type foMetrics struct {
	mss         uint16
	tryExp      uint8
	synLoss     int
	lastSynLoss sim.Time
	cookie      foCookie
}

// fastopenCacheGet is tcp_fastopen_cache_get.
func (sk *Sock) fastopenCacheGet(mss *uint16, c *foCookie) {
	defer sk.NS.In(step.TcpFastopenCacheGet, &sk.Sock).Out()
	m := sk.getMetrics(false)
	if m == nil || m.fo == nil {
		return
	}
	if m.fo.mss != 0 {
		*mss = m.fo.mss
	}
	*c = m.fo.cookie
	if c.n <= 0 && m.fo.tryExp == 1 {
		c.exp = true
	}
}

// fastopenCacheSet is tcp_fastopen_cache_set.
func (sk *Sock) fastopenCacheSet(mss uint16, c *foCookie, synLost bool, tryExp uint8) {
	defer sk.NS.In(step.TcpFastopenCacheSet, &sk.Sock).Out()
	if sk.DstCache == nil {
		return
	}
	m := sk.getMetrics(true)
	if m.fo == nil {
		m.fo = &foMetrics{}
	}
	f := m.fo
	if mss != 0 {
		f.mss = mss
	}
	if c.n > 0 {
		f.cookie = *c
	} else if tryExp > f.tryExp && f.cookie.n <= 0 && !f.cookie.exp {
		f.tryExp = tryExp
	}
	if synLost {
		f.synLoss++
		f.lastSynLoss = sk.now()
	} else {
		f.synLoss = 0
	}
	sk.NS.Why(step.WhyTfoKept, uint64(max(f.cookie.n, 0)), uint64(f.mss))
}

// FlushMetrics forgets what earlier connections have learnt (`ip tcp_metrics
// flush`).
func (t *TCP) FlushMetrics() { t.metrics = nil }

// fastopenCookieCheck is tcp_fastopen_cookie_check: may data go with the SYN?
func (sk *Sock) fastopenCookieCheck(mss *uint16, c *foCookie) bool {
	defer sk.NS.In(step.TcpFastopenCookieCheck, &sk.Sock).Out()
	ns := sk.NS
	sk.fastopenCacheGet(mss, c)
	switch {
	case sk.fastopenShouldDisable():
		c.n = -1
		return false
	case sk.fastopenNoCookie(tfoClientNoCookie):
		ns.Why(step.WhyTfoClientNoCookie, uint64(sk.sysctl().TCPFastopen), b2i(sk.rare().fo.noCookie))
		c.n = -1
		return true
	case c.n > 0:
		ns.Why(step.WhyTfoKnown, uint64(c.n))
		return true
	}
	ns.Why(step.WhyTfoUnknown)
	sk.setRare().fo.clientFail = tfoCookieUnavailable
	return false
}

// fastopenDeferConnect is tcp_fastopen_defer_connect: with TCP_FASTOPEN_CONNECT
// and a cookie the SYN waits for data.
func (sk *Sock) fastopenDeferConnect() bool {
	return sk.rare().fo.connect && sk.rare().fo.req == nil && sk.cookieAllowsDefer()
}

func (sk *Sock) cookieAllowsDefer() bool {
	defer sk.NS.In(step.TcpFastopenDeferConnect, &sk.Sock).Out()
	c := foCookie{}
	var mss uint16
	if sk.fastopenCookieCheck(&mss, &c) {
		sk.NS.Why(step.WhyTfoDefer)
		sk.setRare().fo.deferConnect = true
		return true
	}
	sk.setRare().fo.req = &foRequest{cookie: c}
	return false
}

// fastopenActiveDisable is tcp_fastopen_active_disable: no more Fast Open for
// tcp_fastopen_blackhole_timeout_sec, twice as long each further time.
func (sk *Sock) fastopenActiveDisable() {
	defer sk.NS.In(step.TcpFastopenActiveDisable, &sk.Sock).Out()
	t := sk.T
	if sk.sysctl().TCPFastopenBlackhole == 0 {
		return
	}
	t.foDisabledAt = sk.now()
	t.foDisabled++
	sk.NS.Inc(step.TcpExtTCPFastOpenBlackhole)
	sk.NS.Why(step.WhyTfoPause, uint64(t.foDisabled))
}

// fastopenShouldDisable is tcp_fastopen_active_should_disable.
func (sk *Sock) fastopenShouldDisable() bool {
	t, sec := sk.T, sk.sysctl().TCPFastopenBlackhole
	if sec == 0 || t.foDisabled == 0 {
		return false
	}
	until := t.foDisabledAt + sim.Time(sec)*sim.Second<<uint(min(t.foDisabled-1, tfoDisableMaxDoubling))
	if sk.now() < until {
		sk.NS.Why(step.WhyTfoPaused, uint64(t.foDisabled), uint64(until))
		return true
	}
	sk.setRare().fo.synFastopenCh = true
	return false
}

// fastopenOfoCheck is tcp_fastopen_active_disable_ofo_check, at the end of a
// connection: did only a FIN come, and that out of order?
func (sk *Sock) fastopenOfoCheck() {
	if sk.rare().fo.synFastopen {
		sk.ofoCheck()
	}
}

func (sk *Sock) ofoCheck() {
	defer sk.NS.In(step.TcpFastopenOfoCheck, &sk.Sock).Out()
	fo := &sk.rare().fo
	if sk.st.dataSegsIn == 0 {
		if b := sk.ooo.Front(); b != nil && b.Next() == nil && b.CB.TCPFlags&fFin != 0 {
			sk.fastopenActiveDisable()
		}
		return
	}
	if fo.synFastopenCh && sk.T.foDisabled > 0 {
		if d := sk.DstCache; d == nil || d.Dev == nil || d.Dev.Flags&core.IFFLoopback == 0 {
			sk.T.foDisabled = 0
		}
	}
}

// fastopenDetectBlackhole is tcp_fastopen_active_detect_blackhole.
func (sk *Sock) fastopenDetectBlackhole(expired bool) {
	if fo := &sk.rare().fo; fo.synFastopen || sk.synData || fo.synDataAcked {
		sk.countBlackhole(expired)
	}
}

func (sk *Sock) countBlackhole(expired bool) {
	defer sk.NS.In(step.TcpFastopenDetectBlackhole, &sk.Sock).Out()
	if sk.retransmits == 2 || sk.retransmits < 2 && expired {
		sk.fastopenActiveDisable()
		sk.NS.Inc(step.TcpExtTCPFastOpenActiveFail)
	}
}
