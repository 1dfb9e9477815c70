package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Anycast addresses, net/ipv6/anycast.c: a router answers to the lowest address of
// each prefix, the subnet-router anycast address (RFC 4291 §2.6.1).

// An anycast is struct ifacaddr6.
type anycast struct {
	addr  wire.Addr
	users int
	rt    *Route6
}

// joinAnycast is addrconf_join_anycast, for the prefix of an address.
func (ip *IPv6) joinAnycast(a *Addr6) {
	defer ip.ns.In(step.AddrconfJoinAnycast, ip.self()).Out()
	at := a.Addr.Mask(a.Plen)
	if a.Plen >= 127 || at.IsZero() {
		return
	}
	i := a.idev
	for _, c := range i.acasts {
		if c.addr == at {
			c.users++
			return
		}
	}
	rt := ip.insertRoute(&Route6{Dst: at, Plen: 128, Table: TableLocal, Type: RTNAnycast, Dev: a.Dev, Proto: ProtKernel, anycast: true})
	i.acasts = append(i.acasts, &anycast{addr: at, users: 1, rt: rt})
	i.join(at.SolicitedNode())
}

// leaveAnycast is addrconf_leave_anycast.
func (ip *IPv6) leaveAnycast(a *Addr6) {
	i, at := a.idev, a.Addr.Mask(a.Plen)
	if a.Plen >= 127 {
		return
	}
	for k, c := range i.acasts {
		if c.addr != at {
			continue
		}
		if c.users--; c.users == 0 {
			i.acasts = append(i.acasts[:k:k], i.acasts[k+1:]...)
			i.leave(at.SolicitedNode())
			ip.removeRoute(c.rt)
		}
		return
	}
}

// isAnycast is ipv6_chk_acast_addr for one device.
func (i *Inet6Dev) isAnycast(a wire.Addr) bool {
	for _, c := range i.acasts {
		if c.addr == a {
			return true
		}
	}
	return false
}

// ForwardingChange is dev_forward_change: a device has become a router's, or a
// host's again (net.ipv6.conf.DEV.forwarding).
func (ip *IPv6) ForwardingChange(dev *core.Device) {
	i := idevOf(dev)
	if i == nil {
		return
	}
	router := i.forwarding()
	if dev.Flags&core.IFFMulticast != 0 {
		for _, g := range [...]wire.Addr{allRouters, allRoutersIf, allRoutersS} {
			if router {
				i.join(g)
			} else {
				i.leave(g)
			}
		}
	}
	for _, a := range i.addrs {
		switch {
		case a.Flags&AddrTentative != 0:
		case router:
			ip.joinAnycast(a)
		default:
			ip.leaveAnycast(a)
		}
	}
}

// PurgeRouters is rt6_purge_dflt_routers: who forwards has no use for the routers that
// told it of themselves, unless accept_ra is 2.
func (ip *IPv6) PurgeRouters() {
	for k := 0; ; {
		l := ip.main.node(wire.Addr{}, 0)
		for k < len(l) && (!l[k].ra || l[k].prefix || idevOf(l[k].Dev) != nil && idevOf(l[k].Dev).conf.AcceptRA == 2) {
			k++
		}
		if k == len(l) {
			return
		}
		ip.removeRoute(l[k])
	}
}

// proxyDelay is net.ipv6.neigh.DEV.proxy_delay.
const proxyDelay = 800 * sim.Millisecond

// An acastTask answers for an anycast address a while later, since others may
// have it too (RFC 4861 §7.2.7).
type acastTask struct {
	ip    *IPv6
	b     *core.SKB
	timer sim.Timer
}

// answerLater is pneigh_enqueue: the question is kept for a random time.
func (ip *IPv6) answerLater(b *core.SKB) {
	ns := ip.ns
	t := &acastTask{ip: ip, b: b.Clone()}
	now := ns.Clock.Now()
	ns.Clock.Mod(&t.timer, sim.WheelExpiry(now, now+sim.Time(ns.Machine.Rand.Below(uint32(proxyDelay/sim.Jiffy)))*sim.Jiffy), t)
}

// Run is neigh_proxy_process and pndisc_redo.
func (t *acastTask) Run() {
	ip, b := t.ip, t.b
	ip.ns.BHDisable()
	if m := wire.ND(b.Data()); m.Valid() && idevOf(b.Dev) != nil {
		src := b.IP6().Src()
		if n := ip.neigh.Lookup(src, b.Dev); n != nil || !src.IsZero() {
			ip.answerAnycast(b, m)
		}
	}
	ip.ns.Free(b)
	ip.ns.BHEnable()
}

// answerAnycast is the rest of ndisc_recv_ns for an anycast address: the
// advertisement does not override what is known already.
func (ip *IPv6) answerAnycast(b *core.SKB, m wire.ND) {
	o, ok := parseOptions(m.Options())
	if !ok {
		return
	}
	mac, _ := linkAddr(o.src, b.Dev)
	h, target := b.IP6(), m.Target()
	src, inc := h.Src(), h.Dst().IsMulticast()
	router := idevOf(b.Dev).forwarding()
	if src.IsZero() {
		ip.sendNA(b.Dev, allNodes, target, router, false, false, true, b.Pkt)
		return
	}
	n := ip.neigh.Lookup(src, b.Dev)
	if n == nil && (!inc || o.src != nil) {
		n = ip.neigh.Create(src, b.Dev)
	}
	if n == nil {
		return
	}
	ip.neigh.Update(n, mac, core.NUDStale, core.NeighUpdateWeakOverride|core.NeighUpdateOverride)
	ip.sendNA(b.Dev, src, target, router, true, false, inc, b.Pkt)
}
