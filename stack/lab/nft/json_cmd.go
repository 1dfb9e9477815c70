package nft

import (
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

var jsonVerbs = []string{"add", "replace", "create", "insert", "delete", "list", "reset", "flush", "rename"}

// cmd is json_parse_cmd: what has no verb is added, so that a listing can be read.
func (j *jsonReader) cmd(o jobject) *cmd {
	for _, verb := range jsonVerbs {
		v, ok := o.get(verb)
		if !ok {
			continue
		}
		switch verb {
		case "replace", "insert":
			if !j.need(v, "o rule") {
				return nil
			}
			x, _ := jany(v, "rule")
			return j.placed(x, verb)
		case "rename":
			return j.renameCmd(v)
		case "list", "reset", "flush":
			return j.look(v, verb)
		}
		return j.add(v, verb)
	}
	return j.add(o, "add")
}

var jsonAddable = []string{"table", "chain", "rule", "set", "map", "element", "flowtable", "counter", "quota", "ct helper", "ct timeout", "ct expectation", "limit", "secmark"}

func (j *jsonReader) add(v any, op string) *cmd {
	o, ok := v.(jobject)
	if !ok {
		j.err("Value of add command must be object (got %s instead).", jtype(v))
		return nil
	}
	for _, k := range jsonAddable {
		x, ok := o.get(k)
		if !ok {
			continue
		}
		if op == "create" && k == "rule" {
			j.err("Create command not available for rules.")
			return nil
		}
		return j.object(x, k, op)
	}
	j.err("Unknown object passed to add command.")
	return nil
}

func (j *jsonReader) object(v any, kind, op string) *cmd {
	c := &cmd{op: op, at: loc{src: internalSource}}
	switch kind {
	case "table":
		return j.tableCmd(c, v)
	case "chain":
		return j.chainCmd(c, v)
	case "rule":
		return j.ruleCmd(c, v)
	case "set", "map", "meter":
		return j.setCmd(c, v, kind)
	case "element":
		return j.elementCmd(c, v)
	case "flowtable":
		return j.flowCmd(c, v)
	case "secmark", "ct expectation":
		j.err("not modelled: %s in JSON", kind)
		return nil
	}
	return j.objCmd(c, v, kind)
}

// family sets where a command is about.
func (j *jsonReader) family(c *cmd, v any) bool {
	at := loc{src: internalSource}
	c.p.tableAt, c.p.chainAt, c.p.nameAt, c.p.handAt, c.p.posAt, c.elAt = at, at, at, at, at, at
	s, _ := jstr(v, "family")
	f, ok := families[s]
	if !ok {
		j.err("Unknown family '%s'.", s)
		return false
	}
	c.p.family, c.p.hasFam = f, true
	c.p.table, _ = jstr(v, "table")
	return true
}

// nameOrHandle reads a name, or, to delete, a handle.
func (j *jsonReader) nameOrHandle(c *cmd, v any, to *string, what string) bool {
	name, ok := jstr(v, "name")
	*to = name
	if c.op != "delete" {
		return ok || j.need(v, "s name")
	}
	if ok {
		return true
	}
	h, ok := jint(v, "handle")
	if !ok {
		j.err("Either name or handle required to delete %s.", what)
		return false
	}
	c.p.handle, c.p.hasHand = uint64(h), true
	return true
}

func (j *jsonReader) tableCmd(c *cmd, v any) *cmd {
	c.obj, c.table = "table", &tableSpec{}
	if !j.need(v, "s family") || !j.nameOrHandle(c, v, &c.p.table, "a table") {
		return nil
	}
	name := c.p.table
	if !j.family(c, v) {
		return nil
	}
	c.p.table = name
	return c
}

func (j *jsonReader) chainCmd(c *cmd, v any) *cmd {
	c.obj = "chain"
	if !j.need(v, "s family", "s table") || !j.nameOrHandle(c, v, &c.p.chain, "a chain") || !j.family(c, v) {
		return nil
	}
	typ, ok1 := jstr(v, "type")
	hook, ok2 := jstr(v, "hook")
	prio, ok3 := jint(v, "prio")
	if !ok1 || !ok2 || !ok3 || c.op != "add" && c.op != "create" {
		return c
	}
	s := &chainSpec{typ: typ, hook: hook, hasHook: true, hookLoc: c.at, prio: int(prio), prioAt: c.at}
	switch hook {
	case "ingress", "egress", "prerouting", "input", "forward", "output", "postrouting":
	default:
		j.err("Invalid chain hook '%s'.", hook)
		return nil
	}
	if d, ok := jstr(v, "dev"); ok {
		s.devs = []string{d}
	}
	if p, ok := jstr(v, "policy"); ok {
		if p != "accept" && p != "drop" {
			j.err("Unknown policy '%s'.", p)
			return nil
		}
		s.policy = p
	}
	c.chain = s
	return c
}

func (j *jsonReader) ruleCmd(c *cmd, v any) *cmd {
	c.obj = "rule"
	if !j.need(v, "s family", "s table", "s chain") {
		return nil
	}
	if c.op == "delete" {
		if !j.need(v, "I handle") || !j.family(c, v) {
			return nil
		}
		h, _ := jint(v, "handle")
		c.p.handle, c.p.hasHand = uint64(h), true
		c.p.chain, _ = jstr(v, "chain")
		return c
	}
	if !j.need(v, "o expr") || !j.family(c, v) {
		return nil
	}
	return j.ruleBody(c, v)
}

// placed is json_parse_cmd_replace: insert and replace.
func (j *jsonReader) placed(v any, op string) *cmd {
	c := &cmd{op: op, obj: "rule", at: loc{src: internalSource}}
	if !j.need(v, "s family", "s table", "s chain", "o expr") {
		return nil
	}
	h, ok := jint(v, "handle")
	if op == "replace" && (!ok || h == 0) {
		j.err("Handle is required when replacing a rule.")
		return nil
	}
	if !j.family(c, v) {
		return nil
	}
	if op == "replace" {
		c.p.handle, c.p.hasHand = uint64(h), true
	} else {
		c.p.pos = uint64(h)
	}
	return j.ruleBody(c, v)
}

func (j *jsonReader) ruleBody(c *cmd, v any) *cmd {
	c.p.chain, _ = jstr(v, "chain")
	x, _ := jany(v, "expr")
	l, ok := x.([]any)
	if !ok {
		j.err(`Value of property "expr" must be an array.`)
		return nil
	}
	if n, ok := jint(v, "index"); ok {
		c.p.index = uint64(n) + 1
	}
	c.rule = &ruleSpec{at: c.at}
	c.rule.comment, _ = jstr(v, "comment")
	for i, x := range l {
		if _, ok := x.(jobject); !ok {
			j.err("Unexpected expr array element of type %s, expected object.", jtype(x))
			return nil
		}
		t, ok := j.stmt(x)
		if ok {
			ok = j.words(t, func(p *parser) { c.rule.stmts = append(c.rule.stmts, p.stmt()) })
		}
		if !ok {
			j.err("Parsing expr array at index %d failed.", i)
			return nil
		}
	}
	return c
}

func (j *jsonReader) dtype(v any) *dtype {
	switch v := v.(type) {
	case string:
		if t := typesByName[v]; t != nil {
			return t
		}
		j.err("Invalid datatype '%s'.", v)
		return nil
	case []any:
		var l []*dtype
		for i, x := range v {
			t := j.dtype(x)
			if t == nil {
				j.err("Invalid datatype at index %d.", i)
				return nil
			}
			l = append(l, t)
		}
		if len(l) > 0 {
			return concatType(l)
		}
	}
	j.err("Invalid set datatype.")
	return nil
}

func (j *jsonReader) setCmd(c *cmd, v any, kind string) *cmd {
	c.obj = "set"
	if !j.need(v, "s family", "s table") || !j.nameOrHandle(c, v, &c.p.name, "a set") || !j.family(c, v) {
		return nil
	}
	if c.op == "delete" || c.op == "list" || c.op == "flush" {
		return c
	}
	s := &setSpec{name: c.p.name, at: c.at, typeAt: c.at}
	c.set = s
	x, ok := jany(v, "type")
	if ok {
		s.key = j.dtype(x)
	}
	if s.key == nil {
		j.err("Invalid set type.")
		return nil
	}
	if m, ok := jstr(v, "map"); ok {
		s.isMap = true
		if k := objKinds[m]; k != 0 {
			s.objMap = k
		} else if s.data = typesByName[m]; s.data == nil {
			j.err("Invalid map type '%s'.", m)
			return nil
		}
	}
	if p, ok := jstr(v, "policy"); ok {
		if p != "performance" && p != "memory" {
			j.err("Unknown set policy '%s'.", p)
			return nil
		}
		s.policy = p
	}
	if f, ok := jany(v, "flags"); ok {
		l, _ := f.([]any)
		for i, x := range l {
			w, _ := x.(string)
			if w != "constant" && w != "interval" && w != "timeout" {
				j.err("Invalid set flag at index %d.", i)
				return nil
			}
			s.flags = append(s.flags, w)
		}
	}
	if e, ok := jany(v, "elem"); ok {
		s.elems, ok = j.elems(e)
		if !ok {
			j.err("Invalid set elem expression.")
			return nil
		}
	}
	if n, ok := jint(v, "timeout"); ok {
		s.timeout = uint64(n) * 1000
	}
	if n, ok := jint(v, "gc-interval"); ok {
		s.gc = uint64(n) * 1000
	}
	if n, ok := jint(v, "size"); ok {
		s.size = uint64(n)
	}
	if x, ok := jany(v, "stmt"); ok {
		l, _ := x.([]any)
		for _, y := range l {
			t, ok := j.stmt(y)
			if !ok || !j.words(t, func(p *parser) { s.stmts = append(s.stmts, p.stateful()) }) {
				return nil
			}
		}
	}
	return c
}

// elems reads elements (json_parse_set_expr) by way of nft's own language.
func (j *jsonReader) elems(v any) (l []*expr, ok bool) {
	t, ok := j.setText(v)
	if !ok {
		return nil, false
	}
	return l, j.words("{ "+t+" }", func(p *parser) { l = p.setBlock() })
}

func (j *jsonReader) elementCmd(c *cmd, v any) *cmd {
	c.obj = "element"
	if !j.need(v, "s family", "s table", "s name", "o elem") || !j.family(c, v) {
		return nil
	}
	c.p.name, _ = jstr(v, "name")
	x, _ := jany(v, "elem")
	ok := false
	if c.elems, ok = j.elems(x); !ok {
		j.err("Invalid set.")
		return nil
	}
	return c
}

func (j *jsonReader) objCmd(c *cmd, v any, kind string) *cmd {
	c.obj = "object"
	if !j.need(v, "s family", "s table") || !j.nameOrHandle(c, v, &c.p.name, "an object") || !j.family(c, v) {
		return nil
	}
	s := &objSpec{kind: kindOf(kind), word: kind}
	c.objs = s
	if c.op != "add" && c.op != "create" {
		return c
	}
	s.comment, _ = jstr(v, "comment")
	switch s.kind {
	case nftables.ObjCounter:
		p, _ := jint(v, "packets")
		b, _ := jint(v, "bytes")
		s.st = &stmt{k: sCounter, packets: uint64(p), bytes: uint64(b), given: true}
	case nftables.ObjQuota:
		n, _ := jint(v, "bytes")
		u, _ := jint(v, "used")
		s.st = &stmt{k: sQuota, bytes: uint64(n), used: uint64(u), over: jbool(v, "inv")}
	case nftables.ObjLimit:
		if !j.need(v, "I rate", "s per") {
			return nil
		}
		s.st = jsonRate(v)
	default:
		return j.ctObject(c, v)
	}
	return c
}

// jsonRate reads a limit.
func jsonRate(v any) *stmt {
	r, _ := jint(v, "rate")
	b, _ := jint(v, "burst")
	per, _ := jstr(v, "per")
	s := &stmt{k: sLimit, rate: uint64(r), burst: uint64(b), over: jbool(v, "inv"), unit: 1}
	if u := timeUnits[per]; u != 0 {
		s.unit = u
	}
	unit, ok := jstr(v, "rate_unit")
	if ok && unit != "packets" {
		bu, _ := jstr(v, "burst_unit")
		s.isBytes = true
		s.rate *= max(1, byteUnits[unit])
		s.burst *= max(1, byteUnits[bu])
	}
	return s
}

func (j *jsonReader) ctObject(c *cmd, v any) *cmd {
	s := c.objs
	s.policy = map[string]uint64{}
	s.helper, _ = jstr(v, "type")
	if p, ok := jstr(v, "protocol"); ok {
		switch p {
		case "tcp":
			s.l4 = 6
		case "udp":
			s.l4 = 17
		default:
			j.err("Invalid %s protocol '%s'.", s.word, p)
			return nil
		}
	}
	if f, ok := jstr(v, "l3proto"); ok {
		s.l3, s.hasL3 = families[f]
		if !s.hasL3 {
			j.err("Invalid %s l3proto '%s'.", s.word, f)
			return nil
		}
	}
	if p, ok := jany(v, "policy"); ok {
		o, _ := p.(jobject)
		for _, m := range o {
			n, isInt := m.value.(int64)
			if !slices.Contains(timeoutNames[s.l4], m.key) || !isInt {
				j.err("Unknown timeout state '%s'.", m.key)
				return nil
			}
			s.policy[m.key] = uint64(n)
		}
	}
	return c
}

func (j *jsonReader) renameCmd(v any) *cmd {
	c := &cmd{op: "rename", obj: "chain", at: loc{src: internalSource}}
	x, ok := jany(v, "chain")
	if !ok {
		j.need(v, "o chain")
		return nil
	}
	if !j.need(x, "s family", "s table", "s name", "s newname") || !j.family(c, x) {
		return nil
	}
	c.p.chain, _ = jstr(x, "name")
	c.p.rename, _ = jstr(x, "newname")
	return c
}

var jsonLookable = map[string][]string{
	"list":  {"table", "tables", "chain", "chains", "set", "sets", "map", "maps", "counter", "counters", "quota", "quotas", "ct helper", "ct helpers", "ct timeout", "ct expectation", "limit", "limits", "ruleset", "meter", "meters", "flowtables", "secmark", "secmarks"},
	"reset": {"counter", "counters", "quota", "quotas"},
	"flush": {"table", "chain", "set", "map", "meter", "ruleset"},
}

// look is list, reset and flush.
func (j *jsonReader) look(v any, op string) *cmd {
	o, ok := v.(jobject)
	if !ok {
		j.err("Value of %s command must be object (got %s instead).", op, jtype(v))
		return nil
	}
	for _, k := range jsonLookable[op] {
		x, ok := o.get(k)
		if !ok {
			continue
		}
		if !strings.HasSuffix(k, "s") && k != "ruleset" {
			return j.object(x, k, op)
		}
		return j.several(x, k, op)
	}
	j.err("Unknown object passed to %s command.", op)
	return nil
}

// several is json_parse_cmd_list_multiple.
func (j *jsonReader) several(x any, k, op string) *cmd {
	c := &cmd{op: op, obj: k, at: loc{src: internalSource}}
	if f, ok := jstr(x, "family"); ok {
		c.p.family, c.p.hasFam = families[f]
		if !c.p.hasFam {
			j.err("Unknown family '%s'.", f)
			return nil
		}
	}
	switch k {
	case "sets", "counters", "ct helpers":
		c.p.table, _ = jstr(x, "table")
	}
	if k == "ct helpers" {
		if c.p.table == "" {
			j.err("Listing ct helpers requires table reference.")
			return nil
		}
		c.obj, c.objs = "objects", &objSpec{kind: nftables.ObjCTHelper, word: "ct helper"}
	}
	return c
}
