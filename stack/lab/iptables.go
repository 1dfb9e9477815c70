package lab

import "github.com/packetwalk/packetwalk/stack/lab/ipt"

func init() {
	for _, name := range ipt.Programs() {
		extra[name] = iptablesTool
	}
}

// iptablesTool is iptables(8), with its relatives of /usr/sbin, on the machine's own
// rules and files.
func iptablesTool(p *Proc, a []string) int {
	env := ipt.Env{
		NS: p.host.NS,
		ReadFile: func(name string) (string, bool) {
			b, no := p.readFile(name)
			return string(b), no == ""
		},
		WriteFile: func(name, text string) bool {
			d, no := p.open(name, 'w')
			if no != "" {
				return false
			}
			p.set(-1, d)
			defer p.close(-1)
			return p.write(-1, []byte(text)) == ""
		},
		Stdin: func() string { return string(p.readAll(0)) },
		Now:   p.lab.date(),
	}
	out, bad, status := env.Run(a)
	d := p.fds[1]
	if d != nil && d.tty {
		p.out(out)
	}
	if bad != "" {
		p.write(2, []byte(bad))
	}
	if d == nil || !d.tty { // the C library keeps it back until the end
		p.out(out)
	}
	return status
}
