package lab

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// bridgeHelp are the usages about bridges, as iproute2 6.1 prints them.
//
//go:embed bridge_help.txt
var bridgeHelp string

func bridgeUsageOf(what string) string {
	_, s, _ := strings.Cut(bridgeHelp, "-- "+what+" --\n")
	s, _, _ = strings.Cut(s, "\n-- ")
	return strings.TrimSuffix(s, "\n") + "\n"
}

var bridgeUsage, bridgeSlaveUsage = bridgeUsageOf("bridge type"), bridgeUsageOf("bridge_slave type")

// A bridgeOpt is an option of a bridge: its name, how many bits its value has,
// and what the kernel makes of it. Options without set are kept and shown: they
// matter only to what is not modelled (multicast queriers).
type bridgeOpt struct {
	name string
	bits int
	set  func(c *ipCmd, br *device.Bridge, v uint64) error
	get  func(br *device.Bridge) uint64
	init uint64
}

// ticks is USER_HZ: the unit of a bridge's times is 1/100 s.
const ticks = sim.Second / 100

func refuseOne(name string) func(*ipCmd, *device.Bridge, uint64) error {
	return func(_ *ipCmd, _ *device.Bridge, v uint64) error {
		if v != 0 {
			return other("not modelled: ip link type bridge %s %d", name, v)
		}
		return nil
	}
}

// mcastCount is an option of multicast snooping that is a number.
func mcastCount(name string, at func(*device.BridgeMcast) *int) bridgeOpt {
	return bridgeOpt{name: name, bits: 32, get: func(br *device.Bridge) uint64 { return uint64(*at(&br.Mcast)) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error { *at(&br.Mcast) = int(v); return nil }}
}

// mcastTime is one that is a time of at least so much (br_multicast_set_query_intvl).
func mcastTime(name string, least sim.Time, at func(*device.BridgeMcast) *sim.Time) bridgeOpt {
	return bridgeOpt{name: name, bits: 64, get: func(br *device.Bridge) uint64 { return uint64(*at(&br.Mcast) / ticks) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error {
			*at(&br.Mcast) = max(sim.Time(min(v, 1<<32))*ticks, least)
			return nil
		}}
}

func boolBit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func nfCall(i int) bridgeOpt {
	name := [...]string{"nf_call_iptables", "nf_call_ip6tables", "nf_call_arptables"}[i]
	return bridgeOpt{name: name, bits: 8, set: func(_ *ipCmd, br *device.Bridge, v uint64) error { br.NFCall[i] = v != 0; return nil },
		get: func(br *device.Bridge) uint64 { return boolBit(br.NFCall[i]) }}
}

// bridgeOpts is the options in the order in which ip -d link shows them.
var bridgeOpts = []bridgeOpt{
	{name: "forward_delay", bits: 32, get: func(br *device.Bridge) uint64 { return uint64(br.ForwardDelay / ticks) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error {
			return answer(br.SetForwardDelay(sim.Time(v) * ticks))
		}},
	{name: "hello_time", bits: 32, get: func(br *device.Bridge) uint64 { return uint64(br.HelloTime / ticks) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error { return answer(br.SetHello(sim.Time(v) * ticks)) }},
	{name: "max_age", bits: 32, get: func(br *device.Bridge) uint64 { return uint64(br.MaxAge / ticks) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error { return answer(br.SetMaxAge(sim.Time(v) * ticks)) }},
	{name: "ageing_time", bits: 32, get: func(br *device.Bridge) uint64 { return uint64(br.AgeingTime / ticks) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error { br.SetAgeing(sim.Time(v) * ticks); return nil }},
	{name: "stp_state", bits: 32, get: func(br *device.Bridge) uint64 { return boolBit(br.Tree().STP) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error { br.SetSTP(v != 0); return nil }},
	{name: "priority", bits: 16, get: func(br *device.Bridge) uint64 { return uint64(br.ID().Priority()) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error { br.SetPriority(uint16(v)); return nil }},
	{name: "vlan_filtering", bits: 8, get: func(br *device.Bridge) uint64 { return boolBit(br.VlanFiltering) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error { br.SetVlanFiltering(v != 0); return nil }}, // the recorded kernel is built without it
	{name: "group_fwd_mask", bits: 16, set: func(_ *ipCmd, br *device.Bridge, v uint64) error {
		if v&7 != 0 {
			return answer(step.EINVAL)
		}
		br.GroupFwdMask = uint16(v)
		return nil
	}},
	{name: "mcast_snooping", bits: 8, get: func(br *device.Bridge) uint64 { return boolBit(br.McastSnoop) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error { br.SetSnooping(v != 0); return nil }},
	{name: "no_linklocal_learn", bits: 8, get: func(br *device.Bridge) uint64 { return boolBit(br.NoLLLearn) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error { br.NoLLLearn = v != 0; return nil }},
	{name: "mcast_vlan_snooping", bits: 8, get: func(*device.Bridge) uint64 { return 0 },
		set: func(_ *ipCmd, _ *device.Bridge, v uint64) error {
			if v != 0 {
				return kernelSays("bridge: Cannot enable multicast vlan snooping with vlan filtering disabled.")
			}
			return nil
		}},
	{name: "mcast_router", bits: 8, get: func(br *device.Bridge) uint64 { return uint64(br.McastRouter) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error {
			if v > 2 {
				return answer(step.EINVAL)
			}
			br.McastRouter = uint8(v)
			return nil
		}},
	{name: "mcast_query_use_ifaddr", bits: 8, set: refuseOne("mcast_query_use_ifaddr")},
	{name: "mcast_querier", bits: 8, get: func(br *device.Bridge) uint64 { return boolBit(br.Mcast.Querier) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error { br.SetQuerier(v != 0); return nil }},
	{name: "mcast_hash_elasticity", bits: 32, init: 16, set: func(*ipCmd, *device.Bridge, uint64) error { return nil }},
	mcastCount("mcast_hash_max", func(m *device.BridgeMcast) *int { return &m.HashMax }),
	mcastCount("mcast_last_member_count", func(m *device.BridgeMcast) *int { return &m.LastMemberCount }),
	mcastCount("mcast_startup_query_count", func(m *device.BridgeMcast) *int { return &m.StartupCount }),
	mcastTime("mcast_last_member_interval", 0, func(m *device.BridgeMcast) *sim.Time { return &m.LastMember }),
	mcastTime("mcast_membership_interval", 0, func(m *device.BridgeMcast) *sim.Time { return &m.Membership }),
	mcastTime("mcast_querier_interval", 0, func(m *device.BridgeMcast) *sim.Time { return &m.OtherQuerier }),
	mcastTime("mcast_query_interval", sim.Second, func(m *device.BridgeMcast) *sim.Time { return &m.QueryInterval }),
	mcastTime("mcast_query_response_interval", 0, func(m *device.BridgeMcast) *sim.Time { return &m.ResponseInterval }),
	mcastTime("mcast_startup_query_interval", sim.Second, func(m *device.BridgeMcast) *sim.Time { return &m.StartupQuery }),
	{name: "mcast_stats_enabled", bits: 8, set: refuseOne("mcast_stats_enabled")},
	{name: "mcast_igmp_version", bits: 8, init: 2}, {name: "mcast_mld_version", bits: 8, init: 1},
	nfCall(0), nfCall(1), nfCall(2),
	{name: "vlan_default_pvid", bits: 16, get: func(br *device.Bridge) uint64 { return uint64(br.DefaultPVID) },
		set: func(_ *ipCmd, br *device.Bridge, v uint64) error { return answer(br.SetDefaultPVID(uint16(v))) }},
	{name: "vlan_stats_enabled", bits: 8}, {name: "vlan_stats_per_port", bits: 8},
}

// inRange is what the kernel says to the options that only have a range.
func inRange(name string, v uint64) bool {
	switch name {
	case "mcast_igmp_version":
		return v == 2 || v == 3
	case "mcast_mld_version":
		return v == 1 || v == 2
	}
	return true
}

// A bridgeSet is one option that was read.
type bridgeSet struct {
	opt   *bridgeOpt
	v     uint64
	group *wire.MAC
	flush bool
	proto uint16 // vlan_protocol
}

// bridgeParse is bridge_parse_opt of iproute2.
func (c *ipCmd) bridgeParse(a *args) ([]bridgeSet, error) {
	var l []bridgeSet
next:
	for a.more() {
		k := a.next()
		switch {
		case k == "fdb_flush":
			l = append(l, bridgeSet{flush: true})
			continue
		case k == "help":
			return nil, ipError{bridgeUsage, 1}
		case k == "vlan_protocol":
			v, err := need(a)
			if err != nil {
				return nil, err
			}
			proto, ok := vlanProto(v)
			if !ok {
				return nil, invarg("invalid vlan_protocol", v)
			}
			l = append(l, bridgeSet{proto: uint16(proto)})
			continue
		case k == "group_address":
			v, err := need(a)
			if err != nil {
				return nil, err
			}
			m, err := c.mac(v)
			if err != nil {
				return nil, err
			}
			l = append(l, bridgeSet{group: &m})
			continue
		}
		for i := range bridgeOpts {
			o := &bridgeOpts[i]
			if o.name != k && !(k == "mcast_snooping" && o.name == k) {
				continue
			}
			v, err := need(a)
			if err != nil {
				return nil, err
			}
			n, e := strconv.ParseUint(v, 0, o.bits)
			if e != nil {
				return nil, invarg("invalid "+k, v)
			}
			l = append(l, bridgeSet{opt: o, v: n})
			continue next
		}
		return nil, ipError{"bridge: unknown command \"" + k + "\"?\n" + bridgeUsage, 1}
	}
	return l, nil
}

// order is the place of an option in br_changelink, which goes by its own order.
func (s *bridgeSet) order() int {
	for i := range bridgeOpts {
		if s.opt == &bridgeOpts[i] {
			return i
		}
	}
	return 6 // vlan_protocol, group_address, fdb_flush: with vlan_filtering
}

// bridgeApply is br_changelink.
func (c *ipCmd) bridgeApply(br *device.Bridge, l []bridgeSet) error {
	slices.SortStableFunc(l, func(a, b bridgeSet) int { return a.order() - b.order() })
	st := c.p.lab.dev(br.Dev)
	for _, s := range l {
		switch {
		case s.flush:
			br.FDBFlush(nil)
		case s.proto != 0:
			br.VlanProto = s.proto
		case s.group != nil:
			if n := *s.group & 15; *s.group>>4 != 0x0180c200000 || n >= 1 && n <= 3 {
				return answer(step.EINVAL)
			}
			br.GroupAddr = *s.group
		case !inRange(s.opt.name, s.v):
			return answer(step.EINVAL)
		case s.opt.set != nil:
			if err := s.opt.set(c, br, s.v); err != nil {
				return err
			}
		default:
			if st.opts == nil {
				st.opts = map[string]uint64{}
			}
			st.opts[s.opt.name] = s.v
		}
	}
	return nil
}

func addBridge(c *ipCmd, r *linkReq, h *stack.Host, a *args) (*core.Device, error) {
	l, err := c.bridgeParse(a)
	if err != nil {
		return nil, err
	}
	if err := c.linkCheck(r, h); err != nil {
		return nil, err
	}
	br := device.NewBridge(h.NS, r.name, r.index, c.p.lab.macOr(r.addr), r.addr != nil)
	if err := c.bridgeApply(br, l); err != nil {
		c.p.lab.removeDevice(br.Dev)
		return nil, err
	}
	return br.Dev, nil
}

func setBridge(c *ipCmd, d *core.Device, a *args) error {
	l, err := c.bridgeParse(a)
	if err != nil {
		return err
	}
	br := device.BridgeOf(d)
	if br == nil {
		if len(l) == 0 {
			return nil
		}
		return answer(step.EOPNOTSUPP)
	}
	return c.bridgeApply(br, l)
}

// bridgeID is a bridge's identifier as ip prints it: 8000.2:0:0:0:0:81.
func bridgeID(id device.BridgeID) string {
	m := id.Addr()
	s := fmt.Sprintf("%04x.", id.Priority())
	for i := 40; i >= 0; i -= 8 {
		s += strconv.FormatUint(uint64(m)>>i&255, 16)
		if i > 0 {
			s += ":"
		}
	}
	return s
}

// A fixed is a number with two decimals in JSON.
type fixed sim.Time

func (f fixed) String() string { return fmt.Sprintf("%.2f", float64(f)/float64(sim.Second)) }

// jsonName is what an option is called in JSON, where that differs.
var jsonName = map[string]string{"mcast_last_member_count": "mcast_last_member_cnt", "mcast_startup_query_count": "mcast_startup_query_cnt",
	"mcast_last_member_interval": "mcast_last_member_intvl", "mcast_membership_interval": "mcast_membership_intvl", "mcast_querier_interval": "mcast_querier_intvl",
	"mcast_query_interval": "mcast_query_intvl", "mcast_query_response_interval": "mcast_query_response_intvl", "mcast_startup_query_interval": "mcast_startup_query_intvl"}

// bridgeDetail is what ip -d link shows of a bridge (bridge_print_opt).
func bridgeDetail(c *ipCmd, d *core.Device) (string, object) {
	br := device.BridgeOf(d)
	st := c.p.lab.dev(d)
	var b strings.Builder
	var o object
	for i := range bridgeOpts {
		opt := &bridgeOpts[i]
		v := opt.init
		if opt.get != nil {
			v = opt.get(br)
		} else if x, ok := st.opts[opt.name]; ok {
			v = x
		}
		switch {
		case opt.name == "vlan_default_pvid", strings.HasPrefix(opt.name, "vlan_stats"):
			continue
		case opt.name == "group_fwd_mask":
			text := "0"
			if br.GroupFwdMask != 0 {
				text = fmt.Sprintf("%#x", br.GroupFwdMask)
			}
			fmt.Fprintf(&b, "group_fwd_mask %s group_address %s ", text, br.GroupAddr)
			o = append(o, member{"group_fwd_mask", text}, member{"group_addr", br.GroupAddr.String()})
			continue
		}
		fmt.Fprintf(&b, "%s %d ", opt.name, v)
		key := opt.name
		if n := jsonName[key]; n != "" {
			key = n
		}
		o.add(key, v)
		if opt.name == "vlan_filtering" {
			if br.Vlans(nil) != nil {
				proto := map[bool]string{true: "802.1ad", false: "802.1Q"}[br.VlanProto == uint16(wire.EtherTypeQinQ)]
				fmt.Fprintf(&b, "vlan_protocol %s ", proto)
				o.add("vlan_protocol", proto)
			}
			id, t := bridgeID(br.ID()), br.Tree()
			root, gc := id, br.GCIn() // iproute2 prints the bridge's own identifier in both places
			hello, tcn, change := t.Timers()
			fmt.Fprintf(&b, "bridge_id %s designated_root %s root_port %d root_path_cost %d topology_change %d topology_change_detected %d ", id, root, t.RootPort, t.RootCost, boolBit(t.Changing), boolBit(t.Detected))
			fmt.Fprintf(&b, "hello_timer %7s tcn_timer %7s topology_change_timer %7s gc_timer %7s ", fixed(hello), fixed(tcn), fixed(change), fixed(gc))
			o = append(o, member{"bridge_id", id}, member{"root_id", root}, member{"root_port", t.RootPort}, member{"root_path_cost", t.RootCost}, member{"topology_change", boolBit(t.Changing)}, member{"topology_change_detected", boolBit(t.Detected)},
				member{"hello_timer", fixed(hello)}, member{"tcn_timer", fixed(tcn)}, member{"topology_change_timer", fixed(change)}, member{"gc_timer", fixed(gc)})
			if br.Vlans(nil) != nil {
				fmt.Fprintf(&b, "vlan_default_pvid %d vlan_stats_enabled 0 vlan_stats_per_port 0 ", br.DefaultPVID)
				o = append(o, member{"vlan_default_pvid", int(br.DefaultPVID)}, member{"vlan_stats_enabled", 0}, member{"vlan_stats_per_port", 0})
			}
		}
	}
	return b.String(), o
}
