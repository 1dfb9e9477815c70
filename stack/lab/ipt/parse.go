package ipt

import (
	"math/bits"
)

// The commands, as bits (enum CMD_*).
const (
	cmdInsert = 1 << iota
	cmdDelete
	cmdDeleteNum
	cmdReplace
	cmdAppend
	cmdList
	cmdFlush
	cmdZero
	cmdNewChain
	cmdDeleteChain
	cmdSetPolicy
	cmdRename
	cmdListRules
	cmdZeroNum
	cmdCheck
)

const cmdLetters = "IDDRALFZNXPESZC"

func cmdLetter(c int) byte { return cmdLetters[bits.TrailingZeros(uint(c))] }

// The basic options, as bits, in the order of optLetters (enum OPT_*).
const (
	optNumeric = 1 << iota
	optSource
	optDestination
	optProtocol
	optJump
	optVerbose
	optExpanded
	optIn
	optOut
	optLineNumbers
	optCounters
	optFragment
)

const optLetters = "nsdpjvxio0cf"

// illegal says which options each command refuses ("x"), by optLetters.
var illegal = [...]string{
	"x     x  x  ", // insert
	"x     x  xx ",
	"xxxxx xxxxxx", // delete by number
	"x     x  x  ",
	"x     x  x  ", // append
	" xxxx  xx xx",
	"xxxxx xxxxxx", // flush
	"xxxxx xxxxxx",
	"xxxxx xxxxxx", // new chain
	"xxxxx xxxxxx",
	"xxxxx xxxx x", // policy
	"xxxxx xxxxxx",
	"xxxxx xxxxxx", // list rules
	"xxxxx xxxxxx",
	"x     x  xx ", // check
}

const shortOpts = "A:C:D:E:F::I:L::M:N:P:VX::Z::c:d:i:j:o:p:s:t:R:S::W::46bfg:h::m:nvw::x"

var baseOpts = []longOpt{{"append", 1, 'A'}, {"delete", 1, 'D'}, {"check", 1, 'C'}, {"insert", 1, 'I'}, {"replace", 1, 'R'}, {"list", 2, 'L'}, {"list-rules", 2, 'S'},
	{"flush", 2, 'F'}, {"zero", 2, 'Z'}, {"new-chain", 1, 'N'}, {"delete-chain", 2, 'X'}, {"rename-chain", 1, 'E'}, {"policy", 1, 'P'}, {"source", 1, 's'},
	{"destination", 1, 'd'}, {"src", 1, 's'}, {"dst", 1, 'd'}, {"protocol", 1, 'p'}, {"in-interface", 1, 'i'}, {"jump", 1, 'j'}, {"table", 1, 't'}, {"match", 1, 'm'},
	{"numeric", 0, 'n'}, {"out-interface", 1, 'o'}, {"verbose", 0, 'v'}, {"wait", 2, 'w'}, {"wait-interval", 2, 'W'}, {"exact", 0, 'x'}, {"fragments", 0, 'f'},
	{"version", 0, 'V'}, {"help", 2, 'h'}, {"line-numbers", 0, '0'}, {"modprobe", 1, 'M'}, {"set-counters", 1, 'c'}, {"goto", 1, 'g'}, {"ipv4", 0, '4'}, {"ipv6", 0, '6'}}

// A command is a command line that was read (struct xt_cmd_parse and what goes with
// it).
type command struct {
	p       *prog
	g       *getopt
	op      int
	table   string
	chain   string
	named   bool // there is a chain's name
	newName string
	policy  string
	hasPol  bool
	num     int // of a rule, from 1; 0: none
	verbose int
	seen    int // basic options, as bits
	restore bool

	r         rule
	proto     string
	hasProto  bool
	protoUsed bool
	src, dst  []network
	srcText   string
	dstText   string
	hasTable  bool
	invert    bool
	wait      int64
	interval  bool
	hashMult  uint64 // of hashlimit: what its unit of time is
	ignored   bool   // -4 in a file of ip6tables, or the other way round
}

// readCommand is do_parse.
func (p *prog) readCommand(argv []string, table string, restore bool) *command {
	c := &command{p: p, table: table, restore: restore}
	p.loaded, p.offsets = nil, nil
	base := baseOpts
	if p.legacy && p.fam == 6 {
		base = nil
		for _, o := range baseOpts {
			if o.name != "fragments" {
				base = append(base, o)
			}
		}
	}
	c.g = newGetopt(argv, shortOpts, p.options(base), true)
	for {
		o := c.g.next()
		if o == optEnd {
			break
		}
		if o == optPlain && c.g.arg == "!" {
			if c.invert {
				p.bad("multiple consecutive ! not allowed")
			}
			c.invert = true
			continue
		}
		n := len(p.loaded)
		again := c.option(o)
		if c.ignored {
			return c
		}
		if len(p.loaded) != n {
			c.g.long = p.options(base)
		}
		if !again {
			c.invert = false
		}
	}
	c.finish()
	return c
}

// option carries out one option; true: it shall be read again.
func (c *command) option(o int) bool {
	p, g := c.p, c.g
	switch o {
	case 'A':
		c.command(cmdAppend, 0)
		c.setChain(g.arg)
	case 'C':
		c.command(cmdCheck, 0)
		c.setChain(g.arg)
	case 'D':
		c.command(cmdDelete, 0)
		c.setChain(g.arg)
		if g.hasArg() {
			c.ruleNumber()
			c.op = cmdDeleteNum
		}
	case 'R':
		c.command(cmdReplace, 0)
		c.setChain(g.arg)
		if !g.hasArg() {
			p.bad("-R requires a rule number")
		}
		c.ruleNumber()
	case 'I':
		c.command(cmdInsert, 0)
		c.setChain(g.arg)
		c.num = 1
		if g.hasArg() {
			c.ruleNumber()
		}
	case 'L', 'S':
		op := cmdList
		if o == 'S' {
			op = cmdListRules
		}
		c.command(op, cmdZero|cmdZeroNum)
		c.maybeChain()
		if g.hasArg() {
			c.ruleNumber()
		}
	case 'F':
		c.command(cmdFlush, 0)
		c.maybeChain()
	case 'Z':
		c.command(cmdZero, cmdList|cmdListRules)
		c.maybeChain()
		if g.hasArg() {
			c.ruleNumber()
			c.op = cmdZeroNum
		}
	case 'N':
		p.validChainName(g.arg)
		c.command(cmdNewChain, 0)
		c.setChain(g.arg)
	case 'X':
		c.command(cmdDeleteChain, 0)
		c.maybeChain()
	case 'E':
		c.command(cmdRename, 0)
		c.setChain(g.arg)
		if !g.hasArg() {
			p.bad("-E requires old-chain-name and new-chain-name")
		}
		c.newName = g.take()
	case 'P':
		c.command(cmdSetPolicy, 0)
		c.setChain(g.arg)
		if !g.hasArg() {
			p.bad("-P requires a chain and a policy")
		}
		c.policy, c.hasPol = g.take(), true
	case 'h':
		c.help()
	case 'p':
		c.setOption(optProtocol, invProto)
		c.protocol()
	case 's':
		c.setOption(optSource, invSrc)
		c.srcText = g.last()
	case 'd':
		c.setOption(optDestination, invDst)
		c.dstText = g.last()
	case 'g':
		c.setOption(optJump, 0)
		c.r.isGoto = true
		c.r.jump = p.targetName(g.arg)
	case 'j':
		c.setOption(optJump, 0)
		c.jump(g.last())
	case 'i', 'o':
		if g.arg == "" {
			p.bad("Empty interface is likely to be undesired")
		}
		if o == 'i' {
			c.setOption(optIn, invIn)
			c.r.in = p.parseIface(g.last())
		} else {
			c.setOption(optOut, invOut)
			c.r.out = p.parseIface(g.last())
		}
	case 'f':
		if p.fam == 6 {
			p.bad("`-f' is not supported in IPv6, use -m frag instead")
		}
		c.setOption(optFragment, invFrag)
		c.r.frag = true
	case 'v':
		if c.verbose == 0 {
			c.setOption(optVerbose, 0)
		}
		c.verbose++
	case 'm':
		c.match()
	case 'n':
		c.setOption(optNumeric, 0)
	case 't':
		if c.invert {
			p.bad("unexpected ! flag before --table")
		}
		if c.restore && c.hasTable {
			p.bad("The -t option cannot be used in %s.\n", p.name)
		}
		c.table, c.hasTable = g.arg, true
	case 'x':
		c.setOption(optExpanded, 0)
	case 'V':
		if c.invert {
			p.out.f("Not %s ;-)\n", p.ver)
		} else {
			p.out.f("%s v%s\n", p.name, p.ver)
		}
		panic(exit(0))
	case 'w':
		if c.restore {
			p.bad("You cannot use `-w' from iptables-restore")
		}
		c.wait = p.waitTime(g)
	case 'W':
		if c.restore {
			p.bad("You cannot use `-W' from iptables-restore")
		}
		p.waitInterval(g)
		c.interval = true
	case '0':
		c.setOption(optLineNumbers, 0)
	case 'M':
	case 'c':
		c.setOption(optCounters, 0)
		c.counters()
	case '4', '6':
		if p.fam == o-'0' {
			break
		}
		if c.restore {
			c.ignored = true
			return false
		}
		c.tryHelp()
	case optPlain:
		p.warn("Bad argument `%s'\n", g.arg)
		c.tryHelp()
	default:
		return c.other(o)
	}
	return false
}
