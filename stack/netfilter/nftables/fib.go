package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nft_fib.c, nft_fib_ipv4.c, nft_fib_ipv6.c, nft_rt.c.

// A FibResult is what a Fib asks for (enum nft_fib_result).
type FibResult uint8

// The results.
const (
	FibOIF FibResult = iota
	FibOIFName
	FibType
)

// Flags of a Fib (NFTA_FIB_F_*).
const (
	FibSaddr = 1 << iota
	FibDaddr
	FibMark
	FibIIF
	FibOIFFlag
	FibPresent
)

// Fib is nft_fib: what do the routing tables say of an address of the packet?
type Fib struct {
	Result FibResult
	Flags  uint8
	Dst    uint8
}

// Eval is nft_fib4_eval and its sisters.
func (e *Fib) Eval(r *Regs, p *Pkt) {
	switch p.pf {
	case core.NFIPv4:
		e.fib4(r, p)
	case core.NFIPv6:
		e.fib6(r, p)
	default:
		r.Code = Break
	}
}

// store is nft_fib_store_result.
func (e *Fib) store(r *Regs, d *core.Device) {
	switch {
	case e.Result == FibOIFName:
		r.putName(e.Dst, devName(d))
	case e.Flags&FibPresent != 0:
		v := uint8(0)
		if d != nil {
			v = 1
		}
		r.put8(e.Dst, v)
	default:
		r.put32(e.Dst, devIndex(d))
	}
}

func (e *Fib) dev(p *Pkt) *core.Device {
	switch {
	case e.Flags&FibOIFFlag != 0:
		return p.st.Out
	case e.Flags&FibIIF != 0:
		return p.st.In
	}
	return nil
}

func (e *Fib) fib4(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftFib4Eval, p.b).Out()
	ip, h := ipv4.Of(p.ns), p.b.IP4()
	addr, other := h.Src(), h.Dst()
	if e.Flags&FibDaddr != 0 {
		addr, other = other, addr
	}
	a := addr.Addr()
	if e.Result == FibType {
		t := ip.AddrType(p.ns, addr)
		r.put32(e.Dst, uint32(t))
		p.ns.Why(step.WhyNftFibType, a.Hi, a.Lo, uint64(t))
		return
	}
	if p.canSkip() {
		e.store(r, p.st.In)
		return
	}
	if h.Src()>>24 == 0 && (h.Dst() == 0xffffffff || h.Dst()>>8 == 0xe00000) {
		e.store(r, p.b.Dev)
		return
	}
	fl := ipv4.Flow4{Daddr: addr, Saddr: other, TOS: h.TOS() & 0xfc, Proto: p.tprot, Flags: ipv4.FlowAnySrc}
	if e.Flags&FibMark != 0 {
		fl.Mark = p.b.Mark
	}
	if other>>28 == 14 || other == 0xffffffff || other>>24 == 0 || other>>24 == 127 {
		fl.Saddr = 0
	}
	e.store(r, nil)
	want := e.dev(p)
	d, err := ip.RouteOutput(&fl)
	if err != 0 || d.Type == ipv4.RTNLocal {
		return
	}
	if want != nil && d.Dev != want {
		return
	}
	p.ns.Why(step.WhyNftFibDev, a.Hi, a.Lo, uint64(d.Dev.Index))
	e.store(r, d.Dev)
}

// canSkip is nft_fib_can_skip: what came in by loopback needs no question.
func (p *Pkt) canSkip() bool {
	if p.st.In == nil || p.st.In != p.ns.Loopback {
		return false
	}
	return p.st.Hook == core.PreRouting || p.st.Hook == core.LocalIn
}

func (e *Fib) fib6(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftFib6Eval, p.b).Out()
	ip, h := ipv6.Of(p.ns), p.b.IP6()
	addr := h.Src()
	if e.Flags&FibDaddr != 0 {
		addr = h.Dst()
	}
	if e.Result == FibType {
		t := e.type6(p, ip, addr)
		r.put32(e.Dst, t)
		p.ns.Why(step.WhyNftFibType, addr.Hi, addr.Lo, uint64(t))
		return
	}
	if p.canSkip() {
		e.store(r, p.st.In)
		return
	}
	fl := ipv6.Flow6{Daddr: addr, Proto: p.tprot}
	if e.Flags&FibMark != 0 {
		fl.Mark = p.b.Mark
	}
	e.store(r, nil)
	want := e.dev(p)
	if want != nil && addr.Hi>>54 == 0xfe80>>6 {
		fl.OIF = want.Index
	}
	d, err := ip.RouteOutput(&fl)
	if err != 0 || d.Type == ipv4.RTNLocal || want != nil && d.Dev != want {
		return
	}
	p.ns.Why(step.WhyNftFibDev, addr.Hi, addr.Lo, uint64(d.Dev.Index))
	e.store(r, d.Dev)
}

// type6 is __nft_fib6_eval_type.
func (e *Fib) type6(p *Pkt, ip *ipv6.IPv6, a wire.Addr) uint32 {
	if a.Hi>>56 == 0xff {
		return ipv4.RTNMulticast
	}
	if ip.ChkAddr(a, e.dev(p)) {
		return ipv4.RTNLocal
	}
	fl := ipv6.Flow6{Daddr: a, Proto: p.tprot}
	d, err := ip.RouteOutput(&fl)
	switch {
	case err != 0:
		return ipv4.RTNUnreachable
	case d.Type == ipv4.RTNLocal:
		return ipv4.RTNLocal
	}
	return ipv4.RTNUnicast
}

// Validate is nft_fib_validate.
func (e *Fib) Validate(c *Chain) core.Errno {
	switch c.Table.Family {
	case core.NFIPv4, core.NFIPv6, core.NFInet:
	case core.NFNetdev:
		return c.validHooks(1 << core.NetdevIngress)
	default:
		return eopnotsupp
	}
	in := uint(1<<core.PreRouting | 1<<core.LocalIn | 1<<core.Forward)
	if e.Result != FibType || e.Flags&FibIIF != 0 {
		return c.validHooks(in)
	}
	if e.Flags&FibOIFFlag != 0 {
		return c.validHooks(1<<core.LocalOut | 1<<core.PostRouting | 1<<core.Forward)
	}
	return c.validHooks(in | 1<<core.LocalOut | 1<<core.PostRouting)
}

// A RTKey is an enum nft_rt_keys.
type RTKey uint8

// What is known of a packet's route.
const (
	RTClassID RTKey = iota
	RTNextHop4
	RTNextHop6
	RTTCPMSS
	RTIPsec
)

// RT is nft_rt: what is known of the packet's route into a register.
type RT struct {
	Key RTKey
	Dst uint8
}

// Eval is nft_rt_get_eval.
func (e *RT) Eval(r *Regs, p *Pkt) {
	d := p.b.Dst
	if d == nil {
		r.Code = Break
		return
	}
	switch e.Key {
	case RTNextHop4:
		if p.pf != core.NFIPv4 {
			r.Code = Break
			return
		}
		a := p.b.IP4().Dst()
		if d.Gateway.Is4() && !d.Gateway.IsZero() {
			a = d.Gateway.IP4()
		}
		r.put32(e.Dst, uint32(a))
	case RTNextHop6:
		if p.pf != core.NFIPv6 {
			r.Code = Break
			return
		}
		a := p.b.IP6().Dst()
		if !d.Gateway.IsZero() {
			a = d.Gateway
		}
		a.Put16(r.at(e.Dst, 16))
	case RTTCPMSS:
		mtu := d.PathMTU()
		if p.pf == core.NFIPv6 {
			mtu -= wire.IPv6Len
		} else {
			mtu -= wire.IPv4MinLen
		}
		r.put16(e.Dst, uint16(mtu-wire.TCPMinLen))
	default:
		r.put32(e.Dst, 0)
	}
}

// Validate is nft_rt_validate: a route is known after routing only, and to IP.
func (e *RT) Validate(c *Chain) core.Errno {
	switch c.Table.Family {
	case core.NFIPv4, core.NFIPv6, core.NFInet:
	default:
		return eopnotsupp
	}
	switch e.Key {
	case RTNextHop4, RTNextHop6, RTClassID, RTIPsec:
		return 0
	}
	return c.validHooks(1<<core.Forward | 1<<core.LocalOut | 1<<core.PostRouting)
}
