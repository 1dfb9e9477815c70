package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An ifaLife is how long an address stays, and until when it is liked
// (ifa_valid_lft, ifa_preferred_lft). 0: for ever.
type ifaLife struct {
	f           *ifaddr
	valid, pref sim.Time // moments
	timer       sim.Timer
}

// setLifetime is set_ifa_lifetime; both are from now on, 0 is for ever.
func (ip *IPv4) setLifetime(f *ifaddr, valid, pref sim.Time) {
	if f.life != nil {
		ip.ns.Clock.Stop(&f.life.timer)
		f.life = nil
	}
	if valid == 0 && pref == 0 {
		return
	}
	now := ip.ns.Clock.Now()
	l := &ifaLife{f: f}
	if valid != 0 {
		l.valid = now + valid
	}
	if pref != 0 {
		l.pref = now + pref
	}
	f.life = l
	l.arm(ip)
}

func (l *ifaLife) arm(ip *IPv4) {
	now := ip.ns.Clock.Now()
	switch {
	case l.pref > now && (l.valid == 0 || l.pref < l.valid):
		ip.ns.Clock.Mod(&l.timer, l.pref, l)
	case l.valid != 0:
		ip.ns.Clock.Mod(&l.timer, l.valid, l)
	}
}

// Run is check_lifetime for one address: liked, then deprecated, then gone.
func (l *ifaLife) Run() {
	ip := l.f.in.ip
	if l.valid != 0 && ip.ns.Clock.Now() >= l.valid {
		ip.DelAddr(l.f.in.Dev, l.f.local, l.f.plen)
		return
	}
	l.arm(ip)
}

// show fills in what ip address lists.
func (l *ifaLife) show(a *Addr, now sim.Time) {
	if l == nil {
		return
	}
	a.Dynamic = l.valid != 0
	a.ValidUntil, a.PrefUntil = l.valid, l.pref
	a.Deprecated = l.pref != 0 && now >= l.pref
}

// ChangeAddr is inet_rtm_newaddr for an address that is there: `ip address
// change`. EADDRNOTAVAIL if it is not.
func (ip *IPv4) ChangeAddr(dev *core.Device, addr wire.IP4, plen int, o AddrOpts) core.Errno {
	in := InDev(dev)
	if in == nil {
		return step.EADDRNOTAVAIL
	}
	for _, f := range in.addrs {
		if f.local != addr || f.plen != plen {
			continue
		}
		ip.setLifetime(f, o.ValidLft, o.PrefLft)
		if f.metric != o.Metric && !f.secondary && !f.noPrefixRoute && dev.Up() {
			old := f.metric
			f.metric = o.Metric
			ip.magic(true, netType(dev), f.peer.Mask(f.plen), f.plen, f)
			f.metric = old
			ip.magic(false, netType(dev), f.peer.Mask(f.plen), f.plen, f)
			f.metric = o.Metric
		}
		return 0
	}
	return step.EADDRNOTAVAIL
}
