package nftables_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/lab/nft"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// options is a SYN to a port with a maximum segment size and a window scale.
func options(dport uint16) []byte {
	b := append(syn(dport), 2, 4, 5, 0xb4, 3, 3, 7, 1)
	b[12] = 7 << 4
	return b
}

// chunks is an SCTP packet to port 80 with chunks and a right checksum.
func chunks(c ...byte) []byte {
	b := append([]byte{0x9c, 0x40, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0}, c...)
	binary.LittleEndian.PutUint32(b[8:], crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// lite is a UDP-Lite datagram whose checksum covers n bytes of it.
func lite(src, dst wire.IP4, n int) []byte {
	b := append([]byte{0x9c, 0x40, 0, 53, 0, byte(n), 0, 0}, "rest"...)
	covered := len(b)
	if n > 0 {
		covered = min(n, len(b))
	}
	c := wire.Fold(wire.Checksum(b[:covered], wire.PseudoHeader4(src, dst, 136, len(b))))
	binary.BigEndian.PutUint16(b[6:], c)
	b[11] = 'x' // what is not covered may change
	return b
}

// TestEngine sends one packet through one rule: how often its counter counted, and
// what left the router.
func TestEngine(t *testing.T) {
	const (
		own  = wire.IP4(0x0a000101)
		from = wire.IP4(0x0a00010a)
		far  = wire.IP4(0x0a00020a)
	)
	ip := func(p wire.Proto, f func(b []byte) bool) func([]byte) bool { // what an IPv4 frame carries
		return func(b []byte) bool {
			h := wire.IPv4(b[14:])
			return len(b) >= 34 && h.ChecksumOK() && h.Proto() == p && f(b)
		}
	}
	forward, input := "type filter hook forward priority 0", "type filter hook input priority 0"
	ingress := `type filter hook ingress device "eth0" priority 0`
	for _, c := range []struct {
		name, table, hook, rule string
		dst                     wire.IP4
		proto                   byte
		l4                      []byte
		hits                    string            // what the counter says, "" for none
		out                     int               // so many frames came out
		last                    func([]byte) bool // is the last of them right?
	}{
		{"reset an option", "ip", forward, "reset tcp option window counter", far, 6, options(80), "packets 1 bytes 48", 1,
			ip(6, func(b []byte) bool {
				h := wire.IPv4(b[14:])
				right := wire.Fold(wire.Checksum(b[34:], wire.PseudoHeader4(h.Src(), h.Dst(), 6, len(b)-34))) == 0
				return right && bytes.Equal(b[54:], []byte{2, 4, 5, 0xb4, 1, 1, 1, 1})
			})},
		{"an option that is not there", "ip", forward, "reset tcp option sack-perm counter", far, 6, options(80), "packets 1 bytes 48", 1,
			ip(6, func(b []byte) bool { return bytes.Equal(b[54:], []byte{2, 4, 5, 0xb4, 3, 3, 7, 1}) })},
		{"reset of what is no TCP", "ip", forward, "reset tcp option window counter", far, 17, datagram(53), "packets 0 bytes 0", 1, nil},

		{"a chunk", "ip", forward, "sctp chunk init exists counter", far, 132, chunks(1, 0, 0, 8, 0, 0, 0, 7), "packets 1 bytes 40", 1, nil},
		{"another chunk", "ip", forward, "sctp chunk data exists counter", far, 132, chunks(1, 0, 0, 8, 0, 0, 0, 7), "packets 0 bytes 0", 1, nil},
		{"the second chunk", "ip", forward, "sctp chunk data exists counter", far, 132, chunks(11, 0, 0, 4, 0, 3, 0, 8, 0, 0, 0, 1), "packets 1 bytes 44", 1, nil},
		{"a field of a chunk", "ip", forward, "sctp chunk init init-tag 7 counter", far, 132, chunks(1, 0, 0, 8, 0, 0, 0, 7), "packets 1 bytes 40", 1, nil},
		{"a chunk without end", "ip", forward, "sctp chunk data exists counter", far, 132, chunks(1, 0, 0, 0, 0, 3, 0, 4), "packets 0 bytes 0", 1, nil},

		{"dup in ip", "ip", input, `dup to 10.0.2.10 counter`, own, 17, datagram(53), "packets 1 bytes 32", 2, nil},
		{"dup in netdev", "netdev", ingress, `dup to "eth1" counter drop`, own, 17, datagram(53), "packets 1 bytes 32", 1,
			ip(17, func(b []byte) bool { return b[22] == 64 && b[5] == 1 })},
		{"fwd in netdev", "netdev", ingress, `counter fwd to "eth1"`, own, 17, datagram(53), "packets 1 bytes 32", 1,
			ip(17, func(b []byte) bool { return b[22] == 64 && b[5] == 1 })},
		{"fwd to a neighbour", "netdev", ingress, `counter fwd ip to 10.0.2.10 device "eth1"`, own, 17, datagram(53), "packets 1 bytes 32", 1,
			ip(17, func(b []byte) bool { return b[22] == 63 && b[5] == 0x12 && b[11] == 2 })},

		{"reject in netdev", "netdev", ingress, "counter reject with tcp reset", own, 6, syn(80), "packets 1 bytes 40", 1,
			ip(6, func(b []byte) bool { return b[47] == byte(wire.TCPRst|wire.TCPAck) && b[5] == 0x11 && b[11] == 1 })},
		{"unreachable in netdev", "netdev", ingress, "counter reject with icmp host-unreachable", own, 17, datagram(53), "packets 1 bytes 32", 1,
			ip(1, func(b []byte) bool { return b[34] == 3 && b[35] == 1 })},

		{"the day", "ip", forward, `meta day "Thursday" counter`, far, 17, datagram(53), "packets 1 bytes 32", 1, nil},
		{"another day", "ip", forward, `meta day "Friday" counter`, far, 17, datagram(53), "packets 0 bytes 0", 1, nil},
		{"the hour", "ip", forward, `meta hour "00:00"-"00:02" counter`, far, 17, datagram(53), "packets 1 bytes 32", 1, nil},
		{"another hour", "ip", forward, `meta hour "00:02"-"23:00" counter`, far, 17, datagram(53), "packets 0 bytes 0", 1, nil},
		{"the time", "ip", forward, `meta time "2026-01-01 00:01:00"-"2026-01-01 00:05:00" counter`, far, 17, datagram(53), "packets 1 bytes 32", 1, nil},
		{"another time", "ip", forward, `meta time > "2026-01-01 00:05:00" counter`, far, 17, datagram(53), "packets 0 bytes 0", 1, nil},

		{"UDP-Lite, its head covered", "ip", input, "udplite dport 53 counter", own, 136, lite(from, own, 8), "packets 1 bytes 32", 1,
			ip(1, func(b []byte) bool { return b[34] == 3 && b[35] == 3 })},
		{"UDP-Lite, too little covered", "ip", input, "udplite dport 53 counter", own, 136, lite(from, own, 4), "packets 1 bytes 32", 0, nil},
		{"UDP-Lite, all covered", "ip", input, "udplite dport 53 counter", own, 136, lite(from, own, 0), "packets 1 bytes 32", 0, nil}, // a byte has changed
	} {
		r := newRouter(t, "table "+c.table+" t {\n chain c {\n  "+c.hook+"\n  "+c.rule+"\n }\n}\n", false)
		before := r.out
		r.put(c.dst, c.proto, slices.Clone(c.l4))
		if n := r.out - before; n != c.out {
			t.Errorf("%s: %d frames came out, not %d", c.name, n, c.out)
		}
		if c.last != nil && (r.last == nil || !c.last(r.last)) {
			t.Errorf("%s: came out %x", c.name, r.last)
		}
		list, _, _ := nft.Run(r.h.NS, []string{"list", "ruleset"}, "")
		if !strings.Contains(list, "counter "+c.hits) {
			t.Errorf("%s: not %q:\n%s", c.name, c.hits, list)
		}
		if n := r.h.Machine.NotModelled; n != 0 {
			t.Errorf("%s: not modelled", c.name)
		}
	}
}
