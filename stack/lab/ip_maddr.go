package lab

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// maddr is ip maddress: the groups that devices let in and hosts have joined.
func (c *ipCmd) maddr(a *args) error {
	if !a.more() {
		return c.maddrShow(nil)
	}
	switch s := a.next(); {
	case begins(s, "add"):
		return c.maddrMod(a, true)
	case begins(s, "delete"):
		return c.maddrMod(a, false)
	case begins(s, "show"), begins(s, "lst"), begins(s, "list"):
		var only *core.Device
		for a.more() {
			w := a.next()
			if w == "dev" {
				w = a.next()
			}
			if only = c.devNamed(w); only == nil {
				return other("Device \"%s\" does not exist.", w)
			}
		}
		return c.maddrShow(only)
	default:
		return bad("Command \"%s\" is unknown, try \"ip maddr help\".", s)
	}
}

func (c *ipCmd) maddrShow(only *core.Device) error {
	for _, d := range c.p.host.NS.Devices {
		if d == nil || only != nil && d != only {
			continue
		}
		c.p.outf("%d:\t%s\n", d.Index, d.Name)
		if c.fam == 0 {
			for _, m := range d.Groups {
				static := ""
				for _, x := range c.p.lab.dev(d).mc {
					if x == m {
						static = " static"
					}
				}
				c.p.outf("\tlink  %s%s\n", m, static)
			}
		}
		if c.fam != 6 {
			for _, g := range c.p.host.IPv4.Groups(d) {
				c.p.outf("\tinet  %s\n", g)
			}
		}
		if c.fam != 4 {
			for _, g := range c.p.host.IPv6.Groups(d) {
				c.p.outf("\tinet6 %s\n", g)
			}
		}
	}
	return nil
}

// maddrMod adds a link-layer address by hand, or takes it away (SIOCADDMULTI).
func (c *ipCmd) maddrMod(a *args, add bool) error {
	dev, addr := "", ""
	for a.more() {
		w := a.next()
		if w == "dev" {
			dev = a.next()
			continue
		}
		if w == "address" {
			w = a.next()
		}
		if addr != "" {
			return bad("Error: either \"address\" is duplicate, or \"%s\" is a garbage.", w)
		}
		addr = w
	}
	if dev == "" {
		return other("Not enough information: \"dev\" is required.")
	}
	if strings.Contains(addr, ".") {
		return other("Error: Invalid address length 4 - must be 6 bytes")
	}
	m, err := c.mac(addr)
	if err != nil {
		return err
	}
	d, err := c.dev(dev)
	if err != nil {
		return err
	}
	st := c.p.lab.dev(d)
	if add {
		for _, x := range d.Groups {
			if x == m {
				return nil
			}
		}
		st.mc, d.Groups = append(st.mc, m), append(d.Groups, m)
		return nil
	}
	without := func(l []wire.MAC) []wire.MAC {
		for i, x := range l {
			if x == m {
				return append(l[:i:i], l[i+1:]...)
			}
		}
		return l
	}
	st.mc, d.Groups = without(st.mc), without(d.Groups)
	return nil
}
