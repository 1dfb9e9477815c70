package lab

import (
	"net"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A linkReq is what the words of ip link add and ip link set ask for
// (iplink_parse).
type linkReq struct {
	name, dev, kind string
	lower           string
	up, down        bool
	on, off         uint16 // IFF_* to set and to clear
	addr, brd       *wire.MAC
	mtu, qlen       int // -1: not given
	index           int
	txq, rxq        int         // queues that it shall have
	noQueues        string      // what is wrong with their number
	to              *stack.Host // the namespace it goes to
	toSet           bool
	master          *core.Device
	nomaster        bool
	alias           *string
	group           int // -1: not given
	addrgen         string
	protodown       string
	refused         string // not modelled
}

// onOff is parse_on_off's complaint.
func onOff(key, v string) error {
	return other("Error: argument of \"%s\" must be \"on\" or \"off\", not \"%s\"", key, v)
}

// begins reports whether a word is short for a keyword, as matches() of iproute2
// sees it.
func begins(s, full string) bool { return s != "" && strings.HasPrefix(full, s) }

// linkParse is iplink_parse: it stops behind the name of the type.
func (c *ipCmd) linkParse(a *args) (*linkReq, error) {
	r := &linkReq{mtu: -1, qlen: -1, group: -1}
	for a.more() {
		k := a.next()
		done, err := c.linkWord(r, k, a)
		if err != nil {
			return nil, err
		}
		if done {
			break
		}
	}
	return r, nil
}

// linkWord takes one keyword with its value; true ends the parse: the type is
// named.
func (c *ipCmd) linkWord(r *linkReq, k string, a *args) (bool, error) {
	value := func() (string, error) { return need(a) }
	number := func(to *int, key string) error {
		v, err := value()
		if err != nil {
			return err
		}
		n, e := strconv.ParseInt(v, 0, 32)
		if e != nil {
			return invarg("Invalid \""+key+"\" value\n", v)
		}
		*to = int(n)
		return nil
	}
	mac := func(to **wire.MAC) error {
		v, err := value()
		if err != nil {
			return err
		}
		m, err := c.mac(v)
		*to = &m
		return err
	}
	switch {
	case k == "up":
		r.up, r.down = true, false
	case k == "down":
		r.up, r.down = false, true
	case begins(k, "name"):
		v, err := value()
		if err != nil {
			return false, err
		}
		if r.name != "" {
			return false, bad("Error: duplicate \"name\": \"%s\" is the second value.", v)
		}
		if badName(v) {
			return false, invarg("\"name\" not a valid ifname", v)
		}
		r.name = v
	case begins(k, "index"):
		v, err := value()
		if err != nil {
			return false, err
		}
		n, _ := strconv.Atoi(v)
		if n <= 0 {
			return false, invarg("Invalid \"index\" value", v)
		}
		r.index = n
	case begins(k, "link"):
		v, err := value()
		if err != nil {
			return false, err
		}
		r.lower = v
	case begins(k, "address"):
		return false, mac(&r.addr)
	case begins(k, "broadcast"), k == "brd":
		return false, mac(&r.brd)
	case begins(k, "txqueuelen"), k == "qlen", k == "txqlen":
		return false, number(&r.qlen, "txqueuelen")
	case k == "mtu":
		return false, number(&r.mtu, "mtu")
	case k == "netns":
		v, err := value()
		if err != nil {
			return false, err
		}
		r.toSet = true
		r.to, err = c.spaceArg(v)
		return false, err
	case k == "multicast", k == "allmulticast", k == "promisc", k == "arp", k == "trailers", k == "carrier", k == "dynamic", k == "protodown":
		return false, c.linkSwitch(r, k, a)
	case k == "master":
		v, err := value()
		if err != nil {
			return false, err
		}
		if r.master = c.devNamed(v); r.master == nil {
			return false, invarg("Device does not exist\n", v)
		}
	case k == "vrf":
		return false, invarg("Not a valid VRF name\n", a.next())
	case k == "nomaster":
		r.nomaster = true
	case begins(k, "type"):
		v, err := value()
		r.kind = v
		return true, err
	case k == "alias":
		v, err := value()
		if err != nil {
			return false, err
		}
		if len(v) >= 256 {
			return false, invarg("alias too long\n", v)
		}
		r.alias = &v
	case k == "group":
		v, err := value()
		if err != nil {
			return false, err
		}
		n, e := strconv.ParseUint(v, 0, 32)
		if e != nil && v != "default" {
			return false, invarg("Invalid \"group\" value\n", v)
		}
		r.group = int(n)
	case k == "mode":
		v := a.next()
		if v != "default" && v != "dormant" {
			return false, invarg("Invalid link mode\n", v)
		}
		if v == "dormant" {
			r.refused = "mode dormant"
		}
	case k == "state":
		r.refused = "state " + a.next()
	case k == "numtxqueues":
		return false, r.queues(&r.txq, k, "transmit", a)
	case k == "numrxqueues":
		return false, r.queues(&r.rxq, k, "receive", a)
	case k == "addrgenmode":
		v := a.next()
		switch v {
		case "eui64", "none":
			r.addrgen = v
		case "stable_secret", "random":
			r.refused = "addrgenmode " + v
		default:
			return false, invarg("Invalid address generation mode\n", v)
		}
	case k == "vf", k == "xdp", k == "xdpgeneric", k == "xdpdrv", k == "xdpoffload", k == "link-netnsid", k == "link-netns", k == "parentdev", k == "protodown_reason",
		k == "gso_max_size", k == "gso_max_segs", k == "gro_max_size":
		r.refused = k
		a.next()
	default:
		if k == "dev" {
			v, err := value()
			if err != nil {
				return false, err
			}
			k = v
		} else if begins(k, "help") {
			return false, usageOf("link")
		}
		if r.dev != "" {
			return false, bad("Error: either \"dev\" is duplicate, or \"%s\" is a garbage.", k)
		}
		if badName(k) {
			return false, invarg("\"dev\" not a valid ifname", k)
		}
		r.dev = k
	}
	return false, nil
}

// linkSwitch takes the keywords that are on or off.
func (c *ipCmd) linkSwitch(r *linkReq, k string, a *args) error {
	v, err := need(a)
	if err != nil {
		return err
	}
	if v != "on" && v != "off" {
		return onOff(k, v)
	}
	bits := map[string]uint16{"multicast": core.IFFMulticast, "arp": core.IFFNoARP, "promisc": core.IFFPromisc, "allmulticast": core.IFFAllMulti}
	bit := bits[k]
	switch {
	case k == "protodown":
		r.protodown = v
	case bit == 0:
		r.refused = k
	case (v == "on") != (k == "arp"):
		r.on, r.off = r.on|bit, r.off&^bit
	default:
		r.on, r.off = r.on&^bit, r.off|bit
	}
	return nil
}

// mac is ll_addr_a2n.
func (c *ipCmd) mac(s string) (wire.MAC, error) {
	m, err := net.ParseMAC(s)
	if err != nil {
		var v uint64
		f := strings.Split(s, ":")
		for _, x := range f {
			n, e := strconv.ParseUint(x, 16, 8)
			if e != nil {
				return 0, other("\"%s\" is invalid lladdr.", s)
			}
			v = v<<8 | n
		}
		if len(f) != 6 {
			return 0, ipError{"RTNETLINK answers: Invalid argument", 2}
		}
		return wire.MAC(v), nil
	}
	if len(m) != 6 {
		return 0, ipError{"RTNETLINK answers: Invalid argument", 2}
	}
	return wire.MACFrom(m), nil
}

func (c *ipCmd) spaceArg(s string) (*stack.Host, error) {
	if sp := c.p.lab.space(s); sp != nil {
		return sp.host, nil
	}
	if n, err := strconv.Atoi(s); err == nil {
		if n == 1 {
			return c.p.lab.Root, nil
		}
		if q := c.p.lab.all[n]; q != nil {
			return q.host, nil
		}
	}
	return nil, invarg("Invalid \"netns\" value\n", s)
}
