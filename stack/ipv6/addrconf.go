package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read RFC 4862 before editing; the kernel file is net/ipv6/addrconf.c. Left
// out: stable privacy and temporary addresses.

// An Inet6Dev is struct inet6_dev: what IPv6 keeps of a device.
type Inet6Dev struct {
	ip     *IPv6
	dev    *core.Device
	conf   core.Dev6Conf
	addrs  []*Addr6   // addr_list: by scope, the largest and newest first
	ready  bool       // IF_READY
	acasts []*anycast // ac_list
	mld    mldDev
	rs     sim.Timer
	rsFn   rsTask
	rsN    int      // solicitations sent
	rsIvl  sim.Time // until the next
}

// idevOf is __in6_dev_get.
func idevOf(d *core.Device) *Inet6Dev { i, _ := d.IP6.(*Inet6Dev); return i }

// getIdev is ipv6_find_idev: nil if the device is too small for IPv6.
func (ip *IPv6) getIdev(d *core.Device) *Inet6Dev {
	if i := idevOf(d); i != nil {
		return i
	}
	if d.MTU < wire.IPv6MinMTU {
		return nil
	}
	return ip.addDev(d)
}

// addDev is ipv6_add_dev: every device is in the all-nodes groups.
func (ip *IPv6) addDev(d *core.Device) *Inet6Dev {
	i := &Inet6Dev{ip: ip, dev: d, conf: ip.ns.Sysctl.Conf6Default}
	i.conf.MTU6 = d.MTU
	i.mld.init(i)
	d.IP6 = i
	ip.devs = append(ip.devs, i)
	i.join(allNodesIf)
	i.join(allNodes)
	if i.forwarding() {
		i.join(allRouters)
		i.join(allRoutersIf)
		i.join(allRoutersS)
	}
	return i
}

// forwarding is idev->cnf.forwarding: net.ipv6.conf.all sets that of all.
func (i *Inet6Dev) forwarding() bool {
	return i.conf.Forwarding != 0 || i.ip.ns.Sysctl.Conf6All.Forwarding != 0
}

func (i *Inet6Dev) disabled(ns *core.Netns) bool {
	return i.conf.DisableIPv6 != 0 || ns.Sysctl.Conf6All.DisableIPv6 != 0
}

// mtu is idev->cnf.mtu6: the device's MTU unless a router told less.
func (i *Inet6Dev) mtu() int {
	if i.conf.MTU6 >= wire.IPv6MinMTU && i.conf.MTU6 < i.dev.MTU {
		return i.conf.MTU6
	}
	return i.dev.MTU
}

// Conf is net.ipv6.conf.DEV; nil if the device has no IPv6.
func (ip *IPv6) Conf(dev *core.Device) *core.Dev6Conf {
	if i := ip.getIdev(dev); i != nil {
		return &i.conf
	}
	return nil
}

// Addrs are a device's addresses in the order of ip -6 address.
func (ip *IPv6) Addrs(dev *core.Device) []*Addr6 {
	if i := idevOf(dev); i != nil {
		return i.addrs
	}
	return nil
}

// DevUp is addrconf_notify's NETDEV_UP: restore the routes of the addresses,
// and make a link-local address (RFC 4862 §5.3).
func (ip *IPv6) DevUp(dev *core.Device) {
	defer ip.ns.In(step.AddrconfNotify, ip.self()).Out()
	i := ip.getIdev(dev)
	if i == nil || i.disabled(ip.ns) {
		return
	}
	for k := 0; k < len(i.addrs); k++ {
		a := i.addrs[k]
		ip.addrRoutes(a)
		if a.state == dadPre {
			ip.dadStart(a)
		}
	}
	if !dev.Running() {
		return
	}
	ip.linkReady(i)
}

// CarrierChange is NETDEV_CHANGE: with a carrier, what waited for one begins.
func (ip *IPv6) CarrierChange(dev *core.Device) {
	i := idevOf(dev)
	if i == nil || i.disabled(ip.ns) || !dev.Up() {
		return
	}
	if !dev.Running() {
		if t := ip.ns.Neigh6; t != nil {
			t.CarrierDown(dev)
		}
		return // IF_READY stays: a device that had a carrier once is configured
	}
	ip.linkReady(i)
}

// linkReady is the part of addrconf_notify behind addrconf_link_ready.
func (ip *IPv6) linkReady(i *Inet6Dev) {
	again := i.ready
	i.ready = true
	i.mld.up()
	if again {
		return
	}
	switch {
	case i.dev.Flags&core.IFFLoopback != 0:
		ip.initLoopback(i)
	default:
		ip.devConfig(i)
	}
	for _, a := range i.addrs {
		if a.Flags&AddrTentative != 0 && a.state == dadRunning {
			ip.dadKick(a)
		}
	}
}

// initLoopback is init_loopback.
func (ip *IPv6) initLoopback(i *Inet6Dev) {
	one := wire.Addr{Lo: 1}
	if ip.getAddr(one, i.dev) == nil {
		ip.AddAddr(i.dev, one, 128, AddrOpts{NoDAD: true, NoPrefixRoute: true})
	}
}

// devConfig is addrconf_dev_config.
func (ip *IPv6) devConfig(i *Inet6Dev) {
	ip.addMroute(i)
	if i.conf.AddrGenMode != 0 || i.dev.Type != core.LinkEther {
		return
	}
	a := wire.Addr{Hi: linkLocal.Hi, Lo: eui64(i.dev.Addr)}
	if ip.getAddr(a, i.dev) == nil {
		ip.AddAddr(i.dev, a, 64, AddrOpts{})
	}
}

// eui64 is addrconf_ifid_eui48 (RFC 4291, appendix A): the interface identifier
// of an Ethernet address.
func eui64(m wire.MAC) uint64 {
	v := uint64(m)
	return (v>>24<<40 | 0xfffe<<24 | v&0xffffff) ^ 2<<56
}

// addMroute is addrconf_add_mroute: groups are on every link.
func (ip *IPv6) addMroute(i *Inet6Dev) {
	ip.AddRoute(Route6{Dst: multicastAny, Plen: 8, Table: TableLocal, Type: RTNMulticast, Dev: i.dev, Metric: 256, Proto: ProtKernel, kernel: true})
}

// DevDown is NETDEV_DOWN (addrconf_ifdown): addresses, routes and neighbours
// of the device go; keep_addr_on_down is 0.
func (ip *IPv6) DevDown(dev *core.Device) {
	defer ip.ns.In(step.AddrconfNotify, ip.self()).Out()
	i := idevOf(dev)
	if i == nil {
		return
	}
	for len(i.addrs) > 0 {
		ip.dropAddr(i.addrs[0])
	}
	ip.flushDev(dev, false)
	ip.neigh.Down(dev) // rt6_disable_ip: neigh_ifdown
	i.ready = false
	ip.ns.Clock.Stop(&i.rs)
	i.mld.down()
	i.conf.MTU6 = dev.MTU
}

// AddAddr is inet6_addr_add. EEXIST: it is there already; EADDRNOTAVAIL: not
// an address for a device.
func (ip *IPv6) AddAddr(dev *core.Device, a wire.Addr, plen int, o AddrOpts) core.Errno {
	defer ip.ns.In(step.Inet6AddrAdd, ip.self()).Out()
	ns := ip.ns
	i := ip.getIdev(dev)
	if i == nil || i.disabled(ns) {
		return step.EACCES
	}
	if plen < 0 || plen > 128 {
		return step.EINVAL
	}
	if t := addrType(a); t == addrAny || t&addrMulticast != 0 || t&addrLoopback != 0 && dev.Flags&core.IFFLoopback == 0 {
		return step.EADDRNOTAVAIL
	}
	if ip.getAddr(a, dev) != nil {
		return step.EEXIST
	}
	if dev.Flags&core.IFFLoopback == 0 && dev.Up() {
		ip.addMroute(i)
		i.mld.up()
	}
	ad := &Addr6{Addr: a, Plen: plen, Dev: dev, Peer: o.Peer, Flags: AddrTentative | AddrPermanent, Scope: uint8(srcScope(addrType(a))),
		idev: i, metric: uint32(o.Metric), state: dadPre}
	ad.setOpts(&o, ns.Clock.Now())
	ad.dadFn.a, ad.lifeFn.a = ad, ad
	k := 0
	for k < len(i.addrs) && i.addrs[k].Scope > ad.Scope {
		k++
	}
	i.addrs = append(i.addrs, nil)
	copy(i.addrs[k+1:], i.addrs[k:])
	i.addrs[k] = ad
	if dev.Up() {
		ip.addrPrefix(ad)
	}
	ip.armLife(ad)
	ip.dadStart(ad)
	return 0
}

func (ad *Addr6) setOpts(o *AddrOpts, now sim.Time) {
	for _, f := range [...]struct {
		on  bool
		bit uint16
	}{{o.NoDAD, AddrNoDAD}, {o.Deprecated, AddrDeprecated}, {o.Temporary, AddrTemporary}, {o.HomeAddress, AddrHomeAddress},
		{o.Optimistic, AddrOptimistic}, {o.NoPrefixRoute, AddrNoPrefixRoute}, {o.autoconf, AddrManageTemp}} {
		if f.on {
			ad.Flags |= f.bit
		}
	}
	if o.ValidLft != 0 {
		ad.ValidUntil, ad.Flags = now+o.ValidLft, ad.Flags&^AddrPermanent
	}
	if o.PrefLft != 0 {
		ad.PreferredUntil = now + o.PrefLft
	}
}

// addrPrefix is addrconf_prefix_route: the address's link.
func (ip *IPv6) addrPrefix(a *Addr6) {
	if a.Flags&(AddrNoPrefixRoute|AddrManageTemp) != 0 || a.prefix != nil && !a.prefix.dead {
		return
	}
	m := a.metric
	if m == 0 {
		m = 256 // IP6_RT_PRIO_ADDRCONF
	}
	p := a.Addr
	if !a.Peer.IsZero() {
		p = a.Peer
	}
	r := Route6{Dst: p.Mask(a.Plen), Plen: a.Plen, Table: TableMain, Type: RTNUnicast, Dev: a.Dev, Metric: m, Proto: ProtKernel}
	for _, o := range ip.main.node(r.Dst, r.Plen) {
		if o.Dev == r.Dev && o.Metric == m && o.Gateway.IsZero() {
			a.prefix = o
			return
		}
	}
	a.prefix = ip.insertRoute(&r)
}

// addrLocal inserts the address's own route (addrconf_f6i_alloc): from now on
// it is this host's.
func (ip *IPv6) addrLocal(a *Addr6) {
	if a.rt == nil || a.rt.dead {
		a.rt = ip.insertRoute(&Route6{Dst: a.Addr, Plen: 128, Table: TableLocal, Type: RTNLocal, Dev: a.Dev, Proto: ProtKernel, addr: a})
	}
}

// addrRoutes is fixup_permanent_addr.
func (ip *IPv6) addrRoutes(a *Addr6) {
	if a.Flags&AddrTentative == 0 {
		ip.addrLocal(a)
	}
	ip.addrPrefix(a)
}

// DelAddr is inet6_addr_del. EADDRNOTAVAIL: it is not there.
func (ip *IPv6) DelAddr(dev *core.Device, a wire.Addr, plen int) core.Errno {
	ad := ip.getAddr(a, dev)
	if ad == nil || ad.Plen != plen {
		return step.EADDRNOTAVAIL
	}
	ip.delAddr(ad)
	return 0
}

// delAddr is ipv6_del_addr.
func (ip *IPv6) delAddr(a *Addr6) {
	ip.dropAddr(a)
	ip.removePrefsrc(a)
}

// dropAddr takes an address off its device. Routes that prefer it as their source stay,
// as they are when the device goes down (addrconf_ifdown).
func (ip *IPv6) dropAddr(a *Addr6) {
	i := a.idev
	for k, o := range i.addrs {
		if o == a {
			i.addrs = append(i.addrs[:k:k], i.addrs[k+1:]...)
			break
		}
	}
	ip.ns.Clock.Stop(&a.dad)
	ip.ns.Clock.Stop(&a.life)
	if a.state >= dadRunning {
		i.leave(a.Addr.SolicitedNode())
	}
	a.state = dadDead
	if i.forwarding() {
		ip.leaveAnycast(a)
	}
	ip.removeRoute(a.rt)
	if a.prefix == nil {
		return
	}
	for _, o := range i.addrs {
		if o.prefix == a.prefix {
			return // another address still needs it
		}
	}
	ip.removeRoute(a.prefix)
}

// armLife sets the timer of addrconf_verify for an address that ages.
func (ip *IPv6) armLife(a *Addr6) {
	at := a.ValidUntil
	if p := a.PreferredUntil; p != 0 && a.Flags&AddrDeprecated == 0 && (at == 0 || p < at) {
		at = p
	}
	if at == 0 {
		ip.ns.Clock.Stop(&a.life)
		return
	}
	ip.ns.Clock.Mod(&a.life, at, &a.lifeFn)
}

// A lifeTask ages an address.
type lifeTask struct{ a *Addr6 }

// Run is addrconf_verify_rtnl for one address: preferred, then deprecated,
// then gone (RFC 4862 §5.5.4).
func (t *lifeTask) Run() {
	a := t.a
	ip := a.idev.ip
	now := ip.ns.Clock.Now()
	if a.ValidUntil != 0 && now >= a.ValidUntil {
		ip.delAddr(a)
		return
	}
	if a.PreferredUntil != 0 && now >= a.PreferredUntil {
		a.Flags |= AddrDeprecated
	}
	ip.armLife(a)
}

// getAddr is ipv6_get_ifaddr: a's entry on the device, or on any if dev is nil.
func (ip *IPv6) getAddr(a wire.Addr, dev *core.Device) *Addr6 {
	if dev != nil {
		return idevOf(dev).find(a)
	}
	for _, i := range ip.devs {
		if ad := i.find(a); ad != nil {
			return ad
		}
	}
	return nil
}

func (i *Inet6Dev) find(a wire.Addr) *Addr6 {
	if i == nil {
		return nil
	}
	for _, ad := range i.addrs {
		if ad.Addr == a {
			return ad
		}
	}
	return nil
}

// ChkAddr is ipv6_chk_addr: whether a is this host's (of dev, if not nil, or
// if a has meaning on one link only), and not tentative.
func (ip *IPv6) ChkAddr(a wire.Addr, dev *core.Device) bool {
	return ip.chkAddrFlags(a, dev, AddrTentative)
}

// chkAddrFlags is ipv6_chk_addr_and_flags without strictness.
func (ip *IPv6) chkAddrFlags(a wire.Addr, dev *core.Device, banned uint16) bool {
	for _, i := range ip.devs {
		ad := i.find(a)
		if ad == nil {
			continue
		}
		if f := ad.Flags; f&banned != 0 && !(f&AddrOptimistic != 0 && banned&AddrOptimistic == 0) {
			continue
		}
		if dev == nil || dev == i.dev || ad.Scope > scopeLink {
			return true
		}
	}
	return false
}

// has reports whether an address is the device's, with none of the banned flags.
func (i *Inet6Dev) has(a wire.Addr, banned uint16) bool {
	ad := i.find(a)
	if ad == nil {
		return false
	}
	f := ad.Flags
	if f&AddrOptimistic != 0 {
		f &^= AddrTentative
	}
	return f&banned == 0
}

// LinkLocal is ipv6_get_lladdr of a device: its link-local address, false if it has none
// that may be used.
func (ip *IPv6) LinkLocal(d *core.Device) (wire.Addr, bool) { return idevOf(d).lladdr(AddrTentative) }

// lladdr is ipv6_get_lladdr: the device's link-local address.
func (i *Inet6Dev) lladdr(banned uint16) (wire.Addr, bool) {
	if i != nil {
		for _, a := range i.addrs {
			if a.Scope == scopeLink && a.Addr.IsLinkLocal() && a.Flags&banned == 0 {
				return a.Addr, true
			}
		}
	}
	return wire.Addr{}, false
}
