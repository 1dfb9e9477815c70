package lab

import (
	"strconv"

	"mvdan.cc/sh/v3/syntax"
)

// redirect carries redirections out; restore takes them back, or lets them
// stay.
func (sh *shell) redirect(list []*syntax.Redirect) (restore func(stay bool), ok bool) {
	p := sh.p
	if len(list) == 0 {
		return func(bool) {}, true
	}
	saved := map[int]*desc{}
	restore = func(stay bool) {
		for n, d := range saved {
			if stay {
				if d != nil {
					p.fds[-2] = d
					p.close(-2)
				}
				continue
			}
			p.close(n)
			if d != nil {
				p.fds[n] = d
			}
		}
	}
	keep := func(n int) {
		if _, done := saved[n]; !done {
			saved[n] = p.fds[n]
			delete(p.fds, n)
		} else {
			p.close(n)
		}
	}
	for _, r := range list {
		if !sh.oneRedirect(r, keep) {
			sh.status = 2
			return restore, false
		}
	}
	return restore, true
}

func (sh *shell) oneRedirect(r *syntax.Redirect, keep func(int)) bool {
	p := sh.p
	fd := 1
	switch r.Op {
	case syntax.RdrIn, syntax.Hdoc, syntax.DashHdoc, syntax.DplIn, syntax.RdrInOut:
		fd = 0
	}
	if r.N != nil {
		fd, _ = strconv.Atoi(r.N.Value)
	}
	if r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc {
		text := sh.hereDoc(r)
		keep(fd)
		p.set(fd, &desc{r: true, isData: true, data: []byte(text)})
		return !sh.exiting
	}
	word := sh.joined(r.Word)
	if sh.exiting {
		return false
	}
	mode := byte('w')
	switch r.Op {
	case syntax.RdrOut, syntax.RdrClob:
	case syntax.AppOut:
		mode = 'a'
	case syntax.RdrIn:
		mode = 'r'
	case syntax.RdrInOut:
		mode = '+'
	case syntax.DplIn, syntax.DplOut:
		if word == "-" {
			keep(fd)
			return true
		}
		n, err := strconv.Atoi(word)
		d := p.fds[n]
		if err != nil {
			sh.complain("Syntax error: Bad fd number")
			sh.exiting = true
			return false
		}
		if d == nil {
			sh.complain("%d: Bad file descriptor", n)
			return false
		}
		d.refs++
		keep(fd)
		d.refs--
		p.set(fd, d)
		return true
	default:
		sh.complain("Syntax error: redirection unexpected")
		sh.exiting = true
		return false
	}
	if st, e := p.stat(word); r.Op == syntax.RdrOut && sh.noclobber && e == "" && !st.dev && !st.dir {
		sh.complain("cannot create %s: File exists", word)
		return false
	}
	d, e := p.open(word, mode)
	if e != "" {
		verb := "create"
		if mode == 'r' || mode == '+' {
			verb = "open"
		}
		if e == noSuch {
			e = "No such file"
			if verb == "create" {
				e = "Directory nonexistent"
			}
		}
		sh.complain("cannot %s %s: %s", verb, word, e)
		return false
	}
	keep(fd)
	p.set(fd, d)
	return true
}
