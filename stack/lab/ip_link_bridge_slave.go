package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/step"
)

// portStates are the words of a port's state (BR_STATE_*).
var portStates = [...]string{"disabled", "listening", "learning", "forwarding", "blocking"}

// A portFlag is an option of a port that is on or off. bit 0: not modelled,
// always off.
type portFlag struct {
	name string
	bit  uint32
}

// portFlags are the names by which ip link and bridge link set them.
var portFlags = []portFlag{{"hairpin", device.BridgeHairpin}, {"guard", device.BridgeGuard}, {"root_block", device.BridgeRootBlock}, {"fastleave", device.BridgeFastLeave},
	{"mcast_fast_leave", device.BridgeFastLeave}, {"learning", device.BridgeLearn}, {"flood", device.BridgeFlood}, {"mcast_flood", device.BridgeMcastFlood},
	{"bcast_flood", device.BridgeBcastFlood}, {"isolated", device.BridgeIsolated}, {"locked", device.BridgeLocked}, {"proxy_arp", 0}, {"proxy_arp_wifi", 0}, {"mcast_to_unicast", 0},
	{"neigh_suppress", 0}, {"vlan_tunnel", 0}}

// A portReq is what is asked for of a port.
type portReq struct {
	on, off uint32
	refused string
	state   int // -1: not given, like the others
	cost    int64
	prio    int64
	router  int
	mask    int
	flush   bool
}

// portWord takes a keyword; false says that it is none. fail is the status that
// the tool ends with.
func portWord(r *portReq, k string, a *args, fail int) (bool, error) {
	for _, f := range portFlags {
		if f.name != k {
			continue
		}
		v, err := need(a)
		if err != nil {
			return true, err
		}
		switch {
		case v != "on" && v != "off":
			return true, ipError{fmt.Sprintf("Error: argument of \"%s\" must be one of \"off\", \"on\", not \"%s\"", k, v), fail}
		case f.bit == 0 && v == "on":
			r.refused = k + " on"
		case v == "on":
			r.on, r.off = r.on|f.bit, r.off&^f.bit
		default:
			r.on, r.off = r.on&^f.bit, r.off|f.bit
		}
		return true, nil
	}
	number := func(bits int) (int64, error) {
		v, err := need(a)
		if err != nil {
			return 0, err
		}
		n, e := strconv.ParseUint(v, 0, bits)
		if e != nil {
			return 0, invarg("invalid "+k, v)
		}
		return int64(n), nil
	}
	var err error
	n := int64(0)
	switch k {
	case "fdb_flush":
		r.flush = true
	case "state":
		for i, w := range portStates {
			if a.peek() == w {
				a.next()
				r.state = i
				return true, nil
			}
		}
		n, err = number(8)
		r.state = int(n)
	case "cost":
		r.cost, err = number(32)
	case "priority":
		r.prio, err = number(16)
	case "mcast_router":
		n, err = number(8)
		r.router = int(n)
	case "group_fwd_mask":
		n, err = number(16)
		r.mask = int(n)
	case "backup_port":
		r.refused = "backup_port"
		a.next()
	case "nobackup_port":
	default:
		return false, nil
	}
	return true, err
}

func newPortReq() *portReq { return &portReq{state: -1, cost: -1, prio: -1, router: -1, mask: -1} }

// apply is br_setport.
func (r *portReq) apply(p *device.BridgePort) error {
	if r.refused != "" {
		return other("not modelled: %s of a bridge port", r.refused)
	}
	p.Flags = p.Flags&^r.off | r.on
	if r.cost >= 0 {
		if err := p.SetCost(uint32(r.cost)); err != 0 {
			return answer(err)
		}
	}
	if r.prio >= 0 {
		if err := p.SetPriority(uint16(r.prio)); err != 0 {
			return answer(err)
		}
	}
	if r.state >= 0 {
		if err := p.SetState(device.BridgePortState(min(r.state, 255))); err != 0 {
			return answer(err)
		}
	}
	if r.flush {
		p.Br.FDBFlush(p)
	}
	if r.router >= 0 {
		if r.router > 3 {
			return answer(step.EINVAL)
		}
		p.McastRouter = uint8(r.router)
	}
	if r.mask >= 0 {
		if r.mask&1 != 0 {
			return answer(step.EINVAL)
		}
		p.GroupFwdMask = uint16(r.mask)
	}
	return nil
}

func setBridgeSlave(_ *ipCmd, d *core.Device, a *args) error {
	r := newPortReq()
	for a.more() {
		k := a.next()
		if k == "help" {
			return ipError{bridgeSlaveUsage, 1}
		}
		ok, err := portWord(r, k, a, 1)
		if err != nil {
			return err
		}
		if !ok {
			return ipError{"bridge_slave: unknown option \"" + k + "\"?\n" + bridgeSlaveUsage, 1}
		}
	}
	p := device.PortOf(d)
	if p == nil {
		return answer(step.EOPNOTSUPP)
	}
	if err := r.apply(p); err != nil {
		return err
	}
	device.LinkChanged(p.Dev) // do_setlink ends with netdev_state_change: a disabled port with a carrier begins again
	return nil
}

// bridgeSlaveDetail is what ip -d link shows of a port
// (bridge_slave_print_opt).
func bridgeSlaveDetail(c *ipCmd, d *core.Device) (string, object) {
	p := device.PortOf(d)
	var b strings.Builder
	var o object
	word := func(text, key string, bit uint32) {
		on := p.Flags&bit != 0
		fmt.Fprintf(&b, "%s %s ", text, onOffWord(on))
		if key != "" {
			o.add(key, on)
		}
	}
	fmt.Fprintf(&b, "state %s priority %d cost %d ", portStates[p.State], p.Priority, p.Cost)
	o = append(o, member{"state", portStates[p.State]}, member{"priority", int(p.Priority)}, member{"cost", p.Cost})
	word("hairpin", "hairpin", device.BridgeHairpin)
	word("guard", "guard", device.BridgeGuard)
	word("root_block", "root_block", device.BridgeRootBlock)
	word("fastleave", "fastleave", device.BridgeFastLeave)
	word("learning", "learning", device.BridgeLearn)
	word("flood", "flood", device.BridgeFlood)
	id, t := p.PortID(), p.Tree()
	bridge, root := bridgeID(t.Bridge), bridgeID(t.Root)
	hold, age := t.Timers()
	delay := max(0, p.Delay-c.p.lab.now())
	fmt.Fprintf(&b, "port_id %#x port_no %#x designated_port %d designated_cost %d designated_bridge %s designated_root %s ", id, p.No, t.Port, t.RootCost, bridge, root)
	fmt.Fprintf(&b, "hold_timer %7s message_age_timer %7s forward_delay_timer %7s topology_change_ack %d config_pending %d proxy_arp off proxy_arp_wifi off mcast_router %d ", fixed(hold), fixed(age), fixed(delay), boolBit(t.Ack), boolBit(t.Pending), p.McastRouter)
	o = append(o, member{"id", fmt.Sprintf("%#x", id)}, member{"no", fmt.Sprintf("%#x", p.No)}, member{"designated_port", int(t.Port)}, member{"designated_cost", t.RootCost}, member{"bridge_id", bridge}, member{"root_id", root},
		member{"hold_timer", fixed(hold)}, member{"message_age_timer", fixed(age)}, member{"forward_delay_timer", fixed(delay)}, member{"topology_change_ack", boolBit(t.Ack)}, member{"config_pending", boolBit(t.Pending)},
		member{"proxy_arp", false}, member{"proxy_arp_wifi", false}, member{"multicast_router", int(p.McastRouter)})
	word("mcast_fast_leave", "", device.BridgeFastLeave)
	word("mcast_flood", "mcast_flood", device.BridgeMcastFlood)
	word("bcast_flood", "bcast_flood", device.BridgeBcastFlood)
	word("mcast_to_unicast", "mcast_to_unicast", 0)
	word("neigh_suppress", "neigh_suppress", 0)
	mask, str := "0", "0x0"
	if p.GroupFwdMask != 0 {
		mask = fmt.Sprintf("%#x", p.GroupFwdMask)
		str = mask
	}
	fmt.Fprintf(&b, "group_fwd_mask %s group_fwd_mask_str %s ", mask, str)
	o = append(o, member{"group_fwd_mask", mask}, member{"group_fwd_mask_str", str})
	word("vlan_tunnel", "vlan_tunnel", 0)
	word("isolated", "isolated", device.BridgeIsolated)
	word("locked", "locked", device.BridgeLocked)
	return b.String(), o
}

func onOffWord(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
