package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// procNet are the files of /proc/net.
var procNet map[string]func(p *Proc) string

func init() {
	procNet = map[string]func(p *Proc) string{"dev": procDev, "arp": procARP, "route": procRoute, "if_inet6": procIfInet6, "igmp": procIGMP}
}

// procDev is /proc/net/dev (dev_seq_show).
func procDev(p *Proc) string {
	var b strings.Builder
	b.WriteString("Inter-|   Receive                                                |  Transmit\n")
	b.WriteString(" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n")
	for _, d := range p.host.NS.Devices {
		if d == nil {
			continue
		}
		s := &d.Stats
		fmt.Fprintf(&b, "%6s: %7d %7d %4d %4d %4d %5d %10d %9d %8d %7d %4d %4d %4d %5d %7d %10d\n", d.Name, s.RxBytes, s.RxPackets, s.RxErrors, s.RxDropped+s.RxMissed, 0, 0, 0, s.Multicast,
			s.TxBytes, s.TxPackets, s.TxErrors, s.TxDropped, 0, 0, 0, 0)
	}
	return b.String()
}

// procARP is /proc/net/arp.
func procARP(p *Proc) string {
	var b strings.Builder
	b.WriteString("IP address       HW type     Flags       HW address            Mask     Device\n")
	p.host.NS.Neigh4.Each(func(n *core.Neighbour) {
		if n.State&core.NUDNoARP != 0 {
			return
		}
		flags, mac := 0, "00:00:00:00:00:00"
		if n.State&core.NUDValid != 0 {
			flags, mac = 2, n.Addr.String()
		}
		if n.State&core.NUDPermanent != 0 {
			flags |= 4
		}
		fmt.Fprintf(&b, "%-16s 0x%-10x0x%-10x%s     *        %s\n", n.Key, n.Dev.Type, flags, mac, n.Dev.Name)
	})
	return b.String()
}

// procIGMP is /proc/net/igmp (igmp_mc_seq_show).
func procIGMP(p *Proc) string {
	var b strings.Builder
	b.WriteString("Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n")
	for _, d := range p.host.NS.Devices {
		if d == nil {
			continue
		}
		l, v := p.host.IPv4.GroupStates(d)
		for i, g := range l {
			if i == 0 {
				fmt.Fprintf(&b, "%d\t%-10s: %5d %7s\n", d.Index, d.Name, len(l), fmt.Sprintf("V%d", v))
			}
			fmt.Fprintf(&b, "\t\t\t\t%08X %5d %d:%08X\t\t%d\n", swap32(uint32(g.Addr)), g.Users, b2i(g.Running), max(0, g.Left/(10*sim.Millisecond)), b2i(g.Reporter))
		}
	}
	return b.String()
}

func swap32(v uint32) uint32 { return v<<24 | v<<8&0xff0000 | v>>8&0xff00 | v>>24 }

// procRoute is /proc/net/route: table main, numbers as a little-endian machine
// prints them.
func procRoute(p *Proc) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-127s\n", "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT")
	for _, r := range p.host.IPv4.Routes(ipv4.TableMain) {
		if r.Type == ipv4.RTNBroadcast || r.Type == ipv4.RTNMulticast || r.Type == ipv4.RTNLocal {
			continue
		}
		flags, gw, dev := 1, uint32(0), "*"
		if len(r.NH) > 0 {
			if gw = uint32(r.NH[0].Gw); gw != 0 {
				flags |= 2
			}
			if d := p.host.NS.DevByIndex(r.NH[0].Dev); d != nil {
				dev = d.Name
			}
		}
		if r.Type == ipv4.RTNUnreachable || r.Type == ipv4.RTNProhibit {
			flags |= 0x200
		}
		if r.Plen == 32 {
			flags |= 4
		}
		mask := ^uint32(0) << (32 - r.Plen)
		if r.Plen == 0 {
			mask = 0
		}
		mss := 0
		if r.Metrics.AdvMSS != 0 {
			mss = r.Metrics.AdvMSS + 40
		}
		line := fmt.Sprintf("%s\t%08X\t%08X\t%04X\t%d\t%d\t%d\t%08X\t%d\t%d\t%d", dev, swap32(uint32(r.Dst)), swap32(gw), flags, 0, 0, r.Priority, swap32(mask), mss, r.Metrics.Window, 0)
		fmt.Fprintf(&b, "%-127s\n", line)
	}
	return b.String()
}

// procIfInet6 is /proc/net/if_inet6.
func procIfInet6(p *Proc) string {
	var b strings.Builder
	for _, d := range p.host.NS.Devices {
		if d == nil {
			continue
		}
		for _, a := range p.host.IPv6.Addrs(d) {
			scope := 0
			switch scope6(a) {
			case "host":
				scope = 0x10
			case "link":
				scope = 0x20
			}
			fmt.Fprintf(&b, "%016x%016x %02x %02x %02x %02x %8s\n", a.Addr.Hi, a.Addr.Lo, d.Index, a.Plen, scope, 0x80, d.Name)
		}
	}
	return b.String()
}
