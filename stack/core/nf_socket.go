package core

import "github.com/packetwalk/packetwalk/stack/wire"

// What netfilter asks of TCP and UDP: net/ipv4/netfilter/nf_socket_ipv4.c,
// nf_tproxy_ipv4.c.

// An NFLookup says which sockets a rule looks for.
type NFLookup uint8

// The lookups (enum nf_tproxy_lookup_t).
const (
	NFSocketAny         NFLookup = iota // as a packet finds its socket
	NFSocketListener                    // those that are not connected
	NFSocketEstablished                 // those that are
)

// An NFSocket is what a lookup found.
type NFSocket struct {
	Found       bool
	SK          *Sock      // nil if it is not a full socket: half open, or in TIME_WAIT
	TimeWait    TimeWaiter // nil if it is not in TIME_WAIT
	Wildcard    bool       // it is bound to any address
	Transparent bool       // IP_TRANSPARENT (inet_sk_transparent)
}

// A TimeWaiter is what stays of a closed connection.
type TimeWaiter interface {
	Deschedule() // inet_twsk_deschedule_put: it makes way at once
}

// A SocketFinder is a ProtoHandler that finds sockets for rules
// (nf_socket_get_sock_v4, nf_tproxy_get_sock_v4): saddr and sport are the packet's.
type SocketFinder interface {
	NFLookup(b *SKB, how NFLookup, saddr, daddr wire.Addr, sport, dport uint16, iif int) NFSocket
}

// SynCookies is a ProtoHandler that makes SYN cookies for rules (SYNPROXY): saddr and
// sport are the client's, seq is the number of its SYN.
type SynCookies interface {
	// CookieInit is __cookie_v4_init_sequence: fits is the largest segment size up to
	// mss that a cookie can say.
	CookieInit(saddr, daddr wire.Addr, sport, dport uint16, seq uint32, mss uint16) (cookie uint32, fits uint16)
	// CookieCheck is __cookie_v4_check: the segment size of the cookie that the
	// header acknowledges, 0 if it is none.
	CookieCheck(saddr, daddr wire.Addr, h wire.TCP) uint16
}

// NFSocketOf says of a packet's socket what rules want to know. Of a connection that
// is half open there is neither mark nor address.
func NFSocketOf(sk *Sock) NFSocket {
	if sk.State == TCPNewSynRecv {
		return NFSocket{Found: true, Transparent: sk.Transparent}
	}
	return NFSocket{Found: true, SK: sk, Wildcard: sk.RcvSaddr.IsZero(), Transparent: sk.Transparent}
}
