package view

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// maxObjects is how many objects are shown at a time.
const maxObjects = 4

// kinds are those whose state is shown, in the order of their names here.
var kinds = [...]step.Kind{step.KindSock, step.KindReq, step.KindTW, step.KindNeigh, step.KindFrag, step.KindRoute, step.KindRing, step.KindNAPI, step.KindQdisc, step.KindSKB}

var kindTitles = map[step.Kind]string{
	step.KindSKB: "packet buffer (sk_buff)", step.KindSock: "socket", step.KindNeigh: "neighbour", step.KindRing: "descriptor ring", step.KindNAPI: "softirq of this CPU",
	step.KindFrag: "reassembly queue", step.KindReq: "half-open connection", step.KindTW: "TIME_WAIT socket", step.KindRoute: "route exception", step.KindQdisc: "queue of the device",
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

// kindOf finds the kind of an object by its fields that are not zero: a field
// that never was, and one that is zero again, are the same to a reader.
func kindOf(st State, id uint32) step.Kind {
	for _, k := range kinds {
		for i := range step.Fields(k) {
			if st[StateKey{Obj: id, Key: step.KeyOf(k, i)}] != 0 {
				return k
			}
		}
	}
	return step.KindNone
}

// owners adds the sockets that buffers belong to.
func owners(st State, ids []uint32) []uint32 {
	for _, id := range ids {
		if sk := st[StateKey{Obj: id, Key: step.KeyOf(step.KindSKB, step.SKBSock)}]; sk != 0 {
			ids = append(ids, uint32(sk))
		}
	}
	return ids
}

// panels shows the objects of the step, at most one of a kind.
func (b *builder) panels() []Panel {
	st := b.stateAt()
	seen := map[step.Kind]bool{}
	look := kindByName(b.look)
	var list []Panel
	for _, id := range owners(st, b.objects()) {
		k := kindOf(st, id)
		if k == step.KindNone || seen[k] || look != step.KindNone && k != look {
			continue
		}
		if p := b.panel(st, k, id, k == look); len(p.Values) > 0 {
			list, seen[k] = append(list, p), true
		}
		if len(list) == maxObjects {
			break
		}
	}
	// Connections and neighbours teach more than buffers: those come first.
	for i := range list {
		if list[i].Kind == step.KindSKB.String() {
			p := list[i]
			copy(list[1:i+1], list[:i])
			list[0] = p
			list = append(list[1:], list[0])
			break
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
	for _, id := range owners(st, b.objects()) {
		k := kindOf(st, id)
		for i, f := range step.Fields(k) {
			if f.Name == name {
				return StateKey{Obj: id, Key: step.KeyOf(k, i)}, true
			}
		}
	}
	return StateKey{}, false
}
