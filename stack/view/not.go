package view

import (
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// notState is what a Session keeps for the stages that are not visited.
type notState struct{}

// known is what has been decided about the frame up to the step.
type known struct {
	handler *trace.Event // no IP: who gets it
	local   *trace.Event // it is for this host
	forward *trace.Event // it is passed on
	arp     *trace.Event // an ARP message is written
	end     *trace.Event
	endN    int
}

// localWhys say that a packet is for this host, forwardWhys that it is not.
var (
	localWhys   = map[step.Why]bool{step.WhyInputLocal: true, step.WhyInputBroadcast: true, step.WhyEarlyDemux: true, step.WhyIP6Joined: true, step.WhyIP6Local: true}
	forwardWhys = map[step.Why]bool{step.WhyForward: true, step.WhyForwardOnLink: true, step.WhyIP6Forward: true}
)

const (
	etherIPv4    = 0x0800
	etherIPv6    = 0x86dd
	rtnUnicast   = 1
	rtnLocal     = 2
	rtnMulticast = 5
)

// known reads what the events up to here say about the frame itself.
func (b *builder) known() (f known) {
	root := uint32(b.frame + 1)
	for n := 0; n <= b.n; n++ {
		e := b.event(n)
		if e.Pkt != root || b.elsewhere(n) {
			continue
		}
		switch {
		case e.Kind == trace.End:
			if f.end == nil || trace.Outranks(trace.Outcome(e.Code), trace.Outcome(f.end.Code)) {
				f.end, f.endN = e, n
			}
		case e.Kind != trace.Call:
		case e.Why == step.WhyNoHandler:
			f.handler = e
		case e.Why == step.WhyHandler:
			if a := b.log.WhyArgs(e); len(a) > 0 && a[0] != etherIPv4 && a[0] != etherIPv6 {
				f.handler = e
			}
		case f.local != nil || f.forward != nil: // later ones are about answers and errors
		case localWhys[e.Why]:
			f.local = e
		case forwardWhys[e.Why]:
			f.forward = e
		case e.Why == step.WhyIP6Route:
			switch a := b.log.WhyArgs(e); {
			case len(a) > 2 && (a[2] == rtnLocal || a[2] == rtnMulticast):
				f.local = e
			case len(a) > 2 && a[2] == rtnUnicast:
				f.forward = e
			}
		}
		if e.Kind == trace.Call && (step.Step(e.Code) == step.ArpXmit || step.Step(e.Code) == step.ArpSolicit) {
			f.arp = e
		}
	}
	return f
}

// not fills the Stages' Not: why this packet does not come there.
func (b *builder) not() {
	if b.lab != nil && b.lab.Item(b.frame).Kind != walk.ItemPacket {
		return // a line of the script, a call or a timer: there is no packet
	}
	var why [NumStages]string
	say := func(text string, ids ...StageID) {
		for _, id := range ids {
			if why[id] == "" {
				why[id] = text
			}
		}
	}
	reason := func(e *trace.Event) string { return Clean(report.Why(b.log, e, b.names)) }
	f := b.known()
	out := b.sends()
	switch {
	case f.handler != nil && !out:
		say(reason(f.handler), between(UpPre, UpApp)...)
		say(reason(f.handler), Forwarding)
	case out && !b.ours():
		// It came in before, as another packet, and is passed on.
	case f.forward != nil && !out:
		text := "It is passed on: " + reason(f.forward)
		say(text, between(UpLocalIn, UpApp)...)
		say("It comes from FORWARD: it is not this host's own.", between(DownApp, DownLocalOut)...)
	case f.local != nil && !out:
		say(reason(f.local), Forwarding)
	case out:
		say("This host sends it itself: it does not come up from the wire.", UpWire, UpGRO, UpTaps, UpPre, UpRoute, UpLocalIn, UpTransport, UpSocket, UpApp)
		say("This host sends the packet itself: there is nothing to pass on.", Forwarding)
	}
	if f.arp != nil {
		say("It is an ARP message: the kernel writes it itself, and it passes neither routing nor hooks.", between(DownApp, DownPost)...)
	}
	if f.end != nil {
		b.afterEnd(&f, reason, say)
	}
	for i := range b.sc.Stages {
		if s := &b.sc.Stages[i]; !s.Visited && i < len(why) {
			s.Not = why[i]
		}
	}
}

// sends reports whether this host sent the packet itself: of a lab, whether it
// did not come in by a device of the host where control is before it left by one.
func (b *builder) sends() bool {
	if b.lab == nil {
		return b.k.Packet(b.frame).Landmarks&MarkOut != 0
	}
	for n := range b.story {
		if e := b.event(n); e.Kind == trace.Frame && !b.elsewhere(n) {
			return e.Code != 0
		}
	}
	return true
}

// ours reports whether the frame's source is an address of this host, as far as
// the routes tell.
func (b *builder) ours() bool {
	conf := b.config()
	raw, err := b.k.Frame(b.frame)
	if conf == nil || err != nil {
		return true
	}
	src := tupleOf(raw.Data, wire.LinkKind(raw.Link)).local
	if src.IsZero() {
		return true
	}
	for i := range conf.Routes {
		if r := &conf.Routes[i]; r.Type == rtnLocal && r.Dst == src {
			return true
		}
	}
	return false
}

// afterEnd says that the frame's way was over before the places behind it.
func (b *builder) afterEnd(f *known, reason func(*trace.Event) string, say func(string, ...StageID)) {
	at := b.Session.stages[f.endN]
	text := ""
	switch o := trace.Outcome(f.end.Code); {
	case f.end.Lost():
		text = "It was dropped before: " + f.end.Reason.String() + "."
	case o == trace.Consumed || o == trace.Dropped:
		text = "Its work was done before"
		if f.end.Fn != 0 {
			text += ": in " + f.end.Fn.String()
		}
		text += "."
	case o == trace.NotModelled:
		text = "Not modelled from here on: " + reason(f.end)
	default:
		return
	}
	switch {
	case at.Up():
		say(text, between(at+1, UpApp)...)
		if at <= UpRoute {
			say(text, Forwarding)
		}
		b.answers(reason, say)
	case at == Forwarding:
		say(text, between(DownPost, DownWire)...)
	case at.Down():
		say(text, between(at+1, DownWire)...)
	}
}

// answers says why nothing went down, once the story is at its end.
func (b *builder) answers(reason func(*trace.Event) string, say func(string, ...StageID)) {
	if b.pos != len(b.stops)-1 {
		return
	}
	for n := b.n; n >= 0; n-- {
		if e := b.event(n); e.Why == step.WhyHeld {
			say("Its answer waits: "+reason(e), between(DownPost, DownWire)...)
			return
		}
	}
	for id := DownApp; id <= DownWire; id++ {
		if b.sc.Stages[id].Visited {
			return
		}
	}
	say("Up to here, nothing was sent because of it.", between(DownApp, DownWire)...)
}

// between lists the places from one to another.
func between(from, to StageID) (ids []StageID) {
	for id := from; id <= to; id++ {
		ids = append(ids, id)
	}
	return ids
}

// decisive is the event whose sentence says why the function at n ended a
// packet: its own, or where that only says that others decide (the routing
// tables), the last of those that it called.
func (b *builder) decisive(n int) *trace.Event {
	c := b.event(n)
	best := c
	if c.Why != step.WhyNoDemux {
		return c
	}
	for n++; n < len(b.story) && b.event(n).Depth > c.Depth; n++ {
		if e := b.event(n); e.Kind == trace.Call && e.Depth == c.Depth+1 && e.Why != 0 {
			best = e
		}
	}
	return best
}
