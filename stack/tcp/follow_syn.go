package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// followSyn: this host connected.
func (t *TCP) followSyn(b *core.SKB, h wire.TCP, k inet.Tuple, owner any) bool {
	sk, _ := owner.(*Sock)
	if sk != nil && sk.State == core.TCPSynSent && sk.isn == h.Seq() {
		return sk.followRetrans(b, h)
	}
	switch o := owner.(type) {
	case *TimeWait:
		o.kill()
	case *Request:
		o.drop()
	case *Sock:
		o.done()
	}
	if sk = t.adopt(k); sk == nil {
		t.NS.Free(b)
		return false
	}
	ns := t.NS
	defer ns.In(sk.stepConnect(), &sk.Sock).Out()
	sk.setState(core.TCPSynSent)
	if sk.DstCache == nil {
		ns.Note(&sk.Sock, step.WhyFollowNoRoute, k.Faddr.Hi, k.Faddr.Lo)
		sk.done()
		ns.Free(b)
		return false
	}
	sk.writeSeq, sk.isn = h.Seq(), h.Seq()
	ns.Why(step.WhyConnect, k.Laddr.Hi, k.Laddr.Lo, uint64(k.Lport), k.Faddr.Hi, k.Faddr.Lo, uint64(k.Fport), uint64(h.Seq()))
	sk.connectInit()
	o := &t.opt
	wire.ParseTCPOptions(h.Options(), o)
	if o.MSS != 0 {
		sk.advmss = int32(o.MSS)
	}
	sk.rx.rcvWscale = o.WScale
	sk.rcvWnd = uint32(h.Window())
	sk.mstampRefresh()
	if o.HasTS {
		sk.tsoffset = o.TSVal - uint32(sk.mstamp/1000)
	}
	q := sk.allocPkt(0, b.Pkt)
	initNondata(q, h.Seq(), fSyn)
	q.Tstamp = sk.now()
	sk.retransStamp = max(uint32(sk.mstamp/1000), 1)
	sk.WmemQueued += int32(q.Truesize)
	sk.packetsOut++
	sk.rtx.PushBack(q)
	sk.writeSeq = h.Seq() + 1
	sk.sndNxt, sk.pushedSeq = sk.writeSeq, sk.writeSeq
	ns.Inc(step.TcpActiveOpens)
	return sk.followTransmit(b, h, 0)
}

// followSynack: this host answered a SYN.
func (t *TCP) followSynack(b *core.SKB, h wire.TCP, k inet.Tuple, owner any) bool {
	ns := t.NS
	r, ok := owner.(*Request)
	o := &t.opt
	wire.ParseTCPOptions(h.Options(), o)
	if !ok {
		if w, isTW := owner.(*TimeWait); isTW {
			w.kill()
		}
		l := t.EnsureListener(k.Laddr, k.Lport)
		if l == nil {
			ns.Free(b)
			return false
		}
		r = &Request{ID: ns.Machine.IDs.Object(), l: l, af: l.af, rcvIsn: h.Ack() - 1, rcvNxt: h.Ack(), mss: mssDefault, transparent: l.Transparent}
		if k.Laddr.Is4() {
			r.af = t.v4
		}
		r.node = inet.Node{Key: k, Owner: r}
		r.wscaleOK, r.tstampOK, r.sackOK = o.HasWScale, o.HasTS, o.SACKPerm
		r.tsRecent = o.TSEcr
		r.mss = 1460
		r.hashAdd()
	}
	if r.sntSynack != 0 {
		ns.Inc(step.TcpRetransSegs)
		ns.Inc(step.TcpExtTCPSynRetrans)
		r.numRetrans++
	}
	l := r.l
	l.mstampRefresh()
	r.sntIsn = h.Seq()
	r.rcvWnd = uint32(h.Window())
	r.wscaleOK = r.wscaleOK && o.HasWScale
	r.rcvWscale = o.WScale
	r.windowClamp = 65535 << r.rcvWscale
	r.tstampOK = r.tstampOK && o.HasTS
	r.sackOK = r.sackOK && o.SACKPerm
	if o.HasTS {
		r.tsOff = o.TSVal - uint32(l.mstamp/1000)
		if r.sntSynack == 0 {
			r.tsvalFirst = o.TSVal
		}
		r.tsvalLast = o.TSVal
	}
	if r.sntSynack == 0 {
		r.sntSynack = l.mstamp
	}
	r.expected = nil
	defer ns.In(r.af.stepSendSynack(), r).Out()
	d := r.af.routeReq(l, r)
	if d == nil {
		ns.Free(b)
		return false
	}
	ns.Inc(step.TcpOutSegs)
	return r.af.sendCaptured(&l.Sock, d, b) == 0
}
