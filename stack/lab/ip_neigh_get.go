package lab

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// neighGet is ip neigh get: one entry.
func (c *ipCmd) neighGet(a *args) error {
	var dst wire.Addr
	have, dev := false, ""
	for a.more() {
		switch k := a.next(); k {
		case "dev":
			v, err := need(a)
			if err != nil {
				return err
			}
			dev = v
		case "proxy":
			return other("not modelled: ip neigh get proxy")
		default:
			if k == "to" {
				k = a.next()
			}
			if have {
				return bad("Error: either \"to\" is duplicate, or \"%s\" is a garbage.", k)
			}
			p, _, err := prefix(k, "address", c.fam)
			if err != nil {
				return err
			}
			dst, have = p, true
		}
	}
	if dev == "" || !have {
		return other("Device and address are required arguments.")
	}
	d, err := c.dev(dev)
	if err != nil {
		return err
	}
	t := c.p.host.NS.Neigh4
	if !dst.Is4() {
		t = c.p.host.NS.Neigh6
	}
	n := t.Lookup(dst, d)
	if n == nil {
		return kernelSays("Neighbour entry not found.")
	}
	if c.json {
		c.list = []any{}
	}
	s := dst.String() + " dev " + d.Name + " "
	o := object{{"dst", dst.String()}, {"dev", d.Name}}
	if n.State&core.NUDValid != 0 {
		s += "lladdr " + n.Addr.String() + " "
		o.add("lladdr", n.Addr.String())
	}
	if n.Router {
		s += "router "
		o.add("router", nil)
	}
	if n.Learned {
		s += "extern_learn "
		o.add("extern_learn", nil)
	}
	st := []any{}
	for _, x := range nudNames {
		if n.State&x.bit != 0 {
			s += x.name + " "
			st = append(st, x.name)
		}
	}
	o.add("state", st)
	c.print(s+"\n", o)
	return nil
}
