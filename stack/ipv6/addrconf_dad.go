package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Duplicate address detection, RFC 4862 §5.4.

// States of an address (INET6_IFADDR_STATE_*).
const (
	dadPre     = iota // the link is not there yet
	dadRunning        // asking whether somebody has it
	dadDone
	dadFailed // somebody has it
	dadDead
)

// dadTask is ifp->dad_work.
type dadTask struct{ a *Addr6 }

// Run is addrconf_dad_work.
func (t *dadTask) Run() {
	ip := t.a.idev.ip
	ip.ns.BHDisable()
	ip.dadWork(t.a)
	ip.ns.BHEnable()
}

// dadStart is addrconf_dad_start.
func (ip *IPv6) dadStart(a *Addr6) {
	if a.state != dadPre {
		return
	}
	a.state = dadRunning
	ip.dadBegin(a)
}

// dadBegin is addrconf_dad_begin: join the solicited-node group, then ask, if
// there is somebody to be asked.
func (ip *IPv6) dadBegin(a *Addr6) {
	defer ip.ns.In(step.AddrconfDADBegin, ip.self()).Out()
	ns := ip.ns
	i, dev := a.idev, a.Dev
	if dev.Flags&(core.IFFLoopback|core.IFFNoARP) == 0 {
		i.join(a.Addr.SolicitedNode())
	}
	switch {
	case dev.Flags&(core.IFFNoARP|core.IFFLoopback) != 0:
		ns.Why(step.WhyDADNoNeighbours, uint64(dev.Index))
		ip.dadCompleted(a)
	case ns.Sysctl.Conf6All.AcceptDad < 1 && i.conf.AcceptDad < 1, a.Flags&AddrNoDAD != 0:
		ns.Why(step.WhyDADOff, a.Addr.Hi, a.Addr.Lo)
		ip.dadCompleted(a)
	case !i.ready:
		// addrconf_dad_stop: it stays tentative until the link is there.
		ns.Why(step.WhyDADNotReady, uint64(dev.Index))
		if i.conf.DadTransmits == 0 {
			ip.dadCompleted(a)
		}
	default:
		if a.Flags&AddrOptimistic != 0 {
			ip.addrLocal(a)
		}
		ip.dadKick(a)
	}
}

// dadKick is addrconf_dad_kick: the first solicitation goes after a random
// delay of up to a second (RFC 4861 §6.3.7), with a number of its own so that a
// loop is told from a neighbour (RFC 7527).
func (ip *IPv6) dadKick(a *Addr6) {
	ns := ip.ns
	delay := sim.Time(0)
	if a.Flags&AddrOptimistic == 0 {
		delay = sim.Time(ns.Machine.Rand.Below(max(1, sim.HZ*uint32(max(0, a.idev.conf.RSDelay))))) * sim.Jiffy
	}
	for a.nonce = 0; a.nonce == 0; {
		a.nonce = ns.Machine.Rand.Uint64() >> 16
	}
	a.probes = a.idev.conf.DadTransmits
	now := ns.Clock.Now()
	at := now
	if delay > 0 {
		at = sim.WheelExpiry(now, now+delay)
	}
	ns.Clock.Mod(&a.dad, at, &a.dadFn)
}

// dadWork is addrconf_dad_work: the next solicitation, or the end.
func (ip *IPv6) dadWork(a *Addr6) {
	defer ip.ns.In(step.AddrconfDADWork, ip.self()).Out()
	ns := ip.ns
	if a.state == dadFailed {
		ns.Why(step.WhyDADDuplicate, a.Addr.Hi, a.Addr.Lo)
		a.Flags |= AddrDADFailed | AddrTentative
		ip.removeRoute(a.rt)
		return
	}
	if a.state != dadRunning || !a.idev.ready {
		return
	}
	if a.probes == 0 {
		ns.Why(step.WhyDADSilence, a.Addr.Hi, a.Addr.Lo)
		ip.dadCompleted(a)
		return
	}
	a.probes--
	ns.Why(step.WhyDADProbe, a.Addr.Hi, a.Addr.Lo)
	now := ns.Clock.Now()
	ns.Clock.Mod(&a.dad, sim.WheelExpiry(now, now+ip.neigh.Retrans), &a.dadFn)
	ip.sendNS(a.Dev, a.Addr, a.Addr.SolicitedNode(), &wire.Addr{}, a.nonce)
}

// dadCompleted is addrconf_dad_completed: the address is this host's.
func (ip *IPv6) dadCompleted(a *Addr6) {
	defer ip.ns.In(step.AddrconfDADCompleted, ip.self()).Out()
	ns := ip.ns
	ns.Clock.Stop(&a.dad)
	tell := a.Flags&(AddrTentative|AddrOptimistic|AddrNoDAD) == AddrTentative
	a.Flags &^= AddrTentative | AddrOptimistic | AddrDADFailed
	a.state = dadDone
	ip.addrLocal(a)
	if a.idev.forwarding() {
		ip.joinAnycast(a)
	}
	ns.Why(step.WhyDADCompleted, a.Addr.Hi, a.Addr.Lo, uint64(a.Dev.Index))
	i := a.idev
	first := a.Scope == scopeLink && i.lonely(a)
	ask := first && i.acceptRA() && i.conf.RouterSolicitations != 0 && i.dev.Flags&core.IFFLoopback == 0
	if first {
		i.mld.dadComplete()
	}
	if tell && i.notify() {
		ip.sendNA(i.dev, allNodes, a.Addr, i.forwarding(), false, true, true, 0)
	}
	if src, ok := i.lladdr(AddrTentative); ok && ask && i.ready {
		ip.ndiscSendRS(i.dev, src)
		i.rsN = 1
		i.rsIvl = ip.about(sim.Time(i.conf.RSInterval) * sim.Second)
		i.nextRS(i.rsIvl)
	}
}

// notify tells whether neighbours hear of new addresses unasked.
func (i *Inet6Dev) notify() bool {
	return i.conf.NdiscNotify != 0 || i.ip.ns.Sysctl.Conf6All.NdiscNotify != 0
}

// lonely is ipv6_lonely_lladdr: the device has no other link-local address in use.
func (i *Inet6Dev) lonely(a *Addr6) bool {
	for _, o := range i.addrs {
		if o != a && o.Scope == scopeLink && o.Flags&(AddrTentative|AddrOptimistic|AddrDADFailed) == 0 {
			return false
		}
	}
	return true
}

// dadFailure is addrconf_dad_failure: somebody else has this address.
func (ip *IPv6) dadFailure(a *Addr6, b *core.SKB) {
	defer ip.ns.In(step.AddrconfDADFailure, b).Out()
	ns := ip.ns
	if a.state != dadRunning {
		return
	}
	a.state = dadFailed
	ns.Why(step.WhyDADDuplicate, a.Addr.Hi, a.Addr.Lo)
	ns.Clock.Mod(&a.dad, ns.Clock.Now(), &a.dadFn)
}

// acceptRA is ipv6_accept_ra: a router does not listen to routers.
func (i *Inet6Dev) acceptRA() bool {
	if i.forwarding() {
		return i.conf.AcceptRA == 2
	}
	return i.conf.AcceptRA != 0
}

// rsTask is idev->rs_timer.
type rsTask struct{ i *Inet6Dev }

// Run is addrconf_rs_timer: ask again for a router (RFC 4861 §6.3.7, RFC 7559), until
// one answers or router_solicitations are sent; -1 is without end.
func (t *rsTask) Run() {
	i := t.i
	max := i.conf.RouterSolicitations
	if !i.ready || !i.acceptRA() {
		return
	}
	n := i.rsN
	if i.rsN++; n >= max && max >= 0 {
		return
	}
	src, ok := i.lladdr(AddrTentative)
	if !ok {
		return
	}
	i.ip.ns.BHDisable()
	i.ip.ndiscSendRS(i.dev, src)
	i.ip.ns.BHEnable()
	// rfc3315_s14_backoff_update: twice as long, with ±5 %, up to the limit.
	longest := sim.Time(i.conf.RSMaxInterval) * sim.Second
	i.rsIvl = i.rsIvl * sim.Time(1900000+i.ip.ns.Machine.Rand.Below(200001)) / 1000000
	if i.rsIvl > longest {
		i.rsIvl = i.ip.about(longest)
	}
	if i.rsN == max {
		i.nextRS(sim.Time(i.conf.RSDelay) * sim.Second)
	} else {
		i.nextRS(i.rsIvl)
	}
}

// about is rfc3315_s14_backoff_init: a time within 10 %.
func (ip *IPv6) about(d sim.Time) sim.Time {
	return d * sim.Time(900000+ip.ns.Machine.Rand.Below(200001)) / 1000000
}

// StopSoliciting lets the host ask for no more routers: one has answered on every link
// (IF_RA_RCVD).
func (ip *IPv6) StopSoliciting() {
	for _, d := range ip.ns.Devices {
		if d == nil {
			continue
		}
		if i := idevOf(d); i != nil {
			ip.ns.Clock.Stop(&i.rs)
		}
	}
}

// nextRS is addrconf_mod_rs_timer.
func (i *Inet6Dev) nextRS(in sim.Time) {
	ns := i.ip.ns
	i.rsFn.i = i
	now := ns.Clock.Now()
	ns.Clock.Mod(&i.rs, sim.WheelExpiry(now, now+in), &i.rsFn)
}
