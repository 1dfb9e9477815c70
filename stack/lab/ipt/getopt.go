package ipt

import (
	"fmt"
	"strings"
)

// What next returns besides an option's value.
const (
	optEnd     = -1
	optUnknown = '?'
	optMissing = ':'
	optPlain   = 1 // an argument that is no option
)

// A longOpt is struct option. arg is 0 (none), 1 (needed) or 2 (may be there).
type longOpt struct {
	name string
	arg  int
	val  int
}

// A getopt is getopt_long of the C library. In order ("-" before the short
// options) plain arguments are returned where they stand; else they are collected.
type getopt struct {
	argv  []string // with the program's name
	ind   int
	rest  string // of a cluster of short options
	short string
	long  []longOpt
	order bool
	arg   string // optarg
	given bool   // optarg is not NULL
	plain []string
	err   string // what the C library says of the last mistake, unless order
}

func newGetopt(argv []string, short string, long []longOpt, order bool) *getopt {
	return &getopt{argv: argv, ind: 1, short: short, long: long, order: order}
}

func (g *getopt) optArg(s string) { g.arg, g.given = s, true }

// next is getopt_long.
func (g *getopt) next() int {
	g.arg, g.given, g.err = "", false, ""
	for g.rest == "" {
		if g.ind >= len(g.argv) {
			return optEnd
		}
		a := g.argv[g.ind]
		if a == "--" {
			g.ind++
			if !g.order {
				g.plain = append(g.plain, g.argv[g.ind:]...)
				g.ind = len(g.argv)
			}
			return optEnd
		}
		if len(a) < 2 || a[0] != '-' {
			g.ind++
			if g.order {
				g.optArg(a)
				return optPlain
			}
			g.plain = append(g.plain, a)
			continue
		}
		if a[1] == '-' {
			return g.longOption(a[2:])
		}
		g.rest = a[1:]
	}
	return g.shortOption()
}

func (g *getopt) shortOption() int {
	c := g.rest[0]
	g.rest = g.rest[1:]
	if g.rest == "" {
		g.ind++
	}
	i := strings.IndexByte(g.short, c)
	if i < 0 || c == ':' || c == ';' {
		g.err = fmt.Sprintf("invalid option -- '%c'", c)
		return optUnknown
	}
	after := g.short[i+1:]
	if !strings.HasPrefix(after, ":") {
		return int(c)
	}
	switch {
	case g.rest != "":
		g.optArg(g.rest)
		g.ind++
	case strings.HasPrefix(after, "::"):
	case g.ind >= len(g.argv):
		g.err = fmt.Sprintf("option requires an argument -- '%c'", c)
		g.rest = ""
		return g.missing()
	default:
		g.optArg(g.argv[g.ind])
		g.ind++
	}
	g.rest = ""
	return int(c)
}

func (g *getopt) missing() int {
	if g.order {
		return optMissing
	}
	return optUnknown
}

func (g *getopt) longOption(s string) int {
	name, val, hasVal := strings.Cut(s, "=")
	g.ind++
	var found *longOpt
	ambiguous := false
	for i := range g.long {
		if g.long[i].name == name {
			found, ambiguous = &g.long[i], false
			break
		}
		if strings.HasPrefix(g.long[i].name, name) {
			if found == nil {
				found = &g.long[i]
			} else if found.arg != g.long[i].arg || found.val != g.long[i].val {
				ambiguous = true
			}
		}
	}
	switch {
	case ambiguous:
		g.err = fmt.Sprintf("option '--%s' is ambiguous; possibilities:", s)
		for i := range g.long {
			if strings.HasPrefix(g.long[i].name, name) {
				g.err += " '--" + g.long[i].name + "'"
			}
		}
		return optUnknown
	case found == nil:
		g.err = fmt.Sprintf("unrecognized option '--%s'", s)
		return optUnknown
	case hasVal && found.arg == 0:
		g.err = fmt.Sprintf("option '--%s' doesn't allow an argument", found.name)
		return optUnknown
	case hasVal:
		g.optArg(val)
	case found.arg == 1:
		if g.ind >= len(g.argv) {
			g.err = fmt.Sprintf("option '--%s' requires an argument", found.name)
			return g.missing()
		}
		g.optArg(g.argv[g.ind])
		g.ind++
	}
	return found.val
}

// hasArg is xs_has_arg: the next word can be an option's second argument.
func (g *getopt) hasArg() bool {
	return g.ind < len(g.argv) && !strings.HasPrefix(g.argv[g.ind], "-") && !strings.HasPrefix(g.argv[g.ind], "!")
}

// take is that word.
func (g *getopt) take() string {
	g.ind++
	return g.argv[g.ind-1]
}

// last is argv[optind-1], the word that was read last.
func (g *getopt) last() string {
	if g.ind-1 < len(g.argv) && g.ind > 0 {
		return g.argv[g.ind-1]
	}
	return ""
}
