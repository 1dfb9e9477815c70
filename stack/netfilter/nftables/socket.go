package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nft_socket.c, nf_socket_ipv4.c, nf_socket_ipv6.c,
// nft_tproxy.c, nf_tproxy_ipv4.c, nf_tproxy_ipv6.c.

// A SocketKey is an enum nft_socket_keys.
type SocketKey uint8

// What is known of a packet's socket. Its control group is not modelled.
const (
	SocketTransparent SocketKey = iota // IP_TRANSPARENT is set: 1, else 0
	SocketMark                         // SO_MARK
	SocketWildcard                     // it is bound to any address: 1, else 0
)

// Socket is nft_socket: what is known of the packet's socket into a register.
type Socket struct {
	Key SocketKey
	Dst uint8
}

// Init is nft_socket_init: EOPNOTSUPP where there are no sockets.
func (e *Socket) Init(f core.Family) core.Errno { return ipOnly(f) }

func ipOnly(f core.Family) core.Errno {
	switch f {
	case core.NFIPv4, core.NFIPv6, core.NFInet:
		return 0
	}
	return eopnotsupp
}

// Eval is nft_socket_eval: the socket that the packet has already, or the one that
// would get it. Of a connection that is half open or in TIME_WAIT there is neither
// mark nor address.
func (e *Socket) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftSocketEval, p.b).Out()
	s := p.socket()
	switch {
	case !s.Found:
		p.ns.Why(step.WhyNftNoSocket)
		r.Code = Break
	case e.Key == SocketTransparent:
		s.why(p)
		r.put8(e.Dst, bit(s.Transparent))
	case s.SK == nil:
		s.why(p)
		r.Code = Break
	case e.Key == SocketMark:
		s.why(p)
		r.put32(e.Dst, s.SK.Mark)
	default:
		s.why(p)
		r.put8(e.Dst, bit(s.Wildcard))
	}
}

// A socketFound is a socket as rules see it.
type socketFound struct{ core.NFSocket }

func (s *socketFound) why(p *Pkt) {
	if s.SK == nil {
		p.ns.Why(step.WhyNftHalfSocket, uint64(bit(s.Transparent)))
		return
	}
	p.ns.Why(step.WhyNftSocket, uint64(s.SK.Mark), uint64(bit(s.Transparent)), uint64(bit(s.Wildcard)))
}

func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// socket is nft_socket_do_lookup: a socket of another namespace does not count, and
// without a device that the packet came in by none is looked for.
func (p *Pkt) socket() socketFound {
	if sk := p.b.SK; sk != nil && sk.NS == p.ns {
		return socketFound{core.NFSocketOf(sk)}
	}
	if p.st.In == nil {
		return socketFound{}
	}
	x := p.borrow()
	s := x.LookupSlow()
	x.Leave()
	return socketFound{s}
}

// Validate is nft_socket_validate.
func (e *Socket) Validate(c *Chain) core.Errno {
	if err := ipOnly(c.Table.Family); err != 0 {
		return err
	}
	return c.validHooks(1<<core.PreRouting | 1<<core.LocalIn | 1<<core.LocalOut)
}

// TProxy is nft_tproxy: give the packet to a local socket as it is. Family is
// NFInet where the rule names none: then it has no address. Addr and Port are
// registers plus 1; 0: none.
type TProxy struct {
	Family     core.Family
	Addr, Port uint8
}

// Init is nft_tproxy_init: EINVAL for an address of another family than the
// table's.
func (e *TProxy) Init(f core.Family) core.Errno {
	if err := ipOnly(f); err != 0 {
		return err
	}
	if e.Addr == 0 && e.Port == 0 || f != core.NFInet && e.Family != f || e.Family == core.NFInet && e.Addr != 0 {
		return einval
	}
	return 0
}

// Eval is nft_tproxy_eval.
func (e *TProxy) Eval(r *Regs, p *Pkt) {
	switch {
	case e.Family != core.NFInet && e.Family != p.pf:
		r.Code = Break
	case p.pf == core.NFIPv4:
		e.four(r, p)
	case p.pf == core.NFIPv6:
		e.six(r, p)
	default:
		r.Code = Break
	}
}

func (e *TProxy) four(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftTproxyEvalV4, p.b).Out()
	var t iptables.TProxy
	if e.Addr != 0 {
		t.Addr = wire.IP4(r.get32(e.Addr - 1)).Addr()
	}
	e.give(r, p, &t)
}

func (e *TProxy) six(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftTproxyEvalV6, p.b).Out()
	var t iptables.TProxy
	if e.Addr != 0 {
		t.Addr = wire.AddrFrom16(r.at(e.Addr-1, 16))
	}
	e.give(r, p, &t)
}

func (e *TProxy) give(r *Regs, p *Pkt, t *iptables.TProxy) {
	if p.tprot != uint8(wire.ProtoTCP) && p.tprot != uint8(wire.ProtoUDP) {
		r.Code = Break
		return
	}
	if e.Port != 0 {
		t.Port = be16(r.at(e.Port-1, 2))
	}
	x := p.borrow()
	a, port, ok := t.Give(x, p.tprot)
	x.Leave()
	if !ok {
		p.ns.Why(step.WhyNftNoProxy, a.Hi, a.Lo, uint64(port))
		r.Code = Break
		return
	}
	p.ns.Why(step.WhyNftProxy, a.Hi, a.Lo, uint64(port))
}

// hold is the end of nft_tproxy_init: fragments are put together first.
func (e *TProxy) hold(t *Table) core.Errno {
	if e.Family != core.NFIPv6 {
		conntrack.NewTable(t.s.ns).DefragEnable(core.NFIPv4)
	}
	if e.Family != core.NFIPv4 {
		conntrack.NewTable(t.s.ns).DefragEnable(core.NFIPv6)
	}
	return 0
}

// release is nft_tproxy_destroy.
func (e *TProxy) release(t *Table) {
	if e.Family != core.NFIPv6 {
		conntrack.NewTable(t.s.ns).DefragDisable(core.NFIPv4)
	}
	if e.Family != core.NFIPv4 {
		conntrack.NewTable(t.s.ns).DefragDisable(core.NFIPv6)
	}
}

// Validate is nft_tproxy_validate.
func (e *TProxy) Validate(c *Chain) core.Errno {
	if err := ipOnly(c.Table.Family); err != 0 {
		return err
	}
	return c.validHooks(1 << core.PreRouting)
}
