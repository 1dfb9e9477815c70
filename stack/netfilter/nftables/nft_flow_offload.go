package nftables

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// FlowOffload is nft_flow_offload: `flow add @f`.
type FlowOffload struct{ Flowtable *Flowtable }

// Eval is nft_flow_offload_eval: what is not fit for a flow table does not match.
func (e *FlowOffload) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftFlowOffloadEval, p.b).Out()
	switch {
	case e.onPort(p):
		(&NotModelled{"flow table on a bridge port"}).Eval(r, p)
	case !e.offload(p):
		r.Code = Break
	}
}

// onPort tells whether the packet's bridge has a port on which the table hangs:
// the kernel would send to that port directly (DEV_PATH_BRIDGE).
func (e *FlowOffload) onPort(p *Pkt) bool {
	for _, d := range e.Flowtable.devs {
		if d.Master != nil && (p.st.In == d.Master || p.st.Out == d.Master) {
			return true
		}
	}
	return false
}

func (e *FlowOffload) offload(p *Pkt) bool {
	ns := p.ns
	if p.pf == core.NFIPv4 && p.b.CB.OptLen != 0 {
		ns.Why(step.WhyFlowOptions)
		return false
	}
	c, info := conntrack.Get(p.b)
	if c == nil {
		ns.Why(step.WhyFlowNoCT)
		return false
	}
	tcp := false
	switch wire.Proto(c.Proto()) {
	case wire.ProtoTCP:
		var buf [wire.TCPMinLen]byte
		h := wire.TCP(p.header(p.thoff, wire.TCPMinLen, buf[:]))
		if h == nil || h.Flags()&(wire.TCPFin|wire.TCPRst) != 0 || !c.TCPAssured() {
			ns.Why(step.WhyFlowNotYet)
			return false
		}
		tcp = true
	case wire.ProtoUDP:
	case wire.ProtoGRE:
		if k := c.Tuple(conntrack.Original); c.Status&conntrack.NATMask != 0 || k.Sport != 0 || k.Dport != 0 {
			ns.Why(step.WhyFlowProto, uint64(c.Proto()))
			return false
		}
	default:
		ns.Why(step.WhyFlowProto, uint64(c.Proto()))
		return false
	}
	switch {
	case c.HelperOf() != conntrack.NoHelper || c.Status&(conntrack.SeqAdjust|conntrack.NATClash) != 0:
		ns.Why(step.WhyFlowHelper)
		return false
	case !c.IsConfirmed():
		ns.Why(step.WhyFlowNoCT)
		return false
	case c.Status&conntrack.Offload != 0:
		ns.Why(step.WhyFlowIn, uint64(c.ID))
		return false
	}
	f := &flow{ct: c}
	if !e.Flowtable.route(p, f, info.Dir()) || c.Status&conntrack.Dying != 0 {
		ns.Why(step.WhyFlowNoRoute)
		return false
	}
	c.Status |= conntrack.Offload
	c.Get()
	if tcp {
		c.FlowLiberal()
	}
	e.Flowtable.add(ns, f)
	return true
}

// route is nft_flow_route: by which route each direction leaves, and by which device
// its packets come in.
func (t *Flowtable) route(p *Pkt, f *flow, d conntrack.Dir) bool {
	this := p.b.Dst
	if this == nil || p.st.In == nil {
		return false
	}
	other := otherRoute(p, f.ct, d)
	if other == nil {
		return false
	}
	f.dst[d], f.dst[1-d] = this, other
	for i := range f.tuple {
		f.fill(p.ns, conntrack.Dir(i))
	}
	t.path(p.ns, f, d)
	t.path(p.ns, f, 1-d)
	return true
}

// otherRoute asks for the route of the answers.
func otherRoute(p *Pkt, c *conntrack.Conn, d conntrack.Dir) *core.Dst {
	src, dst := c.Tuple(1-d).Src, c.Tuple(d).Src
	if p.pf == core.NFIPv6 {
		h := p.b.IP6()
		fl := ipv6.Flow6{Saddr: src, Daddr: dst, OIF: p.st.In.Index, Mark: p.b.Mark, FlowLabel: h.FlowLabel(), Flags: ipv6.FlowAnySrc}
		if r, e := ipv6.Of(p.ns).RouteOutput(&fl); e == 0 {
			return r
		}
		return nil
	}
	fl := ipv4.Flow4{Saddr: src.IP4(), Daddr: dst.IP4(), OIF: p.st.In.Index, Mark: p.b.Mark, TOS: p.b.IP4().TOS() & 0xfc, Flags: ipv4.FlowAnySrc}
	if r, e := ipv4.Of(p.ns).RouteOutput(&fl); e == 0 {
		return r
	}
	return nil
}

// fill is flow_offload_fill_dir and nft_default_forward_path: packets of a direction
// come in by the device that the other direction's leave by.
func (f *flow) fill(ns *core.Netns, d conntrack.Dir) {
	k := f.ct.Tuple(d)
	f.tuple[d] = flowTuple{src: k.Src, dst: k.Dst, l3: k.L3, proto: k.Proto, iif: f.dst[1-d].Dev.Index}
	if k.Proto != uint8(wire.ProtoGRE) {
		f.tuple[d].sport, f.tuple[d].dport = k.Sport, k.Dport
	}
	if k.L3 == core.NFIPv6 {
		f.mtu[d] = max(ipv6.Of(ns).MTU(f.dst[d]), wire.IPv6MinMTU)
	} else {
		f.mtu[d] = ipv4.Of(ns).ForwardMTU(f.dst[d])
	}
}

// path is nft_dev_forward_path: below VLAN devices the table may hang on the device
// that carries them; then it is that device by which the other direction's packets
// come in, with the tags.
func (t *Flowtable) path(ns *core.Netns, f *flow, d conntrack.Dir) {
	dev := f.dst[d].Dev
	if dev.Lower == nil || dev.VlanID == 0 || !f.neighbour(ns, d) {
		return
	}
	var tags []flowTag
	for dev.Lower != nil && dev.VlanID != 0 {
		tags = append(tags, flowTag{dev.VlanID, uint16(vlanType(dev))})
		dev = dev.Lower
	}
	if len(tags) > 2 || !slices.Contains(t.devs, dev) {
		return
	}
	k := &f.tuple[1-d]
	k.iif = dev.Index
	for i := range tags {
		k.encap[i] = tags[len(tags)-1-i]
	}
	f.encaps[1-d] = uint8(len(tags))
}

func vlanType(d *core.Device) wire.EtherType {
	if d.VlanAD {
		return wire.EtherTypeQinQ
	}
	return wire.EtherTypeVLAN
}

// neighbour tells whether the neighbour of a direction is known (NUD_VALID).
func (f *flow) neighbour(ns *core.Netns, d conntrack.Dir) bool {
	r := f.dst[d]
	hop := f.ct.Tuple(1 - d).Src
	if !r.Gateway.IsZero() {
		hop = r.Gateway
	}
	t := ns.Neigh4
	if !hop.Is4() {
		t = ns.Neigh6
	}
	n := t.Lookup(hop, r.Dev)
	return n != nil && n.State&core.NUDValid != 0
}

// Validate is nft_flow_offload_validate.
func (e *FlowOffload) Validate(c *Chain) core.Errno {
	if err := ipOnly(c.Table.Family); err != 0 {
		return err
	}
	return c.validHooks(1 << core.Forward)
}

func (e *FlowOffload) hold(t *Table) core.Errno {
	e.Flowtable.use++
	conntrack.Enable(t.s.ns, ctFamily(t.Family))
	return 0
}

func (e *FlowOffload) release(t *Table) {
	e.Flowtable.use--
	conntrack.Disable(t.s.ns, ctFamily(t.Family))
}
