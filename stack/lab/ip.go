package lab

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// ip carries out an `ip` command.
func ip(h *stack.Host, w []string) error {
	a := &args{w}
	v6 := false
	obj := a.next()
	for strings.HasPrefix(obj, "-") {
		switch obj {
		case "-4":
		case "-6":
			v6 = true
		default:
			return fmt.Errorf("not modelled: ip %s", obj)
		}
		obj = a.next()
	}
	verb := a.next()
	is := func(s, full string) bool { return s != "" && strings.HasPrefix(full, s) }
	switch {
	case is(obj, "link"):
		return ipLink(h, verb, a)
	case is(obj, "address"):
		return ipAddr(h, verb, a)
	case is(obj, "route"):
		return ipRoute(h, verb, a, v6)
	case is(obj, "rule"):
		return ipRule(h, verb, a)
	case is(obj, "neighbour"), is(obj, "neighbor"):
		return ipNeigh(h, verb, a)
	}
	return fmt.Errorf("not modelled: ip %s", obj)
}

func findDevice(h *stack.Host, name string) (*core.Device, error) {
	if d := h.NS.DevByName(name); d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("Cannot find device \"%s\"", name)
}

func ipLink(h *stack.Host, verb string, a *args) error {
	if verb == "add" {
		return ipLinkAdd(h, a)
	}
	if verb != "set" {
		return fmt.Errorf("not modelled: ip link %s", verb)
	}
	name := a.next()
	if name == "dev" {
		name = a.next()
	}
	d, err := findDevice(h, name)
	if err != nil {
		return err
	}
	for a.more() {
		switch k := a.next(); k {
		case "up":
			h.Up(d)
		case "down":
			h.Down(d)
		case "mtu":
			n, err := strconv.Atoi(a.next())
			if err != nil || n < 68 || n > 65536 {
				return fmt.Errorf("Error: mtu must be a number of bytes from 68 to 65536")
			}
			d.MTU = n
		case "address":
			m, err := net.ParseMAC(a.next())
			if err != nil || len(m) != 6 {
				return fmt.Errorf("an address like 02:00:00:00:00:01 was expected")
			}
			d.Addr = wire.MACFrom(m)
		case "txqueuelen", "qlen":
			if d.TxQueueLen, err = strconv.Atoi(a.next()); err != nil {
				return fmt.Errorf("a number of packets was expected")
			}
		case "multicast", "arp", "promisc":
			bit := map[string]uint16{"multicast": core.IFFMulticast, "arp": core.IFFNoARP, "promisc": core.IFFPromisc}[k]
			on := a.next() == "on"
			if on != (k == "arp") {
				d.Flags |= bit
			} else {
				d.Flags &^= bit
			}
		default:
			return fmt.Errorf("not modelled: ip link set %s", k)
		}
	}
	return nil
}

// ipLinkAdd makes a VLAN device: ip link add link eth0 name eth0.5 type vlan id 5.
func ipLinkAdd(h *stack.Host, a *args) error {
	var lower *core.Device
	var name, kind string
	id := -1
	for a.more() {
		var err error
		switch k := a.next(); k {
		case "link":
			lower, err = findDevice(h, a.next())
		case "name", "dev":
			name = a.next()
		case "type":
			kind = a.next()
		case "id":
			if id, err = strconv.Atoi(a.next()); err != nil || id < 0 || id > 4094 {
				return fmt.Errorf("Error: argument is wrong: id is invalid")
			}
		default:
			if name != "" || strings.HasPrefix(k, "-") {
				return fmt.Errorf("not modelled: ip link add … %s", k)
			}
			name = k
		}
		if err != nil {
			return err
		}
	}
	if kind != "vlan" || lower == nil || name == "" || id < 0 {
		return fmt.Errorf("not modelled: ip link add … type %s", kind)
	}
	device.NewVlan(lower, name, 0, uint16(id))
	return nil
}

func prefix(s string) (wire.Addr, int, error) {
	addr, bits, has := strings.Cut(s, "/")
	p, err := netip.ParseAddr(addr)
	if err != nil || p.Zone() != "" {
		return wire.Addr{}, 0, fmt.Errorf("Error: an address is expected rather than \"%s\"", s)
	}
	n := p.BitLen()
	if has {
		if n, err = strconv.Atoi(bits); err != nil || n < 0 || n > p.BitLen() {
			return wire.Addr{}, 0, fmt.Errorf("Error: \"%s\" is not a prefix", s)
		}
	}
	return wire.FromNetip(p), n, nil
}

func answer(e core.Errno) error {
	if e == 0 {
		return nil
	}
	words := map[core.Errno]string{17: "File exists", 3: "No such process", 22: "Invalid argument", 99: "Cannot assign requested address",
		101: "Network is unreachable", 113: "No route to host", 100: "Network is down"}
	if s := words[e]; s != "" {
		return fmt.Errorf("RTNETLINK answers: %s", s)
	}
	return fmt.Errorf("RTNETLINK answers: %s", e)
}

func ipAddr(h *stack.Host, verb string, a *args) error {
	if verb != "add" && verb != "replace" && verb != "del" {
		return fmt.Errorf("not modelled: ip addr %s", verb)
	}
	addr, plen, err := prefix(a.next())
	if err != nil {
		return err
	}
	var d *core.Device
	o4, o6 := ipv4.AddrOpts{}, ipv6.AddrOpts{}
	for a.more() {
		switch k := a.next(); k {
		case "dev":
			if d, err = findDevice(h, a.next()); err != nil {
				return err
			}
		case "brd", "broadcast":
			switch v := a.next(); v {
			case "+":
				o4.AutoBroadcast = true
			default:
				b, _, err := prefix(v)
				if err != nil {
					return err
				}
				o4.Broadcast = b.IP4()
			}
		case "peer":
			p, n, err := prefix(a.next())
			if err != nil {
				return err
			}
			o4.Peer, o6.Peer, plen = p.IP4(), p, n
		case "scope":
			s, err := scope(a.next())
			if err != nil {
				return err
			}
			o4.Scope = uint8(s)
		case "nodad":
			o6.NoDAD = true
		case "noprefixroute":
			o4.NoPrefixRoute, o6.NoPrefixRoute = true, true
		case "label":
			o4.Label = a.next()
		default:
			return fmt.Errorf("not modelled: ip addr add … %s", k)
		}
	}
	if d == nil {
		return fmt.Errorf("Not enough information: \"dev\" argument is required.")
	}
	switch {
	case addr.Is4() && verb == "del":
		return answer(h.IPv4.DelAddr(d, addr.IP4(), plen))
	case addr.Is4():
		return answer(h.IPv4.AddAddr(d, addr.IP4(), plen, o4))
	case verb == "del":
		return answer(h.IPv6.DelAddr(d, addr, plen))
	}
	return answer(h.IPv6.AddAddr(d, addr, plen, o6))
}

func scope(s string) (int, error) {
	switch s {
	case "global":
		return ipv4.ScopeUniverse, nil
	case "link":
		return ipv4.ScopeLink, nil
	case "host":
		return ipv4.ScopeHost, nil
	case "site":
		return ipv4.ScopeSite, nil
	}
	return 0, fmt.Errorf("Error: argument \"%s\" is wrong: invalid scope", s)
}

func table(s string) (uint32, error) {
	switch s {
	case "main":
		return ipv4.TableMain, nil
	case "local":
		return ipv4.TableLocal, nil
	case "default":
		return ipv4.TableDefault, nil
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("Error: argument \"%s\" is wrong: invalid table ID", s)
	}
	return uint32(n), nil
}

var routeTypes = map[string]uint8{"unicast": ipv4.RTNUnicast, "local": ipv4.RTNLocal, "broadcast": ipv4.RTNBroadcast, "multicast": ipv4.RTNMulticast,
	"blackhole": ipv4.RTNBlackhole, "unreachable": ipv4.RTNUnreachable, "prohibit": ipv4.RTNProhibit, "throw": ipv4.RTNThrow}

func ipRoute(h *stack.Host, verb string, a *args, v6 bool) error {
	if verb != "add" && verb != "replace" && verb != "del" && verb != "append" {
		return fmt.Errorf("not modelled: ip route %s", verb)
	}
	r4 := ipv4.Route{Scope: -1, Replace: verb == "replace", Append: verb == "append"}
	r6 := ipv6.Route6{}
	dst := a.next()
	if t, ok := routeTypes[dst]; ok {
		r4.Type, r6.Type = t, t
		dst = a.next()
	}
	var nh ipv4.Nexthop
	if dst != "default" {
		addr, n, err := prefix(dst)
		if err != nil {
			return err
		}
		v6 = !addr.Is4()
		r4.Dst, r4.Plen, r6.Dst, r6.Plen = addr.IP4(), n, addr, n
	}
	for a.more() {
		var err error
		switch k := a.next(); k {
		case "via":
			via := a.next()
			if via == "inet" || via == "inet6" {
				via = a.next()
			}
			var gw wire.Addr
			if gw, _, err = prefix(via); err == nil {
				if !gw.Is4() {
					v6 = true
				}
				nh.Gw, r6.Gateway = gw.IP4(), gw
			}
		case "dev":
			var d *core.Device
			if d, err = findDevice(h, a.next()); err == nil {
				nh.Dev, r6.Dev = d.Index, d
			}
		case "src":
			var s wire.Addr
			if s, _, err = prefix(a.next()); err == nil {
				r4.PrefSrc, r6.PrefSrc = s.IP4(), s
			}
		case "table":
			r4.Table, err = table(a.next())
			r6.Table = r4.Table
		case "metric", "priority", "preference":
			var n uint64
			n, err = strconv.ParseUint(a.next(), 10, 32)
			r4.Priority, r6.Metric = uint32(n), uint32(n)
		case "scope":
			r4.Scope, err = scope(a.next())
		case "mtu":
			v := a.next()
			if v == "lock" {
				r4.Metrics.MTULock = true
				v = a.next()
			}
			r4.Metrics.MTU, err = strconv.Atoi(v)
			r6.MTU = r4.Metrics.MTU
		case "advmss":
			r4.Metrics.AdvMSS, err = strconv.Atoi(a.next())
			r6.AdvMSS = r4.Metrics.AdvMSS
		case "initcwnd":
			r4.Metrics.InitCwnd, err = strconv.Atoi(a.next())
			r6.InitCwnd = r4.Metrics.InitCwnd
		case "initrwnd":
			r4.Metrics.InitRwnd, err = strconv.Atoi(a.next())
			r6.InitRwnd = r4.Metrics.InitRwnd
		case "tos", "dsfield":
			var n uint64
			n, err = strconv.ParseUint(strings.TrimPrefix(a.next(), "0x"), 16, 8)
			r4.TOS = uint8(n)
		case "onlink":
			nh.Onlink, r6.OnLink = true, true
		case "proto":
			a.next()
		case "nexthop":
			r4.NH, err = nexthops(h, a)
		default:
			return fmt.Errorf("not modelled: ip route … %s", k)
		}
		if err != nil {
			return err
		}
	}
	if v6 {
		if verb == "del" {
			return answer(h.IPv6.DelRoute(r6))
		}
		return answer(h.IPv6.AddRoute(r6))
	}
	if len(r4.NH) == 0 && (nh.Gw != 0 || nh.Dev != 0) {
		r4.NH = []ipv4.Nexthop{nh}
	}
	if verb == "del" {
		return answer(h.IPv4.DelRoute(r4))
	}
	return answer(h.IPv4.AddRoute(r4))
}

// nexthops reads "via A dev D weight N nexthop via B …".
func nexthops(h *stack.Host, a *args) (list []ipv4.Nexthop, err error) {
	nh := ipv4.Nexthop{}
	for a.more() {
		switch k := a.next(); k {
		case "nexthop":
			list = append(list, nh)
			nh = ipv4.Nexthop{}
		case "via":
			g, _, err := prefix(a.next())
			if err != nil {
				return nil, err
			}
			nh.Gw = g.IP4()
		case "dev":
			d, err := findDevice(h, a.next())
			if err != nil {
				return nil, err
			}
			nh.Dev = d.Index
		case "weight":
			if nh.Weight, err = strconv.Atoi(a.next()); err != nil {
				return nil, err
			}
		case "onlink":
			nh.Onlink = true
		default:
			return nil, fmt.Errorf("not modelled: ip route … nexthop … %s", k)
		}
	}
	return append(list, nh), nil
}

func ipRule(h *stack.Host, verb string, a *args) error {
	if verb != "add" && verb != "del" {
		return fmt.Errorf("not modelled: ip rule %s", verb)
	}
	r := ipv4.Rule{}
	for a.more() {
		var err error
		switch k := a.next(); k {
		case "from", "to":
			v := a.next()
			if v == "all" {
				continue
			}
			p, n, err := prefix(v)
			if err != nil {
				return err
			}
			if !p.Is4() {
				return fmt.Errorf("not modelled: ip rule for IPv6")
			}
			if k == "from" {
				r.Src, r.SrcLen = p.IP4(), n
			} else {
				r.Dst, r.DstLen = p.IP4(), n
			}
		case "fwmark":
			m, mask, has := strings.Cut(a.next(), "/")
			var n uint64
			if n, err = strconv.ParseUint(m, 0, 32); err == nil {
				r.Mark, r.Mask = uint32(n), 0xffffffff
				if has {
					n, err = strconv.ParseUint(mask, 0, 32)
					r.Mask = uint32(n)
				}
			}
		case "table", "lookup":
			r.Table, err = table(a.next())
		case "priority", "pref", "preference", "order":
			var n uint64
			n, err = strconv.ParseUint(a.next(), 10, 32)
			r.Priority = uint32(n)
		case "iif":
			r.IIF = a.next()
		case "oif":
			r.OIF = a.next()
		case "not":
			r.Invert = true
		case "blackhole":
			r.Action = ipv4.RuleBlackhole
		case "unreachable":
			r.Action = ipv4.RuleUnreachable
		case "prohibit":
			r.Action = ipv4.RuleProhibit
		default:
			return fmt.Errorf("not modelled: ip rule … %s", k)
		}
		if err != nil {
			return err
		}
	}
	if verb == "del" {
		return answer(h.IPv4.DelRule(r))
	}
	return answer(h.IPv4.AddRule(r))
}

func ipNeigh(h *stack.Host, verb string, a *args) error {
	if verb != "add" && verb != "replace" && verb != "del" && verb != "change" {
		return fmt.Errorf("not modelled: ip neigh %s", verb)
	}
	addr, _, err := prefix(a.next())
	if err != nil {
		return err
	}
	state := uint8(core.NUDPermanent)
	var d *core.Device
	var mac wire.MAC
	for a.more() {
		switch k := a.next(); k {
		case "dev":
			if d, err = findDevice(h, a.next()); err != nil {
				return err
			}
		case "lladdr":
			m, err := net.ParseMAC(a.next())
			if err != nil || len(m) != 6 {
				return fmt.Errorf("an address like 02:00:00:00:00:01 was expected")
			}
			mac = wire.MACFrom(m)
		case "nud":
			v := a.next()
			s, ok := map[string]uint8{"permanent": core.NUDPermanent, "reachable": core.NUDReachable, "stale": core.NUDStale, "noarp": core.NUDNoARP,
				"delay": core.NUDDelay, "probe": core.NUDProbe, "failed": core.NUDFailed, "none": core.NUDNone, "incomplete": core.NUDIncomplete}[v]
			if !ok {
				return fmt.Errorf("Error: argument \"%s\" is wrong: nud state is bad", v)
			}
			state = s
		case "router":
		default:
			return fmt.Errorf("not modelled: ip neigh … %s", k)
		}
	}
	if d == nil {
		return fmt.Errorf("Device and destination are required arguments.")
	}
	t := h.NS.Neigh4
	if !addr.Is4() {
		t = h.NS.Neigh6
	}
	n := t.Create(addr, d)
	if n == nil {
		return fmt.Errorf("RTNETLINK answers: No buffer space available")
	}
	if verb == "del" {
		t.Update(n, 0, core.NUDFailed, core.NeighUpdateOverride|core.NeighUpdateAdmin)
		return nil
	}
	t.Update(n, mac, state, core.NeighUpdateOverride|core.NeighUpdateAdmin)
	return nil
}
