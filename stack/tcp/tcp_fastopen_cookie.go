package tcp

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// foKeys is struct tcp_fastopen_context: SipHash keys, the current one and the
// one before it.
type foKeys struct {
	num int
	key [2][2]uint64
}

// foKeyOf reads keys as the kernel has them in memory, 16 bytes each.
func foKeyOf(b []byte) (k foKeys) {
	for ; k.num < 2 && len(b) >= 16; k.num++ {
		k.key[k.num] = [2]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
		b = b[16:]
	}
	return k
}

// bytes is the inverse.
func (k *foKeys) bytes() []byte {
	var b []byte
	for i := range k.num {
		b = binary.LittleEndian.AppendUint64(b, k.key[i][0])
		b = binary.LittleEndian.AppendUint64(b, k.key[i][1])
	}
	return b
}

// fastopenKeyOnce is tcp_fastopen_init_key_once: the namespace gets a random
// key, if it has none.
func (t *TCP) fastopenKeyOnce() {
	sy := &t.NS.Sysctl
	if sy.TCPFastopenKeys > 0 {
		return
	}
	sy.TCPFastopenKeys = 1
	for i := range sy.TCPFastopenKey[0] {
		sy.TCPFastopenKey[0][i] = t.NS.Machine.Rand.Uint32()
	}
}

// fastopenKeys is tcp_fastopen_get_ctx: the listener's own, or the namespace's
// (net.ipv4.tcp_fastopen_key).
func (l *Sock) fastopenKeys() (k foKeys) {
	if k = l.rare().fo.q.keys; k.num > 0 {
		return k
	}
	sy := l.sysctl()
	for k.num < sy.TCPFastopenKeys {
		w := sy.TCPFastopenKey[k.num]
		k.key[k.num] = [2]uint64{uint64(w[0]) | uint64(w[1])<<32, uint64(w[2]) | uint64(w[3])<<32}
		k.num++
	}
	return k
}

// fastopenCookie is __tcp_fastopen_cookie_gen_cipher: a cookie is the hash of
// both addresses under a key (RFC 7413 §4.1.2).
func fastopenCookie(key [2]uint64, s, d wire.Addr) (c foCookie) {
	var b [32]byte
	n := 16
	if s.Is4() && d.Is4() {
		binary.BigEndian.PutUint32(b[:], uint32(s.IP4()))
		binary.BigEndian.PutUint32(b[4:], uint32(d.IP4()))
		n = 4
	} else {
		for i, w := range [4]uint64{s.Hi, s.Lo, d.Hi, d.Lo} {
			binary.BigEndian.PutUint64(b[8*i:], w)
		}
	}
	c.n = tfoCookieSize
	binary.LittleEndian.PutUint64(c.val[:], core.SipHash(key[0], key[1], b[:2*n]))
	return c
}
