package inet

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Limits of the peer table (net/ipv4/inetpeer.c), and how long an unused peer
// is kept, in jiffies.
const (
	peerThreshold = 65536 + 128
	peerMinTTL    = 120 * sim.HZ
	peerMaxTTL    = 600 * sim.HZ
	peerGC        = 8 // old entries that are looked at when one is made
)

// Peers is struct inet_peer_base: what is remembered about other hosts.
type Peers struct {
	byAddr map[wire.Addr]*Peer
	list   []*Peer
	next   int
}

// A Peer is struct inet_peer: one other host. Times and tokens are jiffies.
type Peer struct {
	Addr       wire.Addr
	RateTokens uint32
	RateLast   uint32
	NRedirects uint32 // ICMP redirects sent and ignored
	RID        uint32 // fragments received from it
	Used       uint32 // dtime
	Refs       int    // who else holds it: such a peer stays
}

// Get is inet_getpeer: it finds a host, or makes an entry with full buckets.
func (t *Peers) Get(now sim.Time, a wire.Addr) *Peer {
	j := now.Jiffies()
	if p := t.byAddr[a]; p != nil {
		p.Used = j
		return p
	}
	if t.byAddr == nil {
		t.byAddr = map[wire.Addr]*Peer{}
	}
	t.gc(j)
	p := &Peer{Addr: a, Used: j, RateLast: j - 60*sim.HZ}
	t.byAddr[a] = p
	t.list = append(t.list, p)
	return p
}

// Len is how many hosts are remembered.
func (t *Peers) Len() int { return len(t.list) }

// gc is inet_peer_gc: a few entries are looked at, and those that nobody has
// asked for during ttl are dropped; the fuller the table, the sooner.
func (t *Peers) gc(now uint32) {
	ttl := uint32(0)
	if n := len(t.list); n < peerThreshold {
		ttl = peerMaxTTL - uint32((peerMaxTTL-peerMinTTL)/sim.HZ*n/peerThreshold*sim.HZ)
	}
	for i := 0; i < peerGC && len(t.list) > 0; i++ {
		if t.next >= len(t.list) {
			t.next = 0
		}
		p := t.list[t.next]
		if now-p.Used < ttl || p.Refs > 0 {
			t.next++
			continue
		}
		delete(t.byAddr, p.Addr)
		last := len(t.list) - 1
		t.list[t.next], t.list[last] = t.list[last], nil
		t.list = t.list[:last]
	}
}

// burstFactor is XRLIM_BURST_FACTOR: how many messages a quiet host may get at
// once.
const burstFactor = 6

// Allow is inet_peer_xrlim_allow: a token bucket with a token every
// timeout jiffies (RFC 1812 §4.3.2.8). A nil peer has no limit; nor has a
// timeout of 0, which leaves the tokens to others (ip_error).
func (p *Peer) Allow(now sim.Time, timeout uint32) bool {
	if p == nil || timeout == 0 {
		return true
	}
	j := now.Jiffies()
	token := min(uint64(p.RateTokens)+uint64(j-p.RateLast), uint64(burstFactor)*uint64(timeout))
	p.RateLast = j
	ok := token >= uint64(timeout)
	if ok {
		token -= uint64(timeout)
	}
	p.RateTokens = uint32(token)
	return ok
}

// Take is the bucket of ip_error: at most burst jiffies are saved, a message
// costs cost of them. A refusal takes nothing.
func (p *Peer) Take(now sim.Time, cost, burst uint32) bool {
	j := now.Jiffies()
	p.RateTokens = uint32(min(uint64(p.RateTokens)+uint64(j-p.RateLast), uint64(burst)))
	p.RateLast = j
	if p.RateTokens < cost {
		return false
	}
	p.RateTokens -= cost
	return true
}

// JiffiesOf converts milliseconds of a sysctl to jiffies, rounded up
// (msecs_to_jiffies).
func JiffiesOf(ms int) uint32 { return uint32((ms*sim.HZ + 999) / 1000) }
