package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Choice of the source address, RFC 6724 §5; the kernel's is
// ipv6_dev_get_saddr in net/ipv6/addrconf.c.

// An addrLabel is one line of net/ipv6/addrlabel.c's table (RFC 6724 §2.1).
type addrLabel struct {
	prefix wire.Addr
	plen   int
	label  uint32
}

// defaultLabels is ip6addrlbl_init_table, longest prefixes first.
var defaultLabels = [...]addrLabel{
	{wire.Addr{Lo: 1}, 128, 0},
	{wire.Addr{Lo: 0xffff << 32}, 96, 4},
	{wire.Addr{}, 96, 3},
	{wire.Addr{Hi: 0x20010000 << 32}, 32, 6},
	{wire.Addr{Hi: 0x20010010 << 32}, 28, 7},
	{wire.Addr{Hi: 0x2002 << 48}, 16, 2},
	{wire.Addr{Hi: 0x3ffe << 48}, 16, 12},
	{wire.Addr{Hi: 0xfec0 << 48}, 10, 11},
	{wire.Addr{Hi: 0xfc << 56}, 7, 5},
	{wire.Addr{}, 0, 1},
}

// label is ipv6_addr_label.
func (ip *IPv6) label(a wire.Addr) uint32 {
	for i := range ip.labels {
		if l := &ip.labels[i]; a.Mask(l.plen) == l.prefix {
			return l.label
		}
	}
	return ^uint32(0)
}

// The rules, in order (IPV6_SADDR_RULE_*).
const (
	ruleLocal = iota + 1
	ruleScope
	rulePreferred
	ruleHome
	ruleOIF
	ruleLabel
	rulePrivacy
	ruleOrchid
	rulePrefix
	ruleNotOptimistic
	numRules
)

// saddrDst is what the rules compare with (struct ipv6_saddr_dst).
type saddrDst struct {
	addr  wire.Addr
	dev   int // ifindex, 0 for any
	scope int
	label uint32
}

// score is ipv6_get_saddr_eval: how well an address does by one rule.
func (ip *IPv6) score(a *Addr6, d *saddrDst, rule int) int {
	t := addrType(a.Addr)
	switch rule {
	case ruleLocal:
		return bit(a.Addr == d.addr)
	case ruleScope:
		// The smallest scope that is enough; if none is, the largest.
		if s := srcScope(t); s >= d.scope {
			return -s
		} else {
			return s - 128
		}
	case rulePreferred:
		return bit(t&(addrMapped|addrCompatV4|addrLoopback) != 0 || a.Flags&(AddrDeprecated|AddrOptimistic) == 0)
	case ruleHome:
		return bit(a.Flags&AddrHomeAddress != 0)
	case ruleOIF:
		return bit(d.dev == 0 || d.dev == a.Dev.Index)
	case ruleLabel:
		return bit(ip.label(a.Addr) == d.label)
	case rulePrivacy:
		return bit((a.Flags&AddrTemporary == 0) != (a.idev.conf.UseTempaddr >= 2))
	case ruleOrchid:
		return bit(isOrchid(a.Addr) == isOrchid(d.addr))
	case rulePrefix:
		return min(a.Addr.CommonPrefix(d.addr), a.Plen)
	case ruleNotOptimistic:
		return bit(a.Flags&AddrOptimistic == 0)
	}
	return 0
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// isOrchid is ipv6_addr_orchid: 2001:10::/28.
func isOrchid(a wire.Addr) bool { return a.Hi>>36 == 0x2001001 }

// GetSaddr is ipv6_dev_get_saddr: the source address for a destination, when
// packets leave by dev (nil: not known yet); false if there is none.
func (ip *IPv6) GetSaddr(dev *core.Device, daddr wire.Addr) (wire.Addr, bool) {
	defer ip.ns.In(step.IPv6DevGetSaddr, ip.self()).Out()
	ns := ip.ns
	t := addrType(daddr)
	d := saddrDst{addr: daddr, scope: srcScope(t), label: ip.label(daddr)}
	if dev != nil {
		d.dev = dev.Index
	}
	var best *Addr6
	if dev != nil && (t&addrMulticast != 0 || d.scope <= scopeLink) {
		// Only the link's own addresses make sense there.
		best = ip.devSaddr(idevOf(dev), &d, nil)
	} else {
		for _, x := range ns.Devices {
			if x != nil {
				best = ip.devSaddr(idevOf(x), &d, best)
			}
		}
	}
	if best == nil {
		ns.Why(step.WhySaddr6None, daddr.Hi, daddr.Lo)
		return wire.Addr{}, false
	}
	ns.Why(step.WhySaddr6, best.Addr.Hi, best.Addr.Lo, daddr.Hi, daddr.Lo)
	return best.Addr, true
}

// devSaddr is __ipv6_dev_get_saddr: the best of a device's addresses and of
// what was best so far.
func (ip *IPv6) devSaddr(i *Inet6Dev, d *saddrDst, best *Addr6) *Addr6 {
	if i == nil {
		return best
	}
	for _, a := range i.addrs {
		if a.Flags&AddrTentative != 0 && a.Flags&AddrOptimistic == 0 {
			ip.ns.Tried(step.TrySaddr6Tentative, a.Addr.Hi, a.Addr.Lo, uint64(a.Dev.Index))
			continue
		}
		if best == nil {
			best = a
			continue
		}
		best = ip.better(best, a, d)
	}
	return best
}

// better compares two candidates rule by rule; the first difference decides,
// and the earlier one wins a tie.
func (ip *IPv6) better(hi, a *Addr6, d *saddrDst) *Addr6 {
	for rule := ruleLocal; rule < numRules; rule++ {
		h, s := ip.score(hi, d, rule), ip.score(a, d, rule)
		if h == s {
			continue
		}
		win, lost := hi, a
		if s > h {
			win, lost = a, hi
		}
		ip.ns.Tried(saddrTries[rule], lost.Addr.Hi, lost.Addr.Lo, uint64(lost.Dev.Index), win.Addr.Hi, win.Addr.Lo)
		return win
	}
	ip.ns.Tried(step.TrySaddr6Tie, a.Addr.Hi, a.Addr.Lo, uint64(a.Dev.Index), hi.Addr.Hi, hi.Addr.Lo)
	return hi
}

var saddrTries = [numRules]step.Try{
	ruleLocal: step.TrySaddr6Local, ruleScope: step.TrySaddr6Scope, rulePreferred: step.TrySaddr6Preferred, ruleHome: step.TrySaddr6Home,
	ruleOIF: step.TrySaddr6OIF, ruleLabel: step.TrySaddr6Label, rulePrivacy: step.TrySaddr6Privacy, ruleOrchid: step.TrySaddr6Orchid,
	rulePrefix: step.TrySaddr6Prefix, ruleNotOptimistic: step.TrySaddr6Optimistic,
}
