package lab

// full reports a directory with something in it.
func (p *Proc) full(dir string) bool {
	n, _ := p.lab.lookup(dir)
	return n != nil && len(n.kids) > 0
}

func touchTool(p *Proc, a []string) int {
	rest, bad := flags(a[1:], "acmd:t:r:", func(byte, string) {})
	if bad != "" {
		return p.badOption(bad)
	}
	if len(rest) == 0 {
		p.errf("touch: missing file operand\nTry 'touch --help' for more information.\n")
		return 1
	}
	st := 0
	for _, n := range rest {
		if _, e := p.stat(n); e == "" {
			continue
		}
		if _, e := p.open(n, 'a'); e != "" {
			p.errf("touch: cannot touch '%s': %s\n", n, e)
			st = 1
		}
	}
	return st
}
