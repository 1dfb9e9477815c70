package nft

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// misspelt is string_misspell_update: the name that is nearest to what was written.
type misspelt struct {
	want string
	min  int
	any  bool
}

// nearer reports whether a name is nearer than all before it.
func (m *misspelt) nearer(name string) bool {
	long, short := max(len(name), len(m.want)), min(len(name), len(m.want))
	if long <= 1 {
		return false
	}
	limit := (long + 4) / 3
	if long-short <= 1 {
		limit = max((long+2)/3, 1)
	}
	d := distance(name, m.want)
	if d > limit || m.any && d >= m.min {
		return false
	}
	m.min, m.any = d, true
	return true
}

// distance is string_distance of nft 1.0.6, whose rows lie one cell too close to each
// other and whose letters begin with the second.
func distance(a, b string) int {
	la, lb := len(a), len(b)
	d := make([]int, (la+1)*(lb+1))
	at := func(i, j int) *int { return &d[i*lb+j] }
	c := func(s string, i int) byte {
		if i < len(s) {
			return s[i]
		}
		return 0
	}
	for i := 0; i <= la; i++ {
		*at(i, 0) = i
	}
	for j := 0; j <= lb; j++ {
		*at(0, j) = j
	}
	for i := 1; i <= la; i++ {
		for j := 1; j <= lb; j++ {
			sub := 1
			if c(a, i) == c(b, j) {
				sub = 0
			}
			*at(i, j) = min(*at(i-1, j)+1, *at(i, j-1)+1, *at(i-1, j-1)+sub)
			if i > 1 && j > 1 && c(a, i) == c(b, j-1) && c(a, i-1) == c(b, j) {
				*at(i, j) = min(*at(i, j), *at(i-2, j-2)+sub)
			}
		}
	}
	return *at(la, lb)
}

const enoentText = "No such file or directory"

// An absent is what was not found: the place of its name, and whether the kernel said
// so, or nft itself.
type absent struct {
	at     loc
	kernel bool
}

func (r *runner) plain(m absent) {
	msg := enoentText
	if m.kernel {
		msg = kernelSays + enoentText
	}
	r.fail(errAt(m.at, msg))
}

// suggest complains with the name that may have been meant.
func (r *runner) suggest(m absent, f string, a ...any) {
	r.fail(&failure{msg: enoentText + "; did you mean " + fmt.Sprintf(f, a...) + "?", locs: []loc{m.at}, kernel: m.kernel})
}

// missingTable is nft_cmd_enoent_table and table_not_found.
func (r *runner) missingTable(p *place, m absent) {
	s := misspelt{want: p.table}
	var found *nftables.Table
	for _, t := range r.tables().List {
		if s.nearer(t.Name) {
			found = t
		}
	}
	if found == nil {
		r.plain(m)
		return
	}
	r.suggest(m, "table ‘%s’ in family %s", found.Name, familyName(found.Family))
}

// inTable complains of the table first, where that is not the one that was written.
func (r *runner) inTable(p *place, t *nftables.Table, m absent) bool {
	if !m.kernel || r.tables().Find(p.family, p.table) != nil {
		return true
	}
	if t.Name == p.table && t.Family == p.family {
		return true
	}
	m.at = p.tableAt
	r.suggest(m, "table ‘%s’ in family %s", t.Name, familyName(t.Family))
	return false
}

// missingName looks for a name in all tables: names of one table, and what they are.
func (r *runner) missingName(p *place, want string, m absent, names func(t *nftables.Table, try func(name, kind string))) {
	s := misspelt{want: want}
	var table *nftables.Table
	var name, kind string
	for _, t := range r.tables().List {
		names(t, func(n, k string) {
			if s.nearer(n) {
				table, name, kind = t, n, k
			}
		})
	}
	if table == nil {
		r.plain(m)
		return
	}
	if r.inTable(p, table, m) {
		r.suggest(m, "%s ‘%s’ in table %s ‘%s’", kind, name, familyName(table.Family), table.Name)
	}
}

func (r *runner) missingChain(p *place, m absent) {
	r.missingName(p, p.chain, m, func(t *nftables.Table, try func(name, kind string)) {
		for _, c := range t.Chains {
			try(c.Name, "chain")
		}
	})
}

func (r *runner) missingSet(p *place, name string, m absent) {
	r.missingName(p, name, m, func(t *nftables.Table, try func(name, kind string)) {
		for _, s := range t.Sets {
			kind := "set"
			if s.Map {
				kind = "map"
			}
			if !s.Anon {
				try(s.Name, kind)
			}
		}
	})
}

func (r *runner) missingObject(p *place, m absent) {
	r.missingName(p, p.name, m, func(t *nftables.Table, try func(name, kind string)) {
		for _, o := range t.Objects {
			try(o.Name, "obj")
		}
	})
}

// missingRule is nft_cmd_enoent_rule: a chain of another name may have been meant.
func (r *runner) missingRule(p *place, at loc) {
	for _, t := range r.tables().List {
		if c := t.Chain(p.chain); c != nil && t.Family == p.family && t.Name == p.table {
			r.plain(absent{at: at, kernel: true})
			return
		}
	}
	r.missingChain(p, absent{at: at, kernel: true})
}
