package iptables

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A bench is a namespace with eth0 and eth1 in which single matches and targets are
// asked.
type bench struct {
	t        testing.TB
	m        *core.Machine
	ns       *core.Netns
	eth0     *core.Device
	eth1     *core.Device
	st       core.HookState
	family   core.Family
	table    string
	hookMask uint
}

func newBench(t testing.TB) *bench {
	m := &core.Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(7), IDs: &core.IDs{}, CPU: []*core.Softnet{{}}}
	m.Clock.Reset(100 * sim.Second)
	b := &bench{t: t, m: m, ns: core.NewNetns(m, "r"), table: TableMangle}
	b.ns.Trace = &trace.Tracer{Mode: trace.Record, Clock: m.Clock}
	ip := ipv4.New(b.ns)
	ipv6.New(b.ns)
	b.eth0, b.eth1 = b.ns.NewDevice("eth0", 11, nil), b.ns.NewDevice("eth1", 12, nil)
	b.eth0.Type, b.eth1.Type = core.LinkEther, core.LinkEther
	ip.AddAddr(b.eth0, addr(192, 0, 2, 1), 32, ipv4.AddrOpts{}) // there is a table local
	b.st = core.HookState{Hook: core.Forward, In: b.eth0, Out: b.eth1}
	b.hookMask = 1 << core.Forward
	return b
}

// skb is a packet with a link header.
func (w *bench) skb(p []byte) *core.SKB {
	b := w.ns.AllocSKB(core.Headroom, 14+len(p), 0)
	d := b.Put(14 + len(p))
	copy(d, []byte{2, 0, 0, 0, 0, 0x21, 2, 0, 0, 0, 0, 0x11, 8, 0})
	copy(d[14:], p)
	b.ResetMAC()
	b.Pull(14)
	b.ResetNetwork()
	b.Protocol = 0x0800
	if len(p) > 0 && p[0]>>4 == 6 {
		b.Protocol = 0x86dd
		copy(d[12:], []byte{0x86, 0xdd})
	}
	b.Dev, b.IIF = w.eth0, w.eth0.Index
	return b
}

// param is a packet at the hook, as ipt_do_table would show it.
func (w *bench) param(p []byte) *Param {
	b := w.skb(p)
	q := Of(w.ns).enter(w.ns, &w.st, b)
	q.Family = core.NFIPv4
	if len(p) > 0 && p[0]>>4 == 6 {
		q.Family = core.NFIPv6
		off := 0
		if _, frag, err := q.findHdr(&off, -1); err == 0 {
			q.ThOff, q.FragOff = off, frag
		}
	} else {
		h := b.IP4()
		q.ThOff, q.FragOff = h.IHL(), h.FragOffset()/8
	}
	w.st.Family = q.Family
	return q
}

func (w *bench) check(x any, proto uint8) core.Errno {
	f := w.family
	c := &CheckParam{NS: w.ns, Family: f, Table: w.table, HookMask: w.hookMask, Proto: proto}
	var e core.Errno
	switch x := x.(type) {
	case Match:
		e = CheckMatch(x, c)
	case Target:
		e = CheckTarget(x, c)
	}
	if e == 0 {
		Reset(x, c)
	}
	return e
}

func (w *bench) ask(m Match, p *Param) bool {
	w.t.Helper()
	return m.Match(p)
}

func addr(a, b, c, d byte) wire.IP4 {
	return wire.IP4(a)<<24 | wire.IP4(b)<<16 | wire.IP4(c)<<8 | wire.IP4(d)
}

var (
	client = addr(10, 0, 1, 10)
	server = addr(10, 0, 2, 10)
)

func ip4(proto wire.Proto, payload []byte) []byte {
	b := make([]byte, 20+len(payload))
	h := wire.IPv4(b)
	h.SetVersionIHL(20)
	h.SetTotalLen(len(b))
	h.SetTTL(64)
	h.SetProto(proto)
	h.SetSrc(client)
	h.SetDst(server)
	copy(b[20:], payload)
	h.ComputeChecksum()
	return b
}

func a6(lo uint64) wire.Addr { return wire.Addr{Hi: 0xfd00 << 48, Lo: lo} }

func ip6(next byte, payload []byte) []byte {
	b := make([]byte, 40+len(payload))
	h := wire.IPv6(b)
	h.SetVersion(0, 0)
	h.SetPayloadLen(len(payload))
	h.SetNextHeader(wire.Proto(next))
	h.SetHopLimit(64)
	h.SetSrc(a6(1))
	h.SetDst(a6(2))
	copy(b[40:], payload)
	return b
}

func tcp(flags byte, sport, dport uint16, opts ...byte) []byte {
	n := 20 + (len(opts)+3)&^3
	p := make([]byte, n)
	h := wire.TCP(p)
	h.SetSrcPort(sport)
	h.SetDstPort(dport)
	h.SetSeq(1)
	h.SetDataOff(n)
	p[13] = flags
	copy(p[20:], opts)
	h.ComputeChecksum(wire.PseudoHeader4(client, server, wire.ProtoTCP, n))
	return p
}

func udp(sport, dport uint16, data string) []byte {
	p := make([]byte, 8+len(data))
	h := wire.UDP(p)
	h.SetSrcPort(sport)
	h.SetDstPort(dport)
	h.SetLen(len(p))
	copy(p[8:], data)
	h.ComputeChecksum(wire.PseudoHeader4(client, server, wire.ProtoUDP, len(p)))
	return p
}

// later is the packet as a later fragment.
func later(p []byte, units uint16) []byte {
	h := wire.IPv4(p)
	h.SetFragOff(units)
	h.ComputeChecksum()
	return p
}

func TestMatchPorts(t *testing.T) {
	one := func(p uint16) PortRange { return PortRange{p, p} }
	syn := ip4(6, tcp(2, 40000, 80, 2, 4, 5, 180))
	for _, c := range []struct {
		name string
		m    Match
		pkt  []byte
		want bool
		hot  bool
	}{
		{"any", &TCP{Src: AnyPort, Dst: AnyPort}, syn, true, false},
		{"dport", &TCP{Src: AnyPort, Dst: one(80)}, syn, true, false},
		{"other dport", &TCP{Src: AnyPort, Dst: one(81)}, syn, false, false},
		{"! dport", &TCP{Src: AnyPort, Dst: one(80), InvDst: true}, syn, false, false},
		{"! other dport", &TCP{Src: AnyPort, Dst: one(81), InvDst: true}, syn, true, false},
		{"sport range", &TCP{Src: PortRange{39999, 40001}, Dst: AnyPort}, syn, true, false},
		{"! sport range", &TCP{Src: PortRange{39999, 40001}, InvSrc: true, Dst: AnyPort}, syn, false, false},
		{"syn", &TCP{Src: AnyPort, Dst: AnyPort, FlagMask: 0x17, FlagCmp: 2}, syn, true, false},
		{"! syn", &TCP{Src: AnyPort, Dst: AnyPort, FlagMask: 0x17, FlagCmp: 2, InvFlags: true}, syn, false, false},
		{"syn ack", &TCP{Src: AnyPort, Dst: AnyPort, FlagMask: 0x12, FlagCmp: 0x12}, syn, false, false},
		{"option", &TCP{Src: AnyPort, Dst: AnyPort, Option: 2}, syn, true, false},
		{"! option", &TCP{Src: AnyPort, Dst: AnyPort, Option: 2, InvOption: true}, syn, false, false},
		{"other option", &TCP{Src: AnyPort, Dst: AnyPort, Option: 3}, syn, false, false},
		{"! other option", &TCP{Src: AnyPort, Dst: AnyPort, Option: 3, InvOption: true}, syn, true, false},
		{"no options", &TCP{Src: AnyPort, Dst: AnyPort, Option: 3}, ip4(6, tcp(2, 1, 2)), false, false},
		{"! no options", &TCP{Src: AnyPort, Dst: AnyPort, Option: 3, InvOption: true}, ip4(6, tcp(2, 1, 2)), true, false},
		{"short", &TCP{Src: AnyPort, Dst: AnyPort}, ip4(6, tcp(2, 1, 2)[:19]), false, true},
		{"options cut", &TCP{Src: AnyPort, Dst: AnyPort, Option: 2}, syn[:42], false, true},
		{"options not asked for", &TCP{Src: AnyPort, Dst: AnyPort}, syn[:42], true, false},
		{"small offset", &TCP{Src: AnyPort, Dst: AnyPort, Option: 2}, ip4(6, append([]byte{0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0x40}, make([]byte, 7)...)), false, true},
		{"later fragment", &TCP{Src: AnyPort, Dst: AnyPort}, later(ip4(6, tcp(2, 1, 2)), 2), false, false},
		{"overlapping fragment", &TCP{Src: AnyPort, Dst: AnyPort}, later(ip4(6, tcp(2, 1, 2)), 1), false, true},
		{"udp", &UDP{Src: AnyPort, Dst: one(53)}, ip4(17, udp(1000, 53, "x")), true, false},
		{"! udp", &UDP{Src: AnyPort, Dst: one(53), InvDst: true}, ip4(17, udp(1000, 53, "x")), false, false},
		{"udp short", &UDP{Src: AnyPort, Dst: AnyPort}, ip4(17, udp(1000, 53, "")[:7]), false, true},
		{"multi dports", &Multiport{Kind: MultiDestination, Ports: []PortRange{one(22), {79, 81}}}, syn, true, false},
		{"multi sports", &Multiport{Kind: MultiSource, Ports: []PortRange{one(22), {79, 81}}}, syn, false, false},
		{"! multi sports", &Multiport{Kind: MultiSource, Ports: []PortRange{one(22), {79, 81}}, Inv: true}, syn, true, false},
		{"multi either", &Multiport{Kind: MultiEither, Ports: []PortRange{one(40000)}}, syn, true, false},
		{"multi short", &Multiport{Kind: MultiEither, Ports: []PortRange{one(40000)}}, ip4(6, []byte{1, 2, 3}), false, true},
		{"icmp any", &ICMP{Type: 255, Max: 255}, ip4(1, []byte{8, 0, 0, 0, 0, 0, 0, 0}), true, false},
		{"icmp echo", &ICMP{Type: 8, Max: 255}, ip4(1, []byte{8, 0, 0, 0, 0, 0, 0, 0}), true, false},
		{"! icmp echo", &ICMP{Type: 8, Max: 255, Inv: true}, ip4(1, []byte{8, 0, 0, 0, 0, 0, 0, 0}), false, false},
		{"icmp code", &ICMP{Type: 3, Min: 1, Max: 1}, ip4(1, []byte{3, 4, 0, 0, 0, 0, 0, 0}), false, false},
		{"icmp short", &ICMP{Type: 255}, ip4(1, []byte{8, 0, 0, 0}), false, true},
		{"icmp6", &ICMP6{Type: 128, Max: 255}, ip6(58, []byte{128, 0, 0, 0, 0, 0, 0, 0}), true, false},
		{"icmp6 255 is a type", &ICMP6{Type: 255, Max: 255}, ip6(58, []byte{128, 0, 0, 0, 0, 0, 0, 0}), false, false},
		{"tcpmss", &TCPMSS{Min: 1400, Max: 1500}, syn, true, false},
		{"! tcpmss", &TCPMSS{Min: 1400, Max: 1500, Inv: true}, syn, false, false},
		{"tcpmss none", &TCPMSS{Min: 0, Max: 1500}, ip4(6, tcp(2, 1, 2)), false, false},
		{"! tcpmss none", &TCPMSS{Min: 0, Max: 1500, Inv: true}, ip4(6, tcp(2, 1, 2)), true, false},
		{"ecn tcp", &ECN{HasECE: true}, ip4(6, tcp(0x42, 1, 2)), true, false},
		{"ecn ! ece", &ECN{HasECE: true, InvECE: true}, ip4(6, tcp(0x42, 1, 2)), false, false},
		{"ecn cwr", &ECN{HasCWR: true}, ip4(6, tcp(0x42, 1, 2)), false, false},
		{"ecn ect", &ECN{HasECT: true, ECT: 0}, syn, true, false},
		{"esp", &ESP{SPI: U32Range{0x100, 0x200}}, ip4(50, []byte{0, 0, 1, 0, 0, 0, 0, 1}), true, false},
		{"! esp", &ESP{SPI: U32Range{0x100, 0x200}, InvSPI: true}, ip4(50, []byte{0, 0, 1, 0, 0, 0, 0, 1}), false, false},
		{"ah", &AH{SPI: U32Range{5, 5}}, ip4(51, []byte{6, 4, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0}), true, false},
		{"sctp chunk", &SCTP{HasChunks: true, Kind: SCTPAny, Chunks: [4]uint64{1 << 1}}, ip4(132, append(make([]byte, 12), 1, 0, 0, 4)), true, false},
		{"sctp only", &SCTP{HasChunks: true, Kind: SCTPOnly, Chunks: [4]uint64{1 << 1}}, ip4(132, append(make([]byte, 12), 1, 0, 0, 4, 3, 0, 0, 4)), false, false},
		{"sctp all", &SCTP{HasChunks: true, Kind: SCTPAll, Chunks: [4]uint64{1<<1 | 1<<3}}, ip4(132, append(make([]byte, 12), 1, 0, 0, 4, 3, 0, 0, 4)), true, false},
		{"sctp broken", &SCTP{HasChunks: true, Kind: SCTPAny, Chunks: [4]uint64{2}}, ip4(132, append(make([]byte, 12), 1, 0, 0, 0)), false, true},
		{"dccp type", &DCCP{HasTypes: true, Types: 1 << 2}, ip4(33, []byte{0, 1, 0, 2, 3, 0, 0, 0, 2 << 1, 0, 0, 0}), true, false},
	} {
		w := newBench(t)
		p := w.param(c.pkt)
		if got := w.ask(c.m, p); got != c.want || p.HotDrop != c.hot {
			t.Errorf("%s: %v hotdrop %v, want %v %v", c.name, got, p.HotDrop, c.want, c.hot)
		}
	}
}

func TestMatchFields(t *testing.T) {
	pkt := ip4(17, udp(1000, 53, "GET /index HTTP"))
	pkt[1] = 0xb8 // DSCP 46
	six := ip6(17, udp(1, 2, ""))
	for _, c := range []struct {
		name string
		m    Match
		pkt  []byte
		want bool
	}{
		{"length", &Length{Min: 43, Max: 43}, pkt, true},
		{"! length", &Length{Min: 43, Max: 43, Inv: true}, pkt, false},
		{"length6", &Length{Min: 48, Max: 48}, six, true},
		{"ttl eq", &TTL{Mode: HLEqual, Value: 64}, pkt, true},
		{"ttl ne", &TTL{Mode: HLNotEqual, Value: 64}, pkt, false},
		{"ttl lt", &TTL{Mode: HLLess, Value: 64}, pkt, false},
		{"ttl gt", &TTL{Mode: HLGreater, Value: 63}, pkt, true},
		{"hl", &HL{Mode: HLEqual, Value: 64}, six, true},
		{"dscp", &DSCP{DSCP: 46}, pkt, true},
		{"! dscp", &DSCP{DSCP: 46, Inv: true}, pkt, false},
		{"tos", &TOS{Value: 0xb8, Mask: 0xff}, pkt, true},
		{"tos mask", &TOS{Value: 0x10, Mask: 0x10}, pkt, true},
		{"! tos", &TOS{Value: 0xb8, Mask: 0xff, Inv: true}, pkt, false},
		{"mac", &MAC{Addr: 0x020000000011}, pkt, true},
		{"! mac", &MAC{Addr: 0x020000000011, Inv: true}, pkt, false},
		{"mac other", &MAC{Addr: 0x020000000012}, pkt, false},
		{"src range", &IPRange{HasSrc: true, SrcMin: addr(10, 0, 1, 1).Addr(), SrcMax: addr(10, 0, 1, 10).Addr()}, pkt, true},
		{"! src range", &IPRange{HasSrc: true, InvSrc: true, SrcMin: addr(10, 0, 1, 1).Addr(), SrcMax: addr(10, 0, 1, 10).Addr()}, pkt, false},
		{"dst range", &IPRange{HasDst: true, DstMin: addr(10, 0, 1, 1).Addr(), DstMax: addr(10, 0, 1, 10).Addr()}, pkt, false},
		{"src range 6", &IPRange{HasSrc: true, SrcMin: a6(0), SrcMax: a6(1)}, six, true},
		{"pkttype", &PktType{Type: 0}, pkt, true},
		{"! pkttype", &PktType{Type: 0, Inv: true}, pkt, false},
		{"realm", &Realm{ID: 0, Mask: 0xffffffff}, pkt, true},
		{"cpu", &CPU{CPU: 0}, pkt, true},
		{"! cpu", &CPU{CPU: 0, Inv: true}, pkt, false},
		{"mark", &Mark{Mark: 0, Mask: 1}, pkt, true},
		{"! mark", &Mark{Mark: 0, Mask: 1, Inv: true}, pkt, false},
		{"comment", &Comment{}, pkt, true},
		{"owner without socket", &Owner{HasUID: true}, pkt, false},
		{"! owner without socket", &Owner{HasUID: true, InvUID: true}, pkt, true},
		{"socket exists", &Owner{SocketExists: true}, pkt, false},
		{"! socket exists", &Owner{SocketExists: true, InvSocket: true}, pkt, true},
		{"physdev", &PhysDev{Bridged: true}, pkt, false},
		{"! physdev", &PhysDev{Bridged: true, InvBridged: true}, pkt, true},
		{"string", &String{Algo: "bm", To: 65535, Pattern: []byte("index")}, pkt, true},
		{"! string", &String{Algo: "kmp", To: 65535, Pattern: []byte("index"), Inv: true}, pkt, false},
		{"string case", &String{Algo: "bm", To: 65535, Pattern: []byte("INDEX")}, pkt, false},
		{"string icase", &String{Algo: "bm", To: 65535, Pattern: []byte("INDEX"), IgnoreCase: true}, pkt, true},
		{"string from", &String{Algo: "bm", From: 34, To: 65535, Pattern: []byte("index")}, pkt, false},
		{"string from here", &String{Algo: "bm", From: 33, To: 65535, Pattern: []byte("index")}, pkt, true},
		{"string to", &String{Algo: "bm", To: 37, Pattern: []byte("index")}, pkt, false},
		{"string to here", &String{Algo: "bm", To: 38, Pattern: []byte("index")}, pkt, true},
		{"string beyond", &String{Algo: "bm", From: 9000, To: 65535, Pattern: []byte("index")}, pkt, false},
		{"u32 proto", &U32{Tests: []U32Test{{Location: []U32Op{{Number: 6}, {Number: 0xff, Op: U32And}}, Values: []U32Range{{17, 17}}}}}, pkt, true},
		{"! u32 proto", &U32{Inv: true, Tests: []U32Test{{Location: []U32Op{{Number: 6}, {Number: 0xff, Op: U32And}}, Values: []U32Range{{17, 17}}}}}, pkt, false},
		{"u32 @", &U32{Tests: []U32Test{{Location: []U32Op{{Number: 0}, {Number: 22, Op: U32Right}, {Number: 0x3c, Op: U32And}, {Number: 0, Op: U32At}, {Number: 0xffff, Op: U32And}}, Values: []U32Range{{53, 53}}}}}, pkt, true},
		{"u32 beyond", &U32{Tests: []U32Test{{Location: []U32Op{{Number: 4000}}, Values: []U32Range{{0, 0xffffffff}}}}}, pkt, false},
		{"time", &Time{DateStop: 0x7fffffff * sim.Second, DayStop: 86399, MonthDays: 0xfffffffe, WeekDays: 0xfe}, pkt, true},
		{"time: a Thursday", &Time{DateStop: 0x7fffffff * sim.Second, DayStop: 86399, MonthDays: 0xfffffffe, WeekDays: 1 << 4}, pkt, true},
		{"time: no Friday", &Time{DateStop: 0x7fffffff * sim.Second, DayStop: 86399, MonthDays: 0xfffffffe, WeekDays: 1 << 5}, pkt, false},
		{"time: the first", &Time{DateStop: 0x7fffffff * sim.Second, DayStop: 86399, MonthDays: 1 << 1, WeekDays: 0xfe}, pkt, true},
		{"time: not the second", &Time{DateStop: 0x7fffffff * sim.Second, DayStop: 86399, MonthDays: 1 << 2, WeekDays: 0xfe}, pkt, false},
		{"time: 100 s after midnight", &Time{DateStop: 0x7fffffff * sim.Second, DayStart: 100, DayStop: 101, MonthDays: 0xfffffffe, WeekDays: 0xfe}, pkt, true},
		{"time: over midnight", &Time{DateStop: 0x7fffffff * sim.Second, DayStart: 80000, DayStop: 200, MonthDays: 0xfffffffe, WeekDays: 0xfe}, pkt, true},
		{"time: contiguous is the day before", &Time{Contiguous: true, DateStop: 0x7fffffff * sim.Second, DayStart: 80000, DayStop: 200, MonthDays: 0xfffffffe, WeekDays: 1 << 3}, pkt, true},
		{"time: in the past", &Time{DateStop: sim.Second, DayStop: 86399, MonthDays: 0xfffffffe, WeekDays: 0xfe}, pkt, false},
		{"conntrack invalid", &Conntrack{Flags: CTState, State: CTStateInvalid}, pkt, true},
		{"! conntrack invalid", &Conntrack{Flags: CTState, Invert: CTState, State: CTStateInvalid}, pkt, false},
		{"conntrack status", &Conntrack{Flags: CTStatus, Status: 2}, pkt, false},
		{"! conntrack status", &Conntrack{Flags: CTStatus, Invert: CTStatus, Status: 2}, pkt, false},
		{"state invalid", &State{Mask: CTStateInvalid}, pkt, true},
		{"connmark", &ConnMark{}, pkt, false},
		{"! connmark", &ConnMark{Inv: true}, pkt, false},
		{"! helper", &Helper{HName: "ftp", Inv: true}, pkt, true},
		{"! connlabel", &ConnLabel{Bit: 3, Inv: true}, pkt, true},
		{"addrtype", &AddrType{Dst: 1 << 1}, pkt, true},
		{"! addrtype", &AddrType{Dst: 1 << 1, InvDst: true}, pkt, false},
		{"devgroup", &DevGroup{HasSrc: true, Src: 0, SrcMask: 0xffffffff}, pkt, true},
		{"! devgroup", &DevGroup{HasSrc: true, InvSrc: true, SrcMask: 0xffffffff}, pkt, false},
		{"addrtype6", &AddrType{Dst: 1 << 1}, six, true},
		{"addrtype6 multicast", &AddrType{Dst: 1 << 5}, six, false},
		{"! addrtype6 multicast", &AddrType{Dst: 1 << 5, InvDst: true}, six, true},
	} {
		w := newBench(t)
		if c.pkt[0]>>4 == 6 {
			w.family = core.NFIPv6
		}
		w.hookMask = 1 << core.Forward
		switch c.m.(type) {
		case *Owner:
			w.hookMask = 1 << core.LocalOut
		}
		if e := w.check(c.m, 17); e != 0 {
			t.Errorf("%s: refused: %v", c.name, e)
			continue
		}
		if got := w.ask(c.m, w.param(c.pkt)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestMatchExtensionHeaders(t *testing.T) {
	hop := func(next byte, rest []byte) []byte { return append([]byte{next, 0, 1, 4, 0, 0, 0, 0}, rest...) }
	frag := func(next byte, off uint16, rest []byte) []byte {
		return append([]byte{next, 0, byte(off >> 8), byte(off), 0, 0, 0, 7}, rest...)
	}
	u := udp(1, 2, "")
	rt := append([]byte{17, 2, 0, 1, 0, 0, 0, 0}, append(make([]byte, 15), 9)...)
	for _, c := range []struct {
		name string
		m    Match
		pkt  []byte
		want bool
		hot  bool
	}{
		{"frag", &Frag{}, ip6(44, frag(17, 1, u)), true, false},
		{"frag id", &Frag{HasID: true, ID: U32Range{7, 7}}, ip6(44, frag(17, 1, u)), true, false},
		{"! frag id", &Frag{HasID: true, InvID: true, ID: U32Range{7, 7}}, ip6(44, frag(17, 1, u)), false, false},
		{"frag first", &Frag{First: true}, ip6(44, frag(17, 1, u)), true, false},
		{"frag not first", &Frag{First: true}, ip6(44, frag(17, 9, u)), false, false},
		{"frag more", &Frag{More: true}, ip6(44, frag(17, 1, u)), true, false},
		{"frag last", &Frag{Last: true}, ip6(44, frag(17, 1, u)), false, false},
		{"no frag", &Frag{}, ip6(17, u), false, false},
		{"frag cut", &Frag{}, ip6(44, []byte{17, 0, 0, 1}), false, true},
		{"hbh", &Opts{}, ip6(0, hop(17, u)), true, false},
		{"hbh length", &Opts{HasLen: true, HdrLen: 8}, ip6(0, hop(17, u)), true, false},
		{"! hbh length", &Opts{HasLen: true, InvLen: true, HdrLen: 8}, ip6(0, hop(17, u)), false, false},
		{"hbh option", &Opts{HasOpts: true, Opts: []Opt6{{1, 4}}}, ip6(0, hop(17, u)), true, false},
		{"hbh option any length", &Opts{HasOpts: true, Opts: []Opt6{{1, -1}}}, ip6(0, hop(17, u)), true, false},
		{"hbh other option", &Opts{HasOpts: true, Opts: []Opt6{{5, 2}}}, ip6(0, hop(17, u)), false, false},
		{"dst is no hbh", &Opts{Dst: true}, ip6(0, hop(17, u)), false, false},
		{"dst", &Opts{Dst: true}, ip6(60, hop(17, u)), true, false},
		{"hbh cut", &Opts{}, ip6(0, hop(17, nil)[:6]), false, true},
		{"rt", &RT{}, ip6(43, append(rt, u...)), true, false},
		{"rt segs", &RT{HasSegs: true, Segs: U32Range{1, 1}}, ip6(43, append(rt, u...)), true, false},
		{"rt type", &RT{HasType: true, Type: 1}, ip6(43, append(rt, u...)), false, false},
		{"rt addr", &RT{HasType: true, HasAddrs: true, Addrs: []wire.Addr{{Lo: 9}}}, ip6(43, append(rt, u...)), true, false},
		{"rt other addr", &RT{HasType: true, HasAddrs: true, Addrs: []wire.Addr{{Lo: 8}}}, ip6(43, append(rt, u...)), false, false},
		{"rt not strict", &RT{HasType: true, HasAddrs: true, NotStrict: true, Addrs: []wire.Addr{{Lo: 9}}}, ip6(43, append(rt, u...)), true, false},
		{"header soft", &IPv6Header{Soft: true, Flags: HdrHopOpts}, ip6(0, hop(17, u)), true, false},
		{"header strict", &IPv6Header{Flags: HdrHopOpts | HdrProto}, ip6(0, hop(17, u)), true, false},
		{"header strict, more", &IPv6Header{Flags: HdrHopOpts}, ip6(0, hop(17, u)), false, false},
		{"! header", &IPv6Header{Flags: HdrProto, Inv: true}, ip6(17, u), false, false},
		{"header none", &IPv6Header{Flags: HdrNone}, ip6(59, nil), true, false},
		{"eui64", &EUI64{}, func() []byte {
			p := ip6(17, u)
			wire.IPv6(p).SetSrc(wire.Addr{Hi: 0xfe80 << 48, Lo: 0x0000_00ff_fe00_0011})
			return p
		}(), true, false},
		{"no eui64", &EUI64{}, ip6(17, u), false, false},
		{"ah", &AH{SPI: U32Range{0, 0xffffffff}}, ip6(51, append([]byte{17, 1, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0}, u...)), true, false},
		{"ah res", &AH{SPI: U32Range{0, 0xffffffff}, Res: true}, ip6(51, append([]byte{17, 1, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0}, u...)), false, false},
		{"mh", &MH{Min: 5, Max: 5}, ip6(135, []byte{59, 0, 5, 0, 0, 0, 0, 0}), true, false},
		{"mh payload", &MH{Min: 5, Max: 5}, ip6(135, []byte{17, 0, 5, 0, 0, 0, 0, 0}), false, true},
	} {
		w := newBench(t)
		w.family = core.NFIPv6
		p := w.param(c.pkt)
		p.HotDrop = false
		if got := w.ask(c.m, p); got != c.want || p.HotDrop != c.hot {
			t.Errorf("%s: %v hotdrop %v, want %v %v", c.name, got, p.HotDrop, c.want, c.hot)
		}
	}
}

// TestLimit: a full bucket, then one packet per 1/rate.
func TestLimit(t *testing.T) {
	w := newBench(t)
	m := &Limit{Avg: 10000 / 10, Burst: 3} // 10/second burst 3
	if e := w.check(m, 0); e != 0 {
		t.Fatal(e)
	}
	p := w.param(ip4(17, udp(1, 2, "")))
	got := ""
	for i := 0; i < 10; i++ {
		if m.Match(p) {
			got += "y"
		} else {
			got += "n"
		}
		w.m.Clock.RunUntil(w.m.Clock.Now() + 40*sim.Millisecond)
	}
	if got != "yyyynynnyn" {
		t.Errorf("%s", got)
	}
	if e := w.check(&Limit{Avg: 1, Burst: 0}, 0); e != erange {
		t.Errorf("burst 0: %v", e)
	}
	if e := w.check(&Limit{Avg: 0x80000001, Burst: 2}, 0); e != erange {
		t.Errorf("overflow: %v", e)
	}
}

func TestQuotaStatistic(t *testing.T) {
	w := newBench(t)
	p := w.param(ip4(17, udp(1, 2, ""))) // 28 bytes
	q := &Quota{Quota: 60}
	w.check(q, 0)
	n := &Statistic{Nth: true, Every: 2, Packet: 0}
	w.check(n, 0)
	r := &Statistic{Probability: 1 << 30}
	got, nth, hits := "", "", 0
	for i := 0; i < 6; i++ {
		got += map[bool]string{true: "y", false: "n"}[q.Match(p)]
		nth += map[bool]string{true: "y", false: "n"}[n.Match(p)]
	}
	for i := 0; i < 1000; i++ {
		if r.Match(p) {
			hits++
		}
	}
	if got != "yynnnn" || nth != "ynnynn" || hits < 430 || hits > 570 {
		t.Errorf("%s %s %d", got, nth, hits)
	}
}

// TestRecent is the usual brake on new connections.
func TestRecent(t *testing.T) {
	w := newBench(t)
	mask := PlenMask(core.NFIPv4, 32)
	set := &Recent{RName: "ssh", Kind: RecentSet, Mask: mask}
	upd := &Recent{RName: "ssh", Kind: RecentUpdate, Seconds: 60, HitCount: 3, Mask: mask}
	chk := &Recent{RName: "ssh", Kind: RecentRCheck, Seconds: 1, Reap: true, Mask: mask}
	del := &Recent{RName: "ssh", Kind: RecentRemove, Mask: mask}
	for _, m := range []*Recent{set, upd, chk, del} {
		if e := w.check(m, 0); e != 0 {
			t.Fatal(e)
		}
	}
	p := w.param(ip4(6, tcp(2, 1, 22)))
	got := ""
	for i := 0; i < 4; i++ {
		got += map[bool]string{true: "y", false: "n"}[upd.Match(p)]
		set.Match(p)
		w.m.Clock.RunUntil(w.m.Clock.Now() + sim.Second/2)
	}
	if got != "nnny" {
		t.Errorf("update: %s", got)
	}
	w.m.Clock.RunUntil(w.m.Clock.Now() + 2*sim.Second)
	if chk.Match(p) {
		t.Error("rcheck matches after 2 s")
	}
	if n := len(Of(w.ns).RecentTable("ssh").Entries()); n != 0 {
		t.Errorf("%d entries after reap", n)
	}
	set.Match(p)
	if !del.Match(p) || del.Match(p) {
		t.Error("remove")
	}
	if e := w.check(&Recent{RName: "x", Kind: RecentSet, Seconds: 1, Mask: mask}, 0); e != einval {
		t.Errorf("set with seconds: %v", e)
	}
	c := &CheckParam{NS: w.ns}
	for _, m := range []*Recent{set, upd, chk, del} {
		m.Destroy(c)
	}
	if Of(w.ns).RecentTable("ssh") != nil {
		t.Error("the list is still there")
	}
}

func TestHashLimit(t *testing.T) {
	w := newBench(t)
	m := &HashLimit{HName: "h", Mode: HashSIP, Avg: 1000000, Burst: 2, Expire: 1000, GCInterval: 1000, SrcMask: 32, DstMask: 32}
	if e := w.check(m, 0); e != 0 {
		t.Fatal(e)
	}
	p := w.param(ip4(17, udp(1, 2, "")))
	other := ip4(17, udp(1, 2, ""))
	wire.IPv4(other).SetSrc(addr(10, 0, 1, 11))
	q := w.param(other)
	got := ""
	for i := 0; i < 4; i++ {
		got += map[bool]string{true: "y", false: "n"}[m.Match(p)]
	}
	got += map[bool]string{true: "y", false: "n"}[m.Match(q)]
	w.m.Clock.RunUntil(w.m.Clock.Now() + sim.Second/2)
	got += map[bool]string{true: "y", false: "n"}[m.Match(p)]
	w.m.Clock.RunUntil(w.m.Clock.Now() + sim.Second/2)
	got += map[bool]string{true: "y", false: "n"}[m.Match(p)]
	if got != "yynn"+"y"+"n"+"y" {
		t.Error(got)
	}
	if n := len(m.table.Entries()); n != 1 { // the other one's second is over
		t.Errorf("%d entries", n)
	}
	w.m.Clock.RunUntil(w.m.Clock.Now() + 3*sim.Second)
	if n := len(m.table.Entries()); n != 0 {
		t.Errorf("%d entries after a time", n)
	}
	if n := w.m.Clock.Len(); n != 0 {
		t.Errorf("%d timers left", n)
	}
	above := &HashLimit{HName: "a", Mode: HashSIP | HashInvert, Avg: 1000000, Burst: 1, Expire: 1000, GCInterval: 1000, SrcMask: 32}
	w.check(above, 0)
	if above.Match(p) || !above.Match(p) {
		t.Error("above")
	}
	bytes := &HashLimit{HName: "b", Mode: HashBytes, Avg: 0xffffffff / (1000 >> 4), Burst: 0, Expire: 1000, GCInterval: 1000}
	if e := w.check(bytes, 0); e != 0 {
		t.Fatal(e)
	}
	n := 0
	for i := 0; i < 100; i++ {
		if bytes.Match(p) {
			n++
		}
	}
	if n < 25 || n > 36 {
		t.Errorf("%d packets of 28 bytes at 1000 bytes/s", n)
	}
}

func TestConnLimit(t *testing.T) {
	w := newBench(t)
	m := &ConnLimit{Limit: 2, Above: true, Mask: PlenMask(core.NFIPv4, 32)}
	if e := w.check(m, 6); e != 0 {
		t.Fatal(e)
	}
	ct := conntrack.Of(w.ns)
	got := ""
	for i := 0; i < 4; i++ {
		b := w.skb(ip4(6, tcp(2, uint16(1000+i), 80)))
		if !w.ns.Hook(core.NFIPv4, core.PreRouting, w.eth0, nil, nil, b) {
			t.Fatal("lost")
		}
		p := Of(w.ns).enter(w.ns, &w.st, b)
		p.ThOff, p.Family = 20, core.NFIPv4
		got += map[bool]string{true: "y", false: "n"}[m.Match(p)]
		w.ns.Hook(core.NFIPv4, core.PostRouting, nil, w.eth1, nil, b)
		w.m.Clock.RunUntil(w.m.Clock.Now() + sim.Second)
	}
	if got != "nnyy" || ct.Count() != 4 {
		t.Errorf("%s, %d connections", got, ct.Count())
	}
}
