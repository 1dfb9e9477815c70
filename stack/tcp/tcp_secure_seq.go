package tcp

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// net/core/secure_seq.c: numbers that somebody who does not see the connection
// cannot guess (RFC 6528, RFC 7323 §7.1). The keys come from the World's seed.

// secrets are net_secret and syncookie_secret, made when they are needed first.
type secrets struct {
	net, cookie0, cookie1 [2]uint64
	haveNet, haveCookie   bool
}

// randomKey is get_random_bytes of a SipHash key.
func (t *TCP) randomKey() (k [2]uint64) {
	r := t.NS.Machine.Rand
	for i := range k {
		k[i] = uint64(r.Uint32()) | uint64(r.Uint32())<<32
	}
	return k
}

// putTuple writes addresses and ports as the kernel hashes them.
func putTuple(b []byte, s, d wire.Addr, sport, dport uint16) []byte {
	if s.Is4() && d.Is4() {
		b = binary.BigEndian.AppendUint32(b, uint32(s.IP4()))
		b = binary.BigEndian.AppendUint32(b, uint32(d.IP4()))
	} else {
		for _, w := range [4]uint64{s.Hi, s.Lo, d.Hi, d.Lo} {
			b = binary.BigEndian.AppendUint64(b, w)
		}
	}
	b = binary.BigEndian.AppendUint16(b, dport)
	return binary.BigEndian.AppendUint16(b, sport)
}

// secureSeq is the hash of secure_tcp_seq_and_ts_off (and of
// secure_tcpv6_seq_and_ts_off): its lower half is for the sequence number, the
// upper one for the timestamps.
func (t *TCP) secureSeq(k *inet.Tuple) uint64 {
	s := &t.secrets
	if !s.haveNet {
		s.net, s.haveNet = t.randomKey(), true
	}
	var b [36]byte
	return core.SipHash(s.net[0], s.net[1], putTuple(b[:0], k.Laddr, k.Faddr, k.Lport, k.Fport))
}

// initSeq is an initial sequence number: a hash of addresses and ports, and a
// clock of 64 ns (seq_scale; RFC 6528).
func (t *TCP) initSeq(k inet.Tuple) uint32 {
	if t.ISNs != nil {
		if v, ok := t.ISNs.ISN(k); ok {
			return v
		}
	}
	return uint32(t.secureSeq(&k)) + uint32(t.NS.Clock.Now()>>6)
}

// tsOffset is where the timestamp clock of a connection begins; with
// tcp_timestamps=2 at 0.
func (t *TCP) tsOffset(k inet.Tuple) uint32 {
	if t.TSOffsets != nil {
		if v, ok := t.TSOffsets.TSOffset(k); ok {
			return v
		}
	}
	if t.NS.Sysctl.TCPTimestamps != 1 {
		return 0
	}
	return uint32(t.secureSeq(&k) >> 32)
}
