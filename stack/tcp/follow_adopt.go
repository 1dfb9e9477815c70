package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// EnsureListener returns a socket that listens on addr (zero: any) and port,
// and makes one if there is none.
func (t *TCP) EnsureListener(addr wire.Addr, port uint16) *Sock {
	for _, l := range t.Hash.Listeners(port) {
		if addr.IsZero() || inet.Score(l, addr, 0) >= 0 {
			return asSock(l)
		}
	}
	family := uint16(core.AFInet)
	if !addr.IsZero() && !addr.Is4() {
		family = core.AFInet6
	}
	sk := t.newSock(family)
	if sk.af == nil {
		return nil
	}
	sk.Reuse, sk.ReusePort = true, true
	if family == core.AFInet {
		sk.Saddr, sk.RcvSaddr = addr, addr
		if addr.IsZero() {
			sk.Saddr = v4Any
		}
	} else {
		sk.Saddr, sk.RcvSaddr = addr, addr
	}
	sk.Sport, sk.bindBucket, sk.bound = port, port, true
	t.Hash.Bind(&sk.Sock, port)
	sk.Listen(4096)
	return sk
}

// FollowAdopt makes sure that a connection exists for a segment that comes in,
// or that was sent: h is the segment's header, as seen from this side. A
// connection that began before the capture is joined in the middle.
func (t *TCP) FollowAdopt(laddr, faddr wire.Addr, lport, fport uint16, h wire.TCP) *Sock {
	k := inet.Tuple{Laddr: laddr, Faddr: faddr, Lport: lport, Fport: fport}
	switch o := t.Hash.Lookup(&k, 0).(type) {
	case *Sock:
		o.fetch()
		return o
	case *Request, *TimeWait:
		return nil
	}
	if !h.Valid() || h.Flags()&(wire.TCPSyn|wire.TCPRst) != 0 || !h.Flags().Has(wire.TCPAck) {
		return nil
	}
	sk := t.adopt(k)
	if sk == nil {
		return nil
	}
	sk.adoptNumbers(h, h.Ack(), h.Seq())
	sk.sndWnd = uint32(h.Window())
	sk.adoptDone()
	return sk
}

func (t *TCP) followAdoptSKB(b *core.SKB) *Sock {
	h := wire.TCP(b.Data())
	_, l, f, _ := t.familyOf(b)
	return t.FollowAdopt(l, f, h.DstPort(), h.SrcPort(), h)
}

// adopt makes a socket for a connection, not yet in any state.
func (t *TCP) adopt(k inet.Tuple) *Sock {
	family := uint16(core.AFInet6)
	if k.Laddr.Is4() {
		family = core.AFInet
	}
	sk := t.newSock(family)
	if sk.af == nil {
		return nil
	}
	sk.Saddr, sk.Daddr, sk.RcvSaddr, sk.Sport, sk.Dport = k.Laddr, k.Faddr, k.Laddr, k.Lport, k.Fport
	sk.node.Key = k
	t.Hash.Insert(&sk.node)
	sk.bindBucket, sk.bound, sk.autoPort = k.Lport, true, true
	t.Hash.Bind(&sk.Sock, k.Lport)
	sk.setIPID()
	if d, e := sk.af.route(sk); e == 0 {
		sk.DstCache = d
	}
	return sk
}

// adoptNumbers takes over sequence numbers and options in the middle.
func (sk *Sock) adoptNumbers(h wire.TCP, snd, rcv uint32) {
	sk.follow.lenient = true
	sk.sndUna, sk.sndNxt, sk.writeSeq, sk.sndSml, sk.pushedSeq, sk.sndUp = snd, snd, snd, snd, snd, snd
	sk.rcvNxt, sk.rcvWup, sk.copiedSeq = rcv, rcv, rcv
	sk.sndWl1 = rcv
	o := &sk.T.opt
	wire.ParseTCPOptions(h.Options(), o)
	sk.rx.tstampOK = o.HasTS
	sk.rx.sackOK = true
	sk.headerLen = wire.TCPMinLen
	if o.HasTS {
		sk.headerLen += 12
	}
	sk.advmss = 1460
	sk.rx.mssClamp = 1460
	sk.maxWindow = 65535
	sk.rcvWnd = 65535
}

// adoptDone puts an adopted connection into ESTABLISHED.
func (sk *Sock) adoptDone() {
	ns := sk.NS
	ns.Note(&sk.Sock, step.WhyFollowJoined, sk.Daddr.Hi, sk.Daddr.Lo, uint64(sk.Dport), uint64(sk.sndNxt), uint64(sk.rcvNxt))
	mtu := 1500
	if sk.DstCache != nil {
		mtu = sk.af.mtu(sk.DstCache)
		sk.advmss = int32(sk.af.advMSS(sk.DstCache))
	}
	sk.syncMSS(mtu)
	sk.initRcvMSS()
	sk.initTransfer()
	sk.rcvSsthresh, sk.windowClamp = 65535, 65535
	sk.setState(core.TCPEstablished)
}
