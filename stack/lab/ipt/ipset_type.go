package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// A setKind is a type of sets as ipset knows it.
type setKind struct {
	names    []string
	typ      iptables.SetType
	revision int
	header   string // what create takes and list shows, in order
	add      string // what add takes
	parts    int    // of an element
	absent   string // why it cannot be made
}

const (
	setHashOpts = "family hashsize maxelem timeout counters comment forceadd skbinfo bucketsize initval"
	setAddOpts  = "timeout packets bytes comment skbmark skbprio skbqueue"
	noKernel    = "kernel"  // this kernel has no such type
	notInHere   = "no type" // it has, and the model has not
)

func setKinds() []setKind {
	return []setKind{
		{[]string{"hash:ip", "iphash"}, iptables.SetHashIP, 6, "family hashsize maxelem netmask bitmask timeout counters comment forceadd skbinfo bucketsize initval", setAddOpts, 1, ""},
		{[]string{"hash:net", "nethash"}, iptables.SetHashNet, 7, setHashOpts, "timeout nomatch packets bytes comment skbmark skbprio skbqueue", 1, ""},
		{[]string{"hash:ip,port", "ipporthash"}, iptables.SetHashIPPort, 7, setHashOpts + " netmask bitmask", setAddOpts, 2, ""},
		{[]string{"hash:net,port", "netporthash"}, iptables.SetHashNetPort, 8, setHashOpts, "timeout nomatch packets bytes comment skbmark skbprio skbqueue", 2, ""},
		{[]string{"bitmap:ip", "ipmap"}, iptables.SetBitmapIP, 3, "range netmask timeout counters comment skbinfo", setAddOpts, 1, ""},
		{[]string{"bitmap:port", "portmap"}, iptables.SetBitmapPort, 3, "range timeout counters comment skbinfo", setAddOpts, 1, ""},
		{[]string{"list:set", "setlist"}, iptables.SetList, 3, "size timeout counters comment skbinfo", "timeout before after packets bytes comment skbmark skbprio skbqueue", 1, ""},
		{names: []string{"bitmap:ip,mac", "macipmap"}, absent: notInHere},
		{names: []string{"hash:net,iface", "netifacehash"}, absent: notInHere},
		{names: []string{"hash:ip,port,ip", "ipportiphash"}, absent: notInHere},
		{names: []string{"hash:ip,port,net", "ipportnethash"}, absent: notInHere},
		{names: []string{"hash:mac"}, absent: noKernel},
		{names: []string{"hash:ip,mac", "ipmachash"}, absent: noKernel},
		{names: []string{"hash:ip,mark", "ipmarkhash"}, absent: noKernel},
		{names: []string{"hash:net,net"}, absent: noKernel},
		{names: []string{"hash:net,port,net"}, absent: noKernel},
	}
}

func setKindNamed(name string) *setKind {
	for _, k := range setKinds() {
		for _, n := range k.names {
			if n == name {
				return &k
			}
		}
	}
	return nil
}

func setKindOf(s *iptables.IPSet) *setKind {
	for _, k := range setKinds() {
		if k.typ == s.Type && k.absent == "" {
			return &k
		}
	}
	panic("ipt: a set of no type")
}

// takes says whether an option is among those of a list.
func takes(list, name string) bool {
	return strings.Contains(" "+list+" ", " "+name+" ")
}

// u reads a number (ipset_parse_u32 and its kin).
func (r *setRun) u(s string, max uint64) uint64 {
	v, e := setNumber(s, 0, max)
	if e != "" {
		r.fail("%s", e)
	}
	return v
}

// setNumber is string_to_number_ll: what is wrong, if something is.
func setNumber(s string, min, max uint64) (uint64, string) {
	t := strings.TrimLeft(s, " \t")
	v, rest, any, over := strtoul(t, 0)
	if !any || rest != "" {
		return 0, "Syntax error: '" + s + "' is invalid as number"
	}
	if over || v < min || v > max {
		return 0, "Syntax error: '" + s + "' is out of range " + utoa(min) + "-" + utoa(max)
	}
	return v, ""
}

// setOptions reads "name value" pairs that a type takes.
func (r *setRun) setOptions(a []string, list string, do func(name, value string)) {
	seen := map[string]bool{}
	r.ignored = nil
	for i := 0; i < len(a); i++ {
		arg := a[i]
		name, value := strings.TrimPrefix(arg, "--"), ""
		switch name {
		case "-4", "-6":
			value = map[string]string{"-4": "inet", "-6": "inet6"}[name]
			name = "family"
		case "nomatch", "counters", "comment", "forceadd", "skbinfo":
			if name != "comment" || !takes(list, "packets") {
				if !takes(list, name) {
					r.wrong("Unknown argument: `%s'", arg)
				}
				do(name, "")
				continue
			}
		}
		old := takes(list, "hashsize") && (name == "probes" || name == "resize" || name == "gc")
		if !takes(list, name) && !old && !(takes(list, "range") && (name == "from" || name == "to" || name == "network")) {
			r.wrong("Unknown argument: `%s'", arg)
		}
		if value == "" {
			if i+1 == len(a) {
				r.wrong("Missing mandatory argument of option `%s'", arg)
			}
			i++
			value = a[i]
		}
		if old {
			r.ignored = append(r.ignored, [2]string{name, value})
			continue
		}
		if seen[name] {
			r.syntax("%s already specified", arg)
		}
		seen[name] = true
		do(name, value)
	}
}

// setName checks a set's name.
func (r *setRun) setName(s string) string {
	if len(s) > 31 {
		r.syntax("setname '%s' is longer than 31 characters", s)
	}
	return s
}

// create is ipset create.
func (r *setRun) create(a []string) {
	name := r.setName(a[0])
	k := setKindNamed(a[1])
	switch {
	case k == nil:
		r.syntax("typename '%s' is unknown", a[1])
	case k.absent == noKernel:
		r.fail("Kernel error received: set type not supported")
	case k.absent != "":
		r.notModelled("ipset type %s", k.names[0])
	}
	s := &iptables.IPSet{Name: name, Type: k.typ}
	if k.typ.IsHash() || k.typ == iptables.SetBitmapIP {
		s.Family = core.NFIPv4
	}
	c := creation{r: r, s: s, bits: 32}
	for i, w := range a[2:] { // the family decides how the rest is read
		if v := strings.TrimPrefix(w, "--"); v == "-6" || v == "family" && i+3 < len(a) && a[i+3] == "inet6" {
			c.bits = 128
		}
	}
	r.setOptions(a[2:], k.header, c.option)
	if takes(k.header, "range") && !c.from {
		r.wrong("Mandatory option `range' is missing")
	}
	if takes(k.header, "range") && !c.to {
		r.wrong("Mandatory option `to' is missing")
	}
	if o := r.x.Set(name); o != nil && r.exist && sameSet(o, s) {
		return
	}
	if e := r.x.AddSet(s); e != 0 {
		r.refused("create", s, e)
	}
	for _, o := range r.ignored {
		if !r.quiet {
			r.warn("Warning: Option '--%s %s' is ignored. Please upgrade your syntax.\n", o[0], o[1])
			return // a later one takes the place of the first in ipset's report
		}
	}
}

// sameSet says whether a set is what create -exist asks for (the types' same_set).
func sameSet(o, s *iptables.IPSet) bool {
	max := func(n int) int {
		if n == 0 {
			return 65536
		}
		return n
	}
	if o.Type != s.Type || o.Family != s.Family || o.Timeouts != s.Timeouts || o.Timeout != s.Timeout ||
		o.Counters != s.Counters || o.Comments != s.Comments || o.SkbInfo != s.SkbInfo || o.ForceAdd != s.ForceAdd {
		return false
	}
	if o.Type == iptables.SetList {
		return o.Size == s.Size || s.Size == 0 && o.Size == 8
	}
	return o.Netmask == s.Netmask && o.From == s.From && o.To == s.To && (!o.Type.IsHash() || o.MaxElem == max(s.MaxElem))
}

// A creation is a create command that is being read.
type creation struct {
	r        *setRun
	s        *iptables.IPSet
	bits     uint64
	from, to bool
}

func (c *creation) option(name, value string) {
	r, s := c.r, c.s
	switch name {
	case "family":
		switch strings.ToLower(value) {
		case "inet", "ipv4", "-4":
		case "inet6", "ipv6", "-6":
			s.Family = core.NFIPv6
		default:
			r.syntax("unknown inet family %s", value)
		}
	case "hashsize":
		s.HashSize = uint32(max(r.u(value, 1<<32-1), 1))
	case "maxelem":
		s.MaxElem = int(r.u(value, 1<<32-1))
		if s.MaxElem == 0 {
			r.notModelled("ipset maxelem 0")
		}
	case "netmask":
		v, e := setNumber(value, 1, c.bits)
		if e != "" {
			r.fail("%s\nSyntax error: netmask is out of the inclusive range of 1-%d", e, c.bits)
		}
		if s.Netmask = uint8(v); v == c.bits {
			s.Netmask = 0
		}
	case "bitmask":
		r.notModelled("ipset bitmask")
	case "timeout":
		s.Timeouts, s.Timeout = true, uint32(r.u(value, 2147483))
	case "counters":
		s.Counters = true
	case "comment":
		s.Comments = true
	case "forceadd":
		s.ForceAdd = true
	case "skbinfo":
		s.SkbInfo = true
	case "bucketsize":
		s.BucketSize = uint8(max(r.u(value, 255), 1))
	case "initval":
		s.InitVal = uint32(r.u(value, 1<<32-1))
	case "size":
		s.Size = int(max(r.u(value, 1<<32-1), 1))
	default:
		c.bounds(name, value)
	}
}

// bounds reads what a bitmap covers.
func (c *creation) bounds(name, value string) {
	r, s := c.r, c.s
	one := func(v string) uint32 {
		if s.Type == iptables.SetBitmapPort {
			return uint32(r.port(v, "tcp"))
		}
		return uint32(r.address(v, 4).IP4())
	}
	switch {
	case name == "from":
		s.From, c.from = one(value), true
	case name == "to":
		s.To, c.to = one(value), true
	case s.Type == iptables.SetBitmapPort:
		l := r.ports(value)
		s.From, s.To, c.from, c.to = uint32(l.from), uint32(l.to), true, l.ranged
	default:
		l := r.addresses(value, 4)
		if !l.ranged && !l.net {
			r.syntax("IP/cidr or IP-IP range must be specified: %s", value)
		}
		lo, hi := l.bounds4()
		s.From, s.To, c.from, c.to = lo, hi, true, true
	}
}
