package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// NFLookup is what rules of netfilter ask (udp4_lib_lookup): see core.SocketFinder.
func (u *UDP) NFLookup(b *core.SKB, how core.NFLookup, saddr, daddr wire.Addr, sport, dport uint16, iif int) core.NFSocket {
	return found(u.lib4Lookup(b, &flow{saddr, daddr, sport, dport, iif}), how)
}

// NFLookup is what rules of netfilter ask (udp6_lib_lookup).
func (v *udp6) NFLookup(b *core.SKB, how core.NFLookup, saddr, daddr wire.Addr, sport, dport uint16, iif int) core.NFSocket {
	return found(v.u.lib6Lookup(b, &flow{saddr, daddr, sport, dport, iif}), how)
}

func found(sk *Sock, how core.NFLookup) core.NFSocket {
	if sk == nil {
		return core.NFSocket{}
	}
	s := core.NFSocketOf(&sk.Sock)
	connected := sk.State == core.TCPEstablished
	if how == core.NFSocketEstablished && (!connected || s.Wildcard) || how == core.NFSocketListener && connected {
		return core.NFSocket{}
	}
	return s
}
