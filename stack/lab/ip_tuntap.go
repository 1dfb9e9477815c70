package lab

import (
	"strconv"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
)

const tuntapUsage = `Usage: ip tuntap { add | del | show | list | lst | help } [ dev PHYS_DEV ]
       [ mode { tun | tap } ] [ user USER ] [ group GROUP ]
       [ one_queue ] [ pi ] [ vnet_hdr ] [ multi_queue ] [ name NAME ]

Where: USER  := { STRING | NUMBER }
       GROUP := { STRING | NUMBER }
`

// A tuntapReq is what ip tuntap is asked for.
type tuntapReq struct {
	name, mode  string
	flags       []string // one_queue, vnet_hdr, multi_queue; not pi
	pi          bool
	user, group int // -1: none
}

// tuntap is ip tuntap: devices that stay though no program holds them.
func (c *ipCmd) tuntap(a *args) error {
	if !a.more() {
		return c.tuntapShow("")
	}
	switch s := a.next(); {
	case begins(s, "add"):
		return c.tuntapAdd(a)
	case begins(s, "delete"):
		return c.tuntapDel(a)
	case begins(s, "show"), begins(s, "lst"), begins(s, "list"):
		r, err := tuntapParse(a)
		if err != nil {
			return err
		}
		return c.tuntapShow(r.mode)
	case begins(s, "help"):
		return ipError{tuntapUsage, 255}
	default:
		return bad("Command \"%s\" is unknown, try \"ip tuntap help\".", s)
	}
}

// tuntapParse is parse_args of iptuntap.c.
func tuntapParse(a *args) (*tuntapReq, error) {
	r := &tuntapReq{user: -1, group: -1}
	for a.more() {
		w := a.next()
		value := func() (string, error) { return need(a) }
		var err error
		switch w {
		case "mode":
			if r.mode, err = value(); err == nil && r.mode != "tun" && r.mode != "tap" {
				return nil, bad("Unknown tunnel mode \"%s\"", r.mode)
			}
		case "user", "group":
			var v string
			if v, err = value(); err != nil {
				return nil, err
			}
			n, e := strconv.Atoi(v)
			if v == "root" {
				n, e = 0, nil
			}
			if e != nil {
				return nil, bad("invalid %s \"%s\"", w, v)
			}
			if w == "user" {
				r.user = n
			} else {
				r.group = n
			}
		case "pi":
			r.pi = true
		case "one_queue", "vnet_hdr", "multi_queue":
			r.flags = append(r.flags, w)
		case "dev", "name":
			r.name, err = value()
		default:
			if r.name != "" {
				return nil, bad("Error: either \"name\" is duplicate, or \"%s\" is a garbage.", w)
			}
			r.name = w
		}
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// tuntapMode refuses what is no tun device.
func (r *tuntapReq) tuntapMode() error {
	switch r.mode {
	case "":
		return other("You failed to specify a tunnel mode")
	case "tap":
		return other("not modelled: ip tuntap mode tap")
	}
	return nil
}

// tuntapAdd is TUNSETIFF and TUNSETPERSIST: the program that made it is gone.
func (c *ipCmd) tuntapAdd(a *args) error {
	r, err := tuntapParse(a)
	if err == nil {
		err = r.tuntapMode()
	}
	if err != nil {
		return err
	}
	h := c.p.host
	if r.name == "" {
		r.name = c.p.lab.freeName(h, "tun")
	}
	switch {
	case badName(r.name):
		return other("ioctl(TUNSETIFF): Invalid argument")
	case h.NS.DevByName(r.name) != nil:
		return other("ioctl(TUNSETIFF): Device or resource busy")
	}
	t := device.NewTun(h.NS, r.name, 0)
	t.Release()
	t.Dev.Flags &^= core.IFFRunning
	c.p.lab.dev(t.Dev).tun = r
	c.p.grow(1 << 14)
	return nil
}

// tuntapDel takes a device away; one that is not there is made first, and goes.
func (c *ipCmd) tuntapDel(a *args) error {
	r, err := tuntapParse(a)
	if err == nil {
		err = r.tuntapMode()
	}
	if err != nil {
		return err
	}
	d := c.p.host.NS.DevByName(r.name)
	if d == nil {
		return nil
	}
	if device.TunOf(d) == nil {
		return other("ioctl(TUNSETIFF): Invalid argument")
	}
	c.p.host.RemoveDevice(d)
	return nil
}

// tuntapShow is ip tuntap show.
func (c *ipCmd) tuntapShow(string) error {
	for _, d := range c.p.host.NS.Devices {
		if d == nil || device.TunOf(d) == nil {
			continue
		}
		r := c.p.lab.dev(d).tun
		if r == nil { // a program holds it
			r = &tuntapReq{flags: []string{"vnet_hdr"}, user: -1, group: -1}
		}
		words := []string{"tun"}
		if r.pi {
			words = append(words, "pi")
		}
		words = append(words, r.flags...)
		if !device.TunOf(d).Held {
			words = append(words, "persist")
		}
		if r.user >= 0 || r.group >= 0 {
			words = append(words, "filter")
		}
		text := d.Name + ":"
		for _, w := range words {
			text += " " + w
		}
		o := object{{"ifname", d.Name}, {"flags", anyList(words)}}
		if r.user >= 0 {
			text += " user " + strconv.Itoa(r.user)
			o.add("user", r.user)
		}
		if r.group >= 0 {
			text += " group " + strconv.Itoa(r.group)
			o.add("group", r.group)
		}
		if c.details {
			text += "\n\tAttached to processes:"
		}
		c.print(text+"\n", o)
	}
	return nil
}

// tunDetail is what ip -d link shows of a tun device.
func tunDetail(c *ipCmd, d *core.Device) (string, object) {
	r := c.p.lab.dev(d).tun
	hdr, pi, persist, user := "on", "off", "off", ""
	if r != nil {
		hdr = "off"
		for _, f := range r.flags {
			if f == "vnet_hdr" {
				hdr = "on"
			}
		}
		if r.pi {
			pi = "on"
		}
		persist = "on"
		if r.user >= 0 {
			user = map[bool]string{true: " user root", false: " user " + strconv.Itoa(r.user)}[r.user == 0]
		}
	}
	return "type tun pi " + pi + " vnet_hdr " + hdr + " persist " + persist + user + " ", object{{"type", "tun"}, {"pi", pi == "on"}, {"vnet_hdr", hdr == "on"}, {"persist", persist == "on"}}
}
