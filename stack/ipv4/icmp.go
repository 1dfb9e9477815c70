package ipv4

// Control messages that come in (RFC 792, RFC 1122 §3.2.2): net/ipv4/icmp.c.
// Those that go out are in icmp_send.go.
// Not modelled: PROBE (RFC 8335; off unless icmp_echo_enable_probe is set).

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// maxICMPType is NR_ICMP_TYPES: the highest type in the table.
const maxICMPType = 18

// icmpState is what ICMP keeps for a namespace.
type icmpState struct {
	credit int32  // icmp_global_credit: messages that may still be sent now
	stamp  uint32 // icmp_global_stamp, jiffies
}

// icmpProto is icmp_protocol, the entry of inet_protos.
type icmpProto struct{ ip *IPv4 }

// Rcv is icmp_rcv.
func (p icmpProto) Rcv(_ *core.Netns, b *core.SKB) int { return p.ip.icmpRcv(b) }

// Err is icmp_err: an error about a message of ours.
func (p icmpProto) Err(_ *core.Netns, b *core.SKB, info uint32) bool { return p.ip.icmpErr(b, info) }

// icmpRcv is icmp_rcv: check the sum, and do what the type says.
func (ip *IPv4) icmpRcv(b *core.SKB) int {
	defer ip.ns.In(step.IcmpRcv, b).Out()
	ns := ip.ns
	ns.Inc(step.IcmpInMsgs)
	if !ip.icmpChecksumOK(b) {
		ns.Inc(step.IcmpInCsumErrors)
		ns.Why(step.WhyIcmpChecksum)
		ip.icmpBad(b, step.DropICMPCSUM)
		return 0
	}
	if !b.MayPull(wire.ICMPLen) {
		ns.Why(step.WhyIcmpShort, uint64(b.Len()))
		ip.icmpBad(b, step.DropNotSpecified)
		return 0
	}
	b.Transport = b.Offset()
	m := wire.ICMP(b.Data())
	typ := m.Type()
	b.Pull(wire.ICMPLen)
	ns.Inc(step.IcmpMsgInType0 + step.MIB(typ))
	if ns.Listening() {
		ns.Why(step.WhyIcmpIn, uint64(typ)<<8|uint64(m.Code()), uint64(b.Len()))
	}
	if typ <= maxICMPType && icmpInCounter[typ] != 0 {
		ns.Inc(icmpInCounter[typ]) // /proc/net/snmp reads it from the counter of the type
	}
	if typ == wire.ICMPExtEcho {
		// RFC 8335; net.ipv4.icmp_echo_enable_probe is 0.
		ip.icmpDiscard(b, false)
		ns.Consume(b, step.IcmpRcv)
		return 0
	}
	if typ > maxICMPType {
		ns.Why(step.WhyIcmpUnknown, uint64(typ))
		ip.icmpBad(b, step.DropUnhandledProto)
		return 0
	}
	if b.Dst.Flags&(core.RTCFBroadcast|core.RTCFMulticast) != 0 && !ip.icmpGroupOK(typ) {
		ns.Why(step.WhyIcmpBroadcast, uint64(typ)<<8)
		ip.icmpBad(b, step.DropInvalidProto)
		return 0
	}
	if typ == wire.ICMPEchoReply && ip.ping != nil {
		ip.ping.Rcv(ns, b)
		return 0
	}
	if why := ip.icmpHandle(b, typ); why != 0 {
		ns.Drop(b, why, step.IcmpRcv)
		return 0
	}
	ns.Consume(b, step.IcmpRcv)
	return 0
}

// icmpInCounter is the counter of each type in /proc/net/snmp.
var icmpInCounter = [maxICMPType + 1]step.MIB{
	wire.ICMPEchoReply: step.IcmpInEchoReps, wire.ICMPDestUnreach: step.IcmpInDestUnreachs, wire.ICMPSourceQuench: step.IcmpInSrcQuenchs,
	wire.ICMPRedirect: step.IcmpInRedirects, wire.ICMPEcho: step.IcmpInEchos, wire.ICMPTimeExceeded: step.IcmpInTimeExcds,
	wire.ICMPParamProblem: step.IcmpInParmProbs, wire.ICMPTimestamp: step.IcmpInTimestamps, wire.ICMPTimestampReply: step.IcmpInTimestampReps,
	wire.ICMPAddress: step.IcmpInAddrMasks, wire.ICMPAddressReply: step.IcmpInAddrMaskReps,
}

var icmpOutCounter = [maxICMPType + 1]step.MIB{
	wire.ICMPEchoReply: step.IcmpOutEchoReps, wire.ICMPDestUnreach: step.IcmpOutDestUnreachs, wire.ICMPSourceQuench: step.IcmpOutSrcQuenchs,
	wire.ICMPRedirect: step.IcmpOutRedirects, wire.ICMPEcho: step.IcmpOutEchos, wire.ICMPTimeExceeded: step.IcmpOutTimeExcds,
	wire.ICMPParamProblem: step.IcmpOutParmProbs, wire.ICMPTimestamp: step.IcmpOutTimestamps, wire.ICMPTimestampReply: step.IcmpOutTimestampReps,
	wire.ICMPAddress: step.IcmpOutAddrMasks, wire.ICMPAddressReply: step.IcmpOutAddrMaskReps,
}

// icmpOutCount is icmp_out_count.
func (ip *IPv4) icmpOutCount(typ uint8) {
	ns := ip.ns
	ns.Inc(step.IcmpMsgOutType0 + step.MIB(typ))
	ns.Inc(step.IcmpOutMsgs)
	if typ <= maxICMPType && icmpOutCounter[typ] != 0 {
		ns.Inc(icmpOutCounter[typ])
	}
}

func (ip *IPv4) icmpBad(b *core.SKB, why core.DropReason) {
	ip.ns.Inc(step.IcmpInErrors)
	ip.ns.Drop(b, why, step.IcmpRcv)
}

// icmpChecksumOK is skb_checksum_simple_validate.
func (ip *IPv4) icmpChecksumOK(b *core.SKB) bool {
	if b.IPSummed == core.ChecksumUnnecessary || b.IPSummed == core.ChecksumPartial || b.CsumValid || b.Truncated {
		return true
	}
	return wire.Fold(b.Checksum(0, b.Len(), 0)) == 0
}

// icmpGroupOK says which messages to a group or to everybody are listened to
// (RFC 1122 §3.2.2.6, §3.2.2.8).
func (ip *IPv4) icmpGroupOK(typ wire.ICMPType) bool {
	switch typ {
	case wire.ICMPEcho, wire.ICMPTimestamp:
		return ip.ns.Sysctl.ICMPEchoIgnoreBroadcasts == 0
	case wire.ICMPAddress, wire.ICMPAddressReply:
		return true
	}
	return false
}

// icmpHandle is icmp_pointers[type].handler: NotDropped means consumed.
func (ip *IPv4) icmpHandle(b *core.SKB, typ wire.ICMPType) core.DropReason {
	switch typ {
	case wire.ICMPEchoReply:
		return step.DropNoSocket // no ping socket is modelled here
	case wire.ICMPDestUnreach, wire.ICMPTimeExceeded, wire.ICMPParamProblem, wire.ICMPSourceQuench:
		return ip.icmpUnreach(b)
	case wire.ICMPRedirect:
		return ip.icmpRedirect(b)
	case wire.ICMPEcho:
		return ip.icmpEcho(b)
	case wire.ICMPTimestamp:
		return ip.icmpTimestamp(b)
	case 1, 2, 6, 7:
		// icmp_discard with .error set: never assigned, an error by RFC 1122.
		return ip.icmpDiscard(b, true)
	}
	return ip.icmpDiscard(b, false)
}

// icmpDiscard is icmp_discard: pretend that it was a success.
func (ip *IPv4) icmpDiscard(b *core.SKB, bad bool) core.DropReason {
	defer ip.ns.In(step.IcmpDiscard, b).Out()
	if bad {
		ip.ns.Inc(step.IcmpInErrors)
	}
	ip.ns.Why(step.WhyIcmpIgnored, uint64(b.L4()[0])<<8)
	return 0
}

// icmpEcho is icmp_echo: answer a ping with the same bytes (RFC 1122
// §3.2.2.6).
func (ip *IPv4) icmpEcho(b *core.SKB) core.DropReason {
	defer ip.ns.In(step.IcmpEcho, b).Out()
	ns := ip.ns
	if ns.Sysctl.ICMPEchoIgnoreAll != 0 {
		ns.Why(step.WhyEchoIgnored)
		return 0
	}
	m := icmpMsg{typ: wire.ICMPEchoReply, code: b.L4()[1], rest: wire.ICMP(b.L4()).Rest(), n: b.Len()}
	ip.icmpReply(b, &m)
	return 0
}

// icmpTimestamp is icmp_timestamp: milliseconds since midnight, three times
// (RFC 1122 §3.2.2.8).
func (ip *IPv4) icmpTimestamp(b *core.SKB) core.DropReason {
	defer ip.ns.In(step.IcmpTimestamp, b).Out()
	ns := ip.ns
	if b.Len() < 4 {
		ns.Inc(step.IcmpInErrors)
		return step.DropPktTooSmall
	}
	m := icmpMsg{typ: wire.ICMPTimestampReply, rest: wire.ICMP(b.L4()).Rest(), n: 0, extra: 12}
	now := ip.midtime()
	b.CopyBits(0, m.buf[:4])
	put32(m.buf[4:], now)
	put32(m.buf[8:], now)
	ip.icmpReply(b, &m)
	return 0
}

// icmpUnreach is icmp_unreach: an error about a packet of ours. The protocol
// whose packet it was is told.
func (ip *IPv4) icmpUnreach(b *core.SKB) core.DropReason {
	defer ip.ns.In(step.IcmpUnreach, b).Out()
	ns := ip.ns
	if !b.MayPull(wire.IPv4MinLen) {
		ns.Inc(step.IcmpInErrors)
		return step.DropNotSpecified
	}
	m, h := wire.ICMP(b.L4()), wire.IPv4(b.Data())
	if h.IHL() < wire.IPv4MinLen {
		ns.Inc(step.IcmpInErrors)
		return step.DropIPInhdr
	}
	info := uint32(0)
	switch m.Type() {
	case wire.ICMPDestUnreach:
		if m.Code()&15 == wire.ICMPFragNeeded {
			switch ns.Sysctl.IPNoPMTUDisc {
			case 0:
				info = uint32(m.MTU())
			case 2, 3:
				return 0
			}
		}
		if m.Code() > 15 {
			return 0
		}
	case wire.ICMPParamProblem:
		info = m.Rest() >> 24
	case wire.ICMPTimeExceeded:
		if m.Code() == wire.ICMPExcFragTime {
			return 0
		}
	}
	ns.Why(step.WhyIcmpError, uint64(m.Type())<<8|uint64(m.Code()), uint64(h.Src()), uint64(h.Dst()), uint64(h.Proto()))
	if ns.Sysctl.ICMPIgnoreBogus == 0 && ip.addrType(b.Dev, h.Dst()) == RTNBroadcast {
		return 0
	}
	ip.icmpSocketDeliver(b, info)
	return 0
}

// icmpRedirect is icmp_redirect.
func (ip *IPv4) icmpRedirect(b *core.SKB) core.DropReason {
	defer ip.ns.In(step.IcmpRedirect, b).Out()
	ns := ip.ns
	if !b.MayPull(wire.IPv4MinLen) {
		ns.Inc(step.IcmpInErrors)
		return step.DropPktTooSmall
	}
	ip.icmpSocketDeliver(b, uint32(wire.ICMP(b.L4()).Gateway()))
	return 0
}

// icmpSocketDeliver is icmp_socket_deliver: raw sockets, then the protocol of
// the quoted packet.
func (ip *IPv4) icmpSocketDeliver(b *core.SKB, info uint32) {
	defer ip.ns.In(step.IcmpSocketDeliver, b).Out()
	ns := ip.ns
	h := wire.IPv4(b.Data())
	if h.IHL() < wire.IPv4MinLen || !b.MayPull(h.IHL()+8) || h.Proto() == wire.ProtoRaw {
		ns.Why(step.WhyIcmpQuoteShort, uint64(b.Len()))
		ns.Inc(step.IcmpInErrors)
		return
	}
	p := uint8(wire.IPv4(b.Data()).Proto())
	ns.Why(step.WhyIcmpQuote, uint64(p))
	if ip.raw != nil {
		ip.raw.ICMPError(ns, b, p, info)
	}
	if t := ns.Proto(p); t != nil {
		t.Err(ns, b, info)
	}
}

// icmpErr is icmp_err: an error about an echo request of ours goes to ping
// sockets; path MTU and redirects hold for ICMP too.
func (ip *IPv4) icmpErr(b *core.SKB, info uint32) bool {
	defer ip.ns.In(step.IcmpErr, b).Out()
	ns := ip.ns
	m, h := wire.ICMP(b.L4()), wire.IPv4(b.Data())
	q := wire.ICMP(h[h.IHL():])
	if q.Type() != wire.ICMPEchoReply {
		if ip.ping != nil {
			ip.ping.Err(ns, b, info)
		}
		return true
	}
	switch {
	case m.Type() == wire.ICMPDestUnreach && m.Code() == wire.ICMPFragNeeded:
		fl := Flow4{Saddr: h.Src(), Daddr: h.Dst(), TOS: h.TOS() & 0xfc, Proto: uint8(wire.ProtoICMP)}
		ip.UpdatePMTU(&fl, int(info))
	case m.Type() == wire.ICMPRedirect:
		ip.Redirect(b, 0, uint8(wire.ProtoICMP))
	}
	return true
}

// globalAllow is icmp_global_allow: at most icmp_msgs_per_sec messages a
// second, in bursts of icmp_msgs_burst.
func (ip *IPv4) globalAllow() bool {
	s := &ip.icmp
	if s.credit > 0 {
		return true
	}
	y := &ip.ns.Sysctl
	now := ip.ns.Clock.Now().Jiffies()
	delta := min(now-s.stamp, sim.HZ)
	if delta < sim.HZ/50 {
		return false
	}
	incr := int32(uint32(y.ICMPMsgsPerSec) * delta / sim.HZ)
	if incr == 0 {
		return false
	}
	s.stamp = now
	s.credit = min(s.credit+incr, int32(y.ICMPMsgsBurst))
	return true
}

// limits is icmpv4_global_allow: it reports whether the message may go, and
// whether the peer's own limit holds for it too.
func (ip *IPv4) limits(typ, code uint8) (allow, peer bool) {
	y := &ip.ns.Sysctl
	switch {
	case typ > maxICMPType, typ == uint8(wire.ICMPDestUnreach) && code == wire.ICMPFragNeeded, 1<<typ&y.ICMPRatemask == 0:
		return true, false
	case ip.globalAllow():
		return true, true
	}
	ip.ns.Inc(step.IcmpOutRateLimitGlobal)
	ip.ns.Why(step.WhyIcmpGlobalLimit, uint64(y.ICMPMsgsPerSec), uint64(y.ICMPMsgsBurst))
	return false, false
}

// xrlimAllow is icmpv4_xrlim_allow: the limit of one destination
// (icmp_ratelimit). There is none on loopback.
func (ip *IPv4) xrlimAllow(d *core.Dst, to wire.IP4, apply bool) bool {
	ns := ip.ns
	if !apply {
		return true
	}
	if d.Dev.Flags&core.IFFLoopback == 0 {
		p := ip.peerOf(to)
		if !p.Allow(ns.Clock.Now(), jiffiesOf(ns.Sysctl.ICMPRatelimit)) {
			ns.Inc(step.IcmpOutRateLimitHost)
			ns.Why(step.WhyIcmpHostLimit, uint64(to), uint64(ns.Sysctl.ICMPRatelimit), uint64(p.RateTokens)*uint64(sim.Jiffy))
			return false
		}
	}
	// icmp_global_consume: how much is used is left to chance, so that nobody
	// can count from outside.
	ip.icmp.credit -= int32(ns.Machine.Rand.Below(3))
	return true
}
