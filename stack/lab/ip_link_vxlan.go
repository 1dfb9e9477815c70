package lab

import (
	_ "embed"
	"fmt"
	"strconv"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// vxlanUsage is what iproute2 6.1 prints.
//
//go:embed vxlan_help.txt
var vxlanUsage string

// A vxlanReq is what ip link add type vxlan is asked for.
type vxlanReq struct {
	conf                    device.VxlanConfig
	id, port, group, remote bool
}

// vxlanIP reads an IPv4 address; IPv6 outside is not modelled.
func vxlanIP(v string) (wire.IP4, error) {
	if v == "any" {
		return 0, nil
	}
	a, ok := parseAddr(v)
	switch {
	case !ok:
		return 0, other("Error: any valid address is expected rather than \"%s\".", v)
	case !a.Is4():
		return 0, other("not modelled: VXLAN over IPv6")
	}
	return a.IP4(), nil
}

// vxlanNumber reads a number of so many bits.
func vxlanNumber(v string, bits int, why string) (uint64, error) {
	n, err := strconv.ParseUint(v, 0, bits)
	if err != nil {
		return 0, invarg(why, v)
	}
	return n, nil
}

// vxlanParse is vxlan_parse_opt of iproute2.
func (c *ipCmd) vxlanParse(a *args) (*vxlanReq, error) {
	r := &vxlanReq{conf: device.VxlanConfig{Learn: true, Age: 300 * sim.Second}}
	for a.more() {
		k := a.next()
		switch k {
		case "learning", "nolearning":
			r.conf.Learn = k == "learning"
			continue
		case "udpcsum", "noudpcsum":
			r.conf.NoUDPSum = k == "noudpcsum"
			continue
		case "noproxy", "norsc", "nol2miss", "nol3miss", "noremcsumtx", "noremcsumrx", "noexternal", "novnifilter", "noudp6zerocsumtx", "noudp6zerocsumrx":
			continue
		case "proxy", "rsc", "l2miss", "l3miss", "remcsumtx", "remcsumrx", "external", "vnifilter", "udp6zerocsumtx", "udp6zerocsumrx", "gbp", "gpe", "flowlabel":
			return nil, other("not modelled: ip link type vxlan %s", k)
		case "id", "vni", "group", "remote", "local", "dev", "ttl", "hoplimit", "tos", "dsfield", "df", "ageing", "maxaddress", "srcport", "port", "dstport":
			v, err := need(a)
			if err == nil {
				err = r.word(c, k, v, a)
			}
			if err != nil {
				return nil, err
			}
			continue
		case "help":
			return nil, ipError{vxlanUsage, 1}
		}
		return nil, ipError{"vxlan: unknown command \"" + k + "\"?\n" + vxlanUsage, 1}
	}
	return r, nil
}

// word takes one option that has a value.
func (r *vxlanReq) word(c *ipCmd, k, v string, a *args) (err error) {
	q := &r.conf
	var n uint64
	switch k {
	case "id", "vni":
		if n, err = vxlanNumber(v, 32, "invalid id"); err == nil && n >= 1<<24 {
			err = invarg("invalid id", v)
		}
		q.VNI, r.id = uint32(n), true
	case "group", "remote":
		if k == "group" && r.remote || k == "remote" && r.group {
			return other("vxlan: both group and remote cannot be specified")
		}
		if q.Remote, err = vxlanIP(v); err == nil && q.Remote.IsMulticast() != (k == "group") {
			err = invarg("invalid "+k+" address", v)
		}
		r.group, r.remote = k == "group", k == "remote"
	case "local":
		if q.Local, err = vxlanIP(v); err == nil && q.Local.IsMulticast() {
			err = invarg("invalid local address", v)
		}
	case "dev":
		d := c.devNamed(v)
		if d == nil {
			return other("Cannot find device \"%s\"", v)
		}
		q.Link = d.Index
	case "ttl", "hoplimit":
		if q.TTL, q.TTLInherit = 0, v == "inherit"; q.TTLInherit || v == "auto" {
			return nil
		}
		if n, err = vxlanNumber(v, 32, "invalid TTL"); err == nil && n > 255 {
			err = invarg("TTL must be <= 255", v)
		}
		q.TTL = uint8(n)
	case "tos", "dsfield":
		if v == "inherit" {
			q.TOS = 1
			return nil
		}
		n, err = vxlanNumber(v, 8, "bad TOS value")
		q.TOS = uint8(n)
	case "df":
		i := map[string]uint8{"unset": 0, "set": 1, "inherit": 2}
		x, ok := i[v]
		if !ok {
			return invarg("DF must be 'unset', 'set' or 'inherit'", v)
		}
		q.DF = x
	case "ageing":
		n, err = vxlanNumber(v, 32, "ageing timer")
		q.Age = sim.Time(n) * sim.Second
	case "maxaddress":
		n, err = vxlanNumber(v, 32, "max addresses")
		q.MaxAddr = uint32(n)
	case "port", "srcport":
		var hi uint64
		if n, err = vxlanNumber(v, 16, "min port"); err != nil {
			return err
		}
		if v, err = need(a); err != nil {
			return err
		}
		hi, err = vxlanNumber(v, 16, "max port")
		q.PortMin, q.PortMax = uint16(n), uint16(hi)
	case "dstport":
		n, err = vxlanNumber(v, 16, "dst port")
		q.Port, r.port = uint16(n), true
	}
	return err
}

const vxlanNoPort = "vxlan: destination port not specified\nWill use Linux kernel default (non-standard value)\nUse 'dstport 4789' to get the IANA assigned value\nUse 'dstport 0' to get default and quiet this message\n"

func addVxlan(c *ipCmd, r *linkReq, h *stack.Host, a *args) (*core.Device, error) {
	q, err := c.vxlanParse(a)
	switch {
	case err != nil:
		return nil, err
	case !q.id:
		return nil, other("vxlan: missing virtual network identifier")
	case q.group && q.conf.Link == 0:
		return nil, other("vxlan: 'group' requires 'dev' to be specified")
	case !q.port:
		c.p.errf("%s", vxlanNoPort)
	}
	if q.conf.PortMin > q.conf.PortMax {
		return nil, kernelSays("Invalid source port range.")
	}
	if q.conf.Port == 0 {
		q.conf.Port = 8472
	}
	if err := c.linkCheck(r, h); err != nil {
		return nil, err
	}
	home := c.p.host.NS
	if device.VxlanTaken(home.Machine, home, q.conf.VNI, q.conf.Port) {
		return nil, kernelSays("A VXLAN device with the specified VNI already exists.")
	}
	v := device.NewVxlan(h.NS, home, r.name, r.index, q.conf)
	v.Dev.Addr = c.p.lab.macOr(r.addr)
	return v.Dev, nil
}

// setVxlan is vxlan_changelink, which the model leaves out.
func setVxlan(_ *ipCmd, d *core.Device, a *args) error {
	if device.VxlanOf(d) == nil {
		return answer(step.EOPNOTSUPP)
	}
	if a.more() {
		return other("not modelled: ip link set type vxlan %s", a.next())
	}
	return nil
}

// vxlanUnbound reports a VXLAN that stands on no device.
func vxlanUnbound(d *core.Device) bool {
	v := device.VxlanOf(d)
	return v != nil && v.Conf.Link == 0
}

// vxlanDetail is what ip -d link shows of a VXLAN (vxlan_print_opt).
func vxlanDetail(_ *ipCmd, d *core.Device) (string, object) {
	v := device.VxlanOf(d)
	q := &v.Conf
	s, o := fmt.Sprintf("id %d ", q.VNI), object{{"id", int(q.VNI)}}
	if q.Remote != 0 {
		k := "remote"
		if q.Remote.IsMulticast() {
			k = "group"
		}
		s += k + " " + q.Remote.String() + " "
		o.add(k, q.Remote.String())
	}
	if q.Local != 0 {
		s += "local " + q.Local.String() + " "
		o.add("local", q.Local.String())
	}
	if q.Link != 0 {
		n := "if" + strconv.Itoa(q.Link)
		if l := d.NS.DevByIndex(q.Link); l != nil {
			n = l.Name
		}
		s += "dev " + n + " "
		o.add("link", n)
	}
	s += fmt.Sprintf("srcport %d %d dstport %d ", q.PortMin, q.PortMax, q.Port)
	o = append(o, member{"port_range", object{{"low", int(q.PortMin)}, {"high", int(q.PortMax)}}}, member{"port", int(q.Port)}, member{"learning", q.Learn})
	if !q.Learn {
		s += "nolearning "
	}
	switch {
	case q.TOS == 1:
		s += "tos inherit "
		o.add("tos", "inherit")
	case q.TOS != 0:
		s += fmt.Sprintf("tos %#x ", q.TOS)
		o.add("tos", fmt.Sprintf("%#x", q.TOS))
	}
	switch {
	case q.TTLInherit:
		s += "ttl inherit "
		o.add("ttl", "inherit")
	case q.TTL != 0:
		s += fmt.Sprintf("ttl %d ", q.TTL)
		o.add("ttl", int(q.TTL))
	default:
		s += "ttl auto "
		o.add("ttl", 0)
	}
	df := [...]string{"unset", "set", "inherit"}[q.DF]
	if q.DF != 0 {
		s += "df " + df + " "
	}
	o.add("df", df)
	if age := int(q.Age / sim.Second); age != 0 {
		s += fmt.Sprintf("ageing %d ", age)
		o.add("ageing", age)
	}
	if q.MaxAddr != 0 {
		s += fmt.Sprintf("maxaddr %d ", q.MaxAddr)
		o.add("limit", int(q.MaxAddr))
	}
	sum := "udpcsum "
	if q.NoUDPSum {
		sum = "noudpcsum "
	}
	return s + sum + "noudp6zerocsumtx noudp6zerocsumrx ",
		append(o, member{"udp_csum", !q.NoUDPSum}, member{"udp_zero_csum6_tx", false}, member{"udp_zero_csum6_rx", false})
}
