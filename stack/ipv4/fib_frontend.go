package ipv4

// Tables, and what is asked of them: net/ipv4/fib_frontend.c.

import (
	"cmp"
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func inetSubject(ns *core.Netns) inet.Subject { return inet.Subject{NS: ns} }

// loIndex is LOOPBACK_IFINDEX: the device that packets of this host itself
// count as coming from.
func (ip *IPv4) loIndex() int { return 1 }

// loopback is net->loopback_dev.
func (ip *IPv4) loopback() *core.Device {
	if lo := ip.ns.Loopback; lo != nil {
		return lo
	}
	for _, d := range ip.ns.Devices {
		if d != nil && d.Flags&core.IFFLoopback != 0 {
			return d
		}
	}
	return nil
}

// table is fib_get_table: nil if there is none.
func (ip *IPv4) table(id uint32) *fibTable {
	if id == TableUnspec {
		id = TableMain
	}
	for _, tb := range ip.tables {
		if tb.id == id {
			return tb
		}
	}
	return nil
}

// newTable is fib_new_table: tables local and main share one trie until there
// are rules of the user.
func (ip *IPv4) newTable(id uint32) *fibTable {
	if id == TableUnspec {
		id = TableMain
	}
	if tb := ip.table(id); tb != nil {
		return tb
	}
	tb := &fibTable{id: id, t: &trie{}}
	if id == TableLocal && !ip.customRules {
		tb.t = ip.newTable(TableMain).t
	}
	ip.tables = append(ip.tables, tb)
	switch id {
	case TableMain:
		ip.main = tb
	case TableLocal:
		ip.local = tb
	}
	return tb
}

// unmerge is fib_unmerge: the first rule of the user needs tables local and
// main to be asked one after the other.
func (ip *IPv4) unmerge() {
	if ip.local == nil || ip.main == nil || ip.local.t != ip.main.t {
		return
	}
	t := &trie{}
	ip.local.t = t
	ip.main.t.filter(func(fa *fibAlias) bool {
		if fa.table != TableLocal {
			return true
		}
		ip.local.insert(fa, true)
		return false
	})
	t.root.each(func(fa *fibAlias) { fa.fi.dead = false })
}

// lookup is fib_lookup: without rules of the user table main is asked (local
// shares its trie), then default.
func (ip *IPv4) lookup(fl *Flow4, res *fibResult, flags int) core.Errno {
	if ip.customRules {
		return ip.rulesLookup(fl, res, flags)
	}
	err := step.ENETUNREACH
	if ip.main != nil {
		err = ip.tableLookup(ip.main, fl, res, flags)
	}
	if err != 0 && ip.deflt != nil {
		err = ip.tableLookup(ip.deflt, fl, res, flags)
	}
	if err == step.EAGAIN {
		err = step.ENETUNREACH
	}
	return err
}

// AddrType is inet_addr_type: what an address means to this host (RTN*).
func (ip *IPv4) AddrType(_ *core.Netns, a wire.IP4) uint8 { return ip.addrType(nil, a) }

// Bind is __inet_bind: what kind of address does the program want (RTN*)? getPort
// is the protocol's part.
func (ip *IPv4) Bind(sk *core.Sock, a wire.IP4, getPort func(typ uint8) core.Errno) core.Errno {
	defer ip.ns.In(step.InetBindStep, sk).Out()
	return getPort(ip.addrType(nil, a))
}

// addrType is __inet_dev_addr_type: the same, and with a device only what is
// on that device.
func (ip *IPv4) addrType(dev *core.Device, a wire.IP4) uint8 {
	return ip.addrTypeIn(ip.local, dev, a)
}

// addrTypeIn is addrType by another table than local (inet_addr_type_table).
func (ip *IPv4) addrTypeIn(t *fibTable, dev *core.Device, a wire.IP4) uint8 {
	defer ip.ns.In(step.InetDevAddrType, inetSubject(ip.ns)).Out()
	ns := ip.ns
	if a == 0 || a.IsBroadcast() {
		ns.Why(step.WhyAddrType, uint64(a), RTNBroadcast)
		return RTNBroadcast
	}
	if a.IsMulticast() {
		ns.Why(step.WhyAddrType, uint64(a), RTNMulticast)
		return RTNMulticast
	}
	if t == nil {
		return RTNBroadcast
	}
	fl := Flow4{Daddr: a}
	var res fibResult
	if ip.tableLookup(t, &fl, &res, 0) != 0 || dev != nil && dev != res.nh.dev {
		ns.Why(step.WhyAddrOther, uint64(a))
		return RTNUnicast
	}
	if res.typ == RTNLocal {
		ns.Why(step.WhyAddrLocal, uint64(a))
	} else if res.typ == RTNUnicast {
		ns.Why(step.WhyAddrOther, uint64(a))
	} else {
		ns.Why(step.WhyAddrType, uint64(a), uint64(res.typ))
	}
	return res.typ
}

// isLocal is inet_lookup_ifaddr_rcu: is it an address of one of our devices?
func (ip *IPv4) isLocal(a wire.IP4) bool { return ip.addrCount[a] > 0 }

// devFind is __ip_dev_find: the device that has an address, or nil. An address
// that is local only by a route counts too.
func (ip *IPv4) devFind(a wire.IP4) *core.Device {
	defer ip.ns.In(step.IPDevFind, inetSubject(ip.ns)).Out()
	if ip.addrCount[a] > 0 {
		for _, d := range ip.ns.Devices {
			if in := InDev(d); in != nil && in.has(a) {
				return d
			}
		}
	}
	if ip.local == nil {
		return nil
	}
	fl := Flow4{Daddr: a}
	var res fibResult
	if ip.tableLookup(ip.local, &fl, &res, 0) == 0 && res.typ == RTNLocal {
		return res.nh.dev
	}
	return nil
}

// validateSource is fib_validate_source: may a packet from src come in by dev?
// It reports whether the source is on the link (1) or not (0), or why not:
// EINVAL for one of our own addresses, EXDEV (here errXDev) when the way back is
// another one (RFC 3704).
func (ip *IPv4) validateSource(b *core.SKB, src, dst wire.IP4, tos uint8, oif int, dev *core.Device, in *InDevice) (onLink bool, err core.Errno) {
	defer ip.ns.In(step.FibValidateSource, b).Out()
	ns := ip.ns
	rpf := in.rpFilter()
	if rpf == 0 && (dev.Index != oif || !in.txRedirects()) {
		if in.acceptLocal() {
			return false, 0
		}
		if !ip.customLocal && !ip.customRules {
			if ip.isLocal(src) {
				ns.Why(step.WhySourceOurs, uint64(src))
				return false, step.EINVAL
			}
			ns.Why(step.WhySourceNoFilter, uint64(src))
			return false, 0
		}
	}
	return ip.validateSourceFull(b, src, dst, tos, oif, dev, rpf, in)
}

// What else fib_validate_source objects to: EXDEV stands for the wrong way back,
// errSourceType for an address that is no host's (a broadcast, a prohibited one).
const (
	errXDev       core.Errno = 18
	errSourceType core.Errno = 19
)

// validateSourceFull is __fib_validate_source: look up the way back to the
// source.
func (ip *IPv4) validateSourceFull(b *core.SKB, src, dst wire.IP4, tos uint8, oif int, dev *core.Device, rpf int, in *InDevice) (bool, core.Errno) {
	defer ip.ns.In(step.FibValidateSourceFull, b).Out()
	ns := ip.ns
	fl := Flow4{IIF: oif, Daddr: src, Saddr: dst, TOS: tos}
	if oif == 0 {
		fl.IIF = ip.loIndex()
	}
	if in.srcValidMark() {
		fl.Mark = b.Mark
	}
	if ip.rulesNeedPorts {
		ip.dissect(b, &fl)
		fl.Sport, fl.Dport = fl.Dport, fl.Sport
	}
	noAddr := len(in.addrs) == 0
	var res fibResult
	if ip.lookup(&fl, &res, 0) != 0 {
		return ip.lastResort(src, dev, rpf)
	}
	if res.typ != RTNUnicast && (res.typ != RTNLocal || !in.acceptLocal()) {
		ns.Why(step.WhySourceType, uint64(src), uint64(res.typ))
		if res.typ != RTNLocal {
			return false, errSourceType
		}
		return false, step.EINVAL
	}
	match := res.typ == RTNLocal && dev == ip.loopback()
	for _, nh := range res.fi.nhs {
		match = match || nh.dev == dev
	}
	if match {
		ns.Why(step.WhySourceBack, uint64(src), uint64(dev.Index))
		return res.nh.scope >= ScopeHost, 0
	}
	if noAddr {
		return ip.lastResort(src, dev, rpf)
	}
	if rpf == 1 {
		ns.Why(step.WhyRpFilterStrict, uint64(src), uint64(res.nh.oif), uint64(dev.Index))
		return false, errXDev
	}
	fl.OIF = dev.Index
	onLink := ip.lookup(&fl, &res, ignoreLinkState) == 0 && res.typ == RTNUnicast && res.nh.scope >= ScopeHost
	ns.Why(step.WhySourceLoose, uint64(src), uint64(dev.Index), uint64(rpf))
	return onLink, 0
}

func (ip *IPv4) lastResort(src wire.IP4, dev *core.Device, rpf int) (bool, core.Errno) {
	if rpf != 0 {
		ip.ns.Why(step.WhyRpFilterNone, uint64(src), uint64(dev.Index))
		return false, errXDev
	}
	return false, 0
}

// specDst is fib_compute_spec_dst: the address of ours by which a packet that
// came for this host is to be answered.
func (ip *IPv4) specDst(b *core.SKB) wire.IP4 {
	defer ip.ns.In(step.FibComputeSpecDst, b).Out()
	h := b.IP4()
	if b.Dst.Flags&(core.RTCFBroadcast|core.RTCFMulticast|core.RTCFLocal) == core.RTCFLocal {
		return h.Dst()
	}
	scope := uint8(ScopeUniverse)
	if h.Src()>>24 != 0 {
		fl := Flow4{IIF: ip.loIndex(), Daddr: h.Src(), TOS: h.TOS() & 0xfc}
		if in := ip.inDev(b.Dev); in != nil && in.srcValidMark() {
			fl.Mark = b.Mark
		}
		var res fibResult
		if ip.lookup(&fl, &res, 0) == 0 {
			return ip.prefsrc(&res)
		}
	} else {
		scope = ScopeLink
	}
	return ip.SelectAddr(b.Dev, h.Src(), scope)
}

// dissect is fib4_rules_early_flow_dissect: rules that look at protocol and
// ports need them before routing.
func (ip *IPv4) dissect(b *core.SKB, fl *Flow4) {
	h := b.IP4()
	fl.Proto = uint8(h.Proto())
	fl.Sport, fl.Dport = 0, 0
	p := h[min(h.IHL(), len(h)):]
	if h.FragOffset() == 0 && hasPorts(h.Proto()) && len(p) >= 4 {
		fl.Sport, fl.Dport = be16(p), be16(p[2:])
	}
}

func hasPorts(p wire.Proto) bool {
	switch p {
	case wire.ProtoTCP, wire.ProtoUDP, wire.ProtoSCTP, wire.ProtoDCCP, wire.ProtoUDPLite:
		return true
	}
	return false
}

func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }

// Routes lists a table as `ip route show table` does: by the address, and of those with
// the same address the longer prefix first; 0 is table main.
func (ip *IPv4) Routes(table uint32) []Route {
	tb := ip.table(table)
	if tb == nil {
		return nil
	}
	var all []*fibAlias
	tb.t.root.each(func(fa *fibAlias) {
		if fa.table == tb.id {
			all = append(all, fa)
		}
	})
	slices.SortStableFunc(all, func(a, b *fibAlias) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return b.plen - a.plen
	})
	l := make([]Route, len(all))
	for i, fa := range all {
		l[i] = fa.route()
	}
	return l
}

func (fa *fibAlias) route() Route {
	fi := fa.fi
	r := Route{Dst: fa.key, Plen: fa.plen, TOS: fa.tos, Table: fa.table, Type: fa.typ, Scope: int(fi.scope), Protocol: fi.protocol,
		Priority: fi.priority, PrefSrc: fi.prefsrc, Metrics: fi.metrics, NHID: fi.nhid}
	if fi.flags&nhDead != 0 {
		r.AllFlags |= 1
	}
	if fi.flags&nhLinkdown != 0 {
		r.AllFlags |= 2
	}
	if fi.reject {
		r.Type = RTNBlackhole
	}
	for _, nh := range fi.nhs {
		r.NH = append(r.NH, Nexthop{Gw: nh.gw, Gw6: nh.gw6, Dev: nh.oif, Weight: nh.weight, Onlink: nh.flags&nhOnlink != 0})
		f := uint8(0)
		if nh.flags&nhDead != 0 {
			f |= 1
		}
		if nh.flags&nhLinkdown != 0 {
			f |= 2
		}
		r.Flags = append(r.Flags, f)
	}
	return r
}

// Tables lists the numbers of the tables that exist.
func (ip *IPv4) Tables() []uint32 {
	var l []uint32
	for _, tb := range ip.tables {
		l = append(l, tb.id)
	}
	return l
}

// fibFlush is fib_flush: routes whose ways are all dead are taken out.
func (ip *IPv4) fibFlush() {
	gone := 0
	for _, tb := range ip.tables {
		if tb == ip.local && ip.main != nil && tb.t == ip.main.t {
			continue
		}
		gone += tb.t.filter(func(fa *fibAlias) bool {
			if fa.fi.flags&nhDead == 0 {
				return true
			}
			if fa.plen == 0 {
				tb.numDefault--
			}
			return false
		})
	}
	if gone > 0 {
		ip.rtCacheFlush()
	}
}
