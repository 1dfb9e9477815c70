package ipt

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// ipsetVersion is the version whose words are spoken.
const ipsetVersion = "7.17"

//go:embed ipset_help.txt
var ipsetHelp string

// A setRun is one run of ipset(8).
type setRun struct {
	*prog
	x       *iptables.Tables
	line    int // of what is restored; 0: none
	quiet   bool
	exist   bool
	sorted  bool
	names   bool
	terse   bool
	save    bool   // -o save
	mode    string // what -o says
	file    string
	listed  int         // sets that were printed
	ignored [][2]string // options of old versions, with their values
	waiting []setOrder
}

// A setOrder is a line of what is restored that waits to be sent with others.
type setOrder struct {
	cmd, set string
	line     int
	exist    bool
	do       func(exist bool)
}

// ipset is ipset(8).
func (env *Env) ipset(args []string) (stdout, stderr string, status int) {
	p := &prog{env: env, argv0: args[0], base: "ipset", name: "ipset", fam: 4, line: -1}
	r := &setRun{prog: p, x: iptables.Of(env.NS)}
	status = p.guard(func() int { return r.run(args[1:]) })
	if r.file != "" && status == 0 && p.out.Len() > 0 {
		if env.WriteFile == nil || !env.WriteFile(r.file, p.out.String()) {
			return "", "ipset v" + ipsetVersion + ": Cannot open " + r.file + " for writing: No such file or directory\n", 1
		}
		return "", p.err.String(), 0
	}
	return p.out.String(), p.err.String(), status
}

// wrong ends the run because of how it was called: status 2.
func (r *setRun) wrong(format string, a ...any) {
	if !r.quiet {
		fmt.Fprintf(&r.err, "ipset v%s: "+format+"\nTry `ipset help' for more information.\n", append([]any{ipsetVersion}, a...)...)
	}
	panic(exit(parameterProblem))
}

// fail ends the run because of what was said, or of what the kernel answered: status 1.
func (r *setRun) fail(format string, a ...any) {
	if !r.quiet {
		fmt.Fprintf(&r.err, "ipset v%s: ", ipsetVersion)
		if r.line > 0 {
			fmt.Fprintf(&r.err, "Error in line %d: ", r.line)
		}
		fmt.Fprintf(&r.err, format+"\n", a...)
	}
	panic(exit(otherProblem))
}

// syntax is fail for what cannot be read.
func (r *setRun) syntax(format string, a ...any) { r.fail("Syntax error: "+format, a...) }

// A setCommand is one of ipset's commands.
type setCommand struct {
	names      []string
	need, most int // arguments
	do         func(r *setRun, a []string)
}

// setCommands are in the order in which abbreviations are tried.
func setCommands() []setCommand {
	return []setCommand{
		{[]string{"create", "new", "n", "-N"}, 2, -1, (*setRun).create},
		{[]string{"add", "-A"}, 2, -1, func(r *setRun, a []string) { r.element("add", a) }},
		{[]string{"del", "-D"}, 2, -1, func(r *setRun, a []string) { r.element("del", a) }},
		{[]string{"test", "-T"}, 2, -1, func(r *setRun, a []string) { r.element("test", a) }},
		{[]string{"destroy", "x", "-X"}, 0, 1, (*setRun).destroy},
		{[]string{"list", "-L"}, 0, 1, (*setRun).list},
		{[]string{"save", "-S"}, 0, 1, func(r *setRun, a []string) {
			if r.mode == "" {
				r.save = true
			}
			r.list(a)
		}},
		{[]string{"restore", "-R"}, 0, 0, (*setRun).restoreSets},
		{[]string{"flush", "-F"}, 0, 1, (*setRun).flush},
		{[]string{"rename", "e", "-E"}, 2, 2, (*setRun).rename},
		{[]string{"swap", "w", "-W"}, 2, 2, (*setRun).swap},
		{[]string{"help", "-H"}, 0, -1, (*setRun).help},
		{[]string{"version", "-V"}, 0, -1, func(r *setRun, _ []string) { r.out.f("ipset v%s, protocol version: 7\n", ipsetVersion) }},
		{[]string{"quit"}, 0, -1, func(r *setRun, _ []string) { panic(exit(0)) }},
	}
}

// is is ipset_match_cmd: the first name may be cut short.
func (c *setCommand) is(s string) bool {
	s = strings.TrimPrefix(s, "--")
	if s == "" || len(s) > len(c.names[0]) {
		return false
	}
	if strings.HasPrefix(c.names[0], s) {
		return true
	}
	for _, n := range c.names[1:] {
		if n == s {
			return true
		}
	}
	return false
}

// run is ipset_parse_argv: one command with its options.
func (r *setRun) run(argv []string) int {
	a := r.options(argv)
	if len(a) == 0 {
		r.wrong("No command specified.")
	}
	for _, c := range setCommands() {
		if !c.is(a[0]) {
			continue
		}
		rest, name := a[1:], c.names[0]
		if r.line > 0 && (name == "restore" || name == "version" || name == "help") {
			r.wrong("Command `%s' is invalid in restore mode.", name)
		}
		if len(rest) < 1 && c.need > 0 {
			r.wrong("Missing mandatory argument to command %s", name)
		}
		if len(rest) < 2 && c.need > 1 {
			r.wrong("Missing second mandatory argument to command %s", name)
		}
		if c.most >= 0 && len(rest) > c.most {
			r.wrong("Unknown argument %s", rest[c.most])
		}
		if name != "add" && name != "del" {
			r.commit()
		}
		c.do(r, rest)
		return 0
	}
	r.wrong("No command specified: unknown argument %s", a[0])
	return 0
}

// options takes ipset's own options out of the arguments, wherever they stand.
func (r *setRun) options(argv []string) (rest []string) {
	for i := 0; i < len(argv); i++ {
		o := argv[i]
		if strings.HasPrefix(o, "--") {
			o = o[1:]
		}
		switch o {
		case "-q", "-quiet":
			r.quiet = true
		case "-!", "-exist":
			r.exist = true
		case "-s", "-sorted":
			r.sorted = true
		case "-n", "-name":
			r.names = true
		case "-t", "-terse":
			r.terse = true
		case "-r", "-resolve":
			r.notModelled("ipset %s", argv[i])
		case "-o", "-output", "-f", "-file":
			i++
			if i == len(argv) {
				r.wrong("Missing mandatory argument to option -%c", o[1])
			}
			if o[1] == 'f' {
				r.file = argv[i]
			} else {
				r.output(argv[i])
			}
		default:
			rest = append(rest, argv[i])
		}
	}
	return rest
}

func (r *setRun) output(mode string) {
	switch mode {
	case "plain":
	case "save":
		r.save = true
	case "xml":
		r.notModelled("ipset -o xml")
	default:
		r.syntax("unknown output mode '%s'", mode)
	}
	r.mode = mode
}

// restoreSets is ipset restore.
func (r *setRun) restoreSets([]string) {
	text := ""
	if r.file != "" {
		ok := false
		if r.env.ReadFile != nil {
			text, ok = r.env.ReadFile(r.file)
		}
		if !ok {
			r.fail("Cannot open %s for reading: No such file or directory", r.file)
		}
		r.file = ""
	} else {
		text = r.stdin()
	}
	exist, mode, save := r.exist, r.mode, r.save
	for i, s := range strings.Split(text, "\n") {
		s = strings.TrimSpace(s)
		if s == "" || s[0] == '#' {
			continue
		}
		r.line = i + 1
		if s == "COMMIT" {
			r.commit()
			continue
		}
		r.run(setWords(s))
		r.exist, r.mode, r.save = exist, mode, save
	}
	r.commit()
}

// setWords are the words of a line; a word in quotes may have blanks.
func setWords(s string) (l []string) {
	for {
		s = strings.TrimLeft(s, " \t\r")
		if s == "" {
			return l
		}
		if s[0] == '"' {
			w, rest, ok := strings.Cut(s[1:], "\"")
			if !ok {
				return l
			}
			l, s = append(l, w), rest
			continue
		}
		n := strings.IndexAny(s, " \t\r")
		if n < 0 {
			n = len(s)
		}
		l, s = append(l, s[:n]), s[n:]
	}
}

// order sends an order, or keeps it to be sent with those of the next lines.
func (r *setRun) order(o setOrder) {
	if r.line == 0 {
		o.do(o.exist)
		return
	}
	if n := len(r.waiting); n > 0 && (r.waiting[0].cmd != o.cmd || r.waiting[0].set != o.set) {
		r.commit()
	}
	o.line = r.line
	r.waiting = append(r.waiting, o)
}

// commit is ipset_commit: what waits is sent.
func (r *setRun) commit() {
	l, line := r.waiting, r.line
	r.waiting = nil
	for _, o := range l {
		r.line = o.line
		o.do(o.exist)
	}
	r.line = line
}

// findSet ends the run if a set is not there, or of another family.
func (c *call) findSet(name string) {
	s := iptables.Of(c.p.env.NS).Set(name)
	if s == nil {
		c.bad("Set %s doesn't exist.\n", name)
		return
	}
	if s.Type != iptables.SetBitmapPort && s.Type != iptables.SetList && s.Family != family(c.p.fam) {
		c.bad("The protocol family of set %s is %s, which is not applicable.\n", name, map[bool]string{true: "IPv6", false: "IPv4"}[c.p.fam == 4])
	}
}
