package lab

// netnsEach is ip -all netns exec: a command in every named namespace.
func (c *ipCmd) netnsEach(a *args) error {
	p, l := c.p, c.p.lab
	if !a.more() {
		return other("No command specified")
	}
	home := p.host
	for i := len(l.spaces) - 1; i >= 0; i-- {
		s := l.spaces[i]
		p.outf("\nnetns: %s\n", s.name)
		p.host = s.host
		p.runWords(a.w)
	}
	p.host = home
	return nil
}
