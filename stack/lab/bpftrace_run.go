package lab

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A bpfEvent is what fires a probe.
type bpfEvent struct {
	probe string
	fn    string
	tp    *step.TPInfo // of a tracepoint
	args  []uint64
	on    trace.Subject
}

// bpfStop ends a block: return, or the budget of one run.
type bpfStop struct{ why string }

// A bpfRun runs the blocks of a program. It is not part of the world.
type bpfRun struct {
	c      *bpfCmd
	vars   map[string]bpfVal
	ev     *bpfEvent
	steps  int
	loop   string // break or continue
	mapsOf map[string]*bpfMap
}

// run carries one block out.
func (r *bpfRun) run(b *bpfProbe, ev *bpfEvent) {
	r.vars, r.ev, r.steps = map[string]bpfVal{}, ev, 0
	defer func() {
		if e := recover(); e != nil {
			if _, ok := e.(bpfStop); !ok {
				panic(e)
			}
		}
	}()
	if b.filter != nil && !r.eval(b.filter).true() {
		return
	}
	r.block(b.body)
}

func (r *bpfRun) block(l []*bpfNode) {
	for _, n := range l {
		if r.loop != "" {
			return
		}
		r.stmt(n)
	}
}

// spend counts work: a program of the kernel's is bounded, too.
func (r *bpfRun) spend() {
	if r.steps++; r.steps > 1000000 {
		panic(bpfStop{"budget"})
	}
}

func (r *bpfRun) stmt(n *bpfNode) {
	r.spend()
	switch n.op {
	case "if":
		if r.eval(n.kids[0]).true() {
			r.block(n.then)
		} else {
			r.block(n.other)
		}
	case "while":
		for r.eval(n.kids[0]).true() {
			r.spend()
			if r.block(n.then); r.loop == "break" {
				r.loop = ""
				return
			}
			r.loop = ""
		}
	case "unroll":
		for range min(100, max(0, r.eval(n.kids[0]).num)) {
			r.block(n.then)
		}
	case "return":
		panic(bpfStop{"return"})
	case "break", "continue":
		r.loop = n.op
	case "=":
		r.assign(n.kids[0], n.kids[1])
	default:
		r.eval(n)
	}
}

func (r *bpfRun) mapOf(name string) *bpfMap {
	m := r.mapsOf[name]
	if m == nil {
		m = &bpfMap{name: name, rows: map[string]*bpfRow{}}
		r.mapsOf[name] = m
	}
	return m
}

func (r *bpfRun) key(n *bpfNode) (k []bpfVal) {
	for _, x := range n.kids {
		k = append(k, r.eval(x))
	}
	return k
}

// assign is "$x = …" and "@x[…] = …"; count() and its like fill an entry.
func (r *bpfRun) assign(to, from *bpfNode) {
	if from.op == "call" && bpfFills[from.text] {
		if to.op != "map" {
			return
		}
		var a [4]int64
		for i, k := range from.kids {
			if i < 4 {
				a[i] = r.eval(k).num
			}
		}
		v, lo, hi, st := a[0], a[1], a[2], max(1, a[3])
		if row := r.mapOf(to.text).row(r.key(to)); row != nil {
			row.fill(from.text, v, lo, hi, st)
		}
		return
	}
	v := r.eval(from)
	if to.op == "var" {
		r.vars[to.text] = v
		return
	}
	if row := r.mapOf(to.text).row(r.key(to)); row != nil {
		row.kind, row.val = "", v
	}
}

var bpfFills = map[string]bool{"count": true, "sum": true, "avg": true, "min": true, "max": true, "stats": true, "hist": true, "lhist": true}

func (r *bpfRun) eval(n *bpfNode) bpfVal {
	r.spend()
	switch n.op {
	case "num":
		return bpfNum(n.num)
	case "str":
		return bpfStr(n.text)
	case "var":
		return r.vars[n.text]
	case "map":
		m := r.mapOf(n.text)
		k := r.key(n)
		before := len(m.rows)
		row := m.row(k)
		if row == nil {
			return bpfVal{}
		}
		v := row.value()
		if len(m.rows) > before {
			m.drop(k) // it was only looked at
		}
		return v
	case "name":
		return r.builtin(n.text)
	case "field":
		return r.field(n)
	case "index", "tuple":
		var l []bpfVal
		for _, k := range n.kids {
			l = append(l, r.eval(k))
		}
		if n.op == "tuple" {
			return bpfVal{list: l}
		}
		if i := l[1].num; l[0].list != nil && i >= 0 && i < int64(len(l[0].list)) {
			return l[0].list[i]
		}
		return bpfVal{}
	case "call":
		return r.call(n)
	case "?:":
		if r.eval(n.kids[0]).true() {
			return r.eval(n.kids[1])
		}
		return r.eval(n.kids[2])
	case "&&":
		return bpfNum(int64(b2i(r.eval(n.kids[0]).true() && r.eval(n.kids[1]).true())))
	case "||":
		return bpfNum(int64(b2i(r.eval(n.kids[0]).true() || r.eval(n.kids[1]).true())))
	case "cast":
		v := r.eval(n.kids[0])
		switch strings.Fields(n.text)[0] {
		case "uint8", "char":
			v.num = int64(uint8(v.num))
		case "int8":
			v.num = int64(int8(v.num))
		case "uint16":
			v.num = int64(uint16(v.num))
		case "int16", "short":
			v.num = int64(int16(v.num))
		case "uint32":
			v.num = int64(uint32(v.num))
		case "int32":
			v.num = int64(int32(v.num))
		}
		return v
	case "pre!":
		return bpfNum(int64(b2i(!r.eval(n.kids[0]).true())))
	case "pre~":
		return bpfNum(^r.eval(n.kids[0]).num)
	case "pre-":
		return bpfNum(-r.eval(n.kids[0]).num)
	case "pre*", "pre&":
		return r.eval(n.kids[0])
	case "pre++", "pre--", "post++", "post--":
		old := r.eval(n.kids[0])
		d := int64(1)
		if strings.HasSuffix(n.op, "--") {
			d = -1
		}
		r.assign(n.kids[0], &bpfNode{op: "num", num: old.num + d})
		if strings.HasPrefix(n.op, "post") {
			return bpfNum(old.num)
		}
		return bpfNum(old.num + d)
	}
	return bpfOp(n.op, r.eval(n.kids[0]), r.eval(n.kids[1]))
}

// bpfOp is an operator on two values.
func bpfOp(op string, a, b bpfVal) bpfVal {
	if a.str || b.str {
		x, y := a.String(), b.String()
		switch op {
		case "==":
			return bpfNum(int64(b2i(x == y)))
		case "!=":
			return bpfNum(int64(b2i(x != y)))
		}
		return bpfVal{}
	}
	x, y := a.num, b.num
	switch op {
	case "+":
		return bpfNum(x + y)
	case "-":
		return bpfNum(x - y)
	case "*":
		return bpfNum(x * y)
	case "/", "%":
		if y == 0 {
			return bpfVal{}
		}
		if op == "/" {
			return bpfNum(int64(uint64(x) / uint64(y)))
		}
		return bpfNum(int64(uint64(x) % uint64(y)))
	case "&":
		return bpfNum(x & y)
	case "|":
		return bpfNum(x | y)
	case "^":
		return bpfNum(x ^ y)
	case "<<":
		return bpfNum(x << (uint64(y) & 63))
	case ">>":
		return bpfNum(int64(uint64(x) >> (uint64(y) & 63)))
	}
	v := false
	switch op {
	case "==":
		v = x == y
	case "!=":
		v = x != y
	case "<":
		v = x < y
	case ">":
		v = x > y
	case "<=":
		v = x <= y
	case ">=":
		v = x >= y
	}
	return bpfNum(int64(b2i(v)))
}

// builtin is a name without brackets.
func (r *bpfRun) builtin(name string) bpfVal {
	l := r.c.p.lab
	comm, pid := l.runs()
	switch name {
	case "pid", "tid":
		return bpfNum(int64(pid))
	case "comm":
		return bpfStr(comm)
	case "uid", "gid", "cgroup", "elapsed", "numaid":
		if name == "elapsed" {
			return bpfNum(int64(l.now() - r.c.began))
		}
		return bpfVal{}
	case "username":
		return bpfStr("root")
	case "nsecs":
		return bpfNum(int64(l.now()))
	case "cpu":
		if t := l.World.Trace; t != nil {
			return bpfNum(int64(t.CPU))
		}
		return bpfVal{}
	case "probe":
		return bpfStr(r.ev.probe)
	case "func":
		return bpfStr(r.ev.fn)
	case "kstack":
		return bpfStr(r.c.stack(127))
	case "args":
		return bpfVal{}
	case "AF_INET":
		return bpfNum(2)
	case "AF_INET6":
		return bpfNum(10)
	}
	if name == "arg2" {
		return bpfNum(int64(l.sending()))
	}
	return bpfVal{}
}

// field is args->x of a tracepoint.
func (r *bpfRun) field(n *bpfNode) bpfVal {
	if n.kids[0].op != "name" || n.kids[0].text != "args" || r.ev.tp == nil {
		return bpfVal{}
	}
	at := 0
	for _, a := range r.ev.tp.Args {
		w := 1
		if a.Fmt.Wide() {
			w = 2
		}
		if at+w > len(r.ev.args) {
			break
		}
		if a.Name == n.text {
			v := r.ev.args[at : at+w]
			return r.argument(a, v)
		}
		at += w
	}
	return bpfVal{}
}

// argument is one field as a program sees it: names are texts, addresses bytes.
func (r *bpfRun) argument(a step.Arg, v []uint64) bpfVal {
	switch a.Fmt {
	case step.Dev:
		return bpfStr(r.c.DevName(int(v[0])))
	case step.IP:
		return bpfVal{text: "\x00addr" + string(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, v[0]), v[1])), str: true}
	case step.IP4:
		return bpfVal{text: "\x00addr" + string(binary.BigEndian.AppendUint32(nil, uint32(v[0]))), str: true}
	case step.Func:
		return bpfStr(step.Step(v[0]).String())
	case step.Str:
		return bpfStr(r.c.Text(v[0]))
	case step.Mac:
		return bpfStr(wire.MAC(v[0]).String())
	case step.Int:
		return bpfNum(int64(int32(v[0])))
	}
	return bpfNum(int64(v[0]))
}

// bpfAddr is ntop().
func bpfAddr(v bpfVal) string {
	b, ok := strings.CutPrefix(v.text, "\x00addr")
	if !ok {
		if v.str {
			return v.text
		}
		var x [4]byte
		binary.LittleEndian.PutUint32(x[:], uint32(v.num))
		return netip.AddrFrom4(x).String()
	}
	if len(b) == 4 {
		return netip.AddrFrom4([4]byte([]byte(b))).String()
	}
	return wire.Addr{Hi: binary.BigEndian.Uint64([]byte(b)), Lo: binary.BigEndian.Uint64([]byte(b)[8:])}.String()
}
