package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// IsUnicast reports whether an address is one of a single host (IPV6_ADDR_UNICAST).
func IsUnicast(a wire.Addr) bool { return addrType(a)&addrUnicast != 0 }

// ReverseUses is rpfilter_lookup_reverse6 of ip6t_rpfilter.c: would an answer to the
// flow's destination leave by the device? Loose: by any. With acceptLocal the
// address may be one of this host.
func (ip *IPv6) ReverseUses(fl *Flow6, dev *core.Device, loose, acceptLocal bool) bool {
	strict := 0
	if !IsUnicast(fl.Saddr) {
		fl.Saddr = wire.Addr{}
	}
	if addrType(fl.Daddr)&addrLinkLocal != 0 {
		strict, fl.OIF = lookupIface, dev.Index
	} else if !loose {
		fl.OIF = dev.Index
	}
	fl.IIF = 1 // LOOPBACK_IFINDEX
	d := ip.ruleLookup(fl, fl.OIF, strict)
	switch {
	case d.Err != 0:
		return false
	case d.Type == RTNAnycast:
		return false
	case d.Type == RTNLocal:
		return acceptLocal
	}
	return loose || d.Dev == dev
}

// A Reached says what a route lookup for xt_addrtype found of an address.
type Reached struct{ Unreachable, Local, Anycast bool }

// Reach is match_lookup_rt6 of xt_addrtype.c: what an address means to this host,
// with a device on that device.
func (ip *IPv6) Reach(dev *core.Device, a wire.Addr) (r Reached) {
	fl := Flow6{Daddr: a}
	if dev != nil {
		fl.OIF = dev.Index
		r.Local = ip.ChkAddr(a, dev)
	}
	d := ip.routeOutputFlags(&fl, 0)
	if d.Err != 0 {
		return Reached{Unreachable: true}
	}
	if dev == nil && d.Type == RTNLocal {
		r.Local = true
	}
	r.Anycast = d.Type == RTNAnycast
	return r
}
