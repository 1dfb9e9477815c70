package lab

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// peerOf is the other end of a pair, nil if there is none here.
func peerOf(d *core.Device) *core.Device {
	if v, ok := d.Ops.(*device.Veth); ok && v.Peer != nil {
		return v.Peer.Dev
	}
	return nil
}

// linkParent is what a device hangs on (IFLA_LINK): the other end of a pair, or
// the device below; nil if there is none.
func linkParent(d *core.Device) *core.Device {
	p := peerOf(d)
	if p == nil {
		p = d.Lower
	}
	if p == nil || p.NS == nil {
		return nil
	}
	return p
}

// linkIndex is IFLA_LINK: the ifindex of what a device hangs on.
func linkIndex(d *core.Device) int {
	if p := linkParent(d); p != nil {
		return p.Index
	}
	return d.Index
}

// operState is the word behind "state".
func operState(d *core.Device) string {
	switch {
	case !d.Up():
		return "DOWN"
	case device.MacvlanOf(d) != nil && d.Flags&core.IFFRunning == 0:
		if p := d.NS.DevByIndex(d.Lower.Index); p == nil || p.Flags&core.IFFRunning != 0 {
			return "DOWN" // what it hangs on is not seen from here
		}
		return "LOWERLAYERDOWN"
	case d.Flags&core.IFFRunning == 0 && (d.Lower != nil || d.LowerDown):
		if p := linkParent(d); p != nil && device.Kind(d) == "veth" {
			if x := d.NS.DevByIndex(p.Index); x == nil || x.Flags&core.IFFRunning != 0 {
				return "DOWN" // default_operstate looks for the other end here, by its number
			}
		}
		return "LOWERLAYERDOWN"
	case d.Flags&core.IFFRunning == 0:
		return "DOWN"
	case d.Flags&core.IFFLoopback != 0, isDummy(d), isIfb(d), device.VxlanOf(d) != nil, (device.BridgeOf(d) != nil || device.TunOf(d) != nil) && d.CarrierChanges == 0:
		return "UNKNOWN" // its carrier has never changed
	}
	return "UP"
}

func isDummy(d *core.Device) bool { _, ok := d.Ops.(device.Dummy); return ok }

func isIfb(d *core.Device) bool { _, ok := d.Ops.(*device.Ifb); return ok }

// linkFlags are the words between < and >.
func linkFlags(d *core.Device) []string {
	var f []string
	if d.Up() && d.Flags&core.IFFRunning == 0 {
		f = append(f, "NO-CARRIER")
	}
	for _, x := range [...]struct {
		bit  uint16
		name string
	}{{core.IFFLoopback, "LOOPBACK"}, {core.IFFBroadcast, "BROADCAST"}, {core.IFFPointToPoint, "POINTOPOINT"}, {core.IFFMulticast, "MULTICAST"},
		{core.IFFNoARP, "NOARP"}, {core.IFFAllMulti, "ALLMULTI"}, {core.IFFPromisc, "PROMISC"}, {core.IFFUp, "UP"}} {
		if d.Flags&x.bit != 0 {
			f = append(f, x.name)
		}
	}
	if d.Up() && d.CarrierOK() {
		f = append(f, "LOWER_UP")
	}
	if p := linkParent(d); p != nil && p.NS == d.NS && !p.Up() {
		f = append(f, "M-DOWN")
	}
	return f
}

// anyList makes a list that the JSON writer takes.
func anyList(l []string) []any {
	out := make([]any, 0, len(l))
	for _, s := range l {
		out = append(out, s)
	}
	return out
}

// sysFlags is the file flags of /sys: IFF_* as numbers.
func sysFlags(d *core.Device) int {
	n := 0
	for _, x := range [...]struct {
		bit uint16
		v   int
	}{{core.IFFUp, 1}, {core.IFFBroadcast, 2}, {core.IFFLoopback, 8}, {core.IFFPointToPoint, 0x10}, {core.IFFNoARP, 0x80}, {core.IFFPromisc, 0x100},
		{core.IFFAllMulti, 0x200}, {core.IFFMulticast, 0x1000}} {
		if d.Flags&x.bit != 0 {
			n |= x.v
		}
	}
	if d.Promiscuity > 0 {
		n |= 0x100
	}
	if d.AllMulti > 0 {
		n |= 0x200
	}
	return n
}

func qdiscName(d *core.Device) string {
	switch {
	case !d.EverUp && tcByItself(d):
		return "noop"
	case d.Qdisc == nil:
		return "noqueue"
	}
	return d.Qdisc.Name()
}

// kind is the word behind "type".
func (c *ipCmd) kind(d *core.Device) string {
	if k := device.Kind(d); k != "" {
		return k
	}
	return c.p.lab.dev(d).kind
}

// slaveKind is the kind of what a device is a port of, "" if of nothing.
func slaveKind(d *core.Device) string {
	if device.PortOf(d) != nil {
		return "bridge"
	}
	return ""
}

// link is ip link.
func (c *ipCmd) link(a *args) error {
	if !a.more() {
		return c.linkShow(a)
	}
	s := a.next()
	if strings.HasPrefix("help", s) && s != "" {
		return c.linkHelp(a)
	}
	switch s {
	case "property":
		return c.linkProperty(a)
	case "xstats":
		if !a.more() {
			return other("xstats: missing argument")
		}
		return other("not modelled: ip link xstats")
	case "afstats":
		return nil // MPLS has none
	}
	switch v := verb(s, "add", "set", "change", "replace", "delete", "show", "lst", "list"); v {
	case "add":
		return c.linkAdd(a)
	case "set", "change":
		return c.linkSet(a)
	case "delete":
		return c.linkDel(a)
	case "show", "lst", "list":
		return c.linkShow(a)
	case "replace":
		return other("not modelled: ip link replace")
	}
	return bad("Command \"%s\" is unknown, try \"ip link help\".", s)
}

// linkHelp is ip link help [TYPE].
func (c *ipCmd) linkHelp(a *args) error {
	if !a.more() {
		return usageOf("link")
	}
	if t := linkTypes[a.peek()]; t != nil && t.usage != "" {
		return ipError{t.usage, 255}
	}
	return other("not modelled: ip link help %s", a.next())
}

// devNamed finds a device by its name or one of its other names.
func (c *ipCmd) devNamed(name string) *core.Device {
	if d := c.p.linkByName(name); d != nil {
		return d
	}
	for _, d := range c.p.host.NS.Devices {
		if d == nil {
			continue
		}
		for _, s := range c.p.lab.dev(d).alts {
			if s == name {
				return d
			}
		}
	}
	return nil
}

// linkProperty is ip link property: other names for a device.
func (c *ipCmd) linkProperty(a *args) error {
	v := a.next()
	if v != "add" && v != "del" {
		return other("Operator required")
	}
	name := ""
	var names []string
	for a.more() {
		switch s := a.next(); s {
		case "dev":
			name = a.next()
		case "altname":
			w, err := need(a)
			if err != nil {
				return err
			}
			names = append(names, w)
		default:
			if name != "" {
				return bad("Error: either \"dev\" is duplicate, or \"%s\" is a garbage.", s)
			}
			name = s
		}
	}
	if name == "" {
		return bad("Not enough information: \"dev\" argument is required.")
	}
	d, err := c.dev(name)
	if err != nil {
		return err
	}
	st := c.p.lab.dev(d)
	for _, s := range names {
		i := -1
		for k, x := range st.alts {
			if x == s {
				i = k
			}
		}
		switch {
		case v == "add" && c.devNamed(s) != nil:
			return answer(17)
		case v == "add":
			st.alts = append(st.alts, s)
		case i < 0:
			return answer(2)
		default:
			st.alts = append(st.alts[:i], st.alts[i+1:]...)
		}
	}
	return nil
}

// randomMAC is eth_random_addr.
func (l *Lab) randomMAC() wire.MAC {
	v := l.World.Rand.Uint64() & 0xffffffffffff
	return wire.MAC(v&^(1<<40) | 2<<40)
}

func badName(s string) bool {
	return s == "" || len(s) > 15 || s == "." || s == ".." || strings.ContainsAny(s, "/ :\t\n")
}
