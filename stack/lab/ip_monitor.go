package lab

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
)

// A monitored thing is a line of ip monitor: what it is about, and how it reads.
type monitored struct {
	kind string // ADDR, ROUTE and so on
	key  string // of what it is about
	text string
	dev  *core.Device
	rank int // in which order the kernel tells of things that change together
}

// monitor is ip monitor: it prints what changes until it is killed. It looks at
// the tables whenever something has happened, so that of two changes at one
// moment to one thing only the second is seen.
func (c *ipCmd) monitor(a *args) error {
	kinds := map[string]bool{}
	label := false
	for a.more() {
		s := a.next()
		found := false
		for _, k := range [...]string{"link", "address", "route", "neigh", "rule"} {
			if begins(s, k) {
				kinds[strings.ToUpper(k)] = true
				found = true
				break
			}
		}
		switch {
		case found:
		case begins(s, "all"):
			label = true
		case begins(s, "label"):
			label = true
		case begins(s, "mroute"), begins(s, "prefix"), begins(s, "netconf"), begins(s, "nsid"), begins(s, "nexthop"), begins(s, "stats"):
			return other("not modelled: ip monitor %s", s)
		case s == "file", s == "dev", s == "all-nsid":
			return other("not modelled: ip monitor %s", s)
		case begins(s, "help"):
			return bad("Usage: ip monitor [ all | OBJECTS ] [ FILE ] [ label ] [ all-nsid ]\n                  [ dev DEVICE ]\nOBJECTS :=  address | link | mroute | maddress | neigh | netconf |\n            nexthop | nsid | prefix | route | rule | stats\nFILE := file FILENAME")
		default:
			return bad("Argument \"%s\" is unknown, try \"ip monitor help\".", s)
		}
	}
	p := c.p
	old := c.snapshot(kinds)
	for {
		var now []monitored
		var lines []string
		p.block(func() bool {
			now = c.snapshot(kinds)
			lines = changes(old, now, label)
			if len(lines) == 0 {
				old = now
			}
			return len(lines) > 0
		})
		for _, l := range lines {
			p.out(l + "\n")
		}
		old = now
	}
}

// snapshot lists what can change.
func (c *ipCmd) snapshot(kinds map[string]bool) []monitored {
	var l []monitored
	all := len(kinds) == 0
	h := c.p.host
	if all || kinds["ADDRESS"] {
		for _, d := range h.NS.Devices {
			if d == nil {
				continue
			}
			for _, x := range h.IPv4.Addrs(d) {
				t, _, _ := c.inetLine(x, d)
				l = append(l, monitored{"ADDR", d.Name + x.Local.String(), c.addrLine(d, t), d, 0})
			}
			for _, x := range h.IPv6.Addrs(d) {
				t, _, _ := c.inet6Line(x)
				l = append(l, monitored{"ADDR", d.Name + x.Addr.String(), c.addrLine(d, t), d, 0})
			}
		}
	}
	if all || kinds["ROUTE"] {
		l = append(l, c.monitorRoutes()...)
	}
	if all || kinds["NEIGH"] {
		for _, t := range [...]*core.NeighTable{h.NS.Neigh4, h.NS.Neigh6} {
			t.Each(func(n *core.Neighbour) {
				if n.State != 0 && n.State != core.NUDNoARP && n.State != core.NUDIncomplete {
					l = append(l, monitored{"NEIGH", n.Dev.Name + n.Key.String(), neighText(n), n.Dev, 2})
				}
			})
		}
	}
	if all || kinds["RULE"] {
		rules := h.IPv4.Rules()
		for i := range rules {
			t := c.ruleText(&rules[i], rules).b.String()
			l = append(l, monitored{"RULE", t, strings.TrimSuffix(t, "\n"), nil, 3})
		}
	}
	if all || kinds["LINK"] {
		for _, d := range h.NS.Devices {
			if d != nil {
				t, _ := c.linkHead(d, false)
				head, rest, _ := strings.Cut(t, "\n")
				if i := strings.Index(head, "qlen "); i >= 0 {
					head = head[:i]
				}
				l = append(l, monitored{"LINK", d.Name, head + "\n" + rest, d, 4})
			}
		}
	}
	return l
}

func (c *ipCmd) addrLine(d *core.Device, t string) string {
	return itoa(d.Index) + ": " + d.Name + "    " + strings.TrimPrefix(t, "    ")
}

func (c *ipCmd) monitorRoutes() []monitored {
	var l []monitored
	h := c.p.host
	f := &routeFilter{}
	for _, id := range h.IPv4.Tables() {
		for _, r := range h.IPv4.Routes(id) {
			t := c.routeText(c.msg4(&r), f).b.String()
			var d *core.Device
			if len(r.NH) > 0 {
				d = h.NS.DevByIndex(r.NH[0].Dev)
			}
			rank := 1
			if r.Type == ipv4.RTNLocal {
				rank = -1
			}
			l = append(l, monitored{"ROUTE", itoa(int(r.Table)) + r.Dst.String() + "/" + itoa(r.Plen) + "." + itoa(int(r.Priority)), strings.TrimSuffix(t, "\n"), d, rank})
		}
	}
	for _, id := range h.IPv6.Tables() {
		for _, r := range h.IPv6.Routes(id) {
			t := c.routeText(c.msg6(r, nil), f).b.String()
			l = append(l, monitored{"ROUTE", itoa(int(id)) + r.Dst.String() + "/" + itoa(r.Plen) + r.Gateway.String() + itoa(int(r.Metric)), strings.TrimSuffix(t, "\n"), r.Dev, 1})
		}
	}
	return l
}

func itoa(n int) string { return strconv.Itoa(n) }

// changes are the lines that tell of the difference between two snapshots.
func changes(old, now []monitored, label bool) []string {
	before, after := map[string]monitored{}, map[string]bool{}
	for _, m := range old {
		before[m.kind+m.key] = m
	}
	for _, m := range now {
		after[m.kind+m.key] = true
	}
	var out []string
	say := func(m monitored, gone bool) {
		t := m.text
		if gone {
			t = "Deleted " + t
		}
		if label {
			t = "[" + m.kind + "]" + t
		}
		out = append(out, t)
	}
	for _, rank := range [...]int{0, 1, -1, 2, 3, 4} {
		for _, m := range old {
			if m.rank != rank || after[m.kind+m.key] || m.kind == "ROUTE" && m.dev != nil && !m.dev.Up() {
				continue // routes that go with their device go without a word
			}
			if m.kind == "NEIGH" && !strings.HasSuffix(m.text, "FAILED ") {
				if i := strings.Index(m.text, "lladdr "); i >= 0 {
					m.text = m.text[:i] + "FAILED "
				}
				say(m, false)
			}
			say(m, true)
		}
	}
	for _, rank := range [...]int{0, -1, 1, 2, 3, 4} {
		for _, m := range now {
			if o, ok := before[m.kind+m.key]; m.rank == rank && (!ok || o.text != m.text) {
				say(m, false)
			}
		}
	}
	return out
}

// neighText is print_neigh.
func neighText(n *core.Neighbour) string {
	s := n.Key.String() + " dev " + n.Dev.Name + " "
	if n.State&core.NUDValid != 0 {
		s += "lladdr " + n.Addr.String() + " "
	}
	if n.Router {
		s += "router "
	}
	for _, x := range nudNames {
		if n.State&x.bit != 0 {
			s += x.name + " "
		}
	}
	return s
}
