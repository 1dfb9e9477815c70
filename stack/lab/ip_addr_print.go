package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// familyHead is the head of ip -4 addr and ip -6 addr: without the link address.
// In a list for IPv6 (all: no device was named) the kernel tells less about the device.
func (c *ipCmd) familyHead(d *core.Device, all bool, text string, o object) (string, object) {
	drop := map[string]bool{"link_type": true, "address": true, "broadcast": true}
	first, second, _ := strings.Cut(text, "\n")
	if c.fam == 6 && all {
		drop["qdisc"], drop["group"], drop["master"], drop["link_netnsid"] = true, true, true, true
		first = fmt.Sprintf("%d: %s: <%s> mtu %d state %s qlen %d", d.Index, atName(d), strings.Join(linkFlags(d), ","), d.MTU, operState(d), d.TxQueueLen)
	} else if i := strings.Index(second, " link-netns"); i >= 0 {
		first += second[i:]
	}
	var keep object
	for _, m := range o {
		if !drop[m.key] {
			keep = append(keep, m)
		}
	}
	return first, keep
}

func briefInfo(infos []any) []any {
	out := []any{}
	for _, i := range infos {
		var keep object
		for _, m := range i.(object) {
			if m.key == "local" || m.key == "prefixlen" || m.key == "metric" {
				keep = append(keep, m)
			}
		}
		out = append(out, keep)
	}
	return out
}

func labelOf(x ipv4.Addr, d *core.Device) string {
	if x.Label != "" {
		return x.Label
	}
	return d.Name
}

func (c *ipCmd) inetLine(x ipv4.Addr, d *core.Device) (string, object, string) {
	o := object{{"family", "inet"}, {"local", x.Local.String()}}
	s := "    inet " + x.Local.String()
	brief := x.Local.String()
	if x.Peer != 0 {
		s += " peer " + x.Peer.String()
		brief += " peer " + x.Peer.String()
		o.add("address", x.Peer.String())
	}
	s += fmt.Sprintf("/%d", x.Plen)
	brief += fmt.Sprintf("/%d", x.Plen)
	o.add("prefixlen", x.Plen)
	if x.Metric != 0 {
		s += fmt.Sprintf(" metric %d", x.Metric)
		brief += fmt.Sprintf(" metric %d", x.Metric)
		o.add("metric", x.Metric)
	}
	if x.Broadcast != 0 {
		s += " brd " + x.Broadcast.String()
		o.add("broadcast", x.Broadcast.String())
	}
	s += " scope " + scopeName(x.Scope)
	o.add("scope", scopeName(x.Scope))
	if x.Secondary {
		s += " secondary"
		o.add("secondary", true)
	}
	if x.Deprecated {
		s += " deprecated"
		o.add("deprecated", true)
	}
	if x.Dynamic {
		s += " dynamic"
		o.add("dynamic", true)
	}
	if x.NoPrefixRoute {
		s += " noprefixroute"
		o.add("noprefixroute", true)
	}
	s += " " + labelOf(x, d)
	o.add("label", labelOf(x, d))
	v, vn := c.lifeLeft(x.ValidUntil)
	pr, pn := c.lifeLeft(x.PrefUntil)
	o.add("valid_life_time", vn)
	o.add("preferred_life_time", pn)
	return s + "\n       valid_lft " + v + " preferred_lft " + pr, o, brief
}

// lifeLeft is what is left of a lifetime that ends then; 0 is for ever.
func (c *ipCmd) lifeLeft(t sim.Time) (string, any) {
	if t == 0 {
		return "forever", uint32(0xffffffff)
	}
	n := int64((max(0, t-c.p.lab.now()) + sim.Second - 1) / sim.Second) // the kernel counts whole seconds that are gone
	return fmt.Sprintf("%dsec", n), n
}

func scope6(x *ipv6.Addr6) string {
	switch {
	case x.Addr.IsLoopback():
		return "host"
	case x.Addr.IsLinkLocal():
		return "link"
	case x.Addr.Hi>>54 == 0xfec0>>6:
		return "site"
	}
	return "global"
}

func (c *ipCmd) inet6Line(x *ipv6.Addr6) (string, object, string) {
	o := object{{"family", "inet6"}, {"local", x.Addr.String()}}
	s := "    inet6 " + x.Addr.String()
	brief := x.Addr.String()
	if !x.Peer.IsZero() {
		s += " peer " + x.Peer.String()
		brief += " peer " + x.Peer.String()
		o.add("address", x.Peer.String())
	}
	s += fmt.Sprintf("/%d scope %s ", x.Plen, scope6(x))
	brief += fmt.Sprintf("/%d", x.Plen)
	o.add("prefixlen", x.Plen)
	o.add("scope", scope6(x))
	flag := func(on bool, name string) {
		if on {
			s += name + " "
			o.add(name, true)
		}
	}
	flag(x.Flags&ipv6.AddrTemporary != 0, "temporary")
	flag(x.Flags&ipv6.AddrNoDAD != 0 && !x.Addr.IsLoopback(), "nodad")
	flag(x.Flags&ipv6.AddrOptimistic != 0, "optimistic")
	flag(x.Flags&ipv6.AddrDADFailed != 0, "dadfailed")
	flag(x.Flags&ipv6.AddrHomeAddress != 0, "home")
	flag(x.Flags&ipv6.AddrDeprecated != 0, "deprecated")
	flag(x.Flags&ipv6.AddrTentative != 0, "tentative")
	flag(x.Flags&ipv6.AddrPermanent == 0, "dynamic")
	flag(x.Flags&ipv6.AddrManageTemp != 0, "mngtmpaddr")
	flag(x.Flags&ipv6.AddrNoPrefixRoute != 0 && !x.Addr.IsLoopback(), "noprefixroute")
	v, vn := c.lifeLeft(x.ValidUntil)
	pr, pn := c.lifeLeft(x.PreferredUntil)
	if x.Flags&ipv6.AddrDeprecated != 0 && x.PreferredUntil == 0 {
		pr, pn = "0sec", 0
	}
	o.add("valid_life_time", vn)
	o.add("preferred_life_time", pn)
	return s + fmt.Sprintf("\n       valid_lft %s preferred_lft %s", v, pr), o, brief
}
