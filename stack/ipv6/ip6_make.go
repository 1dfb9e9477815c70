package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// MakeSKB is ip6_make_skb: a datagram out of payload, ready for SendSKB. Room
// for transhdrlen bytes of transport header comes first, at b.Transport; what
// does not fit into the MTU hangs on FragList, cut where ip6_fragment will cut.
// EMSGSIZE: too big (for 65535 bytes, or for the MTU with DontFrag).
func (ip *IPv6) MakeSKB(sk *core.Sock, fl *Flow6, d *core.Dst, ck *Cookie, transhdrlen int, payload []byte) (*core.SKB, core.Errno) {
	defer ip.ns.In(step.IP6MakeSkb, sk).Out()
	b, e := ip.appendData(sk, fl, d, ck, transhdrlen, payload, 0)
	if e != 0 {
		return nil, e
	}
	ip.finishSKB(sk, fl, d, ck, b)
	return b, 0
}

// sockIgnoreDF is ip6_sk_ignore_df: may this socket's datagrams be cut up here?
func sockIgnoreDF(sk *core.Sock) bool {
	return sk.PMTUDisc < core.PMTUDiscDo || sk.PMTUDisc == core.PMTUDiscOmit
}

// localError is ipv6_local_error: a program with IPV6_RECVERR finds the MTU in its
// error queue.
func (ip *IPv6) localError(sk *core.Sock, fl *Flow6, mtu int) {
	defer ip.ns.In(step.IPv6LocalError, sk).Out()
	if !sk.RecvErr || sk.ID == 0 {
		return
	}
	ns := ip.ns
	b := ns.AllocSKB(core.Headroom, wire.IPv6Len, 0)
	h := wire.IPv6(b.Put(wire.IPv6Len))
	clear(h)
	h.SetVersion(0, 0)
	h.SetDst(fl.Daddr)
	b.Protocol = uint16(wire.EtherTypeIPv6)
	b.ResetNetwork()
	b.Pull(wire.IPv6Len)
	b.ResetTransport()
	b.CB = core.CB{Err: core.ExtErr{Errno: step.EMSGSIZE, Origin: core.ErrOriginLocal, Info: uint32(mtu), Port: fl.Dport}}
	if !sk.QueueErr(ns, b) {
		ns.Drop(b, step.DropNotSpecified, step.IPv6LocalError)
	}
}

// appendData is ip6_append_data (__ip6_append_data). parent is the packet that
// is answered, 0 if none.
func (ip *IPv6) appendData(sk *core.Sock, fl *Flow6, d *core.Dst, ck *Cookie, transhdrlen int, payload []byte, parent uint32) (*core.SKB, core.Errno) {
	defer ip.ns.In(step.IP6AppendData, sk).Out()
	ns := ip.ns
	mtu := ip.appendMTU(sk, d)
	nfrag, flen := splitOpts(ck.OptNext, ck.Opt)
	hdr := wire.IPv6Len + nfrag
	length := transhdrlen + len(payload)
	gso := ck.GSOSize > 0
	most := 65535 + wire.IPv6Len
	if !sockIgnoreDF(sk) || ck.DontFrag {
		most = mtu
	}
	if hdr+flen+transhdrlen > mtu || !gso && length > most-hdr-flen || length > 65535 {
		ns.Why(step.WhyIP6TooBig, uint64(hdr+flen+length), uint64(min(mtu, most)))
		ip.localError(sk, fl, max(mtu-hdr-flen, 0)+wire.IPv6Len)
		return nil, step.EMSGSIZE
	}
	first := flen + length
	piece := 0
	if !gso && hdr+first > mtu {
		piece = (mtu-hdr)&^7 - wire.FragmentLen
		if piece <= flen+transhdrlen {
			return nil, step.EMSGSIZE
		}
		first = piece
		ns.Why(step.WhyIP6Cut, uint64(flen+length), uint64(piece), uint64(mtu))
	}
	room := core.Headroom + hdr + flen
	b := ns.AllocSKB(room, first-flen, 0)
	b.Parent = parent
	b.SetOwnerW(sk)
	b.ResetTransport()
	n := first - flen - transhdrlen
	p := b.Put(first - flen)
	clear(p[:transhdrlen])
	copy(p[transhdrlen:], payload[:n])
	for payload = payload[n:]; len(payload) > 0; payload = payload[n:] {
		n = min(len(payload), piece)
		f := ns.AllocSKB(core.Headroom+hdr+wire.FragmentLen, n, 0)
		f.Parent = b.Pkt
		copy(f.Put(n), payload)
		b.AppendFragList(f)
	}
	return b, 0
}

// appendMTU is the MTU that ip6_setup_cork chooses.
func (ip *IPv6) appendMTU(sk *core.Sock, d *core.Dst) int {
	if sk.PMTUDisc >= core.PMTUDiscProbe && d.Dev != nil {
		return min(d.Dev.MTU, 65535)
	}
	return min(ip.MTU(d), 65535)
}

// splitOpts says how many bytes of a chain of extension headers go into every
// fragment (hop-by-hop and routing headers) and how many only into the first.
func splitOpts(next uint8, opt []byte) (nfrag, flen int) {
	for len(opt) >= wire.ExtMinLen {
		n := wire.Ext(opt).Len()
		if n > len(opt) {
			break
		}
		if p := wire.Proto(next); p == wire.ProtoHopByHop || p == wire.ProtoRouting {
			nfrag += n
		} else {
			flen += n
		}
		next, opt = opt[0], opt[n:]
	}
	return nfrag, flen
}

// finishSKB is __ip6_make_skb: write the headers.
func (ip *IPv6) finishSKB(sk *core.Sock, fl *Flow6, d *core.Dst, ck *Cookie, b *core.SKB) {
	ns := ip.ns
	proto := wire.Proto(fl.Proto)
	if n, f := splitOpts(ck.OptNext, ck.Opt); n+f > 0 {
		o := b.Push(n + f)
		copy(o, ck.Opt[:n+f])
		for at := 0; ; { // the last header names the protocol
			l := wire.Ext(o[at:]).Len()
			if at+l >= n+f {
				o[at] = fl.Proto
				break
			}
			at += l
		}
		proto = wire.Proto(ck.OptNext)
	}
	b.Push(wire.IPv6Len)
	b.ResetNetwork()
	h := b.IP6()
	hops, tc := ck.HopLimit, ck.TClass
	if hops < 0 {
		hops = ip.skHopLimit(sk, fl.Daddr, d)
	}
	if tc < 0 {
		tc = int(sk.TOS)
	}
	h.SetVersion(uint8(tc), ip.flowLabel(sk, b, fl))
	h.SetNextHeader(proto)
	h.SetHopLimit(uint8(hops))
	h.SetSrc(fl.Saddr)
	h.SetDst(fl.Daddr)
	h.SetPayloadLen(min(b.Len()-wire.IPv6Len, 65535))
	b.Protocol = uint16(wire.EtherTypeIPv6)
	b.Dev = nil
	b.Dst, b.Mark, b.Priority = d, fl.Mark, sk.Priority
	b.CB.FragMax, b.CB.IIF, b.CB.IPFlags = 0, 0, 0
	if sockIgnoreDF(sk) {
		b.CB.IPFlags = skbIgnoreDF
	}
	ns.Inc(step.Ip6OutRequests)
	if proto == wire.ProtoICMPv6 && b.Transport < b.Offset()+b.HeadLen() {
		typ := b.L4()[0]
		ns.Inc(step.Icmp6OutType0 + step.MIB(typ))
		ns.Inc(step.Icmp6OutMsgs)
		if m := icmpOutMIB(typ); m != 0 {
			ns.Inc(m)
		}
	}
}
