package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: drivers/net/tun.c (tun_net_xmit, tun_get_user, tun_do_read,
// tun_set_iff, tun_attach, set_offload), net/core/skbuff.c (alloc_skb_with_frags).
//
// tun.go is the device, tun_file.go the file that a program holds (/dev/net/tun),
// tun_user.go what it writes.
//
// Left out: NAPI mode, XDP and BPF, socket filters, TUNSETTXFILTER, detached queues,
// virtio headers longer than 10 bytes.

// Flags of TUNSETIFF (IFF_*, as the ioctl has them).
const (
	TunIff        = 0x0001
	TapIff        = 0x0002
	TunMultiQueue = 0x0100
	TunNoPI       = 0x1000 // no struct tun_pi before each packet
	TunOneQueue   = 0x2000 // it means nothing any more
	TunVnetHdr    = 0x4000 // a struct virtio_net_hdr before each packet
	TunExcl       = 0x8000 // the device must be new
	tunFeatures   = TunNoPI | TunOneQueue | TunVnetHdr | TunMultiQueue
)

// MaxTapQueues is MAX_TAP_QUEUES, the most files that a device with IFF_MULTI_QUEUE has.
const MaxTapQueues = 256

// A Tun is a tun or tap device: what it sends lies in a ring until a program that
// holds /dev/net/tun reads it, and what that program writes is received. Packets
// of a tun device begin with their IP header, those of a tap device with their
// Ethernet header.
type Tun struct {
	Dev         *core.Device
	Flags       uint16 // TunIff or TapIff, and tunFeatures
	Persist     bool   // it stays when nobody holds it (TUNSETPERSIST)
	User, Group int    // who may hold it, -1: not said

	home  TunHome
	files []*TunFile
	flows map[uint32]int // queue of a flow, by its hash (tun_flow_entry)
}

// TunHome is the host that the device is in: its carrier is that of the programs that
// hold it, and it goes with the last one.
type TunHome interface {
	Carrier(d *core.Device, on bool)
	RemoveDevice(d *core.Device)
}

// tunQueueLen is TUN_READQ_SIZE: how many packets wait for the program.
const tunQueueLen = 500

// tunUser are the offloads that a program must ask for (TUN_USER_FEATURES).
const tunUser = core.FeatureTxCsum | core.FeatureTSO | core.FeatureGSOUDP

// NewTun makes a tun device that a program holds, down: TUNSETIFF with IFF_TUN,
// IFF_NO_PI and IFF_VNET_HDR, then TUNSETOFFLOAD with checksums and segmentation.
// index 0 takes the next free ifindex.
func NewTun(ns *core.Netns, name string, index int) *Tun {
	f := OpenTun(ns)
	f.SetIff(name, index, TunIff|TunNoPI|TunVnetHdr, nil, 0)
	f.SetOffload(core.FeatureTxCsum | core.FeatureTSO)
	return f.tun
}

// newTun is tun_set_iff of a name that is new (tun_net_init).
func newTun(ns *core.Netns, name string, index int, flags uint16, home TunHome, addr wire.MAC) *Tun {
	t := &Tun{Flags: flags, User: -1, Group: -1, home: home}
	d := ns.NewDevice(name, index, t)
	d.Features = core.FeatureSG | core.FeatureGSO | core.FeatureGRO | core.FeatureVlanTx | core.FeatureVlanSTx
	d.TxQueueLen = 1000
	if flags&TapIff != 0 {
		d.Addr = addr
	} else {
		d.Type, d.HardLen, d.Addr, d.Broadcast = core.LinkNone, 0, 0, 0
		d.Flags = core.IFFPointToPoint | core.IFFNoARP | core.IFFMulticast | core.IFFRunning
		d.TxQueueLen = tunQueueLen
	}
	d.NumTxQueues = 1
	if flags&TunMultiQueue != 0 {
		d.NumTxQueues, d.SelectsTx = MaxTapQueues, true
	}
	d.Qdisc = sched.NewPfifoFast(d)
	t.Dev = d
	return t
}

// TunOf is the tun or tap device that d is, nil if it is none.
func TunOf(d *core.Device) *Tun {
	if d == nil {
		return nil
	}
	t, _ := d.Ops.(*Tun)
	return t
}

// Queues is how many files hold the device (numqueues).
func (t *Tun) Queues() int { return len(t.files) }

// carrier is netif_carrier_on and netif_carrier_off.
func (t *Tun) carrier(on bool) {
	if t.home != nil && t.Dev.Flags&core.IFFRunning != 0 != on {
		t.home.Carrier(t.Dev, on)
	}
}

// Tap reports whether its packets have an Ethernet header.
func (t *Tun) Tap() bool { return t.Flags&TapIff != 0 }

// FixFeatures is tun_net_fix_features: of want, only what the programs that hold the
// device have asked for.
func (t *Tun) FixFeatures(want uint32) uint32 {
	asked := uint32(0)
	for _, f := range t.files {
		asked |= f.offload
	}
	return want &^ (tunUser &^ asked)
}

// StartXmit is tun_net_xmit: the packet waits for the program. It no longer
// counts as its socket's.
func (t *Tun) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	defer d.NS.In(step.TunNetXmit, b).Out()
	ns, n := d.NS, b.Len()
	frame(ns, b, tx)
	if len(t.files) == 0 {
		ns.Why(step.WhyTunNobody, uint64(d.Index))
		return t.refuse(b, step.DropDevReady)
	}
	f := t.files[t.selectQueue(b)]
	b.OrphanFragsRx()
	ns.TstampTx(b, core.TstampSnd)
	b.Orphan()
	b.ResetCT()
	if f.ring.Len() >= d.TxQueueLen {
		ns.Why(step.WhyTunFull, uint64(d.Index), uint64(d.TxQueueLen))
		return t.refuse(b, step.DropFullRing)
	}
	f.ring.PushBack(b)
	ns.Why(step.WhyTunRing, uint64(n), uint64(d.Index), uint64(f.ring.Len()), uint64(d.TxQueueLen))
	f.DataReady(ns)
	return core.TxOK
}

func (t *Tun) refuse(b *core.SKB, r core.DropReason) core.TxCode {
	t.Dev.Stats.TxDropped++
	t.Dev.NS.Drop(b, r, step.TunNetXmit)
	return core.TxDrop
}

// selectQueue is tun_automq_select_queue: the queue by which the flow came in last, or
// one by the packet's hash.
func (t *Tun) selectQueue(b *core.SKB) int {
	if len(t.files) == 1 {
		return 0
	}
	h := flowHash(b)
	if q, ok := t.flows[h]; ok && q < len(t.files) {
		return q
	}
	return int(uint64(h) * uint64(len(t.files)) >> 32) // reciprocal_scale
}

// learnQueue is tun_flow_update: answers of the flow go to the queue that wrote it.
func (t *Tun) learnQueue(b *core.SKB, q int) {
	const most = 4096 // MAX_TAP_FLOWS
	if len(t.files) < 2 {
		return
	}
	h := flowHash(b)
	if _, ok := t.flows[h]; !ok && len(t.flows) >= most {
		return
	}
	if t.flows == nil {
		t.flows = map[uint32]int{}
	}
	t.flows[h] = q
}

// flowHash is __skb_get_hash_symmetric: both directions of a flow have one hash.
func flowHash(b *core.SKB) uint32 {
	p := b.From(b.Network)
	var a, c wire.Addr
	proto, off := wire.Proto(0), 0
	switch {
	case wire.EtherType(b.Protocol) == wire.EtherTypeIPv4 && len(p) >= wire.IPv4MinLen:
		h := wire.IPv4(p)
		a, c, proto, off = h.Src().Addr(), h.Dst().Addr(), h.Proto(), h.IHL()
		if h.IsFragment() {
			off = len(p)
		}
	case wire.EtherType(b.Protocol) == wire.EtherTypeIPv6 && len(p) >= wire.IPv6Len:
		h := wire.IPv6(p)
		a, c, proto, off = h.Src(), h.Dst(), h.NextHeader(), wire.IPv6Len
	default:
		return uint32(b.Protocol)
	}
	x := a.Hi ^ c.Hi ^ a.Lo ^ c.Lo ^ uint64(proto)
	if q := p[min(off, len(p)):]; (proto == wire.ProtoTCP || proto == wire.ProtoUDP) && len(q) >= 4 {
		x ^= uint64(q[0])<<40 ^ uint64(q[1])<<32 ^ uint64(q[2])<<40 ^ uint64(q[3])<<32
	}
	x *= 0x9e3779b97f4a7c15
	return uint32(x >> 32)
}

// Read is read(2) of the program that holds the device, without the headers of
// IFF_VNET_HDR: the packet that waits longest, nil if there is none.
func (t *Tun) Read() []byte {
	if len(t.files) == 0 {
		return nil
	}
	b := t.files[0].ring.PopFront()
	if b == nil {
		return nil
	}
	return t.files[0].take(b)
}

// Release closes the files that hold the device: what waits for them is gone.
func (t *Tun) Release() {
	for len(t.files) > 0 {
		t.files[0].Close()
	}
}
