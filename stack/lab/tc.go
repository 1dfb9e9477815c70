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
const tcKinds = " htb hfsc prio mq mqprio multiq red gred choke codel fq_codel fq_pie pie sfq sfb cake ets drr qfq cbs etf taprio ingress clsact plug skbprio hhf dualpi2 "

// A tcCmd is one command line of tc(8) of iproute2 6.1.
type tcCmd struct {
	p           *Proc
	stats, json bool
	pretty      bool
	details     bool
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
		case is("-details"):
			c.details = true
		case is("-raw"), is("-oneline"), is("-iec"), is("-Numeric"), is("-names"), is("-brief"), is("-color"), is("-force"):
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

// attach makes q the device's root discipline (dev_graft_qdisc); what waits in the
// old one is dropped.
func (c *tcCmd) attach(d *core.Device, handle int, q core.Qdisc) {
	if old, ok := d.Qdisc.(sched.Discipline); ok {
		old.Reset(d.NS)
	}
	d.Qdisc = q
	if n, ok := q.(sched.Discipline); ok && handle != 0 {
		n.SetHandle(uint32(handle) << 16)
	}
	c.p.lab.settings[c.key(d, "handle")] = strconv.Itoa(handle)
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
	kd := tcKindOf(kind)
	if kd == nil && strings.Contains(tcKinds, " "+kind+" ") && kind != "" {
		return fail(1, "not modelled: qdisc %s", kind)
	}
	var opts tcOptions
	if kd != nil {
		var st int
		if opts, st = kd.parse(&tcArgs{p: p, kind: kind, w: w[i:]}); st != 0 {
			return st
		}
	}
	if name == "" {
		return fail(2, "RTNETLINK answers: No such device")
	}
	d := p.host.NS.DevByName(name)
	if d == nil {
		return fail(1, "Cannot find device \"%s\"", name)
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
	now := c.kindName(d)
	switch {
	case !root && handle <= 0:
		return fail(2, "Error: Handle cannot be zero.")
	case cmd == "add" && have != 0:
		return fail(2, "Error: Exclusivity flag on, cannot modify.")
	case (cmd == "change" || cmd == "link") && have == 0:
		return fail(2, "Error: Qdisc not found. To create specify NLM_F_CREATE flag.")
	case cmd == "change" && kind != "" && kind != now:
		return fail(2, "Error: Invalid qdisc name: must match existing qdisc.")
	case kind == "" || kd == nil:
		return fail(2, "Error: Specified qdisc kind is unknown.")
	}
	if have != 0 && now == kind && (handle <= 0 || handle == have) {
		if refused := opts.change(d.Qdisc); refused != "" {
			return fail(2, "%s", refused)
		}
		return 0
	}
	if handle <= 0 {
		if handle = have; cmd != "change" && (have == 0 || now != kind) {
			handle = c.auto()
		}
	}
	return c.put(d, handle, opts)
}

// standard is the queue that a device has by itself.
func (c *tcCmd) standard(d *core.Device) core.Qdisc {
	switch d.Ops.(type) {
	case *device.NIC, *device.Tun:
		return sched.NewPfifoFast(d)
	}
	return nil
}

// put makes the discipline that opts describe the device's root.
func (c *tcCmd) put(d *core.Device, handle int, opts tcOptions) int {
	q, refused := opts.create(d)
	if refused != "" {
		c.p.errf("%s\n", refused)
		return 2
	}
	c.attach(d, handle, q)
	return 0
}
