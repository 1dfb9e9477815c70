package lab

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/benhoyt/goawk/interp"
	"github.com/benhoyt/goawk/parser"
)

// awkTime is how long one awk program may run: goawk counts no steps, so this
// is the one limit that the real clock keeps. It ends only programs that loop.
const awkTime = 3 * time.Second

func (l *Lab) awkTime() time.Duration {
	if l.Limits.Awk > 0 {
		return time.Duration(l.Limits.Awk)
	}
	return awkTime
}

// awk is awk(1) by goawk, with its doors to programs and files closed: files
// that are named are read here, from the simulated machine.
func awk(p *Proc, a []string) int {
	fs, prog, have := "", "", false
	var vars []string
	i := 1
	for ; i < len(a) && len(a[i]) > 1 && a[i][0] == '-'; i++ {
		s := a[i]
		val := func() string {
			if len(s) > 2 {
				return s[2:]
			}
			if i++; i < len(a) {
				return a[i]
			}
			return ""
		}
		if s == "--" {
			i++
			break
		}
		switch s[1] {
		case 'F':
			fs = val()
		case 'v':
			k, v, ok := strings.Cut(val(), "=")
			if !ok {
				p.errf("awk: improper assignment: -v %s\n", k)
				return 2
			}
			vars = append(vars, k, v)
		case 'f':
			f := val()
			b, e := p.readFile(f)
			if e != "" {
				p.errf("awk: cannot open \"%s\" (%s)\n", f, e)
				return 2
			}
			prog, have = prog+string(b)+"\n", true
		default:
			p.errf("awk: not an option: %s\n", s)
			return 2
		}
	}
	if !have {
		if i >= len(a) {
			p.errf("Usage: mawk [Options] [Program] [file ...]\n")
			return 2
		}
		prog = a[i]
		i++
	}
	pr, err := parser.ParseProgram([]byte(prog), nil)
	if err != nil {
		p.errf("awk: %s\n", firstLine(err.Error()))
		return 2
	}
	if fs != "" {
		vars = append(vars, "FS", unescapeFS(fs))
	}
	st := 0
	in := &awkInput{p: p}
	for _, f := range a[i:] {
		if k, v, ok := strings.Cut(f, "="); ok && !strings.Contains(k, "/") {
			vars = append(vars, k, v)
			continue
		}
		in.files = true
		if f == "-" {
			in.text = append(in.text, p.readAll(0)...)
			continue
		}
		b, e := p.readFile(f)
		if e != "" {
			p.errf("awk: cannot open \"%s\" (%s)\n", f, e)
			st = 2
			continue
		}
		vars = append(vars, "FILENAME", f)
		in.text = append(in.text, b...)
	}
	env := []string{}
	for _, k := range sortedKeys(p.env) {
		env = append(env, k, p.env[k])
	}
	out := &awkOutput{p: p}
	run, err := interp.New(pr)
	if err != nil {
		p.errf("awk: %s\n", firstLine(err.Error()))
		return 2
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.lab.awkTime())
	defer cancel()
	rc, err := run.ExecuteContext(ctx, &interp.Config{Stdin: in, Output: out, Error: stdio{p, 2}, Argv0: "awk", NoExec: true, NoFileReads: true, NoFileWrites: true,
		Environ: env, Vars: vars, NoArgVars: true})
	out.flush()
	if ctx.Err() != nil {
		p.lab.halt(p, "after an awk program that did not end")
		p.check()
	}
	if err != nil {
		w := firstLine(err.Error())
		if strings.Contains(w, "NoExec") || strings.Contains(w, "NoFile") {
			w = "not modelled: commands and files inside an awk program"
		}
		p.errf("awk: %s\n", w)
		return 2
	}
	if rc != 0 {
		return rc
	}
	return st
}

func unescapeFS(s string) string {
	if s == "t" {
		return "t"
	}
	u, _ := unescape(s, false)
	return u
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// awkInput is standard input, or the files one behind the other.
type awkInput struct {
	p     *Proc
	files bool
	text  []byte
}

func (r *awkInput) Read(b []byte) (int, error) {
	r.p.step()
	if r.files {
		if len(r.text) == 0 {
			return 0, io.EOF
		}
		n := copy(b, r.text)
		r.text = r.text[n:]
		return n, nil
	}
	x, end := r.p.read(0, len(b))
	if end {
		return 0, io.EOF
	}
	return copy(b, x), nil
}

// awkOutput counts what an endless program prints.
type awkOutput struct {
	p *Proc
	b []byte
}

func (w *awkOutput) Write(b []byte) (int, error) {
	w.b = append(w.b, b...)
	w.flush()
	return len(b), nil
}

func (w *awkOutput) flush() {
	if len(w.b) > 0 {
		b := w.b
		w.b = nil
		if e := w.p.write(1, b); e != "" {
			_ = e
		}
	}
}
