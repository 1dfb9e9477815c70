package lab

import (
	"github.com/packetwalk/packetwalk/stack/sched"
)

const tcFilterUsage = `Usage: tc filter [ add | del | change | replace | show ] [ dev STRING ]
       tc filter [ add | del | change | replace | show ] [ block BLOCK_INDEX ]
       tc filter get dev STRING parent CLASSID protocol PROTO handle FILTERID pref PRIO FILTER_TYPE
       tc filter get block BLOCK_INDEX protocol PROTO handle FILTERID pref PRIO FILTER_TYPE
       [ pref PRIO ] protocol PROTO [ chain CHAIN_INDEX ]
       [ estimator INTERVAL TIME_CONSTANT ]
       [ root | ingress | egress | parent CLASSID ]
       [ handle FILTERID ] [ [ FILTER_TYPE ] [ help | OPTIONS ] ]

       tc filter show [ dev STRING ] [ root | ingress | egress | parent CLASSID ]
       tc filter show [ block BLOCK_INDEX ]
Where:
FILTER_TYPE := { rsvp | u32 | bpf | fw | route | etc. }
FILTERID := ... format depends on classifier, see there
OPTIONS := ... try tc filter add <desired FILTER_KIND> help
`

const tcChainUsage = `Usage: tc chain [ add | del | get | show ] [ dev STRING ]
       tc chain [ add | del | get | show ] [ block BLOCK_INDEX ] ]
`

// tcFilterKinds are classifiers that exist and that the model does not have.
const tcFilterKinds = " basic bpf cgroup flow route rsvp rsvp6 tcindex "

// A tcFilterCmd is a command about filters or chains.
type tcFilterCmd struct {
	*tcCmd
	tcWords
	r       sched.FilterReq
	kind    string
	handle  string
	command string
	chains  bool // it is about chains
}

// filter is tc filter; chain is tc chain.
func (c *tcCmd) filter(w []string) int { return c.filters("filter", w) }
func (c *tcCmd) chain(w []string) int  { return c.filters("chain", w) }

func (c *tcCmd) filters(obj string, w []string) int {
	return tcRun(func() int {
		f := &tcFilterCmd{tcCmd: c, tcWords: tcWords{p: c.p, w: w}, chains: obj == "chain"}
		if !f.more() {
			return f.list()
		}
		verbs := []string{"add", "change", "replace", "delete", "get"}
		if f.chains {
			verbs = []string{"add", "delete", "get"}
		}
		for _, v := range verbs {
			if f.is(v) {
				f.fwd()
				f.command = v
				if v == "get" {
					return f.get()
				}
				return f.modify()
			}
		}
		switch {
		case f.is("list"), f.is("show"), f.is("lst"):
			f.fwd()
			return f.list()
		case f.is("help"):
			f.usage()
			return 0
		}
		f.die(255, "Command \"%s\" is unknown, try \"tc %s help\".\n", f.cur(), obj)
		return 255
	})
}

func (f *tcFilterCmd) usage() {
	if f.chains {
		f.tcCmd.p.errf("%s", tcChainUsage)
		return
	}
	f.tcCmd.p.errf("%s", tcFilterUsage)
}

// place reads a word that tells where; ok is false if it is another word.
func (f *tcFilterCmd) place() (ok bool) {
	parent := func(id uint32, name string) {
		if f.r.Parent != 0 {
			f.die(255, "Error: \"%s\" is duplicate parent ID\n", name)
		}
		f.r.Parent = id
	}
	switch {
	case f.at("dev"):
		name := f.next()
		if f.r.Dev != nil {
			f.twice("dev")
		}
		f.r.Dev = f.dev(name)
	case f.is("block"):
		f.die(1, "not modelled: tc filter block\n")
	case f.at("root"):
		parent(0xffffffff, "root")
	case f.at("ingress"):
		parent(sched.ClassIngress, "ingress")
	case f.at("egress"):
		parent(sched.ClassEgress, "egress")
	case f.at("parent"):
		s := f.next()
		if f.r.Parent != 0 {
			f.twice("parent")
		}
		id, good := tcfClassID(s)
		if !good {
			f.invalid("Invalid parent ID")
		}
		f.r.Parent = id
	case f.at("handle"):
		s := f.next()
		if f.handle != "" {
			f.twice("handle")
		}
		f.handle = s
	case f.is("preference"), f.is("priority"):
		s := f.next()
		if f.r.Prio != 0 {
			f.twice("priority")
		}
		if f.r.Prio, ok = tcfU(s, 0, 0xffff); !ok {
			f.invalid("invalid priority value")
		}
	case f.is("protocol"):
		s := f.next()
		id, good := tcfProto(s)
		if !good {
			f.invalid("invalid protocol")
		}
		f.r.Protocol = id
	case f.is("chain"):
		s := f.next()
		if f.r.ChainGiven {
			f.twice("chain")
		}
		if f.r.Chain, ok = tcfU32(s, 0); !ok {
			f.invalid("invalid chain index value")
		}
		f.r.ChainGiven = true
	default:
		return false
	}
	f.fwd()
	return true
}

// read reads the words before the filter's own options.
func (f *tcFilterCmd) read() (done bool) {
	for f.more() {
		if f.place() {
			continue
		}
		switch {
		case f.is("estimator"):
			f.die(1, "not modelled: tc filter estimator\n")
		case f.is("help"):
			f.usage()
			return true
		}
		f.kind = f.cur()
		f.fwd()
		break
	}
	return false
}

// modify is tc_filter_modify.
func (f *tcFilterCmd) modify() int {
	f.r.Create = f.command == "add" || f.command == "replace"
	f.r.Excl = f.command == "add"
	if f.r.Create {
		f.r.Protocol = 3 // ETH_P_ALL
	}
	if f.read() {
		return 0
	}
	if st := f.options(); st != 0 {
		return st
	}
	if f.r.Dev == nil {
		f.die(2, "RTNETLINK answers: No such device\nWe have an error talking to the kernel\n")
	}
	f.tcCmd.p.grow(1 << 12)
	var bad sched.Refusal
	switch {
	case f.chains && f.command == "add":
		bad = sched.AddChain(&f.r)
	case f.chains:
		bad = sched.DelChain(&f.r)
	case f.command == "delete":
		bad = sched.DelFilter(&f.r)
	default:
		bad = sched.NewFilter(&f.r)
	}
	return tcAnswer(f.tcCmd.p, bad, "We have an error talking to the kernel\n", 2)
}

// tcAnswer prints what the kernel said of a command.
func tcAnswer(p *Proc, bad sched.Refusal, behind string, st int) int {
	text := bad.String()
	switch {
	case bad.Err == 0 && text != "":
		p.errf("Warning: %s.\n", text)
		return 0
	case bad.Err == 0:
		return 0
	case text != "":
		p.errf("Error: %s.\n", text)
	default:
		p.errf("RTNETLINK answers: %s\n", errnoWords(bad.Err))
	}
	p.errf("%s", behind)
	return st
}

// options has the classifier read its options.
func (f *tcFilterCmd) options() int {
	if f.kind == "" {
		if f.handle != "" {
			f.die(255, "Must specify filter type when using \"handle\"\n")
		}
		return 0
	}
	f.r.KindGiven = true
	var st int
	switch f.kind {
	case "u32":
		f.r.Kind = sched.FilterU32
		st = f.parseU32()
	case "flower":
		f.r.Kind = sched.FilterFlower
		st = f.parseFlower()
	case "matchall":
		f.r.Kind = sched.FilterMatchall
		st = f.parseMatchall()
	case "fw":
		f.r.Kind = sched.FilterFw
		st = f.parseFw()
	default:
		if containsWord(tcFilterKinds, f.kind) {
			f.die(1, "not modelled: filter %s\n", f.kind)
		}
		return f.parseUnknown()
	}
	return st
}

// parseUnknown is parse_nofopt: for a classifier that nobody has.
func (f *tcFilterCmd) parseUnknown() int {
	f.r.Unknown = true
	if f.more() {
		f.die(1, "Unknown filter \"%s\", hence option \"%s\" is unparsable\n", f.kind, f.cur())
	}
	if f.handle != "" {
		h, ok := tcfU32(f.handle, 16)
		if !ok {
			f.die(1, "Unparsable filter ID \"%s\"\n", f.handle)
		}
		f.r.Handle = h
	}
	return 0
}

// containsWord finds a word in a list of words between blanks.
func containsWord(list, word string) bool {
	for i := 0; i+len(word)+1 < len(list); i++ {
		if list[i] == ' ' && list[i+1:i+1+len(word)] == word && list[i+1+len(word)] == ' ' {
			return word != ""
		}
	}
	return false
}

// inDev reads the name behind indev.
func (f *tcFilterCmd) inDev() int {
	f.fwd()
	if !f.more() {
		f.die(1, "Illegal indev\n")
	}
	d := f.tcCmd.p.host.NS.DevByName(f.cur())
	f.fwd()
	if d == nil {
		return -1
	}
	return d.Index
}

// classID reads a class behind classid or flowid.
func (f *tcFilterCmd) classID() uint32 {
	id, ok := tcfClassID(f.next())
	if !ok {
		f.die(1, "Illegal \"classid\"\n")
	}
	f.fwd()
	return id
}

// actions reads what stands behind action.
func (f *tcFilterCmd) actions(what string) {
	f.next()
	specs, ok := f.tcCmd.parseActions(&f.tcWords)
	if !ok {
		f.die(1, "Illegal %s\n", what)
	}
	f.r.Acts, f.r.ActsGiven = specs, true
}
