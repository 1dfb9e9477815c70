package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
)

// tcActKindMore finds the actions that change packets or count them.
func tcActKindMore(name string) *tcActKind {
	switch name {
	case "police":
		return &tcActKind{sched.ActPolice, tcParsePolice, tcShowPolice}
	case "skbedit":
		return &tcActKind{sched.ActSkbedit, tcParseSkbedit, tcShowSkbedit}
	case "vlan":
		return &tcActKind{sched.ActVlan, tcParseVlan, tcShowVlan}
	case "pedit":
		return &tcActKind{sched.ActPedit, tcParsePedit, tcShowPedit}
	case "csum":
		return &tcActKind{sched.ActCsum, tcParseCsum, tcShowCsum}
	}
	return nil
}

const tcSkbeditUsage = `Usage: ... skbedit <[QM] [PM] [MM] [PT] [IF]>
QM = queue_mapping QUEUE_MAPPING
PM = priority PRIORITY
MM = mark MARK[/MASK]
PT = ptype PACKETYPE
IF = inheritdsfield
PACKETYPE = is one of:
  host, otherhost, broadcast, multicast
QUEUE_MAPPING = device transmit queue to use
PRIORITY = classID to assign to priority field
MARK = firewall mark to set
MASK = mask applied to firewall mark (0xffffffff by default)
note: inheritdsfield maps DS field to skb->priority
`

var tcPtypes = []struct {
	name string
	typ  core.PktType
}{{"host", core.PacketHost}, {"broadcast", core.PacketBroadcast}, {"multicast", core.PacketMulticast}, {"otherhost", core.PacketOtherHost}}

// tcParseSkbedit is parse_skbedit.
func tcParseSkbedit(c *tcCmd, a *tcWords, s *sched.ActSpec) bool {
	p := &sched.SkbeditParams{}
	s.Params = p
	a.next()
	some := false
words:
	for a.more() {
		switch {
		case a.is("queue_mapping"):
			n, ok := tcfU(a.next(), 10, 0xffff)
			if !ok {
				a.say("Illegal queue_mapping\n")
				return false
			}
			p.Flags |= sched.SkbeditQueue
			p.Queue = uint16(n)
		case a.is("priority"):
			n, ok := tcfClassID(a.next())
			if !ok {
				a.say("Illegal priority\n")
				return false
			}
			p.Flags |= sched.SkbeditPriority
			p.Priority = n
		case a.is("mark"):
			mark, mask, slash := strings.Cut(a.next(), "/")
			var ok bool
			if p.Mark, ok = tcfU32(mark, 0); !ok {
				a.say("Illegal mark\n")
				return false
			}
			p.Flags |= sched.SkbeditMark
			if slash {
				if p.Mask, ok = tcfU32(mask, 0); !ok {
					a.say("Illegal mask\n")
					return false
				}
				p.Flags |= sched.SkbeditMask
			}
		case a.is("ptype"):
			a.next()
			found := false
			for _, x := range tcPtypes {
				if a.is(x.name) {
					p.Type, found = x.typ, true
					break
				}
			}
			if !found {
				a.say("Illegal ptype (%s)\n", a.cur())
				return false
			}
			p.Flags |= sched.SkbeditType
		case a.is("inheritdsfield"):
			p.Flags |= sched.SkbeditDS
		case a.is("help"):
			a.die(255, "%s", tcSkbeditUsage)
		default:
			break words
		}
		some = true
		a.fwd()
	}
	s.Control = a.controlOr(sched.TCActPipe)
	if a.is("index") {
		if !a.index(s, "skbedit: Illegal \"index\"\n") {
			return false
		}
		some = true
	}
	if !some {
		a.say("%s", tcSkbeditUsage)
	}
	return some
}

// controlOr is parse_action_control_dflt.
func (a *tcWords) controlOr(other sched.Verdict) sched.Verdict {
	if v, ok := a.control(false, true); ok {
		return v
	}
	return other
}

// tcShowSkbedit is print_skbedit.
func tcShowSkbedit(c *tcCmd, o *tcPrinter, act sched.Action) {
	p := act.(*sched.Skbedit)
	o.any("kind", "%s ", "skbedit")
	if p.Flags&sched.SkbeditQueue != 0 {
		o.any("queue_mapping", "queue_mapping %d", p.Queue)
	}
	if p.Flags&sched.SkbeditPriority != 0 {
		o.any("priority", " priority %s", tcfClass(p.Priority))
	}
	if p.Flags&sched.SkbeditMark != 0 {
		o.any("mark", " mark %d", p.Mark)
	}
	if p.Flags&sched.SkbeditMask != 0 {
		o.as("mask", fmt.Sprintf("%x", p.Mask), fmt.Sprintf("/%#x", p.Mask))
	}
	if p.Flags&sched.SkbeditType != 0 {
		for _, x := range tcPtypes {
			if x.typ == p.Type {
				o.any("ptype", " ptype %s", x.name)
			}
		}
	}
	if p.Flags&sched.SkbeditDS != 0 {
		o.as("inheritdsfield", nil, " inheritdsfield")
	}
	showControl(o, " ", p.Control, "")
	o.nl()
	c.showRefs(o, "\t ", p.Base())
}

const tcVlanUsage = `Usage: vlan pop [CONTROL]
       vlan push [ protocol VLANPROTO ] id VLANID [ priority VLANPRIO ] [CONTROL]
       vlan modify [ protocol VLANPROTO ] id VLANID [ priority VLANPRIO ] [CONTROL]
       vlan pop_eth [CONTROL]
       vlan push_eth dst_mac LLADDR src_mac LLADDR [CONTROL]
       VLANPROTO is one of 802.1Q or 802.1AD
            with default: 802.1Q
       CONTROL := reclassify | pipe | drop | continue | pass |
                  goto chain <CHAIN_INDEX>
`

var tcVlanNames = [...]string{"", "pop", "push", "modify"}

// tcParseVlan is parse_vlan.
func tcParseVlan(c *tcCmd, a *tcWords, s *sched.ActSpec) bool {
	p := &sched.VlanParams{}
	s.Params = p
	a.next()
	id := false
	push := func() {
		if p.Do != sched.VlanPush && p.Do != sched.VlanModify {
			a.invalid("only valid for push/modify")
		}
	}
words:
	for a.more() {
		do := 0
		for i, n := range tcVlanNames[1:] {
			if do == 0 && a.is(n) {
				do = i + 1
			}
		}
		switch {
		case do != 0:
			if p.Do != 0 {
				a.say("unexpected \"%s\" - action already specified\n%s", a.cur(), tcVlanUsage)
				return false
			}
			p.Do = uint8(do)
		case a.is("pop_eth"), a.is("push_eth"):
			a.die(1, "not modelled: action vlan %s\n", a.cur())
		case a.is("id"):
			push()
			n, ok := tcfU(a.next(), 0, 0xffff)
			if !ok {
				a.invalid("id is invalid")
			}
			p.ID, id = uint16(n), true
		case a.is("protocol"):
			push()
			n, ok := tcfProto(a.next())
			switch {
			case !ok:
				a.invalid("protocol is invalid")
			case n == 0x88a8:
				a.die(1, "not modelled: action vlan protocol 802.1ad\n")
			case n != 0x8100:
				a.say("protocol not supported\n%s", tcVlanUsage)
				return false
			}
		case a.is("priority"):
			push()
			n, ok := tcfU(a.next(), 0, 7)
			if !ok {
				a.invalid("prio is invalid")
			}
			p.Priority, p.PriorityGiven = uint8(n), true
		case a.is("help"):
			a.die(255, "%s", tcVlanUsage)
		default:
			break words
		}
		a.fwd()
	}
	s.Control = a.controlOr(sched.TCActPipe)
	if a.is("index") && !a.index(s, "vlan: Illegal \"index\"\n") {
		return false
	}
	if p.Do >= sched.VlanPush && !id {
		a.say("id needs to be set for %s\n%s", tcVlanNames[p.Do], tcVlanUsage)
		return false
	}
	return true
}

// tcShowVlan is print_vlan.
func tcShowVlan(c *tcCmd, o *tcPrinter, act sched.Action) {
	p := act.(*sched.Vlan)
	o.any("kind", "%s ", "vlan")
	o.any("vlan_action", " %s", tcVlanNames[p.Do])
	if p.Do != sched.VlanPop {
		o.any("id", " id %d", p.ID)
		o.any("protocol", " protocol %s", "802.1Q")
		if p.PriorityGiven {
			o.any("priority", " priority %d", p.Priority)
		}
	}
	showControl(o, " ", p.Control, "")
	o.nl()
	c.showRefs(o, "\t ", p.Base())
}

const tcCsumUsage = `Usage: ... csum <UPDATE>
Where: UPDATE := <TARGET> [<UPDATE>]
       TARGET := { ip4h | icmp | igmp | tcp | udp | udplite | sctp | <SWEETS> }
       SWEETS := { and | or | '+' }
`

var tcCsums = []struct {
	name string
	flag uint32
}{{"iph", sched.CsumIPv4}, {"ip4h", sched.CsumIPv4}, {"ipv4h", sched.CsumIPv4}, {"icmp", sched.CsumICMP}, {"igmp", sched.CsumIGMP}, {"tcp", sched.CsumTCP}, {"udp", sched.CsumUDP}}

// tcParseCsum is parse_csum.
func tcParseCsum(c *tcCmd, a *tcWords, s *sched.ActSpec) bool {
	p := &sched.CsumParams{}
	s.Params = p
	a.next()
words:
	for ; a.more(); a.fwd() {
		for _, x := range tcCsums {
			if a.is(x.name) {
				p.Flags |= x.flag
				continue words
			}
		}
		switch {
		case a.is("udplite"), a.is("sctp"):
			a.die(1, "not modelled: action csum %s\n", a.cur())
		case a.is("and"), a.is("or"), a.is("+"):
		default:
			break words
		}
	}
	if a.is("help") {
		a.die(255, "%s", tcCsumUsage)
	}
	if p.Flags == 0 {
		a.say("Illegal csum construct, empty <UPDATE> list\n")
		return false
	}
	s.Control = a.controlOr(sched.TCActOK)
	if a.is("index") {
		n, ok := tcfU32(a.next(), 10)
		if !ok {
			a.say("Illegal \"index\" (%s) <csum>\n", a.cur())
			return false
		}
		s.Index = n
		a.fwd()
	}
	return true
}

// tcShowCsum is print_csum.
func tcShowCsum(c *tcCmd, o *tcPrinter, act sched.Action) {
	p := act.(*sched.Csum)
	o.any("kind", "%s ", "csum")
	var names []string
	for i, n := range []string{"iph", "icmp", "igmp", "tcp", "udp"} {
		if p.Flags&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	o.any("csum", "(%s) ", strings.Join(names, ", "))
	showControl(o, "action ", p.Control, "\n")
	c.showRefs(o, "\t", p.Base())
}
