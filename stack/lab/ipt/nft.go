package ipt

import (
	"slices"
	"sort"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A builtin is struct builtin_chain: a chain that iptables-nft makes by itself.
type builtin struct {
	name string
	hook core.HookNum
	prio int
	typ  nftables.ChainType
}

// builtins are xtables_ipv4: the chains of each table.
var builtins = map[string][]builtin{
	"raw": {{"PREROUTING", core.PreRouting, -300, nftables.TypeFilter}, {"OUTPUT", core.LocalOut, -300, nftables.TypeFilter}},
	"mangle": {{"PREROUTING", core.PreRouting, -150, nftables.TypeFilter}, {"INPUT", core.LocalIn, -150, nftables.TypeFilter}, {"FORWARD", core.Forward, -150, nftables.TypeFilter},
		{"OUTPUT", core.LocalOut, -150, nftables.TypeRoute}, {"POSTROUTING", core.PostRouting, -150, nftables.TypeFilter}},
	"filter":   {{"INPUT", core.LocalIn, 0, nftables.TypeFilter}, {"FORWARD", core.Forward, 0, nftables.TypeFilter}, {"OUTPUT", core.LocalOut, 0, nftables.TypeFilter}},
	"security": {{"INPUT", core.LocalIn, 150, nftables.TypeFilter}, {"FORWARD", core.Forward, 150, nftables.TypeFilter}, {"OUTPUT", core.LocalOut, 150, nftables.TypeFilter}},
	"nat": {{"PREROUTING", core.PreRouting, -100, nftables.TypeNAT}, {"INPUT", core.LocalIn, 100, nftables.TypeNAT}, {"OUTPUT", core.LocalOut, -100, nftables.TypeNAT},
		{"POSTROUTING", core.PostRouting, 100, nftables.TypeNAT}},
}

func builtinChain(table, name string) *builtin {
	for i, b := range builtins[table] {
		if b.name == name {
			return &builtins[table][i]
		}
	}
	return nil
}

// An nftCmd is struct nft_cmd: what shall be done in the next transaction.
type nftCmd struct {
	op      string
	table   string
	chain   string
	named   bool
	r       *rule
	num     int // of a rule, from 0; -1: none
	jump    string
	policy  string
	newName string
	packets uint64
	bytes   uint64
	verbose bool
	line    int
	f       *format
	rules   bool // -S
}

// An nftHandle is struct nft_handle.
type nftHandle struct {
	p       *prog
	cmds    []*nftCmd
	b       *nftables.Batch
	verbose int
	noFlush bool
	restore bool
	fn      string // nft_fn: what was done last
	errno   core.Errno
	line    int
	refused []string // what the kernel did not take
	after   []func() // once the transaction is done
}

func (p *prog) nftOpen() *nftHandle {
	if p.nft == nil {
		p.nft = &nftHandle{p: p}
	}
	return p.nft
}

// strerror is nft_strerror.
func (h *nftHandle) strerror() string {
	e := h.errno
	switch {
	case h.fn == "chain del" && e == enotempty:
		return "Chain is not empty"
	case h.fn == "chain del" && e == step.EBUSY:
		return "Directory not empty"
	case h.fn == "chain del" && e == emlink:
		return "Can't delete chain with references left"
	case h.fn == "chain add" && e == step.EEXIST:
		return "Chain already exists"
	case h.fn == "insert" && e == e2big:
		return "Index of insertion too big"
	case (h.fn == "check" || h.fn == "delete") && e == step.ENOENT:
		return "Bad rule (does a matching rule exist in that chain?)"
	case h.fn == "replace" && e == e2big:
		return "Index of replacement too big"
	case h.fn == "delete num" && e == e2big:
		return "Index of deletion too big"
	case h.fn == "chain set" && e == step.ENOENT:
		return "Bad built-in chain name"
	case h.fn == "chain set" && e == step.EINVAL:
		return "Bad policy name"
	case e == eloop:
		return "Loop found in table"
	case e == step.EPERM:
		return "Permission denied (you must be root)"
	}
	if s := generic(e); s != "" {
		return s
	}
	return strerror(e)
}

func (h *nftHandle) queue(c *nftCmd) {
	c.line = max(h.p.line, 0)
	h.cmds = append(h.cmds, c)
}

// do is do_commandx: what the command asks for is queued; lists are printed. False
// if it fails.
func (h *nftHandle) do(c *command) bool {
	p := h.p
	if c.ignored {
		return true
	}
	if !builtinTable(c.table) {
		p.die(versionProblem, "table '%s' does not exist", c.table)
	}
	n := nftCmd{table: c.table, chain: c.chain, named: c.named, num: -1, verbose: c.verbose > 0}
	add := func(op string) bool {
		n.op = op
		h.queue(&n)
		return true
	}
	switch {
	case c.op&(cmdAppend|cmdInsert|cmdReplace|cmdDelete|cmdCheck) != 0:
		h.queueRules(c)
		return true
	case c.op == cmdDeleteNum:
		n.num = c.num - 1
		return add("delete num")
	case c.op == cmdFlush:
		return add("flush")
	case c.op == cmdZero:
		return add("zero")
	case c.op == cmdZeroNum:
		n.num = c.num - 1
		return add("zero num")
	case c.op&(cmdList|cmdListRules) != 0:
		return h.doList(c, n)
	case c.op == cmdNewChain:
		return add("chain add")
	case c.op == cmdDeleteChain:
		return add("chain del")
	case c.op == cmdRename:
		n.newName = c.newName
		return add("rename")
	case c.op == cmdSetPolicy:
		n.policy = c.policy
		return add("chain set")
	}
	c.tryHelp()
	return false
}

func (h *nftHandle) queueRules(c *command) {
	for _, r := range c.pairs() {
		n := &nftCmd{table: c.table, chain: c.chain, named: true, num: -1, r: r, verbose: c.verbose > 0}
		if r.target == nil {
			n.jump = r.jump
		}
		switch c.op {
		case cmdAppend:
			n.op = "append"
		case cmdInsert:
			n.op, n.num = "insert", c.num-1
		case cmdReplace:
			n.op, n.num = "replace", c.num-1
		case cmdDelete:
			n.op = "delete"
		case cmdCheck:
			n.op = "check"
		}
		h.p.encodable(r)
		h.queue(n)
	}
}

// doList queues a list, and what -Z asks for beside it.
func (h *nftHandle) doList(c *command, n nftCmd) bool {
	n.op, n.num = "list", c.num
	n.f = c.format()
	if c.op&cmdListRules != 0 {
		n.rules = true
		n.f = &format{cCounts: c.verbose > 0}
	}
	l := n
	h.queue(&l)
	if c.op&cmdZero != 0 {
		n.op, n.num = "zero", -1
		z := n
		h.queue(&z)
	}
	if c.op&cmdZeroNum != 0 {
		n.op, n.num = "zero num", c.num-1
		z := n
		h.queue(&z)
	}
	h.p.warnLegacy(false)
	return true
}

// tables are those of the engine.
func (h *nftHandle) tables() *nftables.Tables { return nftables.Of(h.p.env.NS) }

func (h *nftHandle) table(name string) *nftables.Table {
	return h.tables().Find(family(h.p.fam), name)
}

// commit is nft_commit: all that was queued, in one transaction. False and errno if
// a command failed; what the kernel refuses ends the run.
func (h *nftHandle) commit() bool {
	h.b = h.tables().Begin()
	cmds := h.cmds
	h.cmds, h.refused, h.after = nil, nil, nil
	for _, c := range cmds {
		h.line = c.line
		if !h.one(c) && len(h.refused) == 0 {
			h.b.Abort()
			return false
		}
	}
	if len(h.refused) > 0 {
		h.b.Abort()
		msg := ""
		for _, s := range h.refused {
			msg += s
		}
		h.p.die(resourceProblem, "%s", msg)
	}
	h.b.Commit()
	for _, f := range h.after {
		f()
	}
	return true
}

func (h *nftHandle) abort() { h.cmds = nil }

// kernel notes that the kernel refuses something (mnl_append_error).
func (h *nftHandle) kernel(e core.Errno, what, on string) {
	if e == 0 {
		return
	}
	var b buf
	if h.line != 0 {
		b.f("\nline %d: %s failed (%s): %s", h.line, what, strerror(e), on)
	} else {
		if len(h.refused) > 0 {
			return
		}
		b.f(" %s failed (%s): %s", what, strerror(e), on)
	}
	h.refused = append(h.refused, b.String())
}

func (h *nftHandle) fail(e core.Errno) bool {
	h.errno = e
	return false
}

// one is a turn of nft_prepare.
func (h *nftHandle) one(c *nftCmd) bool {
	if c.jump != "" && builtinChain(c.table, c.jump) == nil && h.chain(c.table, c.jump) == nil {
		h.p.bad("Chain '%s' does not exist", c.jump)
	}
	switch c.op {
	case "append":
		return h.append(c)
	case "insert":
		return h.insert(c)
	case "replace":
		return h.replace(c)
	case "delete", "delete num", "check":
		return h.delete(c)
	case "flush":
		return h.flush(c)
	case "zero":
		return h.zero(c)
	case "zero num":
		return h.zeroNum(c)
	case "list":
		return h.list(c)
	case "chain add":
		return h.chainAdd(c)
	case "chain del":
		return h.chainDel(c)
	case "chain restore":
		return h.chainRestore(c)
	case "rename":
		return h.rename(c)
	case "chain set":
		return h.chainSet(c)
	case "table flush":
		if t := h.table(c.table); t != nil {
			h.kernel(h.b.DelTable(t), "TABLE_FLUSH", "table "+c.table)
		}
	}
	return true
}

// chain is nft_chain_find.
func (h *nftHandle) chain(table, name string) *nftables.Chain {
	t := h.table(table)
	if t == nil {
		return nil
	}
	c := t.Chain(name)
	if c != nil && foreign(c) {
		return nil
	}
	return c
}

// foreign tells whether a base chain is none of iptables': nft made it.
func foreign(c *nftables.Chain) bool {
	if c.Base == nil {
		return false
	}
	b := builtinChain(c.Table.Name, c.Name)
	return b == nil || b.hook != c.Base.Hook || b.prio != c.Base.Priority || b.typ != c.Base.Type || c.Base.Ingress || c.Base.Egress
}

// initTable is nft_xt_builtin_table_init.
func (h *nftHandle) initTable(name string) *nftables.Table {
	t, e := h.b.AddTable(family(h.p.fam), name, false, false, false)
	h.kernel(e, "TABLE_ADD", "table "+name)
	return t
}

// initChain is nft_xt_builtin_init for one chain, "" for all.
func (h *nftHandle) initChain(table, name string) {
	t := h.initTable(table)
	if t == nil {
		return
	}
	for _, b := range builtins[table] {
		if name == "" || b.name == name {
			h.addBase(t, &b, false)
		}
	}
}

func (h *nftHandle) addBase(t *nftables.Table, b *builtin, drop bool) *nftables.Chain {
	if c := t.Chain(b.name); c != nil {
		return c
	}
	c, e := h.b.AddChain(t, b.name, &nftables.Base{Type: b.typ, Hook: b.hook, Priority: b.prio, Drop: drop}, false, false)
	h.kernel(e, "CHAIN_ADD", "chain "+b.name)
	return c
}

// place is where in a chain of the engine a rule goes.
func (h *nftHandle) place(c *nftCmd, at int, what string) {
	ch := h.chain(c.table, c.chain)
	r, e := h.p.encode(ch, c.r)
	if e2 := h.b.AddRule(ch, at, r); e2 != 0 { // what comes first in the rule
		e = e2
	}
	h.kernel(e, what, "rule in chain "+c.chain)
	if c.verbose {
		h.p.printRule(c.r, 0, oneLine)
	}
}

func (h *nftHandle) append(c *nftCmd) bool {
	h.initChain2(c)
	h.fn = "append"
	ch := h.chain(c.table, c.chain)
	if ch == nil {
		return h.fail(step.ENOENT)
	}
	h.place(c, len(ch.Rules), "RULE_APPEND")
	return true
}

// initChain2 makes the table, and the chain if it is a built-in one.
func (h *nftHandle) initChain2(c *nftCmd) {
	if c.chain == "" {
		h.initTable(c.table)
		return
	}
	h.initChain(c.table, c.chain)
}

func (h *nftHandle) insert(c *nftCmd) bool {
	h.initChain2(c)
	h.fn = "insert"
	ch := h.chain(c.table, c.chain)
	if ch == nil {
		return h.fail(step.ENOENT)
	}
	if c.num > len(ch.Rules) {
		return h.fail(e2big)
	}
	what := "RULE_INSERT"
	if c.num == len(ch.Rules) && c.num > 0 {
		what = "RULE_APPEND"
		h.fn = "append"
	}
	h.place(c, c.num, what)
	return true
}

func (h *nftHandle) replace(c *nftCmd) bool {
	h.fn = "replace"
	ch := h.chain(c.table, c.chain)
	if ch == nil {
		return h.fail(step.ENOENT)
	}
	if c.num >= len(ch.Rules) {
		return h.fail(e2big)
	}
	h.fn = "append"
	old := ch.Rules[c.num]
	n := len(h.refused)
	h.place(c, c.num, "RULE_REPLACE")
	if len(h.refused) == n {
		h.b.DelRule(old)
	}
	return true
}

// delete deletes a rule, by number or by what it says, or only looks for it.
func (h *nftHandle) delete(c *nftCmd) bool {
	h.fn = c.op
	ch := h.chain(c.table, c.chain)
	if ch == nil {
		return h.fail(step.ENOENT)
	}
	at := c.num
	if c.op == "delete num" {
		if at >= len(ch.Rules) {
			return h.fail(e2big)
		}
	} else {
		want := h.p.normal(c.r)
		at = slices.IndexFunc(ch.Rules, func(r *nftables.Rule) bool {
			x, bad := h.p.decode(r)
			return bad == "" && h.p.same(x, want)
		})
		if at < 0 {
			return h.fail(step.ENOENT)
		}
	}
	r := ch.Rules[at]
	if c.op != "check" {
		h.kernel(h.b.DelRule(r), "RULE_DELETE", "rule in chain "+c.chain)
	}
	if c.verbose && c.op != "delete num" {
		x, _ := h.p.decode(r)
		h.p.printRule(x, 0, oneLine)
	}
	return true
}

func (h *nftHandle) flush(c *nftCmd) bool {
	h.fn = "flush"
	if c.named {
		h.initChain2(c)
	} else if c.verbose {
		h.initChain(c.table, "")
	} else if h.table(c.table) == nil {
		return true
	}
	if c.named {
		ch := h.chain(c.table, c.chain)
		if ch == nil {
			return h.fail(step.ENOENT)
		}
		if c.verbose {
			h.p.out.f("Flushing chain `%s'\n", c.chain)
		}
		h.b.FlushChain(ch)
		return true
	}
	if !c.verbose {
		for _, ch := range h.table(c.table).Chains {
			h.b.FlushChain(ch)
		}
		return true
	}
	for _, ch := range h.chains(c.table, true) {
		h.p.out.f("Flushing chain `%s'\n", ch.Name)
		h.b.FlushChain(ch)
	}
	return true
}

// chains are those of a table that iptables sees: the built-in ones in the order of
// their hooks, then the others, sorted or as they were made.
func (h *nftHandle) chains(table string, sorted bool) (l []*nftables.Chain) {
	t := h.table(table)
	if t == nil {
		return nil
	}
	for _, hook := range []core.HookNum{core.PreRouting, core.LocalIn, core.Forward, core.LocalOut, core.PostRouting} {
		for _, c := range t.Chains {
			if c.Base != nil && c.Base.Hook == hook && !foreign(c) {
				l = append(l, c)
			}
		}
	}
	n := len(l)
	for _, c := range t.Chains {
		if c.Base == nil {
			l = append(l, c)
		}
	}
	if sorted {
		sort.SliceStable(l[n:], func(i, j int) bool { return l[n+i].Name < l[n+j].Name })
	}
	return l
}

func (h *nftHandle) chainAdd(c *nftCmd) bool {
	h.fn = "chain add"
	t := h.initTable(c.table)
	if builtinChain(c.table, c.chain) != nil || h.chain(c.table, c.chain) != nil {
		return h.fail(step.EEXIST)
	}
	_, e := h.b.AddChain(t, c.chain, nil, false, true)
	h.kernel(e, "CHAIN_USER_ADD", "chain "+c.chain)
	return true
}

// chainRestore is nft_chain_restore: the chain is there and empty.
func (h *nftHandle) chainRestore(c *nftCmd) bool {
	t := h.initTable(c.table)
	if ch := h.chain(c.table, c.chain); ch != nil {
		h.b.FlushChain(ch)
		return true
	}
	_, e := h.b.AddChain(t, c.chain, nil, false, true)
	h.kernel(e, "CHAIN_USER_ADD", "chain "+c.chain)
	return true
}

func (h *nftHandle) chainDel(c *nftCmd) bool {
	h.fn = "chain del"
	if c.named {
		ch := h.chain(c.table, c.chain)
		if ch == nil {
			return h.fail(step.ENOENT)
		}
		return h.delChain(ch, c)
	}
	all := h.chains(c.table, c.verbose)
	for _, ch := range all { // all at once: what they say of each other does not count
		if ch.Base == nil && len(ch.Rules) > 0 {
			h.delChain(ch, c)
			return true
		}
	}
	for _, ch := range all {
		h.delChain(ch, c)
	}
	return true
}

func (h *nftHandle) delChain(ch *nftables.Chain, c *nftCmd) bool {
	if ch.Base == nil {
		if c.verbose {
			h.p.out.f("Deleting chain `%s'\n", ch.Name)
		}
		e := core.Errno(0)
		if ch.Use() > 0 || len(ch.Rules) > 0 { // NLM_F_NONREC
			e = step.EBUSY
		} else {
			e = h.b.DelChain(ch)
		}
		h.kernel(e, "CHAIN_DEL", "chain "+ch.Name)
		return true
	}
	if ch.Base.Drop && c.named {
		return h.fail(step.EBUSY)
	}
	if !c.named && (ch.Base.Drop || len(ch.Rules) > 0) {
		return true
	}
	e := core.Errno(step.EBUSY)
	if len(ch.Rules) == 0 {
		e = h.b.DelChain(ch)
	}
	h.kernel(e, "CHAIN_DEL", "chain "+ch.Name)
	return true
}

func (h *nftHandle) rename(c *nftCmd) bool {
	h.fn = "rename"
	if builtinChain(c.table, c.newName) != nil || h.chain(c.table, c.newName) != nil {
		return h.fail(step.EEXIST)
	}
	ch := h.chain(c.table, c.chain)
	if ch == nil {
		return h.fail(step.ENOENT)
	}
	h.kernel(h.b.RenameChain(ch, c.newName), "CHAIN_RENAME", "chain "+c.newName)
	return true
}

func (h *nftHandle) chainSet(c *nftCmd) bool {
	h.fn = "chain set"
	switch c.policy {
	case "ACCEPT", "DROP", "-":
	default:
		return h.fail(step.EINVAL)
	}
	b := builtinChain(c.table, c.chain)
	if b == nil {
		h.initTable(c.table)
		return h.fail(step.ENOENT)
	}
	t := h.initTable(c.table)
	ch := h.addBase(t, b, false)
	if ch == nil {
		return true
	}
	if c.policy != "-" {
		h.kernel(h.b.SetPolicy(ch, c.policy == "DROP"), "CHAIN_UPDATE", "chain "+c.chain)
	}
	h.after = append(h.after, func() {
		if ch.Base != nil {
			ch.Base.Counted, ch.Base.Packets, ch.Base.Bytes = true, c.packets, c.bytes
		}
	})
	return true
}

func (h *nftHandle) zero(c *nftCmd) bool {
	l := h.chains(c.table, c.verbose)
	if c.named {
		ch := h.chain(c.table, c.chain)
		if ch == nil {
			return h.fail(step.ENOENT)
		}
		l = []*nftables.Chain{ch}
	}
	for _, ch := range l {
		if c.verbose {
			h.p.out.f("Zeroing chain `%s'\n", ch.Name)
		}
		if b := ch.Base; b != nil {
			h.after = append(h.after, func() { b.Counted, b.Packets, b.Bytes = true, 0, 0 })
		}
		for i := range ch.Rules {
			if r, _ := h.p.decode(ch.Rules[i]); r.packets != 0 || r.bytes != 0 {
				h.zeroRule(ch, i)
			}
		}
	}
	return true
}

// zeroRule puts a rule in its own place, with a new counter.
func (h *nftHandle) zeroRule(ch *nftables.Chain, i int) {
	old := ch.Rules[i]
	r, _ := h.p.decode(old)
	r.packets, r.bytes = 0, 0
	for _, m := range r.matches {
		m.d = clone(m.d)
	}
	if r.target != nil {
		r.target.d = clone(r.target.d)
	}
	n, e := h.p.encode(ch, r)
	if e == 0 {
		e = h.b.AddRule(ch, i, n)
	}
	if e == 0 {
		e = h.b.DelRule(old)
	}
	h.kernel(e, "RULE_REPLACE", "rule in chain "+ch.Name)
}

func (h *nftHandle) zeroNum(c *nftCmd) bool {
	h.fn = "delete"
	ch := h.chain(c.table, c.chain)
	if ch == nil {
		return h.fail(step.ENOENT)
	}
	if c.num >= len(ch.Rules) {
		h.errno = step.ENOENT
		return true
	}
	h.zeroRule(ch, c.num)
	return true
}
