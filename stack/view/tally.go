package view

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A groupKey is what the packets of a group have in common.
type groupKey struct {
	proto   uint8 // index of protoNames
	out     bool
	outcome trace.Outcome
	reason  step.DropReason
	fn      step.Step // where it ended
	lab     bool      // of a lab: the packet is seen in all its hosts
}

// A groupCount is the packets of one group.
type groupCount struct {
	key          groupKey
	count, first int // first: from 0
}

// maxFlows is how many conversations are counted; more are "more than" so many.
const maxFlows = 1 << 16

// A tally counts what the index tells of all packets: it grows with the index,
// and each packet is looked at once while it grows and once when the index is
// whole, because what became of a packet may turn out late.
type tally struct {
	n       int // packets that are counted
	groups  []groupCount
	index   map[groupKey]int
	last    int // group of the packet before
	bytes   int64
	out     int
	lost    int
	along   int   // that are not lost themselves, but others were dropped on their way
	from    int64 // times of the first and the last packet, ns
	to      int64
	flows   map[uint32]struct{}
	lately  [256]uint32 // flows that were counted lately
	width   int         // packets in a bucket
	buckets []Bucket
	protos  []uint8 // of the paths, by their numbers; 0 is not known yet
	again   *tally  // the second look
}

// advance counts what has come to the index since; whole: it will not grow any
// more. It reports whether all is counted, after at most 16 packets for each of
// n.
func (t *tally) advance(s *Session, whole bool, n int) bool {
	if t.again == nil {
		t.take(s, s.k.Indexed())
		if !whole || s.oldest() > 0 {
			return whole
		}
		t.again = &tally{protos: t.protos}
	}
	t.again.take(s, min(s.k.Indexed(), t.again.n+max(16*n, 1<<15)))
	if t.again.n < s.k.Indexed() {
		return false
	}
	*t = *t.again
	s.glance = glanceState{ways: s.glance.ways}
	return true
}

// take counts the packets up to n.
func (t *tally) take(s *Session, n int) {
	for ; t.n < n; t.n++ {
		p := s.k.Packet(t.n)
		t.add(t.key(s, t.n, &p), &p)
	}
}

func (t *tally) add(k groupKey, p *Summary) {
	if t.index == nil {
		t.index, t.flows, t.width = map[groupKey]int{}, map[uint32]struct{}{}, 1
		t.from = p.At
	}
	if len(t.groups) == 0 || t.groups[t.last].key != k {
		i, ok := t.index[k]
		if !ok {
			i = len(t.groups)
			t.index[k] = i
			t.groups = append(t.groups, groupCount{k, 0, t.n})
		}
		t.last = i
	}
	t.groups[t.last].count++
	t.bytes += int64(p.Len)
	t.to = max(t.to, p.At)
	if k.out {
		t.out++
	}
	switch {
	case k.lost():
		t.lost++
	case k.aside() == 0 && p.Landmarks&MarkDrop != 0:
		t.along++
	}
	if l := &t.lately[p.Flow%256]; *l != p.Flow && len(t.flows) <= maxFlows {
		*l = p.Flow
		t.flows[p.Flow] = struct{}{}
	}
	t.bucket(p)
}

// lost reports whether packets of the group are lost.
func (k *groupKey) lost() bool { return k.outcome == trace.Dropped && !k.reason.NoLoss(k.fn) }

// key is the group that a packet belongs to, as far as is known.
func (t *tally) key(s *Session, i int, p *Summary) groupKey {
	if s.lab != nil {
		if k, ok := s.labKey(i); ok {
			return k
		}
	}
	k := groupKey{out: p.Landmarks&MarkOut != 0, outcome: p.Outcome, reason: p.Reason, fn: p.Fn, lab: s.lab != nil}
	if p.Outcome == trace.NoOutcome {
		return k
	}
	for int(p.Path) >= len(t.protos) {
		t.protos = append(t.protos, 0)
	}
	known := &t.protos[p.Path]
	if *known == 0 {
		*known = s.proto(i)
	}
	k.proto = *known
	return k
}

// protoNames are the protocols that groups are told apart by: those of the
// headers, from the outside in.
var protoNames = [...]string{"", "other", "IPv4", "IPv6", "ARP", "ICMP", "ICMPv6", "IGMP", "UDP", "TCP", "script", "system call", "kernel work"}

// proto is the innermost protocol of a frame that protoNames has.
func (s *Session) proto(i int) uint8 {
	f, err := s.k.Frame(i)
	if err != nil {
		return 1
	}
	best := uint8(1)
	for _, h := range wire.Layout(f.Data, wire.LinkKind(f.Link)) {
		for n, name := range protoNames {
			if n > int(best) && h.Name == name {
				best = uint8(n)
			}
		}
	}
	return best
}
