package stack

import (
	"reflect"
	"slices"
	"unsafe"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A Held is a buffer that waits somewhere, and the sentence that says where; 0
// if it is not in a queue that has a name.
type Held struct {
	SKB   *core.SKB
	Where step.Why
}

// places are the queues of the model, by the field that holds them.
var places = map[string]step.Why{
	"device.rxDesc.b":           step.WhyInRxRing,
	"device.txItem.b":           step.WhyInTxRing,
	"device.txItem.segs":        step.WhyInTxRing,
	"device.txDone.b":           step.WhyInTxRing,
	"device.TunFile.ring":       step.WhyInTun,
	"core.gro.bucket":           step.WhyInGRO,
	"core.gro.list":             step.WhyInGRO,
	"core.Softnet.inputQueue":   step.WhyInBacklog,
	"core.Softnet.processQueue": step.WhyInBacklog,
	"core.Neighbour.Queue":      step.WhyInNeigh,
	"sched.PfifoFast.band":      step.WhyInQdisc,
	"sched.Fifo.q":              step.WhyInQdisc,
	"sched.item.b":              step.WhyInQdisc,
	"core.QdiscRun.again":       step.WhyInQdisc,
	"core.QdiscRun.other":       step.WhyInQdisc,
	"sched.qdisc.peeked":        step.WhyInQdisc,
	"sched.Htb.direct":          step.WhyInQdisc,
	"sched.Codel.q":             step.WhyInQdisc,
	"sched.fqCodelFlow.q":       step.WhyInQdisc,
	"core.Sock.RcvQueue":        step.WhyInReceiveQueue,
	"core.Sock.ErrQueue":        step.WhyInErrorQueue,
	"core.Sock.Backlog":         step.WhyInSockBacklog,
	"tcp.Sock.write":            step.WhyInWriteQueue,
	"tcp.Sock.rtx":              step.WhyInRtxQueue,
	"tcp.Sock.ooo":              step.WhyInOfoQueue,
	"inet.fragRun.skbs":         step.WhyInFragQueue,
	"stack.heldPacket.b":        step.WhyInGate,
}

// Held lists the buffers that wait in the world, in order of their numbers. It
// looks everywhere, as Fork does.
func (w *World) Held() []Held {
	h := holders{seen: map[visit]bool{}, at: map[*core.SKB]step.Why{}, leads: map[reflect.Type][]lead{}}
	h.look(reflect.ValueOf(w), 0)
	list := make([]Held, 0, len(h.at))
	for b, where := range h.at {
		list = append(list, Held{b, where})
	}
	slices.SortFunc(list, func(a, b Held) int { return int(a.SKB.ID) - int(b.SKB.ID) })
	return list
}

// TellHeld ends the story of what still waits when a lab has ended.
func (w *World) TellHeld() { w.tellHeld() }

// tellHeld ends the story of what still waits when nothing more will happen:
// the packets of these buffers are queued.
func (w *World) tellHeld() {
	t := w.Trace
	if t == nil || t.Mode == trace.Silent {
		return
	}
	for _, h := range w.Held() {
		if h.Where != 0 {
			t.End(h.SKB, trace.Queued, 0, 0, h.Where)
		}
	}
}

// A visit is memory that has been looked at, as a type.
type visit struct {
	at unsafe.Pointer
	t  reflect.Type
	n  int
}

// A lead is a field of a struct that may lead to buffers.
type lead struct {
	field int
	where step.Why
}

type holders struct {
	seen  map[visit]bool
	at    map[*core.SKB]step.Why
	leads map[reflect.Type][]lead
}

var (
	skbType     = reflect.TypeFor[core.SKB]()
	skbListType = reflect.TypeFor[core.SKBList]()
)

// look finds all buffers that v leads to. where is the queue that v is part of.
func (h *holders) look(v reflect.Value, where step.Why) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || v.Type().Elem().Size() == 0 {
			return
		}
		if v.Type().Elem() == skbType {
			h.buffer(v, where)
			return
		}
		k := visit{v.UnsafePointer(), v.Type().Elem(), -1}
		if !h.seen[k] {
			h.seen[k] = true
			h.look(v.Elem(), where)
		}
	case reflect.Slice:
		if v.Len() == 0 || plain(v.Type().Elem()) {
			return
		}
		k := visit{v.UnsafePointer(), v.Type().Elem(), v.Len()}
		if h.seen[k] {
			return
		}
		h.seen[k] = true
		fallthrough
	case reflect.Array:
		if plain(v.Type().Elem()) {
			return
		}
		for i := range v.Len() {
			h.look(v.Index(i), where)
		}
	case reflect.Interface:
		if !v.IsNil() {
			h.look(v.Elem(), where)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			h.look(it.Key(), where)
			h.look(it.Value(), where)
		}
	case reflect.Struct:
		h.fields(v, where)
	}
}

func (h *holders) fields(v reflect.Value, where step.Why) {
	t := v.Type()
	leads, ok := h.leads[t]
	if !ok {
		for i := range t.NumField() {
			if f := t.Field(i); !plain(f.Type) && f.Tag.Get("fork") == "" {
				leads = append(leads, lead{i, places[t.String()+"."+f.Name]})
			}
		}
		h.leads[t] = leads
	}
	for _, l := range leads {
		in := l.where
		if t == skbListType {
			in = where
		}
		h.look(v.Field(l.field), in)
	}
}

// buffer notes a buffer, its successors in the list, and its parts.
func (h *holders) buffer(v reflect.Value, where step.Why) {
	for !v.IsNil() {
		b := (*core.SKB)(v.UnsafePointer())
		if b.Freed() {
			return // only a hint still points here
		}
		old, again := h.at[b]
		if again && (old != 0 || where == 0) {
			return
		}
		h.at[b] = where
		if !again {
			h.look(v.Elem().FieldByName("SK"), 0)
		}
		for _, p := range b.FragList {
			h.at[p] = where
		}
		if where == 0 {
			return
		}
		v = v.Elem().FieldByName("next")
	}
}

// plain reports whether values of a type lead nowhere.
func plain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Interface, reflect.Slice:
		return false
	case reflect.Array:
		return plain(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if !plain(t.Field(i).Type) {
				return false
			}
		}
	}
	return true
}
