package device

import (
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The bridge hears reports that are for routers: net/bridge/br_multicast.c.

// Groups of all multicast snoopers (RFC 4286).
const allSnoopers wire.IP4 = 0xe000006a // 224.0.0.106

var allSnoopers6 = wire.Addr{Hi: 0xff02 << 48, Lo: 0x6a} // ff02::6a
// joinSnoopers is br_multicast_join_snoopers: the bridge wants to hear who else
// looks at membership reports.
func (br *Bridge) joinSnoopers() {
	if br.snoopers || !br.McastSnoop {
		return
	}
	br.snoopers = true
	ns := br.ns()
	ipv4.Of(ns).JoinGroup(br.Dev, allSnoopers, nil)
	if ip := ipv6.Of(ns); ip != nil {
		ip.JoinGroup(br.Dev, allSnoopers6, nil)
	}
}

// leaveSnoopers is br_multicast_leave_snoopers.
func (br *Bridge) leaveSnoopers() {
	if !br.snoopers {
		return
	}
	br.snoopers = false
	ns := br.ns()
	ipv4.Of(ns).LeaveGroup(br.Dev, allSnoopers, nil)
	if ip := ipv6.Of(ns); ip != nil {
		ip.LeaveGroup(br.Dev, allSnoopers6, nil)
	}
}

// SetSnooping is br_multicast_toggle: `ip link set BR type bridge mcast_snooping`.
func (br *Bridge) SetSnooping(on bool) {
	br.McastSnoop = on
	switch {
	case !on:
		br.leaveSnoopers()
		br.forgetMembers(nil, true)
	case br.Dev.Up():
		br.joinSnoopers()
		br.startQuerier()
	}
}
