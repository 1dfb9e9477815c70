package lab

import (
	"fmt"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A field is a word in the making: its bytes, and which of them were quoted
// and so mean themselves.
type field struct {
	b   []byte
	q   []bool
	has bool // it exists even if it is empty
}

func (f *field) add(s string, quoted bool) {
	f.b = append(f.b, s...)
	for range len(s) {
		f.q = append(f.q, quoted)
	}
	f.has = f.has || quoted || s != ""
}

// words collects the fields of an expansion (XCU 2.6).
type words struct {
	sh    *shell
	list  []field
	cur   field
	ifs   string
	split bool
	ws    bool // the last field was ended by white space of IFS

	assign bool // the value of an assignment: ~ means something behind a colon too
}

func (w *words) end() {
	w.list = append(w.list, w.cur)
	w.cur = field{}
}

// value adds the result of an expansion: outside of quotes it is split.
func (w *words) value(s string, quoted bool) {
	if l := w.sh.p.lab; len(s)+len(w.cur.b) > l.Limits.Memory/8 {
		l.halt(w.sh.p, fmt.Sprintf("after %d bytes of memory in one word", l.Limits.Memory/8))
		w.sh.p.check()
	}
	if quoted || !w.split {
		w.cur.add(s, quoted)
		return
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case strings.IndexByte(w.ifs, c) < 0:
			w.ws = false
			w.cur.add(s[i:i+1], false)
		case c == ' ' || c == '\t' || c == '\n':
			if w.cur.has {
				w.end()
				w.ws = true
			}
		case w.ws && !w.cur.has:
			w.ws = false
		default:
			w.cur.has = true
			w.end()
		}
	}
}

// fields expands words of a command into arguments.
func (sh *shell) fields(list []*syntax.Word) []string { return sh.fieldsOf(list) }

// assignCmd are the builtins whose arguments may be assignments.
var assignCmd = map[string]bool{"export": true, "readonly": true, "local": true}

func (sh *shell) fieldsOf(list []*syntax.Word) (out []string) {
	assign := false
	for i, word := range list {
		if assign && isAssign(word) {
			out = append(out, sh.joined(word))
		} else {
			out = append(out, sh.split(word)...)
		}
		if sh.exiting {
			return nil
		}
		if i == 0 && len(out) > 0 {
			assign = assignCmd[out[0]]
		}
	}
	return out
}

func isAssign(w *syntax.Word) bool {
	if len(w.Parts) == 0 {
		return false
	}
	l, ok := w.Parts[0].(*syntax.Lit)
	if !ok {
		return false
	}
	name, _, has := strings.Cut(l.Value, "=")
	return has && syntax.ValidName(name)
}

// split expands one word with field splitting and file names.
func (sh *shell) split(word *syntax.Word) (out []string) {
	ifs, ok := sh.get("IFS")
	if !ok {
		ifs = " \t\n"
	}
	w := &words{sh: sh, ifs: ifs, split: true}
	w.parts(word.Parts, false, true)
	if w.cur.has {
		w.end()
	}
	for i := range w.list {
		f := &w.list[i]
		if !sh.noglob && globby(f) {
			if names := sh.p.glob(f.pattern()); len(names) > 0 {
				out = append(out, names...)
				continue
			}
		}
		out = append(out, string(f.b))
	}
	return out
}

// joined expands a word into one string, without splitting.
func (sh *shell) joined(word *syntax.Word) string {
	if word == nil {
		return ""
	}
	w := &words{sh: sh}
	w.parts(word.Parts, false, true)
	return w.all()
}

func (w *words) all() string {
	var b strings.Builder
	for i := range w.list {
		b.Write(w.list[i].b)
		b.WriteByte(' ')
	}
	b.Write(w.cur.b)
	return b.String()
}

// assignValue is joined, with ~ behind a colon too.
func (sh *shell) assignValue(word *syntax.Word) string {
	if word == nil {
		return ""
	}
	w := &words{sh: sh, assign: true}
	w.parts(word.Parts, false, true)
	return w.all()
}

// pattern expands a word for matching: what was quoted means itself.
func (sh *shell) pattern(word *syntax.Word) string {
	w := &words{sh: sh}
	w.parts(word.Parts, false, true)
	return w.cur.pattern()
}

func (f *field) pattern() string {
	var b strings.Builder
	for i, c := range f.b {
		if f.q[i] && strings.IndexByte(`*?[]\-!^`, c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

func globby(f *field) bool {
	for i, c := range f.b {
		if !f.q[i] && (c == '*' || c == '?' || c == '[') {
			return true
		}
	}
	return false
}

// parts expands the parts of a word; dq: inside double quotes.
func (w *words) parts(parts []syntax.WordPart, dq, start bool) {
	sh := w.sh
	for i, part := range parts {
		if sh.exiting {
			return
		}
		switch x := part.(type) {
		case *syntax.Lit:
			s := x.Value
			if !dq && start && i == 0 && strings.HasPrefix(s, "~") {
				if user, rest, _ := strings.Cut(s[1:], "/"); user == "" || user == "root" {
					home, ok := sh.get("HOME")
					if !ok || user == "root" {
						home = "/root"
					}
					w.cur.add(home, true)
					if s = ""; rest != "" || strings.Contains(x.Value, "/") {
						s = "/" + rest
					}
				}
			}
			if w.assign && !dq && strings.Contains(s, ":~") && !strings.Contains(s, `\`) {
				s = sh.tildes(s)
			}
			w.lit(s, dq)
		case *syntax.SglQuoted:
			if dq { // inside double quotes they are characters
				w.cur.add("'"+x.Value+"'", true)
				continue
			}
			w.cur.add(x.Value, true)
			w.cur.has = true
		case *syntax.DblQuoted:
			if !onlyAt(x, len(sh.args)) {
				w.cur.has = true
			}
			w.parts(x.Parts, true, false)
		case *syntax.ParamExp:
			w.param(x, dq)
		case *syntax.CmdSubst:
			w.value(sh.commandSubst(x), dq)
		case *syntax.ArithmExp:
			text := sh.arithText(x)
			if sh.exiting {
				return
			}
			n, ok := sh.arith(text)
			if !ok {
				return
			}
			w.value(strconv.FormatInt(n, 10), dq)
		default:
			sh.complain("Syntax error: %T is not POSIX shell", part)
			sh.status, sh.exiting = 2, true
		}
	}
}

// tildes replaces ~ behind each colon.
func (sh *shell) tildes(s string) string {
	list := strings.Split(s, ":")
	for i, x := range list {
		if user, _, _ := strings.Cut(strings.TrimPrefix(x, "~"), "/"); i > 0 && strings.HasPrefix(x, "~") && (user == "" || user == "root") {
			home, ok := sh.get("HOME")
			if !ok || user == "root" {
				home = "/root"
			}
			list[i] = home + x[1+len(user):]
		}
	}
	return strings.Join(list, ":")
}

// onlyAt reports "$@" without parameters, which is no field at all.
func onlyAt(x *syntax.DblQuoted, n int) bool {
	if n > 0 || len(x.Parts) != 1 {
		return false
	}
	p, ok := x.Parts[0].(*syntax.ParamExp)
	return ok && p.Param != nil && p.Param.Value == "@" && p.Exp == nil
}

// lit adds literal text; a backslash quotes.
func (w *words) lit(s string, dq bool) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			n := s[i+1]
			switch {
			case n == '\n':
				i++
				continue
			case !dq || n == '$' || n == '`' || n == '"' || n == '\\':
				w.cur.add(s[i+1:i+2], true)
				i++
				continue
			}
		}
		w.cur.add(s[i:i+1], dq)
	}
}

// commandSubst runs commands and returns what they print, without the newlines
// at the end.
func (sh *shell) commandSubst(x *syntax.CmdSubst) string {
	if len(x.Stmts) == 0 {
		return ""
	}
	p := sh.p
	r, w := pipePair()
	if p.depth++; p.depth > p.lab.Limits.Depth {
		p.lab.halt(p, fmt.Sprintf("after %d substitutions inside one another", p.lab.Limits.Depth))
		p.check()
	}
	c := sh.spawn("sh", func(s *shell) {
		s.tested = 0
		s.list(x.Stmts)
	})
	c.set(1, w)
	r.pipe.readers++
	var all []byte
	for {
		p.block(func() bool { return len(r.pipe.buf) > 0 || r.pipe.writers == 0 })
		if len(r.pipe.buf) == 0 {
			break
		}
		all = append(all, r.pipe.buf...)
		if len(all) > p.lab.Limits.Memory {
			p.grow(len(all))
		}
		p.lab.memory -= len(r.pipe.buf)
		r.pipe.buf = nil
	}
	r.pipe.readers--
	sh.status = p.wait(c)
	sh.subst = sh.status
	p.depth--
	return strings.ReplaceAll(strings.TrimRight(string(all), "\n"), "\x00", "")
}

// hereDoc is the text of a here-document.
func (sh *shell) hereDoc(r *syntax.Redirect) string {
	if r.Hdoc == nil {
		return ""
	}
	quoted := false
	for _, p := range r.Word.Parts {
		switch x := p.(type) {
		case *syntax.Lit:
			quoted = quoted || strings.Contains(x.Value, `\`)
		default:
			quoted = true
		}
	}
	parts := r.Hdoc.Parts
	if r.Op == syntax.DashHdoc {
		bol := true
		var cut []syntax.WordPart
		for _, p := range parts {
			l, ok := p.(*syntax.Lit)
			if !ok {
				bol = false
				cut = append(cut, p)
				continue
			}
			var b strings.Builder
			for i := 0; i < len(l.Value); i++ {
				if c := l.Value[i]; !bol || c != '\t' {
					bol = c == '\n'
					b.WriteByte(c)
				}
			}
			cut = append(cut, &syntax.Lit{Value: b.String()})
		}
		parts = cut
	}
	if quoted {
		var b strings.Builder
		for _, p := range parts {
			if l, ok := p.(*syntax.Lit); ok {
				b.WriteString(l.Value)
			}
		}
		return b.String()
	}
	w := &words{sh: sh}
	for _, p := range parts {
		if l, ok := p.(*syntax.Lit); ok {
			w.hereLit(l.Value)
			continue
		}
		w.parts([]syntax.WordPart{p}, true, false)
	}
	return w.all()
}

// hereLit is lit in a here-document: there a backslash does not quote ".
func (w *words) hereLit(s string) {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			switch s[i+1] {
			case '$', '`', '\\':
				w.cur.add(s[i+1:i+2], true)
				i++
				continue
			case '\n':
				i++
				continue
			}
		}
		w.cur.add(s[i:i+1], true)
	}
}

// assigns carries out assignments that stand alone.
func (sh *shell) assigns(c *syntax.CallExpr, redirs []*syntax.Redirect) {
	var trace []string
	for _, a := range c.Assigns {
		v := ""
		if a.Value != nil {
			v = sh.assignValue(a.Value)
		}
		if sh.exiting || !sh.setVar(a.Name.Value, v) {
			return
		}
		trace = append(trace, a.Name.Value+"="+v)
	}
	if sh.xtrace && len(trace) > 0 {
		ps4, _ := sh.get("PS4")
		sh.p.errf("%s%s\n", ps4, strings.Join(trace, " "))
	}
	restore, ok := sh.redirect(redirs)
	restore(false)
	if ok {
		sh.status = sh.subst
	}
}
