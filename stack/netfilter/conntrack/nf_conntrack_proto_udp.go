package conntrack

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// udpError is udp_error: is the datagram broken?
func (t *Table) udpError(st *core.HookState, b *core.SKB, off int) bool {
	ns := t.ns
	var buf [wire.UDPLen]byte
	n := b.Len() - off
	h := wire.UDP(header(b, off, wire.UDPLen, buf[:]))
	switch {
	case h == nil:
		ns.Why(step.WhyCTShortL4)
	case h.Len() > n || h.Len() < wire.UDPLen:
		ns.Why(step.WhyCTUDPLength, uint64(h.Len()), uint64(n))
	case h.Checksum() != 0 && !t.checksumOK(st, b, off, wire.ProtoUDP):
		ns.Why(step.WhyCTChecksum)
	default:
		return false
	}
	return true
}

// udpPacket is nf_conntrack_udp_packet: UDP has no connections, so time decides.
// Once answers have come and it has lasted two seconds it is a stream.
func (c *Conn) udpPacket(st *core.HookState, b *core.SKB, off int, info Info) verdict {
	defer c.t.ns.In(step.NfConntrackUDPPacket, c).Out()
	t := c.t
	ns := t.ns
	if t.udpError(st, b, off) {
		return invalid
	}
	unreplied, stream := ns.Sysctl.CT.UDPTimeout, ns.Sysctl.CT.UDPTimeoutStream
	if p := c.timeouts(); p != nil {
		unreplied, stream = p.Secs[0], p.Secs[1]
	}
	if !c.IsConfirmed() {
		c.streamTS = t.jiffies() + 2*hz
	}
	if c.Status&SeenReply == 0 {
		ns.Why(step.WhyCTUDPUnreplied, uint64(unreplied))
		c.refresh(b, info, unreplied)
		return valid
	}
	secs, assure := unreplied, false
	if int32(t.jiffies()-c.streamTS) > 0 {
		secs, assure = stream, c.Status&Assured == 0
		ns.Why(step.WhyCTUDPStream, uint64(secs))
	} else {
		ns.Why(step.WhyCTUDPReplied, uint64(secs))
	}
	c.refresh(b, info, secs)
	if c.Status&NATClash == 0 && assure {
		c.Status |= Assured
		c.cache(EventAssured)
	}
	return valid
}

// udplitePacket is nf_conntrack_udplite_packet.
func (c *Conn) udplitePacket(_ *core.HookState, b *core.SKB, off int, info Info) verdict {
	t := c.t
	var buf [wire.UDPLen]byte
	n := b.Len() - off
	h := wire.UDP(header(b, off, wire.UDPLen, buf[:]))
	if h == nil || h.Len() != 0 && (h.Len() < wire.UDPLen || h.Len() > n) || h.Checksum() == 0 {
		t.ns.Why(step.WhyCTShortL4)
		return invalid
	}
	unreplied, stream := t.ns.Sysctl.CT.UDPTimeout, t.ns.Sysctl.CT.UDPTimeoutStream
	if c.Status&SeenReply == 0 {
		c.refresh(b, info, unreplied)
		return valid
	}
	c.refresh(b, info, stream)
	if c.Status&(NATClash|Assured) == 0 {
		c.Status |= Assured
		c.cache(EventAssured)
	}
	return valid
}

// grePacket is gre_packet: as UDP, but the first answer makes it a stream.
func (c *Conn) grePacket(b *core.SKB, info Info) verdict {
	t := c.t
	if c.Status&SeenReply == 0 {
		c.refresh(b, info, t.ns.Sysctl.CT.GRETimeout)
		return valid
	}
	c.refresh(b, info, t.ns.Sysctl.CT.GRETimeoutStream)
	if c.Status&(NATClash|Assured) == 0 {
		c.Status |= Assured
		c.cache(EventAssured)
	}
	return valid
}

// genericPacket is generic_packet: a protocol without a tracker.
func (c *Conn) genericPacket(b *core.SKB, info Info) verdict {
	defer c.t.ns.In(step.GenericPacket, c).Out()
	secs := c.t.ns.Sysctl.CT.GenericTimeout
	if p := c.timeouts(); p != nil {
		secs = p.Secs[0]
	}
	c.t.ns.Why(step.WhyCTGeneric, uint64(c.Proto()), uint64(secs))
	c.refresh(b, info, secs)
	return valid
}

// checksumOK is nf_checksum: only what comes in is checked
// (net.netfilter.nf_conntrack_checksum).
func (t *Table) checksumOK(st *core.HookState, b *core.SKB, off int, p wire.Proto) bool {
	if t.ns.Sysctl.CT.Checksum == 0 || st.Hook != core.PreRouting {
		return true
	}
	return ChecksumOK(b, st.Family, off, p)
}

// ChecksumOK is nf_ip_checksum and nf_ip6_checksum: is the transport checksum of
// the packet whose transport header stands at off right? What the card has
// checked, or has still to fill in, is. The header of IPv4 is summed, too: one that
// is not right now, as after an option that has been filled in
// (ip_options_compile), makes the packet a wrong one.
func ChecksumOK(b *core.SKB, f core.Family, off int, p wire.Proto) bool {
	if b.IPSummed == core.ChecksumUnnecessary || b.IPSummed == core.ChecksumPartial || b.CsumValid || b.Truncated {
		return true
	}
	n, from := b.Len()-off, off
	sum := uint32(0)
	switch {
	case f == core.NFIPv6:
		h := b.IP6()
		sum = wire.PseudoHeader6(h.Src(), h.Dst(), p, n)
	case p == wire.ProtoTCP || p == wire.ProtoUDP:
		h := b.IP4()
		sum = wire.PseudoHeader4(h.Src(), h.Dst(), p, n)
	}
	if f == core.NFIPv4 { // all of the packet: the header's own checksum makes it nothing
		from = min(off, max(0, b.NetworkOffset()))
	}
	if wire.Fold(b.Checksum(from, b.Len()-from, sum)) != 0 {
		return false
	}
	b.CsumValid = true
	if f == core.NFIPv6 {
		b.CsumHead = binary.BigEndian.Uint64(b.IP6())
	}
	return true
}
