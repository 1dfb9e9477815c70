package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// ReverseUses is rpfilter_lookup_reverse of ipt_rpfilter.c: would an answer to the
// flow's destination leave by the device? Loose: by any. With acceptLocal the
// address may be one of this host.
func (ip *IPv4) ReverseUses(fl *Flow4, dev *core.Device, loose, acceptLocal bool) bool {
	fl.IIF = ip.loIndex()
	var res fibResult
	if ip.lookup(fl, &res, ignoreLinkState) != 0 {
		return false
	}
	if res.typ != RTNUnicast && (res.typ != RTNLocal || !acceptLocal) {
		return false
	}
	return loose || res.fi != nil && usesDev(res.fi, dev)
}

// usesDev is fib_info_nh_uses_dev.
func usesDev(fi *fibInfo, dev *core.Device) bool {
	for _, nh := range fi.nhs {
		if nh.dev == dev {
			return true
		}
	}
	return false
}

// PrimaryAddr is what TPROXY takes (nf_tproxy_laddr4): the first address of the
// device that is not secondary, 0 if it has none.
func (ip *IPv4) PrimaryAddr(dev *core.Device) wire.IP4 {
	in := InDev(dev)
	if in == nil {
		return 0
	}
	for _, a := range in.addrs {
		if !a.secondary {
			return a.local
		}
	}
	return 0
}

// DevAddrType is inet_dev_addr_type: what an address means to this host, with a
// device only what is on that device.
func (ip *IPv4) DevAddrType(dev *core.Device, a wire.IP4) uint8 { return ip.addrType(dev, a) }
