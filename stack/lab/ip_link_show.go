package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
)

// nsid is the number that a namespace has for another one, -1: none.
func (l *Lab) nsid(in, of *core.Netns) int {
	var ids []*core.Netns
	for _, d := range in.Devices {
		if d == nil {
			continue
		}
		if q := linkParent(d); q != nil && q.NS != nil && q.NS != in {
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

// atName is the name of a device with what it hangs on: veth0@veth1, eth0@if7.
func atName(d *core.Device) string {
	p := linkParent(d)
	switch {
	case p == nil:
		return d.Name
	case p.NS == d.NS:
		return d.Name + "@" + p.Name
	}
	return fmt.Sprintf("%s@if%d", d.Name, p.Index)
}

// linkHead are the members that ip link and ip addr begin with.
func (c *ipCmd) linkHead(d *core.Device, mode bool) (string, object) {
	var o object
	o.add("ifindex", d.Index)
	peer := linkParent(d)
	switch {
	case peer == nil:
	case peer.NS == d.NS:
		o.add("link", peer.Name)
	default:
		o.add("link_index", peer.Index)
	}
	o.add("ifname", d.Name)
	flags := linkFlags(d)
	o.add("flags", anyList(flags))
	o.add("mtu", d.MTU)
	o.add("qdisc", qdiscName(d))
	text := fmt.Sprintf("%d: %s: <%s> mtu %d qdisc %s ", d.Index, atName(d), strings.Join(flags, ","), d.MTU, qdiscName(d))
	if d.Master != nil {
		o.add("master", d.Master.Name)
		text += "master " + d.Master.Name + " "
	}
	o.add("operstate", operState(d))
	text += "state " + operState(d) + " "
	if mode {
		text += "mode DEFAULT "
		o.add("linkmode", "DEFAULT")
	}
	group := groupName(d.Group)
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
	if kind == "none" {
		text += " "
	} else {
		o.add("address", d.Addr.String())
		o.add("broadcast", d.Broadcast.String())
		text += fmt.Sprintf(" %s brd %s", d.Addr, d.Broadcast)
	}
	if peer != nil && peer.NS != d.NS {
		id := c.p.lab.nsid(d.NS, peer.NS)
		if s := c.p.lab.spaceOf(peer.NS); s != "" {
			text += " link-netns " + s
		} else {
			text += fmt.Sprintf(" link-netnsid %d", id)
		}
		o.add("link_netnsid", id)
	}
	if c.p.lab.dev(d).protodown {
		text += " protodown on "
		o.add("protodown", true)
	}
	return text, o
}

// groupName is a device group by its name in /etc/iproute2/group.
func groupName(n int) string {
	if n == 0 {
		return "default"
	}
	return strconv.Itoa(n)
}

// brief is one line of -br.
func (c *ipCmd) briefHead(d *core.Device) string {
	return fmt.Sprintf("%-16s %-14s ", atName(d), operState(d))
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
	size(s.TxBytes, s.TxPackets, s.TxErrors, s.TxDropped, s.TxCarrier, s.Collisions)
	var b strings.Builder
	row := func(v ...uint64) {
		b.WriteString("    ")
		for i, n := range v {
			fmt.Fprintf(&b, "%*d ", cols[i], n)
		}
	}
	// errors is the second line: all but the last count what no device of the
	// model has.
	errors := func(last uint64) {
		fmt.Fprintf(&b, "    %*s ", cols[0], "")
		for _, w := range cols[1:5] {
			fmt.Fprintf(&b, "%*d ", w, 0)
		}
		fmt.Fprintf(&b, "%*d ", cols[5], last)
	}
	other := ""
	if s.RxOtherhost != 0 {
		other = " otherhost"
	}
	fmt.Fprintf(&b, "    RX: %*s %*s %*s %*s %*s %*s %10s\n", cols[0]-4, "bytes", cols[1], "packets", cols[2], "errors", cols[3], "dropped", cols[4], "missed", cols[5], "mcast", "")
	row(s.RxBytes, s.RxPackets, s.RxErrors, s.RxDropped, s.RxMissed, s.Multicast)
	if level > 1 {
		fmt.Fprintf(&b, "\n    RX errors:%*s %*s %*s %*s %*s %*s\n", cols[0]-10, "", cols[1], "length", cols[2], "crc", cols[3], "frame", cols[4], "fifo", cols[5], "overrun"+other)
		errors(0)
		if other != "" {
			fmt.Fprintf(&b, "%9d ", s.RxOtherhost)
		}
	}
	fmt.Fprintf(&b, "\n    TX: %*s %*s %*s %*s %*s %*s %10s\n", cols[0]-4, "bytes", cols[1], "packets", cols[2], "errors", cols[3], "dropped", cols[4], "carrier", cols[5], "collsns", "")
	row(s.TxBytes, s.TxPackets, s.TxErrors, s.TxDropped, s.TxCarrier, s.Collisions)
	if level > 1 {
		fmt.Fprintf(&b, "\n    TX errors:%*s %*s %*s %*s %*s %*s\n", cols[0]-10, "", cols[1], "aborted", cols[2], "fifo", cols[3], "window", cols[4], "heartbt", cols[5], "transns")
		errors(uint64(d.CarrierChanges))
	}
	b.WriteByte('\n')
	return b.String()
}

func statsObject(d *core.Device, level int) object {
	s := &d.Stats
	rx := object{{"bytes", s.RxBytes}, {"packets", s.RxPackets}, {"errors", s.RxErrors}, {"dropped", s.RxDropped}, {"over_errors", 0}, {"multicast", s.Multicast}}
	tx := object{{"bytes", s.TxBytes}, {"packets", s.TxPackets}, {"errors", s.TxErrors}, {"dropped", s.TxDropped}, {"carrier_errors", s.TxCarrier}, {"collisions", s.Collisions}}
	if level > 1 {
		rx = append(rx, member{"length_errors", 0}, member{"crc_errors", 0}, member{"frame_errors", 0}, member{"fifo_errors", 0}, member{"missed_errors", s.RxMissed})
		tx = append(tx, member{"aborted_errors", 0}, member{"fifo_errors", 0}, member{"window_errors", 0}, member{"heartbeat_errors", 0}, member{"carrier_changes", d.CarrierChanges})
	}
	return object{{"rx", rx}, {"tx", tx}}
}

// linkFilter is what ip link show and ip addr show choose devices by.
type linkFilter struct {
	up       bool
	kind     string
	only     *core.Device
	master   *core.Device
	nomaster bool
	group    int // -1: any
}

// word takes a word of the filter; false says that it is none.
func (f *linkFilter) word(c *ipCmd, s string, a *args) (bool, error) {
	switch s {
	case "up":
		f.up = true
	case "type":
		v, err := need(a)
		if err != nil {
			return true, err
		}
		f.kind = v
	case "master":
		v, err := need(a)
		if err != nil {
			return true, err
		}
		if f.master = c.devNamed(v); f.master == nil {
			return true, invarg("Device does not exist\n", v)
		}
	case "nomaster":
		f.nomaster = true
	case "vrf":
		return true, invarg("Not a valid VRF name\n", a.next())
	case "group":
		v := a.next()
		n, err := strconv.Atoi(v)
		if err != nil && v != "default" {
			return true, invarg("Invalid \"group\" value\n", v)
		}
		f.group = n
	default:
		return false, nil
	}
	return true, nil
}

func (f *linkFilter) match(c *ipCmd, d *core.Device) bool {
	if d == nil || f.only != nil && d != f.only || f.up && !d.Up() || f.master != nil && d.Master != f.master || f.nomaster && d.Master != nil {
		return false
	}
	if f.group >= 0 && d.Group != f.group {
		return false
	}
	if k, ok := strings.CutSuffix(f.kind, "_slave"); ok {
		return slaveKind(d) == k
	}
	return f.kind == "" || c.kind(d) == f.kind
}

func (c *ipCmd) linkShow(a *args) error {
	f := linkFilter{group: -1}
	for a.more() {
		s := a.next()
		if ok, err := f.word(c, s, a); err != nil {
			return err
		} else if ok {
			continue
		}
		if s == "dev" {
			v, err := need(a)
			if err != nil {
				return err
			}
			s = v
		}
		if f.only != nil {
			return bad("Error: either \"dev\" is duplicate, or \"%s\" is a garbage.", s)
		}
		if f.only = c.devNamed(s); f.only == nil {
			if a.more() && a.peek() != "up" {
				return bad("Error: either \"dev\" is duplicate, or \"%s\" is a garbage.", a.next())
			}
			return other("Device \"%s\" does not exist.", s)
		}
	}
	if c.json {
		c.list = []any{}
	}
	for _, d := range c.p.host.NS.Devices {
		if f.match(c, d) {
			c.linkLine(d)
		}
	}
	return nil
}

// linkLine prints one device.
func (c *ipCmd) linkLine(d *core.Device) {
	if c.brief {
		c.briefLink(d)
		return
	}
	text, o := c.linkHead(d, true)
	if c.details {
		text += c.detail(d, &o)
	}
	st := c.p.lab.dev(d)
	if st.alias != "" {
		text += "\n    alias " + st.alias
		o.add("ifalias", st.alias)
	}
	if c.stats > 0 {
		text += "\n" + strings.TrimSuffix(linkStats(d, c.stats), "\n")
		o.add("stats64", statsObject(d, c.stats))
	}
	for _, s := range st.alts {
		text += "\n    altname " + s
	}
	if len(st.alts) > 0 {
		o.add("altnames", anyList(st.alts))
	}
	c.print(text+"\n", o)
}

// detail is what -d adds to the second line, and the lines of the device's type.
func (c *ipCmd) detail(d *core.Device, o *object) string {
	lo, hi := 68, 65535
	kind := c.kind(d)
	switch {
	case d.Flags&core.IFFLoopback != 0, kind == "dummy", kind == "ifb":
		lo, hi = 0, 0
	case kind == "vlan":
		lo = 0
	}
	promisc, all := d.Promiscuity, d.AllMulti
	if d.Flags&core.IFFPromisc != 0 {
		promisc++
	}
	if d.Flags&core.IFFAllMulti != 0 {
		all++
	}
	s := fmt.Sprintf(" promiscuity %d  allmulti %d minmtu %d maxmtu %d ", promisc, all, lo, hi)
	*o = append(*o, member{"promiscuity", promisc}, member{"allmulti", all}, member{"min_mtu", lo}, member{"max_mtu", hi})
	var info object
	if t := linkTypes[kind]; t != nil {
		info.add("info_kind", kind)
		s += "\n    " + kind + " "
		if t.detail != nil {
			text, data := t.detail(c, d)
			s += text
			info.add("info_data", data)
		}
	}
	if k := slaveKind(d); k != "" {
		text, data := linkTypes[k+"_slave"].detail(c, d)
		s += "\n    " + k + "_slave " + text
		info = append(info, member{"info_slave_kind", k}, member{"info_slave_data", data})
	}
	if info != nil {
		o.add("linkinfo", info)
	}
	gen := c.p.lab.dev(d).addrgen
	if gen == "" {
		gen = "eui64"
	}
	n, rxn, tso := d.NumTxQueues, d.NumRxQueues(), 524280
	if br := device.BridgeOf(d); br != nil && len(br.Ports) == 0 || device.TunOf(d) != nil || vxlanUnbound(d) {
		tso = 65536
	}
	*o = append(*o, member{"inet6_addr_gen_mode", gen}, member{"num_tx_queues", n}, member{"num_rx_queues", rxn}, member{"gso_max_size", 65536}, member{"gso_max_segs", 65535},
		member{"tso_max_size", tso}, member{"tso_max_segs", 65535}, member{"gro_max_size", 65536})
	return s + fmt.Sprintf("addrgenmode %s numtxqueues %d numrxqueues %d gso_max_size 65536 gso_max_segs 65535 tso_max_size %d tso_max_segs 65535 gro_max_size 65536 ", gen, n, rxn, tso)
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
		keep.add("flags", anyList(linkFlags(d)))
		c.list = append(c.list, keep)
		return
	}
	c.p.outf("%s%s <%s> \n", c.briefHead(d), d.Addr, strings.Join(linkFlags(d), ","))
}
