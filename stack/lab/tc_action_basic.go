package lab

import (
	"github.com/packetwalk/packetwalk/stack/sched"
)

// The actions gact and mirred (iproute2, tc/m_gact.c, tc/m_mirred.c).

const tcGactUsage = `Usage: ... gact <ACTION> [RAND] [INDEX]
Where: 	ACTION := reclassify | drop | continue | pass | pipe |
       	          goto chain <CHAIN_INDEX> | jump <JUMP_COUNT>
	RAND := random <RANDTYPE> <ACTION> <VAL>
	RANDTYPE := netrand | determ
	VAL : = value not exceeding 10000
	JUMP_COUNT := Absolute jump from start of action list
	INDEX := index value used

`

const tcMirredUsage = `Usage: mirred <DIRECTION> <ACTION> [index INDEX] <dev DEVICENAME>
where:
	DIRECTION := <ingress | egress>
	ACTION := <mirror | redirect>
	INDEX  is the specific policy instance id
	DEVICENAME is the devicename
`

// index reads the number behind index; it reports false when it is none.
func (a *tcWords) index(s *sched.ActSpec, bad string) (ok bool) {
	if s.Index, ok = tcfU32(a.next(), 10); !ok {
		a.say("%s", bad)
		return false
	}
	a.fwd()
	return true
}

// tcParseGact is parse_gact.
func tcParseGact(c *tcCmd, a *tcWords, s *sched.ActSpec) bool {
	p := &sched.GactParams{}
	s.Params = p
	if a.is("gact") {
		a.next()
	}
	if a.is("index") {
		return a.index(s, "Illegal \"index\"\n")
	}
	var ok bool
	if s.Control, ok = a.control(false, false); !ok {
		a.die(255, "%s", tcGactUsage)
	}
	if a.is("random") {
		switch a.next(); {
		case a.is("netrand"):
			p.How = sched.GactNetrand
		case a.is("determ"):
			p.How = sched.GactDeterm
		default:
			a.say("Illegal \"random type\"\n")
			return false
		}
		a.next()
		if p.Else, ok = a.control(false, false); !ok {
			a.die(255, "%s", tcGactUsage)
		}
		n, ok := tcfU(a.cur(), 10, 0xffff)
		if !ok {
			a.say("Illegal probability val 0x%x\n", n)
			return false
		}
		if n > 10000 {
			a.say("Illegal probability val  0x%x\n", n)
			return false
		}
		p.Val = uint16(n)
		a.fwd()
	} else if a.is("help") {
		a.die(255, "%s", tcGactUsage)
	}
	if a.is("index") {
		return a.index(s, "Illegal \"index\"\n")
	}
	if a.is("help") {
		a.die(255, "%s", tcGactUsage)
	}
	return true
}

// tcShowGact is print_gact.
func tcShowGact(c *tcCmd, o *tcPrinter, act sched.Action) {
	g := act.(*sched.Gact)
	o.any("kind", "%s ", "gact")
	showControl(o, "action ", g.Control, "")
	o.open("prob")
	o.nl()
	o.any("random_type", "\t random type %s", []string{"none", "netrand", "determ"}[g.How])
	showControl(o, " ", g.Else, " ")
	o.any("val", "val %d", g.Val)
	o.close()
	o.nl()
	c.showRefs(o, "\t ", g.Base())
}

// tcParseMirred is parse_mirred and parse_direction.
func tcParseMirred(c *tcCmd, a *tcWords, s *sched.ActSpec) bool {
	p := &sched.MirredParams{}
	s.Params = p
	switch a.next(); {
	case a.is("egress"), a.is("ingress"), a.is("index"):
	case a.is("help"):
		a.die(255, "%s", tcMirredUsage)
	default:
		a.say("mirred option not supported %s\n", a.cur())
		return false
	}
	var egress, ingress, mirror, redirect, some, indexed bool
	dev := ""
words:
	for a.more() {
		switch {
		case a.is("action"):
			a.next()
			break words
		case !egress && a.is("egress"):
			if egress = true; ingress {
				a.say("Can't have both egress and ingress\n")
				return false
			}
			some = true
		case !ingress && a.is("ingress"):
			if ingress = true; egress {
				a.say("Can't have both ingress and egress\n")
				return false
			}
			some = true
		case a.is("index"):
			var ok bool
			if s.Index, ok = tcfU32(a.next(), 10); !ok {
				a.say("Illegal \"index\"\n")
				return false
			}
			if indexed = true; !some {
				a.fwd()
				break words
			}
		case !some:
			a.say("was expecting egress or ingress (%s)\n", a.cur())
			break words
		case !mirror && a.is("mirror"):
			if mirror = true; redirect {
				a.say("Can't have both mirror and redir\n")
				return false
			}
			p.Way, s.Control = sched.IngressMirror, sched.TCActPipe
			if egress {
				p.Way = sched.EgressMirror
			}
		case !redirect && a.is("redirect"):
			if redirect = true; mirror {
				a.say("Can't have both mirror and redir\n")
				return false
			}
			p.Way, s.Control = sched.IngressRedirect, sched.TCActStolen
			if egress {
				p.Way = sched.EgressRedirect
			}
		case (redirect || mirror) && a.is("dev"):
			dev = a.next()
			a.fwd()
			break words
		}
		a.next()
	}
	if !some && !indexed {
		return false
	}
	if dev != "" {
		d := c.p.host.NS.DevByName(dev)
		if d == nil {
			a.say("Cannot find device \"%s\"\n", dev)
			return false
		}
		p.Ifindex = d.Index
	}
	if mirror {
		if v, ok := a.control(false, true); ok {
			s.Control = v
		} else {
			s.Control = sched.TCActPipe
		}
	}
	if a.is("index") {
		if indexed {
			a.say("mirred: Illegal double index\n")
			return false
		}
		return a.index(s, "mirred: Illegal \"index\"\n")
	}
	return true
}

var tcMirredWays = map[uint8][3]string{
	sched.EgressRedirect: {"Egress Redirect", "redirect", "egress"}, sched.EgressMirror: {"Egress Mirror", "mirror", "egress"},
	sched.IngressRedirect: {"Ingress Redirect", "redirect", "ingress"}, sched.IngressMirror: {"Ingress Mirror", "mirror", "ingress"},
}

// tcShowMirred is print_mirred.
func tcShowMirred(c *tcCmd, o *tcPrinter, act sched.Action) {
	m := act.(*sched.Mirred)
	o.any("kind", "%s ", "mirred")
	name := ""
	if m.Dev != nil && c.p.host.NS.DevByIndex(m.Dev.Index) == m.Dev {
		name = m.Dev.Name
	} else {
		name = "*"
	}
	w := tcMirredWays[m.Way]
	o.fp("(%s", w[0])
	o.js("mirred_action", w[1])
	o.js("direction", w[2])
	o.any("to_dev", " to device %s)", name)
	showControl(o, " ", m.Control, "")
	o.nl()
	c.showRefs(o, "\t", m.Base())
}
