package lab

import (
	"mvdan.cc/sh/v3/syntax"
)

func (sh *shell) background(st *syntax.Stmt) {
	c := sh.spawn("sh", func(s *shell) {
		if null, _ := s.p.open("/dev/null", 'r'); null != nil {
			s.p.set(0, null)
		}
		s.job = true
		b := *st
		b.Background = false
		s.own, _ = b.Cmd.(*syntax.Subshell) // ( … ) & is one process, not two
		s.stmt(&b)
	})
	sh.lastBg = c.pid
	sh.status = 0
}

func (sh *shell) binary(c *syntax.BinaryCmd) {
	switch c.Op {
	case syntax.AndStmt, syntax.OrStmt:
		sh.tested++
		sh.stmt(c.X)
		sh.tested--
		if !sh.stopping() && (sh.status == 0) == (c.Op == syntax.AndStmt) {
			sh.stmt(c.Y)
		}
	case syntax.Pipe:
		sh.pipeline(c)
	default:
		sh.complain("Syntax error: \"|&\" unexpected")
		sh.status, sh.exiting = 2, true
	}
}

// pipeline runs every part as a process and waits for all; its status is the
// last one's.
func (sh *shell) pipeline(c *syntax.BinaryCmd) {
	var parts []*syntax.Stmt
	var flat func(st *syntax.Stmt)
	flat = func(st *syntax.Stmt) {
		if b, ok := st.Cmd.(*syntax.BinaryCmd); ok && b.Op == syntax.Pipe && len(st.Redirs) == 0 && !st.Negated {
			flat(b.X)
			flat(b.Y)
			return
		}
		parts = append(parts, st)
	}
	flat(c.X)
	flat(c.Y)
	var kids []*Proc
	var from *desc
	for i, st := range parts {
		in := from
		var out *desc
		if i < len(parts)-1 {
			from, out = pipePair()
		}
		k := sh.spawn("sh", func(s *shell) { s.stmt(st) })
		if in != nil {
			k.set(0, in)
		}
		if out != nil {
			k.set(1, out)
			from.pipe.readers++ // held until the next part has it
		}
		if in != nil {
			in.pipe.readers--
		}
		kids = append(kids, k)
	}
	for i, k := range kids {
		st := sh.p.wait(k)
		if i == len(kids)-1 {
			sh.status = st
		}
	}
}

func (sh *shell) cond(l []*syntax.Stmt) bool {
	sh.tested++
	sh.list(l)
	sh.tested--
	return sh.status == 0
}

func (sh *shell) ifClause(c *syntax.IfClause) {
	for c != nil {
		if len(c.Cond) == 0 { // else
			sh.list(c.Then)
			return
		}
		ok := sh.cond(c.Cond)
		if sh.stopping() {
			return
		}
		if ok {
			sh.list(c.Then)
			return
		}
		c = c.Else
	}
	sh.status = 0
}

// loopEnd handles break and continue after one turn; true ends the loop.
func (sh *shell) loopEnd() bool {
	if sh.brk > 0 {
		sh.brk--
		if sh.brk > 0 || !sh.cont {
			return true
		}
		sh.cont = false // continue of this loop
		return false
	}
	return sh.exiting || sh.ret
}

func (sh *shell) while(c *syntax.WhileClause) {
	status := 0
	sh.loops++
	defer func() { sh.loops-- }()
	for {
		ok := sh.cond(c.Cond)
		if sh.stopping() {
			if sh.loopEnd() {
				return
			}
			continue
		}
		if ok == c.Until {
			break
		}
		sh.p.step()
		sh.list(c.Do)
		status = sh.status
		if sh.loopEnd() {
			return
		}
	}
	sh.status = status
}

func (sh *shell) forClause(c *syntax.ForClause) {
	w, ok := c.Loop.(*syntax.WordIter)
	if !ok {
		sh.complain("Syntax error: Bad for loop variable")
		sh.status, sh.exiting = 2, true
		return
	}
	items := sh.args
	if w.InPos.IsValid() {
		items = sh.fields(w.Items)
		if sh.exiting {
			return
		}
	}
	sh.status = 0
	sh.loops++
	defer func() { sh.loops-- }()
	for _, it := range append([]string(nil), items...) {
		sh.p.step()
		if !sh.setVar(w.Name.Value, it) {
			return
		}
		sh.list(c.Do)
		if sh.loopEnd() {
			return
		}
	}
}

func (sh *shell) caseClause(c *syntax.CaseClause) {
	word := sh.joined(c.Word)
	sh.status = 0
	for _, it := range c.Items {
		for _, pat := range it.Patterns {
			if match(sh.pattern(pat), word) {
				sh.list(it.Stmts)
				return
			}
			if sh.exiting {
				return
			}
		}
	}
}
