package ipt

import (
	"sort"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// sets are the sets that a command names: lists come last (DUMP_LAST).
func (r *setRun) sets(a []string) (l []*iptables.IPSet) {
	if len(a) > 0 {
		return []*iptables.IPSet{r.set(a[0])}
	}
	for _, lists := range []bool{false, true} {
		for _, s := range r.x.Sets() {
			if (s.Type == iptables.SetList) == lists {
				l = append(l, s)
			}
		}
	}
	return l
}

// list is ipset list and save.
func (r *setRun) list(a []string) {
	for _, s := range r.sets(a) {
		switch {
		case r.names:
			r.out.f("%s\n", s.Name)
		case r.save:
			r.out.f("create %s %s%s\n", s.Name, setKindOf(s).names[0], r.header(s))
			r.members(s, "add "+s.Name+" ")
		default:
			r.plain(s)
		}
	}
}

func (r *setRun) plain(s *iptables.IPSet) {
	k := setKindOf(s)
	r.out.is(r.listed > 0, "\n")
	r.listed++
	r.out.f("Name: %s\nType: %s\nRevision: %d\nHeader:%s\n", s.Name, k.names[0], k.revision, r.header(s))
	n := len(s.Elems())
	r.out.f("Size in memory: %d\nReferences: %d\nNumber of entries: %d\n", setMemory(s), s.Refs(), n)
	if r.terse {
		return
	}
	r.out.f("Members:\n")
	r.members(s, "")
}

// header says how a set was made, as create takes it.
func (r *setRun) header(s *iptables.IPSet) string {
	var b buf
	for _, o := range strings.Fields(setKindOf(s).header) {
		switch o {
		case "family":
			b.f(" family %s", setFamilyWord(s))
		case "hashsize":
			b.f(" hashsize %d", s.HashSize)
		case "maxelem":
			b.f(" maxelem %d", s.MaxElem)
		case "range":
			if s.Type == iptables.SetBitmapPort {
				b.f(" range %d-%d", s.From, s.To)
			} else {
				b.f(" range %s-%s", addr4(s.From), addr4(s.To))
			}
		case "size":
			b.f(" size %d", s.Size)
		case "netmask":
			if s.Netmask != 0 {
				b.f(" netmask %d", s.Netmask)
			}
		case "timeout":
			if s.Timeouts {
				b.f(" timeout %d", s.Timeout)
			}
		case "counters":
			b.is(s.Counters, " counters")
		case "comment":
			b.is(s.Comments, " comment")
		case "skbinfo":
			b.is(s.SkbInfo, " skbinfo")
		case "bucketsize":
			b.f(" bucketsize %d", s.BucketSize)
		case "initval":
			b.f(" initval 0x%08x", s.InitVal)
		}
	}
	return b.String()
}

func addr4(a uint32) string { return quad4(byte(a>>24), byte(a>>16), byte(a>>8), byte(a)) }

func quad4(a, b, c, d byte) string {
	return utoa(uint64(a)) + "." + utoa(uint64(b)) + "." + utoa(uint64(c)) + "." + utoa(uint64(d))
}

// members writes the elements: those of a bitmap in order of value.
func (r *setRun) members(s *iptables.IPSet, begin string) {
	elems := append([]*iptables.SetElem(nil), s.Elems()...)
	switch {
	case s.Type == iptables.SetBitmapPort:
		sort.SliceStable(elems, func(i, j int) bool { return elems[i].Port < elems[j].Port })
	case s.Type == iptables.SetBitmapIP:
		sort.SliceStable(elems, func(i, j int) bool { return elems[i].Addr.IP4() < elems[j].Addr.IP4() })
	case r.sorted && s.Type != iptables.SetList:
		sort.SliceStable(elems, func(i, j int) bool { return setLess(r.elemText(s, elems[i]), r.elemText(s, elems[j])) })
	}
	for _, e := range elems {
		r.out.f("%s%s", begin, r.elemText(s, e))
		r.carries(s, e)
		r.out.f("\n")
	}
}

// carries writes what an element carries.
func (r *setRun) carries(s *iptables.IPSet, e *iptables.SetElem) {
	if s.Timeouts {
		left := sim.Time(0)
		if e.Expires != 0 {
			left = max((e.Expires-r.env.NS.Clock.Now()-1)/sim.Second, 1)
		}
		r.out.f(" timeout %d", int64(left))
	}
	r.out.is(e.NoMatch, " nomatch")
	if s.Counters {
		r.out.f(" packets %d bytes %d", e.Packets, e.Bytes)
	}
	if e.Comment != "" {
		r.out.f(" comment \"%s\"", e.Comment)
	}
	if e.Mark != 0 || e.MarkMask != 0 {
		r.out.f(" skbmark 0x%x", e.Mark)
		if e.MarkMask != 1<<32-1 {
			r.out.f("/0x%x", e.MarkMask)
		}
	}
	if e.Prio != 0 {
		r.out.f(" skbprio %x:%x", e.Prio>>16, e.Prio&0xffff)
	}
	if e.Queue != 0 {
		r.out.f(" skbqueue %d", e.Queue)
	}
}

// setLess is the order of -s: part by part, a shorter one first; of IPv4 networks that
// begin alike, the smaller first.
func setLess(a, b string) bool {
	x, xr, _ := strings.Cut(a, ",")
	y, yr, _ := strings.Cut(b, ",")
	xa, xn, _ := strings.Cut(x, "/")
	ya, yn, _ := strings.Cut(y, "/")
	switch {
	case x == y:
		return wordsLess(xr, yr)
	case xa != ya || xn == "" || yn == "" || strings.Contains(x, ":"):
		return wordsLess(x, y)
	}
	return len(xn) > len(yn) || len(xn) == len(yn) && xn > yn
}

func wordsLess(a, b string) bool {
	cut := func(r rune) bool { return r == '.' || r == ':' || r == '/' || r == ',' }
	x, y := strings.FieldsFunc(a, cut), strings.FieldsFunc(b, cut)
	for i := range x {
		if i == len(y) {
			return false
		}
		if x[i] != y[i] {
			return len(x[i]) < len(y[i]) || len(x[i]) == len(y[i]) && x[i] < y[i]
		}
	}
	return len(x) < len(y)
}

// setMemory is what the kernel says that a set takes: of hash types while no two
// elements share a bucket.
func setMemory(s *iptables.IPSet) int {
	elems := s.Elems()
	text := 0
	for _, e := range elems {
		if e.Comment != "" {
			text += len(e.Comment) + 17
		}
	}
	six := setFamily(s) == 6
	switch s.Type {
	case iptables.SetList:
		return 80 + len(elems)*(48+extensionSize(s, 0)) + text
	case iptables.SetBitmapIP:
		return 88 + (int(s.Slots())+63)/64*8 + int(s.Slots())*extensionSize(s, 0) + text
	case iptables.SetBitmapPort:
		return 72 + (int(s.Slots())+63)/64*8 + int(s.Slots())*extensionSize(s, 0) + text
	}
	base, elem := 216, 8
	switch s.Type {
	case iptables.SetHashIP:
		if elem = 4; six {
			base, elem = 224, 16
		}
	case iptables.SetHashIPPort:
		if six {
			base, elem = 232, 20
		}
	default:
		if base = 456; six {
			base, elem = 1240, 20
		}
	}
	base += 24 * (max(int(s.HashSize)>>10, 1) - 1)
	return base + len(elems)*(32+2*extensionSize(s, elem)) + text
}

// extensionSize is ip_set_elem_len: an element with what it may carry.
func extensionSize(s *iptables.IPSet, n int) int {
	add := func(on bool, size, align int) {
		if on {
			n = (n+align-1)/align*align + size
		}
	}
	add(s.Counters, 16, 8)
	add(s.Timeouts, 8, 8)
	add(s.Comments, 8, 8)
	add(s.SkbInfo, 16, 4)
	return n
}

// destroy is ipset destroy: all of them or none.
func (r *setRun) destroy(a []string) {
	l := r.sets(a)
	for _, s := range l {
		if s.Refs() > 0 {
			r.refused("destroy", s, iptables.SetErrBusy)
		}
	}
	for _, s := range l {
		if e := r.x.DelSet(s); e != 0 {
			r.refused("destroy", s, e)
		}
	}
}

func (r *setRun) flush(a []string) {
	for _, s := range r.sets(a) {
		s.Flush()
	}
}

func (r *setRun) rename(a []string) {
	s := r.set(a[0])
	if e := r.x.Rename(s, r.setName(a[1])); e != 0 {
		r.refused("rename", s, e)
	}
}

func (r *setRun) swap(a []string) {
	s, t := r.set(a[0]), r.x.Set(r.setName(a[1]))
	if t == nil {
		r.fail("Sets cannot be swapped: the second set does not exist")
	}
	if e := r.x.Swap(s, t); e != 0 {
		r.refused("swap", s, e)
	}
}

// help is ipset help.
func (r *setRun) help(a []string) {
	l := strings.Split(ipsetHelp, "=== ")
	if len(a) == 0 {
		r.out.f("%s", l[0])
		return
	}
	common, _, _ := strings.Cut(l[0], "Supported set types:")
	k := setKindNamed(a[0])
	if k == nil {
		r.out.f("%s", strings.TrimSuffix(common, "\n"))
		r.wrong("Unknown settype: `%s'", a[0])
	}
	for _, t := range l[1:] {
		if name, text, _ := strings.Cut(t, "\n"); name == k.names[0] {
			r.out.f("%s%s", common, text)
			return
		}
	}
	r.notModelled("ipset type %s", k.names[0])
}
