package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: drivers/net/veth.c, net/core/dev.c (__dev_forward_skb2).
//
// Left out: XDP. veth_napi.go is the receiving end with GRO, which is off by default.

// A Veth is one end of a virtual Ethernet pair. The other end is a device of
// this machine, or it is outside of the world: then frames leave by Wire, and
// come in by Receive.
type Veth struct {
	Dev  *core.Device
	Peer *Veth
	Wire Wire

	rq      []*vethRQ // by receive queue, with GRO on
	PeerMTU int       // of an end outside of the world, in bytes; 0: it takes everything
}

// vethFeatures are a veth's own: everything may stay undone, because the other
// end is memory.
const vethFeatures = core.FeatureSG | core.FeatureTxCsum | core.FeatureRxCsum | core.FeatureTSO | core.FeatureGSO | core.FeatureGSOUDP | core.FeatureGSOList | core.FeatureEncap | core.FeatureTunnel | core.FeatureTunnelSum |
	core.FeatureVlanRx | core.FeatureVlanTx | core.FeatureVlanSTx

// NewVethPair makes both ends of a pair, down: `ip link add NAME1 type veth
// peer name NAME2 netns NS2`.
func NewVethPair(ns1 *core.Netns, name1 string, ns2 *core.Netns, name2 string) (a, b *Veth) {
	return NewVethPairAt(ns1, name1, 0, ns2, name2, 0)
}

// NewVethPairAt is the same with the ifindexes given; 0 takes the next free one.
func NewVethPairAt(ns1 *core.Netns, name1 string, index1 int, ns2 *core.Netns, name2 string, index2 int) (a, b *Veth) {
	a, b = newVeth(ns1, name1, index1), newVeth(ns2, name2, index2)
	a.Peer, b.Peer = b, a
	return a, b
}

// NoCarrier takes the carrier of both ends: it comes when both are up
// (veth_newlink, netif_carrier_off).
func (v *Veth) NoCarrier() {
	v.Dev.Flags &^= core.IFFRunning
	v.Peer.Dev.Flags &^= core.IFFRunning
	v.Dev.NoCarrier, v.Peer.Dev.NoCarrier = true, true
	m := v.Dev.NS.Machine
	m.LinkWatch.Round(m.Clock.Now())
	v.Dev.LowerDown = v.Dev.Index != v.Peer.Dev.Index
	v.Peer.Dev.LowerDown = v.Dev.LowerDown
	v.Dev.CarrierChanges++
	v.Peer.Dev.CarrierChanges++
}

// NewVeth makes an end whose peer is outside of the world, down. index 0 takes
// the next free ifindex.
func NewVeth(ns *core.Netns, name string, index int, w Wire) *Veth {
	v := newVeth(ns, name, index)
	v.Wire = w
	return v
}

func newVeth(ns *core.Netns, name string, index int) *Veth {
	v := &Veth{}
	v.Dev = ns.NewDevice(name, index, v)
	v.Dev.Features = vethFeatures
	return v
}

// StartXmit is veth_xmit: hand the frame to the other end.
func (v *Veth) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	defer d.NS.In(step.VethXmit, b).Out()
	ns := d.NS
	ns.Spend(core.CostDriverTx)
	n := b.Len()
	frame(ns, b, tx)
	ns.TstampTx(b, core.TstampSnd)
	switch {
	case n < wire.EthernetLen || !b.MayPull(wire.EthernetLen):
		ns.Why(step.WhyFrameShort, uint64(n))
	case v.Peer != nil:
		ns.TstampTx(b, core.TstampSnd)
		if ok, napi := v.forward(ns, b); ok {
			if !napi { // else the other end's poll counts it
				sent(d, n)
			}
			return core.TxOK
		}
		d.Stats.TxDropped++
		return core.TxDrop
	case v.Wire != nil && v.PeerMTU > 0 && n > v.PeerMTU+d.HardLen+wire.VLANTagLen && b.GSOSize == 0:
		v.refused(ns, b)
		d.Stats.TxDropped++
		return core.TxDrop
	case v.Wire != nil:
		sent(d, n)
		pkt := b.Pkt
		f := wireBytes(nil, b)
		ns.Sent(b, b.IIF != 0, step.VethXmit)
		v.Wire.Carry(d, f, pkt)
		return core.TxOK
	default:
		ns.Why(step.WhyNoPeer, uint64(d.Index))
	}
	d.Stats.TxDropped++
	ns.Drop(b, step.DropNotSpecified, step.VethXmit)
	return core.TxDrop
}

// refused is __dev_forward_skb2 of an end outside of the world that takes no
// frame of this size.
func (v *Veth) refused(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.DevForwardSkb, b).Out()
	ns.Why(step.WhyTooBigForPeer, uint64(b.Len()), uint64(v.PeerMTU), uint64(v.PeerMTU+v.Dev.HardLen+wire.VLANTagLen))
	ns.Drop(b, step.DropNotSpecified, step.DevForwardSkb)
}

// forward is veth_forward_skb: the other end receives the packet, or its ring does
// (napi).
func (v *Veth) forward(ns *core.Netns, b *core.SKB) (ok, napi bool) {
	p := v.Peer.Dev
	if !forwardSkb(ns, p, b) {
		return false, false
	}
	n := b.Len() + wire.EthernetLen
	q := int(b.QueueMapping)
	napi = q < p.RxQueues() && v.eligible(b)
	if q > 0 {
		// Nobody records the queue that the packet came by: what its sender left
		// there is read as one more (skb_rx_queue_recorded).
		b.QueueMapping--
	}
	b.SetNS(p.NS)
	frame(p.NS, b, rx)
	if napi {
		return v.Peer.xdpRx(p.NS, b, q), true
	}
	if !p.NS.NetifRx(b) {
		return false, false
	}
	received(p, n)
	return true, false
}

// forwardSkb is __dev_forward_skb2: check that the packet fits the other end,
// and forget what this host knew about it.
func forwardSkb(ns *core.Netns, to *core.Device, b *core.SKB) bool {
	defer ns.In(step.DevForwardSkb, b).Out()
	limit := to.MTU + to.HardLen + wire.VLANTagLen
	switch {
	case !to.Up():
		ns.Why(step.WhyPeerDown, uint64(to.Index))
	case b.Len() > limit && b.GSOSize == 0:
		ns.Why(step.WhyTooBigForPeer, uint64(b.Len()), uint64(to.MTU), uint64(limit))
	default:
		ns.Why(step.WhyForwardSkb, uint64(b.Len()), uint64(to.Index))
		scrub(b, to.NS != ns)
		b.Protocol = to.NS.EthTypeTrans(b, to)
		return true
	}
	to.Stats.RxDropped++
	ns.Drop(b, step.DropNotSpecified, step.DevForwardSkb)
	return false
}

// scrub is skb_scrub_packet, and skb->priority = 0 (____dev_forward_skb).
func scrub(b *core.SKB, xnet bool) {
	b.PktType, b.IIF, b.Dst, b.NFTrace, b.Priority = core.PacketHost, 0, nil, false, 0
	if xnet {
		b.Mark, b.Tstamp = 0, 0
	}
}

// RxInfo is what is known about a frame that comes from outside.
type RxInfo struct {
	Pkt       uint32 // the packet's number, 0 for a new one
	Partial   bool   // the checksum is not filled in: the sender's card would have (a capture on the sender)
	Truncated bool   // the capture kept fewer bytes than there were
	Len       int    // length on the wire, if more than the bytes given
	GSOSize   int    // payload of each segment, when the frame stands for several (offload)
	Copied    bool   // its head is memory of its own, not a part of the card's page: no other packet can take it over
	Shared    bool   // the sender has its bytes too, until they are acknowledged: nothing can be added to them
	Paged     int    // so many bytes lie in page fragments, as veth hands over what TCP sent (core.SKB.Paged)
}

// superFrame marks a captured frame that stands for several segments.
func (info *RxInfo) superFrame(ns *core.Netns, b *core.SKB) {
	if info.GSOSize <= 0 {
		return
	}
	payload := b.Len() - tcpHeaders(b.Data())
	b.GSOSize, b.GSOSegs = info.GSOSize, max(1, (payload+info.GSOSize-1)/info.GSOSize)
	b.GSOType = core.GSOTCPv4
	if typ, _, _ := etherType(b.Data()); typ == wire.EtherTypeIPv6 {
		b.GSOType = core.GSOTCPv6
	}
	b.IPSummed = core.ChecksumUnnecessary
	ns.Note(b, step.WhyCaptureSuper, uint64(b.Len()))
}

// tcpHeaders is how many bytes of a frame come before TCP's payload.
func tcpHeaders(f []byte) int {
	typ, off, _ := etherType(f)
	switch p := f[min(off, len(f)):]; {
	case typ == wire.EtherTypeIPv4 && len(p) >= wire.IPv4MinLen:
		off += wire.IPv4(p).IHL()
	case typ == wire.EtherTypeIPv6:
		off += wire.IPv6Len
	}
	if p := f[min(off, len(f)):]; len(p) >= wire.TCPMinLen {
		off += wire.TCP(p).DataOff()
	}
	return off
}

// Receive is a frame from a peer outside of the world, link header first: the
// peer's veth_xmit has put it into the backlog. The bytes are copied.
func (v *Veth) Receive(f []byte, info RxInfo) {
	d := v.Dev
	ns := d.NS
	n := max(len(f), info.Len)
	b := ns.AllocSKB(core.Headroom, n, info.Pkt)
	b.Truesize = core.AllocTruesize(n + 17) // as a sender on Linux allocates
	if info.Paged > 0 {                     // what tcp_stream_alloc_skb and tcp_sendmsg on the other end account
		b.Paged, b.Truesize = true, core.AllocTruesize(0)+info.Paged
	}
	fill(b, f, n)
	if info.Shared {
		b.Lend()
	}
	info.superFrame(ns, b)
	b.Dev, b.Truncated = d, info.Truncated || n > len(f)
	if info.Partial {
		b.IPSummed = core.ChecksumUnnecessary
	}
	b.ResetMAC()
	frame(ns, b, rx)
	if n < wire.EthernetLen {
		d.Stats.RxErrors++
		ns.Drop(b, step.DropNotSpecified, step.DevForwardSkb)
		return
	}
	ns.BHDisable()
	if forwardSkb(ns, d, b) && ns.NetifRx(b) {
		received(d, n)
	}
	ns.BHEnable()
}

// fill puts the frame's bytes into an empty buffer; what a capture cut off
// reads as zeros.
func fill(b *core.SKB, f []byte, n int) {
	p := b.Put(n)
	clear(p[copy(p, f):])
}

func sent(d *core.Device, n int) {
	d.Stats.TxPackets++
	d.Stats.TxBytes += uint64(n)
}

func received(d *core.Device, n int) {
	d.Stats.RxPackets++
	d.Stats.RxBytes += uint64(n)
}
