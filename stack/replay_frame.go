package stack

import (
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// receive lets the card write the frame into its ring.
func (r *Replay) receive(f *pcaps.Frame, p *packet, eth []byte) {
	if r.Mode == Follow && p.ok {
		r.expect(p)
	}
	partial := p.ok && p.partial || f.Cut() && r.profile.has(PartialSum)
	info := device.RxInfo{Pkt: uint32(f.N), Truncated: f.Cut(), Partial: partial, GSOSize: superframe(r.nic(f.Iface).Dev, p, len(eth)),
		Copied: r.Mode == React} // as after a packet socket or a hypervisor: TCP cannot merge such packets (tcp_try_coalesce)
	if info.Copied && p.ok && p.proto == wire.ProtoTCP && r.profile.Script.paged() {
		info.Paged = p.payload
	}
	r.nic(f.Iface).DMA(eth, info)
}

// superframe is the segment size of a frame that stands for several, 0 for an
// ordinary one.
func superframe(d *core.Device, p *packet, n int) int {
	if n <= d.MTU+18 {
		return 0
	}
	if !p.ok || p.proto != wire.ProtoTCP || p.tcp == nil {
		return 0
	}
	return d.MTU - (p.l4 - p.l3) - p.tcp.DataOff()
}

// expect opens what the capture shows to be open: a listening socket for a
// SYN that is answered, a UDP socket for a datagram that is not refused.
func (r *Replay) expect(p *packet) {
	if p.l4 == 0 || !r.profile.Local(p.dst) && !p.multicast() {
		return
	}
	here := Service{p.dst, p.dport}
	switch p.proto {
	case wire.ProtoTCP:
		if p.tcp == nil || r.profile.ClosedTCP[here] && !r.profile.OpenTCP[here] {
			return
		}
		if p.asks {
			r.Host.TCP.EnsureListener(p.dst, p.dport)
		} else if !p.tcp.Flags().Has(wire.TCPRst) {
			r.Host.TCP.FollowAdopt(p.dst, p.src, p.dport, p.sport, p.tcp)
		}
	case wire.ProtoUDP:
		if !r.profile.ClosedUDP[here] && !p.fragment {
			r.Host.UDP.EnsureSocket(p.dst, p.dport)
		}
	}
}

func (p *packet) multicast() bool {
	if p.dst.Is4() {
		return p.dst.IP4().IsMulticast() || p.dst.IP4() == 0xffffffff
	}
	return p.dst.Hi>>56 == 0xff
}

// notModelled ends a frame that has no form that the card could take.
func (r *Replay) notModelled(f *pcaps.Frame, out bool) {
	ns := r.Host.NS
	b := ns.AllocSKB(0, len(f.Data), uint32(f.N))
	copy(b.Put(len(f.Data)), f.Data)
	b.Dev = r.nic(f.Iface).Dev
	ns.NotModelled(b, step.WhyShortFrame, 0, uint64(len(f.Data)))
}

// ethernet returns the frame as the card has it: an Ethernet header is made up
// for captures without one, and what the capture cut off reads as zeros. The
// bytes are valid until the next call.
func (r *Replay) ethernet(f *pcaps.Frame, out bool) ([]byte, bool) {
	n := min(f.OrigLen, 1<<18)
	if wire.LinkKind(f.Link) == wire.LinkEthernet {
		if len(f.Data) < wire.EthernetLen {
			return nil, false
		}
		if n <= len(f.Data) {
			return f.Data, true
		}
		r.buf = append(r.buf[:0], f.Data...)
		return r.pad(n), true
	}
	p := &r.cur
	if !p.ok {
		return nil, false
	}
	at := f.Link.HeaderLen()
	if at > len(f.Data) {
		return nil, false
	}
	r.buf = append(r.buf[:0], make([]byte, wire.EthernetLen)...)
	h := wire.Ethernet(r.buf)
	here, there := r.nic(f.Iface).Dev.Addr, p.smac
	if there == 0 || out {
		there = 0x020000000002
	}
	if out {
		h.SetSrc(here)
		h.SetDst(there)
	} else {
		h.SetSrc(there)
		h.SetDst(here)
	}
	if p.multicast() {
		h.SetDst(groupMAC(p.dst))
	}
	h.SetType(p.ethertype)
	r.buf = append(r.buf, f.Data[at:]...)
	return r.pad(n - at + wire.EthernetLen), true
}

func (r *Replay) pad(n int) []byte {
	if n > len(r.buf) {
		r.buf = append(r.buf, make([]byte, n-len(r.buf))...)
	}
	return r.buf
}

// groupMAC is the link address of a group (RFC 1112 §6.4, RFC 2464 §7).
func groupMAC(a wire.Addr) wire.MAC {
	if !a.Is4() {
		return wire.MAC(0x333300000000 | a.Lo&0xffffffff)
	}
	if a.IP4() == 0xffffffff {
		return wire.Broadcast
	}
	return wire.MAC(0x01005e000000 | uint64(a.IP4()&0x7fffff))
}
