package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/sched"
)

func init() { extra["tc"] = tcTool }

const tcUsage = `Usage:	tc [ OPTIONS ] OBJECT { COMMAND | help }
	tc [-force] -batch filename
where  OBJECT := { qdisc | class | filter | chain |
		    action | monitor | exec }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -r[aw] |
		    -o[neline] | -j[son] | -p[retty] | -c[olor]
		    -b[atch] [filename] | -n[etns] name | -N[umeric] |
		     -nm | -nam[es] | { -cf | -conf } path
		     -br[ief] }
`

const tcQdiscUsage = `Usage: tc qdisc [ add | del | replace | change | show ] dev STRING
       [ handle QHANDLE ] [ root | ingress | clsact | parent CLASSID ]
       [ estimator INTERVAL TIME_CONSTANT ]
       [ stab [ help | STAB_OPTIONS] ]
       [ ingress_block BLOCK_INDEX ] [ egress_block BLOCK_INDEX ]
       [ [ QDISC_KIND ] [ help | OPTIONS ] ]

       tc qdisc { show | list } [ dev STRING ] [ QDISC_ID ] [ invisible ]
Where:
QDISC_KIND := { [p|b]fifo | tbf | prio | cbq | red | etc. }
OPTIONS := ... try tc qdisc add <desired QDISC_KIND> help
STAB_OPTIONS := ... try tc qdisc add stab help
QDISC_ID := { root | ingress | handle QHANDLE | parent CLASSID }
`

// tcKinds are disciplines that exist and that the model does not have.
const tcKinds = " tbf netem htb hfsc prio mq mqprio multiq red gred choke codel fq fq_codel fq_pie pie sfq sfb cake ets drr qfq cbs etf taprio ingress clsact plug skbprio hhf dualpi2 "

// A tcCmd is one command line of tc(8) of iproute2 6.1.
type tcCmd struct {
	p           *Proc
	stats, json bool
	pretty      bool
}

func tcTool(p *Proc, a []string) int {
	c := &tcCmd{p: p}
	w := a[1:]
	for len(w) > 0 && strings.HasPrefix(w[0], "-") && len(w[0]) > 1 {
		o := w[0]
		w = w[1:]
		is := func(name string) bool { return strings.HasPrefix(name, o) }
		switch {
		case o == "-j" || is("-json"):
			c.json = true
		case o == "-p" || is("-pretty"):
			c.pretty = true
		case is("-stats") || is("-statistics"):
			c.stats = true
		case is("-details"), is("-raw"), is("-oneline"), is("-iec"), is("-Numeric"), is("-names"), is("-brief"), is("-color"), is("-force"):
		case is("-Version"):
			p.out("tc utility, iproute2-6.1.0, libbpf 1.1.2\n")
			return 0
		case is("-netns"), is("-batch"), is("-timestamp"), is("-tshort"), o == "-cf", is("-conf"):
			p.errf("not modelled: tc %s\n", o)
			return 1
		case is("-help"):
			p.out(tcUsage)
			return 0
		default:
			p.errf("Option \"%s\" is unknown, try \"tc -help\".\n", o)
			return 255
		}
	}
	if len(w) == 0 {
		p.out(tcUsage)
		return 0
	}
	obj := w[0]
	for _, x := range []string{"qdisc", "class", "filter", "chain", "action", "monitor", "exec", "help"} {
		if !strings.HasPrefix(x, obj) {
			continue
		}
		switch x {
		case "qdisc":
			return c.qdisc(w[1:])
		case "class", "filter":
			return c.other(x, w[1:])
		case "help":
			p.out(tcUsage)
			return 0
		}
		p.errf("not modelled: tc %s\n", x)
		return 1
	}
	p.errf("Object \"%s\" is unknown, try \"tc help\".\n", obj)
	return 255
}

// other is tc class and tc filter: there are none.
func (c *tcCmd) other(obj string, w []string) int {
	if len(w) == 0 || strings.HasPrefix("show", w[0]) || strings.HasPrefix("list", w[0]) || w[0] == "lst" {
		for i := 1; i+1 < len(w); i++ {
			if w[i] == "dev" && c.p.host.NS.DevByName(w[i+1]) == nil {
				c.p.errf("Cannot find device \"%s\"\n", w[i+1])
				return 1
			}
		}
		return 0
	}
	for _, x := range []string{"add", "delete", "change", "replace", "get"} {
		if strings.HasPrefix(x, w[0]) {
			c.p.errf("not modelled: tc %s %s\n", obj, x)
			return 1
		}
	}
	c.p.errf("Command \"%s\" is unknown, try \"tc %s help\".\n", w[0], obj)
	return 255
}

func (c *tcCmd) qdisc(w []string) int {
	if len(w) == 0 {
		return c.show(nil)
	}
	cmd := w[0]
	switch {
	case strings.HasPrefix("list", cmd), strings.HasPrefix("show", cmd), cmd == "lst":
		return c.show(w[1:])
	case strings.HasPrefix("help", cmd):
		c.p.errf("%s", tcQdiscUsage)
		return 0
	}
	for _, x := range []string{"add", "change", "replace", "link", "delete"} {
		if strings.HasPrefix(x, cmd) {
			return c.modify(x, w[1:])
		}
	}
	c.p.errf("Command \"%s\" is unknown, try \"tc qdisc help\".\n", cmd)
	return 255
}

func (c *tcCmd) key(d *core.Device, what string) string {
	return fmt.Sprintf("tc.%s.%d.%d", what, d.NS.ID, d.Index)
}

// handle is the number of the device's root discipline, 0 for the default.
func (c *tcCmd) handle(d *core.Device) int {
	n, _ := strconv.Atoi(c.p.lab.settings[c.key(d, "handle")])
	return n
}

// kept are the device's counts when the discipline came.
func (c *tcCmd) kept(d *core.Device) (bytes, packets uint64) {
	fmt.Sscan(c.p.lab.settings[c.key(d, "sent")], &bytes, &packets)
	return bytes, packets
}

func (c *tcCmd) attach(d *core.Device, handle int, q core.Qdisc) {
	d.Qdisc = q
	c.p.lab.settings[c.key(d, "handle")] = strconv.Itoa(handle)
	c.p.lab.settings[c.key(d, "sent")] = fmt.Sprint(d.Stats.TxBytes, " ", d.Stats.TxPackets)
}

// auto is the next number of those that the kernel gives by itself.
func (c *tcCmd) auto() int {
	n, _ := strconv.Atoi(c.p.lab.settings["tc.auto"])
	n++
	c.p.lab.settings["tc.auto"] = strconv.Itoa(n)
	return 0x8000 + n
}

// modify is add, change, replace, link and delete.
func (c *tcCmd) modify(cmd string, w []string) int {
	p := c.p
	fail := func(st int, f string, a ...any) int { p.errf(f+"\n", a...); return st }
	name, kind, handle, root, parent := "", "", -1, false, ""
	i := 0
	for ; i < len(w) && kind == ""; i++ {
		switch w[i] {
		case "dev", "handle", "parent":
			if i+1 >= len(w) {
				return fail(255, "Command line is not complete. Try option \"help\"")
			}
			switch i++; w[i-1] {
			case "dev":
				name = w[i]
			case "parent":
				parent = w[i]
			case "handle":
				n, err := strconv.ParseUint(strings.TrimSuffix(w[i], ":"), 16, 16)
				if err != nil {
					return fail(255, "Error: argument \"%s\" is wrong: invalid qdisc ID", w[i])
				}
				handle = int(n)
			}
		case "root":
			root = true
		case "ingress", "clsact":
			return fail(1, "not modelled: qdisc %s", w[i])
		case "help":
			p.errf("%s", tcQdiscUsage)
			return 0
		case "stab", "estimator", "ingress_block", "egress_block":
			return fail(1, "not modelled: tc qdisc %s", w[i])
		default:
			kind = w[i]
		}
	}
	limit, bad, st := tcLimit(kind, w[i:])
	if bad != "" {
		return fail(st, "%s", bad)
	}
	if name == "" {
		return fail(2, "RTNETLINK answers: No such device")
	}
	d := p.host.NS.DevByName(name)
	if d == nil {
		return fail(1, "Cannot find device \"%s\"", name)
	}
	if strings.Contains(tcKinds, " "+kind+" ") && kind != "" {
		return fail(1, "not modelled: qdisc %s", kind)
	}
	if parent != "" {
		if c.handle(d) == 0 || fmt.Sprintf("%x", c.handle(d)) != strings.Split(parent, ":")[0] {
			return fail(2, "Error: Failed to find specified qdisc.")
		}
		return fail(2, "Error: Parent qdisc is not classful.")
	}
	have := c.handle(d)
	if cmd == "delete" {
		switch {
		case !root && handle < 0:
			return fail(2, "Error: Failed to find qdisc with specified handle.")
		case have == 0:
			return fail(2, "Error: Cannot delete qdisc with handle of zero.")
		case handle > 0 && handle != have:
			return fail(2, "Error: Invalid handle.")
		}
		c.attach(d, 0, c.standard(d))
		return 0
	}
	now, _, _ := c.describe(d)
	switch {
	case !root && handle <= 0:
		return fail(2, "Error: Handle cannot be zero.")
	case cmd == "add" && have != 0:
		return fail(2, "Error: Exclusivity flag on, cannot modify.")
	case (cmd == "change" || cmd == "link") && have == 0:
		return fail(2, "Error: Qdisc not found. To create specify NLM_F_CREATE flag.")
	case cmd == "change" && kind != "" && kind != now:
		return fail(2, "Error: Invalid qdisc name: must match existing qdisc.")
	case kind == "":
		return fail(2, "Error: Specified qdisc kind is unknown.")
	}
	if handle <= 0 {
		if handle = have; cmd != "change" && (have == 0 || now != kind) {
			handle = c.auto()
		}
	}
	return c.put(d, kind, handle, limit)
}

// standard is the queue that a device has by itself.
func (c *tcCmd) standard(d *core.Device) core.Qdisc {
	if _, ok := d.Ops.(*device.NIC); ok {
		return sched.NewPfifoFast(d)
	}
	return nil
}

func (c *tcCmd) put(d *core.Device, kind string, handle, limit int) int {
	var q core.Qdisc
	switch kind {
	case "pfifo":
		if limit < 0 {
			limit = max(1, d.TxQueueLen)
		}
		q = sched.NewPfifo(d, limit)
	case "bfifo":
		if limit < 0 {
			limit = max(1, d.TxQueueLen) * (d.MTU + d.HardLen)
		}
		q = sched.NewBfifo(d, limit)
	case "pfifo_fast":
		q = sched.NewPfifoFast(d)
	case "noqueue":
	default:
		c.p.errf("Error: Specified qdisc kind is unknown.\n")
		return 2
	}
	c.p.lab.settings[c.key(d, "limit")] = strconv.Itoa(limit)
	c.attach(d, handle, q)
	return 0
}

// tcLimit reads the options of pfifo and bfifo; -1: the limit is not given.
func tcLimit(kind string, w []string) (limit int, bad string, st int) {
	if len(w) == 0 {
		return -1, "", 0
	}
	switch kind {
	case "pfifo", "bfifo":
	case "pfifo_fast", "noqueue":
		return 0, "qdisc '" + kind + "' does not support option parsing", 1
	default:
		return 0, "", 0
	}
	given := false
	for ; len(w) > 0; w = w[1:] {
		switch w[0] {
		case "limit":
			if len(w) < 2 {
				return 0, "Command line is not complete. Try option \"help\"", 255
			}
			w = w[1:]
			n, ok := tcBytes(w[0])
			if !ok {
				return 0, kind + ": Illegal value for \"limit\": \"" + w[0] + "\"", 1
			}
			limit, given = n, true
		case "help":
			return 0, "Usage: ... <[p|b]fifo | pfifo_head_drop> [ limit NUMBER ]", 1
		default:
			return 0, kind + ": unknown parameter \"" + w[0] + "\"\nUsage: ... <[p|b]fifo | pfifo_head_drop> [ limit NUMBER ]", 1
		}
	}
	if !given {
		limit = -1
	}
	return limit, "", 0
}

// tcBytes is get_size.
func tcBytes(s string) (int, bool) {
	i := len(s)
	for i > 0 && (s[i-1] < '0' || s[i-1] > '9') {
		i--
	}
	n, err := strconv.ParseUint(s[:i], 10, 31)
	mul, ok := map[string]uint64{"": 1, "b": 1, "k": 1024, "kb": 1024, "m": 1 << 20, "mb": 1 << 20, "kbit": 128, "mbit": 1 << 17}[strings.ToLower(s[i:])]
	if err != nil || !ok || n*mul > 1<<31-1 {
		return 0, false
	}
	return int(n * mul), true
}
