package ipv4

// Addresses of devices: net/ipv4/devinet.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An InDevice is struct in_device: what IPv4 knows about a device.
type InDevice struct {
	Dev  *core.Device
	Conf core.DevConf // net.ipv4.conf.DEV.*
	ip   *IPv4
	// addrs is ifa_list: primary addresses by scope, then secondary ones.
	addrs []*ifaddr
	mc    mcState
}

// An ifaddr is struct in_ifaddr.
type ifaddr struct {
	in                     *InDevice
	local, peer, broadcast wire.IP4 // peer is ifa_address: the local one without a peer
	plen                   int
	scope                  uint8
	secondary              bool
	noPrefixRoute          bool
	label                  string
	metric                 uint32   // of its network's route
	life                   *ifaLife // nil: it stays for ever
}

// match is inet_ifa_match: is a in the address's network?
func (f *ifaddr) match(a wire.IP4) bool { return (a ^ f.peer).Mask(f.plen) == 0 }

// InDev is __in_dev_get_rcu: nil for a device that IPv4 does not know.
func InDev(d *core.Device) *InDevice {
	in, _ := d.IP4.(*InDevice)
	return in
}

// inDev is the same, and makes the part on first use (inetdev_init); nil only
// for a device whose MTU is below what IPv4 needs.
func (ip *IPv4) inDev(d *core.Device) *InDevice {
	if d == nil {
		return nil
	}
	if in, ok := d.IP4.(*InDevice); ok {
		return in
	}
	if d.MTU < wire.IPv4MinMTU {
		return nil
	}
	in := &InDevice{Dev: d, Conf: ip.ns.Sysctl.ConfDefault, ip: ip}
	in.Conf.Forwarding = ip.ns.Sysctl.ConfDefault.Forwarding
	d.IP4 = in
	return in
}

func (in *InDevice) has(a wire.IP4) bool {
	for _, f := range in.addrs {
		if f.local == a {
			return true
		}
	}
	return false
}

// byPrefix is inet_ifa_byprefix: the primary address of a network.
func (in *InDevice) byPrefix(prefix wire.IP4, plen int) *ifaddr {
	for _, f := range in.addrs {
		if f.plen == plen && !f.secondary && f.match(prefix) {
			return f
		}
	}
	return nil
}

// onLink is inet_addr_onlink: are a and b in one network of this device?
func (in *InDevice) onLink(a, b wire.IP4) bool {
	for _, f := range in.addrs {
		if !f.secondary && f.match(a) && (b == 0 || f.match(b)) {
			return true
		}
	}
	return false
}

// SelectAddr is inet_select_addr: a source address for packets out of dev to
// dst (0: unknown), of at most the given scope. An address in dst's network is
// preferred, then the first of the device, then the first of any device.
func (ip *IPv4) SelectAddr(dev *core.Device, dst wire.IP4, scope uint8) wire.IP4 {
	defer ip.ns.In(step.InetSelectAddr, inetSubject(ip.ns)).Out()
	ns := ip.ns
	if a := ip.selectOn(dev, dst, scope); a != 0 {
		return a
	}
	for _, d := range ns.Devices {
		if d == nil || InDev(d) == nil {
			continue
		}
		for _, f := range InDev(d).addrs {
			if !f.secondary && f.scope != ScopeLink && f.scope <= scope {
				ns.Why(step.WhySourceOtherDev, uint64(f.local), uint64(d.Index), uint64(dev.Index))
				return f.local
			}
		}
	}
	ns.Why(step.WhySourceNone, uint64(dev.Index))
	return 0
}

func (ip *IPv4) selectOn(dev *core.Device, dst wire.IP4, scope uint8) wire.IP4 {
	in := ip.inDev(dev)
	if in == nil {
		return 0
	}
	localnet := uint8(ScopeHost)
	if in.routeLocalnet() {
		localnet = ScopeLink
	}
	first := wire.IP4(0)
	for _, f := range in.addrs {
		switch {
		case f.secondary:
			ip.ns.Tried(step.TryAddrSecondary, uint64(f.local))
			continue
		case min(f.scope, localnet) > scope:
			ip.ns.Tried(step.TryAddrScope, uint64(f.local), uint64(f.scope), uint64(scope))
			continue
		case dst == 0 || f.match(dst):
			ip.ns.Why(step.WhySourceNet, uint64(f.local), uint64(dev.Index), uint64(dst))
			return f.local
		}
		ip.ns.Tried(step.TryAddrNet, uint64(f.local), uint64(f.plen), uint64(dst))
		if first == 0 {
			first = f.local
		}
	}
	if first != 0 {
		ip.ns.Why(step.WhySourceFirst, uint64(first), uint64(dev.Index))
	}
	return first
}

// confirmAddr is inet_confirm_addr: is local (0: any) an address whose network
// holds dst (0: any)? in nil means every device.
func (ip *IPv4) confirmAddr(in *InDevice, dst, local wire.IP4, scope uint8) bool {
	if in != nil {
		return in.confirm(dst, local, scope) != 0
	}
	for _, d := range ip.ns.Devices {
		if d != nil && InDev(d) != nil && InDev(d).confirm(dst, local, scope) != 0 {
			return true
		}
	}
	return false
}

// confirm is confirm_addr_indev.
func (in *InDevice) confirm(dst, local wire.IP4, scope uint8) wire.IP4 {
	localnet := uint8(ScopeHost)
	if in.routeLocalnet() {
		localnet = ScopeLink
	}
	addr, same := wire.IP4(0), false
	for _, f := range in.addrs {
		low := min(f.scope, localnet)
		if addr == 0 && (local == f.local || local == 0) && low <= scope {
			addr = f.local
			if same {
				break
			}
		}
		if same {
			continue
		}
		same = (local == 0 || f.match(local)) && (dst == 0 || f.match(dst))
		if !same || addr == 0 {
			continue
		}
		if local != 0 || dst == 0 || f.match(addr) {
			break
		}
		if low <= scope {
			addr = f.local
			break
		}
		same = false
	}
	if !same {
		return 0
	}
	return addr
}

// AddAddr is inet_insert_ifa: `ip address add`. The address gets its routes
// when the device is up: itself in table local, its network in table main, the
// broadcast address. EEXIST if it is there, EINVAL for nonsense.
func (ip *IPv4) AddAddr(dev *core.Device, addr wire.IP4, plen int, o AddrOpts) core.Errno {
	defer ip.ns.In(step.InetInsertIfa, inetSubject(ip.ns)).Out()
	in := ip.inDev(dev)
	if in == nil || plen < 0 || plen > 32 {
		return step.EINVAL
	}
	if addr == 0 {
		return 0
	}
	f := &ifaddr{in: in, local: addr, peer: addr, broadcast: o.Broadcast, plen: plen, scope: o.Scope, noPrefixRoute: o.NoPrefixRoute, label: o.Label, metric: o.Metric}
	if o.Peer != 0 {
		f.peer = o.Peer
	}
	if o.AutoBroadcast && plen < 31 {
		f.broadcast = addr | ^wire.IP4(0)>>plen
	}
	last, end := 0, len(in.addrs)
	for i, g := range in.addrs {
		if !g.secondary && f.scope <= g.scope {
			last = i + 1
		}
		if g.plen == plen && f.match(g.peer) {
			if g.local == addr {
				return step.EEXIST
			}
			if g.scope != f.scope {
				return step.EINVAL
			}
			f.secondary = true
		}
	}
	at := end
	if !f.secondary {
		at = last
	}
	in.addrs = append(in.addrs, nil)
	copy(in.addrs[at+1:], in.addrs[at:])
	in.addrs[at] = f
	ip.addrCount[addr]++
	ip.setLifetime(f, o.ValidLft, o.PrefLft)
	ip.addIfaddr(f)
	ip.syncUp(dev, nhDead)
	ip.addrGenid++
	ip.rtCacheFlush()
	return 0
}

// DelAddr is inet_del_ifa: `ip address del`. Without promote_secondaries the
// secondary addresses of the network go too. EADDRNOTAVAIL if it is not there.
func (ip *IPv4) DelAddr(dev *core.Device, addr wire.IP4, plen int) core.Errno {
	defer ip.ns.In(step.InetDelIfa, inetSubject(ip.ns)).Out()
	in := InDev(dev)
	if in == nil {
		return step.EADDRNOTAVAIL
	}
	var f *ifaddr
	for _, g := range in.addrs {
		if g.local == addr && (g.plen == plen || plen < 0) {
			f = g
			break
		}
	}
	if f == nil {
		return step.EADDRNOTAVAIL
	}
	var promote *ifaddr
	if !f.secondary {
		for i := 0; i < len(in.addrs); i++ {
			g := in.addrs[i]
			if !g.secondary || g.plen != f.plen || !f.match(g.peer) {
				continue
			}
			if in.promoteSecondaries() {
				promote = g
				break
			}
			in.unlink(g)
			ip.delIfaddr(g, nil)
			i--
		}
	}
	if promote != nil {
		for _, g := range in.addrs {
			if g.secondary && g.plen == f.plen && f.match(g.peer) {
				ip.delIfaddr(g, f)
			}
		}
	}
	ip.setLifetime(f, 0, 0)
	in.unlink(f)
	ip.delIfaddr(f, nil)
	ip.masqAddrGone(dev, addr)
	ip.addrGenid++
	if promote != nil {
		ip.promote(in, promote, f)
	}
	if len(in.addrs) == 0 {
		// The last address was deleted: disable IP here.
		if ip.syncDown(dev, nhDead|nhLinkdown, true, false) > 0 {
			ip.fibFlush()
		}
		ip.arpIfDown(dev)
	}
	ip.rtCacheFlush()
	return 0
}

// promote makes the first secondary address of a network the primary one.
func (ip *IPv4) promote(in *InDevice, p, old *ifaddr) {
	in.unlink(p)
	ip.addrCount[p.local]++ // unlink took it
	at := 0
	for i, g := range in.addrs {
		if !g.secondary && old.scope <= g.scope {
			at = i + 1
		}
	}
	in.addrs = append(in.addrs, nil)
	copy(in.addrs[at+1:], in.addrs[at:])
	in.addrs[at] = p
	p.secondary = false
	ip.addIfaddr(p)
	for _, g := range in.addrs {
		if g != p && g.plen == old.plen && old.match(g.peer) {
			ip.addIfaddr(g)
		}
	}
}

func (in *InDevice) unlink(f *ifaddr) {
	for i, g := range in.addrs {
		if g == f {
			in.addrs = append(in.addrs[:i], in.addrs[i+1:]...)
			break
		}
	}
	if m := in.ip.addrCount; m[f.local] > 1 {
		m[f.local]--
	} else {
		delete(m, f.local)
	}
}

// Addrs lists the addresses of a device in the order of `ip address`.
func (ip *IPv4) Addrs(dev *core.Device) []Addr {
	in := InDev(dev)
	if in == nil {
		return nil
	}
	var l []Addr
	for _, f := range in.addrs {
		a := Addr{Local: f.local, Broadcast: f.broadcast, Plen: f.plen, Scope: f.scope, Secondary: f.secondary, Label: f.label, NoPrefixRoute: f.noPrefixRoute, Metric: f.metric}
		f.life.show(&a, ip.ns.Clock.Now())
		if f.peer != f.local {
			a.Peer = f.peer
		}
		l = append(l, a)
	}
	return l
}

// magic is fib_magic: add or delete a route that comes with an address.
func (ip *IPv4) magic(add bool, typ uint8, dst wire.IP4, plen int, prim *ifaddr) {
	r := Route{Dst: dst, Plen: plen, Type: typ, Table: TableLocal, Scope: ScopeLink, Protocol: ProtKernel, PrefSrc: prim.local,
		NH: []Nexthop{{Dev: prim.in.Dev.Index}}, Append: true}
	switch typ {
	case RTNUnicast:
		r.Table, r.Priority = TableMain, prim.metric
	case RTNLocal:
		r.Scope = ScopeHost
	}
	if add {
		ip.AddRoute(r)
	} else {
		ip.DelRoute(r)
	}
}

// addIfaddr is fib_add_ifaddr: the routes of an address.
func (ip *IPv4) addIfaddr(f *ifaddr) {
	dev := f.in.Dev
	prefix := f.peer.Mask(f.plen)
	prim := f
	if f.secondary {
		if prim = f.in.byPrefix(prefix, f.plen); prim == nil {
			return
		}
	}
	ip.magic(true, RTNLocal, f.local, 32, prim)
	if !dev.Up() {
		return
	}
	if f.broadcast != 0 && !f.broadcast.IsBroadcast() {
		ip.magic(true, RTNBroadcast, f.broadcast, 32, prim)
	}
	if prefix == 0 || f.secondary || prefix == f.local && f.plen == 32 {
		return
	}
	if !f.noPrefixRoute {
		ip.magic(true, netType(dev), prefix, f.plen, prim)
	}
	if f.plen < 31 {
		ip.magic(true, RTNBroadcast, prefix|^wire.IP4(0)>>f.plen, 32, prim)
	}
}

func netType(dev *core.Device) uint8 {
	if dev.Flags&core.IFFLoopback != 0 {
		return RTNLocal
	}
	return RTNUnicast
}

// delIfaddr is fib_del_ifaddr: take out the routes of an address that no other
// address of the device needs.
func (ip *IPv4) delIfaddr(f, iprim *ifaddr) {
	in := f.in
	dev := in.Dev
	brd, any := f.peer|^wire.IP4(0)>>f.plen, f.peer.Mask(f.plen)
	if f.plen == 32 {
		brd = f.peer
	}
	prim, subnet := f, false
	if f.secondary {
		if prim = in.byPrefix(any, f.plen); prim == nil {
			prim = f
		}
		if iprim != nil {
			prim = iprim
		}
	} else if any>>24 != 0 && (any != f.local || f.plen < 32) {
		if !f.noPrefixRoute {
			ip.magic(false, netType(dev), any, f.plen, prim)
		}
		subnet = true
	}
	var localOK, brdOK, brd1OK, brd0OK bool
	gone := true
	for _, g := range in.addrs {
		if g == f {
			gone = false
			continue
		}
		if iprim != nil && g.plen == iprim.plen && iprim.match(g.peer) {
			continue
		}
		prim1 := g
		if g.secondary {
			if prim1 = in.byPrefix(g.peer, g.plen); prim1 == nil {
				continue
			}
		}
		if prim1.local != prim.local {
			continue
		}
		localOK = localOK || f.local == g.local
		brdOK = brdOK || f.broadcast == g.broadcast
		brd1OK = brd1OK || brd == g.broadcast
		brd0OK = brd0OK || any == g.broadcast
		if prim1 == g && g.plen < 31 {
			b1, a1 := g.peer|^wire.IP4(0)>>g.plen, g.peer.Mask(g.plen)
			if a1>>24 != 0 {
				brdOK = brdOK || f.broadcast == b1 || f.broadcast == a1
				brd1OK = brd1OK || brd == b1 || brd == a1
				brd0OK = brd0OK || any == b1 || any == a1
			}
		}
	}
	if !brdOK {
		ip.magic(false, RTNBroadcast, f.broadcast, 32, prim)
	}
	if subnet && f.plen < 31 {
		if !brd1OK {
			ip.magic(false, RTNBroadcast, brd, 32, prim)
		}
		if !brd0OK {
			ip.magic(false, RTNBroadcast, any, 32, prim)
		}
	}
	if localOK {
		return
	}
	ip.magic(false, RTNLocal, f.local, 32, prim)
	if typ := ip.addrType(dev, f.local); gone && typ != RTNLocal && ip.syncDownAddr(f.local) > 0 {
		ip.fibFlush()
	}
}
