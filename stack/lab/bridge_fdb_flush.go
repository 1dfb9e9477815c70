package lab

import (
	"strconv"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/step"
)

// fdbBits are the words of bridge fdb flush that choose entries, each with its flags; a
// word with "no" in front of it asks that they be off.
var fdbBits = []struct {
	word string
	set  device.FDBFlags // that must be on
	mask device.FDBFlags // of these
}{
	{"permanent", device.FDBLocal, device.FDBLocal}, {"static", device.FDBStatic, device.FDBStatic | device.FDBLocal}, {"dynamic", 0, device.FDBStatic | device.FDBLocal},
	{"added_by_user", device.FDBByUser, device.FDBByUser}, {"extern_learn", device.FDBExtLearn, device.FDBExtLearn}, {"sticky", device.FDBSticky, device.FDBSticky},
	{"nopermanent", 0, device.FDBLocal}, {"nostatic", 0, device.FDBStatic}, {"nodynamic", device.FDBStatic, device.FDBStatic},
	{"noadded_by_user", 0, device.FDBByUser}, {"noextern_learn", 0, device.FDBExtLearn}, {"nosticky", 0, device.FDBSticky}, {"nooffloaded", 0, 0},
}

// fdbFlush is bridge fdb flush (fdb_flush of iproute2, rtnl_fdb_del with NLM_F_BULK).
func (c *ipCmd) fdbFlush(a *args) error {
	var dev, port *core.Device
	var set, mask device.FDBFlags
	vid, self, master := 0, false, false
next:
	for a.more() {
		s := a.next()
		switch s {
		case "dev", "brport":
			v, err := need(a)
			if err != nil {
				return err
			}
			d := c.devNamed(v)
			if d == nil {
				return sad("Cannot find device \"%s\"", v)
			}
			if s == "dev" {
				dev = d
			} else {
				port = d
			}
			continue
		case "vlan":
			v := a.next()
			n, err := strconv.Atoi(v)
			if err != nil || n < 0 || n > 65535 {
				return sad("Error: argument \"%s\" is wrong: \"invalid vlan id\"\n", v)
			}
			if vid = n; n >= 4096 {
				return sad("Error: argument \"%s\" is wrong: invalid vlan", v)
			}
			continue
		case "self":
			self = true
			continue
		case "master":
			master = true
			continue
		case "offloaded":
			mask |= device.FDBOffloaded
			set |= device.FDBOffloaded
			continue
		}
		for _, w := range fdbBits {
			if w.word == s {
				set, mask = set&^w.mask|w.set, mask|w.mask
				continue next
			}
		}
		if begins(s, "help") {
			return ipError{bridgeUsageOf("bridge fdb"), 255}
		} // the tool passes over what it does not know
	}
	if dev == nil {
		return sad("Device is a required argument.")
	}
	if !self && !master {
		self = true
	}
	br, p := device.BridgeOf(dev), device.PortOf(dev)
	switch {
	case master && p != nil:
		br = p.Br
	case self && device.VxlanOf(dev) != nil:
		return other("not modelled: bridge fdb flush of a VXLAN device")
	case !self || br == nil:
		return asBridge(answer(step.EOPNOTSUPP))
	default:
		p = nil
	}
	if port != nil {
		if p = device.PortOf(port); p == nil && port != br.Dev || p != nil && p.Br != br {
			return asBridge(kernelSays("bridge: Flush port device is not a bridge port."))
		}
	}
	br.FDBFlushBy(p, port != nil && p == nil, uint16(vid), set, mask)
	return nil
}
