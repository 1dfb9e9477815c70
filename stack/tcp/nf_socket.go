package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// NFLookup is what rules of netfilter ask (inet_lookup, inet_lookup_listener,
// inet_lookup_established): see core.SocketFinder. What is half open, or in
// TIME_WAIT, still knows whether its socket is transparent (inet_sk_transparent).
func (p *protocol) NFLookup(_ *core.SKB, how core.NFLookup, saddr, daddr wire.Addr, sport, dport uint16, iif int) core.NFSocket {
	k := inet.Tuple{Laddr: daddr, Faddr: saddr, Lport: dport, Fport: sport}
	var owner any
	switch how {
	case core.NFSocketEstablished:
		owner = p.t.Hash.Lookup(&k, iif)
	case core.NFSocketListener:
		owner = p.t.listener(&k, iif)
	default:
		owner = p.t.lookup(&k, iif)
	}
	switch o := owner.(type) {
	case *Sock:
		return core.NFSocketOf(&o.Sock)
	case *Request:
		return core.NFSocket{Found: true, Transparent: o.transparent}
	case *TimeWait:
		return core.NFSocket{Found: true, TimeWait: o, Transparent: o.transparent}
	}
	return core.NFSocket{}
}

// listener is inet_lookup_listener.
func (t *TCP) listener(k *inet.Tuple, iif int) any {
	best := -1
	var sk *core.Sock
	for _, l := range t.Hash.Listeners(k.Lport) {
		if s := inet.Score(l, k.Laddr, iif); s > best {
			best, sk = s, l
		}
	}
	if s := asSock(sk); s != nil {
		return s
	}
	return nil
}

// CookieInit is __cookie_v4_init_sequence and __cookie_v6_init_sequence, for SYNPROXY.
func (p *protocol) CookieInit(saddr, daddr wire.Addr, sport, dport uint16, seq uint32, mss uint16) (uint32, uint16) {
	tab := msstab(saddr.Is4())
	i := len(tab) - 1
	for i > 0 && int(mss) < tab[i] {
		i--
	}
	k := inet.Tuple{Laddr: daddr, Faddr: saddr, Lport: dport, Fport: sport}
	return p.t.cookieOf(&k, seq, i), uint16(tab[i])
}

// CookieCheck is __cookie_v4_check and __cookie_v6_check.
func (p *protocol) CookieCheck(saddr, daddr wire.Addr, h wire.TCP) uint16 {
	k := inet.Tuple{Laddr: daddr, Faddr: saddr, Lport: h.DstPort(), Fport: h.SrcPort()}
	mss, _ := p.t.cookieCheckSeq(&k, h)
	return uint16(mss)
}
