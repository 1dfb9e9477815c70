package lab

import (
	"fmt"
	"strings"
)

// netns is ip netns.
func (c *ipCmd) netns(a *args) error {
	p, l := c.p, c.p.lab
	v := "list"
	if a.more() {
		s := a.next()
		switch s {
		case "delete", "del":
			v = "delete"
		case "identify":
			v = s
		default:
			if v = verb(s, "list", "show", "lst", "add", "attach", "delete", "exec", "set", "identify", "pids", "monitor", "list-id", "help"); v == "" {
				return bad("Command \"%s\" is unknown, try \"ip netns help\".", s)
			}
		}
	}
	switch v {
	case "help":
		return usageOf("netns")
	case "list", "show", "lst":
		if c.json {
			c.list = []any{}
		}
		for i := len(l.spaces) - 1; i >= 0; i-- {
			s := l.spaces[i]
			o := object{{"name", s.name}}
			text := s.name
			if id := l.nsid(p.host.NS, s.host.NS); id >= 0 {
				text += fmt.Sprintf(" (id: %d)", id)
				o.add("id", id)
			}
			c.print(text+"\n", o)
		}
		return nil
	case "add":
		if !a.more() {
			return other("No netns name specified")
		}
		name := a.next()
		if name == "" || name == "." || name == ".." || strings.Contains(name, "/") || len(name) > 255 {
			return bad("Invalid netns name \"%s\"", name)
		}
		if l.space(name) != nil {
			return other("Cannot create namespace file \"/run/netns/%s\": File exists", name)
		}
		p.grow(1 << 16)
		h := l.Root.AddNetns(l.World, name)
		l.spaces = append(l.spaces, &space{name, h})
		l.put("/run/netns/"+name, "")
		if l.Watch != nil {
			l.Watch.Made(h)
		}
		return nil
	case "delete":
		if !a.more() {
			return other("No netns name specified")
		}
		return c.netnsDel(a.next())
	case "exec":
		if c.all {
			return c.netnsEach(a)
		}
		if !a.more() {
			return other("No netns name specified")
		}
		name := a.next()
		if !a.more() {
			return other("No command specified")
		}
		s := l.space(name)
		if s == nil {
			return bad("Cannot open network namespace \"%s\": No such file or directory", name)
		}
		p.host = s.host
		st := p.runWords(a.w)
		if st == 127 && l.tools[a.w[0]] == nil {
			return ipError{fmt.Sprintf("exec of \"%s\" failed: No such file or directory", a.w[0]), 1}
		}
		if st != 0 {
			return ipError{"", st}
		}
		return nil
	case "identify":
		p.outf("%s\n", l.spaceOf(p.host.NS))
		return nil
	case "list-id":
		for i := len(l.spaces) - 1; i >= 0; i-- {
			if id := l.nsid(p.host.NS, l.spaces[i].host.NS); id >= 0 {
				c.print(fmt.Sprintf("nsid %d (iproute2 netns name: %s)\n", id, l.spaces[i].name), object{{"nsid", id}, {"name", l.spaces[i].name}})
			}
		}
		return nil
	case "pids":
		s := l.space(a.next())
		for _, q := range l.procs {
			if s != nil && q.host == s.host && q != p {
				p.outf("%d\n", q.pid)
			}
		}
		return nil
	}
	return other("not modelled: ip netns %s", v)
}

func (c *ipCmd) netnsDel(name string) error {
	l := c.p.lab
	for i, s := range l.spaces {
		if s.name != name {
			continue
		}
		l.spaces = append(l.spaces[:i:i], l.spaces[i+1:]...)
		if d := l.mkdirAll("/run/netns"); d != nil {
			delete(d.kids, name)
		}
		for _, q := range l.procs {
			if q.host == s.host { // somebody still lives in it
				if l.Watch != nil {
					l.Watch.Going(s.host)
				}
				return nil
			}
		}
		l.endSpace(s)
		return nil
	}
	return other("Cannot remove namespace file \"/run/netns/%s\": No such file or directory", name)
}

// endSpace is cleanup_net: virtual devices are removed with their namespace.
func (l *Lab) endSpace(s *space) {
	s.host.NS.RCUBarrier()
	if l.Watch != nil {
		l.Watch.Going(s.host)
	}
	ns := s.host.NS
	for i := len(ns.Devices) - 1; i >= 0 && i < len(ns.Devices); i-- {
		if d := ns.Devices[i]; d != nil && d != ns.Loopback {
			l.removeDevice(d)
		}
	}
	if lo := ns.Loopback; lo != nil && lo.Up() {
		s.host.Down(lo)
	}
	m := s.host.Machine
	for i, n := range m.NS {
		if n == ns {
			m.NS = append(m.NS[:i:i], m.NS[i+1:]...)
			break
		}
	}
}
