package nft

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// A Watch is what `nft monitor` shows.
type Watch struct {
	JSON, Handles     bool
	NoNew, NoDestroy  bool // monitor destroy, monitor new
	Only              string
	Trace             bool // what happens to packets, too
	numeric, numProto bool
	numPrio, stateOff bool
}

// watchable are the things that a monitor may be limited to, and what they show.
var watchable = map[string][]nftables.ChangeKind{
	"tables":   {nftables.ChangeTable},
	"chains":   {nftables.ChangeChain},
	"rules":    {nftables.ChangeRule},
	"sets":     {nftables.ChangeSet},
	"elements": {nftables.ChangeElem},
	"ruleset":  {nftables.ChangeTable, nftables.ChangeChain, nftables.ChangeRule, nftables.ChangeSet, nftables.ChangeElem, nftables.ChangeObj},
}

// ParseMonitor reads the words of `nft [OPTIONS] monitor …`: false if args ask for
// something else. bad is what is wrong with them, in nft's words.
func (env *Env) ParseMonitor(args []string) (w *Watch, bad string, ok bool) {
	w = &Watch{}
	i := 0
	for ; i < len(args) && strings.HasPrefix(args[i], "-"); i++ {
		switch a := args[i]; a {
		case "--handle":
			w.Handles = true
		case "--json":
			w.JSON = true
		case "--numeric":
			w.numeric, w.numProto, w.numPrio = true, true, true
		case "--stateless":
			w.stateOff = true
		case "--echo":
		default:
			if strings.HasPrefix(a, "--") {
				return nil, "", false
			}
			for _, c := range a[1:] {
				switch c {
				case 'a':
					w.Handles = true
				case 'j':
					w.JSON = true
				case 'n':
					w.numeric, w.numProto, w.numPrio = true, true, true
				case 'p':
					w.numProto = true
				case 'y':
					w.numPrio = true
				case 's':
					w.stateOff = true
				case 'e', 'u', 'N', 'T', 'S', 't':
				default:
					return nil, "", false
				}
			}
		}
	}
	src := &source{lines: strings.Split(strings.Join(args[i:], " "), "\n"), ended: true}
	toks, err := lex(src)
	if err != nil || len(toks) == 0 || toks[0].s != "monitor" {
		return nil, "", false
	}
	p := &parser{env: env, toks: toks, vars: map[string]*expr{}}
	if f := p.monitor(w); f != nil {
		var b strings.Builder
		f.write(&b)
		return w, b.String(), true
	}
	return w, "", true
}

// monitor reads "monitor [new|destroy|WHAT] [WHAT]".
func (p *parser) monitor(w *Watch) (f *failure) {
	defer func() {
		if r := recover(); r != nil {
			e, isSyntax := r.(syntaxError)
			if !isSyntax {
				panic(r)
			}
			f = e.f
		}
	}()
	p.next()
	if t := p.peek(); t.kind == tokWord && watchable[t.s] == nil && t.s != "trace" && t.s != "new" && t.s != "destroy" {
		if keywords[t.s] {
			p.unexpected("")
		}
		return errAt(t.at, "invalid event "+t.s)
	}
	switch {
	case p.accept("new"):
		w.NoDestroy = true
	case p.accept("destroy"):
		w.NoNew = true
	}
	if t := p.peek(); watchable[t.s] != nil || t.s == "trace" {
		w.Only = p.next().s
	}
	if !p.end() {
		p.unexpected("end of file or newline or semicolon")
	}
	w.Trace = w.Only == "trace" || w.Only == "" && !w.NoNew && !w.NoDestroy
	return nil
}

// Show is what `nft monitor` prints of a transaction.
func (w *Watch) Show(env *Env, l []nftables.Change, who nftables.Process) string {
	if w.Only == "trace" {
		return ""
	}
	o := newOutput(env)
	o.handles, o.numeric, o.numProto, o.numPrio = w.Handles, w.numeric, w.numProto, w.numPrio
	o.state = !w.stateOff
	var b strings.Builder
	for i := range l {
		c := &l[i]
		if c.Del && w.NoDestroy || !c.Del && w.NoNew || !w.wants(c.Kind) {
			continue
		}
		if !w.JSON {
			b.WriteString(o.change(c))
			continue
		}
		if v := o.jsonChange(c, true); v != nil {
			jdump(&b, v)
			b.WriteByte('\n')
		}
	}
	if !w.JSON && w.Only == "" && !w.NoNew && !w.NoDestroy {
		b.WriteString(generation(env, who))
	}
	return b.String()
}

func (w *Watch) wants(k nftables.ChangeKind) bool {
	if w.Only == "" { // of named objects "new" and "destroy" do not tell
		return k != nftables.ChangeObj || !w.NoNew && !w.NoDestroy
	}
	for _, x := range watchable[w.Only] {
		if x == k {
			return true
		}
	}
	return false
}
