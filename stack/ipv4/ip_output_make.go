package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A cork is struct inet_cork: what is the same for all pieces of a datagram.
type cork struct {
	ttl, tos       int // -1: the socket's
	opt            *optData
	addr           wire.IP4 // the final destination, for options
	gsoSize        int
	mark, priority uint32
	fragsize       int
	parent         uint32 // the packet that is answered
}

// MakeSKB is ip_make_skb: a datagram out of payload, ready for SendSKB. Room for
// transhdrlen bytes of transport header comes first, at b.Transport; what does
// not fit into the MTU hangs on FragList, cut where ip_do_fragment will cut.
// EMSGSIZE: it is too big (65535 bytes, or the MTU with IP_PMTUDISC_DO).
func (ip *IPv4) MakeSKB(sk *core.Sock, fl *Flow4, dst *core.Dst, ck *Cookie, transhdrlen int, payload []byte) (*core.SKB, core.Errno) {
	defer ip.ns.In(step.IPMakeSkb, sk).Out()
	c := cork{ttl: ck.TTL, tos: ck.TOS, addr: fl.Daddr, gsoSize: ck.GSOSize, mark: ck.Mark, priority: ck.Priority}
	if ck.Faddr != 0 {
		c.addr = ck.Faddr
	}
	raw := ck.Opt
	if raw == nil {
		raw = sk.Rare().Opt
	}
	var opt optData
	if len(raw) > 0 {
		var err core.Errno
		if opt, err = ip.optionsGet(raw); err != 0 {
			return nil, err
		}
		c.opt = &opt
	}
	b, err := ip.appendData(sk, fl, dst, &c, transhdrlen, nil, payload)
	if err != 0 {
		return nil, err
	}
	ip.makeSKB(sk, fl, dst, &c, b)
	return b, 0
}

// allocExtra is what __ip_append_data asks for beyond the packet: room for an
// Ethernet header (LL_RESERVED_SPACE) and for its alignment.
const allocExtra = 16 + 15

// appendData is ip_append_data (ip_setup_cork, __ip_append_data): the data
// pointer of the result stands at its transport header. The datagram is made of
// transhdrlen bytes, which are cleared, then head, then payload.
func (ip *IPv4) appendData(sk *core.Sock, fl *Flow4, d *core.Dst, ck *cork, transhdrlen int, head, payload []byte) (*core.SKB, core.Errno) {
	defer ip.ns.In(step.IPAppendData, subject(ip.ns)).Out()
	ns := ip.ns
	ck.fragsize = d.Dev.MTU
	if sk.PMTUDisc < core.PMTUDiscProbe {
		ck.fragsize = ip.MTU(d)
	}
	mtu := ck.fragsize
	if mtu < wire.IPv4MinMTU {
		return nil, step.ENETUNREACH
	}
	if ck.gsoSize > 0 {
		mtu = ipMaxMTU
	}
	optlen := 0
	if ck.opt != nil {
		optlen = ck.opt.optlen
	}
	hlen := wire.IPv4MinLen + optlen
	length := transhdrlen + len(head) + len(payload)
	most := mtu
	if ignoreDF(sk) {
		most = ipMaxMTU
	}
	if length > most-hlen {
		ns.Why(step.WhyTooBig, uint64(length), uint64(most-hlen), uint64(mtu))
		ip.localError(sk, fl, mtu-optlen)
		return nil, step.EMSGSIZE
	}
	csum := uint8(core.ChecksumNone)
	if transhdrlen > 0 && length+hlen <= mtu && d.Dev.Features&core.FeatureTxCsum != 0 {
		csum = core.ChecksumPartial
	}
	first := length
	if length+hlen > mtu {
		first = (mtu - hlen) &^ 7
		ns.Why(step.WhyAppendFragments, uint64(length), uint64(first), uint64(mtu))
	}
	b := ns.AllocSKB(core.Headroom+hlen, first, 0)
	b.Truesize = core.AllocTruesize(hlen + first + allocExtra)
	b.Parent = ck.parent
	b.IPSummed = csum
	b.Dst = d
	b.ResetTransport()
	off := ip.fill(b.Put(first), 0, transhdrlen, head, payload)
	for off < length {
		n := length - off
		if n+hlen > mtu {
			n = (mtu - hlen) &^ 7
		}
		f := ns.AllocSKB(core.Headroom+hlen, n, 0)
		f.Truesize = core.AllocTruesize(hlen + n + allocExtra)
		f.Parent = b.Pkt
		off = ip.fill(f.Put(n), off, transhdrlen, head, payload)
		b.AppendFragList(f)
	}
	b.SetOwnerW(sk)
	return b, 0
}

// fill copies the bytes from offset off of transhdrlen zeros, head and payload
// into p, and returns the offset behind them.
func (ip *IPv4) fill(p []byte, off, transhdrlen int, head, payload []byte) int {
	end := off + len(p)
	if off < transhdrlen {
		n := min(len(p), transhdrlen-off)
		clear(p[:n])
		p, off = p[n:], off+n
	}
	if h := off - transhdrlen; h < len(head) {
		n := copy(p, head[h:])
		p, off = p[n:], off+n
	}
	if len(p) > 0 {
		copy(p, payload[off-transhdrlen-len(head):])
	}
	return end
}

// ignoreDF is ip_sk_ignore_df: may this socket's datagrams be cut up here?
func ignoreDF(sk *core.Sock) bool {
	return sk.PMTUDisc < core.PMTUDiscDo || sk.PMTUDisc == core.PMTUDiscOmit
}

// localError is ip_local_error: a program with IP_RECVERR finds the MTU in its
// error queue.
func (ip *IPv4) localError(sk *core.Sock, fl *Flow4, mtu int) {
	defer ip.ns.In(step.IPLocalError, sk).Out()
	if !sk.RecvErr || sk.ID == 0 {
		return
	}
	ns := ip.ns
	b := ns.AllocSKB(core.Headroom, wire.IPv4MinLen, 0)
	h := wire.IPv4(b.Put(wire.IPv4MinLen))
	clear(h)
	h.SetDst(fl.Daddr)
	b.ResetNetwork()
	b.Pull(wire.IPv4MinLen)
	b.ResetTransport()
	b.CB = core.CB{Err: core.ExtErr{Errno: step.EMSGSIZE, Origin: core.ErrOriginLocal, Info: uint32(mtu), Port: fl.Dport}}
	if !sk.QueueErr(ns, b) {
		ns.Drop(b, step.DropNotSpecified, step.IPLocalError)
	}
}

// makeSKB is __ip_make_skb: write the IP header in front of what appendData
// made, and choose DF, id, TTL.
func (ip *IPv4) makeSKB(sk *core.Sock, fl *Flow4, d *core.Dst, ck *cork, b *core.SKB) {
	defer ip.ns.In(step.IPMakeSkbHeader, b).Out()
	ns := ip.ns
	optlen := 0
	if ck.opt != nil {
		optlen = ck.opt.optlen
	}
	hlen := wire.IPv4MinLen + optlen
	h := wire.IPv4(b.Push(hlen))
	b.ResetNetwork()
	b.Protocol = uint16(wire.EtherTypeIPv4)
	b.IgnoreDF = ignoreDF(sk)
	df := sk.PMTUDisc == core.PMTUDiscDo || sk.PMTUDisc == core.PMTUDiscProbe ||
		b.Len() <= ip.MTU(d) && ip.dontFragment(sk, d)
	ttl := ip.selectTTL(sk, d)
	switch {
	case ck.ttl > 0:
		ttl = uint8(ck.ttl)
	case d.Type == RTNMulticast:
		ttl = uint8(sk.Rare().McTTL)
	}
	tos := sk.TOS
	b.Priority, b.Mark = sk.Priority, ck.mark
	if ck.tos >= 0 {
		tos = uint8(ck.tos)
		b.Priority = ck.priority
	}
	h.SetVersionIHL(hlen)
	h.SetTOS(tos)
	h.SetFragOff(0)
	h.SetDF(df)
	h.SetTTL(ttl)
	h.SetProto(wire.Proto(sk.Protocol))
	h.SetSrc(fl.Saddr)
	h.SetDst(fl.Daddr)
	ip.selectIdent(h, sk, b, 1)
	if optlen > 0 {
		if ck.opt.srr != 0 {
			h.SetDst(ck.opt.faddr)
		}
		ip.optionsBuild(b, ck.opt, ck.addr)
	}
	ns.Why(step.WhyHeaderMade, uint64(ttl), flag(df), uint64(h.ID()))
	if h.Proto() == wire.ProtoICMP {
		if l4 := b.L4(); len(l4) > 0 {
			typ := l4[0]
			if sk.Type == core.SockDgram || sk.Type == core.SockRaw && fl.Flags&FlowKnownNH == 0 {
				typ = uint8(fl.Dport >> 8) // fl4_icmp_type; a ping socket has not written its header yet
			}
			ip.icmpOutCount(typ)
		}
	}
}

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// SendSKB is ip_send_skb: send a datagram that MakeSKB made. A full queue is
// ENOBUFS.
func (ip *IPv4) SendSKB(b *core.SKB) core.Errno {
	defer ip.ns.In(step.IPSendSkb, b).Out()
	ns := ip.ns
	err := ip.LocalOut(b.SK, b)
	if err != 0 {
		ns.Inc(step.IpOutDiscards)
	}
	return err
}

// PushPendingFrames is ip_push_pending_frames: what raw sockets and the kernel's
// own send a datagram by.
func (ip *IPv4) PushPendingFrames(b *core.SKB) core.Errno {
	defer ip.ns.In(step.IPPushPendingFrames, b).Out()
	return ip.SendSKB(b)
}
