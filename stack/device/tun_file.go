package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A TunFile is struct tun_file: /dev/net/tun as a program has it open. It is a
// queue of the device that it holds, once SetIff has said which.
type TunFile struct {
	core.Sock
	tun     *Tun
	ring    core.SKBList
	offload uint32 // what TUNSETOFFLOAD asked for (core.Feature*)
}

// OpenTun is tun_chr_open.
func OpenTun(ns *core.Netns) *TunFile {
	f := &TunFile{}
	ns.InitSock(&f.Sock, f, core.AFUnspec, core.SockRaw, 0)
	return f
}

// Base, BacklogRcv, ReleaseCB, WriteSpace and ObserveOwn: see core.Proto.

// Base is the embedded struct sock.
func (f *TunFile) Base() *core.Sock { return &f.Sock }

// BacklogRcv is never called.
func (f *TunFile) BacklogRcv(*core.Netns, *core.SKB) {}

// ReleaseCB has nothing to do.
func (f *TunFile) ReleaseCB(*core.Netns) {}

// WriteSpace has nothing to do: what is written is received at once.
func (f *TunFile) WriteSpace(*core.Netns) {}

// ObserveOwn lists nothing more.
func (f *TunFile) ObserveOwn(*trace.Obs) {}

// Device is the device that the file holds, nil if none.
func (f *TunFile) Device() *core.Device {
	if f.tun == nil {
		return nil
	}
	return f.tun.Dev
}

// SetIff is TUNSETIFF (tun_set_iff): hold the device of a name, which is made if it
// is not there. home takes it away at the end; addr is the address of a new tap
// device. EINVAL: it is of another kind, or the flags are none. EBUSY: somebody
// holds it.
func (f *TunFile) SetIff(name string, index int, flags uint16, home TunHome, addr wire.MAC) core.Errno {
	if f.tun != nil {
		return step.EINVAL
	}
	kind := flags & (TunIff | TapIff)
	if kind != TunIff && kind != TapIff {
		return step.EINVAL
	}
	d := f.NS.DevByName(name)
	if d == nil {
		f.attach(newTun(f.NS, name, index, flags&(tunFeatures|kind), home, addr))
		return 0
	}
	t := TunOf(d)
	switch {
	case flags&TunExcl != 0:
		return step.EBUSY
	case t == nil || t.Flags&kind == 0, (t.Flags^flags)&TunMultiQueue != 0:
		return step.EINVAL
	case t.Flags&TunMultiQueue == 0 && len(t.files) > 0, len(t.files) >= MaxTapQueues:
		return step.EBUSY
	}
	t.Flags = kind | flags&tunFeatures
	if !d.Running() { // netdev_state_change: neighbours go once more (neigh_carrier_down)
		ipv4.Of(f.NS).CarrierChange(d)
		ipv6.Of(f.NS).CarrierChange(d)
	}
	f.attach(t)
	return 0
}

// attach is tun_attach: the device has a carrier now.
func (f *TunFile) attach(t *Tun) {
	f.tun = t
	t.files = append(t.files, f)
	t.carrier(true)
}

// SetPersist is TUNSETPERSIST.
func (f *TunFile) SetPersist(on bool) { f.tun.Persist = on }

// SetOffload is TUNSETOFFLOAD: what the program takes undone (core.Feature*).
func (f *TunFile) SetOffload(bits uint32) {
	f.offload = bits & tunUser
	d := f.tun.Dev
	d.Features = f.tun.FixFeatures(d.Features&^tunUser | tunUser)
}

// Poll is tun_chr_poll.
func (f *TunFile) Poll() (m uint16) {
	if f.tun == nil || f.tun.Dev.NS == nil {
		return core.PollErr
	}
	if f.ring.Len() > 0 {
		m |= core.PollIn | core.PollRdNorm
	}
	if f.tun.Dev.Up() {
		m |= core.PollOut | core.PollWrNorm
	}
	return m
}

// Read is tun_do_read: one packet, with the headers that the device's flags ask
// for; what does not fit into p is lost. EAGAIN: none waits. EBADFD: the file holds
// no device.
func (f *TunFile) Read(p []byte) (int, core.Errno) {
	switch {
	case f.tun == nil || f.tun.Dev.NS == nil:
		return 0, step.EBADFD
	case len(p) == 0:
		return 0, 0
	case f.ring.Len() == 0:
		return 0, step.EAGAIN
	}
	return f.doRead(f.ring.PopFront(), p), 0
}

func (f *TunFile) doRead(b *core.SKB, p []byte) int {
	defer f.NS.In(step.TunDoRead, b).Out()
	n := f.putUser(b, p)
	f.NS.TP(step.SkbCopyDatagramIovec, b, uint64(b.ID), uint64(b.Len()))
	f.NS.Why(step.WhyTunRead, uint64(b.Len()), uint64(f.tun.Dev.Index), uint64(f.ring.Len()))
	f.take(b)
	return n
}

// take counts a packet that the program has, and ends it.
func (f *TunFile) take(b *core.SKB) []byte {
	p := wireBytes(nil, b)
	sent(f.tun.Dev, len(p))
	f.NS.SentTo(b, b.IIF != 0, step.TunDoRead)
	return p
}

// putUser is tun_put_user: struct tun_pi and struct virtio_net_hdr go before the
// packet. It returns how many bytes of p were filled.
func (f *TunFile) putUser(b *core.SKB, p []byte) int {
	var h []byte
	if f.tun.Flags&TunNoPI == 0 {
		strip := byte(0)
		if len(p) < 4+f.vnetLen()+b.Len() {
			strip = 1 // TUN_PKT_STRIP
		}
		h = append(h, strip, 0, byte(b.Protocol>>8), byte(b.Protocol))
	}
	if f.tun.Flags&TunVnetHdr != 0 {
		h = append(h, vnetHeader(b)...)
	}
	n := copy(p, h)
	data := wireBytes(nil, b)
	if b.VlanPresent && len(data) >= wire.EthernetLen { // the tag goes back into the frame
		data = append(data[:12:12], append([]byte{0x81, 0, byte(b.VlanTCI >> 8), byte(b.VlanTCI)}, data[12:]...)...)
	}
	return n + copy(p[n:], data)
}

// vnetHdrLen is sizeof(struct virtio_net_hdr).
const vnetHdrLen = 10

func (f *TunFile) vnetLen() int {
	if f.tun.Flags&TunVnetHdr != 0 {
		return vnetHdrLen
	}
	return 0
}

// vnetHeader is virtio_net_hdr_from_skb, in the machine's byte order.
func vnetHeader(b *core.SKB) []byte {
	var h [vnetHdrLen]byte
	put := func(i, v int) { h[i], h[i+1] = byte(v), byte(v>>8) }
	if b.GSOSize > 0 {
		switch {
		case b.GSOType&core.GSOTCPv4 != 0:
			h[1] = 1
		case b.GSOType&core.GSOTCPv6 != 0:
			h[1] = 4
		default:
			h[1] = 5 // VIRTIO_NET_HDR_GSO_UDP_L4
		}
		put(2, b.HeadLen())
		put(4, b.GSOSize)
	}
	switch b.IPSummed {
	case core.ChecksumPartial:
		h[0] = 1 // VIRTIO_NET_HDR_F_NEEDS_CSUM
		put(6, b.CsumStart-b.Offset())
		put(8, b.CsumOff)
	case core.ChecksumUnnecessary:
		h[0] = 2 // VIRTIO_NET_HDR_F_DATA_VALID
	}
	return h[:]
}

// Close is tun_chr_close: the queue goes, with what waits in it, and with the last
// one the device, unless it is persistent.
func (f *TunFile) Close() {
	f.purge()
	t := f.tun
	if t == nil {
		return
	}
	f.tun = nil
	for i, o := range t.files {
		if o == f { // the last one takes its place
			last := len(t.files) - 1
			t.files[i] = t.files[last]
			t.files = t.files[:last]
			break
		}
	}
	if len(t.files) > 0 || t.Dev.NS == nil {
		return
	}
	t.carrier(false)
	if !t.Persist && t.home != nil {
		t.home.RemoveDevice(t.Dev)
	}
}

// purge is tun_queue_purge.
func (f *TunFile) purge() {
	defer f.NS.In(step.TunQueuePurge, &f.Sock).Out()
	for b := f.ring.PopFront(); b != nil; b = f.ring.PopFront() {
		f.NS.Drop(b, step.DropNotSpecified, step.TunQueuePurge)
	}
}
