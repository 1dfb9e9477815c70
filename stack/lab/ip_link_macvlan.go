package lab

import (
	_ "embed"
	"fmt"
	"strconv"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/step"
)

// macvlanUsage is what iproute2 6.1 prints.
//
//go:embed macvlan_help.txt
var macvlanUsage string

// macvlanModes are the words of a mode, in the order of their bits.
var macvlanModes = [...]string{"private", "vepa", "bridge", "passthru"}

// A macvlanReq is what ip link add type macvlan is asked for.
type macvlanReq struct {
	mode      device.MacvlanMode
	modeGiven bool
	noPromisc bool
	flagGiven bool
	queue     int // -1: not given
}

// macvlanParse is macvlan_parse_opt of iproute2.
func macvlanParse(a *args) (*macvlanReq, error) {
	r := &macvlanReq{mode: device.MacvlanVEPA, queue: -1}
	for a.more() {
		switch k := a.next(); {
		case begins(k, "mode"):
			v, err := need(a)
			if err != nil {
				return nil, err
			}
			if r.mode = 0; v == "source" {
				return nil, other("not modelled: ip link type macvlan mode source")
			}
			for i, s := range macvlanModes {
				if s == v {
					r.mode = 1 << i
				}
			}
			if r.mode == 0 {
				return nil, ipError{"Error: argument of \"mode\" must be \"private\", \"vepa\", \"bridge\", \"passthru\" or \"source\", not \"" + v + "\"\n", 1}
			}
			r.modeGiven = true
		case begins(k, "flag"):
			v, err := need(a)
			if err != nil {
				return nil, err
			}
			switch r.flagGiven = true; v {
			case "nopromisc":
				r.noPromisc = true
			case "null":
				r.noPromisc = false
			case "nodst":
				return nil, other("not modelled: ip link type macvlan flag nodst")
			default:
				return nil, ipError{"Error: argument of \"flag\" must be \"nopromisc\", \"nodst\" or \"null\", not \"" + v + "\"\n", 1}
			}
		case begins(k, "bcqueuelen"):
			v, err := need(a)
			if err != nil {
				return nil, err
			}
			n, e := strconv.ParseUint(v, 0, 32)
			if e != nil {
				return nil, ipError{"Error: argument of \"bcqueuelen\" must be a positive integer [0-4294967295], not \"" + v + "\"\n", 1}
			}
			r.queue = int(n)
		case begins(k, "macaddr"):
			return nil, other("not modelled: ip link type macvlan macaddr")
		case begins(k, "help"):
			return nil, ipError{macvlanUsage, 1}
		default:
			return nil, ipError{"macvlan: unknown option \"" + k + "\"?\n" + macvlanUsage, 1}
		}
	}
	if r.noPromisc && r.mode != device.MacvlanPassthru {
		return nil, ipError{"macvlan: nopromisc flag only valid in passthru mode\n" + macvlanUsage, 1}
	}
	return r, nil
}

func addMacvlan(c *ipCmd, r *linkReq, h *stack.Host, a *args) (*core.Device, error) {
	q, err := macvlanParse(a)
	if err != nil {
		return nil, err
	}
	if r.lower == "" {
		return nil, answer(step.EINVAL)
	}
	lower := c.devNamed(r.lower)
	if lower == nil {
		return nil, other("Cannot find device \"%s\"", r.lower)
	}
	if err := c.linkCheck(r, h); err != nil {
		return nil, err
	}
	if e := device.CanMacvlan(lower, q.mode); e != 0 {
		return nil, answer(e)
	}
	if r.mtu > lower.MTU {
		return nil, answer(step.EINVAL)
	}
	m := device.NewMacvlan(h.NS, lower, r.name, r.index, q.mode)
	m.NoPromisc = q.noPromisc
	if q.queue >= 0 {
		m.BcQueueLen = q.queue
	}
	if q.mode != device.MacvlanPassthru {
		m.Dev.Addr = c.p.lab.macOr(r.addr)
	}
	return m.Dev, nil
}

// setMacvlan is macvlan_changelink: into passthru or out of it no way leads.
func setMacvlan(c *ipCmd, d *core.Device, a *args) error {
	q, err := macvlanParse(a)
	if err != nil {
		return err
	}
	m := device.MacvlanOf(d)
	if m == nil {
		return answer(step.EOPNOTSUPP)
	}
	if q.modeGiven {
		if (q.mode == device.MacvlanPassthru) != (m.Mode == device.MacvlanPassthru) {
			return answer(step.EINVAL)
		}
		m.Mode = q.mode
	}
	if q.flagGiven {
		m.NoPromisc = q.noPromisc
		device.RxFlagsChanged(d)
	}
	if q.queue >= 0 {
		m.BcQueueLen = q.queue
	}
	return nil
}

// macvlanDetail is what ip -d link shows of a macvlan (macvlan_print_opt).
func macvlanDetail(_ *ipCmd, d *core.Device) (string, object) {
	m := device.MacvlanOf(d)
	mode := ""
	for i, s := range macvlanModes {
		if m.Mode == 1<<i {
			mode = s
		}
	}
	text, o := "mode "+mode+" ", object{{"mode", mode}}
	if m.NoPromisc {
		text += "nopromisc "
		o.add("flags", []any{"nopromisc"})
	}
	used := m.Port.QueueLen()
	text += fmt.Sprintf("bcqueuelen %d usedbcqueuelen %d ", m.BcQueueLen, used)
	return text, append(o, member{"bcqueuelen", m.BcQueueLen}, member{"usedbcqueuelen", used})
}
