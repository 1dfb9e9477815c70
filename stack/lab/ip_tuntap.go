package lab

import (
	"strconv"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/step"
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
			names := groups
			if w == "user" {
				names = users
			}
			n, ok := account(names, v)
			if !ok {
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

// tuntapMode is the kind that the request is about.
func (r *tuntapReq) tuntapMode() (uint16, error) {
	flags := uint16(device.TunNoPI)
	if r.pi {
		flags = 0
	}
	for _, f := range r.flags {
		flags |= map[string]uint16{"one_queue": device.TunOneQueue, "vnet_hdr": device.TunVnetHdr, "multi_queue": device.TunMultiQueue}[f]
	}
	switch r.mode {
	case "":
		return 0, other("You failed to specify a tunnel mode")
	case "tap":
		return flags | device.TapIff, nil
	}
	return flags | device.TunIff, nil
}

// tunOpen is open of /dev/net/tun and TUNSETIFF; name "" takes the next free one.
func (p *Proc) tunOpen(name string, flags uint16) (*device.TunFile, core.Errno) {
	h := p.host
	if name == "" {
		name = p.lab.freeName(h, map[bool]string{true: "tap", false: "tun"}[flags&device.TapIff != 0])
	}
	if badName(name) {
		return nil, step.EINVAL
	}
	f := device.OpenTun(h.NS)
	if e := f.SetIff(name, 0, flags, h, p.lab.randomMAC()); e != 0 {
		return nil, e
	}
	p.grow(1 << 14)
	return f, 0
}

// tuntapAdd is TUNSETIFF and TUNSETPERSIST: the program that made it is gone.
func (c *ipCmd) tuntapAdd(a *args) error {
	r, err := tuntapParse(a)
	if err != nil {
		return err
	}
	flags, err := r.tuntapMode()
	if err != nil {
		return err
	}
	f, e := c.p.tunOpen(r.name, flags|device.TunExcl)
	if e != 0 {
		return other("ioctl(TUNSETIFF): %s", errnoWords(e))
	}
	t := device.TunOf(f.Device())
	t.User, t.Group = r.user, r.group
	f.SetPersist(true)
	f.Close()
	return nil
}

// tuntapDel takes a device away; one that is not there is made first, and goes.
func (c *ipCmd) tuntapDel(a *args) error {
	r, err := tuntapParse(a)
	if err != nil {
		return err
	}
	flags, err := r.tuntapMode()
	if err != nil {
		return err
	}
	f, e := c.p.tunOpen(r.name, flags)
	if e != 0 {
		return other("ioctl(TUNSETIFF): %s", errnoWords(e))
	}
	f.SetPersist(false)
	f.Close()
	return nil
}

// tunWords are the words for a device's flags (print_flags of iptuntap.c).
func tunWords(t *device.Tun) (words []string) {
	for _, f := range [...]struct {
		is   bool
		word string
	}{{!t.Tap(), "tun"}, {t.Tap(), "tap"}, {t.Flags&device.TunNoPI == 0, "pi"}, {t.Flags&device.TunOneQueue != 0, "one_queue"}, {t.Flags&device.TunMultiQueue != 0, "multi_queue"},
		{t.Flags&device.TunVnetHdr != 0, "vnet_hdr"}, {t.Persist, "persist"}, {t.Flags&device.TunNoPI == 0, "filter"}} { // IFF_NOFILTER is IFF_NO_PI
		if f.is {
			words = append(words, f.word)
		}
	}
	return words
}

// tuntapShow is ip tuntap show.
func (c *ipCmd) tuntapShow(string) error {
	for _, d := range c.p.host.NS.Devices {
		t := device.TunOf(d)
		if t == nil {
			continue
		}
		words := tunWords(t)
		text := d.Name + ":"
		for _, w := range words {
			text += " " + w
		}
		o := object{{"ifname", d.Name}, {"flags", anyList(words)}}
		if t.User >= 0 {
			text += " user " + strconv.Itoa(t.User)
			o.add("user", t.User)
		}
		if t.Group >= 0 {
			text += " group " + strconv.Itoa(t.Group)
			o.add("group", t.Group)
		}
		if c.details {
			text += "\n\tAttached to processes:"
		}
		c.print(text+"\n", o)
	}
	return nil
}

// users and groups are those that every Debian has (base-passwd).
var (
	users  = map[int]string{0: "root", 1: "daemon", 2: "bin", 3: "sys", 33: "www-data", 65534: "nobody"}
	groups = map[int]string{0: "root", 1: "daemon", 2: "bin", 3: "sys", 4: "adm", 5: "tty", 33: "www-data", 100: "users", 65534: "nogroup"}
)

// account is the number of a user or group by its name or number.
func account(names map[int]string, v string) (int, bool) {
	if n, err := strconv.Atoi(v); err == nil {
		return n, true
	}
	for n, s := range names {
		if s == v {
			return n, true
		}
	}
	return 0, false
}

// tunDetail is what ip -d link shows of a tun device.
func tunDetail(c *ipCmd, d *core.Device) (string, object) {
	t := device.TunOf(d)
	onOff := map[bool]string{true: "on", false: "off"}
	typ := tunWords(t)[0]
	pi, hdr := t.Flags&device.TunNoPI == 0, t.Flags&device.TunVnetHdr != 0
	s := "type " + typ + " pi " + onOff[pi] + " vnet_hdr " + onOff[hdr] + " "
	o := object{{"type", typ}, {"pi", pi}, {"vnet_hdr", hdr}}
	if multi := t.Flags&device.TunMultiQueue != 0; multi {
		s += "multi_queue numqueues " + strconv.Itoa(t.Queues()) + " numdisabled 0 "
		o = append(o, member{"multi_queue", true}, member{"numqueues", t.Queues()}, member{"numdisabled", 0})
	} else {
		o.add("multi_queue", false)
	}
	s += "persist " + onOff[t.Persist] + " "
	o.add("persist", t.Persist)
	for _, x := range [...]struct {
		key   string
		n     int
		names map[int]string
	}{{"user", t.User, users}, {"group", t.Group, groups}} {
		if x.n < 0 {
			continue
		}
		name := x.names[x.n]
		if name == "" {
			name = strconv.Itoa(x.n)
		}
		s += x.key + " " + name + " "
		o.add(x.key, name)
	}
	return s, o
}
