package view

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An object is something whose state a chunk shows: a socket, a ring.
type object struct {
	id    uint32
	kind  step.Kind
	first int // the event at which it was first seen
	event int // the first event that is about it, -1: none
	gone  int // from this event on it is no more; 0: it stays
	tuple *tuple
	host  uint8 // where it was first seen
}

// A tuple is the two ends of a connection, seen from this host.
type tuple struct {
	local, peer wire.Addr
	lport       uint16
	pport       uint16
	proto       uint8
}

// objects are those of one chunk, in the order in which they were seen.
type chunkObjects struct {
	log  *trace.Log
	n    int // changes when it was made
	list []*object
	byID map[uint32]*object

	lookups []lookup
}

// A lookup is a search for a packet's way that found a route.
type lookup struct {
	event int
	dst   wire.Addr
	took  took
}

// objectsOf lists a chunk's objects, packets apart. It is worked out once.
func (s *Session) objectsOf(l *trace.Log) *chunkObjects {
	for _, o := range s.tab.objs {
		if o.log == l && o.n == len(l.Changes) {
			return o
		}
	}
	o := &chunkObjects{log: l, n: len(l.Changes), byID: map[uint32]*object{}}
	for i := range l.Changes {
		ch := &l.Changes[i]
		k := ch.Key.Kind()
		if k == step.KindSKB || o.byID[ch.Obj] != nil {
			continue
		}
		ob := &object{id: ch.Obj, kind: k, first: max(0, int(ch.When)-1), event: -1}
		if n := int(ch.When) - 1; n >= 0 && n < len(l.Events) {
			ob.host = l.Events[n].Host
		}
		o.byID[ch.Obj] = ob
		o.list = append(o.list, ob)
	}
	aside := -1 // the depth of a call whose lookups are not about a packet's way
	for i := range l.Events {
		e := &l.Events[i]
		if e.Kind == trace.Call {
			if int(e.Depth) <= aside {
				aside = -1
			}
			if aside < 0 && notItsWay[step.Step(e.Code).String()] {
				aside = int(e.Depth)
			}
			if dst, r, ok := lookupResult(l, e); ok && aside < 0 {
				o.lookups = append(o.lookups, lookup{i, dst, r})
			}
		}
		ob := o.byID[e.Subject]
		if ob == nil {
			continue
		}
		if ob.event < 0 {
			ob.event = i
		}
		if e.Kind == trace.Call && step.Step(e.Code) == step.ReqskQueueDrop && ob.gone == 0 {
			ob.gone = i + 1
		}
	}
	for _, g := range l.Gone {
		if ob := o.byID[g.Obj]; ob != nil {
			ob.gone = int(g.When)
		}
	}
	if len(s.tab.objs) >= 4 {
		s.tab.objs = slices.Delete(s.tab.objs, 0, 1)
	}
	s.tab.objs = append(s.tab.objs, o)
	return o
}

// alive calls f for each object of a kind that exists at the step.
func (b *builder) alive(k step.Kind, f func(*object)) {
	at := b.story[b.n]
	for _, o := range b.objectsOf(b.log).list {
		if o.kind == k && o.first <= at && (b.lab == nil || o.host == b.e.Host || k == step.KindNAPI) && (o.gone == 0 || o.gone > at) {
			f(o)
		}
	}
}

// ends are the two ends of a half-open connection or of one in TIME_WAIT: those
// of the packet by which it came to be.
func (b *builder) ends(o *object) *tuple {
	if o.tuple != nil {
		return o.tuple
	}
	o.tuple = &tuple{}
	if o.event < 0 {
		return o.tuple
	}
	e := &b.log.Events[o.event]
	pkt := int(e.Pkt)
	if pkt == 0 || pkt > b.k.Indexed() {
		pkt = int(e.Parent)
	}
	if pkt == 0 || pkt > b.k.Indexed() {
		return o.tuple
	}
	if f, err := b.k.Frame(pkt - 1); err == nil {
		t := tupleOf(f.Data, wire.LinkKind(f.Link))
		if b.k.Packet(pkt-1).Landmarks&MarkOut == 0 {
			t.local, t.peer, t.lport, t.pport = t.peer, t.local, t.pport, t.lport
		}
		*o.tuple = t
	}
	return o.tuple
}

// tupleOf reads addresses and ports of a frame; local is its source.
func tupleOf(raw []byte, link wire.LinkKind) (t tuple) {
	for _, h := range wire.Layout(raw, link) {
		p := raw[h.From:h.To]
		switch {
		case h.Kind == wire.HdrIPv4 && len(p) >= 20 && t.proto == 0:
			ip := wire.IPv4(p)
			t.local, t.peer, t.proto = ip.Src().Addr(), ip.Dst().Addr(), p[9]
		case h.Kind == wire.HdrIPv6 && len(p) >= 40 && t.proto == 0:
			ip := wire.IPv6(p)
			t.local, t.peer, t.proto = ip.Src(), ip.Dst(), p[6]
		case (h.Kind == wire.HdrTCP || h.Kind == wire.HdrUDP) && len(p) >= 4 && t.pport == 0:
			t.lport, t.pport = uint16(p[0])<<8|uint16(p[1]), uint16(p[2])<<8|uint16(p[3])
		}
	}
	return t
}
