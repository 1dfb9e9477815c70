package ipv4

// Proxy ARP (RFC 1027): one host answers for others. net/ipv4/arp.c and
// net/core/neighbour.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Proxy is struct pneigh_entry: an address that is answered for on a device, nil: on
// all (ip neigh add proxy).
type Proxy struct {
	Addr wire.IP4
	Dev  *core.Device
}

// arpProxy is what arp_tbl keeps for proxies.
type arpProxy struct {
	entries []Proxy
	delay   sim.Time // proxy_delay
	limit   int      // proxy_qlen
	waiting int
}

// proxyDelay and proxyQlen are the defaults.
const (
	proxyDelay = 800 * sim.Millisecond
	proxyQlen  = 64
)

// Proxies are the entries, in order of their making.
func (ip *IPv4) Proxies() []Proxy { return ip.proxy.entries }

// AddProxy is pneigh_create. One that is there is no error.
func (ip *IPv4) AddProxy(p Proxy) {
	for _, q := range ip.proxy.entries {
		if q == p {
			return
		}
	}
	ip.proxy.entries = append(ip.proxy.entries, p)
}

// DelProxy is pneigh_delete: ENOENT if it is not there.
func (ip *IPv4) DelProxy(p Proxy) core.Errno {
	for i, q := range ip.proxy.entries {
		if q == p {
			ip.proxy.entries = append(ip.proxy.entries[:i:i], ip.proxy.entries[i+1:]...)
			return 0
		}
	}
	return step.ENOENT
}

// proxyDown is pneigh_ifdown: what is of a device goes with it.
func (ip *IPv4) proxyDown(dev *core.Device) {
	var l []Proxy
	for _, q := range ip.proxy.entries {
		if q.Dev != dev {
			l = append(l, q)
		}
	}
	ip.proxy.entries = l
}

// ProxyDelay and ProxyQlen are net.ipv4.neigh.DEV.proxy_delay and proxy_qlen (packets),
// one for all devices.
func (ip *IPv4) ProxyDelay() *sim.Time { return &ip.proxy.delay }

// ProxyQlen: see ProxyDelay.
func (ip *IPv4) ProxyQlen() *int { return &ip.proxy.limit }

// proxies reports whether this host answers for an address that it would forward to by
// the route d (arp_fwd_proxy, arp_fwd_pvlan, pneigh_lookup).
func (ip *IPv4) proxies(in *InDevice, d *core.Dst, sip, tip wire.IP4) bool {
	if d.Dev == in.Dev { // the same segment: private VLANs only
		return sip != tip && in.proxyPvlan()
	}
	if in.proxyARP() {
		mine, other := in.Conf.MediumID, -1
		if out := InDev(d.Dev); out != nil {
			other = out.Conf.MediumID
		}
		if mine == 0 || mine != -1 && other != mine && other != -1 {
			return true
		}
	}
	for _, p := range ip.proxy.entries {
		if p.Addr == tip && (p.Dev == nil || p.Dev == in.Dev) {
			return true
		}
	}
	return false
}

// A proxied is a request that is answered a while later, so that the host itself may be
// first.
type proxied struct {
	ip    *IPv4
	b     *core.SKB
	timer sim.Timer
}

// pneighEnqueue is pneigh_enqueue: the request is kept for a random time.
func (ip *IPv4) pneighEnqueue(b *core.SKB) {
	defer ip.ns.In(step.PneighEnqueue, b).Out()
	ns, p := ip.ns, &ip.proxy
	if p.waiting > p.limit {
		ns.Why(step.WhyPneighFull, uint64(p.waiting), uint64(p.limit))
		ns.Drop(b, step.DropNotSpecified, step.PneighEnqueue)
		return
	}
	now := ns.Clock.Now()
	at := now
	if n := uint32(p.delay / sim.Jiffy); n > 0 {
		at += sim.Time(ns.Machine.Rand.Below(n)) * sim.Jiffy
	}
	ns.Why(step.WhyPneighLater, uint64(p.delay), uint64(at-now))
	b.Dst = nil
	p.waiting++
	t := &proxied{ip: ip, b: b}
	ns.Clock.Mod(&t.timer, sim.WheelExpiry(now, at), t)
}

// Run is neigh_proxy_process and parp_redo.
func (t *proxied) Run() {
	defer t.ip.ns.In(step.NeighProxyProcess, t.b).Out()
	ip, ns := t.ip, t.ip.ns
	ns.BHDisable()
	ip.proxy.waiting--
	if t.b.Dev.Up() {
		ip.arpProcess(t.b, true)
	} else {
		ns.Drop(t.b, step.DropNotSpecified, step.NeighProxyProcess)
	}
	ns.BHEnable()
}
