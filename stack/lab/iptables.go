package lab

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/lab/ipt"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func init() {
	for _, name := range ipt.Programs() {
		extra[name] = iptablesTool
	}
}

// iptablesTool is iptables(8), with its relatives of /usr/sbin, on the machine's own
// rules and files.
func iptablesTool(p *Proc, a []string) int {
	env := ipt.Env{
		PID: p.pid,
		NS:  p.host.NS,
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
		Stdin:  func() string { return string(p.readAll(0)) },
		Now:    p.lab.date(),
		Sorted: p.sortLoopback,
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

// sortLoopback is what getaddrinfo of the GNU C library does for a port without a
// host: it connects a UDP socket to ::1 and to 127.0.0.1 to see by which it would go
// (RFC 6724). It does not if only one of the families has an address besides the
// loopback one (AI_ADDRCONFIG, __check_pf): then there is nothing to sort.
func (p *Proc) sortLoopback(port uint16) {
	four, six := false, false
	for _, d := range p.host.NS.Devices {
		if d == nil {
			continue
		}
		for _, a := range p.host.IPv4.Addrs(d) {
			four = four || a.Local != 0x7f000001
		}
		for _, a := range p.host.IPv6.Addrs(d) {
			six = six || a.Addr != (wire.Addr{Lo: 1})
		}
	}
	if four != six {
		return
	}
	n := p.network("iptables")
	defer n.close()
	fd, e := n.prog.Socket(core.AFInet6, core.SockDgram, 0)
	if e != 0 {
		return
	}
	n.prog.Connect(fd, wire.Addr{Lo: 1}, port)
	n.prog.Do(&socket.Call{Op: socket.OpConnect, FD: fd, Unspec: true})
	n.prog.Connect(fd, wire.IP4(0x7f000001).Addr(), port)
	n.prog.Close(fd)
}
