package tcp

import (
	"os"
	"strconv"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A fuzzer reads its input as decisions; when it is used up, all are zero.
type fuzzer struct {
	*bench
	p     []byte
	sk    *Sock
	peer  uint32 // the peer's numbers count from here
	read  uint32 // the number of the next byte that the program reads
	began bool
	gone  bool   // the program has let go
	fin   uint32 // where the peer's first FIN lies, if there was one
	fins  bool
}

func (f *fuzzer) byte() byte {
	if len(f.p) == 0 {
		return 0
	}
	c := f.p[0]
	f.p = f.p[1:]
	return c
}

func (f *fuzzer) below(n int) int { return int(f.byte()) % n }

// near is a number at or near one of some that mean something.
func (f *fuzzer) near(v ...uint32) uint32 {
	c := f.byte()
	base := v[int(c)%len(v)]
	switch c >> 5 {
	case 0, 1, 2, 3:
		return base
	case 4:
		return base + uint32(f.byte())
	case 5:
		return base - uint32(f.byte())
	case 6:
		return base + uint32(f.byte())*257
	}
	return base + uint32(f.byte())<<24
}

// dataAt is the byte that the peer's stream has at a number.
func dataAt(seq uint32) byte { return byte(seq*31>>3 ^ seq) }

// begin brings a socket into a state.
func (f *fuzzer) begin() {
	b := f.bench
	f.peer = irs
	sy := &b.ns.Sysctl
	opt := f.byte()
	sy.TCPRmem[1] = [...]int{131072, 4608, 16384, 9000}[opt&3]
	sy.TCPShrinkWindow = int(opt >> 2 & 1)
	sy.TCPRecovery = int(opt >> 3 & 1)
	sy.TCPCongestionControl = [...]string{"cubic", "reno", "bbr", "vegas"}[opt>>4&3]
	h := f.byte()
	syn := tseg{flags: "S", mss: []int{1000, 1460, 88, 536}[h&3], sackOK: h&4 == 0}
	if h&8 != 0 {
		syn.ts = [2]uint32{1000, 0}
	}
	if h&16 != 0 {
		syn.ws = 8
	}
	if f.byte()&7 == 7 { // our side connects
		f.sk = b.tcp.newSock(core.AFInet)
		f.sk.Bind(here, 80)
		f.sk.Connect(there, 4000)
		return
	}
	b.listen()
	b.rx(syn)
	if f.byte()&15 == 15 {
		return // half-open
	}
	ack := tseg{flags: "A", seq: 1, ack: 1, win: 30000}
	if syn.ts[0] != 0 {
		ack.ts = [2]uint32{1001, uint32(b.ns.Clock.Now() / sim.Millisecond)}
	}
	b.rx(ack)
	f.accept()
}

func (f *fuzzer) accept() {
	if f.sk == nil && f.lis != nil {
		if f.sk = f.lis.Accept(); f.sk != nil {
			f.read, f.began = f.sk.copiedSeq, true
		}
	}
}

// segment makes one of the peer's segments and lets it in.
func (f *fuzzer) segment() {
	sk := f.sk
	s := tseg{win: 30000}
	rcv, una, nxt := uint32(irs+1), f.iss+1, f.iss+1
	if sk != nil {
		rcv, una, nxt = sk.rcvNxt, sk.sndUna, sk.sndNxt
		if sk.State == core.TCPSynSent {
			rcv, una = irs, nxt
		}
	}
	lists := []uint32{rcv}
	if sk != nil && sk.ooo.Len() > 0 {
		lists = append(lists, sk.ooo.Front().CB.Seq, sk.ooo.Back().CB.EndSeq, sk.rcvNxt+sk.receiveWindow())
	}
	seq := f.near(lists...)
	acks := []uint32{una, nxt}
	if sk != nil && sk.rtx.Front() != nil {
		acks = append(acks, sk.rtx.Front().CB.EndSeq, sk.highSeq)
	}
	ack := f.near(acks...)
	fl := f.byte()
	for i, c := range "FSRPU" {
		if fl>>i&1 != 0 && (i == 3 || f.byte()&3 == 0) {
			s.flags += string(c)
		}
	}
	if fl>>5&7 != 7 {
		s.flags += "A"
	}
	if sk != nil && sk.State == core.TCPSynSent && f.byte()&1 == 0 {
		s.flags, s.mss, s.sackOK = "SA", 1000, true
	}
	n := f.byte()
	switch n >> 6 {
	case 1:
		s.n = int(n & 63)
	case 2:
		s.n = 1000
	case 3:
		s.n = int(n&63) * 100
	}
	if w := f.byte(); w&3 == 3 {
		s.win = int(w>>2) * 64
		if w == 255 {
			s.win = -1 // none
		}
	}
	o := f.byte()
	if sk != nil && sk.rx.tstampOK && o&1 == 0 {
		s.ts = [2]uint32{f.near(sk.rx.tsRecent+1, sk.rx.tsRecent), f.near(sk.tsNow(), sk.retransStamp)}
	}
	for k := range int(o >> 1 & 3) {
		x := f.near(acks...) - f.iss
		s.sack = append(s.sack, int(x), int(x)+int(f.byte())*10+k)
	}
	s.seq, s.ack = int(seq-irs), int(ack-f.iss)
	s.data = make([]byte, s.n)
	first := seq
	if flagsOf(s.flags).Has(wire.TCPSyn) {
		first++
	}
	for i := range s.data {
		s.data[i] = dataAt(first + uint32(i))
	}
	if flagsOf(s.flags).Has(wire.TCPFin) {
		if at := first + uint32(s.n); !f.fins || before(at, f.fin) {
			f.fin, f.fins = at, true
		}
	}
	b := f.bench
	b.sent = nil
	b.rx(s)
}

// program is something that the program does.
func (f *fuzzer) program() {
	sk := f.sk
	if sk == nil || f.gone {
		return
	}
	switch f.below(8) {
	case 0, 1:
		f.readSome(1 + int(f.byte())*40)
	case 2, 3:
		sk.Send(make([]byte, 1+int(f.byte())*50), 0)
	case 4:
		sk.Shutdown(core.SendShutdown)
	case 5:
		setOption(sk, optNoDelay, int(f.byte()&1))
	case 6:
		sk.RcvBuf, sk.RcvBufLocked = int32(2304+int(f.byte())*100), true
	case 7:
		if f.byte()&7 == 0 {
			sk.Linger = f.byte()&1 == 0
			f.gone = true
			sk.Close()
		}
	}
}

// readSome reads, and holds what comes to the stream's order.
func (f *fuzzer) readSome(n int) {
	if !f.began {
		if f.sk.State == core.TCPSynSent || f.sk.State == core.TCPClose {
			return
		}
		f.read, f.began = f.sk.copiedSeq, true
	}
	buf := make([]byte, n)
	k, _ := f.sk.Recv(buf, 0)
	for i, c := range buf[:k] {
		// What a peer sends behind its own FIN is joined with what is before it,
		// in Linux too.
		if c != dataAt(f.read) && (!f.fins || before(f.read, f.fin)) {
			f.t.Fatalf("byte %d of %d read, number %d, is %#x, not %#x", i, k, f.read-irs, c, dataAt(f.read))
		}
		f.read++
	}
}

// FuzzSegments: whatever segments come in whatever state, whatever the program
// does and however time passes: what has arrived is read once and in order, the
// books of the queues are right, the memory is bounded and given back.
func FuzzSegments(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 0, 2, 2, 40, 1, 0, 0, 0x80, 0, 0x80, 0, 0, 1, 0, 0, 0x40, 0, 0, 0, 3, 200})
	f.Add([]byte{1, 8, 0, 0, 1, 0x84, 9, 0, 0, 0xc9, 0, 0, 1, 0xa0, 5, 0, 0, 0xff, 0, 0, 3, 30, 2, 0, 255})
	f.Add([]byte{0x10, 0x1c, 7, 0, 1, 0, 0, 0, 0, 0, 2, 2, 255, 1, 0, 1, 0, 0, 0, 6, 2, 1, 3, 3, 255, 1, 2, 3})
	f.Fuzz(segments)
}

// TestSegments does the same with random inputs, so that each test run sees
// some. PACKETWALK_SEGMENTS=100000 makes it that many.
func TestSegments(t *testing.T) {
	n := 300
	if s := os.Getenv("PACKETWALK_SEGMENTS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	seed := 0
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	for ; seed < n; seed++ {
		r := sim.NewRand(uint64(seed + 1))
		p := make([]byte, 100+r.Below(1500))
		for i := range p {
			p[i] = byte(r.Uint32())
		}
		segments(t, p)
	}
}

func segments(t *testing.T, p []byte) {
	if len(p) > 4000 {
		p = p[:4000]
	}
	x := &fuzzer{bench: newBench(t), p: p}
	x.begin()
	peak := int32(0)
	for len(x.p) > 0 {
		x.accept()
		switch x.below(4) {
		case 0, 1:
			x.segment()
		case 2:
			x.program()
		case 3:
			d := x.byte()
			x.run(sim.Time(d) * [...]sim.Time{sim.Millisecond, 10 * sim.Millisecond, sim.Second / 4, 4 * sim.Second}[d&3])
		}
		if x.sk == nil {
			continue
		}
		if err := x.sk.laws(); err != nil {
			t.Fatal(err)
		}
		peak = max(peak, x.sk.RmemAlloc)
		// One packet may come in when the buffer is just full, and the buffer
		// may have been larger before.
		if limit := int32(x.ns.Sysctl.TCPRmem[2]) + 70000; peak > limit {
			t.Fatalf("%d bytes of receive memory, more than %d", peak, limit)
		}
	}
	x.end(t)
}

// end closes everything and looks at what is left.
func (f *fuzzer) end(t *testing.T) {
	f.accept()
	if f.sk != nil && !f.gone {
		for range 200 {
			before := f.sk.RcvQueue.Len()
			f.readSome(1 << 20)
			if before == 0 {
				break
			}
		}
		f.sk.Close()
	}
	if f.lis != nil {
		f.lis.Close()
	}
	f.run(8000 * sim.Second)
	if f.m.Allocated != f.m.Freed {
		t.Fatalf("%d buffers made, %d freed", f.m.Allocated, f.m.Freed)
	}
	if sk := f.sk; sk != nil && (sk.RmemAlloc != 0 || sk.WmemQueued != 0 || sk.WmemAlloc != 1 || sk.ForwardAlloc < 0) {
		t.Fatalf("memory is left: received %d, queued %d, below %d, forward %d", sk.RmemAlloc, sk.WmemQueued, sk.WmemAlloc-1, sk.ForwardAlloc)
	}
	if f.tcp.Hash.Len() != 0 || f.tcp.Orphans != 0 || f.tcp.TWCount != 0 {
		t.Fatalf("left: %d nodes, %d orphans, %d TIME_WAIT", f.tcp.Hash.Len(), f.tcp.Orphans, f.tcp.TWCount)
	}
}
