package core

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// The first vectors of SipHash-2-4 (Aumasson and Bernstein): the key 00 … 0f, the
// messages of no byte, 00, 00 01 and so on.
func TestSipHash(t *testing.T) {
	want := []uint64{0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d, 0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137, 0x93f5f5799a932462}
	var b []byte
	for i, w := range want {
		if h := siphash(0x0706050403020100, 0x0f0e0d0c0b0a0908, b); h != w {
			t.Errorf("%d bytes: %x, want %x", i, h, w)
		}
		b = append(b, byte(i))
	}
}

// Which of two ways of the same weight Linux 6.18 took (ip route get), with
// net.ipv4.fib_multipath_hash_seed and _policy as told: 10.0.7.7 port 5 to
// 10.0.9.1 port 1001 … 10.0.9.12 port 1012, and fd00:1::10 port 5 to fd00:9::1 …
// fd00:9::c port 1001, UDP.
func TestMultipathHash(t *testing.T) {
	for _, c := range []struct {
		seed   uint32
		policy int
		v6     bool
		want   string
	}{
		{1, 0, false, "110000000000"}, {1, 1, false, "110000101111"}, {7, 0, false, "100111000110"}, {7, 1, false, "010011100010"},
		{4000000000, 0, false, "100010011111"}, {4000000000, 1, false, "110101011100"},
		{1, 0, true, "000111111111"}, {1, 1, true, "001101011010"}, {7, 0, true, "010100000110"}, {7, 1, true, "101101100000"},
		{4000000000, 0, true, "100001110001"}, {4000000000, 1, true, "110100111011"},
	} {
		got := ""
		for i := uint64(1); i <= 12; i++ {
			k := FlowKeys{Saddr: wire.IP4(10<<24 | 7<<8 | 7).Addr(), Daddr: wire.IP4(10<<24 | 9<<8 | i).Addr()}
			dport := uint16(1000 + i)
			if c.v6 {
				k = FlowKeys{Saddr: wire.Addr{Hi: 0xfd00000100000000, Lo: 0x10}, Daddr: wire.Addr{Hi: 0xfd00000900000000, Lo: i}, Proto: 17}
				dport = 1001
			}
			if c.policy == 1 {
				k.Proto, k.Sport, k.Dport = 17, 5, dport
			}
			got += string(rune(48 + k.Hash(c.seed)>>31))
		}
		if got != c.want {
			t.Errorf("seed %d policy %d v6 %v: %s, want %s", c.seed, c.policy, c.v6, got, c.want)
		}
	}
}
