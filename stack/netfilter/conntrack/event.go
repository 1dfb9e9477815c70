package conntrack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Events are IPCT_*: what listeners have not been told yet.
type Events uint16

// The bits of Events.
const (
	EventNew Events = 1 << iota
	EventRelated
	EventDestroy
	EventReply
	EventAssured
	EventProtoInfo
	EventHelper
	EventMark
	EventSeqAdj
	EventSecmark
	EventLabel
	EventSynproxy
)

// cache is nf_conntrack_event_cache: to be told when the packet is confirmed.
func (c *Conn) cache(e Events) { c.events |= e }

// A Listener is told what happens to connections (ctnetlink): lab's
// `conntrack -E`.
type Listener interface {
	ConntrackEvent(ns *core.Netns, c *Conn, e Events)
}

// tell is nf_conntrack_eventmask_report with what a reader sees of it.
func (t *Table) tell(c *Conn, e Events) {
	if t.ns.Sysctl.CT.Events == 0 {
		return
	}
	if c.ecache && (c.ext == nil || c.ext.events == 0 || c.ext.events&e != 0) {
		for _, l := range t.listeners {
			l.ConntrackEvent(t.ns, c, e)
		}
	}
	if !t.ns.Listening() {
		return
	}
	why := step.WhyCTUpdate
	switch {
	case e&EventDestroy != 0:
		why = step.WhyCTDestroy
	case e&(EventNew|EventRelated) != 0:
		why = step.WhyCTNewEvent
	}
	o, st := c.Tuple(Original), uint64(c.protoState())
	if c.Proto() != 6 && st == 0 || e&(EventProtoInfo|EventDestroy) == 0 {
		st = 32 // no states, or nothing new about them (ctnetlink_conntrack_event)
	}
	t.ns.Note(c, why, uint64(c.Proto()), o.Src.Hi, o.Src.Lo, uint64(o.Sport), o.Dst.Hi, o.Dst.Lo, uint64(o.Dport), st, uint64(c.Expires()))
}

// deliver is nf_ct_deliver_cached_events.
func (t *Table) deliver(c *Conn) {
	e := c.events
	if e == 0 {
		return
	}
	c.events = 0
	if c.Status&(Confirmed|Dying) != Confirmed {
		return
	}
	t.tell(c, e)
}

// AddListener has l told of every event from now on. With nf_conntrack_events 2
// (the default) that holds for connections that begin from now on only, as
// nf_ct_ecache_ext_add has it.
func (t *Table) AddListener(l Listener) { t.listeners = append(t.listeners, l) }

// RemoveListener takes l off.
func (t *Table) RemoveListener(l Listener) {
	for i := range t.listeners {
		if t.listeners[i] == l {
			t.listeners = append(t.listeners[:i:i], t.listeners[i+1:]...)
			return
		}
	}
}
