package ipt

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

func multiProto(n uint64) string {
	switch n {
	case 6:
		return "tcp"
	case 17:
		return "udp"
	case 136:
		return "udplite"
	case 132:
		return "sctp"
	case 33:
		return "dccp"
	}
	return ""
}

func parseMultiport(c *call, d *iptables.Multiport) {
	proto := multiProto(c.cmd.r.proto)
	switch {
	case c.cmd.r.inv&invProto != 0, proto == "" && c.cmd.r.proto != 0:
		c.bad("multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP")
	case proto == "":
		c.bad("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'")
	}
	d.Ports = nil
	n := 0
	for _, s := range strings.Split(c.arg, ",") {
		a, b, ranged := strings.Cut(s, ":")
		if n >= 15 || ranged && n == 14 {
			c.bad("too many ports specified")
		}
		r := iptables.PortRange{Min: c.p.parsePort(a, proto)}
		r.Max = r.Min
		n++
		if ranged {
			r.Max = c.p.parsePort(b, proto)
			if r.Min >= r.Max {
				c.bad("invalid portrange specified")
			}
			n++
		}
		d.Ports = append(d.Ports, r)
	}
	d.Kind = iptables.MultiportKind(c.o.id)
	if c.invert {
		d.Inv = true
	}
}

var multiNames = [...]string{"sports", "dports", "ports"}

func (w *view) portList(d *iptables.Multiport, numeric bool) {
	proto := multiProto(w.proto)
	for i, r := range d.Ports {
		w.is(i > 0, ",")
		text := func(n uint16) string {
			if numeric {
				return fmt.Sprint(n)
			}
			return w.port(n, proto)
		}
		w.f("%s", text(r.Min))
		if r.Min != r.Max {
			w.f(":%s", text(r.Max))
		}
	}
}

func printMultiport(w *view, d *iptables.Multiport) {
	w.f(" multiport %s ", multiNames[d.Kind])
	w.not(d.Inv)
	w.portList(d, w.numeric)
}

func saveMultiport(w *view, d *iptables.Multiport) {
	w.not(d.Inv)
	w.f(" --%s ", multiNames[d.Kind])
	w.portList(d, true)
}

func xlateMultiport(w *view, d *iptables.Multiport) bool {
	proto := multiProto(w.proto)
	w.add("%s", proto)
	var flat []uint16 // as the kernel keeps them: a range is two
	for _, r := range d.Ports {
		flat = append(flat, r.Min)
		if r.Min != r.Max {
			flat = append(flat, r.Max)
		}
	}
	if d.Kind == iptables.MultiEither {
		w.add(" sport . %s dport { ", proto)
		for i, n := range flat {
			if i > 0 {
				w.add(", ")
			}
			w.add("0-65535 . %d, %d . 0-65535", n, n)
		}
		w.add(" }")
		return true
	}
	w.add(" %s ", [...]string{"sport", "dport"}[d.Kind])
	if d.Inv {
		w.add("!= ")
	}
	brace := len(flat) > 2 || len(flat) > 1 && d.Ports[0].Min == d.Ports[0].Max
	if brace {
		w.add("{ ")
	}
	for i, r := range d.Ports {
		if i > 0 {
			w.add(", %d", r.Min)
		} else {
			w.add("%d", r.Min)
		}
		if r.Min != r.Max {
			w.add("-%d", r.Max)
		}
	}
	if brace {
		w.add("}")
	}
	return true
}
