package lab

import (
	"path"
	"strings"
)

func basenameTool(p *Proc, a []string) int {
	if len(a) < 2 {
		p.errf("%s: missing operand\nTry '%s --help' for more information.\n", a[0], a[0])
		return 1
	}
	if a[0] == "dirname" {
		d := path.Dir(strings.TrimRight(a[1], "/"))
		p.outf("%s\n", d)
		return 0
	}
	b := path.Base(a[1])
	if len(a) > 2 && b != a[2] {
		b = strings.TrimSuffix(b, a[2])
	}
	p.outf("%s\n", b)
	return 0
}

func mktempTool(p *Proc, a []string) int {
	dir, dry := false, false
	rest, bad := flags(a[1:], "duqtp:", func(c byte, _ string) {
		dir = dir || c == 'd'
		dry = dry || c == 'u'
	})
	if bad != "" {
		return p.badOption(bad)
	}
	t := "/tmp/tmp.XXXXXXXXXX"
	if len(rest) > 0 {
		t = rest[0]
	}
	base := strings.TrimRight(t, "X")
	n := len(t) - len(base)
	if n < 3 {
		p.errf("mktemp: too few X's in template ‘%s’\n", t)
		return 1
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	p.lab.settings["mktemp"] += "x"
	k := len(p.lab.settings["mktemp"]) * 7919
	var b strings.Builder
	for range n {
		b.WriteByte(letters[k%62])
		k = k*31 + 17
		k &= 1<<30 - 1
	}
	name := base + b.String()
	if !dry {
		if dir {
			p.mkdir(name)
		} else {
			if _, e := p.open(name, 'w'); e != "" {
				p.errf("mktemp: failed to create file via template ‘%s’: %s\n", t, e)
				return 1
			}
		}
	}
	p.outf("%s\n", name)
	return 0
}

// mkdir is mkdir(2).
func (p *Proc) mkdir(name string) string {
	a := p.abs(name)
	if made(a) {
		return noPerm
	}
	d, e := p.lab.lookup(path.Dir(a))
	switch {
	case d == nil:
		return e
	case !d.dir:
		return notDir
	case d.kids[path.Base(a)] != nil:
		return "File exists"
	}
	p.grow(256)
	d.kids[path.Base(a)] = dirNode()
	return ""
}

func mkdirTool(p *Proc, a []string) int {
	parents, st := false, 0
	rest, bad := flags(a[1:], "pm:v", func(c byte, _ string) { parents = parents || c == 'p' })
	if bad != "" {
		return p.badOption(bad)
	}
	for _, n := range rest {
		if parents {
			done := ""
			for _, s := range strings.Split(strings.TrimPrefix(p.abs(n), "/"), "/") {
				done += "/" + s
				if s, e := p.stat(done); e == "" && s.dir {
					continue
				}
				if e := p.mkdir(done); e != "" {
					p.errf("mkdir: cannot create directory ‘%s’: %s\n", n, e)
					st = 1
					break
				}
			}
			continue
		}
		if e := p.mkdir(n); e != "" {
			p.errf("mkdir: cannot create directory ‘%s’: %s\n", n, e)
			st = 1
		}
	}
	return st
}

func rmTool(p *Proc, a []string) int {
	var rec, force bool
	rest, bad := flags(a[1:], "rRfiv", func(c byte, _ string) {
		rec = rec || c == 'r' || c == 'R'
		force = force || c == 'f'
	})
	if bad != "" {
		return p.badOption(bad)
	}
	if len(rest) == 0 && !force {
		p.errf("%s: missing operand\nTry '%s --help' for more information.\n", a[0], a[0])
		return 1
	}
	st := 0
	for _, n := range rest {
		abs := p.abs(n)
		s, e := p.stat(n)
		switch {
		case e != "" && force:
			continue
		case e != "":
		case made(abs) || abs == "/":
			e = "Operation not permitted"
		case s.dir && !rec && a[0] == "rm":
			e = isDir
		case a[0] == "rmdir" && !s.dir:
			e = notDir
		case a[0] == "rmdir" && (s.size > 0 || p.full(abs)):
			e = "Directory not empty"
		}
		if e != "" {
			if a[0] == "rmdir" {
				p.errf("rmdir: failed to remove '%s': %s\n", n, e)
			} else {
				p.errf("rm: cannot remove '%s': %s\n", n, e)
			}
			st = 1
			continue
		}
		d, _ := p.lab.lookup(path.Dir(abs))
		if d != nil {
			if k := d.kids[path.Base(abs)]; k != nil {
				p.lab.memory -= len(k.data)
			}
			delete(d.kids, path.Base(abs))
		}
	}
	return st
}

func chmodTool(p *Proc, a []string) int {
	if len(a) < 3 {
		p.errf("chmod: missing operand\nTry 'chmod --help' for more information.\n")
		return 1
	}
	st := 0
	for _, f := range a[2:] {
		n, e := p.lab.lookup(p.abs(f))
		if n == nil {
			p.errf("chmod: cannot access '%s': %s\n", f, e)
			st = 1
			continue
		}
		n.exec = strings.Contains(a[1], "x") && !strings.Contains(a[1], "-x") || strings.ContainsAny(a[1], "1357") && !strings.Contains(a[1], "-")
	}
	return st
}

func cpTool(p *Proc, a []string) int {
	rest, bad := flags(a[1:], "afprRvi", func(byte, string) {})
	if bad != "" {
		return p.badOption(bad)
	}
	if len(rest) < 2 {
		p.errf("%s: missing file operand\nTry '%s --help' for more information.\n", a[0], a[0])
		return 1
	}
	to := rest[len(rest)-1]
	st := 0
	for _, f := range rest[:len(rest)-1] {
		dst := to
		if s, e := p.stat(to); e == "" && s.dir {
			dst = join(to, path.Base(f))
		}
		b, e := p.readFile(f)
		if s, _ := p.stat(f); e == "" && s.dir {
			p.errf("%s: -r of directories is not modelled: '%s'\n", a[0], f)
			return 1
		}
		if e != "" {
			p.errf("%s: cannot stat '%s': %s\n", a[0], f, e)
			st = 1
			continue
		}
		d, e := p.open(dst, 'w')
		if e != "" {
			p.errf("%s: cannot create regular file '%s': %s\n", a[0], dst, e)
			st = 1
			continue
		}
		p.set(200, d)
		p.write(200, b)
		p.close(200)
		if a[0] == "mv" {
			if dir, _ := p.lab.lookup(path.Dir(p.abs(f))); dir != nil {
				delete(dir.kids, path.Base(p.abs(f)))
			}
		}
	}
	return st
}

func lsTool(p *Proc, a []string) int {
	var long, all, one, dirOnly bool
	rest, bad := flags(a[1:], "la1dhAtrRFnpi", func(c byte, _ string) {
		switch c {
		case 'l':
			long = true
		case 'a':
			all = true
		case 'd':
			dirOnly = true
		case '1':
			one = true
		}
	})
	_ = one
	if bad != "" {
		p.badOption(bad)
		return 2
	}
	if len(rest) == 0 {
		rest = []string{"."}
	}
	st := 0
	show := func(name, full string) {
		if !long {
			p.outf("%s\n", name)
			return
		}
		s, _ := p.stat(full)
		mode, links := "-rw-r--r--", 1
		if s.exec {
			mode = "-rwxr-xr-x"
		}
		if s.dir {
			mode, links, s.size = "drwxr-xr-x", 2, 4096
		}
		p.outf("%s %d root root %d %s %s\n", mode, links, s.size, p.lab.date().Format("Jan _2 15:04"), name)
	}
	var dirs []string
	for _, f := range rest {
		s, e := p.stat(f)
		if e != "" {
			p.errf("ls: cannot access '%s': %s\n", f, e)
			st = 2
			continue
		}
		if !s.dir || dirOnly {
			show(f, f)
			continue
		}
		dirs = append(dirs, f)
	}
	for i, f := range dirs {
		if len(rest) > 1 {
			if i > 0 || len(dirs) < len(rest) {
				p.out("\n")
			}
			p.outf("%s:\n", f)
		}
		list, _ := p.readDir(f)
		if long {
			p.out("total 0\n")
		}
		if all {
			show(".", f)
			show("..", f)
		}
		for _, k := range list {
			if k[0] != '.' || all {
				show(k, join(f, k))
			}
		}
	}
	return st
}

func idTool(p *Proc, a []string) int {
	switch {
	case a[0] == "whoami":
		p.out("root\n")
	case len(a) > 1 && (a[1] == "-u" || a[1] == "-g"):
		p.out("0\n")
	case len(a) > 1 && a[1] == "-un":
		p.out("root\n")
	default:
		p.out("uid=0(root) gid=0(root) groups=0(root)\n")
	}
	return 0
}

// release is what uname -r says: the kernel that the model follows.
const release = "6.18.0-packetwalk"

func unameTool(p *Proc, a []string) int {
	fields := [...]string{"Linux", p.lab.Root.Name, release, "#1 SMP PREEMPT_DYNAMIC", "x86_64", "GNU/Linux"}
	var on [6]bool
	_, bad := flags(a[1:], "snrvmoaip", func(c byte, _ string) {
		if c == 'a' {
			on = [6]bool{true, true, true, true, true, true}
		} else if i := strings.IndexByte("snrvmo", c); i >= 0 {
			on[i] = true
		}
	})
	if bad != "" {
		return p.badOption(bad)
	}
	if on == [6]bool{} {
		on[0] = true
	}
	var out []string
	for i, f := range fields {
		if on[i] {
			out = append(out, f)
		}
	}
	p.outf("%s\n", strings.Join(out, " "))
	return 0
}

func envTool(p *Proc, a []string) int {
	i := 1
	env := map[string]string{}
	for k, v := range p.env {
		env[k] = v
	}
	for ; i < len(a); i++ {
		if a[i] == "-i" {
			env = map[string]string{}
			continue
		}
		k, v, ok := strings.Cut(a[i], "=")
		if !ok {
			break
		}
		env[k] = v
	}
	if i == len(a) {
		for _, k := range sortedKeys(env) {
			p.outf("%s=%s\n", k, env[k])
		}
		return 0
	}
	old := p.env
	p.env = env
	st := p.runWords(a[i:])
	p.env = old
	if st == 127 {
		p.errf("env: ‘%s’: No such file or directory\n", a[i])
	}
	return st
}
