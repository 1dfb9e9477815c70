package walk

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// An item is one thing that happens in a lab.
type item struct {
	brief
	kind        ItemKind
	ends        bool
	line        int // of the script: begun last when it happens
	first, last int // ticks
	bytes       []byte
	host        uint8 // where it begins
	code        step.Step
	pkt         uint32
	raw         bool // the frame begins with the IP header
}

// Advance runs the lab until n more things have happened, or it ends.
func (k *Lab) Advance(n int) (done bool, err error) {
	for want := k.Len() + n; k.Len() < want && !k.done && !k.now.stuck(); {
		k.tick()
	}
	if k.done && k.now != nil {
		k.finish()
	}
	return k.done, nil
}

// tick runs one tick and takes what has happened in it.
func (k *Lab) tick() {
	if k.recent() {
		k.keepRecent()
	}
	r := k.now
	k.ticks = append(k.ticks, k.total())
	ended := r.tick()
	k.rounds = append(k.rounds, r.gone+r.rounded)
	k.out = append(k.out, r.prints...)
	r.prints = r.prints[:0]
	k.take()
	k.looks(r)
	k.done = ended || !k.recent() && (len(k.items) >= maxItems || len(k.whose) >= maxEvents)
	k.cut = k.done && !ended
}

// total is how many events the index has seen.
func (k *Lab) total() int {
	if k.now == nil {
		return k.ticks[len(k.ticks)-1]
	}
	return k.now.gone + len(k.now.t.Log.Events)
}

// take sorts the events of the tick that has just run.
func (k *Lab) take() {
	r := k.now
	log := &r.t.Log
	tick := k.tickLen() - 1
	whose := k.sort(log.Events[r.drained:], tick, r.rounded-r.drained)
	keep := k.kept == tick && len(log.Events) <= keepEvents && !k.heavy(log)
	k.whose = append(k.whose, whose...)
	for i := r.drained; i < len(log.Events); i++ {
		e, n := &log.Events[i], whose[i-r.drained]
		k.note(log, e, int(n), tick)
		if keep {
			k.whole.story[int(n)] = append(k.whole.story[int(n)], i)
		}
	}
	for _, e := range r.t.Ends {
		k.ended(&e)
	}
	r.t.Ends = r.t.Ends[:0]
	r.drained = len(log.Events)
	if keep {
		k.kept = tick + 1
		k.whole.To = k.Len()
		k.whole.Log, k.whole.frameOf = *log, k.whose
		return
	}
	if r.gone == 0 {
		r.gone = len(log.Events)
		r.t.Log = trace.Log{} // that one is the whole's now
		k.begin()
		return
	}
	k.late.follow(k, whose, log)
	if len(log.Events) > k.stretchLen() || k.heavy(log) {
		r.gone += len(log.Events)
		r.t.Log = trace.Log{}
		k.begin()
	}
}

// sort says for each event of a tick which item it belongs to, makes the items
// that are new, and gives the packets the numbers of their items. What is of no
// packet belongs to the packet that comes next in the same call from outside,
// or else to the one before, or else to itself.
func (k *Lab) sort(events []trace.Event, tick, round int) []int32 {
	whose := make([]int32, len(events))
	from, last := 0, int32(-1)
	close := func(to int) {
		if from >= to {
			return
		}
		if last < 0 {
			last = k.aside(&events[from], tick, from < round)
		}
		for i := from; i < to; i++ {
			whose[i] = last
		}
		from = to
	}
	for i := range events {
		e := &events[i]
		if e.Depth == 0 && (e.Kind == trace.Call || e.Kind == trace.Note) {
			close(i)
			last = -1
		}
		if e.Pkt == 0 {
			continue
		}
		at, ok := k.of[e.Pkt]
		if !ok {
			at = k.add(e, tick, e.Pkt)
			k.of[e.Pkt] = at
		}
		n := int32(at)
		if last < 0 { // what led to it
			for ; from < i; from++ {
				whose[from] = n
			}
		} else {
			close(i)
		}
		last, whose[i], from = n, n, i+1
	}
	close(len(events))
	for i := range events {
		number(&events[i], k.of)
	}
	return whose
}

// aside is the item of events that concern no packet: what the script's command
// does itself belongs to its line, unless it is a system call of a program.
func (k *Lab) aside(e *trace.Event, tick int, inRound bool) int32 {
	if inRound && k.script1 > 0 && e.Kind == trace.Call {
		if l := step.Step(e.Code).Info().Layer; l != step.App && l != step.Socket {
			return int32(k.script1 - 1)
		}
	}
	return int32(k.add(e, tick, 0))
}

// number gives the packets of an event the numbers of their items.
func number(e *trace.Event, of map[uint32]int) {
	if e.Pkt != 0 {
		e.Pkt = uint32(of[e.Pkt] + 1)
	}
	if e.Parent != 0 {
		if n, ok := of[e.Parent]; ok {
			e.Parent = uint32(n + 1)
		} else {
			e.Parent = 0
		}
	}
}

// add makes an item that begins with an event.
func (k *Lab) add(e *trace.Event, tick int, pkt uint32) int {
	it := &item{first: tick, last: tick, host: e.Host, pkt: pkt, line: k.now.line}
	it.at = int64(e.At)
	switch {
	case pkt != 0:
		it.landmarks = MarkOut
	case e.Kind == trace.Note && (e.Why == step.WhyScriptLine || e.Why == step.WhyScriptEnds):
		it.kind, it.ends = ItemLine, e.Why == step.WhyScriptEnds
		k.script1 = k.Len() + 1
		it.outcome = trace.Consumed
	default:
		it.kind, it.outcome = ItemWork, trace.Consumed
		if e.Kind == trace.Call {
			it.code = step.Step(e.Code)
			it.fn = it.code
			if l := it.code.Info().Layer; l == step.App || l == step.Socket {
				it.kind = ItemCall
			}
		}
	}
	k.items = append(k.items, it)
	return k.Len() - 1
}

// note keeps what the index tells of an event.
func (k *Lab) note(log *trace.Log, e *trace.Event, n, tick int) {
	it := k.item(n)
	it.last = tick
	switch e.Kind {
	case trace.Note:
		if a := log.WhyArgs(e); e.Why == step.WhyScriptLine && len(a) > 0 {
			it.line = int(a[0])
		}
	case trace.Point:
		it.landmarks |= uint16(landmarks(1 << e.Code))
	case trace.Frame:
		b := log.Bytes(e)
		if it.bytes == nil && it.kind == ItemPacket && int(e.Pkt) == n+1 {
			keep := len(b)
			if k.held > 64<<20 {
				keep = min(keep, 96)
			}
			it.len = uint32(len(b))
			it.bytes = append([]byte{}, b[:keep]...)
			if it.raw = k.rawIP(b); it.raw {
				it.flow = flowOfRaw(b)
			} else {
				it.flow = flowOf(b)
			}
			k.held += keep
		}
	case trace.End:
		if e.Lost() {
			it.landmarks |= MarkDrop
		}
		if trace.Outcome(e.Code) == trace.NotModelled {
			it.landmarks |= MarkNotModelled
		}
	}
}

// ended credits a packet's end to its item.
func (k *Lab) ended(e *trace.EndRec) {
	n, ok := k.of[e.Pkt]
	if !ok {
		return
	}
	it := k.item(n)
	if trace.Outranks(e.Outcome, it.outcome) || it.outcome == trace.NoOutcome {
		it.outcome, it.reason, it.fn = e.Outcome, e.Reason, e.Fn
	}
	id, known := k.paths[e.Path]
	if !known {
		if len(k.pathN) >= 1<<16 {
			return
		}
		id = uint16(len(k.pathN))
		k.paths[e.Path] = id
		k.pathN = append(k.pathN, &PathInfo{First: n})
	}
	it.path = id
	k.pathN[id].Count++
}

// looks keeps what the final state of the world would not tell: names of
// devices and hosts, and how rules read.
func (k *Lab) looks(r *labRun) {
	hosts, names := r.lab.Hosts()
	for i, h := range hosts {
		k.names.see(h, names[i])
		k.rules = rulesOf(k.rules, h, k.total())
	}
	if k.script1 != k.confAt {
		k.confAt = k.script1
		for _, h := range hosts {
			k.configOf(h)
		}
	}
}

// finish ends the run that made the index.
func (k *Lab) finish() {
	r := k.now
	for n := range 256 {
		if h := k.names.seen[uint8(n)]; h != nil {
			k.counts = append(k.counts, HostCounters{uint8(n), k.names.hosts[uint8(n)], h.NS.MIB})
		}
	}
	k.names.seen = nil
	if !k.recent() {
		k.late, k.early = nil, nil
	}
	switch {
	case r.run != nil:
		k.status, k.err = r.run.Status()
	case r.drill != nil && r.result() != nil:
		k.status = 1
	}
	k.ticks, k.rounds = append(k.ticks, k.total()), append(k.rounds, k.total())
	r.close()
	k.now = nil
}

// flowOf is a number that both directions of a conversation share.
func flowOf(b []byte) uint32 {
	if len(b) < 34 {
		return 0
	}
	mix := func(h uint64, b []byte) uint64 {
		for _, c := range b {
			h = (h ^ uint64(c)) * 1099511628211
		}
		return h ^ h>>29
	}
	const seed = 14695981039346656037
	at := 14
	typ := int(b[12])<<8 | int(b[13])
	if typ == 0x8100 && len(b) >= 38 {
		typ, at = int(b[16])<<8|int(b[17]), 18
	}
	var src, dst, ports []byte
	var proto byte
	switch {
	case typ == 0x0800 && len(b) >= at+20:
		src, dst, proto = b[at+12:at+16], b[at+16:at+20], b[at+9]
		if l := at + int(b[at]&15)*4; len(b) >= l+4 && b[at+6]&0x1f == 0 && b[at+7] == 0 {
			ports = b[l : l+4]
		}
	case typ == 0x86dd && len(b) >= at+40:
		src, dst, proto = b[at+8:at+24], b[at+24:at+40], b[at+6]
		if len(b) >= at+44 {
			ports = b[at+40 : at+44]
		}
	case typ == 0x0806 && len(b) >= at+28:
		src, dst = b[at+14:at+18], b[at+24:at+28]
	default:
		return 0
	}
	x, y := mix(seed, src), mix(seed, dst)
	if (proto == 6 || proto == 17) && ports != nil {
		x, y = mix(x, ports[:2]), mix(y, ports[2:])
	}
	h := x + y + uint64(proto)
	return uint32(h>>32) | 1
}
