package lab

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
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

// linkIndex is IFLA_LINK: the ifindex of what a device hangs on.
func linkIndex(d *core.Device) int {
	if p := peerOf(d); p != nil {
		return p.Index
	}
	if d.Lower != nil {
		return d.Lower.Index
	}
	return d.Index
}

// operState is the word behind "state".
func operState(d *core.Device) string {
	switch {
	case !d.Up():
		return "DOWN"
	case d.Flags&core.IFFRunning == 0 && d.Lower != nil:
		return "LOWERLAYERDOWN"
	case d.Flags&core.IFFRunning == 0:
		return "DOWN"
	case d.Flags&core.IFFLoopback != 0 || isDummy(d):
		return "UNKNOWN"
	}
	return "UP"
}

func isDummy(d *core.Device) bool { _, ok := d.Ops.(device.Dummy); return ok }

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
	if d.Running() {
		f = append(f, "LOWER_UP")
	}
	if d.Lower != nil && !d.Lower.Up() {
		f = append(f, "M-DOWN")
	}
	return f
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
	return n
}

func qdiscName(d *core.Device) string {
	switch {
	case !d.EverUp:
		return "noop"
	case d.Qdisc == nil:
		return "noqueue"
	}
	return d.Qdisc.Name()
}

// nsid is the number that a namespace has for another one, -1: none.
func (l *Lab) nsid(in, of *core.Netns) int {
	var ids []*core.Netns
	for _, d := range in.Devices {
		if d == nil {
			continue
		}
		if q := peerOf(d); q != nil && q.NS != nil && q.NS != in {
			known := false
			for _, x := range ids {
				known = known || x == q.NS
			}
			if !known {
				ids = append(ids, q.NS)
			}
		}
	}
	for i, x := range ids {
		if x == of {
			return i
		}
	}
	return -1
}

// linkHead are the members that ip link and ip addr begin with.
func (c *ipCmd) linkHead(d *core.Device, mode bool) (string, object) {
	var o object
	name := d.Name
	o.add("ifindex", d.Index)
	peer := peerOf(d)
	if peer == nil {
		peer = d.Lower
	}
	if peer != nil && peer.NS != nil {
		if peer.NS == d.NS {
			name += "@" + peer.Name
			o.add("link", peer.Name)
		} else {
			name += fmt.Sprintf("@if%d", peer.Index)
			o.add("link_index", peer.Index)
		}
	}
	o.add("ifname", d.Name)
	flags := linkFlags(d)
	list := []any{}
	for _, f := range flags {
		list = append(list, f)
	}
	o.add("flags", list)
	o.add("mtu", d.MTU)
	o.add("qdisc", qdiscName(d))
	o.add("operstate", operState(d))
	text := fmt.Sprintf("%d: %s: <%s> mtu %d qdisc %s state %s ", d.Index, name, strings.Join(flags, ","), d.MTU, qdiscName(d), operState(d))
	if mode {
		text += "mode DEFAULT "
		o.add("linkmode", "DEFAULT")
	}
	st := c.p.lab.dev(d)
	group := "default"
	if st.group != 0 {
		group = strconv.Itoa(st.group)
	}
	text += "group " + group + " "
	o.add("group", group)
	if d.TxQueueLen > 0 {
		text += fmt.Sprintf("qlen %d", d.TxQueueLen)
		o.add("txqlen", d.TxQueueLen)
	}
	kind := "ether"
	if d.Flags&core.IFFLoopback != 0 {
		kind = "loopback"
	} else if d.Type != core.LinkEther {
		kind = "none"
	}
	text += "\n    link/" + kind
	o.add("link_type", kind)
	o.add("address", d.Addr.String())
	o.add("broadcast", d.Broadcast.String())
	text += fmt.Sprintf(" %s brd %s", d.Addr, d.Broadcast)
	if peer != nil && peer.NS != nil && peer.NS != d.NS {
		id := c.p.lab.nsid(d.NS, peer.NS)
		if s := c.p.lab.spaceOf(peer.NS); s != "" {
			text += " link-netns " + s
		} else {
			text += fmt.Sprintf(" link-netnsid %d", id)
		}
		o.add("link_netnsid", id)
	}
	return text, o
}

// brief is one line of -br.
func (c *ipCmd) briefHead(d *core.Device) string {
	name := d.Name
	peer := peerOf(d)
	if peer == nil {
		peer = d.Lower
	}
	if peer != nil && peer.NS != nil {
		if peer.NS == d.NS {
			name += "@" + peer.Name
		} else {
			name += fmt.Sprintf("@if%d", peer.Index)
		}
	}
	return fmt.Sprintf("%-16s %-14s ", name, operState(d))
}

// linkStats are the lines of -s.
func linkStats(d *core.Device, level int) string {
	s := &d.Stats
	cols := [...]int{10, 7, 6, 7, 7, 7}
	size := func(v ...uint64) {
		for i, n := range v {
			cols[i] = max(cols[i], len(strconv.FormatUint(n, 10)))
		}
	}
	size(s.RxBytes, s.RxPackets, s.RxErrors, s.RxDropped, s.RxMissed, s.Multicast)
	size(s.TxBytes, s.TxPackets, s.TxErrors, s.TxDropped)
	var b strings.Builder
	row := func(v ...uint64) {
		b.WriteString("    ")
		for i, n := range v {
			fmt.Fprintf(&b, "%*d ", cols[i], n)
		}
	}
	fmt.Fprintf(&b, "    RX: %*s %*s %*s %*s %*s %*s %10s\n", cols[0]-4, "bytes", cols[1], "packets", cols[2], "errors", cols[3], "dropped", cols[4], "missed", cols[5], "mcast", "")
	row(s.RxBytes, s.RxPackets, s.RxErrors, s.RxDropped, s.RxMissed, s.Multicast)
	if level > 1 {
		fmt.Fprintf(&b, "\n    RX errors:%*s %*s %*s %*s %*s %*s\n", cols[0]-10, "", cols[1], "length", cols[2], "crc", cols[3], "frame", cols[4], "fifo", cols[5], "overrun")
		fmt.Fprintf(&b, "    %*s ", cols[0], "")
		for _, w := range cols[1:] {
			fmt.Fprintf(&b, "%*d ", w, 0)
		}
	}
	fmt.Fprintf(&b, "\n    TX: %*s %*s %*s %*s %*s %*s %10s\n", cols[0]-4, "bytes", cols[1], "packets", cols[2], "errors", cols[3], "dropped", cols[4], "carrier", cols[5], "collsns", "")
	row(s.TxBytes, s.TxPackets, s.TxErrors, s.TxDropped, 0, 0)
	if level > 1 {
		fmt.Fprintf(&b, "\n    TX errors:%*s %*s %*s %*s %*s %*s\n", cols[0]-10, "", cols[1], "aborted", cols[2], "fifo", cols[3], "window", cols[4], "heartbt", cols[5], "transns")
		fmt.Fprintf(&b, "    %*s ", cols[0], "")
		for _, w := range cols[1:] {
			fmt.Fprintf(&b, "%*d ", w, 0)
		}
	}
	b.WriteByte('\n')
	return b.String()
}

func statsObject(d *core.Device) object {
	s := &d.Stats
	rx := object{{"bytes", s.RxBytes}, {"packets", s.RxPackets}, {"errors", s.RxErrors}, {"dropped", s.RxDropped}, {"over_errors", 0}, {"multicast", s.Multicast}}
	tx := object{{"bytes", s.TxBytes}, {"packets", s.TxPackets}, {"errors", s.TxErrors}, {"dropped", s.TxDropped}, {"carrier_errors", 0}, {"collisions", 0}}
	return object{{"rx", rx}, {"tx", tx}}
}

// link is ip link.
func (c *ipCmd) link(a *args) error {
	if !a.more() {
		return c.linkShow(a)
	}
	s := a.next()
	if s == "help" {
		return usageOf("link")
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
	if s == "xstats" || s == "afstats" || s == "property" {
		return other("not modelled: ip link %s", s)
	}
	return bad("Command \"%s\" is unknown, try \"ip link help\".", s)
}

func (c *ipCmd) linkShow(a *args) error {
	up, kind := false, ""
	var only *core.Device
	for a.more() {
		s := a.next()
		switch s {
		case "up":
			up = true
		case "type":
			kind = a.next()
		case "group", "master", "vrf":
			return other("not modelled: ip link show %s", s)
		case "dev":
			s = a.next()
			fallthrough
		default:
			if only = c.p.host.NS.DevByName(s); only == nil {
				return other("Device \"%s\" does not exist.", s)
			}
		}
	}
	if c.json {
		c.list = []any{}
	}
	for _, d := range c.p.host.NS.Devices {
		if d == nil || only != nil && d != only || up && !d.Up() || kind != "" && c.kind(d) != kind {
			continue
		}
		if c.brief {
			c.briefLink(d)
			continue
		}
		text, o := c.linkHead(d, true)
		if c.details {
			text += c.detail(d)
		}
		if al := c.p.lab.dev(d).alias; al != "" {
			text += "\n    alias " + al
			o.add("ifalias", al)
		}
		text += "\n"
		if c.stats > 0 {
			text += linkStats(d, c.stats)
			o.add("stats64", statsObject(d))
		}
		c.print(text, o)
	}
	return nil
}

func (c *ipCmd) kind(d *core.Device) string {
	switch d.Ops.(type) {
	case *device.Veth:
		return "veth"
	case device.Dummy:
		return "dummy"
	}
	if d.Lower != nil {
		return "vlan"
	}
	return c.p.lab.dev(d).kind
}

// detail is what -d adds to the second line.
func (c *ipCmd) detail(d *core.Device) string {
	lo, hi := 68, 65535
	if d.Flags&core.IFFLoopback != 0 {
		lo, hi = 0, 0
	}
	if c.kind(d) == "dummy" || c.kind(d) == "vlan" {
		lo = 0
		hi = 0
		if c.kind(d) == "vlan" {
			hi = 65535
		}
	}
	s := fmt.Sprintf(" promiscuity 0  allmulti 0 minmtu %d maxmtu %d ", lo, hi)
	switch c.kind(d) {
	case "veth":
		s += "\n    veth "
	case "dummy":
		s += "\n    dummy "
	case "vlan":
		s += fmt.Sprintf("\n    vlan protocol 802.1Q id %d <REORDER_HDR> ", d.VlanID)
	}
	n := d.NumTxQueues
	return s + fmt.Sprintf("addrgenmode eui64 numtxqueues %d numrxqueues %d gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 ", n, n)
}

func (c *ipCmd) briefLink(d *core.Device) {
	if c.json {
		_, o := c.linkHead(d, false)
		var keep object
		for _, m := range o {
			switch m.key {
			case "link", "link_index", "ifname", "operstate", "address":
				keep = append(keep, m)
			}
		}
		list := []any{}
		for _, f := range linkFlags(d) {
			list = append(list, f)
		}
		keep.add("flags", list)
		c.list = append(c.list, keep)
		return
	}
	c.p.outf("%s%s <%s> \n", c.briefHead(d), d.Addr, strings.Join(linkFlags(d), ","))
}

// randomMAC is eth_random_addr.
func (l *Lab) randomMAC() wire.MAC {
	v := l.World.Rand.Uint64() & 0xffffffffffff
	return wire.MAC(v&^(1<<40) | 2<<40)
}

func badName(s string) bool {
	return s == "" || len(s) > 15 || s == "." || s == ".." || strings.ContainsAny(s, "/ :\t\n")
}

// linkAdd is ip link add.
func (c *ipCmd) linkAdd(a *args) error {
	p, l := c.p, c.p.lab
	var lower *core.Device
	name, kind := "", ""
	var mac wire.MAC
	mtu, index, qlen, numtx := 0, 0, -1, 0
	target := p.host
	for a.more() && kind == "" {
		var err error
		s := a.next()
		switch s {
		case "link":
			v := a.next()
			if lower = p.host.NS.DevByName(v); lower == nil {
				return other("Cannot find device \"%s\"", v)
			}
		case "name", "dev":
			name, err = need(a)
		case "address":
			mac, err = c.mac(a.next())
		case "mtu":
			if mtu, err = strconv.Atoi(a.next()); err != nil {
				return invarg("Invalid \"mtu\" value\n", "")
			}
		case "index":
			index, err = strconv.Atoi(a.next())
		case "txqueuelen", "qlen", "txqlen":
			qlen, err = strconv.Atoi(a.next())
		case "numtxqueues", "numrxqueues":
			numtx, err = strconv.Atoi(a.next())
		case "netns":
			target, err = c.spaceArg(a.next())
		case "type":
			kind, err = need(a)
		case "up":
		default:
			if name != "" {
				return bad("Error: either \"name\" is duplicate, or \"%s\" is a garbage.", s)
			}
			name = s
		}
		if err != nil {
			return err
		}
	}
	_ = numtx
	if kind == "" {
		return bad("Not enough of information: \"type\" argument is required")
	}
	var d *core.Device
	var err error
	switch kind {
	case "veth", "dummy", "vlan":
	case "bridge", "bond", "tun", "gre", "gretap", "vxlan", "macvlan", "ipvlan", "wireguard", "vrf", "ipip", "sit", "ip6gre", "ip6tnl", "ifb", "geneve", "macvtap", "team", "xfrm", "vcan", "can", "nlmon", "hsr", "macsec", "erspan", "vti", "netdevsim":
		return other("not modelled: ip link add type %s", kind)
	default:
		return ipError{"Error: Unknown device type.", 2}
	}
	if name != "" && badName(name) {
		return bad("Error: argument \"%s\" is wrong: \"name\" not a valid ifname", name)
	}
	if name == "" {
		if lower != nil && kind == "vlan" {
			return ipError{"RTNETLINK answers: Invalid argument", 2}
		}
		name = l.freeName(target, kind)
	}
	if mtu != 0 && (mtu < 68 || mtu > 65535) {
		if mtu < 68 {
			return kernelSays("mtu less than device minimum.")
		}
		return kernelSays("mtu greater than device maximum.")
	}
	switch kind {
	case "veth":
		return c.addVeth(a, target, name, mac, mtu, index)
	case "dummy":
		if target.NS.DevByName(name) != nil {
			return answer(17)
		}
		d = device.NewDummy(target.NS, name, index)
		d.Addr = l.randomMAC()
	case "vlan":
		d, err = c.addVlan(a, lower, target, name, index)
		if err != nil {
			return err
		}
	}
	if mac != 0 {
		d.Addr = mac
	}
	if mtu != 0 {
		d.MTU = mtu
	}
	if qlen >= 0 {
		d.TxQueueLen = qlen
	}
	if a.more() {
		return bad("Garbage instead of arguments \"%s ...\". Try \"ip link help\".", a.next())
	}
	return nil
}

// freeName is dev_alloc_name: veth0, veth1 …
func (l *Lab) freeName(h *stack.Host, kind string) string {
	for i := 0; ; i++ {
		if n := kind + strconv.Itoa(i); h.NS.DevByName(n) == nil {
			return n
		}
	}
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
	return nil, bad("Error: argument \"%s\" is wrong: Invalid \"netns\" value", s)
}

func (c *ipCmd) mac(s string) (wire.MAC, error) {
	m, err := net.ParseMAC(s)
	if err != nil || len(m) != 6 {
		return 0, other("\"%s\" is invalid lladdr.", s)
	}
	return wire.MACFrom(m), nil
}

func (c *ipCmd) addVeth(a *args, h *stack.Host, name string, mac wire.MAC, mtu, index int) error {
	l := c.p.lab
	peer, peerMac, peerMTU, peerIndex := "", wire.MAC(0), mtu, 0
	to := h
	if a.more() {
		s := a.next()
		if s != "peer" {
			return bad("Garbage instead of arguments \"%s ...\". Try \"ip link help\".", s)
		}
		for a.more() {
			var err error
			switch s := a.next(); s {
			case "name", "dev":
				peer, err = need(a)
			case "netns":
				to, err = c.spaceArg(a.next())
			case "address":
				peerMac, err = c.mac(a.next())
			case "mtu":
				peerMTU, err = strconv.Atoi(a.next())
			case "index":
				peerIndex, err = strconv.Atoi(a.next())
			default:
				if peer != "" {
					return bad("Garbage instead of arguments \"%s ...\". Try \"ip link help\".", s)
				}
				peer = s
			}
			if err != nil {
				return err
			}
		}
	}
	if peer == "" {
		if peer = l.freeName(to, "veth"); to == h && peer == name {
			for i := 1; peer == name; i++ {
				peer = "veth" + strconv.Itoa(i)
			}
		}
	}
	if badName(peer) {
		return bad("Error: argument \"%s\" is wrong: \"name\" not a valid ifname", peer)
	}
	if h.NS.DevByName(name) != nil || to.NS.DevByName(peer) != nil || to == h && name == peer {
		return answer(17)
	}
	c.p.grow(1 << 14)
	// The kernel registers the peer first.
	pe, v := device.NewVethPair(to.NS, peer, h.NS, name)
	_ = index
	_ = peerIndex
	v.NoCarrier()
	v.Dev.Addr, pe.Dev.Addr = mac, peerMac
	if mac == 0 {
		v.Dev.Addr = l.randomMAC()
	}
	if peerMac == 0 {
		pe.Dev.Addr = l.randomMAC()
	}
	if mtu != 0 {
		v.Dev.MTU = mtu
	}
	if peerMTU != 0 {
		pe.Dev.MTU = peerMTU
	}
	for _, d := range [...]*core.Device{v.Dev, pe.Dev} {
		d.NumTxQueues = 2
		l.dev(d).kind = "veth"
	}
	return nil
}

func (c *ipCmd) addVlan(a *args, lower *core.Device, h *stack.Host, name string, index int) (*core.Device, error) {
	id := -1
	for a.more() {
		switch s := a.next(); s {
		case "id":
			v := a.next()
			n, err := strconv.ParseUint(v, 0, 16)
			if err != nil {
				return nil, bad("Error: argument \"%s\" is wrong: id is invalid", v)
			}
			id = int(n)
		case "protocol", "proto":
			if v := a.next(); !strings.EqualFold(v, "802.1q") {
				return nil, other("not modelled: ip link add type vlan protocol %s", v)
			}
		default:
			return nil, other("not modelled: ip link add type vlan %s", s)
		}
	}
	switch {
	case lower == nil:
		return nil, kernelSays("link not specified.")
	case id < 0:
		return nil, kernelSays("VLAN properties not specified.")
	case id >= 4096:
		return nil, kernelSays("Invalid VLAN id.")
	case h.NS.DevByName(name) != nil:
		return nil, answer(17)
	case h != c.p.host:
		return nil, other("not modelled: a vlan device in another namespace")
	}
	for _, v := range lower.Vlans {
		if v.VlanID == uint16(id) {
			return nil, kernelSays("8021q: VLAN device already exists.")
		}
	}
	c.p.grow(1 << 14)
	return device.NewVlan(lower, name, index, uint16(id)), nil
}

// linkDel is ip link del.
func (c *ipCmd) linkDel(a *args) error {
	name := ""
	for a.more() {
		s := a.next()
		switch s {
		case "dev", "name":
			name = a.next()
		case "type":
			a.next()
		default:
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
	switch d.Ops.(type) {
	case *device.Veth, device.Dummy:
		if v, ok := d.Ops.(*device.Veth); ok && v.Peer == nil {
			return answer(95)
		}
	default:
		if d.Lower == nil {
			return answer(95)
		}
	}
	c.p.lab.removeDevice(d)
	return nil
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

// linkSet is ip link set.
func (c *ipCmd) linkSet(a *args) error {
	p, l := c.p, c.p.lab
	var d *core.Device
	var err error
	if !a.more() {
		return bad("Not enough information: \"dev\" argument is required.")
	}
	up, down := false, false
	newName := ""
	var to *stack.Host
	first := true
	for a.more() {
		k := a.next()
		if first && k == "dev" || k == "dev" {
			if k, err = need(a); err != nil {
				return err
			}
			if d, err = c.dev(k); err != nil {
				return err
			}
			first = false
			continue
		}
		switch k {
		case "up":
			up, down = true, false
		case "down":
			up, down = false, true
		case "mtu":
			v, err := need(a)
			if err != nil {
				return err
			}
			n, e := strconv.Atoi(v)
			if e != nil {
				return invarg("Invalid \"mtu\" value\n", v)
			}
			if d == nil {
				continue
			}
			if err := c.setMTU(d, n); err != nil {
				return err
			}
		case "address":
			m, err := c.mac(a.next())
			if err != nil {
				return err
			}
			if d != nil {
				if d.Flags&core.IFFLoopback == 0 && (m>>40&1 != 0 || m == 0) {
					return answer(99)
				}
				d.Addr = m
			}
		case "broadcast", "brd":
			m, err := c.mac(a.next())
			if err != nil {
				return err
			}
			d.Broadcast = m
		case "txqueuelen", "qlen", "txqlen":
			v := a.next()
			n, e := strconv.Atoi(v)
			if e != nil {
				return invarg("Invalid \"txqueuelen\" value\n", v)
			}
			d.TxQueueLen = n
		case "multicast", "arp", "promisc", "allmulticast":
			bit := map[string]uint16{"multicast": core.IFFMulticast, "arp": core.IFFNoARP, "promisc": core.IFFPromisc, "allmulticast": core.IFFAllMulti}[k]
			v := a.next()
			if v != "on" && v != "off" {
				return bad("Error: argument of \"%s\" must be \"on\" or \"off\", not \"%s\"", k, v)
			}
			if d != nil {
				if (v == "on") != (k == "arp") {
					d.Flags |= bit
				} else {
					d.Flags &^= bit
				}
			}
		case "name":
			newName = a.next()
			if badName(newName) {
				return invarg("\"name\" not a valid ifname", newName)
			}
		case "alias":
			l.dev(d).alias = a.next()
		case "group":
			v := a.next()
			n, e := strconv.Atoi(v)
			if e != nil && v != "default" {
				return invarg("Invalid \"group\" value\n", v)
			}
			l.dev(d).group = n
		case "netns":
			if to, err = c.spaceArg(a.next()); err != nil {
				return err
			}
		case "master", "nomaster", "vf", "xdp", "type", "carrier", "addrgenmode", "dynamic", "trailers", "vrf", "protodown", "link-netnsid", "xdpgeneric":
			return other("not modelled: ip link set %s", k)
		default:
			if d == nil && first {
				if d, err = c.dev(k); err != nil {
					return err
				}
				first = false
				continue
			}
			return bad("Error: either \"dev\" is duplicate, or \"%s\" is a garbage.", k)
		}
		if d == nil && !a.more() {
			return bad("Not enough information: \"dev\" argument is required.")
		}
		first = false
	}
	if d == nil {
		return bad("Not enough information: \"dev\" argument is required.")
	}
	if to != nil && to != p.host {
		if d.Flags&core.IFFLoopback != 0 || d.Lower != nil {
			return kernelSays("The interface netns is immutable.")
		}
		name := newName
		if name == "" {
			name = d.Name
		}
		if to.NS.DevByName(name) != nil {
			return answer(17)
		}
		d.Name = name
		p.host.MoveDevice(d, to)
		p = &Proc{lab: l, host: to}
	} else if newName != "" && newName != d.Name {
		if p.host.NS.DevByName(newName) != nil {
			return answer(17)
		}
		d.Name = newName
	}
	if up && !d.Up() {
		p.host.Up(d)
	}
	if down && d.Up() {
		p.host.Down(d)
	}
	return nil
}

func (c *ipCmd) setMTU(d *core.Device, n int) error {
	lo, hi := 68, 65535
	if d.Flags&core.IFFLoopback != 0 || isDummy(d) {
		lo, hi = 0, 1<<31-1
	}
	switch {
	case n < lo:
		return kernelSays("mtu less than device minimum.")
	case n > hi:
		return kernelSays("mtu greater than device maximum.")
	case d.Lower != nil && n > d.Lower.MTU:
		return answer(34)
	}
	old := d.MTU
	d.MTU = n
	c.p.host.IPv4.MTUChange(d, old)
	return nil
}
