package view

import (
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// maxObjects is how many objects are shown at a time.
const maxObjects = 4

// kinds are those whose state is shown; what teaches more comes first.
var kinds = [...]step.Kind{step.KindSock, step.KindReq, step.KindTW, step.KindCT, step.KindNeigh, step.KindFrag, step.KindRoute, step.KindQdisc, step.KindSKB, step.KindRing, step.KindNAPI}

var kindTitles = map[step.Kind]string{
	step.KindSKB: "packet buffer (sk_buff)", step.KindSock: "socket", step.KindNeigh: "neighbour", step.KindRing: "descriptor ring", step.KindNAPI: "softirq of this CPU",
	step.KindFrag: "reassembly queue", step.KindReq: "half-open connection", step.KindTW: "TIME_WAIT socket", step.KindRoute: "route exception", step.KindQdisc: "queue of the device", step.KindCT: "tracked connection (conntrack)",
}

func kindByName(name string) step.Kind {
	for _, k := range kinds {
		if k.String() == name {
			return k
		}
	}
	return step.KindNone
}

// objects are the ids of what the step is about, nearest first: its subject,
// those of the calls around it, and what the story touched before.
func (b *builder) objects() []uint32 {
	var ids []uint32
	add := func(id uint32) {
		if id == 0 || len(ids) >= 16 {
			return
		}
		for _, o := range ids {
			if o == id {
				return
			}
		}
		ids = append(ids, id)
	}
	add(b.e.Subject)
	depth := b.e.Depth
	for n := b.n - 1; n >= 0; n-- {
		if e := b.event(n); e.Depth < depth {
			add(e.Subject)
			depth = e.Depth
		}
	}
	for n := b.n - 1; n >= max(0, b.n-400) && len(ids) < 16; n-- {
		if e := b.event(n); e.Kind == trace.Call {
			add(e.Subject)
		}
	}
	return ids
}

// stateAt is the state when the step begins.
func (b *builder) stateAt() State { return b.chunk.StateAt(b.story[b.n]) }

// kindOf is the kind of an object that has a field that is not zero: a field
// that never was, and one that is zero again, are the same to a reader.
func (s *Session) kindOf(st State, id uint32) step.Kind {
	k, ok := s.kindsOf(s.chunk.Events())[id]
	if !ok || !slices.Contains(kinds[:], k) {
		return step.KindNone
	}
	for i := range step.Fields(k) {
		if st[StateKey{Obj: id, Key: step.KeyOf(k, i)}] != 0 {
			return k
		}
	}
	return step.KindNone
}

// kindsOf are the kinds of all objects of a chunk, worked out once for each.
func (s *Session) kindsOf(l *trace.Log) map[uint32]step.Kind {
	if s.kindLog == l && s.kindLen == len(l.Changes) {
		return s.kinds
	}
	s.kindLog, s.kindLen, s.kinds = l, len(l.Changes), map[uint32]step.Kind{}
	for i := range l.Changes {
		s.kinds[l.Changes[i].Obj] = l.Changes[i].Key.Kind()
	}
	return s.kinds
}

// owners adds the sockets that buffers belong to, and if there is none the one
// that the packet's conversation has shown last.
func (b *builder) owners(st State, ids []uint32) []uint32 {
	found := false
	for _, id := range ids {
		found = found || b.kindOf(st, id) == step.KindSock
		if sk := st[StateKey{Obj: id, Key: step.KeyOf(step.KindSKB, step.SKBSock)}]; sk != 0 {
			ids, found = append(ids, uint32(sk)), true
		}
	}
	if sk := uint32(0); !found {
		if sk = b.socketIn(st, b.story[b.n:]); sk == 0 {
			sk = b.socketBefore(st)
		}
		ids = append(ids, sk)
	}
	return ids
}

// socketIn is the first socket that is known by now among what events are about.
func (b *builder) socketIn(st State, story []int) uint32 {
	last := uint32(0)
	for _, n := range story {
		e := &b.log.Events[n]
		if e.Kind != trace.Call || e.Subject == last || e.Subject == 0 {
			continue
		}
		last = e.Subject
		if b.kindOf(st, last) == step.KindSock {
			return last
		}
	}
	return 0
}

// maxBefore is how many frames are looked through for a conversation's socket.
const maxBefore = 64

func (b *builder) socketBefore(st State) uint32 {
	flow := b.k.Packet(b.frame).Flow
	for i := b.frame - 1; i >= max(0, b.frame-maxBefore) && flow != 0; i-- {
		if b.k.Packet(i).Flow == flow {
			if sk := b.socketIn(st, b.chunk.Story(i)); sk != 0 {
				return sk
			}
		}
	}
	return 0
}

// panels shows the objects of the step, at most one of a kind: what the step is
// about first.
func (b *builder) panels() []Panel {
	st := b.stateAt()
	look := kindByName(b.look)
	own := step.KindNone
	var of [len(kinds)]Panel
	for _, id := range b.owners(st, b.objects()) {
		k := b.kindOf(st, id)
		if k == step.KindNone || look != step.KindNone && k != look {
			continue
		}
		if i := slices.Index(kinds[:], k); of[i].Kind == "" {
			if p := b.panel(st, k, id, k == look); len(p.Values) > 0 {
				of[i] = p
				if id == b.e.Subject {
					own = k
				}
			}
		}
	}
	switch b.sc.Lit {
	case UpTransport, UpSocket, UpApp, DownApp, DownSocket, DownTransport:
		if own == step.KindSKB {
			own = step.KindNone // the connection matters more
		}
	}
	var list []Panel
	if i := slices.Index(kinds[:], own); i >= 0 {
		list, of[i] = append(list, of[i]), Panel{}
	}
	for _, p := range of {
		if p.Kind != "" && len(list) < maxObjects {
			list = append(list, p)
		}
	}
	return list
}

// panel shows the fields that are not zero; all of them when it is looked at.
func (b *builder) panel(st State, k step.Kind, id uint32, all bool) Panel {
	p := Panel{Kind: k.String(), Title: kindTitles[k]}
	type change struct{ from, to uint64 }
	made := map[step.Key]change{}
	b.log.Set(b.e, func(c *trace.Change) {
		if c.Obj == id {
			from := c.Old
			if before, ok := made[c.Key]; ok {
				from = before.from
			}
			made[c.Key] = change{from, c.New}
		}
	})
	fs := step.Fields(k)
	for i := 0; i < len(fs); i++ {
		f, key := fs[i], step.KeyOf(k, i)
		if f.Name == "" {
			continue
		}
		v := st[StateKey{Obj: id, Key: key}]
		val := Value{Name: f.Name, What: f.What}
		if f.Fmt == step.IP {
			lo := st[StateKey{Obj: id, Key: key + 1}]
			if v == 0 && lo == 0 && !all {
				continue
			}
			val.Value = Clean(f.Fmt.Format(v, lo, b.names))
		} else {
			ch, changed := made[key]
			if v == 0 && !changed && !all {
				continue
			}
			val.Value = b.format(f.Fmt, v)
			if changed && ch.from != ch.to {
				val.Value, val.To = b.format(f.Fmt, ch.from), b.format(f.Fmt, ch.to)
			}
		}
		p.Values = append(p.Values, val)
	}
	return p
}

// valueNamed finds the field of a name among what the step is about.
func (s *Session) valueNamed(name string) (StateKey, bool) {
	name = strings.TrimSpace(name)
	if len(s.stops) == 0 || name == "" {
		return StateKey{}, false
	}
	b := &builder{Session: s, sc: &Scene{}, log: s.chunk.Events(), n: s.stops[s.pos]}
	b.e = b.event(b.n)
	found := StateKey{}
	b.log.Set(b.e, func(c *trace.Change) {
		if found.Obj == 0 && c.Key.Name() == name {
			found = StateKey{Obj: c.Obj, Key: c.Key}
		}
	})
	if found.Obj != 0 {
		return found, true
	}
	st := b.stateAt()
	for _, id := range b.owners(st, b.objects()) {
		k := b.kindOf(st, id)
		for i, f := range step.Fields(k) {
			if f.Name == name {
				return StateKey{Obj: id, Key: step.KeyOf(k, i)}, true
			}
		}
	}
	return StateKey{}, false
}
