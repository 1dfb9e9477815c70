package lab

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A linkType is a kind of device as ip link knows it (struct link_util). A
// further kind is one file and one row.
type linkType struct {
	usage string
	// add reads what stands behind the type, and makes the device.
	add func(c *ipCmd, r *linkReq, h *stack.Host, a *args) (*core.Device, error)
	// set changes a device's own options: ip link set DEV type KIND …
	set func(c *ipCmd, d *core.Device, a *args) error
	// detail is what ip -d link shows of them.
	detail func(c *ipCmd, d *core.Device) (string, object)
}

var linkTypes map[string]*linkType

func init() {
	linkTypes = map[string]*linkType{
		"veth": {add: addVeth}, "dummy": {add: addDummy}, "ifb": {add: addIfb}, "vlan": {add: addVlan, detail: vlanDetail}, "tun": {detail: tunDetail},
		"bridge":       {usage: bridgeUsage, add: addBridge, set: setBridge, detail: bridgeDetail},
		"vxlan":        {usage: vxlanUsage, add: addVxlan, set: setVxlan, detail: vxlanDetail},
		"macvlan":      {usage: macvlanUsage, add: addMacvlan, set: setMacvlan, detail: macvlanDetail},
		"bridge_slave": {usage: bridgeSlaveUsage, set: setBridgeSlave, detail: bridgeSlaveDetail},
	}
}

// notYet are kinds of devices that Linux has and the model has not.
var notYet = map[string]bool{"bond": true, "tun": true, "gre": true, "gretap": true, "ipvlan": true, "wireguard": true, "vrf": true, "ipip": true, "sit": true,
	"ip6gre": true, "ip6gretap": true, "ip6tnl": true, "geneve": true, "macvtap": true, "ipvtap": true, "team": true, "xfrm": true, "vcan": true, "can": true, "nlmon": true, "hsr": true,
	"macsec": true, "erspan": true, "ip6erspan": true, "vti": true, "vti6": true, "netdevsim": true, "amt": true, "bareudp": true, "gtp": true, "rmnet": true, "vxcan": true, "dsa": true, "lowpan": true}

// linkAdd is ip link add.
func (c *ipCmd) linkAdd(a *args) error {
	r, err := c.linkParse(a)
	if err != nil {
		return err
	}
	if r.kind == "" {
		return other("Not enough information: \"type\" argument is required")
	}
	if r.name == "" {
		r.name = r.dev
	}
	t := linkTypes[r.kind]
	if r.kind == "tun" {
		return kernelSays("tun/tap creation via rtnetlink is not supported.")
	}
	if t == nil || t.add == nil {
		if notYet[r.kind] {
			return other("not modelled: ip link add type %s", r.kind)
		}
		return ipError{"Error: Unknown device type.", 2}
	}
	h := c.p.host
	if r.to != nil {
		h = r.to
	}
	if r.refused != "" {
		return other("not modelled: ip link add %s", r.refused)
	}
	d, err := t.add(c, r, h, a)
	if err != nil {
		return err
	}
	return c.linkConfigure(r, d, h)
}

// linkCheck is what the kernel says of a new device's name, index and MTU.
func (c *ipCmd) linkCheck(r *linkReq, h *stack.Host) error {
	if r.name == "" {
		r.name = c.p.lab.freeName(h, r.kind)
	}
	switch {
	case h.NS.DevByName(r.name) != nil:
		return answer(17)
	case r.noQueues != "":
		return kernelSays(r.noQueues)
	case r.index != 0 && h.NS.DevByIndex(r.index) != nil:
		return answer(16)
	case r.addr != nil && (r.addr.IsMulticast() || *r.addr == 0):
		return answer(99)
	}
	lo, hi := 68, 65535
	if r.kind == "dummy" || r.kind == "ifb" {
		lo, hi = 0, 1<<31-1
	}
	switch {
	case r.mtu < 0:
	case r.mtu < lo:
		return kernelSays("mtu less than device minimum.")
	case r.mtu > hi:
		return kernelSays("mtu greater than device maximum.")
	}
	c.p.grow(1 << 14)
	return nil
}

// linkConfigure sets what ip link add said besides the type
// (rtnl_configure_link).
func (c *ipCmd) linkConfigure(r *linkReq, d *core.Device, h *stack.Host) error {
	if r.mtu >= 0 {
		if br := device.BridgeOf(d); br != nil {
			br.SetMTU(r.mtu)
		} else {
			d.MTU = r.mtu
		}
	}
	if r.qlen >= 0 {
		d.TxQueueLen = r.qlen
	}
	if r.brd != nil {
		d.Broadcast = *r.brd
	}
	if r.txq > 0 {
		d.NumTxQueues, d.RealTx = r.txq, r.txq
	}
	if r.rxq > 0 {
		d.SetRxQueues(r.rxq)
		d.NumRx = r.rxq
	}
	st := c.p.lab.dev(d)
	if r.alias != nil {
		st.alias = *r.alias
	}
	if r.group >= 0 {
		d.Group = r.group
	}
	d.Flags = d.Flags&^r.off | r.on
	if r.up {
		h.Up(d)
	}
	if r.master != nil {
		return c.setMaster(d, r.master)
	}
	return nil
}

// freeName is dev_alloc_name: veth0, veth1 …
func (l *Lab) freeName(h *stack.Host, kind string) string {
	if kind == "bridge" {
		kind = "bridge"
	}
	for i := 0; ; i++ {
		if n := kind + strconv.Itoa(i); h.NS.DevByName(n) == nil {
			return n
		}
	}
}

// macOr is the address that was given, or a random one.
func (l *Lab) macOr(m *wire.MAC) wire.MAC {
	if m != nil {
		return *m
	}
	return l.randomMAC()
}

// garbage is the complaint of a type without options.
func garbage(a *args) error {
	if !a.more() {
		return nil
	}
	s := a.next()
	if begins(s, "help") {
		return usageOf("link")
	}
	return other("Garbage instead of arguments \"%s ...\". Try \"ip link help\".", s)
}

func addDummy(c *ipCmd, r *linkReq, h *stack.Host, a *args) (*core.Device, error) {
	if err := garbage(a); err != nil {
		return nil, err
	}
	if err := c.linkCheck(r, h); err != nil {
		return nil, err
	}
	d := device.NewDummy(h.NS, r.name, r.index)
	d.Addr = c.p.lab.macOr(r.addr)
	return d, nil
}

const vethUsage = "Usage: ip link <options> type veth [peer <options>]\nTo get <options> type 'ip link add help'\n"

func addVeth(c *ipCmd, r *linkReq, h *stack.Host, a *args) (*core.Device, error) {
	l := c.p.lab
	q, to := &linkReq{mtu: r.mtu, qlen: -1, group: -1}, h
	if a.more() {
		if s := a.next(); s != "peer" {
			return nil, ipError{vethUsage, 1}
		}
		var err error
		if q, err = c.linkParse(a); err != nil {
			return nil, err
		}
		if q.refused != "" {
			return nil, other("not modelled: ip link add type veth peer %s", q.refused)
		}
		if to = c.p.host; q.to != nil { // veth_newlink: what netns of the first says is not for the peer
			to = q.to
		}
	}
	if q.name == "" {
		q.name = q.dev
	}
	q.kind = r.kind
	switch {
	case r.name == "" && q.name == "" && to == h: // the peer is first: it takes the lower number
		q.name = l.freeName(to, "veth")
		for i := 1; r.name == "" || h.NS.DevByName(r.name) != nil || r.name == q.name; i++ {
			r.name = "veth" + strconv.Itoa(i)
		}
	case r.name == "":
		r.name = l.freeName(h, "veth")
	case h.NS.DevByName(r.name) != nil:
		return nil, answer(17)
	}
	if q.name == "" {
		q.name = l.freeName(to, "veth")
		for i := 1; to == h && q.name == r.name; i++ {
			q.name = "veth" + strconv.Itoa(i)
		}
	}
	if to == h && q.name == r.name {
		return nil, answer(17)
	}
	if err := c.linkCheck(q, to); err != nil {
		return nil, err
	}
	if err := c.linkCheck(r, h); err != nil {
		return nil, err
	}
	pe, v := device.NewVethPairAt(to.NS, q.name, q.index, h.NS, r.name, r.index) // the kernel registers the peer first
	v.NoCarrier()
	v.Dev.Addr, pe.Dev.Addr = l.macOr(r.addr), l.macOr(q.addr)
	for _, d := range [...]*core.Device{v.Dev, pe.Dev} {
		n := d.NS.Machine.CPUs()
		d.NumTxQueues, d.RealTx, d.NumRx, d.RealRx = n, 1, n, 1 // one for each CPU, of which one is used
		l.dev(d).kind = "veth"
	}
	return v.Dev, c.linkConfigure(q, pe.Dev, to)
}

func addVlan(c *ipCmd, r *linkReq, h *stack.Host, a *args) (*core.Device, error) {
	id, ad := -1, false
	for a.more() {
		switch s := a.next(); s {
		case "id":
			v := a.next()
			n, err := strconv.ParseUint(v, 0, 16)
			if err != nil {
				return nil, invarg("id is invalid", v)
			}
			id = int(n)
		case "protocol", "proto":
			v := a.next()
			proto, ok := vlanProto(v)
			if !ok {
				return nil, invarg("protocol is invalid", v)
			}
			ad = proto == wire.EtherTypeQinQ
		default:
			return nil, other("not modelled: ip link add type vlan %s", s)
		}
	}
	var lower *core.Device
	if r.lower != "" {
		if lower = c.devNamed(r.lower); lower == nil {
			return nil, other("Cannot find device \"%s\"", r.lower)
		}
	}
	switch {
	case id < 0:
		return nil, kernelSays("VLAN properties not specified.")
	case id >= 4096:
		return nil, kernelSays("Invalid VLAN id.")
	case lower == nil:
		return nil, kernelSays("link not specified.")
	case h != c.p.host:
		return nil, other("not modelled: a vlan device in another namespace")
	case r.name == "":
		return nil, answer(22)
	}
	for _, v := range lower.Vlans {
		if v.VlanID == uint16(id) && v.VlanAD == ad {
			return nil, kernelSays("8021q: VLAN device already exists.")
		}
	}
	if err := c.linkCheck(r, h); err != nil {
		return nil, err
	}
	d := device.NewVlan(lower, r.name, r.index, uint16(id), ad)
	if r.addr != nil {
		d.Addr = *r.addr
	}
	return d, nil
}

// vlanProto is ll_proto_a2n, for the two protocols of VLAN tags.
func vlanProto(s string) (wire.EtherType, bool) {
	switch strings.ToLower(s) {
	case "802.1q":
		return wire.EtherTypeVLAN, true
	case "802.1ad":
		return wire.EtherTypeQinQ, true
	}
	return 0, false
}

func vlanDetail(_ *ipCmd, d *core.Device) (string, object) {
	proto := map[bool]string{false: "802.1Q", true: "802.1ad"}[d.VlanAD]
	return "protocol " + proto + " id " + strconv.Itoa(int(d.VlanID)) + " <REORDER_HDR> ", object{{"protocol", proto}, {"id", int(d.VlanID)}, {"flags", []any{"REORDER_HDR"}}}
}

// linkDel is ip link del.
func (c *ipCmd) linkDel(a *args) error {
	r, err := c.linkParse(a)
	if err != nil {
		return err
	}
	if r.group >= 0 && r.dev == "" {
		return c.linkDelGroup(r.group)
	}
	if r.dev == "" {
		return bad("Not enough information: \"dev\" argument is required.")
	}
	d, err := c.dev(r.dev)
	if err != nil {
		return err
	}
	if !c.removable(d) {
		return answer(95)
	}
	c.p.lab.removeDevice(d)
	return nil
}

// linkDelGroup is ip link del group N.
func (c *ipCmd) linkDelGroup(n int) error {
	if n == 0 {
		return answer(22)
	}
	for again := true; again; {
		again = false
		for _, d := range c.p.host.NS.Devices {
			if d != nil && d.Group == n && c.removable(d) {
				c.p.lab.removeDevice(d)
				again = true
				break
			}
		}
	}
	return nil
}

// removable reports whether a device was made by a program (rtnl_link_ops).
func (c *ipCmd) removable(d *core.Device) bool {
	if v, ok := d.Ops.(*device.Veth); ok {
		return v.Peer != nil
	}
	return linkTypes[c.kind(d)] != nil
}

// removeDevice is rtnl_dellink: a veth takes its other end along.
func (l *Lab) removeDevice(d *core.Device) {
	peer := peerOf(d)
	l.hostOf(d.NS).RemoveDevice(d)
	delete(l.conf, d)
	if peer != nil && peer.NS != nil {
		l.hostOf(peer.NS).RemoveDevice(peer)
		delete(l.conf, peer)
	}
}
