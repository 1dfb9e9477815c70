package ipt

import (
	"math/bits"
	"strings"
)

// tryHelp is exit_tryhelp with PARAMETER_PROBLEM.
func (c *command) tryHelp() {
	c.p.tryHelp()
	panic(exit(parameterProblem))
}

// command is add_command.
func (c *command) command(op, with int) {
	if c.invert {
		c.p.bad("unexpected '!' flag")
	}
	if other := c.op &^ with; other != 0 {
		c.p.bad("Cannot use -%c with -%c", cmdLetter(op), cmdLetter(other))
	}
	c.op |= op
}

func (c *command) setChain(s string) { c.chain, c.named = s, true }

func (c *command) maybeChain() {
	if c.g.given {
		c.setChain(c.g.arg)
	} else if c.g.hasArg() {
		c.setChain(c.g.take())
	}
}

func (c *command) ruleNumber() {
	s := c.g.take()
	v, ok := whole(s, 1, 1<<31-1)
	if !ok {
		c.p.bad("Invalid rule number `%s'", s)
	}
	c.num = int(v)
}

// setOption is set_option.
func (c *command) setOption(o int, inv uint8) {
	letter := optLetters[bits.TrailingZeros(uint(o))]
	if c.seen&o != 0 {
		c.p.bad("multiple -%c flags not allowed", letter)
	}
	c.seen |= o
	if c.invert {
		if inv == 0 {
			c.p.bad("cannot have ! before -%c", letter)
		}
		c.r.inv |= inv
	}
}

func (c *command) protocol() {
	p := c.p
	s := strings.ToLower(c.g.last())
	if i := c.g.ind - 1; i > 0 && i < len(c.g.argv) {
		c.g.argv[i] = s
	}
	c.proto, c.hasProto = s, true
	c.r.proto = p.parseProto(s)
	if c.r.proto == 0 && c.r.inv&invProto != 0 {
		p.bad("rule would never match protocol")
	}
	if p.fam == 6 && c.r.inv&invProto == 0 {
		switch c.r.proto {
		case 43, 44, 51, 60:
			p.warn("Warning: never matched protocol: %s. use extension match instead.\n", s)
		}
	}
}

// parseIface is xtables_parse_interface.
func (p *prog) parseIface(s string) string {
	if len(s) > 15 {
		p.bad("interface name `%s' must be shorter than IFNAMSIZ (15)", s)
	}
	if strings.ContainsAny(s, "/ ") {
		p.warn("Warning: weird character in interface `%s' ('/' and ' ' are not allowed by the kernel).\n", s)
	}
	return s
}

// match is command_match.
func (c *command) match() {
	if c.invert {
		c.p.bad("unexpected ! flag before --match")
	}
	c.addMatch(c.p.findMatch(c.g.arg, true))
}

func (c *command) addMatch(e *ext) {
	for _, m := range c.r.matches {
		if m.e == e {
			m.done = true
		}
	}
	c.r.matches = append(c.r.matches, &inst{e: e, d: e.makes(c.p.fam)})
	c.p.load(e)
}

// jump is command_jump.
func (c *command) jump(s string) {
	c.r.jump = c.p.targetName(s)
	e := c.p.findTarget(c.r.jump, false)
	if e == nil {
		return
	}
	c.r.target = &inst{e: e, d: e.makes(c.p.fam)}
	c.p.load(e)
}

// other is command_default: options of extensions; the protocol's match is loaded if
// nobody knows the option.
func (c *command) other(o int) bool {
	p := c.p
	if t := c.r.target; t != nil && c.extOption(t, o) {
		return false
	}
	for _, m := range c.r.matches {
		if !m.done && c.extOption(m, o) {
			return false
		}
	}
	if e := c.protoMatch(); e != nil {
		c.protoUsed = true
		c.addMatch(e)
		c.g.ind--
		return true
	}
	switch o {
	case optMissing:
		p.bad("option \"%s\" requires an argument", c.g.last())
	case optUnknown:
		p.bad("unknown option \"%s\"", c.g.last())
	}
	arg := c.g.arg
	if !c.g.given {
		arg = "(null)"
	}
	p.bad("Unknown arg \"%s\"", arg)
	return false
}

// protoMatch is load_proto: the match of -p's protocol, unless it is there.
func (c *command) protoMatch() *ext {
	if !c.hasProto {
		return nil
	}
	name := c.proto
	if v, ok := whole(name, 0, 255); ok {
		name = c.p.protoName(v, c.seen&optNumeric != 0)
	}
	if name == "" {
		return nil
	}
	if len(name) >= maxName {
		return nil
	}
	e := c.p.findMatch(name, false)
	if e == nil {
		return nil
	}
	if _, loaded := c.p.offsets[e]; loaded && c.protoUsed {
		return nil
	}
	return e
}

// extOption gives an option to the extension that it belongs to.
func (c *command) extOption(i *inst, o int) bool {
	off, ok := c.p.offsets[i.e]
	if !ok || o < off || o >= off+offset {
		return false
	}
	for k := range i.e.opts {
		if i.e.opts[k].id != o-off {
			continue
		}
		x := &call{p: c.p, cmd: c, e: i.e, o: &i.e.opts[k], arg: c.g.arg, invert: c.invert, seen: &i.seen}
		if x.o.typ != tOwn && x.o.typ != tWord {
			x.option()
		}
		i.e.parse(x, i.d)
		return true
	}
	return false
}

func (c *command) counters() {
	p, g := c.p, c.g
	pk := g.arg
	bytes, ok := "", false
	if len(pk) > 0 {
		if i := strings.IndexByte(pk[1:], ','); i >= 0 {
			bytes, ok = pk[1+i+1:], true
		}
	}
	if !ok && g.hasArg() {
		bytes, ok = g.take(), true
	}
	if !ok {
		p.bad("-c requires packet and byte counter")
	}
	var any bool
	if c.r.packets, _, any, _ = strtoul(pk, 10); !any {
		p.bad("-c packet counter not numeric")
	}
	if c.r.bytes, _, any, _ = strtoul(bytes, 10); !any {
		p.bad("-c byte counter not numeric")
	}
}

// waitTime is parse_wait_time; nobody holds the lock, so nobody waits.
func (p *prog) waitTime(g *getopt) int64 {
	s := g.arg
	if !g.given {
		if !g.hasArg() {
			return -1
		}
		s = g.take()
	}
	v, _, any, _ := strtoul(s, 0)
	if !any {
		p.bad("wait seconds not numeric")
	}
	return int64(int32(v))
}

func (p *prog) waitInterval(g *getopt) {
	s := g.arg
	if !g.given {
		if !g.hasArg() {
			p.bad("wait interval value required")
		}
		s = g.take()
	}
	v, _, any, _ := strtoul(s, 10)
	if !any {
		p.bad("wait interval not numeric")
	}
	if uint32(v) > 999999 {
		p.bad("too long usec wait %d > 999999 usec", uint32(v))
	}
	p.warn("Ignoring deprecated --wait-interval option.\n")
}

// validChainName is assert_valid_chain_name.
func (p *prog) validChainName(s string) {
	if len(s) >= maxName {
		p.bad("chain name `%s' too long (must be under %d chars)", s, maxName)
	}
	if s != "" && (s[0] == '-' || s[0] == '!') {
		p.bad("chain name not allowed to start with `%c'", s[0])
	}
	if s == "" || find(s, true, p.fam) != nil && !p.chains[s] || s == "ACCEPT" || s == "DROP" || s == "QUEUE" || s == "RETURN" {
		p.bad("chain name may not clash with target name")
	}
	p.announce(s)
	if strings.ContainsAny(s, " \t\n\v\f\r") {
		p.bad("Invalid chain name `%s'", s)
	}
}

// finish is what do_parse checks in the end.
func (c *command) finish() {
	p := c.p
	if c.table == "nat" && (c.hasPol && c.policy == "DROP" || c.r.jump == "DROP") {
		p.bad("\nThe \"nat\" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n")
	}
	if c.wait == 0 && c.interval {
		p.bad("--wait-interval only makes sense with --wait\n")
	}
	all := c.r.matches
	if c.r.target != nil {
		all = append(all[:len(all):len(all)], c.r.target)
	}
	for _, i := range all {
		x := &call{p: p, cmd: c, e: i.e, seen: &i.seen}
		i.e.check(x, i.d)
		x.finish()
	}
	if c.g.ind < len(c.g.argv) {
		p.bad("unknown arguments found on commandline")
	}
	if c.op == 0 {
		p.bad("no command specified")
	}
	if c.invert {
		p.bad("nothing appropriate following !")
	}
	c.addresses()
	if c.op == cmdReplace && (len(c.src) != 1 || len(c.dst) != 1) {
		p.bad("Replacement rule does not specify a unique address")
	}
	c.legal()
	if c.named && len(c.chain) >= maxName {
		p.bad("chain name `%s' too long (must be under %d chars)", c.chain, maxName)
	}
	if c.op&(cmdAppend|cmdDelete|cmdDeleteNum|cmdCheck|cmdInsert|cmdReplace) == c.op {
		if (c.chain == "PREROUTING" || c.chain == "INPUT") && c.seen&optOut != 0 {
			p.bad("Can't use -o with %s\n", c.chain)
		}
		if (c.chain == "POSTROUTING" || c.chain == "OUTPUT") && c.seen&optIn != 0 {
			p.bad("Can't use -i with %s\n", c.chain)
		}
	}
}

// addresses is the end of ipv4_post_parse and ipv6_post_parse.
func (c *command) addresses() {
	p := c.p
	src, dst := c.srcText, c.dstText
	if c.op&(cmdReplace|cmdInsert|cmdDelete|cmdAppend|cmdCheck) != 0 {
		all := "0.0.0.0/0"
		if p.fam == 6 {
			all = "::0/0"
		}
		if c.seen&optSource == 0 {
			src = all
		}
		if c.seen&optDestination == 0 {
			dst = all
		}
	}
	if src != "" || c.seen&optSource != 0 {
		c.src = p.networks(src)
	}
	if dst != "" || c.seen&optDestination != 0 {
		c.dst = p.networks(dst)
	}
	if (len(c.src) > 1 || len(c.dst) > 1) && c.r.inv&(invSrc|invDst) != 0 {
		p.bad("! not allowed with multiple source or destination IP addresses")
	}
}

// legal is generic_opt_check.
func (c *command) legal() {
	for i := 0; i < len(optLetters); i++ {
		if c.seen>>i&1 == 0 {
			continue
		}
		legal := 0
		for j := range illegal {
			if c.op>>j&1 == 0 {
				continue
			}
			if illegal[j][i] != 'x' {
				legal = 1
			} else if legal == 0 {
				legal = -1
			}
		}
		if legal < 0 {
			c.p.bad("Illegal option `-%c' with this command", optLetters[i])
		}
	}
}
