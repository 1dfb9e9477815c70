package nft

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/step"
)

// An Env is the machine that nft runs on.
type Env struct {
	NS       *core.Netns
	ReadFile func(name string) (text string, ok bool) // of the simulated machine; nil: no files
	By       nftables.Process                         // who nft is, for those that watch
	noBulk   bool                                     // for a test: every element is parsed by itself
}

// Run is nft on a simulated machine: args are those behind the program's name.
// It returns what nft prints, and its exit status.
func Run(ns *core.Netns, args []string, stdin string) (stdout, stderr string, status int) {
	e := &Env{NS: ns}
	return e.Run(args, stdin)
}

// Run is nft: see the function Run.
func (env *Env) Run(args []string, stdin string) (stdout, stderr string, status int) {
	o := newOutput(env)
	var file string
	hasFile, json, check, echo := false, false, false, false
	i := 0
	for ; i < len(args); i++ {
		a := args[i]
		if len(a) < 2 || a[0] != '-' {
			break
		}
		if a == "--" {
			i++
			break
		}
		if strings.HasPrefix(a, "--") {
			switch a {
			case "--handle":
				o.handles = true
			case "--json":
				json = true
			case "--numeric":
				o.numeric, o.numProto, o.numPrio = true, true, true
			case "--stateless":
				o.state = false
			case "--terse":
				o.terse = true
			case "--check":
				check = true
			case "--service":
				o.services = true
			case "--version":
				return "nftables v1.0.6 (Lester Gooch #5)\n", "", 0
			case "--echo":
				echo = true
			case "--file":
				i++
				if i < len(args) {
					file, hasFile = args[i], true
				}
			default:
				return "", "nft: unrecognized option '" + a + "'\n", 1
			}
			continue
		}
		for k := 1; k < len(a); k++ {
			switch a[k] {
			case 'a':
				o.handles = true
			case 'j':
				json = true
			case 'n':
				o.numeric, o.numProto, o.numPrio = true, true, true
			case 'p':
				o.numProto = true
			case 'y':
				o.numPrio = true
			case 's':
				o.state = false
			case 'S':
				o.services = true
			case 't':
				o.terse = true
			case 'c':
				check = true
			case 'v':
				return "nftables v1.0.6 (Lester Gooch #5)\n", "", 0
			case 'e':
				echo = true
			case 'u', 'N', 'T':
			case 'f':
				if k+1 < len(a) {
					file = a[k+1:]
				} else if i++; i < len(args) {
					file = args[i]
				} else {
					return "", "nft: option requires an argument -- 'f'\n", 1
				}
				hasFile = true
				k = len(a)
			default:
				return "", fmt.Sprintf("nft: invalid option -- '%c'\n", a[k]), 1
			}
		}
	}
	rest := args[i:]
	var src *source
	switch {
	case hasFile:
		text := stdin
		name := "/dev/stdin"
		if file != "-" && file != "/dev/stdin" {
			name = file
			t, ok := "", false
			if env.ReadFile != nil {
				t, ok = env.ReadFile(file)
			}
			if !ok {
				return "", fmt.Sprintf("internal:0:0-0: Error: Could not open file \"%s\": No such file or directory\n", file), 1
			}
			text = t
		}
		src = &source{name: name, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n"), ended: strings.HasSuffix(text, "\n")}
	case len(rest) > 0:
		src = &source{lines: strings.Split(strings.Join(rest, " "), "\n"), ended: true}
	default:
		return "", "nft: no command specified\n", 1
	}
	r := &runner{env: env, o: &o, check: check, echoes: echo, piped: hasFile && src.name == "/dev/stdin"}
	if json {
		r.json = true
	}
	status = r.run(src)
	return o.b.String(), o.errs.String() + r.errs.String(), status
}

// A runner carries out what was read.
type runner struct {
	env    *Env
	o      *output
	b      *nftables.Batch
	errs   strings.Builder
	fails  []*failure
	kernel []*failure // what the kernel refused
	late   []*failure // what it refused when all else was right: see invalid
	check  bool
	json   bool
	piped  bool // read from the standard input
	echoes bool // nft -e
	echoed []nftables.Change
	root   any // what was read as JSON
	cmds   []*cmd
}

func (r *runner) run(src *source) int {
	if r.json {
		if root, ok := jparse(strings.Join(src.lines, "\n")); ok {
			return r.runJSON(src, root)
		}
		if r.piped { // libjansson has read it, and nothing is left
			return 0
		}
	}
	toks, err := lex(src)
	if err == nil {
		toks, err = r.env.include(toks, 0)
	}
	p := &parser{env: r.env, toks: toks, vars: map[string]*expr{}}
	if err != nil {
		p.toks = append(p.toks, token{kind: tokEOF, at: err.locs[0]})
	}
	p.all()
	if err != nil && len(p.errs) == 0 {
		p.errs = append(p.errs, err)
	}
	return r.carryOut(p.cmds, p.errs)
}

// runJSON carries out what was read as JSON: nothing, if something in it is wrong.
func (r *runner) runJSON(src *source, root any) int {
	j := &jsonReader{env: r.env, src: src}
	cmds := j.read(root)
	r.root, r.cmds = root, cmds
	if len(j.errs) > 0 {
		cmds = nil
	}
	return r.carryOut(cmds, j.errs)
}

// carryOut does commands, in one transaction; errs is what was wrong with their text.
func (r *runner) carryOut(cmds []*cmd, errs []*failure) int {
	s := nftables.Of(r.env.NS)
	r.b = s.Begin()
	r.b.By = r.env.By
	markDynamic(cmds)
	r.do(cmds)
	sent, again := false, false
	if len(errs) > 0 {
		r.fails = append(errs, r.fails...)
	} else if len(r.fails) == 0 {
		again = len(r.kernel) == 0 && r.b.Invalid()
		if again {
			r.kernel = r.late
		}
		r.fails, sent = r.kernel, true
	}
	if len(r.fails) > 0 || r.check {
		if sent || len(r.fails) == 0 {
			r.b.Abort(again)
		} else { // what nft itself finds wrong the kernel never hears of
			r.b.Unsent()
		}
		r.o.b.Reset()
	}
	if len(r.fails) > 0 {
		for _, f := range r.fails {
			f.write(&r.errs)
		}
		return 1
	}
	if r.check {
		return 0
	}
	if r.echoes {
		r.echo()
	}
	r.b.Commit()
	if r.echoes {
		r.printEcho()
	}
	return 0
}

// fail keeps a complaint. What nft itself finds wrong comes first: then the
// kernel is not asked at all.
func (r *runner) fail(f *failure) {
	switch {
	case f == nil:
	case f.noSet != nil:
		name := *f.noSet
		f.noSet = nil
		r.missingSet(&place{}, name, absent{at: f.locs[0]})
	case f.kernel, strings.HasPrefix(f.msg, kernelSays):
		r.kernel = append(r.kernel, f)
	default:
		r.fails = append(r.fails, f)
	}
}

const kernelSays = "Could not process rule: "

// errnoText is what the C library says of an errno.
func errnoText(e core.Errno) string {
	switch e {
	case step.ENOENT:
		return "No such file or directory"
	case step.EEXIST:
		return "File exists"
	case step.EBUSY:
		return "Device or resource busy"
	case step.EINVAL:
		return "Invalid argument"
	case step.EOPNOTSUPP:
		return "Operation not supported"
	case step.EPERM:
		return "Operation not permitted"
	case 23:
		return "Too many open files in system"
	case 31:
		return "Too many links"
	case 34:
		return "Numerical result out of range"
	case 40:
		return "Too many levels of symbolic links"
	case 71:
		return "Protocol error"
	case 75:
		return "Value too large for defined data type"
	}
	return e.String()
}

func (r *runner) errno(l loc, e core.Errno) {
	if e != 0 {
		r.fail(errAt(l, kernelSays+errnoText(e)))
	}
}

// invalid asks whether a table's rules may stand where they stand, after a message
// about them. The kernel does so only if nothing else was wrong.
func (r *runner) invalid(t *nftables.Table, at loc) {
	if e := r.b.Validate(t); e != 0 {
		r.late = append(r.late, errAt(at, kernelSays+errnoText(e)))
	}
}

// do carries out commands: what declares comes before what uses.
func (r *runner) do(cmds []*cmd) {
	for _, c := range cmds {
		r.one(c)
		if len(r.fails) >= 20 {
			return
		}
	}
}

func (r *runner) tables() *nftables.Tables { return nftables.Of(r.env.NS) }

func (r *runner) table(p *place) *nftables.Table { return r.tables().Find(p.family, p.table) }

func (r *runner) one(c *cmd) {
	r.b.How = nftables.How{Excl: c.op == "create", Insert: c.op == "insert" && c.obj == "rule"}
	switch c.op {
	case "add", "create", "insert", "replace":
		r.b.How.Echo = true
	}
	switch c.op {
	case "list":
		r.list(c)
	case "reset":
		r.reset(c)
	case "flush":
		r.flush(c)
	case "delete":
		r.delete(c)
	case "rename":
		r.rename(c)
	case "get":
		r.get(c)
	case "describe":
		r.fail(errAt(c.at, "not modelled: describe"))
	default:
		r.addCmd(c)
	}
}

func (r *runner) addCmd(c *cmd) {
	switch c.obj {
	case "table":
		r.addTable(c)
	case "chain":
		r.addChain(c)
		r.do(c.sub)
	case "rule":
		r.addRule(c)
	case "set":
		r.addSet(c, true)
	case "element":
		r.addElements(c)
	case "object":
		r.addObject(c)
	case "flowtable":
		r.addFlowtable(c, c.at)
	}
}

// addTable makes a table, and what is in its block in the order that nft has:
// chains, objects, sets, then elements and rules.
func (r *runner) addTable(c *cmd) {
	was := r.table(&c.p)
	t, e := r.b.AddTable(c.p.family, c.p.table, c.table.dormant, true, c.op == "create")
	if e != 0 {
		r.errno(c.p.tableAt, e)
		return
	}
	if was == nil {
		c.made = t.Handle
	}
	if t.Comment == "" {
		t.Comment = c.table.comment
	}
	for _, s := range c.sub {
		if s.obj == "chain" {
			r.addChain(s)
		}
	}
	for _, s := range c.sub {
		if s.obj == "object" {
			r.addObject(s)
		}
	}
	markDynamic(c.sub)
	for _, s := range c.sub {
		if s.obj == "set" {
			r.addSet(s, false)
		}
	}
	if len(r.fails) > 0 {
		return
	}
	for _, s := range c.sub {
		if s.obj == "flowtable" {
			r.addFlowtable(s, s.p.nameAt)
		}
	}
	for _, s := range c.sub {
		if s.obj == "set" && len(s.set.elems) > 0 {
			r.addSetElements(s)
		}
	}
	for _, s := range c.sub {
		if s.obj == "chain" {
			r.do(s.sub)
		}
	}
}
