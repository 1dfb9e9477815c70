package lab

import (
	"fmt"
	"math"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/sim"
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

const tcPoliceUsage = `Usage: ... police [ rate BPS burst BYTES[/BYTES] ] 
		[ pkts_rate RATE pkts_burst PACKETS ] [ mtu BYTES[/BYTES] ]
		[ peakrate BPS ] [ avrate BPS ] [ overhead BYTES ]
		[ linklayer TYPE ] [ CONTROL ]
Where: CONTROL := conform-exceed <EXCEEDACT>[/NOTEXCEEDACT]
		  Define how to handle packets which exceed (<EXCEEDACT>)
		  or conform (<NOTEXCEEDACT>) the configured bandwidth limit.
       EXCEEDACT/NOTEXCEEDACT := { pipe | ok | reclassify | drop | continue |
				   goto chain <CHAIN_INDEX> }
`

// A tcPolice is a policer while it is read.
type tcPolice struct {
	p                        *sched.PoliceParams
	burst, mtu               int
	some, rate, peak         bool
	pktBurst                 uint64
	index, control, mtuGiven bool
}

// tcParsePolice is act_parse_police.
func tcParsePolice(c *tcCmd, a *tcWords, s *sched.ActSpec) bool {
	a.next()
	return tcPoliceWords(a, s)
}

func tcPoliceWords(a *tcWords, s *sched.ActSpec) bool {
	x := &tcPolice{p: &sched.PoliceParams{}}
	s.Params, s.Control = x.p, sched.TCActReclassify
	for a.more() {
		stop, ok := x.word(a, s)
		if !ok {
			return false
		}
		if stop {
			break
		}
		x.some = true
	}
	if !x.some {
		return false
	}
	return x.finish(a, s)
}

// size reads a size with an optional cell behind it (get_size_and_cell).
func (x *tcPolice) size(a *tcWords, have bool, what, bad string) int {
	v := a.next()
	if have {
		a.twice(what)
	}
	n, ok := tcSizeCell(v)
	if !ok {
		a.invalid(bad)
	}
	return n
}

// word reads one option; stop says that it is none.
func (x *tcPolice) word(a *tcWords, s *sched.ActSpec) (stop, ok bool) {
	p := x.p
	rate := func(what string, have bool) uint64 {
		v := a.next()
		if have {
			a.twice(what)
		}
		n, ok := tcRate(v)
		if !ok {
			a.invalid(what)
		}
		return n
	}
	switch {
	case a.is("index"):
		n, ok := tcfU32(a.next(), 10)
		if !ok {
			a.invalid("index")
		}
		s.Index = n
	case a.is("burst"), a.at("buffer"), a.at("maxburst"):
		x.burst = x.size(a, x.burst != 0, "buffer/burst", "buffer")
	case a.at("mtu"), a.at("minburst"):
		x.mtu = x.size(a, x.mtu != 0, "mtu/minburst", "mtu")
	case a.at("mpu"):
		n, ok := tcBytes(a.next())
		if !ok {
			a.invalid("mpu")
		}
		p.Rate.MPU, p.Peak.MPU = n, n
	case a.at("rate"):
		p.Rate.Bytes = rate("rate", x.rate)
		x.rate = p.Rate.Bytes != 0
	case a.at("avrate"):
		a.die(1, "not modelled: police avrate\n")
	case a.is("peakrate"):
		p.Peak.Bytes = rate("peakrate", x.peak)
		x.peak = p.Peak.Bytes != 0
	case a.is("reclassify"), a.is("drop"), a.is("shot"), a.is("continue"), a.is("pass"), a.is("ok"), a.is("pipe"), a.is("goto"):
		var good bool
		s.Control, good = a.control(false, false)
		return false, good
	case a.at("conform-exceed"):
		a.next()
		return false, x.conformExceed(a, s)
	case a.is("overhead"):
		n, ok := tcfU(a.next(), 10, 0xffff)
		if !ok {
			a.invalid("overhead")
		}
		p.Rate.Overhead, p.Peak.Overhead = int(n), int(n)
	case a.is("linklayer"):
		switch v := a.next(); {
		case strings.HasPrefix("ethernet", v):
		case strings.HasPrefix("atm", v), strings.HasPrefix("adsl", v):
			a.die(1, "not modelled: police linklayer %s\n", v)
		default:
			a.invalid("linklayer")
		}
	case a.is("pkts_rate"):
		n, ok := cNumber(a.next(), 10)
		if !ok {
			a.invalid("pkts_rate")
		}
		p.PktRate = n
	case a.is("pkts_burst"):
		n, ok := cNumber(a.next(), 10)
		if !ok {
			a.invalid("pkts_burst")
		}
		x.pktBurst = n
	case a.at("help"):
		a.die(255, "%s", tcPoliceUsage)
	default:
		return true, true
	}
	a.fwd()
	return false, true
}

// conformExceed is parse_action_control_slash.
func (x *tcPolice) conformExceed(a *tcWords, s *sched.ActSpec) (ok bool) {
	if over, under, slash := strings.Cut(a.cur(), "/"); slash && a.cur() != "/" {
		v, ok1 := a.verdict(over, true)
		w, ok2 := a.verdict(under, true)
		if !ok1 || !ok2 {
			return false
		}
		s.Control, x.p.Conform, x.p.ConformGiven = v, w, w != 0
		a.fwd()
		return true
	}
	if s.Control, ok = a.control(true, false); !ok {
		return false
	}
	if a.at("/") {
		a.next()
		if x.p.Conform, ok = a.control(true, false); !ok {
			return false
		}
		x.p.ConformGiven = x.p.Conform != 0
	}
	return true
}

// finish checks what was read, and computes the bucket.
func (x *tcPolice) finish(a *tcWords, s *sched.ActSpec) bool {
	p := x.p
	bad := ""
	switch {
	case !x.rate && s.Index == 0 && x.mtu == 0 && p.PktRate == 0:
		bad = "'rate' or 'avrate' or 'mtu' or 'pkts_rate' MUST be specified.\n"
	case x.rate && x.burst == 0:
		bad = "'burst' requires 'rate'.\n"
	case p.PktRate != 0 && x.pktBurst == 0:
		bad = "'pkts_burst' requires 'pkts_rate'.\n"
	case p.PktRate != 0 && x.rate:
		bad = "'rate' and 'pkts_rate' are not allowed in same action.\n"
	case x.peak && !x.rate:
		bad = "'peakrate' requires 'rate'.\n"
	case x.peak && x.mtu == 0:
		bad = "'mtu' is required, if 'peakrate' is requested.\n"
	}
	if bad != "" {
		a.say("%s", bad)
		return false
	}
	p.MTU = x.mtu
	if x.rate {
		p.Burst = tcfXmitTime(p.Rate.Bytes, float64(x.burst))
		m := x.mtu
		if m == 0 {
			m = 2047
		}
		for m>>p.CellLog > 255 {
			p.CellLog++
		}
	}
	if p.PktRate != 0 {
		p.PktBurst = tcfXmitTime(p.PktRate, float64(x.pktBurst))
	}
	return true
}

// tcfXmitTime is tc_calc_xmittime: how long so many bytes take, in the kernel's ticks of
// 64 ns.
func tcfXmitTime(rate uint64, n float64) sim.Time {
	return sim.Time(uint32(math.Ceil(float64(uint32(1e6*n/float64(rate)*15.625))))) << 6
}

// tcfXmitSize is tc_calc_xmitsize, the other way round.
func tcfXmitSize(rate uint64, t sim.Time) int {
	return int(float64(rate) * tcTickMicros(tcTicks(t)) / 1e6)
}

// tcShowPolice is print_police.
func tcShowPolice(c *tcCmd, o *tcPrinter, act sched.Action) {
	p := act.(*sched.Police)
	o.js("kind", "police")
	o.fp(" police 0x%x ", p.Index)
	o.js("index", p.Index)
	o.fp("rate %s ", tcBits(p.Rate.Bytes))
	o.fp("burst %s ", tcSize(tcfXmitSize(p.Rate.Bytes, p.Burst)))
	o.fp("mtu %s ", tcSize(p.MTU))
	if p.Peak.Bytes != 0 {
		o.fp("peakrate %s ", tcBits(p.Peak.Bytes))
	}
	if p.PktRate != 0 {
		o.any("pkts_rate", "pkts_rate %d ", p.PktRate)
		o.any("pkts_burst", "pkts_burst %d ", tcfXmitSize(p.PktRate, p.PktBurst))
	}
	showControl(o, "action ", p.Control, "")
	if p.ConformGiven {
		showControl(o, "/", p.Conform, " ")
	} else {
		o.fp(" ")
	}
	o.as("overhead", p.Rate.Overhead, "overhead "+tcSize(p.Rate.Overhead)+" ")
	if c.details {
		o.any("linklayer", "linklayer %s ", "ethernet")
	}
	o.nl()
	o.any("ref", "\tref %d ", p.Refs)
	o.any("bind", "bind %d ", p.Binds)
	c.showTimes(o, p.Base())
	o.nl()
}

// police reads an action police that stands behind a filter without `action`.
func (f *tcFilterCmd) police() {
	f.next()
	s := sched.ActSpec{Kind: sched.ActPolice}
	if !tcPoliceWords(&f.tcWords, &s) {
		f.die(1, "Illegal \"police\"\n")
	}
	s.Params.(*sched.PoliceParams).OldStyle = true
	f.r.Acts, f.r.ActsGiven = []sched.ActSpec{s}, true
}

// oldPolice reports whether the filter's action was given so.
func (f *tcFilterCmd) oldPolice(acts []sched.Action) bool {
	if len(acts) != 1 {
		return false
	}
	p, ok := acts[0].(*sched.Police)
	return ok && p.OldStyle
}

// policed is the counters of such an action of a filter (tcf_exts_dump_stats); nil: it
// has none.
func (f *tcFilterCmd) policed(x sched.Filter) *sched.ActBase {
	if a, ok := x.(interface{ Actions() []sched.Action }); ok && f.oldPolice(a.Actions()) {
		return a.Actions()[0].Base()
	}
	return nil
}

// showPolice prints such an action.
func (f *tcFilterCmd) showPolice(o *tcPrinter, acts []sched.Action) {
	if f.oldPolice(acts) {
		o.nl()
		tcShowPolice(f.tcCmd, o, acts[0])
	}
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
