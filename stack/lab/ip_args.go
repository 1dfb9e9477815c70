package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/ipv4"
)

func (c *ipCmd) scope(s string) (int, error) {
	switch s {
	case "global", "0":
		return ipv4.ScopeUniverse, nil
	case "link", "253":
		return ipv4.ScopeLink, nil
	case "host", "254":
		return ipv4.ScopeHost, nil
	case "site", "200":
		return ipv4.ScopeSite, nil
	case "nowhere", "255":
		return ipv4.ScopeNowhere, nil
	}
	n, err := strconv.ParseUint(s, 0, 8)
	return int(n), err
}

func scopeName(s uint8) string {
	switch s {
	case ipv4.ScopeUniverse:
		return "global"
	case ipv4.ScopeSite:
		return "site"
	case ipv4.ScopeLink:
		return "link"
	case ipv4.ScopeHost:
		return "host"
	case ipv4.ScopeNowhere:
		return "nowhere"
	}
	return strconv.Itoa(int(s))
}

// table reads a routing table by number or name (rt_tables).
func (c *ipCmd) table(s string) (uint32, error) {
	if n, err := strconv.ParseUint(s, 0, 32); err == nil {
		return uint32(n), nil
	}
	for _, t := range c.p.tables() {
		if t.name == s {
			return t.id, nil
		}
	}
	return 0, strconv.ErrSyntax
}

func (c *ipCmd) tableName(id uint32) string {
	name := strconv.FormatUint(uint64(id), 10)
	for _, t := range c.p.tables() {
		if t.id == id {
			name = t.name
		}
	}
	return name
}

type rtTable struct {
	id   uint32
	name string
}

// tables reads /etc/iproute2/rt_tables of the machine.
func (p *Proc) tables() []rtTable {
	list := []rtTable{{253, "default"}, {254, "main"}, {255, "local"}}
	b, _ := p.readFile("/etc/iproute2/rt_tables")
	for _, l := range lines(string(b)) {
		f := strings.Fields(l)
		if len(f) < 2 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if n, err := strconv.ParseUint(f[0], 0, 32); err == nil {
			list = append(list, rtTable{uint32(n), f[1]})
		}
	}
	return list
}

// split cuts a batch line into words.
func split(l string) (words []string, err error) {
	var b strings.Builder
	in, quote := false, rune(0)
	for _, c := range l {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			} else {
				b.WriteRune(c)
			}
		case c == '\'' || c == '"':
			in, quote = true, c
		case c == ' ' || c == '\t' || c == '\r':
			if in {
				words = append(words, b.String())
				b.Reset()
				in = false
			}
		case c == '#' && !in:
			return words, nil
		case c < ' ':
			return nil, fmt.Errorf("a control character")
		default:
			in = true
			b.WriteRune(c)
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote is not closed")
	}
	if in {
		words = append(words, b.String())
	}
	return words, nil
}
