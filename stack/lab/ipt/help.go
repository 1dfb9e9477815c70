package ipt

import (
	_ "embed"
	"strings"
)

// helpText is what -h says, in sections: "== basic", "== basic6", then "== match
// NAME", "== target NAME", with 4 or 6 behind the name where the families differ.
//
//go:embed help.txt
var helpText string

func section(name string) (string, bool) {
	_, s, ok := strings.Cut(helpText, "\n== "+name+"\n")
	if !ok {
		return "", false
	}
	if i := strings.Index(s, "\n== "); i >= 0 {
		s = s[:i+1]
	}
	return s, true
}

// help is xtables_printhelp: it ends the run.
func (c *command) help() {
	p := c.p
	if len(c.r.matches) == 0 && c.hasProto {
		if e := p.findMatch(c.proto, false); e != nil {
			c.addMatch(e)
		}
	}
	name := "basic"
	if p.fam == 6 {
		name = "basic6"
	}
	s, _ := section(name)
	s = strings.ReplaceAll(s, "@PROG@", p.name)
	s = strings.ReplaceAll(s, "@VER@", p.ver)
	p.out.f("%s", s)
	show := func(kind string, e *ext) {
		fam := string(rune('0' + p.fam))
		s, ok := section(kind + " " + e.name + " " + fam)
		if !ok {
			s, ok = section(kind + " " + e.name)
		}
		if !ok {
			s = e.name + " does not take any options\n"
		}
		p.out.f("\n%s", s)
	}
	if c.r.target != nil {
		show("target", c.r.target.e)
	}
	for _, m := range c.r.matches {
		show("match", m.e)
	}
	panic(exit(0))
}
