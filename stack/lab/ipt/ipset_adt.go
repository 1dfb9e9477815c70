package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// setRangeMax bounds how many elements one order may name.
const setRangeMax = 1 << 21

func setFamily(s *iptables.IPSet) int {
	if s.Family == core.NFIPv6 {
		return 6
	}
	return 4
}

func setFamilyWord(s *iptables.IPSet) string {
	switch {
	case s.Type == iptables.SetBitmapPort || s.Type == iptables.SetList:
		return "unspec"
	case s.Family == core.NFIPv6:
		return "inet6"
	}
	return "inet"
}

// set is a set that must be there.
func (r *setRun) set(name string) *iptables.IPSet {
	s := r.x.Set(r.setName(name))
	if s == nil {
		r.fail("The set with the given name does not exist")
	}
	return s
}

// A setEntry is what add, del and test name: an element, or a range of them.
type setEntry struct {
	iptables.SetElem
	addrs setAddrs
	ports setPorts
	at    iptables.SetPlace

	timed, counted, said, skb bool // extensions that were given
	packets, bytes            bool
	timeout                   uint32
}

// element is ipset add, del and test.
func (r *setRun) element(cmd string, a []string) {
	s := r.set(a[0])
	k := setKindOf(s)
	e := &setEntry{}
	r.parts(cmd, s, k, e, a[1])
	list := k.add
	switch {
	case cmd == "add":
	case s.Type == iptables.SetList:
		list = "before after"
	case cmd == "test" && takes(list, "nomatch"):
		list = "nomatch"
	default:
		list = ""
	}
	r.setOptions(a[2:], list, func(name, value string) { r.extension(e, name, value) })
	if cmd == "test" {
		r.test(s, e)
		return
	}
	set := s.Name
	r.order(setOrder{cmd: cmd, set: set, exist: r.exist, do: func(exist bool) { r.change(cmd, r.set(set), e, exist) }})
}

// parts reads the element itself (ipset_parse_elem).
func (r *setRun) parts(cmd string, s *iptables.IPSet, k *setKind, e *setEntry, text string) {
	l := strings.Split(text, ",")
	switch {
	case len(l) > k.parts && k.parts == 1:
		r.syntax("Elem separator in %s, but settype %s supports none.", text, k.names[0])
	case len(l) > k.parts:
		r.syntax("Two elem separators in %s, but settype %s supports one.", text, k.names[0])
	case len(l) < k.parts:
		r.syntax("Second element is missing from %s.", text)
	}
	fam := setFamily(s)
	switch s.Type {
	case iptables.SetList:
		e.Set = r.setName(text)
		return
	case iptables.SetBitmapPort:
		e.ports = r.ports(text)
		r.noPorts(cmd, s, k, e)
		return
	}
	if fam == 6 {
		nets := s.Type == iptables.SetHashNet || s.Type == iptables.SetHashNetPort
		switch {
		case nets && strings.Contains(l[0], "-"):
			r.syntax("IP address or IP/cidr must be specified: %s", l[0])
		case !nets && strings.ContainsAny(l[0], "/-"):
			r.syntax("plain IP address must be supplied: %s", l[0])
		}
	}
	e.addrs = r.addresses(l[0], fam)
	if s.Type == iptables.SetBitmapIP && cmd == "test" {
		if e.addrs.net {
			r.fail("IP/CIDR range is not allowed in command %s with set type %s and family %s", cmd, k.names[0], setFamilyWord(s))
		}
		if e.addrs.ranged {
			r.fail("FROM-TO IP range is not allowed in command %s with set type %s and family %s", cmd, k.names[0], setFamilyWord(s))
		}
	}
	if len(l) == 2 {
		e.ports = r.protoPort(l[1], cmd, fam)
		r.noPorts(cmd, s, k, e)
	}
}

// noPorts refuses a range of ports that is tested.
func (r *setRun) noPorts(cmd string, s *iptables.IPSet, k *setKind, e *setEntry) {
	if cmd == "test" && e.ports.ranged {
		r.fail("FROM-TO port range is not allowed in command %s with set type %s and family %s", cmd, k.names[0], setFamilyWord(s))
	}
}

// extension reads what an element may carry.
func (r *setRun) extension(e *setEntry, name, value string) {
	switch name {
	case "timeout":
		e.timed, e.timeout = true, uint32(r.u(value, 2147483))
	case "packets":
		e.Packets, e.packets, e.counted = r.u(value, 1<<64-1), true, true
	case "bytes":
		e.Bytes, e.bytes, e.counted = r.u(value, 1<<64-1), true, true
	case "comment":
		if strings.Contains(value, "\"") {
			r.syntax("\" character is not permitted in comments")
		}
		if len(value) > 255 {
			r.syntax("Comment is longer than the maximum allowed 255 characters")
		}
		e.Comment, e.said = value, true
	case "nomatch":
		e.NoMatch = true
	case "before", "after":
		if e.at.Ref != "" {
			r.syntax("mixed syntax, before|after option already used")
		}
		e.at = iptables.SetPlace{Ref: r.setName(value), Before: name == "before"}
	case "skbmark":
		e.skb = true
		a, b, two := strings.Cut(value, "/")
		v, ok := setHex(a, "0x")
		m, ok2 := uint32(1<<32-1), true
		if two {
			m, ok2 = setHex(b, "0x")
		}
		if !ok || !ok2 {
			r.syntax("Invalid skbmark format, it should be:  MARK/MASK or MARK (see manpage)")
		}
		e.Mark, e.MarkMask = v, m
	case "skbprio":
		e.skb = true
		a, b, two := strings.Cut(value, ":")
		v, ok := setHex(a, "")
		w, ok2 := setHex(b, "")
		if !two || !ok || !ok2 || v > 0xffff || w > 0xffff {
			r.syntax("Invalid skbprio format, it should be:MAJOR:MINOR (see manpage)")
		}
		e.Prio = v<<16 | w
	case "skbqueue":
		e.skb = true
		e.Queue = uint16(r.u(value, 65535))
	}
}

// setHex reads a hexadecimal number that begins so.
func setHex(s, begin string) (uint32, bool) {
	t, ok := strings.CutPrefix(s, begin)
	v, rest, any, over := strtoul(t, 16)
	return uint32(v), ok && any && !over && rest == "" && v < 1<<32
}

// test is ip_set_utest: whatever is wrong means that it is not in the set.
func (r *setRun) test(s *iptables.IPSet, e *setEntry) {
	text, in := "", false
	switch s.Type {
	case iptables.SetList:
		in, _ = s.HasMember(e.SetElem, e.at)
		if text = e.Set; e.at.Ref != "" {
			text += " after " + e.at.Ref
		}
	default:
		v := e.first(s)
		o := s.Find(v)
		in = o != nil && o.NoMatch == e.NoMatch && (e.addrs.plen != 0 || !e.addrs.net)
		text = r.entryText(s, e)
	}
	if in {
		if !r.quiet {
			r.warn("Warning: %s is in set %s.\n", text, s.Name)
		}
		return
	}
	if !r.quiet {
		r.warn("%s is NOT in set %s.\n", text, s.Name)
	}
	panic(exit(otherProblem))
}

func (r *setRun) entryText(s *iptables.IPSet, e *setEntry) string {
	if s.Type == iptables.SetBitmapPort {
		return utoa(uint64(e.ports.from))
	}
	t := e.addrs.text()
	if s.Type == iptables.SetHashIPPort || s.Type == iptables.SetHashNetPort {
		t += "," + r.portText(e.ports.proto, e.ports.from, e.ports.to)
	}
	return t
}

// first is the first element that an entry names.
func (e *setEntry) first(s *iptables.IPSet) iptables.SetElem {
	v := e.SetElem
	v.Addr = e.addrs.a
	if e.addrs.net && (s.Type == iptables.SetHashNet || s.Type == iptables.SetHashNetPort) && int(e.addrs.plen) != size(e.addrs.fam)*8 {
		v.Plen = uint8(e.addrs.plen)
	}
	if s.Type == iptables.SetBitmapPort {
		v.Addr = wire.Addr{}
	} else {
		v.Proto = uint8(e.ports.proto)
	}
	v.Port = e.ports.from
	return v
}

// change is ip_set_uadd and ip_set_udel.
func (r *setRun) change(cmd string, s *iptables.IPSet, e *setEntry, exist bool) {
	if err := e.extensions(s); cmd == "add" && err != 0 {
		r.refused(cmd, s, err)
	}
	if s.Timeouts {
		n := s.Timeout
		if e.timed {
			n = e.timeout
		}
		e.Expires = s.Until(n)
	}
	do := func(v iptables.SetElem) {
		if err := r.one(cmd, s, e, v, exist); err != 0 && !(exist && cmd == "del" && err == iptables.SetErrExist) {
			r.refused(cmd, s, err)
		}
	}
	if s.Type == iptables.SetList {
		do(e.SetElem)
		return
	}
	r.each(cmd, s, e, do)
}

// extensions is ip_set_get_extensions: what was given must be what the set has.
func (e *setEntry) extensions(s *iptables.IPSet) iptables.SetError {
	switch {
	case e.timed && !s.Timeouts:
		return iptables.SetErrTimeout
	case e.counted && !s.Counters:
		return iptables.SetErrCounter
	case e.said && !s.Comments:
		return iptables.SetErrComment
	case e.skb && !s.SkbInfo:
		return iptables.SetErrSkbInfo
	}
	return 0
}

// one adds or deletes one element; what is there already keeps its counters unless
// new ones are given.
func (r *setRun) one(cmd string, s *iptables.IPSet, e *setEntry, v iptables.SetElem, exist bool) iptables.SetError {
	list := s.Type == iptables.SetList
	switch {
	case cmd == "del" && list:
		return s.DelMember(v, e.at)
	case cmd == "del":
		return s.Del(v)
	}
	if o := s.Exact(v); exist && o != nil {
		if !e.packets {
			v.Packets = o.Packets
		}
		if !e.bytes {
			v.Bytes = o.Bytes
		}
	}
	if list {
		return s.AddMember(v, e.at, exist)
	}
	return s.Add(v, exist)
}

// each does something with every element that an entry names.
func (r *setRun) each(cmd string, s *iptables.IPSet, e *setEntry, do func(iptables.SetElem)) {
	v := e.first(s)
	ports := func(v iptables.SetElem) {
		if s.Type == iptables.SetHashIPPort || s.Type == iptables.SetHashNetPort {
			if v.Proto == 0 {
				r.refused(cmd, s, iptables.SetErrProto)
			}
		}
		for p := uint32(e.ports.from); p <= uint32(e.ports.to); p++ {
			v.Port = uint16(p)
			do(v)
		}
	}
	if s.Type == iptables.SetBitmapPort && (uint32(e.ports.from) < s.From || uint32(e.ports.to) > s.To) {
		r.refused(cmd, s, iptables.SetErrBitmapRange)
	}
	nets := s.Type == iptables.SetHashNet || s.Type == iptables.SetHashNetPort
	if nets && e.addrs.net && e.addrs.plen == 0 {
		r.refused(cmd, s, iptables.SetErrCIDR)
	}
	if s.Type == iptables.SetBitmapPort || e.addrs.fam == 6 || !e.addrs.ranged && (nets || !e.addrs.net) {
		ports(v)
		return
	}
	lo, hi := e.addrs.bounds4()
	if nets {
		if lo == 0 && hi == 1<<32-1 {
			r.fail("Invalid range, covers the whole address space")
		}
		r.subnets(lo, hi, func(a uint32, plen uint8) {
			v.Addr, v.Plen = wire.IP4(a).Addr(), plen
			ports(v)
		})
		return
	}
	step := uint64(1)
	if s.Netmask != 0 {
		step = 1 << (32 - s.Netmask)
	}
	if (uint64(hi)-uint64(lo))/step > setRangeMax {
		r.notModelled("an ipset range of more than %d elements", setRangeMax)
	}
	if s.Type == iptables.SetBitmapIP && (lo < s.From || hi > s.To) {
		r.refused(cmd, s, iptables.SetErrBitmapRange)
	}
	for a := uint64(lo) &^ (step - 1); a <= uint64(hi); a += step {
		v.Addr = wire.IP4(a).Addr()
		ports(v)
	}
}

// subnets are the networks that make up a range (ip_set_range_to_cidr).
func (r *setRun) subnets(lo, hi uint32, do func(a uint32, plen uint8)) {
	for a := uint64(lo); a <= uint64(hi); {
		n := uint8(32)
		for n > 1 && a&(1<<(33-n)-1) == 0 && a+1<<(33-n)-1 <= uint64(hi) {
			n--
		}
		do(uint32(a), n)
		a += 1 << (32 - n)
	}
}
