package ipt

import (
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
	old     *nftables.Rule // that the next one replaces
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
	h.b.By = nftables.Process{PID: h.p.env.PID, Name: h.p.base[:min(15, len(h.p.base))]}
	done := false
	defer func() { // whatever ends the run before
		if !done {
			h.b.Abort(h.b.Invalid())
		}
	}()
	cmds := h.cmds
	h.cmds, h.refused, h.after = nil, nil, nil
	for _, c := range cmds {
		h.line = c.line
		if !h.one(c) && len(h.refused) == 0 {
			return false
		}
	}
	if len(h.refused) > 0 {
		msg := ""
		for _, s := range h.refused {
			msg += s
		}
		h.p.die(resourceProblem, "%s", msg)
	}
	h.b.Commit()
	done = true
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
