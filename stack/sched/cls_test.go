package sched

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A bench is a device with clsact, whose driver keeps what it gets.
type bench struct {
	ns *core.Netns
	d  *core.Device
	g  *keep
}

// keep is a driver that keeps the frames.
type keep struct{ frames [][]byte }

func (g *keep) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	f := make([]byte, b.Len())
	b.CopyBits(0, f)
	g.frames = append(g.frames, f)
	d.NS.Sent(b, false, step.DevHardStartXmit)
	return core.TxOK
}

func newBench() *bench {
	ns, d, _ := setup()
	g := &keep{}
	d.Ops, d.Qdisc = g, nil
	d.NumTxQueues = 4
	NewIngress(d, true)
	return &bench{ns, d, g}
}

// add adds a filter at egress.
func (x *bench) add(t *testing.T, r FilterReq) {
	t.Helper()
	r.Dev, r.Create, r.Excl, r.KindGiven = x.d, true, true, true
	if r.Parent == 0 {
		r.Parent = ClassEgress
	}
	if r.Protocol == 0 {
		r.Protocol = 0x0800
	}
	r.ActsGiven = r.Acts != nil
	if bad := NewFilter(&r); bad.Err != 0 {
		t.Fatalf("%v: %s", bad.Err, bad)
	}
}

// ip is an Ethernet frame with an IPv4 packet.
func ip(proto byte, src, dst uint32, l4 ...byte) []byte {
	f := make([]byte, 34+len(l4))
	copy(f, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0x10, 0, byte(20 + len(l4)), 0, 7, 0x40, 0, 64, proto, 0, 0})
	put16(f[26:], uint16(src>>16))
	put16(f[28:], uint16(src))
	put16(f[30:], uint16(dst>>16))
	put16(f[32:], uint16(dst))
	put16(f[24:], wire.Fold(wire.Checksum(f[14:34], 0)))
	copy(f[34:], l4)
	return f
}

// frame is a packet to be sent.
func (x *bench) frame(f []byte) *core.SKB {
	b := x.ns.AllocSKB(core.Headroom, len(f), 0)
	copy(b.Put(len(f)), f)
	b.ResetMAC()
	b.Network = b.Offset() + 14
	b.MACLen = 14
	b.Protocol = uint16(f[12])<<8 | uint16(f[13])
	b.Dev = x.d
	return b
}

// send sends a frame; it reports whether it left.
func (x *bench) send(f []byte) bool {
	n := len(x.g.frames)
	x.ns.DevQueueXmit(x.frame(f))
	return len(x.g.frames) > n
}

func drop() []ActSpec {
	return []ActSpec{{Kind: ActGact, Control: TCActShot, Params: &GactParams{}}}
}

// Which packets a flower matches.
func TestFlower(t *testing.T) {
	key := func(f FlowerField, v, m uint64) FlowerKey {
		k := FlowerKey{Field: f}
		for i := range f.Size() {
			s := 8 * (f.Size() - 1 - i)
			k.Val[i], k.Mask[i] = byte(v>>s), byte(m>>s)
		}
		return k
	}
	all := ^uint64(0)
	tcp := func(sport, dport uint16, flags byte) []byte {
		return ip(6, 0x0a000001, 0x0a000002, byte(sport>>8), byte(sport), byte(dport>>8), byte(dport), 0, 0, 0, 0, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0)
	}
	frag := ip(6, 0x0a000001, 0x0a000002, 0, 80, 0, 80, 1, 2, 3, 4)
	frag[20] = 0x20
	later := ip(6, 0x0a000001, 0x0a000002, 0, 80, 0, 80, 1, 2, 3, 4)
	later[21] = 5
	arp := append([]byte{255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1}, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2)
	six := make([]byte, 14+40+8)
	copy(six, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, 58, 9})
	six[22], six[37], six[38], six[53], six[54] = 0xfe, 1, 0xff, 2, 135
	tagged := append(append(append([]byte{}, tcp(1, 80, 2)[:12]...), 0x81, 0, 0x60, 5), tcp(1, 80, 2)[12:]...)
	for i, c := range []struct {
		proto uint16
		frame []byte
		keys  []FlowerKey
		want  bool
	}{
		{0x0800, tcp(1, 80, 2), []FlowerKey{key(FlowerEthType, 0x0800, all), key(FlowerIPProto, 6, all), key(FlowerDport, 80, all)}, true},
		{0x0800, tcp(1, 81, 2), []FlowerKey{key(FlowerDport, 80, all)}, false},
		{0x0800, tcp(1, 81, 2), []FlowerKey{key(FlowerDport, 80, 0xfffe)}, true},
		{0x0800, tcp(1, 85, 2), []FlowerKey{key(FlowerDportRange, 80, 90)}, true},
		{0x0800, tcp(1, 91, 2), []FlowerKey{key(FlowerDportRange, 80, 90)}, false},
		{0x0800, tcp(80, 1, 2), []FlowerKey{key(FlowerSportRange, 80, 90)}, true},
		{0x0800, tcp(1, 80, 0x12), []FlowerKey{key(FlowerTCPFlags, 2, 0x12)}, false},
		{0x0800, tcp(1, 80, 0x0a), []FlowerKey{key(FlowerTCPFlags, 2, 0x12)}, true},
		{0x0800, tcp(1, 80, 2), []FlowerKey{key(FlowerIP4Src, 0x0a0000ff, 0xffffff00)}, true},
		{0x0800, tcp(1, 80, 2), []FlowerKey{key(FlowerIP4Dst, 0x0a000001, 0xffffffff)}, false},
		{0x0800, tcp(1, 80, 2), []FlowerKey{key(FlowerTOS, 0x10, 0xff), key(FlowerTTL, 64, 0xff)}, true},
		{0x0800, tcp(1, 80, 2), []FlowerKey{key(FlowerEthDst, 0x020000000002, all)}, true},
		{0x0800, tcp(1, 80, 2), []FlowerKey{key(FlowerEthSrc, 0x020000000003, all)}, false},
		{0x0800, tcp(1, 80, 2), []FlowerKey{key(FlowerIPFlags, 0, FlowerFrag)}, true},
		{0x0800, frag, []FlowerKey{key(FlowerIPFlags, FlowerFrag|FlowerFirstFrag, FlowerFrag|FlowerFirstFrag)}, true},
		{0x0800, later, []FlowerKey{key(FlowerIPFlags, FlowerFrag, FlowerFrag|FlowerFirstFrag)}, true},
		{0x0800, frag, []FlowerKey{key(FlowerDport, 80, all)}, false}, // a fragment's ports are not read
		{0x0800, ip(1, 1, 2, 8, 0, 0, 0), []FlowerKey{key(FlowerICMPType, 8, 0xff), key(FlowerICMPCode, 0, 0xff)}, true},
		{0x0800, ip(1, 1, 2, 0, 0, 0, 0), []FlowerKey{key(FlowerICMPType, 8, 0xff)}, false},
		{0x0806, arp, []FlowerKey{key(FlowerARPOp, 1, 0xff), key(FlowerARPTip, 0x0a000002, all), key(FlowerARPSha, 0x020000000001, all)}, true},
		{0x0806, arp, []FlowerKey{key(FlowerARPOp, 2, 0xff)}, false},
		{0x86dd, six, []FlowerKey{key(FlowerICMPType, 135, 0xff), key(FlowerTTL, 9, 0xff), key(FlowerAddrType, FlowerAddr6, 0xff)}, true},
		{0x86dd, six, []FlowerKey{key(FlowerAddrType, FlowerAddr4, 0xff)}, false},
		{0x8100, tagged, []FlowerKey{key(FlowerVlanID, 5, 0xfff), key(FlowerVlanPrio, 3, 7), key(FlowerVlanEthType, 0x0800, all), key(FlowerDport, 80, all)}, true},
		{0x8100, tagged, []FlowerKey{key(FlowerVlanID, 6, 0xfff)}, false},
		{0x8100, tagged, []FlowerKey{key(FlowerNumVlans, 1, 0xff)}, true},
		{0x0800, ip(6, 1, 2, 0), []FlowerKey{key(FlowerDport, 0, all)}, true}, // what is not there counts as 0
	} {
		x := newBench()
		x.add(t, FilterReq{Kind: FilterFlower, Protocol: c.proto, Opts: &FlowerParams{Keys: c.keys}, Acts: drop()})
		if got := !x.send(c.frame); got != c.want {
			t.Errorf("%d: %v, want %v", i, got, c.want)
		}
		leaks(t, x.ns)
	}
}

// Every length of every kind of frame, whole or cut, is looked at without harm.
func TestFlowerShort(t *testing.T) {
	x := newBench()
	x.add(t, FilterReq{Kind: FilterFlower, Protocol: ethPAll, Opts: &FlowerParams{Keys: []FlowerKey{{Field: FlowerDport, Val: [16]byte{1}, Mask: [16]byte{255}}}}})
	x.add(t, FilterReq{Kind: FilterU32, Protocol: ethPAll, Prio: 9, Opts: &U32Params{Sel: &U32Sel{Flags: U32Terminal, Keys: []U32Key{{Val: 1, Mask: 255, Off: 40}, {Mask: 1, Off: -14}}}}})
	for typ, l3 := range map[uint16]byte{0x0800: 0x45, 0x86dd: 0x60, 0x0806: 0, 0x8100: 0} {
		for n := 15; n < 90; n++ {
			for _, next := range []byte{0, 6, 44, 58, 43, 51} {
				f := make([]byte, n)
				put16(f[12:], typ)
				f[14] = l3
				if n > 23 {
					f[20], f[23] = next, next
				}
				x.send(f)
			}
		}
	}
	leaks(t, x.ns)
}

// Filters of chains that lead to each other in a circle end, with the kernel's reason.
func TestReclassifyLoop(t *testing.T) {
	x := newBench()
	x.add(t, FilterReq{Kind: FilterMatchall, Opts: &MatchallParams{}, Acts: []ActSpec{{Kind: ActGact, Control: TCActGotoChain | 7, Params: &GactParams{}}}})
	x.add(t, FilterReq{Kind: FilterMatchall, Chain: 7, Opts: &MatchallParams{}, Acts: []ActSpec{{Kind: ActGact, Control: TCActReclassify, Params: &GactParams{}}}})
	k := &x.d.Ingress.(*Ingress).side[core.TcEgress].block
	b := x.frame(ip(17, 1, 2))
	if v, r := k.Classify(x.ns, b); v != TCActShot || r.Drop != step.DropTCReclassifyLoop {
		t.Errorf("%v %v", v, r.Drop)
	}
	x.ns.Free(b)
	n := GetAction(x.ns, ActGact, 1).Base().Packets + GetAction(x.ns, ActGact, 2).Base().Packets
	if n != 17 { // 16 rounds more than the first
		t.Errorf("%d actions were done", n)
	}
}

// A link to a table that leads back to the same filters is given up.
func TestU32Circle(t *testing.T) {
	x := newBench()
	x.add(t, FilterReq{Kind: FilterU32, Prio: 1, Handle: 1 << 20, Opts: &U32Params{Divisor: 1}})
	for range 3 {
		x.add(t, FilterReq{Kind: FilterU32, Prio: 1, Opts: &U32Params{Table: 1 << 20, Link: 1 << 20, LinkGiven: true, Sel: &U32Sel{}}})
	}
	x.add(t, FilterReq{Kind: FilterU32, Prio: 1, Opts: &U32Params{Link: 1 << 20, LinkGiven: true, Sel: &U32Sel{}}})
	if !x.send(ip(17, 1, 2)) {
		t.Error("the packet did not go on")
	}
}

// A bucket of 300 bytes that fills with 1000 bytes a second: of packets of 100 bytes
// every 10 ms three pass, and then one whenever there are tokens.
func TestPolice(t *testing.T) {
	x := newBench()
	x.add(t, FilterReq{Kind: FilterMatchall, Opts: &MatchallParams{}, Acts: []ActSpec{{Kind: ActPolice, Control: TCActShot,
		Params: &PoliceParams{Rate: Rate{Bytes: 1000}, Burst: 300 * sim.Millisecond, CellLog: 3}}}})
	got := ""
	for range 30 {
		if x.send(ip(17, 1, 2, make([]byte, 66)...)) {
			got += "+"
		} else {
			got += "-"
		}
		x.ns.Clock.RunUntil(x.ns.Clock.Now() + 10*sim.Millisecond)
	}
	if want := "+++-------+---------+---------"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	b := GetAction(x.ns, ActPolice, 1).Base()
	if b.Packets != 30 || b.Bytes != 3000 || b.Drops != 25 || b.Overlimits != 25 {
		t.Errorf("%+v", b)
	}
	x = newBench() // by length only
	x.add(t, FilterReq{Kind: FilterMatchall, Opts: &MatchallParams{}, Acts: []ActSpec{{Kind: ActPolice, Control: TCActShot, Params: &PoliceParams{MTU: 100}}}})
	if !x.send(ip(17, 1, 2, make([]byte, 66)...)) || x.send(ip(17, 1, 2, make([]byte, 67)...)) {
		t.Error("the longest packet is 100 bytes")
	}
}

// pedit writes what it is told to, and csum makes the checksums right again.
func TestPeditCsum(t *testing.T) {
	x := newBench()
	x.add(t, FilterReq{Kind: FilterMatchall, Opts: &MatchallParams{}, Acts: []ActSpec{
		{Kind: ActPedit, Control: TCActPipe, Params: &PeditParams{Extended: true, Keys: []PeditKey{
			{Header: PeditIP4, Off: 16, Val: 0x01020304},
			{Header: PeditIP4, Off: 8, Add: true, Val: 0xff000000, Mask: 0x00ffffff}, // ttl, one less
			{Header: PeditEth, Off: 4, Val: 0xbbcc, Mask: 0xffff0000},
			{Header: PeditUDP, Off: 0, Val: 53, Mask: 0xffff0000},
		}}},
		{Kind: ActCsum, Control: TCActOK, Params: &CsumParams{Flags: CsumIPv4 | CsumUDP}},
	}})
	if !x.send(ip(17, 0x0a000001, 0x0a000002, 0, 7, 0, 9, 0, 12, 1, 1, 'a', 'b', 'c', 'd')) {
		t.Fatal("it did not go")
	}
	f := x.g.frames[0]
	h := wire.IPv4(f[14:34])
	if h.Dst() != 0x01020304 || h.TTL() != 63 || f[6] != 0xbb || f[7] != 0xcc || num(f[34:38]) != 7<<16|53 {
		t.Errorf("% x", f)
	}
	if wire.Fold(wire.Checksum(f[14:34], 0)) != 0 {
		t.Error("the header's checksum is wrong")
	}
	if wire.Fold(wire.Checksum(f[34:], wire.PseudoHeader4(h.Src(), h.Dst(), 17, 12))) != 0 {
		t.Error("UDP's checksum is wrong")
	}
	x = newBench() // beyond the packet: the action gives up, and the packet goes on
	x.add(t, FilterReq{Kind: FilterMatchall, Opts: &MatchallParams{}, Acts: []ActSpec{{Kind: ActPedit, Params: &PeditParams{Keys: []PeditKey{{Off: 400}, {Off: 12, Val: 5}}}}}})
	f = ip(17, 1, 2)
	if !x.send(f) || string(x.g.frames[0]) != string(f) || GetAction(x.ns, ActPedit, 1).Base().Overlimits != 1 {
		t.Error("an offset beyond the packet")
	}
}

// Tags are put on, changed and taken off, beside the packet and in it.
func TestVlanAction(t *testing.T) {
	act := func(p VlanParams) ActSpec { return ActSpec{Kind: ActVlan, Control: TCActPipe, Params: &p} }
	plain := ip(17, 1, 2)
	tagged := append(append(append([]byte{}, plain[:12]...), 0x81, 0, 0xa0, 5), plain[12:]...)
	for i, c := range []struct {
		in   []byte
		acts []ActSpec
		want string // tags on the wire
	}{
		{plain, []ActSpec{act(VlanParams{Do: VlanPush, ID: 7, Priority: 3})}, "6007"},
		{plain, []ActSpec{act(VlanParams{Do: VlanPush, ID: 7}), act(VlanParams{Do: VlanPush, ID: 8})}, "0008 0007"},
		{plain, []ActSpec{act(VlanParams{Do: VlanPop})}, ""},
		{plain, []ActSpec{act(VlanParams{Do: VlanModify, ID: 9})}, ""},
		{tagged, []ActSpec{act(VlanParams{Do: VlanPop})}, ""},
		{tagged, []ActSpec{act(VlanParams{Do: VlanModify, ID: 9})}, "a009"},
		{tagged, []ActSpec{act(VlanParams{Do: VlanModify, ID: 9, Priority: 1, PriorityGiven: true})}, "2009"},
		{tagged, []ActSpec{act(VlanParams{Do: VlanPush, ID: 1}), act(VlanParams{Do: VlanPop})}, "a005"},
	} {
		x := newBench()
		x.add(t, FilterReq{Kind: FilterMatchall, Protocol: ethPAll, Opts: &MatchallParams{}, Acts: c.acts})
		if !x.send(c.in) {
			t.Errorf("%d: lost", i)
			continue
		}
		f, got := x.g.frames[0], []byte{}
		for len(f) > 16 && num(f[12:14]) == 0x8100 {
			if len(got) > 0 {
				got = append(got, ' ')
			}
			got = appendHex(got, uint32(num(f[14:16])), 4)
			f = append(append([]byte{}, f[:12]...), f[16:]...)
		}
		if string(got) != c.want || string(f) != string(plain) {
			t.Errorf("%d: tags %q, want %q; % x", i, got, c.want, f)
		}
	}
}

// Every third packet, and a lot that is the same each time.
func TestGactChance(t *testing.T) {
	for _, c := range []struct {
		p    GactParams
		want string
	}{
		{GactParams{How: GactDeterm, Val: 3, Else: TCActShot}, "++-++-++-++-"},
		{GactParams{How: GactNetrand, Val: 1, Else: TCActShot}, "------------"},
	} {
		x, got := newBench(), ""
		x.add(t, FilterReq{Kind: FilterMatchall, Opts: &MatchallParams{}, Acts: []ActSpec{{Kind: ActGact, Params: &c.p}}})
		for range 12 {
			got += map[bool]string{true: "+", false: "-"}[x.send(ip(17, 1, 2))]
		}
		if got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// A copy of the machine has filters, actions and counters of its own, and goes on in
// the same way.
func TestFilterFork(t *testing.T) {
	x := newBench()
	x.add(t, FilterReq{Kind: FilterU32, Prio: 1, Handle: 1 << 20, Opts: &U32Params{Divisor: 4}})
	x.add(t, FilterReq{Kind: FilterU32, Prio: 1, Opts: &U32Params{Link: 1 << 20, LinkGiven: true, Sel: &U32Sel{HMask: 3, HOff: 12}}})
	x.add(t, FilterReq{Kind: FilterU32, Prio: 1, Opts: &U32Params{Table: 1<<20 | 2<<12, Sel: &U32Sel{Flags: U32Terminal}}, Acts: []ActSpec{{Kind: ActGact, Params: &GactParams{How: GactNetrand, Val: 2, Else: TCActShot}}}})
	x.add(t, FilterReq{Kind: FilterFlower, Prio: 2, Opts: &FlowerParams{}, Acts: []ActSpec{{Kind: ActPolice, Control: TCActShot, Params: &PoliceParams{Rate: Rate{Bytes: 1000}, Burst: 200 * sim.Millisecond, CellLog: 3}}}})
	run := func(x *bench) (s string) {
		for i := range uint32(40) {
			s += map[bool]string{true: "+", false: "-"}[x.send(ip(17, 0x0a000000+i, 2))]
			x.ns.Clock.RunUntil(x.ns.Clock.Now() + sim.Millisecond)
		}
		return s
	}
	run(x)
	y, _ := sim.Fork(x)
	before := GetAction(x.ns, ActGact, 1).Base().Packets
	a := run(y)
	if GetAction(x.ns, ActGact, 1).Base().Packets != before {
		t.Error("they share a counter")
	}
	if b := run(x); a != b {
		t.Errorf("\n%s\n%s", a, b)
	}
	if p, q := GetAction(x.ns, ActPolice, 1).Base(), GetAction(y.ns, ActPolice, 1).Base(); p.Packets != q.Packets || p.Drops != q.Drops || p.Packets == 0 {
		t.Errorf("%+v %+v", p, q)
	}
	x.d.Ingress.(*Ingress).Destroy()
	if x.d.Tcx != [2]core.TcEntry{} || GetAction(x.ns, ActGact, 1) != nil || len(netOf(x.ns).u32s) != 0 {
		t.Error("something stays behind when the discipline goes")
	}
}
