package ipv4

// The link address of an IPv4 neighbour (RFC 826, RFC 5227): net/ipv4/arp.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The places of ARP hooks (NF_ARP_*).
const (
	arpIn  core.HookNum = 0
	arpOut core.HookNum = 1
)

// arpOps is arp_tbl's part of the neighbour table.
type arpOps struct{ ip *IPv4 }

// Constructor is arp_constructor: groups, broadcast addresses and devices
// without ARP need no question.
func (o arpOps) Constructor(n *core.Neighbour) {
	defer o.ip.ns.In(step.ArpConstructor, n).Out()
	ip, dev := o.ip, n.Dev
	if dev.Flags&(core.IFFLoopback|core.IFFPointToPoint) != 0 {
		n.Key = wire.IP4(0).Addr() // one entry for all
	}
	a := n.Key.IP4()
	n.Type = ip.addrType(nil, a)
	switch {
	case dev.HardLen == 0:
		n.State = core.NUDNoARP
	case n.Type == RTNMulticast:
		n.State, n.Addr = core.NUDNoARP, a.Multicast()
	case dev.Flags&(core.IFFNoARP|core.IFFLoopback) != 0:
		n.State, n.Addr = core.NUDNoARP, dev.Addr
	case n.Type == RTNBroadcast || dev.Flags&core.IFFPointToPoint != 0:
		n.State, n.Addr = core.NUDNoARP, dev.Broadcast
	}
	switch {
	case n.State != core.NUDNoARP:
		ip.ns.Why(step.WhyArpNeeded, uint64(a), uint64(dev.Index))
	case dev.Flags&core.IFFLoopback != 0:
		ip.ns.Why(step.WhyArpLoopback, uint64(dev.Index))
	default:
		ip.ns.Why(step.WhyArpNotNeeded, uint64(a), uint64(dev.Index))
	}
}

// ErrorReport is arp_error_report.
func (o arpOps) ErrorReport(n *core.Neighbour, b *core.SKB) {
	defer o.ip.ns.In(step.ArpErrorReport, b).Out()
	ns := o.ip.ns
	o.ip.LinkFailure(ns, b)
	// The kernel frees it here in a tail call: the place is the caller.
	ns.Drop(b, step.DropNeighFailed, step.NeighInvalidate)
}

// Solicit is arp_solicit: ask for the link address, everybody or, while an old
// one is known, the neighbour itself. arp_announce says which address of ours
// may be given away.
func (o arpOps) Solicit(n *core.Neighbour, b *core.SKB) {
	defer o.ip.ns.In(step.ArpSolicit, n).Out()
	ip, ns, dev := o.ip, o.ip.ns, n.Dev
	in := ip.inDev(dev)
	if in == nil {
		return
	}
	target := n.Key.IP4()
	saddr := wire.IP4(0)
	if b != nil && b.Network >= 0 && len(b.IP4()) >= wire.IPv4MinLen {
		src := b.IP4().Src()
		switch in.arpAnnounceMode() {
		case 1:
			if ip.addrType(nil, src) == RTNLocal && in.onLink(target, src) {
				saddr = src
			}
		case 2:
		default:
			if ip.addrType(nil, src) == RTNLocal {
				saddr = src
			}
		}
	}
	if saddr == 0 {
		saddr = ip.SelectAddr(dev, target, ScopeLink)
	}
	to := dev.Broadcast
	switch p := n.Probes - n.Table.UcastProbes; {
	case p < 0:
		to = n.Addr
		ns.Why(step.WhyArpUnicast, uint64(target), uint64(to), uint64(n.Probes)+1)
	case p < n.Table.AppProbes: // neigh_app_ns: no program listens for it
		return
	default:
		ns.Why(step.WhyArpBroadcast, uint64(target), uint64(saddr), uint64(n.Probes-n.Series())+1)
	}
	pkt := uint32(0)
	if b != nil {
		pkt = b.Pkt
	}
	ip.arpSend(dev, to, wire.ARPRepr{Op: wire.ARPRequest, SHA: dev.Addr, SPA: saddr, TPA: target}, pkt)
}

// arpSend is arp_send: make the packet and send it. pkt is the packet that
// caused it, 0 if none.
func (ip *IPv4) arpSend(dev *core.Device, to wire.MAC, r wire.ARPRepr, pkt uint32) {
	ns := ip.ns
	if dev.Flags&core.IFFNoARP != 0 {
		return
	}
	b := ns.AllocSKB(core.Headroom, wire.ARPLen, 0)
	b.Parent = pkt
	ip.arpSendDst(b, dev, to, &r)
}

// arpSendDst is arp_send_dst: fill in the packet and its link header.
func (ip *IPv4) arpSendDst(b *core.SKB, dev *core.Device, to wire.MAC, r *wire.ARPRepr) {
	defer ip.ns.In(step.ArpSendDst, b).Out()
	ns := ip.ns
	r.Emit(wire.ARP(b.Put(wire.ARPLen)))
	b.ResetNetwork()
	b.Dev, b.Protocol = dev, uint16(wire.EtherTypeARP)
	dev.HardHeader(b, to, dev.Addr, wire.EtherTypeARP)
	b.Pull(b.Network - b.Offset())
	if ns.Follow == nil || b.Captured || !ns.Follow.Hold(ns, b) {
		ip.ARPXmit(b)
	}
}

// ARPXmit is arp_xmit: send an ARP packet through the ARP hooks. Its data
// pointer stands at the ARP header, the link header lies in front of it.
func (ip *IPv4) ARPXmit(b *core.SKB) {
	defer ip.ns.In(step.ArpXmit, b).Out()
	ns := ip.ns
	b.Push(b.Dev.HardLen)
	if ns.Hook(core.NFARP, arpOut, nil, b.Dev, nil, b) {
		ns.DevQueueXmit(b)
	}
}

// announce is inetdev_send_gratuitous_arp: tell everybody our addresses
// (arp_notify).
func (ip *IPv4) announce(in *InDevice) {
	for _, f := range in.addrs {
		ip.arpSend(in.Dev, in.Dev.Broadcast, wire.ARPRepr{Op: wire.ARPRequest, SHA: in.Dev.Addr, SPA: f.local, TPA: f.local}, 0)
	}
}

// arpIfDown is arp_ifdown.
func (ip *IPv4) arpIfDown(dev *core.Device) {
	ip.ns.Neigh4.Down(dev)
	ip.proxyDown(dev)
}

// arpPacket is arp_packet_type.
type arpPacket struct{ ip *IPv4 }

// Rcv is arp_rcv: not for us, or not wanted, is no loss.
func (p arpPacket) Rcv(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.ArpRcv, b).Out()
	dev := b.Dev
	if dev.Flags&core.IFFNoARP != 0 || b.PktType == core.PacketOtherHost || b.PktType == core.PacketLoopback {
		ns.Why(step.WhyArpNotForUs, uint64(b.PktType))
		ns.Consume(b, step.ArpRcv)
		return
	}
	if b.Shared() {
		c := b.Clone()
		ns.Consume(b, step.ArpRcv)
		b = c
	}
	if !b.MayPull(wire.ARPLen) || !wire.ARP(b.Data()).Valid() {
		ns.Why(step.WhyArpBad)
		ns.Drop(b, step.DropNotSpecified, step.ArpRcv)
		return
	}
	b.ResetNetwork()
	if ns.Hook(core.NFARP, arpIn, dev, nil, nil, b) {
		p.ip.arpProcess(b, false)
	}
}

// arpProcess is arp_process: answer a question about an address of ours, and
// learn who asked; take an answer to a question of ours. waited says that the packet
// has been kept for a proxy's answer (LOCALLY_ENQUEUED).
func (ip *IPv4) arpProcess(b *core.SKB, waited bool) {
	defer ip.ns.In(step.ArpProcess, b).Out()
	ns := ip.ns
	dev := b.Dev
	in := ip.inDev(dev)
	a := wire.ARP(b.Data())
	op := a.Op()
	if in == nil || a.PType() != wire.EtherTypeIPv4 || a.HType() != wire.ARPHTypeEther && a.HType() != 6 || op != wire.ARPRequest && op != wire.ARPReply {
		ns.Why(step.WhyArpBad)
		ns.Drop(b, step.DropNotSpecified, step.ArpProcess)
		return
	}
	sha, sip, tip := a.SHA(), a.SPA(), a.TPA()
	if tip.IsMulticast() || tip.IsLoopback() && !in.routeLocalnet() {
		ns.Why(step.WhyArpBadTarget, uint64(tip))
		ns.Drop(b, step.DropNotSpecified, step.ArpProcess)
		return
	}
	if sip == tip && in.dropGratuitousARP() {
		ns.Why(step.WhyArpGratuitous, uint64(sip))
		ns.Drop(b, step.DropNotSpecified, step.ArpProcess)
		return
	}
	switch {
	case sip == 0:
		// RFC 5227: somebody asks whether the address is in use.
		if op == wire.ARPRequest && ip.addrType(nil, tip) == RTNLocal && !ip.arpIgnore(in, sip, tip) {
			ns.Why(step.WhyArpProbe, uint64(tip))
			ip.arpAnswer(b, dev, sha, sip, tip)
		}
	case op == wire.ARPRequest && ip.arpProxied(b, in, sha, sip, tip, waited):
		return
	case op == wire.ARPRequest && ip.arpRequest(b, dev, in, sha, sip, tip):
	default:
		ip.arpLearn(b, dev, in, a)
	}
	ns.Consume(b, step.ArpProcess)
}

// arpProxied looks up the target's route. A question about an address that this host
// answers for as a proxy is done then, and the packet given away: it reports true.
func (ip *IPv4) arpProxied(b *core.SKB, in *InDevice, sha wire.MAC, sip, tip wire.IP4, waited bool) bool {
	ns, dev := ip.ns, in.Dev
	if ip.arpRoute(b, tip, sip, dev) != 0 {
		b.Dst = nil
		return false
	}
	d := b.Dst
	if d == nil || d.Type != RTNUnicast || !in.forward() || !ip.proxies(in, d, sip, tip) {
		return false
	}
	ns.Why(step.WhyArpProxy, uint64(tip), uint64(d.Dev.Index))
	ns.Neigh4.EventNS(b, sha, sip.Addr(), dev)
	if !waited && b.PktType != core.PacketHost && ip.proxy.delay > 0 {
		ip.pneighEnqueue(b)
		return true
	}
	ip.arpAnswer(b, dev, sha, sip, tip)
	ns.Consume(b, step.ArpProcess)
	return true
}

// arpRequest handles a question, whose route is known; it reports true when that was
// all.
func (ip *IPv4) arpRequest(b *core.SKB, dev *core.Device, in *InDevice, sha wire.MAC, sip, tip wire.IP4) bool {
	ns := ip.ns
	d := b.Dst
	if d == nil {
		return false
	}
	switch {
	case d.Type == RTNLocal:
		if ip.arpIgnore(in, sip, tip) {
			ns.Why(step.WhyArpIgnore, uint64(tip), uint64(in.arpIgnoreMode()))
			return true
		}
		if in.arpFilterOn() && ip.arpFilter(sip, tip, dev) {
			ns.Why(step.WhyArpFilter, uint64(sip), uint64(dev.Index))
			return true
		}
		ns.Why(step.WhyArpAnswer, uint64(tip), uint64(sip), uint64(sha))
		if ns.Neigh4.EventNS(b, sha, sip.Addr(), dev) != nil {
			ip.arpAnswer(b, dev, sha, sip, tip)
		}
		return true
	}
	return false
}

// arpRoute looks up the target as if a packet for it had come in. The routing
// code reads a packet's IP header only for multicast and for rules with ports,
// neither of which an ARP packet gets to.
func (ip *IPv4) arpRoute(b *core.SKB, tip, sip wire.IP4, dev *core.Device) core.DropReason {
	ports := ip.rulesNeedPorts
	ip.rulesNeedPorts = false
	why := ip.RouteInput(b, tip, sip, 0, dev)
	ip.rulesNeedPorts = ports
	return why
}

func (ip *IPv4) arpAnswer(b *core.SKB, dev *core.Device, sha wire.MAC, sip, tip wire.IP4) {
	ip.arpSend(dev, sha, wire.ARPRepr{Op: wire.ARPReply, SHA: dev.Addr, SPA: tip, THA: sha, TPA: sip}, b.Pkt)
}

// arpLearn updates a neighbour that is known; a new one is made only with
// arp_accept.
func (ip *IPv4) arpLearn(b *core.SKB, dev *core.Device, in *InDevice, a wire.ARP) {
	ns := ip.ns
	sha, sip, tip := a.SHA(), a.SPA(), a.TPA()
	n := ns.Neigh4.Lookup(sip.Addr(), dev)
	accept := ip.arpAccept(in, sip)
	garp, typ := false, -1
	if n != nil || accept {
		if garp = tip == sip; garp && a.Op() == wire.ARPReply {
			garp = a.THA() == sha
		}
		if garp {
			typ = int(ip.addrType(nil, sip))
			garp = typ == RTNUnicast
		}
	}
	if n == nil && accept && (garp || a.Op() == wire.ARPReply && (typ == RTNUnicast || typ < 0 && ip.addrType(nil, sip) == RTNUnicast)) {
		n = ns.Neigh4.Create(sip.Addr(), dev)
	}
	if n == nil {
		ns.Why(step.WhyArpUnknown, uint64(sip))
		return
	}
	flags := uint32(0)
	if now := ns.Clock.Now(); now > n.Updated+n.Table.Locktime || garp {
		flags = core.NeighUpdateOverride
	}
	state := uint8(core.NUDReachable)
	if a.Op() != wire.ARPReply || b.PktType != core.PacketHost {
		state = core.NUDStale
	}
	ns.Why(step.WhyArpLearn, uint64(sip), uint64(sha), uint64(state))
	ns.Neigh4.Update(n, sha, state, flags)
}

// arpIgnore is arp_ignore: net.ipv4.conf.DEV.arp_ignore.
func (ip *IPv4) arpIgnore(in *InDevice, sip, tip wire.IP4) bool {
	switch in.arpIgnoreMode() {
	case 1:
		return !ip.confirmAddr(in, 0, tip, ScopeHost)
	case 2:
		return !ip.confirmAddr(in, sip, tip, ScopeHost)
	case 3:
		return !ip.confirmAddr(nil, 0, tip, ScopeLink)
	case 8:
		return true
	}
	return false
}

// arpAccept is arp_accept: net.ipv4.conf.DEV.arp_accept.
func (ip *IPv4) arpAccept(in *InDevice, sip wire.IP4) bool {
	switch in.arpAcceptMode() {
	case 1:
		return true
	case 2:
		return ip.confirmAddr(in, sip, 0, ScopeLink)
	}
	return false
}

// arpFilter is arp_filter: answer only where we would send a packet to the
// asker (net.ipv4.conf.DEV.arp_filter).
func (ip *IPv4) arpFilter(sip, tip wire.IP4, dev *core.Device) bool {
	fl := Flow4{Daddr: sip, Saddr: tip}
	d, err := ip.RouteOutput(&fl)
	if err != 0 {
		return true
	}
	if d.Dev != dev {
		ip.ns.Inc(step.TcpExtArpFilter)
		return true
	}
	return false
}
