package tcp
import ("testing";"fmt";"os";"strconv";"github.com/packetwalk/packetwalk/stack/sim";"github.com/packetwalk/packetwalk/stack/core")
func TestZD(t *testing.T) {
	n0,_ := strconv.Atoi(os.Getenv("ZD")); if n0==0 {t.Skip()}
	r := sim.NewRand(uint64(n0+1))
	p := make([]byte, 100+r.Below(1500))
	for i := range p { p[i] = byte(r.Uint32()) }
	x := &fuzzer{bench: newBench(t), p: p}
	x.begin()
	for n := 0; len(x.p) > 0; n++ {
		x.accept()
		k := x.below(4)
		switch k {
		case 0, 1: x.segment()
		case 2: x.program()
		case 3:
			d := x.byte()
			x.run(sim.Time(d) * [...]sim.Time{sim.Millisecond, 10 * sim.Millisecond, sim.Second / 4, 4 * sim.Second}[d&3])
		}
		if x.sk == nil { continue }
		sk := x.sk
		fmt.Println(n, k, sk.now(), "una", sk.sndUna-x.iss, "nxt", sk.sndNxt-x.iss, "p/s/l/r", sk.packetsOut, sk.sackedOut, sk.lostOut, sk.retransOut, "ca", sk.caState, "reno", sk.isReno(), "rcv", sk.copiedSeq-irs, sk.rcvNxt-irs, "st", sk.State, "read", x.read-irs, "rmem", sk.RmemAlloc, sk.RcvBuf)
		show := func(s string, b *core.SKB) {
			d := make([]byte, b.Len()); b.CopyBits(0, d)
			bad := ""
			for i := range d { if d[i] != dataAt(b.CB.Seq+uint32(i)) { bad = fmt.Sprint("BAD at ", i); break } }
			fmt.Print("  ",s,"[", b.CB.Seq-irs, " ", b.CB.EndSeq-irs, " ", b.Len(), " ", b.HeadLen()," ", len(b.Frags), " f", b.CB.TCPFlags, bad, "]")
		}
		for b := sk.RcvQueue.Front(); b != nil; b = b.Next() { show("r", b) }
		for b := sk.ooo.Front(); b != nil; b = b.Next() { show("o", b) }
		fmt.Println()
		if err := x.sk.laws(); err != nil { t.Fatal(err) }
	}
}
