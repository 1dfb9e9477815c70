package ipv4

import (
	"slices"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Every drop of the IPv4 input path, at the place where the recorded kernel
// reports it, with the counters that it leaves.
func TestDrops(t *testing.T) {
	peer, us, far := ip4(10, 0, 1, 10), ip4(10, 0, 1, 1), ip4(10, 0, 2, 10)
	mib := func(m ...step.MIB) []step.MIB { return m }
	ping := func(src, dst wire.IP4, ttl uint8, change ...func(wire.IPv4)) []byte {
		return packet(src, dst, wire.ProtoICMP, ttl, echo(36), change...)
	}
	badSum := func(p []byte) []byte { p[10] ^= 0xff; return p }
	tests := []struct {
		name  string
		setup func(*world)
		pkt   []byte
		typ   core.PktType
		want  string
		mib   []step.MIB
		icmp  int // type<<8|code of the answer, -1: none
	}{
		{"other host", nil, ping(peer, us, 64), core.PacketOtherHost, "dropped OTHERHOST at ip_rcv_core", nil, -1},
		{"checksum", nil, badSum(ping(peer, us, 64)), 0, "dropped IP_CSUM at ip_rcv_core", mib(step.IpInReceives, step.IpInHdrErrors, step.IpExtInCsumErrors), -1},
		{"version", nil, ping(peer, us, 64, func(h wire.IPv4) { h[0] = 0x65 }), 0, "dropped IP_INHDR at ip_rcv_core", mib(step.IpInHdrErrors), -1},
		{"short", nil, ping(peer, us, 64)[:19], 0, "dropped IP_INHDR at ip_rcv_core", mib(step.IpInHdrErrors), -1},
		{"truncated", nil, ping(peer, us, 64)[:40], 0, "dropped PKT_TOO_SMALL at ip_rcv_core", mib(step.IpExtInTruncatedPkts), -1},
		{"martian multicast", nil, ping(ip4(224, 1, 1, 1), us, 64), 0, "dropped IP_INVALID_SOURCE at ip_rcv_finish_core", nil, -1},
		{"martian zero", nil, ping(0, us, 64), 0, "dropped IP_INVALID_SOURCE at ip_rcv_finish_core", nil, -1},
		{"loopback source", nil, ping(ip4(127, 0, 0, 1), us, 64), 0, "dropped IP_LOCALNET at ip_rcv_finish_core", nil, -1},
		{"loopback destination", nil, ping(peer, ip4(127, 0, 0, 1), 64), 0, "dropped IP_LOCALNET at ip_rcv_finish_core", nil, -1},
		{"zero destination", nil, ping(peer, 0, 64), 0, "dropped IP_INVALID_DEST at ip_rcv_finish_core", nil, -1},
		{"own source", nil, ping(us, us, 64), 0, "dropped IP_LOCAL_SOURCE at ip_rcv_finish_core", nil, -1},
		{"rp_filter", func(w *world) { w.ip.Conf(w.eth0).RPFilter = 1 }, ping(far, us, 64), 0, "dropped IP_RPFILTER at ip_rcv_finish_core", mib(step.TcpExtIPReversePathFilter), -1},
		{"broadcast address as source", func(w *world) { w.ip.Conf(w.eth0).RPFilter = 1 }, ping(ip4(10, 0, 1, 255), us, 64), 0, "dropped IP_INVALID_SOURCE at ip_rcv_finish_core", nil, -1},
		{"own source, rp_filter", func(w *world) { w.ip.Conf(w.eth0).RPFilter = 1 }, ping(us, us, 64), 0, "dropped IP_LOCAL_SOURCE at ip_rcv_finish_core", nil, -1},
		{"group", nil, ping(peer, ip4(239, 1, 1, 1), 1), core.PacketMulticast, "dropped NOT_SPECIFIED at ip_rcv_finish_core", nil, -1},
		{"L2 group", func(w *world) { w.ip.Conf(w.eth0).DropUnicastInL2Multicast = 1 }, ping(peer, us, 64), core.PacketBroadcast, "dropped UNICAST_IN_L2_MULTICAST at ip_rcv_finish_core", nil, -1},
		{"not a router", nil, ping(peer, far, 64), 0, "dropped IP_INADDRERRORS at ip_error", mib(step.IpInAddrErrors), -1},
		{"no route", router, ping(peer, ip4(10, 99, 0, 1), 64), 0, "dropped IP_INNOROUTES at ip_error", mib(step.IpExtInNoRoutes), 3 << 8},
		{"unreachable", func(w *world) { router(w); w.reject(RTNUnreachable) }, ping(peer, ip4(10, 99, 0, 1), 64), 0, "dropped NOT_SPECIFIED at ip_error", nil, 3<<8 | 1},
		{"prohibit", func(w *world) { router(w); w.reject(RTNProhibit) }, ping(peer, ip4(10, 99, 0, 1), 64), 0, "dropped NOT_SPECIFIED at ip_error", nil, 3<<8 | 13},
		{"blackhole", func(w *world) { router(w); w.reject(RTNBlackhole) }, ping(peer, ip4(10, 99, 0, 1), 64), 0, "dropped NOT_SPECIFIED at ip_error", nil, -1},
		{"unreachable rule", func(w *world) {
			router(w)
			w.ip.AddRule(Rule{Priority: 9, Dst: ip4(10, 99, 0, 0).Addr(), DstLen: 16, Action: RuleUnreachable})
		},
			ping(peer, ip4(10, 99, 0, 1), 64), 0, "dropped IP_INNOROUTES at ip_error", mib(step.IpExtInNoRoutes), 3 << 8},
		{"ttl", router, ping(peer, far, 1), 0, "dropped IP_INHDR at ip_forward", mib(step.IpInHdrErrors), 11 << 8},
		{"too big", func(w *world) { router(w); w.eth1.MTU = 68; w.ip.FlushCache() }, packet(peer, far, 17, 64, make([]byte, 100), func(h wire.IPv4) { h.SetDF(true) }), 0,
			"dropped PKT_TOO_BIG at ip_forward", mib(step.IpForwDatagrams, step.IpFragFails), 3<<8 | 4},
		{"forward broadcast frame", router, ping(peer, far, 64), core.PacketBroadcast, "dropped NOT_SPECIFIED at ip_forward", nil, -1},
		{"no protocol", nil, packet(peer, us, 99, 64, make([]byte, 8)), 0, "dropped IP_NOPROTO at ip_local_deliver_finish", mib(step.IpInUnknownProtos), 3<<8 | 2},
		{"icmp checksum", nil, packet(peer, us, wire.ProtoICMP, 64, []byte{8, 0, 1, 1, 0, 0, 0, 0}), 0, "dropped ICMP_CSUM at icmp_rcv", mib(step.IcmpInMsgs, step.IcmpInErrors, step.IcmpInCsumErrors, step.IpInDelivers), -1},
		{"broadcast echo", nil, ping(peer, ip4(10, 0, 1, 255), 64), core.PacketBroadcast, "dropped INVALID_PROTO at icmp_rcv", mib(step.IcmpInErrors, step.IpExtInBcastPkts), -1},
		{"unknown icmp", nil, packet(peer, us, wire.ProtoICMP, 64, icmp(77)), 0, "dropped UNHANDLED_PROTO at icmp_rcv", mib(step.IcmpInErrors), -1},
		{"bad option", nil, options4(peer, us, 7, 2, 1, 1), 0, "dropped IP_INHDR at ip_rcv_finish_core", mib(step.IpInHdrErrors), 12 << 8},
		{"source route", nil, options4(peer, us, 131, 7, 4, 10, 0, 1, 9, 0), 0, "dropped NOT_SPECIFIED at ip_rcv_finish_core", nil, -1},
		{"fragment too soon", nil, packet(peer, us, 17, 64, nil, func(h wire.IPv4) { h.SetMF(true) }), 0, "dropped NOT_SPECIFIED at ip_defrag", mib(step.IpReasmReqds, step.IpReasmFails), -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.setup != nil {
				tt.setup(w)
			}
			before := int(w.m.Allocated) - int(w.m.Freed)
			w.rx(w.eth0, tt.pkt, tt.typ)
			if ends := w.ends(); !slices.Contains(ends, tt.want) {
				t.Errorf("ended %q, want %q", ends, tt.want)
			}
			for _, m := range tt.mib {
				if w.ns.MIB[m] != 1 {
					t.Errorf("%v is %d, want 1", m, w.ns.MIB[m])
				}
			}
			got := -1
			for _, f := range w.wire.frames {
				if h := wire.IPv4(f.data[14:]); h.Valid() && h.Proto() == wire.ProtoICMP {
					got = int(h[h.IHL()])<<8 | int(h[h.IHL()+1])
				}
			}
			if got != tt.icmp {
				t.Errorf("answered with ICMP %d, want %d", got, tt.icmp)
			}
			w.conserved(before)
		})
	}
}

func router(w *world) { w.ip.SetForwarding(true) }

func (w *world) reject(typ uint8) {
	w.ok(w.ip.AddRoute(Route{Dst: ip4(10, 99, 0, 0), Plen: 16, Type: typ, Scope: -1}))
}

func icmp(typ byte) []byte {
	p := make([]byte, 16)
	p[0] = typ
	wire.ICMP(p).ComputeChecksum()
	return p
}

// options4 is a packet whose header has the given option bytes.
func options4(src, dst wire.IP4, opt ...byte) []byte {
	for len(opt)%4 != 0 {
		opt = append(opt, 0)
	}
	p := make([]byte, 20+len(opt)+16)
	h := wire.IPv4(p)
	h.SetVersionIHL(20 + len(opt))
	h.SetTotalLen(len(p))
	h.SetTTL(64)
	h.SetProto(wire.ProtoICMP)
	h.SetSrc(src)
	h.SetDst(dst)
	copy(p[20:], opt)
	copy(p[20+len(opt):], echo(8))
	h.ComputeChecksum()
	return p
}
