package tcp

import (
	"unsafe"

	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Prefetch asks for the memory of the connection that a segment is about which
// comes next, while there is other work to do: with thousands of connections it
// is not at hand. It changes nothing.
func (t *TCP) Prefetch(laddr, faddr wire.Addr, lport, fport uint16) {
	k := inet.Tuple{Laddr: laddr, Faddr: faddr, Lport: lport, Fport: fport}
	if n := t.Hash.First(&k); n != nil {
		sim.Prefetch(uintptr(unsafe.Pointer(n))-unsafe.Offsetof(Sock{}.node), unsafe.Sizeof(Sock{}))
	}
}

// fetch asks for all of a socket's memory at once, as prefetch does in the
// kernel's drivers. What a segment is about lies in two dozen lines of the
// processor's cache, and with thousands of connections none of them is at hand.
// One by one, as the code comes to them, each is waited for; together they cost
// little more than one. It reads one field of each line (TestFetch) and changes
// nothing that counts.
// Prefetch has asked for it before, where the processor can; part of it has been put
// out again by then.
func (sk *Sock) fetch() {
	s := &sk.Sock
	sk.T.fetched = s.ID + uint32(s.IPID) + uint32(s.RcvSaddr.Lo) + uint32(s.Backlog.Len()) + uint32(s.RcvQueue.Len()) +
		uint32(sk.node.Key.Lport) + uint32(sk.node.Dev) + uint32(sk.ooo.Len()) + uint32(sk.writeTimer.At) + sk.predFlags +
		sk.rcvNxt + sk.writeSeq + sk.rx.tsRecent + sk.srttUs + uint32(sk.sndCwnd) + sk.rack.endSeq + sk.follow.read.win +
		sk.cubic.lastTime + uint32(sk.clockCache) + sk.appLimited + sk.tlpHighSeq + uint32(sk.backoff) + sk.st.segsIn + sk.urgSeq
}
