package ipt

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// A restorer reads the format of iptables-save.
type restorer struct {
	p        *prog
	counters bool
	verbose  int
	test     bool
	noFlush  bool
	only     string // -T
	hasOnly  bool

	table   string
	inTable bool
	xtc     *xtcHandle
}

// words is strtok with blanks.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' })
}

// remark shows a comment with -v.
func (x *restorer) remark(s string) {
	if x.verbose > 0 {
		x.p.out.f("%s", s)
	}
}

// counts is parse_counters: [1:2].
func counts(s string) (packets, bytes uint64, ok bool) {
	rest, ok := strings.CutPrefix(s, "[")
	if !ok {
		return 0, 0, false
	}
	packets, rest, any, _ := strtoul(rest, 10)
	rest, ok = strings.CutPrefix(rest, ":")
	if !any || !ok {
		return 0, 0, false
	}
	bytes, _, any, _ = strtoul(rest, 10)
	return packets, bytes, any
}

// argv makes a command line of a rule: tokenize_rule_counters and
// add_param_to_argv.
func (x *restorer) argv(s string) []string {
	p := x.p
	l := []string{p.name, "-t", x.table}
	for i := 0; !x.noFlush && i < x.verbose; i++ {
		l = append(l, "-v")
	}
	if first(s) == '[' {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			p.bad("Bad line %d: need ]", p.line)
		}
		pk, by, ok := strings.Cut(strings.TrimLeft(s[1:], ":"), ":")
		if pk == "" {
			p.bad("Bad line %d: need :", p.line)
		}
		by = strings.TrimLeft(by, "]")
		if i := strings.IndexByte(by, ']'); i >= 0 {
			by = by[:i]
		}
		if !ok || by == "" {
			p.bad("Bad line %d: need ]", p.line)
		}
		if x.counters {
			l = append(l, "--set-counters", pk, by)
		}
		s = s[end+1:]
	}
	return append(l, x.p.unquote(s, len(l))...)
}

// unquote takes a line apart: words, with quotes.
func (p *prog) unquote(s string, have int) (l []string) {
	var b []byte
	quote, escaped := false, false
	put := func(c byte) {
		b = append(b, c)
		if len(b) >= 1024 {
			p.bad("Parameter too long!")
		}
	}
	word := func() {
		if have+len(l)+1 >= 255 {
			p.bad("Parser cannot handle more arguments")
		}
		l = append(l, string(b))
		b = nil
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if quote {
			switch {
			case escaped:
				put(c)
				escaped = false
				continue
			case c == '\\':
				escaped = true
				continue
			case c != '"':
				put(c)
				continue
			}
			quote = false
		} else if c == '"' {
			quote = true
			continue
		}
		switch c {
		case '"':
		case ' ', '\t', '\n':
			if len(b) == 0 {
				continue
			}
		default:
			put(c)
			continue
		}
		word()
	}
	if len(b) > 0 {
		word()
	}
	return l
}

func (x *restorer) skipped() bool { return x.hasOnly && x.table != "" && x.only != x.table }

// nft is xtables_restore_parse.
func (x *restorer) nft(text string) int {
	p := x.p
	h := p.nftOpen()
	h.noFlush, h.restore = x.noFlush, true
	for _, s := range lines(text) {
		p.line++
		h.line = p.line
		if !x.nftLine(h, s) {
			p.warn("%s: line %d failed", p.name, h.line)
			if h.errno != 0 {
				p.warn(": %s.", h.strerror())
			}
			p.warn("\n")
			return 1
		}
	}
	if x.inTable {
		p.warn("%s: COMMIT expected at line %d\n", p.name, p.line+1)
		return 1
	}
	return 0
}

// first is the first character, 0 at the end of the text.
func first(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

func (x *restorer) nftLine(h *nftHandle, s string) bool {
	p := x.p
	ok := false
	switch {
	case first(s) == '\n':
		return true
	case first(s) == '#':
		x.remark(s)
		return true
	case x.inTable && (s == "COMMIT" || s == "COMMIT\n"):
		ok = true
		if x.test {
			h.abort()
		} else {
			ok = h.commit()
		}
		x.inTable = false
	case first(s) == '*' && !x.inTable:
		w := words(s[1:])
		if len(w) == 0 {
			p.bad("%s: line %d table name invalid", p.name, p.line)
		}
		if !builtinTable(w[0]) {
			p.bad("%s: line %d table name '%s' invalid", p.name, p.line, w[0])
		}
		x.table = w[0]
		if x.hasOnly && x.only != w[0] {
			return true
		}
		x.flushTable(h)
		ok = true
		x.inTable = true
	case first(s) == ':' && x.inTable:
		x.nftChain(h, words(s[1:]))
		ok = true
	case x.inTable:
		c := p.readCommand(x.argv(s), x.table, true)
		h.verbose = c.verbose
		ok = h.do(c)
	}
	return ok || x.skipped()
}

// flushTable is nft_cmd_table_flush.
func (x *restorer) flushTable(h *nftHandle) {
	switch {
	case x.noFlush:
	case x.verbose > 0:
		h.queue(&nftCmd{op: "flush", table: x.table, num: -1, verbose: true})
		h.queue(&nftCmd{op: "chain del", table: x.table, num: -1, verbose: true})
	default:
		h.queue(&nftCmd{op: "table flush", table: x.table, num: -1})
	}
}

func (x *restorer) nftChain(h *nftHandle, w []string) {
	p := x.p
	if len(w) == 0 {
		p.bad("%s: line %d chain name invalid", p.name, p.line)
	}
	p.announce(w[0])
	p.validChainName(w[0])
	if len(w) < 2 {
		p.bad("%s: line %d policy invalid", p.name, p.line)
	}
	n := &nftCmd{op: "chain restore", table: x.table, chain: w[0], named: true, num: -1}
	if builtinChain(x.table, w[0]) != nil {
		n.op, n.policy = "chain set", w[1]
		if x.counters {
			ok := false
			if len(w) > 2 {
				n.packets, n.bytes, ok = counts(w[2])
			}
			if !ok {
				p.bad("invalid policy counters for chain '%s'", w[0])
			}
		}
	}
	h.queue(n)
}

// legacy is ip46tables_restore_main.
func (x *restorer) legacy(text string) int {
	p := x.p
	for _, s := range lines(text) {
		p.line++
		ok := false
		switch {
		case first(s) == '\n':
			continue
		case first(s) == '#':
			x.remark(s)
			continue
		case s == "COMMIT\n" && x.inTable:
			ok = true
			if !x.test {
				ok, _ = x.xtc.commit()
			}
			x.inTable = false
		case first(s) == '*' && !x.inTable:
			w := words(s[1:])
			if len(w) == 0 {
				p.bad("%s: line %d table name invalid", p.name, p.line)
			}
			x.table = cutTo(w[0], 32)
			if x.hasOnly && x.only != w[0] {
				continue
			}
			x.openTable()
			ok, x.inTable = true, true
		case first(s) == ':' && x.inTable:
			x.legacyChain(words(s[1:]))
			ok = true
		case x.inTable:
			c := p.readCommand(x.argv(s), x.table, true)
			if ok = c.ignored; !ok {
				ok, _ = x.xtc.do(c)
			}
		}
		if x.skipped() {
			continue
		}
		if !ok {
			p.warn("%s: line %d failed\n", p.name, p.line)
			return 1
		}
	}
	if x.inTable {
		p.warn("%s: COMMIT expected at line %d\n", p.name, p.line+1)
		return 1
	}
	return 0
}

func (x *restorer) openTable() {
	p := x.p
	h, _ := p.xtcInit(x.table)
	if h == nil {
		p.bad("%s: unable to initialize table '%s'", p.name, x.table)
	}
	x.xtc = h
	if x.noFlush {
		return
	}
	for _, c := range append([]*iptables.Chain(nil), h.r.Chains...) {
		h.flush(c.Name, x.verbose > 0)
	}
	for _, c := range append([]*iptables.Chain(nil), h.r.Chains...) {
		if !c.Builtin {
			h.deleteChain(c.Name, x.verbose > 0)
		}
	}
}

func (x *restorer) legacyChain(w []string) {
	p, h := x.p, x.xtc
	if len(w) == 0 {
		p.bad("%s: line %d chain name invalid", p.name, p.line)
	}
	if len(w[0]) >= maxName {
		p.bad("Invalid chain name `%s' (%d chars max)", w[0], maxName-1)
	}
	if c := h.chain(w[0]); c == nil || !c.Builtin {
		if x.noFlush && c != nil {
			h.flush(w[0], false)
		} else if ok, e := h.create(w[0]); !ok {
			p.bad("error creating chain '%s':%s", w[0], strerror(e))
		}
	}
	if len(w) < 2 {
		p.bad("%s: line %d policy invalid", p.name, p.line)
	}
	if w[1] != "-" {
		var pk, by uint64
		if x.counters {
			ok := false
			if len(w) > 2 {
				pk, by, ok = counts(w[2])
			}
			if !ok {
				p.bad("invalid policy counters for chain '%s'", w[0])
			}
		}
		if ok, e := h.policy(w[0], w[1], true, pk, by); !ok {
			p.die(otherProblem, "%s", fmt.Sprintf("Can't set policy `%s' on `%s' line %d: %s", w[1], w[0], p.line, h.strerror(e)))
		}
	}
	p.announce(w[0])
}
