package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// afOps is what a family does for TCP: struct inet_connection_sock_af_ops and
// struct tcp_request_sock_ops. ipv4Specific and ipv6Specific implement it.
type afOps interface {
	etherType() uint16
	hdrLen() int     // bytes of the network header (net_header_len)
	gsoType() uint32 // SKB_GSO_TCPV4 or V6
	pseudo(s, d wire.Addr, n int) uint32
	mtu(d *core.Dst) int
	advMSS(d *core.Dst) int
	dstOK(d *core.Dst) bool
	// route finds the way to sk.Daddr and sets sk.Saddr if it is unset.
	route(sk *Sock) (*core.Dst, core.Errno)
	// routeReq is inet_csk_route_req and inet_csk_route_child_sock.
	routeReq(l *Sock, r *Request) *core.Dst
	queueXmit(sk *Sock, b *core.SKB) core.Errno
	sendSynack(l *Sock, r *Request, d *core.Dst, b *core.SKB) core.Errno
	// reply is ip_send_unicast_reply: seg answers in.
	reply(t *TCP, in *core.SKB, s, d wire.Addr, seg []byte, tos uint8, mark uint32, oif int, transparent bool)
	// sendCaptured gives IP a captured packet, network header first.
	sendCaptured(sk *core.Sock, d *core.Dst, b *core.SKB) core.Errno
	// updatePMTU tells the routes that packets to the peer may have mtu bytes.
	updatePMTU(sk *Sock, mtu int)
	// addrs are the addresses of a received packet, its own side's second, and
	// its TOS byte.
	addrs(b *core.SKB) (s, d wire.Addr, tos uint8)

	// The steps whose names have the family in them.
	stepRcv() step.Step
	stepDoRcv() step.Step
	stepSendReset() step.Step
	stepSendAck() step.Step
	stepSendSynack() step.Step
	stepSynRecvSock() step.Step
	stepMtuReduced() step.Step
	stepErr() step.Step
}

// familyOf tells the family of a received packet and its addresses: own side,
// other side.
func (t *TCP) familyOf(b *core.SKB) (af afOps, laddr, faddr wire.Addr, tos uint8) {
	af = t.v4
	if b.Protocol == etherIPv6 {
		af = t.v6
	}
	s, d, tos := af.addrs(b)
	return af, d, s, tos
}

const (
	etherIPv4 = uint16(wire.EtherTypeIPv4)
	etherIPv6 = uint16(wire.EtherTypeIPv6)
)
