package lab

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/sched"
)

// show lists root disciplines.
func (c *tcCmd) show(w []string) int {
	var only *core.Device
	for i := 0; i < len(w); i++ {
		switch w[i] {
		case "dev":
			if i++; i >= len(w) {
				c.p.errf("Command line is not complete. Try option \"help\"\n")
				return 255
			}
			if only = c.p.host.NS.DevByName(w[i]); only == nil {
				c.p.errf("Cannot find device \"%s\"\n", w[i])
				return 1
			}
		case "root", "invisible":
		case "ingress", "clsact":
			return 0
		default:
			c.p.errf("What is \"%s\"? Try \"tc qdisc help\".\n", w[i])
			return 255
		}
	}
	rows := []tcRow{}
	for _, d := range c.p.host.NS.Devices {
		if d == nil || only != nil && d != only {
			continue
		}
		if c.json {
			rows = append(rows, c.row(d, only == nil))
			continue
		}
		c.line(d, only == nil)
	}
	if c.json {
		b, _ := json.Marshal(rows)
		if c.pretty {
			b, _ = json.MarshalIndent(rows, "", "    ")
		}
		c.p.outf("%s\n", b)
	}
	return 0
}

// describe is what a discipline is called, and its options.
func (c *tcCmd) describe(d *core.Device) (kind, opts string, limit int) {
	switch q := d.Qdisc.(type) {
	case nil:
		if !d.Up() {
			return "noop", "", 0
		}
		return "noqueue", "", 0
	case *sched.PfifoFast:
		return "pfifo_fast", "bands 3 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1", 0
	case *sched.Fifo:
		limit, _ = strconv.Atoi(c.p.lab.settings[c.key(d, "limit")])
		if q.Name() == "bfifo" {
			return "bfifo", "limit " + tcSize(limit), limit
		}
		return "pfifo", fmt.Sprintf("limit %dp", limit), limit
	}
	return d.Qdisc.Name(), "", 0
}

// tcSize is sprint_size.
func tcSize(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0 || n >= 1<<20 && (n>>10)*1024 == n && n>>20 > 0 && n%(1<<20) < 1<<10:
		return fmt.Sprintf("%dMb", n>>20)
	case n >= 1024 && n%1024 < 16:
		return fmt.Sprintf("%dKb", n>>10)
	}
	return fmt.Sprintf("%db", n)
}

// refs is how many hold the discipline: the device, and each of its queues. The
// noqueue that every virtual device begins with is there once for all.
func (c *tcCmd) refs(d *core.Device) int {
	if n, ok := d.Ops.(*device.NIC); ok {
		return n.Queues() + 1
	}
	if d.Qdisc == nil && c.handle(d) == 0 {
		return 2
	}
	return max(1, d.NumTxQueues) + 1
}

func (c *tcCmd) counts(d *core.Device) (sent, packets, drops uint64, backlog, qlen int) {
	type counted interface {
		Drops() uint64
		Backlog() int
		Len() int
	}
	q, ok := d.Qdisc.(counted)
	if !ok {
		return
	}
	b, n := c.kept(d)
	return d.Stats.TxBytes - b, d.Stats.TxPackets - n, q.Drops(), q.Backlog(), q.Len()
}

func (c *tcCmd) line(d *core.Device, name bool) {
	kind, opts, _ := c.describe(d)
	dev := ""
	if name {
		dev = "dev " + d.Name + " "
	}
	c.p.outf("qdisc %s %x: %sroot refcnt %d %s\n", kind, c.handle(d), dev, c.refs(d), opts)
	if c.stats {
		sent, n, drops, backlog, qlen := c.counts(d)
		c.p.outf(" Sent %d bytes %d pkt (dropped %d, overlimits 0 requeues 0) \n backlog %s %dp requeues 0\n", sent, n, drops, tcSize(backlog), qlen)
	}
}

// A tcRow is a discipline as tc -j prints it.
type tcRow struct {
	Kind    string         `json:"kind"`
	Handle  string         `json:"handle"`
	Dev     string         `json:"dev,omitempty"`
	Root    bool           `json:"root"`
	Refcnt  int            `json:"refcnt"`
	Options map[string]any `json:"options"`
	*tcCounts
}

type tcCounts struct {
	Bytes      uint64 `json:"bytes"`
	Packets    uint64 `json:"packets"`
	Drops      uint64 `json:"drops"`
	Overlimits int    `json:"overlimits"`
	Requeues   int    `json:"requeues"`
	Backlog    int    `json:"backlog"`
	Qlen       int    `json:"qlen"`
}

func (c *tcCmd) row(d *core.Device, name bool) tcRow {
	kind, _, limit := c.describe(d)
	m := tcRow{Kind: kind, Handle: fmt.Sprintf("%x:", c.handle(d)), Root: true, Refcnt: c.refs(d), Options: map[string]any{}}
	if name {
		m.Dev = d.Name
	}
	switch kind {
	case "pfifo", "bfifo":
		m.Options["limit"] = limit
	case "pfifo_fast":
		m.Options["bands"], m.Options["priomap"], m.Options["multiqueue"] = 3, []int{1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1}, false
	}
	if c.stats {
		sent, n, drops, backlog, qlen := c.counts(d)
		m.tcCounts = &tcCounts{Bytes: sent, Packets: n, Drops: drops, Backlog: backlog, Qlen: qlen}
	}
	return m
}
