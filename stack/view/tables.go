package view

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// maxRows is how many rows a Table has at most.
const maxRows = 12

// tablesState is what a Session keeps for the tables.
type tablesState struct {
	objs   []*chunkObjects
	conf   *stack.Config
	confAt int // frames that were indexed when conf was read
}

// config is how the host is set up, nil if the walk does not tell.
func (s *Session) config() *stack.Config {
	if s.lab != nil {
		return s.lab.Config(s.hostNow(), s.eventNow())
	}
	if s.tab.conf == nil || s.tab.confAt != s.k.Indexed() {
		h, ok := s.k.Names().(interface{ Config() stack.Config })
		if !ok {
			return nil
		}
		c := h.Config()
		s.tab.conf, s.tab.confAt = &c, s.k.Indexed()
	}
	return s.tab.conf
}

// A tabler makes the Tables of one step: the state as this step leaves it.
type tabler struct {
	*builder
	st   State
	made map[StateKey]uint64 // what the step itself wrote
	hand []uint32            // what the step is about, nearest first
}

// tables fills sc.Tables.
func (b *builder) tables() {
	b.rewrite()
	t := b.tabler()
	b.sc.Tables = []Table{t.sockets(), t.tcp(), t.counters(), t.neighbours(), t.routes(), t.rings(), t.softirq(), t.queues()}
	if d, ok := t.decision(); ok {
		b.sc.Tables = append([]Table{d}, b.sc.Tables...)
	}
	if ct := t.conntrack(); len(ct.Rows) > 0 || b.sc.Layer == step.Netfilter.String() {
		b.sc.Tables = append(b.sc.Tables, ct)
	}
	for i := range b.sc.Tables {
		tb := &b.sc.Tables[i]
		if len(tb.Rows) > maxRows {
			tb.Rows = tb.Rows[:maxRows]
		}
		if len(tb.Rows) > 0 {
			tb.Empty = ""
		}
	}
}

func (b *builder) tabler() *tabler {
	t := &tabler{builder: b, st: b.stateAt(), made: map[StateKey]uint64{}}
	t.hand = b.owners(t.st, b.objects())
	b.log.Set(b.e, func(c *trace.Change) { t.made[StateKey{Obj: c.Obj, Key: c.Key}] = c.New })
	return t
}

// get is a field's value, and whether this step wrote it.
func (t *tabler) get(id uint32, k step.Kind, i int) (uint64, bool) {
	key := StateKey{Obj: id, Key: step.KeyOf(k, i)}
	if v, ok := t.made[key]; ok {
		return v, true
	}
	return t.st[key], false
}

func (t *tabler) val(id uint32, k step.Kind, i int) uint64 {
	v, _ := t.get(id, k, i)
	return v
}

// addr is an address field.
func (t *tabler) addr(id uint32, k step.Kind, i int) wire.Addr {
	return wire.Addr{Hi: t.val(id, k, i), Lo: t.val(id, k, i+1)}
}

// cell is a field as its format has it.
func (t *tabler) cell(id uint32, k step.Kind, i int) TCell {
	v, made := t.get(id, k, i)
	f := step.Fields(k)[i]
	return TCell{Text: t.format(f.Fmt, v), Field: f.Name, Obj: id, New: made}
}

// with is a cell of a field with another text.
func (t *tabler) with(text string, id uint32, k step.Kind, i int) TCell {
	c := t.cell(id, k, i)
	c.Text = Clean(text)
	return c
}

// full is a cell "3/256" with a bar.
func (t *tabler) full(v, most uint64, id uint32, k step.Kind, i int) TCell {
	c := t.cell(id, k, i)
	c.Text = strconv.FormatUint(v, 10)
	if most > 0 {
		c.Text += "/" + strconv.FormatUint(most, 10)
		c.Bar = 1 + int(min(100*v/most, 100))
		if v > 0 && c.Bar == 1 {
			c.Bar = 2
		}
	}
	return c
}

func text(s string) TCell { return TCell{Text: Clean(s)} }

// first is the object of a kind that the step is about, 0 if there is none.
func (t *tabler) first(k step.Kind) uint32 {
	for _, id := range t.hand {
		if t.builder.kindOf(t.st, id) == k && t.exists(id) {
			return id
		}
	}
	return 0
}

// exists reports whether an object is still there.
func (t *tabler) exists(id uint32) bool {
	o := t.objectsOf(t.log).byID[id]
	return o == nil || (o.gone == 0 || o.gone > t.story[t.n])
}

// handFirst puts the rows that the step is about at the top.
func handFirst(rows []TRow) []TRow {
	slices.SortStableFunc(rows, func(a, b TRow) int {
		switch {
		case a.Here && !b.Here:
			return -1
		case b.Here && !a.Here:
			return 1
		}
		return 0
	})
	return rows
}

func (t *tabler) neighbours() Table {
	tb := Table{Kind: "neighbours", Title: "neighbours", Tool: "ip neigh", Columns: []string{"address", "dev", "lladdr", "state", "probes", "waiting"},
		Empty: "no neighbour has been looked up yet"}
	here := t.first(step.KindNeigh)
	t.alive(step.KindNeigh, func(o *object) {
		const k = step.KindNeigh
		ll := t.cell(o.id, k, step.NeighLladdr)
		if t.val(o.id, k, step.NeighLladdr) == 0 {
			ll.Text = "-"
		}
		tb.Rows = append(tb.Rows, TRow{Here: o.id == here, Cells: []TCell{
			t.with(t.addr(o.id, k, step.NeighKey).String(), o.id, k, step.NeighKey), t.cell(o.id, k, step.NeighDev), ll,
			t.cell(o.id, k, step.NeighState), t.cell(o.id, k, step.NeighProbes), t.cell(o.id, k, step.NeighQueueLen)}})
	})
	handFirst(tb.Rows)
	return tb
}

// counters are those that moved since the beginning of this packet's story.
func (t *tabler) counters() Table {
	tb := Table{Kind: "counters", Title: "counters that moved", Tool: "nstat", Columns: []string{"counter", "moved", "value"},
		Empty: "no counter has moved since this packet came"}
	type moved struct {
		obj  uint32
		key  step.Key
		by   uint64
		here bool
		last int
	}
	var list []moved
	now := t.story[t.n] + 1
	for n := 0; n <= t.n; n++ {
		e := t.event(n)
		t.log.Set(e, func(c *trace.Change) {
			if c.Key.Kind() != step.KindNS || n < t.n && int(c.When) > now {
				return // an open call's doing, but later
			}
			i := slices.IndexFunc(list, func(m moved) bool { return m.key == c.Key && m.obj == c.Obj })
			if i < 0 {
				i = len(list)
				list = append(list, moved{obj: c.Obj, key: c.Key})
			}
			list[i].by += c.New - c.Old
			list[i].here = list[i].here || n == t.n
			list[i].last = n
		})
	}
	slices.SortStableFunc(list, func(a, b moved) int { return b.last - a.last })
	for _, m := range list[:min(len(list), maxRows)] {
		sk := StateKey{Obj: m.obj, Key: m.key}
		v, ok := t.made[sk]
		if !ok {
			v = t.st[sk]
		}
		tb.Rows = append(tb.Rows, TRow{Here: m.here, Cells: []TCell{
			{Text: m.key.Name(), Field: m.key.Name(), Obj: m.obj, New: m.here}, {Text: "+" + strconv.FormatUint(m.by, 10), New: m.here}, {Text: strconv.FormatUint(v, 10)}}})
	}
	return tb
}

func (t *tabler) rings() Table {
	tb := Table{Kind: "rings", Title: "descriptor rings", Tool: "ethtool -g, ethtool -S", Columns: []string{"ring", "in use", "next_to_clean", "next_to_use", "packets", "lost"},
		Empty: "no ring has been used yet"}
	const k = step.KindRing
	here := t.first(k)
	conf := t.config()
	t.alive(k, func(o *object) {
		name, size := "ring "+strconv.Itoa(int(o.id)), 0
		if conf != nil {
			for _, r := range conf.Rings {
				if r.ID == o.id {
					dir := "rx"
					if r.Tx {
						dir = "tx"
					}
					name, size = fmt.Sprintf("%s-%s-%d", t.names.DevName(r.Dev), dir, r.Queue), r.Size
				}
			}
		}
		tb.Rows = append(tb.Rows, TRow{Here: o.id == here, Cells: []TCell{text(name),
			t.full(t.val(o.id, k, step.RingPending), uint64(size), o.id, k, step.RingPending), t.cell(o.id, k, step.RingNextToClean), t.cell(o.id, k, step.RingNextToUse),
			t.cell(o.id, k, step.RingPackets), t.cell(o.id, k, step.RingDropped)}})
	})
	handFirst(tb.Rows)
	return tb
}

func (t *tabler) softirq() Table {
	tb := Table{Kind: "softirq", Title: "softirq of each CPU", Tool: "/proc/net/softnet_stat", Columns: []string{"cpu", "to poll", "budget", "processed", "time_squeeze", "dropped", "backlog", "GRO holds"},
		Empty: "no softirq has run yet"}
	const k = step.KindNAPI
	here := t.first(k)
	conf := t.config()
	t.alive(k, func(o *object) {
		name, budget, backlog := "?", uint64(0), uint64(0)
		if conf != nil {
			budget, backlog = uint64(conf.Budget), uint64(conf.Backlog)
			for _, c := range conf.CPUs {
				if c.ID == o.id {
					name = strconv.Itoa(c.CPU)
				}
			}
		}
		left := t.full(t.val(o.id, k, step.NAPIBudget), budget, o.id, k, step.NAPIBudget)
		if t.val(o.id, k, step.NAPIScheduled) == 0 && t.val(o.id, k, step.NAPIBudget) == 0 {
			left = text("idle")
		}
		tb.Rows = append(tb.Rows, TRow{Here: o.id == here, Cells: []TCell{text(name), t.cell(o.id, k, step.NAPIScheduled), left,
			t.cell(o.id, k, step.NAPIProcessed), t.cell(o.id, k, step.NAPISqueeze), t.cell(o.id, k, step.NAPIDropped),
			t.full(t.val(o.id, k, step.NAPIBacklog), backlog, o.id, k, step.NAPIBacklog), t.cell(o.id, k, step.NAPIHeld)}})
	})
	handFirst(tb.Rows)
	return tb
}
