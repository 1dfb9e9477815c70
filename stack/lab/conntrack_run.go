package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// shown is the line that ends a command.
// The program's own output is seen once it ends, but by a person at a terminal.
func (c *ctCmd) shown(n int, what, done string) {
	tty := false
	if d := c.p.fds[1]; d != nil {
		tty = d.tty
	}
	if tty {
		c.p.out(c.lines.String())
	}
	c.p.errf(ctName+"%d %s have been %s.\n", n, what, done)
	if !tty {
		c.p.out(c.lines.String())
	}
	c.lines.Reset()
}

// print prints one connection as a listing does.
func (c *ctCmd) print(n int, x *conntrack.Conn, use2 int) {
	k := ctWhole
	k.use2 = use2
	switch {
	case c.out.xml:
		if n == 0 {
			c.lines.WriteString(ctXMLHead)
		}
		fmt.Fprintf(&c.lines, "%s\n", c.out.xmlLine(x, "", k))
	case c.out.save:
		fmt.Fprintf(&c.lines, "%s\n", c.out.saveLine(x))
	default:
		fmt.Fprintf(&c.lines, "%s\n", c.out.line(c.p.lab, x, k))
	}
}

// run carries the command out.
func (c *ctCmd) run() int {
	t := conntrack.Of(c.p.host.NS)
	if t == nil {
		t = conntrack.NewTable(c.p.host.NS)
	}
	if c.table == "dying" || c.table == "unconfirmed" {
		if c.cmd != 'L' {
			return c.usage("Can't do that with this table")
		}
		c.shown(0, "flow entries", "shown") // between two commands no connection is in between
		return 0
	}
	switch c.cmd {
	case 'L':
		n := 0
		t.Each(func(x *conntrack.Conn) bool {
			if c.f.match(x, false) {
				c.print(n, x, 0)
				n++
				if _, zero := c.given['z']; zero {
					x.Counters = [2]conntrack.Counter{}
				}
			}
			return true
		})
		c.endXML(n)
		c.shown(n, "flow entries", "shown")
	case 'D':
		return c.delete(t)
	case 'U':
		return c.update(t)
	case 'F':
		c.asUser(func() { t.Iterate(func(x *conntrack.Conn) bool { return !c.f.hasL3 || x.L3() == c.f.l3 }) })
		c.p.errf(ctName + "connection tracking table has been emptied.\n")
	case 'C':
		c.p.outf("%d\n", t.Count())
	case 'S':
		c.stats(t)
	case 'G':
		return c.get(t)
	case 'I':
		return c.insert(t)
	case 'E':
		return c.p.runProgram("conntrack", &ctEvents{ctCmd: c, t: t})
	}
	return 0
}

func (c *ctCmd) endXML(n int) {
	if c.out.xml && n > 0 {
		c.lines.WriteString("</conntrack>\n")
	}
}

func (c *ctCmd) delete(t *conntrack.Table) int {
	n := 0
	var doomed []*conntrack.Conn
	t.Each(func(x *conntrack.Conn) bool {
		if c.f.match(x, false) {
			doomed = append(doomed, x)
		}
		return true
	})
	for _, x := range doomed {
		if !x.IsConfirmed() || x.Status&conntrack.Dying != 0 {
			continue
		}
		c.print(n, x, 0)
		c.asUser(func() { t.Delete(x) })
		n++
	}
	c.endXML(n)
	c.shown(n, "flow entries", "deleted")
	return b2i(n == 0)
}

// update is -U. Without an address or -f the messages name no family, and the
// kernel refuses the first.
func (c *ctCmd) update(t *conntrack.Table) int {
	n, no := 0, false
	t.Each(func(x *conntrack.Conn) bool {
		if !c.f.match(x, true) {
			return true
		}
		if !c.f.hasL3 && c.changes(x) {
			no = true
			return false
		}
		if !c.change(x) {
			return true
		}
		c.print(n, x, 1)
		n++
		return true
	})
	if no {
		const words = "Operation failed: Operation not supported"
		c.p.errf("%s\n", words)
		return c.fail(words)
	}
	c.shown(n, "flow entries", "updated")
	return b2i(n == 0)
}

// changes tells whether there is something to change.
func (c *ctCmd) changes(x *conntrack.Conn) bool {
	for _, k := range []byte{'t', 'm', 'u'} {
		if _, ok := c.given[k]; ok {
			return true
		}
	}
	_, ok := c.given[7]
	return ok && x.Proto() == 6
}

// change reports false if there is nothing to change.
func (c *ctCmd) change(x *conntrack.Conn) bool {
	did := false
	if _, ok := c.given['t']; ok {
		x.SetTimeout(sim.Time(c.set.timeout) * sim.Second)
		did = true
	}
	if _, ok := c.given['m']; ok {
		x.Mark = x.Mark&^c.set.mask | c.set.mark
		did = true
	}
	if _, ok := c.given['u']; ok {
		x.Status |= c.set.status & (conntrack.Assured | conntrack.SeenReply | conntrack.FixedTimeout)
		did = true
	}
	if _, ok := c.given[7]; ok && x.Proto() == 6 {
		x.TCP.State = conntrack.TCPStateID(c.f.state)
		did = true
	}
	if did {
		c.told(x)
	}
	return did
}

// told is what ctnetlink tells listeners of a change that it made
// (nf_conntrack_eventmask_report).
func (c *ctCmd) told(x *conntrack.Conn) {
	for _, q := range c.p.lab.procs {
		if q.app == nil || q.host != c.p.host {
			continue
		}
		if e, ok := q.app.App.(*ctEvents); ok {
			e.by = c.p.pid
			e.ConntrackEvent(x.NS(), x, conntrack.EventMark|conntrack.EventProtoInfo)
			e.by = 0
			q.app.Start(c.p.lab.now())
		}
	}
}

func (c *ctCmd) get(t *conntrack.Table) int {
	f := &c.f
	k := conntrack.Tuple{L3: f.l3, Proto: f.proto}
	src, dst, sp, dp := 0, 1, 0, 1
	if !f.addr[0].IsValid() {
		src, dst, sp, dp = 2, 3, 2, 3
	}
	k.Src, k.Dst = wire.FromNetip(f.addr[src].Addr()), wire.FromNetip(f.addr[dst].Addr())
	k.Sport, k.Dport = uint16(max(0, f.port[sp])), uint16(max(0, f.port[dp]))
	if f.proto == 1 || f.proto == 58 {
		k.Sport, k.Dport = uint16(max(0, f.icmp[2])), uint16(max(0, f.icmp[0])<<8|max(0, f.icmp[1]))
	}
	x, _ := t.Find(&k, conntrack.Zone{ID: uint16(max(0, f.zone))})
	if x == nil {
		return c.fail("Operation failed: such conntrack doesn't exist")
	}
	c.print(0, x, 1)
	c.endXML(1)
	c.shown(1, "flow entries", "shown")
	return 0
}

func (c *ctCmd) stats(t *conntrack.Table) {
	for cpu := range c.p.host.NS.Machine.CPUs() { // one CPU does the work
		var s conntrack.Stat
		if cpu == 0 {
			s = t.Stat
		}
		c.p.outf("cpu=%-4d\tfound=%d invalid=%d insert=%d insert_failed=%d drop=%d early_drop=%d error=%d search_restart=%d clash_resolve=%d chaintoolong=%d \n",
			cpu, s.Found, s.Invalid, s.Insert, s.InsertFailed, s.Drop, s.EarlyDrop, s.Error, s.SearchRestart, s.ClashResolve, s.ChainTooLong)
	}
}

// expect is what is done with the table of expectations.
func (c *ctCmd) expect() int {
	t := conntrack.NewTable(c.p.host.NS)
	switch c.cmd {
	case 'L':
		n := 0
		for _, e := range t.Expects() {
			if c.f.hasL3 && e.Tuple.L3 != c.f.l3 {
				continue
			}
			fmt.Fprintf(&c.lines, "%s\n", ctExpect(e))
			n++
		}
		c.shown(n, "expectations", "shown")
	case 'F':
		for _, e := range t.Expects() {
			t.Unexpect(e)
		}
		c.p.errf(ctName + "expectation table has been emptied.\n")
	case 'C':
		c.p.outf("%d\n", len(t.Expects()))
	default:
		c.p.errf("not modelled: conntrack -%c expect\n", c.cmd)
		return 1
	}
	return 0
}

// ctExpect is an expectation as text.
func ctExpect(e *conntrack.Expect) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d proto=%d ", e.Expires()/sim.Second, e.Tuple.Proto)
	ctTuple(&b, &e.Tuple, func(a wire.Addr) string { return a.String() })
	zero, full := "0.0.0.0", "255.255.255.255"
	if e.Tuple.L3 == core.NFIPv6 {
		zero, full = "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
	}
	src := full
	if e.AnySrc {
		src = zero
	}
	fmt.Fprintf(&b, "mask-src=%s mask-dst=%s sport=0 dport=65535 ", src, full)
	if e.Master != nil {
		m := e.Master.Tuple(conntrack.Original)
		fmt.Fprintf(&b, "master-src=%s master-dst=%s sport=%d dport=%d class=0 helper=ftp", m.Src, m.Dst, m.Sport, m.Dport)
	}
	return b.String()
}

// asUser does something in the name of this process: the events tell of it.
func (c *ctCmd) asUser(f func()) {
	var told []*ctEvents
	for _, q := range c.p.lab.procs {
		if q.app != nil {
			if e, ok := q.app.App.(*ctEvents); ok {
				e.by = c.p.pid
				told = append(told, e)
			}
		}
	}
	f()
	for _, e := range told {
		e.by = 0
	}
}

// A ctEvents is conntrack -E: a listener of the namespace's table.
type ctEvents struct {
	term
	ctCmd *ctCmd `fork:"share"`
	t     *conntrack.Table
	prog  *socket.Program
	on    bool
	n     int
	by    int // the process whose command is the cause, 0: none
}

// Run begins to listen.
func (e *ctEvents) Run(p *socket.Program) {
	if !e.on {
		e.on, e.prog = true, p
		e.t.AddListener(e)
	}
}

// Signal ends it with a line that counts.
func (e *ctEvents) Signal(n int) bool {
	if n != 2 && n != 15 {
		return false
	}
	if e.ctCmd.out.xml && e.n > 0 {
		e.printf("</conntrack>\n")
	}
	e.errf(ctName+"%d flow events have been shown.\n", e.n)
	e.close()
	e.exit(e.prog, 0)
	return true
}

func (e *ctEvents) close() {
	if e.on {
		e.t.RemoveListener(e)
		e.on = false
	}
}

// ConntrackEvent prints one event.
func (e *ctEvents) ConntrackEvent(ns *core.Netns, x *conntrack.Conn, ev conntrack.Events) {
	if e.prog == nil || e.prog.Exited {
		return
	}
	c := e.ctCmd
	kind, word := uint8(ctUpdate), " [UPDATE] "
	switch {
	case ev&conntrack.EventDestroy != 0:
		kind, word = ctDestroy, "[DESTROY] "
	case ev&(conntrack.EventNew|conntrack.EventRelated) != 0:
		kind, word = ctNew, "    [NEW] "
	}
	if c.events != 0 && c.events&kind == 0 || !c.f.match(x, false) || len(e.Out) > 1<<20 {
		return
	}
	k := ctLook{state: ev&(conntrack.EventProtoInfo|conntrack.EventDestroy) != 0, counters: kind == ctDestroy, mark: ev&conntrack.EventMark != 0, times: kind == ctDestroy}
	if c.out.xml {
		if e.n == 0 {
			e.printf(ctXMLHead)
		}
		e.printf("%s\n", c.out.xmlLine(x, [...]string{ctNew: "new", ctUpdate: "update", ctDestroy: "destroy"}[kind], k))
		e.n++
		return
	}
	if c.out.timestamp {
		now := c.p.lab.unix(ns.Clock.Now())
		e.printf("[%-8d.%-6d]\t", now/1e9, now/1e3%1e6)
	}
	e.printf("%s%s", word, c.out.line(c.p.lab, x, k))
	if e.by != 0 {
		e.printf(" [USERSPACE] portid=%d", e.by)
	}
	e.printf("\n")
	e.n++
}
