package ipt

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/step"
)

// clone is a copy of an extension's data: a rule has its own.
func clone(d any) any {
	v := reflect.ValueOf(d)
	n := reflect.New(v.Elem().Type())
	n.Elem().Set(v.Elem())
	return n.Interface()
}

// family is the engine's word for 4 or 6.
func family(fam int) core.Family {
	if fam == 6 {
		return core.NFIPv6
	}
	return core.NFIPv4
}

// An xtcHandle is struct xtc_handle: a table of iptables-legacy that is being
// changed.
type xtcHandle struct {
	p       *prog
	t       *iptables.Table
	r       *iptables.Replace
	changed bool
	fn      string // iptc_fn: what was done last
}

// openTable is iptc_init; it ends the run if there is no such table.
func (p *prog) openTable(c *command) *xtcHandle {
	h, e := p.xtcInit(c.table)
	if h == nil {
		p.die(versionProblem, "can't initialize %s table `%s': %s", p.xtcName(), c.table, initError(e))
	}
	return h
}

func (p *prog) xtcName() string {
	if p.fam == 6 {
		return "ip6tables"
	}
	return "iptables"
}

func initError(e core.Errno) string {
	switch e {
	case step.ENOENT:
		return "Table does not exist (do you need to insmod?)"
	case step.EINVAL:
		return "Module is wrong version"
	}
	return strerror(e)
}

func (p *prog) xtcInit(table string) (*xtcHandle, core.Errno) {
	if len(table) >= 32 {
		return nil, step.EINVAL
	}
	t, e := iptables.Of(p.env.NS).Table(family(p.fam), table)
	if e != 0 {
		return nil, e
	}
	return &xtcHandle{p: p, t: t, r: t.Get()}, 0
}

// strerror is iptc_strerror.
func (h *xtcHandle) strerror(e core.Errno) string {
	switch {
	case h.fn == "create chain" && e == step.EEXIST:
		return "Chain already exists"
	case h.fn == "insert" && e == e2big:
		return "Index of insertion too big"
	case h.fn == "replace" && e == e2big:
		return "Index of replacement too big"
	case h.fn == "delete num" && e == e2big:
		return "Index of deletion too big"
	case h.fn == "zero counter" && e == e2big:
		return "Index of counter too big"
	case h.fn == "insert" && e == eloop:
		return "Loop found in table"
	case h.fn == "insert" && e == step.EINVAL:
		return "Target problem"
	case h.fn == "delete" && e == step.ENOENT:
		return "Bad rule (does a matching rule exist in that chain?)"
	case h.fn == "set policy" && e == step.ENOENT:
		return "Bad built-in chain name"
	case h.fn == "set policy" && e == step.EINVAL:
		return "Bad policy name"
	}
	if s := generic(e); s != "" {
		return s
	}
	return strerror(e)
}

// commit is iptc_commit.
func (h *xtcHandle) commit() (bool, core.Errno) {
	h.fn = "commit"
	if !h.changed {
		return true, 0
	}
	if f := h.t.Replace(h.r); f != nil {
		return false, f.Errno
	}
	return true, 0
}

func (h *xtcHandle) chain(name string) *iptables.Chain { return h.r.Chain(name) }

// refs counts the rules that jump to a chain.
func (h *xtcHandle) refs(name string) (n int64) {
	for _, c := range h.r.Chains {
		for _, r := range c.Rules {
			if j, ok := r.Target.(*iptables.Jump); ok && j.Chain == name {
				n++
			}
		}
	}
	return n
}

// do is do_command4: false and an errno if it fails.
func (h *xtcHandle) do(c *command) (bool, core.Errno) {
	v := c.verbose > 0
	ok, e := true, core.Errno(0)
	switch {
	case c.op&(cmdAppend|cmdDelete|cmdCheck|cmdInsert|cmdReplace) != 0:
		return h.doRule(c)
	case c.op == cmdDeleteNum:
		return h.deleteNum(c.chain, c.num-1)
	case c.op == cmdFlush:
		return h.each(c, true, func(n string) (bool, core.Errno) { return h.flush(n, v) })
	case c.op == cmdZero:
		return h.zero(c, v)
	case c.op == cmdZeroNum:
		return h.zeroNum(c.chain, c.num)
	case c.op&cmdList != 0:
		ok, e = h.list(c)
	case c.op&cmdListRules != 0:
		ok, e = h.listRules(c)
	case c.op == cmdNewChain:
		return h.create(c.chain)
	case c.op == cmdDeleteChain:
		return h.each(c, false, func(n string) (bool, core.Errno) { return h.deleteChain(n, v) })
	case c.op == cmdRename:
		return h.rename(c.chain, c.newName)
	case c.op == cmdSetPolicy:
		return h.setPolicy(c)
	}
	if ok && c.op&cmdZero != 0 {
		ok, e = h.zero(c, v)
	}
	if ok && c.op&cmdZeroNum != 0 {
		ok, e = h.zeroNum(c.chain, c.num)
	}
	return ok, e
}

// doRule adds, deletes, looks for or replaces a rule.
func (h *xtcHandle) doRule(c *command) (bool, core.Errno) {
	p := h.p
	if h.chain(c.r.jump) != nil && c.r.target != nil && c.r.jump != "" {
		p.warn("Warning: using chain %s, not extension\n", c.r.jump)
		c.r.target = nil
	}
	if c.r.target == nil && c.r.jump != "" && h.chain(c.r.jump) == nil {
		if c.r.isGoto {
			p.bad("goto '%s' is not a chain", c.r.jump)
		}
		p.findTarget(c.r.jump, true)
	}
	ok, last := true, core.Errno(0)
	for _, r := range c.pairs() {
		if c.verbose > 0 {
			p.printRule(r, 0, oneLine)
		}
		if good, e := h.oneRule(c, r); !good {
			ok, last = false, e
		}
	}
	return ok, last
}

func (h *xtcHandle) oneRule(c *command, r *rule) (bool, core.Errno) {
	h.fn = map[int]string{cmdAppend: "append", cmdInsert: "insert", cmdReplace: "replace", cmdDelete: "delete", cmdCheck: "delete"}[c.op]
	ch := h.chain(c.chain)
	if ch == nil {
		return false, step.ENOENT
	}
	at := c.num - 1
	switch {
	case c.op == cmdInsert && at > len(ch.Rules), c.op == cmdReplace && at >= len(ch.Rules):
		return false, e2big
	}
	if _, ok := verdicts[r.jump]; r.jump != "" && !ok {
		h.fn = "" // iptcc_map_target asks whether it is a built-in chain
	}
	if d := h.chain(c.r.jump); d != nil && d.Builtin {
		return false, step.EINVAL
	}
	n := h.p.engineRule(r)
	switch c.op {
	case cmdAppend:
		ch.Rules = append(ch.Rules, n)
	case cmdInsert:
		ch.Rules = slices.Insert(ch.Rules, at, n)
	case cmdReplace:
		ch.Rules[at] = n
	default:
		for i, x := range ch.Rules {
			if h.p.same(h.p.fromEngine(x), r) {
				if c.op == cmdDelete {
					ch.Rules = slices.Delete(ch.Rules, i, i+1)
					h.changed = true
				}
				return true, 0
			}
		}
		return false, step.ENOENT
	}
	h.changed = true
	return true, 0
}

func (h *xtcHandle) deleteNum(name string, at int) (bool, core.Errno) {
	h.fn = "delete num"
	ch := h.chain(name)
	if ch == nil {
		return false, step.ENOENT
	}
	if at >= len(ch.Rules) {
		return false, e2big
	}
	ch.Rules = slices.Delete(ch.Rules, at, at+1)
	h.changed = true
	return true, 0
}

// each does something to the chain of a command, or to all.
func (h *xtcHandle) each(c *command, builtin bool, f func(string) (bool, core.Errno)) (bool, core.Errno) {
	if c.named {
		return f(c.chain)
	}
	ok, last := true, core.Errno(0)
	for _, ch := range append([]*iptables.Chain(nil), h.r.Chains...) {
		if ch.Builtin && !builtin {
			continue
		}
		if good, e := f(ch.Name); !good {
			ok, last = false, e
		}
	}
	return ok, last
}

func (h *xtcHandle) flush(name string, verbose bool) (bool, core.Errno) {
	h.fn = "flush"
	if verbose {
		h.p.out.f("Flushing chain `%s'\n", name)
	}
	ch := h.chain(name)
	if ch == nil {
		return false, step.ENOENT
	}
	ch.Rules = nil
	h.changed = true
	return true, 0
}

func (h *xtcHandle) zero(c *command, verbose bool) (bool, core.Errno) {
	return h.each(c, true, func(name string) (bool, core.Errno) {
		h.fn = "zero"
		if verbose {
			h.p.out.f("Zeroing chain `%s'\n", name)
		}
		ch := h.chain(name)
		if ch == nil {
			return false, step.ENOENT
		}
		ch.Counter = iptables.Counter{}
		for _, r := range ch.Rules {
			r.Counter = iptables.Counter{}
		}
		h.changed = true
		return true, 0
	})
}

func (h *xtcHandle) zeroNum(name string, num int) (bool, core.Errno) {
	h.fn = "zero counter"
	ch := h.chain(name)
	if ch == nil {
		return false, step.ENOENT
	}
	if num > len(ch.Rules) {
		return false, e2big
	}
	ch.Rules[num-1].Counter = iptables.Counter{}
	h.changed = true
	return true, 0
}

func (h *xtcHandle) create(name string) (bool, core.Errno) {
	h.fn = "create chain"
	if h.chain(name) != nil || name == "DROP" || name == "ACCEPT" || name == "QUEUE" || name == "RETURN" {
		return false, step.EEXIST
	}
	if len(name) >= 32 {
		return false, step.EINVAL
	}
	h.insert(&iptables.Chain{Name: name})
	return true, 0
}

// insert puts a chain in its place: chains of the user's are sorted.
func (h *xtcHandle) insert(n *iptables.Chain) {
	i := 0
	for i < len(h.r.Chains) && (h.r.Chains[i].Builtin || h.r.Chains[i].Name < n.Name) {
		i++
	}
	h.r.Chains = slices.Insert(h.r.Chains, i, n)
	h.changed = true
}

func (h *xtcHandle) deleteChain(name string, verbose bool) (bool, core.Errno) {
	h.fn = "delete chain"
	if verbose {
		h.p.out.f("Deleting chain `%s'\n", name)
	}
	ch := h.chain(name)
	if ch == nil {
		return false, step.ENOENT
	}
	h.fn = "" // what asks about the chain leaves its own name there
	switch {
	case ch.Builtin:
		return false, step.EINVAL
	case h.refs(name) > 0:
		return false, emlink
	case len(ch.Rules) > 0:
		return false, enotempty
	}
	h.r.Chains = slices.DeleteFunc(h.r.Chains, func(c *iptables.Chain) bool { return c == ch })
	h.changed = true
	return true, 0
}

func (h *xtcHandle) rename(old, name string) (bool, core.Errno) {
	h.fn = "rename chain"
	if h.chain(name) != nil || name == "DROP" || name == "ACCEPT" || name == "QUEUE" || name == "RETURN" {
		return false, step.EEXIST
	}
	ch := h.chain(old)
	if ch == nil || ch.Builtin {
		return false, step.ENOENT
	}
	if len(name) >= 32 {
		return false, step.EINVAL
	}
	for _, c := range h.r.Chains {
		for i, r := range c.Rules {
			if j, ok := r.Target.(*iptables.Jump); ok && j.Chain == old {
				n := h.p.engineRule(h.p.fromEngine(r))
				n.Target = &iptables.Jump{Chain: name, Goto: j.Goto}
				n.Text = strings.Replace(r.Text, old, name, 1)
				c.Rules[i] = n
			}
		}
	}
	h.r.Chains = slices.DeleteFunc(h.r.Chains, func(c *iptables.Chain) bool { return c == ch })
	ch.Name = name
	h.insert(ch)
	return true, 0
}

func (h *xtcHandle) setPolicy(c *command) (bool, core.Errno) {
	return h.policy(c.chain, c.policy, c.seen&optCounters != 0, c.r.packets, c.r.bytes)
}

func (h *xtcHandle) policy(name, policy string, counters bool, packets, bytes uint64) (bool, core.Errno) {
	h.fn = "set policy"
	ch := h.chain(name)
	if ch == nil || !ch.Builtin {
		return false, step.ENOENT
	}
	switch policy {
	case "ACCEPT":
		ch.Policy = iptables.Accept
	case "DROP":
		ch.Policy = iptables.Drop
	default:
		return false, step.EINVAL
	}
	ch.Counter = iptables.Counter{}
	if counters {
		ch.Counter = iptables.Counter{Packets: packets, Bytes: bytes}
	}
	h.changed = true
	return true, 0
}

func (h *xtcHandle) list(c *command) (bool, core.Errno) {
	f, found := c.format(), false
	for _, ch := range h.r.Chains {
		if c.named && ch.Name != c.chain {
			continue
		}
		if found {
			h.p.out.f("\n")
		}
		if c.num == 0 {
			pol := ""
			if ch.Builtin {
				pol = ch.Policy.String()
			}
			h.p.header(f, ch.Name, pol, ch.Packets, ch.Bytes, h.refs(ch.Name))
		}
		for i, r := range ch.Rules {
			if c.num == 0 || c.num == i+1 {
				h.p.printRule(h.p.fromEngine(r), i+1, f)
			}
		}
		found = true
	}
	return found, step.ENOENT
}

func (h *xtcHandle) listRules(c *command) (bool, core.Errno) {
	f := &format{cCounts: c.verbose > 0}
	o := &h.p.out
	found := false
	for _, ch := range h.r.Chains {
		if c.named && ch.Name != c.chain || c.num != 0 {
			continue
		}
		if !ch.Builtin {
			o.f("-N %s\n", ch.Name)
			continue
		}
		o.f("-P %s %s", ch.Name, ch.Policy)
		if f.cCounts {
			o.f(" -c %d %d", ch.Packets, ch.Bytes)
		}
		o.f("\n")
	}
	for _, ch := range h.r.Chains {
		if c.named && ch.Name != c.chain {
			continue
		}
		for i, r := range ch.Rules {
			if c.num == 0 || c.num == i+1 {
				h.saveRule(ch.Name, r, f)
			}
		}
		found = true
	}
	return found, step.ENOENT
}

func (h *xtcHandle) saveRule(chain string, r *iptables.Rule, f *format) {
	o := &h.p.out
	o.f("-A %s", chain)
	h.p.saveRule(h.p.fromEngine(r), o, f)
	o.f("\n")
}

// engineRule is the rule as the engine has it.
func (p *prog) engineRule(r *rule) *iptables.Rule {
	n := &iptables.Rule{Counter: iptables.Counter{Packets: r.packets, Bytes: r.bytes}}
	n.IP = iptables.IP{In: r.in, Out: r.out, Proto: uint8(r.proto), Frag: r.frag,
		InvSrc: r.inv&invSrc != 0, InvDst: r.inv&invDst != 0, InvIn: r.inv&invIn != 0, InvOut: r.inv&invOut != 0, InvProto: r.inv&invProto != 0, InvFrag: r.inv&invFrag != 0}
	n.IP.SrcMask, n.IP.DstMask = r.src.mask.wireMask(p.fam), r.dst.mask.wireMask(p.fam)
	if !r.src.mask.zero() {
		n.IP.Src = r.src.addr.wire(p.fam)
	}
	if !r.dst.mask.zero() {
		n.IP.Dst = r.dst.addr.wire(p.fam)
	}
	for _, m := range r.matches {
		n.Matches = append(n.Matches, iptables.MatchEntry{Match: engineMatch(m), Text: p.matchText(r, m)})
	}
	n.Text = p.targetText(r)
	switch t := r.target; {
	case t != nil && t.e.name != "standard":
		n.Target = engineTarget(t)
	case r.jump == "":
	default:
		if v, ok := verdicts[r.jump]; ok {
			n.Target = &iptables.Standard{Verdict: v}
		} else {
			n.Target = &iptables.Jump{Chain: r.jump, Goto: r.isGoto}
		}
	}
	return n
}

var verdicts = map[string]iptables.Verdict{"ACCEPT": iptables.Accept, "DROP": iptables.Drop, "QUEUE": iptables.Queue, "RETURN": iptables.Return}

func engineMatch(m *inst) iptables.Match {
	x, ok := m.d.(iptables.Match)
	if !ok {
		panic(fmt.Sprintf("ipt: %s is no match of the engine", m.e.name))
	}
	return x
}

func engineTarget(t *inst) iptables.Target {
	x, ok := t.d.(iptables.Target)
	if !ok {
		panic(fmt.Sprintf("ipt: %s is no target of the engine", t.e.name))
	}
	return x
}

// instOf is an extension as it was read back.
func (p *prog) instOf(name string, target bool, d any) *inst {
	e := find(name, target, p.fam)
	if e == nil || e.makes == nil || reflect.TypeOf(e.makes(p.fam)) != reflect.TypeOf(d) {
		return nil
	}
	return &inst{e: e, d: d}
}

// fromEngine reads a rule back.
func (p *prog) fromEngine(n *iptables.Rule) *rule {
	r := &rule{in: n.IP.In, out: n.IP.Out, proto: uint64(n.IP.Proto), frag: n.IP.Frag, packets: n.Packets, bytes: n.Bytes}
	r.src = network{fromWire(n.IP.Src, p.fam), fromWire(n.IP.SrcMask, p.fam)}
	r.dst = network{fromWire(n.IP.Dst, p.fam), fromWire(n.IP.DstMask, p.fam)}
	for _, b := range []struct {
		on  bool
		bit uint8
	}{{n.IP.InvSrc, invSrc}, {n.IP.InvDst, invDst}, {n.IP.InvIn, invIn}, {n.IP.InvOut, invOut}, {n.IP.InvProto, invProto}, {n.IP.InvFrag, invFrag}} {
		if b.on {
			r.inv |= b.bit
		}
	}
	for _, m := range n.Matches {
		if i := p.instOf(m.Name(), false, m.Match); i != nil {
			r.matches = append(r.matches, i)
		}
	}
	switch t := n.Target.(type) {
	case nil:
	case *iptables.Standard:
		r.jump = t.Verdict.String()
	case *iptables.Jump:
		r.jump, r.isGoto = t.Chain, t.Goto
	default:
		r.jump = t.Name()
		r.target = p.instOf(t.Name(), true, t)
	}
	return r
}
