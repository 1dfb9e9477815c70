package nft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A flowSpec is what a flow table is declared as.
type flowSpec struct {
	hook    string
	hookAt  loc
	prio    chainSpec
	devs    []string
	offload bool
	counter bool
	at      loc // the block, to the end of the last thing in it
}

// flowtable reads { hook ingress priority 0; devices = { eth0, eth1 }; }.
func (p *parser) flowtable() *flowSpec {
	f := &flowSpec{at: p.peek().at}
	p.want("{")
	for {
		p.skipNewlines()
		switch {
		case p.accept("}"):
			return f
		case p.accept("hook"):
			f.hook, f.hookAt = p.identifier()
			switch f.hook {
			case "ingress", "egress", "prerouting", "input", "forward", "output", "postrouting":
			default:
				panic(syntaxError{errAt(f.hookAt, "unknown chain hook")})
			}
			at := p.peek().at
			p.want("priority")
			p.priority(&f.prio)
			f.prio.prioAt = at.to(p.last)
			f.at = f.at.to(p.last)
			p.stmtEnd()
		case p.accept("devices"):
			p.want("=")
			f.devs = p.flowDevices()
			f.at = f.at.to(p.last)
			p.stmtEnd()
		case p.accept("flags"):
			p.want("offload")
			f.offload = true
			f.at = f.at.to(p.last)
			p.stmtEnd()
		case p.accept("counter"):
			f.counter = true
			f.at = f.at.to(p.last)
		default:
			p.unexpected("")
		}
	}
}

// flowDevices reads { eth0, "eth1" }, or a variable.
func (p *parser) flowDevices() (l []string) {
	if p.is("$") {
		v := p.variable()
		if v.k != eSet {
			return append(l, v.word)
		}
		for _, e := range v.list {
			if e.k == eElem {
				e = e.l
			}
			l = append(l, e.word)
		}
		return l
	}
	if !p.is("{") {
		p.unexpected("'{' or '$'")
	}
	p.next()
	for p.opt(); !p.is("}"); p.opt() {
		l = append(l, p.str())
		if p.opt(); !p.accept(",") {
			break
		}
	}
	p.opt()
	p.want("}")
	return l
}

// flow reads "flow add @ft".
func (p *parser) flow() *stmt {
	at := p.next().at
	if !p.accept("add") {
		p.want("offload")
	}
	p.want("@")
	n, _ := p.identifier()
	return &stmt{k: sFlow, obj: n, at: at.to(p.last)}
}

// delFlowtable reads what stands behind "delete flowtable".
func (p *parser) delFlowtable(c *cmd) {
	c.obj = "flowtable"
	p.family(&c.p)
	c.p.table, c.p.tableAt = p.identifier()
	p.handleOrName(&c.p, func() { c.p.name, c.p.nameAt = p.identifier() })
	if p.is("{") && !c.p.hasHand {
		c.flow = p.flowtable()
	}
}

// addFlowtable declares a flow table (flowtable_evaluate); at is what nft marks when
// the kernel refuses it.
func (r *runner) addFlowtable(c *cmd, at loc) {
	f := c.flow
	t := r.table(&c.p)
	if t == nil {
		r.missingTable(&c.p, absent{at: c.p.tableAt})
		return
	}
	if f.hook != "" && f.hook != "ingress" && f.hook != "egress" {
		r.fail(errAt(f.at, "invalid hook "+f.hook))
		return
	}
	if w := f.prio.prioWord; w != "" && w != "filter" {
		r.fail(errAt(f.prio.prioAt, "invalid priority expression value."))
		return
	}
	x := &nftables.Flowtable{Name: c.p.name, Priority: f.prio.prio, Devices: f.devs, Counter: f.counter}
	e := core.Errno(0)
	switch old := t.Flowtable(x.Name); {
	case old == nil && f.hook == "":
		e = step.ENOENT
	case old == nil && f.hook == "egress":
		e = step.EOPNOTSUPP
	default:
		_, e = r.b.AddFlowtable(t, x, f.offload, c.op == "create")
	}
	r.errno(at, e)
}

// delFlowtable takes a flow table away, or devices from it.
func (r *runner) delFlowtable(c *cmd, t *nftables.Table) {
	f, at := t.Flowtable(c.p.name), c.p.nameAt
	if c.p.hasHand {
		at = c.p.handAt
		for _, x := range t.Flowtables {
			if x.Handle == c.p.handle {
				f = x
			}
		}
	}
	if f == nil {
		r.errno(at, step.ENOENT)
		return
	}
	var devs []string
	if c.flow != nil {
		devs = c.flow.devs
	}
	r.errno(at, r.b.DelFlowtable(f, devs))
}

// flowOffload makes the engine's expression of "flow add @ft".
func (l *lowerer) flowOffload(s *stmt) {
	f := l.t.Flowtable(s.obj)
	if f == nil {
		l.errno, l.errAt = step.ENOENT, s.at
		return
	}
	l.add(&nftables.FlowOffload{Flowtable: f})
}

// flowtable is flowtable_print.
func (o *output) flowtable(f *nftables.Flowtable) {
	o.printf("\tflowtable %s {", f.Name)
	if o.handles {
		o.printf(" # handle %d", f.Handle)
	}
	o.printf("\n\t\thook ingress priority %s\n", o.priority(core.NFNetdev, &nftables.Base{Priority: f.Priority}))
	if len(f.Devices) > 0 {
		o.printf("\t\tdevices = { %s }\n", strings.Join(flowDevices(f), ", "))
	}
	if f.Counter {
		o.printf("\t\tcounter\n")
	}
	o.printf("\t}\n")
}

func flowDevices(f *nftables.Flowtable) []string {
	return slices.Sorted(slices.Values(f.Devices))
}

// jsonFlowtable is flowtable_print_json.
func jsonFlowtable(f *nftables.Flowtable) jobject {
	j := jobject{{"family", familyName(f.Table.Family)}, {"name", f.Name}, {"table", f.Table.Name}, {"handle", f.Handle}, {"hook", "ingress"}, {"prio", f.Priority}}
	switch l := flowDevices(f); len(l) {
	case 0:
	case 1:
		j.set("dev", l[0])
	default:
		var a []any
		for _, d := range l {
			a = append(a, d)
		}
		j.set("dev", a)
	}
	return jpair("flowtable", j)
}

// flowCmd is json_parse_cmd_add_flowtable.
func (j *jsonReader) flowCmd(c *cmd, v any) *cmd {
	c.obj = "flowtable"
	if !j.need(v, "s family", "s table") {
		return nil
	}
	name, ok := jstr(v, "name")
	h, hasHandle := jint(v, "handle")
	if !ok && (c.op != "delete" || !hasHandle) {
		if c.op == "delete" {
			j.err("Either name or handle required to delete a flowtable.")
			return nil
		}
		j.need(v, "s name")
		return nil
	}
	if !j.family(c, v) {
		return nil
	}
	c.p.name = name
	if c.op == "delete" {
		if !ok {
			c.p.handle, c.p.hasHand = uint64(h), true
		}
		return c
	}
	f := &flowSpec{at: c.at}
	f.prio.prioAt = c.at
	c.flow = f
	if !j.need(v, "s hook", "I prio") {
		return nil
	}
	f.hook, _ = jstr(v, "hook")
	n, _ := jint(v, "prio")
	f.prio.prio = int(n)
	switch f.hook {
	case "ingress", "egress", "prerouting", "input", "forward", "output", "postrouting":
	default:
		j.err("Invalid flowtable hook '%s'.", f.hook)
		return nil
	}
	if d, ok := jany(v, "dev"); ok {
		if f.devs, ok = j.flowDevs(d); !ok {
			j.err("Invalid flowtable dev.")
			return nil
		}
	}
	return c
}

// flowDevs is json_parse_flowtable_devs.
func (j *jsonReader) flowDevs(v any) ([]string, bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, true
	case []any:
		var l []string
		for i, x := range v {
			s, ok := x.(string)
			if !ok {
				j.err("Invalid flowtable dev at index %d.", i)
				return nil, false
			}
			l = append(l, s)
		}
		return l, true
	}
	return nil, false
}

// flowStmt is json_parse_flow_offload_stmt.
func (j *jsonReader) flowStmt(v any) (string, bool) {
	if !j.need(v, "s op", "s flowtable") {
		return "", false
	}
	op, _ := jstr(v, "op")
	name, _ := jstr(v, "flowtable")
	if op != "add" {
		j.err("Unknown flow offload statement op '%s'.", op)
		return "", false
	}
	if !strings.HasPrefix(name, "@") {
		j.err("Illegal flowtable reference in flow offload statement.")
		return "", false
	}
	return fmt.Sprintf("flow add %s", name), true
}
