package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: nft_reject.c, nft_reject_inet.c. The answers are made in
// nf_reject_ipv4.go and nf_reject_ipv6.go of ipv4 and ipv6.

// A RejectKind is an enum nft_reject_types.
type RejectKind uint8

// What the sender is told.
const (
	RejectICMP  RejectKind = iota // an ICMP error of the packet's own family
	RejectReset                   // a TCP RST
	RejectICMPX                   // an ICMP error by the common numbers
)

// The codes of RejectICMPX (enum nft_reject_inet_code).
const (
	ICMPXNoRoute = iota
	ICMPXPortUnreach
	ICMPXHostUnreach
	ICMPXAdminProhibited
)

var (
	icmpxTo4 = [...]uint8{0, 3, 1, 13}
	icmpxTo6 = [...]uint8{0, 4, 3, 1}
)

// Reject is nft_reject: tell the sender, and drop.
type Reject struct {
	Kind RejectKind
	Code uint8
}

// Eval is nft_reject_ipv4_eval and its sisters.
func (e *Reject) Eval(r *Regs, p *Pkt) {
	switch p.chain.Table.Family {
	case core.NFIPv4:
		e.ipv4(p)
	case core.NFIPv6:
		e.ipv6(p)
	case core.NFBridge:
		e.bridge(r, p)
		return
	case core.NFNetdev:
		e.netdev(r, p)
		return
	default:
		e.inet(p)
	}
	r.Code = DropCode
}

func (e *Reject) ipv4(p *Pkt) {
	defer p.ns.In(step.NftRejectIPv4Eval, p.b).Out()
	e.send(p)
}

func (e *Reject) ipv6(p *Pkt) {
	defer p.ns.In(step.NftRejectIPv6Eval, p.b).Out()
	e.send(p)
}

func (e *Reject) inet(p *Pkt) {
	defer p.ns.In(step.NftRejectInetEval, p.b).Out()
	e.send(p)
}

func (e *Reject) bridge(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftRejectBridgeEval, p.b).Out()
	(&NotModelled{"reject in a bridge"}).Eval(r, p)
}

func (e *Reject) send(p *Pkt) {
	code := e.Code
	switch {
	case e.Kind == RejectReset && p.pf == core.NFIPv6:
		ipv6.Of(p.ns).SendReset(p.st.SK, p.b)
		return
	case e.Kind == RejectReset:
		ipv4.Of(p.ns).SendReset(p.st.SK, p.b)
		return
	case p.pf == core.NFIPv6:
		if e.Kind == RejectICMPX {
			code = icmpxTo6[code]
		}
		ipv6.Of(p.ns).SendUnreach(p.b, code)
		return
	case e.Kind == RejectICMPX:
		code = icmpxTo4[code]
	}
	ipv4.Of(p.ns).SendUnreach(p.b, code)
}

// Validate is nft_reject_inet_validate.
func (e *Reject) Validate(c *Chain) core.Errno {
	switch c.Table.Family {
	case core.NFNetdev:
		return c.validHooks(1 << core.NetdevIngress)
	case core.NFBridge:
		return c.validHooks(1<<core.PreRouting | 1<<core.LocalIn)
	case core.NFInet:
		return c.validHooks(1<<core.PreRouting | 1<<core.LocalIn | 1<<core.Forward | 1<<core.LocalOut | 1<<core.InetIngress)
	}
	return c.validHooks(1<<core.PreRouting | 1<<core.LocalIn | 1<<core.Forward | 1<<core.LocalOut)
}
