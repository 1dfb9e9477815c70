package ipv4

// What a route leads to: net/ipv4/fib_semantics.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Flags of a next hop (RTNH_F_*).
const (
	nhDead = 1 << iota
	nhLinkdown
	nhOnlink
)

// A fibInfo is struct fib_info: what a route says besides its prefix.
type fibInfo struct {
	protocol uint8
	scope    uint8
	typ      uint8
	flags    uint8
	dead     bool   // no route uses it any more
	nhid     uint32 // the nexthop object that it uses, 0: none
	group    bool   // which is a group
	reject   bool   // which is a blackhole
	priority uint32
	table    uint32
	prefsrc  wire.IP4
	metrics  Metrics
	nhs      []*nexthop
}

// A nexthop is struct fib_nh: one way, with the routes that were made from it.
type nexthop struct {
	dev    *core.Device
	oif    int
	gw     wire.IP4
	gw6    wire.Addr // the gateway is an IPv6 one
	via6   bool      // it is named, whatever it is
	scope  uint8
	flags  uint8
	weight int
	upper  int32 // of 2^31: hashes up to here take this way

	saddr      wire.IP4 // nh_saddr: the source that goes with it
	saddrGenid uint32

	rthInput   *core.Dst // nhc_rth_input
	rthOutput  *core.Dst // nhc_pcpu_rth_output
	exceptions *fnheTable
}

// Types that the kernel knows by name only: it refuses them.
const (
	rtnNat      = 10
	rtnXresolve = 11
	rtnMax      = 11
)

// typeError is fib_props' errors: what a lookup of such a route returns.
var typeError = [rtnMax + 1]core.Errno{RTNBlackhole: step.EINVAL, RTNUnreachable: step.EHOSTUNREACH, RTNProhibit: step.EACCES, RTNThrow: step.EAGAIN, rtnNat: step.EINVAL, rtnXresolve: step.EINVAL}

// typeScope is fib_props' scopes: the widest that a route of the type may have.
var typeScope = [rtnMax + 1]uint8{RTNUnspec: ScopeNowhere, RTNLocal: ScopeHost, RTNBroadcast: ScopeLink, RTNAnycast: ScopeLink, rtnNat: ScopeNowhere, rtnXresolve: ScopeNowhere}

// gateway reports that a way leads over a gateway of either family
// (fib_nh_gw_family).
func (nh *nexthop) gateway() bool { return nh.gw != 0 || !nh.gw6.IsZero() }

// createInfo is fib_create_info: check a route and find where its next hops
// are.
func (ip *IPv4) createInfo(r *Route, ack *inet.Extack) (*fibInfo, core.Errno) {
	refuse := func(why inet.Extack) (*fibInfo, core.Errno) { *ack = why; return nil, step.EINVAL }
	if typeScope[r.Type] > uint8(r.Scope) {
		return refuse(inet.AckScope)
	}
	fi := &fibInfo{protocol: r.Protocol, scope: uint8(r.Scope), typ: r.Type, priority: r.Priority, table: r.Table, prefsrc: r.PrefSrc, metrics: r.Metrics}
	if r.NHID != 0 && inet.NexthopsOf(ip.ns).Find(r.NHID) == nil {
		return refuse(inet.AckNHMissing)
	}
	if r.Multi && len(r.NH) > 0 {
		switch first := r.NH[0]; {
		case r.Beside.Dev != 0 && r.Beside.Dev != first.Dev:
			return refuse(inet.AckOIFMismatch)
		case r.Beside.Gw != 0 && r.Beside.Gw != first.Gw, !r.Beside.Gw6.IsZero() && r.Beside.Gw6 != first.Gw6:
			return refuse(inet.AckGatewayMismatch)
		}
	}
	if typeError[r.Type] != 0 {
		if len(r.NH) > 0 {
			return refuse(inet.AckRejectWays)
		}
		return fi, 0
	}
	if r.Type == RTNUnspec {
		return refuse(inet.AckRouteType)
	}
	if r.Scope > ScopeHost {
		return refuse(inet.AckScope)
	}
	if r.NHID != 0 {
		return ip.infoByNexthop(r, fi, ack)
	}
	if err := ip.checkNexthops(r, fi, ack); err != 0 {
		return nil, err
	}
	if fi.prefsrc != 0 && !ip.validPrefsrc(r) {
		return refuse(inet.AckPrefsrc)
	}
	for _, nh := range fi.nhs {
		ip.updateSaddr(nh, fi.scope)
	}
	ip.rebalance(fi)
	return fi, 0
}

// checkNexthops is the part of fib_create_info about its ways.
func (ip *IPv4) checkNexthops(r *Route, fi *fibInfo, ack *inet.Extack) core.Errno {
	refuse := func(why inet.Extack) core.Errno { *ack = why; return step.EINVAL }
	nhs := r.NH
	if len(nhs) == 0 {
		nhs = []Nexthop{{}} // a route that names no way has one to nowhere
	}
	if fi.scope == ScopeHost {
		if len(nhs) != 1 {
			return refuse(inet.AckHostMulti)
		}
		if nhs[0].Gw != 0 || nhs[0].Via6 {
			return refuse(inet.AckHostGateway)
		}
	}
	down := 0
	for _, c := range nhs {
		nh := &nexthop{oif: c.Dev, gw: c.Gw, gw6: c.Gw6, via6: c.Via6, weight: max(c.Weight, 1)}
		if c.Onlink {
			nh.flags |= nhOnlink
		}
		if err := ip.checkNexthop(nh, fi, r.Table, ack); err != 0 {
			return err
		}
		if nh.flags&nhLinkdown != 0 {
			down++
		}
		fi.nhs = append(fi.nhs, nh)
	}
	if down == len(fi.nhs) {
		fi.flags |= nhLinkdown
	}
	return 0
}

// checkNexthop is fib_check_nh.
func (ip *IPv4) checkNexthop(nh *nexthop, fi *fibInfo, table uint32, ack *inet.Extack) core.Errno {
	if fi.scope == ScopeHost {
		nh.scope = ScopeNowhere
		if nh.dev = ip.ns.DevByIndex(nh.oif); nh.dev == nil {
			return step.ENODEV
		}
		return 0
	}
	if nh.gw != 0 {
		return ip.checkGateway(nh, fi.scope, table, ack)
	}
	if nh.via6 || !nh.gw6.IsZero() {
		return ip.checkGateway6(nh, table, ack)
	}
	// fib_check_nh_nongw
	if nh.flags&nhOnlink != 0 {
		*ack = inet.AckOnlinkNoGateway
		return step.EINVAL
	}
	if nh.dev = ip.ns.DevByIndex(nh.oif); nh.dev == nil {
		return step.ENODEV
	}
	if !nh.dev.Up() {
		*ack = inet.AckNHDevDown
		return step.ENETDOWN
	}
	nh.scope = ScopeHost
	nh.carrier()
	return 0
}

func (nh *nexthop) carrier() {
	if !nh.dev.CarrierOK() {
		nh.flags |= nhLinkdown
	}
}

// checkGateway6 is fib_check_nh_v6_gw: IPv6 says whether it can reach the gateway.
func (ip *IPv4) checkGateway6(nh *nexthop, table uint32, ack *inet.Extack) core.Errno {
	if ip.six == nil {
		return step.EAFNOSUPPORT
	}
	dev, err := ip.six.NexthopInit(nh.gw6, nh.oif, nh.flags&nhOnlink != 0, table, ack)
	if err != 0 {
		return err
	}
	nh.dev, nh.oif, nh.scope = dev, dev.Index, ScopeLink
	return 0
}

// checkGateway is fib_check_nh_v4_gw: a gateway must be reachable without
// another gateway.
func (ip *IPv4) checkGateway(nh *nexthop, scope uint8, table uint32, ack *inet.Extack) core.Errno {
	defer ip.ns.In(step.FibCheckNhV4Gw, inetSubject(ip.ns)).Out()
	if nh.flags&nhOnlink != 0 {
		return ip.checkOnlink(nh, scope, ack)
	}
	fl := Flow4{Daddr: nh.gw, Scope: max(scope+1, ScopeLink), OIF: nh.oif, IIF: ip.loIndex()}
	var res fibResult
	err := step.EAGAIN
	if tb := ip.table(table); table != 0 && table != TableMain && tb != nil {
		err = ip.tableLookup(tb, &fl, &res, ignoreLinkState)
	}
	if err != 0 {
		err = ip.lookup(&fl, &res, ignoreLinkState)
	}
	if err != 0 {
		*ack = inet.AckNHGateway
		return err
	}
	if res.typ != RTNUnicast && res.typ != RTNLocal {
		*ack = inet.AckNHGateway
		return step.EINVAL
	}
	nh.scope, nh.oif, nh.dev = res.scope, res.nh.oif, res.nh.dev
	nh.carrier()
	if !nh.dev.Up() {
		return step.ENETDOWN
	}
	return 0
}

// checkOnlink is fib_check_nh_v4_gw for a gateway that is on the link whatever the
// routes say.
func (ip *IPv4) checkOnlink(nh *nexthop, scope uint8, ack *inet.Extack) core.Errno {
	if scope >= ScopeLink {
		*ack = inet.AckNHScope
		return step.EINVAL
	}
	if nh.dev = ip.ns.DevByIndex(nh.oif); nh.dev == nil {
		*ack = inet.AckOnlinkDevice
		return step.ENODEV
	}
	if !nh.dev.Up() {
		*ack = inet.AckNHDown
		return step.ENETDOWN
	}
	if ip.addrType(nil, nh.gw) != RTNUnicast {
		*ack = inet.AckNHGateway
		return step.EINVAL
	}
	nh.carrier()
	nh.scope = ScopeLink
	return 0
}

// validPrefsrc is fib_valid_prefsrc: the preferred source must be an address of
// this host, by the route's own table or by table local.
func (ip *IPv4) validPrefsrc(r *Route) bool {
	if r.Type == RTNLocal && r.Dst != 0 && r.PrefSrc == r.Dst {
		return true
	}
	if own := r.Table; own != TableMain && own != TableLocal && ip.addrTypeIn(ip.table(own), nil, r.PrefSrc) == RTNLocal {
		return true
	}
	return ip.addrType(nil, r.PrefSrc) == RTNLocal
}

// updateSaddr is fib_info_update_nhc_saddr.
func (ip *IPv4) updateSaddr(nh *nexthop, scope uint8) wire.IP4 {
	nh.saddr, nh.saddrGenid = ip.SelectAddr(nh.dev, nh.gw, scope), ip.addrGenid
	return nh.saddr
}

// prefsrc is fib_result_prefsrc: the source address that goes with a route.
func (ip *IPv4) prefsrc(res *fibResult) wire.IP4 {
	if res.fi.prefsrc != 0 {
		ip.ns.Why(step.WhySourcePrefsrc, uint64(res.fi.prefsrc))
		return res.fi.prefsrc
	}
	a := res.nh.saddr
	if res.nh.saddrGenid != ip.addrGenid {
		a = ip.updateSaddr(res.nh, res.fi.scope)
	}
	return a
}

// selectPath is fib_select_path: one of several ways, and the source address.
func (ip *IPv4) selectPath(res *fibResult, fl *Flow4, b *core.SKB) {
	if fl.OIF == 0 {
		if len(res.fi.nhs) > 1 {
			ip.selectMultipath(res, ip.multipathHash(fl, b), fl.Saddr)
		} else if res.plen == 0 && res.table.numDefault > 1 && res.typ == RTNUnicast {
			ip.selectDefault(fl, res)
		}
	}
	if fl.Saddr == 0 {
		fl.Saddr = ip.prefsrc(res)
	}
}

// selectDefault is fib_select_default: of several default routes with the same
// metric, take one whose gateway answers.
func (ip *IPv4) selectDefault(fl *Flow4, res *fibResult) {
	var list []*fibAlias
	for _, fa := range res.node.fa {
		fi := fa.fi
		if fa.tos != 0 && !tosMatch(fa.tos, fl.TOS) || fa.table != res.table.id {
			continue
		}
		if fi.priority > res.fi.priority {
			break
		}
		if fi.flags&nhDead != 0 || fi.scope != res.scope || fa.typ != RTNUnicast || !fi.nhs[0].gateway() || fi.nhs[0].scope != ScopeLink {
			continue
		}
		if len(list) == 0 && fi != res.fi {
			return
		}
		list = append(list, fa)
	}
	if len(list) < 2 {
		return
	}
	last := -1
	for i, fa := range list {
		state := uint8(core.NUDNone)
		if n := ip.gatewayNeigh(fa.fi.nhs[0]); n != nil {
			state = n.State
		}
		// fib_detect_death
		valid := state&core.NUDValid != 0
		if state == core.NUDReachable || valid && i != list[0].current {
			last = i
			break
		}
		if valid || last < 0 && i > list[0].current && state != core.NUDIncomplete {
			last = i
		}
		ip.ns.Tried(step.TryGatewayDead, uint64(fa.fi.nhs[0].gw))
	}
	if list[0].current = last; last >= 0 {
		res.fi, res.nh = list[last].fi, list[last].fi.nhs[0]
	}
}

// eachInfo calls f for every route's fibInfo once.
func (ip *IPv4) eachInfo(f func(*fibInfo)) {
	for _, tb := range ip.tables {
		if tb.id == TableLocal && tb.t == ip.table(TableMain).t {
			continue
		}
		tb.t.root.each(func(fa *fibAlias) { f(fa.fi) })
	}
}

// syncDown is fib_sync_down_dev: a device went down, or lost its carrier.
// force also marks this host's own addresses.
func (ip *IPv4) syncDown(dev *core.Device, flags uint8, force, gone bool) int {
	n := 0
	ip.eachInfo(func(fi *fibInfo) {
		if fi.nhid != 0 {
			return // nexthop objects hear of it by themselves
		}
		hit, dead := false, 0
		for _, nh := range fi.nhs {
			if nh.flags&nhDead != 0 {
				dead++
			} else if nh.dev == dev && (force || nh.scope != ScopeNowhere) {
				nh.flags |= flags
				dead++
			}
			hit = hit || nh.dev == dev
		}
		if !hit {
			return
		}
		if dead == len(fi.nhs) || gone { // a device that goes takes all ways of a route along
			fi.flags |= flags
			n++
		}
		ip.rebalance(fi)
	})
	return n
}

// syncUp is fib_sync_up: the device, or its carrier, is back.
func (ip *IPv4) syncUp(dev *core.Device, flags uint8) {
	if !dev.Up() {
		return
	}
	if flags&nhDead != 0 && dev.Flags&core.IFFRunning != 0 {
		flags |= nhLinkdown
	}
	ip.eachInfo(func(fi *fibInfo) {
		hit, alive := false, 0
		for _, nh := range fi.nhs {
			if nh.dev == dev {
				hit = true
				nh.flags &^= flags
			}
			if nh.flags&flags == 0 {
				alive++
			}
		}
		if hit && alive > 0 {
			fi.flags &^= flags
			ip.rebalance(fi)
		}
	})
}

// syncDownAddr is fib_sync_down_addr: routes that prefer an address that is
// gone go too.
func (ip *IPv4) syncDownAddr(a wire.IP4) int {
	n := 0
	ip.eachInfo(func(fi *fibInfo) {
		if fi.prefsrc == a && fi.table == TableMain {
			fi.flags |= nhDead
			n++
		}
	})
	return n
}
