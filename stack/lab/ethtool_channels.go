package lab

import (
	"fmt"
	"strconv"
)

// ethtool -l and -L: how many queues a device uses (net/ethtool/channels.c).

// numbers reads NAME NUMBER pairs (nl_parser).
func (e *ethCmd) numbers(op string, names []string) (map[string]int, bool) {
	v := map[string]int{}
	for i := 0; i < len(e.w); i += 2 {
		known := false
		for _, n := range names {
			known = known || n == e.w[i]
		}
		if !known {
			e.p.errf("ethtool (%s): unknown parameter '%s'\n", op, e.w[i])
			return nil, false
		}
		if i+1 >= len(e.w) {
			e.p.errf("ethtool (%s): no value for parameter '%s'\n", op, e.w[i])
			return nil, false
		}
		s := e.w[i+1]
		n, err := strconv.ParseUint(s, 0, 31)
		if s == "on" || s == "off" {
			n, err = uint64(b2i(s == "on")), nil
		}
		if err != nil {
			e.p.errf("ethtool (%s): invalid value '%s' for parameter '%s'\n", op, s, e.w[i])
			return nil, false
		}
		v[e.w[i]] = int(n)
	}
	return v, true
}

// attrAt is the offset, in the message to the kernel, of the attribute that the word at
// index i of the command line became: behind the headers and the device's name.
func (e *ethCmd) attrAt(i int) int { return 28 + (len(e.d.Name)+4)&^3 + 4*i }

// wordAt is where a parameter is on the command line; the last one counts.
func (e *ethCmd) wordAt(name string) (at int, ok bool) {
	for i := 0; i < len(e.w); i += 2 {
		if e.w[i] == name {
			at, ok = i, true
		}
	}
	return at, ok
}

// channelNames are the kinds of channels, in the kernel's order.
var channelNames = [...]string{"rx", "tx", "other", "combined"}

// A channelSet is struct ethtool_channels: of each kind, how many there are and may be.
type channelSet struct{ now, max [len(channelNames)]int }

// channels is get_channels; ok is false for a device without.
func (e *ethCmd) channels() (c channelSet, ok bool) {
	switch {
	case e.nic != nil:
		c.now, c.max = [...]int{0, 0, 1, e.nic.Queues()}, [...]int{0, 0, 1, e.nic.MaxQueues()}
	case e.veth != nil:
		c.now, c.max = [...]int{e.d.RxQueues(), e.d.TxQueues(), 0, 0}, [...]int{e.d.NumRxQueues(), e.d.NumTxQueues, 0, 0}
	default:
		e.p.errf(ethtoolNoOp)
		return c, false
	}
	return c, true
}

// showChannels is -l.
func (e *ethCmd) showChannels() int {
	c, ok := e.channels()
	if !ok {
		return 1
	}
	rows := func(v [len(channelNames)]int) string {
		var s [len(channelNames)]any
		for i := range v {
			if s[i] = "n/a"; c.max[i] > 0 {
				s[i] = v[i]
			}
		}
		return fmt.Sprintf("RX:\t\t%v\nTX:\t\t%v\nOther:\t\t%v\nCombined:\t%v\n", s[:]...)
	}
	e.p.outf("Channel parameters for %s:\nPre-set maximums:\n%sCurrent hardware settings:\n%s", e.d.Name, rows(c.max), rows(c.now))
	return 0
}

// setChannels is -L (ethnl_set_channels).
func (e *ethCmd) setChannels() int {
	v, ok := e.numbers("-L", channelNames[:])
	if !ok {
		return 1
	}
	c, ok := e.channels()
	if !ok {
		return 1
	}
	want := c.now
	for i, n := range channelNames {
		if x, ok := v[n]; ok {
			want[i] = x
		}
	}
	if want == c.now {
		return 0
	}
	refuse := func(words, attr string) int {
		if i, ok := e.wordAt(attr); ok {
			words += fmt.Sprintf(" (offset %d)", e.attrAt(i))
		}
		e.p.errf("netlink error: %s\nnetlink error: Invalid argument\n", words)
		return 1
	}
	for i, n := range channelNames {
		if want[i] > c.max[i] {
			return refuse("requested channel count exceeds maximum", n)
		}
	}
	for i, n := range channelNames[:2] {
		if want[3] == 0 && want[i] == 0 {
			if want[3] != c.now[3] {
				n = "combined"
			}
			return refuse("requested channel counts would result in no RX or TX channel being configured", n)
		}
	}
	if e.veth != nil {
		e.veth.SetChannels(want[0], want[1])
		return 0
	}
	table, byUser := e.nic.Indirection()
	most := 0
	for _, q := range table {
		most = max(most, int(q))
	}
	if byUser && want[3] <= most {
		return refuse(fmt.Sprintf("requested channel counts are too low for existing indirection table (%d)", most), "")
	}
	if want[2] != 1 { // igb_set_channels: the other vector stays
		e.p.errf("netlink error: Invalid argument\n")
		return 1
	}
	if !e.nic.SetQueues(want[3]) {
		e.p.errf("not modelled: ethtool -L while frames are in the rings\n")
		return 1
	}
	return 0
}
