package walk

import (
	"errors"
	"reflect"
	"sort"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/drill"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/live"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A Script is a lab: a shell script that builds a network and asks it
// questions.
type Script struct {
	Name, Text string
	Args       []string
	Seed       uint64
	Do         []Change      // what-ifs, in the order of time
	Live       *Inputs       // a machine with a way out, in place of a script; nil: none
	Drill      *drill.Config // Text is a packetdrill script; nil: of the shell
}

// A Lab is a script that is walked. What a Walk calls a frame is here one
// thing that happens: a line of the script, a packet in all the hosts that it
// comes to, a system call or a timer that concerns no packet. A lab is the same
// each time it runs: to look at what is kept no more, or at a moment as a
// whole, it runs again.
type Lab struct {
	script  Script
	now     *labRun // the run that makes the index
	items   []*item
	of      map[uint32]int // by the packet's number in the model: the item
	whose   []int32        // of every event, in order: the item
	ticks   []int          // how many events there were when each tick began
	rounds  []int          // and when processes had run in it
	out     []Output
	rules   []RuleSet
	confs   []hostConfig
	confAt  int // items when they were looked at last
	names   *LabNames
	paths   map[uint32]uint16
	pathN   []*PathInfo
	whole   *Chunk   // everything, up to keepEvents
	script1 int      // the item of the script's line, from 1
	kept    int      // ticks that whole holds
	late    *stretch // the end of the run, as long as it goes on
	early   *stretch // and what was before that
	cache   []*Chunk
	bases   map[*Chunk]int // the first event's number in the whole lab
	done    bool
	cut     bool // it did not come to its end: it is too long
	held    int  // bytes of frames that are kept
	status  int
	err     error
	counts  []HostCounters
	past    past // of a machine with a way out: what is forgotten
}

// keepEvents is how many events are kept; a longer lab is run again to look at
// what comes later.
const keepEvents = 400000

// What bounds the index of a lab that never ends.
const (
	maxItems  = 1 << 20
	maxEvents = 20e6
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

// An ItemKind is a kind of thing that happens in a lab.
type ItemKind uint8

// The kinds.
const (
	ItemPacket ItemKind = iota
	ItemLine            // the script comes to a line
	ItemCall            // a system call without a packet
	ItemWork            // the kernel's own work: a timer
)

// An Item is what a reader is told of one thing that happens.
type Item struct {
	Kind ItemKind
	Line int // of the script
	Host uint8
	Code step.Step // of a call: the function
	Ends bool      // of a line: the script has ended
}

// An Output is a piece of what the script has printed.
type Output struct {
	Event int // so many events there were
	Text  string
	Err   bool
}

// A HostCounters are the counters of a host at the end.
type HostCounters struct {
	Host uint8
	Name string
	MIB  [step.NumMIB]uint64
}

// OpenLab begins to walk a lab. The index is made by Advance.
func OpenLab(s Script) (k *Lab, err error) {
	k = &Lab{script: s, of: map[uint32]int{}, paths: map[uint32]uint16{}, bases: map[*Chunk]int{}}
	k.names = &LabNames{hosts: map[uint8]string{}, seen: map[uint8]*stack.Host{}, devs: map[[2]int]string{}}
	if k.now, err = newLabRun(&k.script); err != nil {
		return nil, err
	}
	k.now.mode(trace.Record)
	k.whole = &Chunk{story: map[int][]int{}, state: State{}}
	return k, nil
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

// Status is the script's exit status once it has ended, and the limit that
// stopped it.
func (k *Lab) Status() (int, error) { return k.status, k.err }

// Cut reports whether the walk ends before the lab does, because it is too long.
func (k *Lab) Cut() bool { return k.cut }

// Len is how many things have happened so far.
func (k *Lab) Len() int { return k.past.items + len(k.items) }

// Indexed is the same: what has happened is in the index.
func (k *Lab) Indexed() int { return k.Len() }

// Packet is the summary of an item.
func (k *Lab) Packet(i int) Summary { return k.item(i).summary() }

// Item tells what an item is.
func (k *Lab) Item(i int) Item {
	it := k.item(i)
	return Item{it.kind, it.line, it.host, it.code, it.ends}
}

// Frame is the packet of an item as it was on the first device; without bytes
// if it was on none.
func (k *Lab) Frame(i int) (pcaps.Frame, error) {
	if i < 0 || i >= k.Len() {
		return pcaps.Frame{}, errors.New("there is no such packet")
	}
	it := k.item(i)
	link := pcaps.LinkEthernet
	if it.raw {
		link = pcaps.LinkRaw
	}
	return pcaps.Frame{N: i + 1, At: it.at, Data: it.bytes, OrigLen: int(it.len), Link: link, Queue: -1}, nil
}

// Script is the script that is walked.
func (k *Lab) Script() Script {
	s := k.script
	if s.Live != nil {
		s.Name, s.Text = s.Live.Name, s.Live.text()
	}
	return s
}

// Output is what the script had printed when so many events had happened.
func (k *Lab) Output(events int) []Output {
	n := sort.Search(len(k.out), func(i int) bool { return k.out[i].Event > events })
	return k.out[:n]
}

// A hostConfig is how a host was set up from an event on.
type hostConfig struct {
	event int
	host  uint8
	conf  stack.Config
}

// configOf keeps how a host is set up, if that has changed.
func (k *Lab) configOf(h *stack.Host) {
	c := h.Config()
	for i := len(k.confs) - 1; i >= 0; i-- {
		if k.confs[i].host == h.NS.Host {
			if reflect.DeepEqual(c, k.confs[i].conf) {
				return
			}
			break
		}
	}
	k.confs = append(k.confs, hostConfig{k.total(), h.NS.Host, c})
}

// Config is how a host was set up when the script came to the line that runs
// after so many events; nil if that is not known.
func (k *Lab) Config(host uint8, events int) *stack.Config {
	for i := len(k.confs) - 1; i >= 0; i-- {
		if k.confs[i].host == host && k.confs[i].event <= events {
			return &k.confs[i].conf
		}
	}
	return nil
}

// Rules is what was set up at the hooks of a host when so many events had
// happened, nil if nothing.
func (k *Lab) Rules(host uint8, events int) *RuleSet { return rulesAt(k.rules, host, events) }

// Counters are those of each host at the end.
func (k *Lab) Counters() []HostCounters { return k.counts }

// Base is the number that a chunk's first event has in the whole lab.
func (k *Lab) Base(c *Chunk) int { return k.bases[c] }

// Names resolves the names of hosts and devices.
func (k *Lab) Names() *LabNames { return k.names }

// Paths lists the ways that packets took.
func (k *Lab) Paths() []*PathInfo { return k.pathN }

// Chunk returns the stretch that holds item i, recorded in full.
func (k *Lab) Chunk(i int) (*Chunk, error) {
	if i < k.past.items {
		return nil, ErrForgotten
	}
	if it := k.item(i); it.last < k.kept {
		return k.whole, nil
	}
	if c := k.latest(i); c != nil {
		return c, nil
	}
	for n, c := range k.cache {
		if i >= c.From && i < c.To {
			k.cache = append(append(k.cache[:n:n], k.cache[n+1:]...), c)
			return c, nil
		}
	}
	if !k.canRecord(i) {
		return nil, ErrForgotten
	}
	c, err := k.record(i)
	if err != nil {
		return nil, err
	}
	if len(k.cache) >= cacheChunks {
		delete(k.bases, k.cache[0])
		k.cache = k.cache[1:]
	}
	k.cache = append(k.cache, c)
	return c, nil
}

// record runs the lab again and records the items around i.
func (k *Lab) record(i int) (*Chunk, error) {
	from := max(i/chunkFrames*chunkFrames, k.past.items)
	for !k.canRecord(from) {
		from++
	}
	if from < k.whole.To && k.item(from).last < k.kept {
		from = min(i, k.whole.To)
	}
	c := &Chunk{From: from, To: min(i/chunkFrames*chunkFrames+chunkFrames, k.Len()), story: map[int][]int{}}
	first, last := k.item(from).first, 0
	for n := from; n < c.To; n++ {
		first, last = min(first, k.item(n).first), max(last, k.item(n).last)
	}
	for last > k.item(i).last && last < k.tickLen()-1 && k.began(last+1)-k.began(first) > keepEvents {
		last--
	}
	r, err := k.again(first)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.mode(trace.Count)
	for t := r.n; t <= last; t++ {
		if t == first {
			r.mode(trace.Record)
		}
		r.drained = len(r.t.Log.Events)
		ended := r.tick()
		r.t.Ends = r.t.Ends[:0]
		if t >= first {
			k.place(c, &r.t.Log, r.drained, k.began(first))
		}
		if ended {
			break
		}
	}
	c.Log = r.t.Log
	c.state = State{}
	c.counters()
	k.bases[c] = k.began(first)
	return c, nil
}

// place takes the events of one tick of a run that is run again.
func (k *Lab) place(c *Chunk, log *trace.Log, from, base int) {
	for i := from; i < len(log.Events); i++ {
		e := &log.Events[i]
		number(e, k.of)
		w := int32(c.From - 1)
		if n := base + i - k.past.events; n >= 0 && n < len(k.whose) {
			w = k.whose[n]
		}
		c.frameOf = append(c.frameOf, w)
		if int(w) >= c.From && int(w) < c.To {
			c.story[int(w)] = append(c.story[int(w)], i)
		}
	}
}

// Stretch records the items from up to to, to excluded.
func (k *Lab) Stretch(from, _ int) (*Chunk, error) { return k.Chunk(from) }

// Find looks for the next place (or the one before, with back) that matches.
func (k *Lab) Find(from Cursor, back bool, m Match) (Cursor, bool, error) {
	d := 1
	if back {
		d = -1
	}
	for i := from.Frame; i >= k.past.items && i < k.Len(); i += d {
		it := k.item(i)
		if m.Landmarks != 0 && uint32(it.landmarks)&m.Landmarks == 0 || m.Flow != 0 && it.flow != m.Flow {
			continue
		}
		if m.Filter != nil && !m.Filter.Match(it.bytes, int(it.len)) {
			continue
		}
		if m.Landmarks == 0 && m.Step == 0 {
			if i == from.Frame {
				continue
			}
			return Cursor{i, 0}, true, nil
		}
		c, err := k.Chunk(i)
		if err != nil {
			return from, false, err
		}
		if at, ok := c.find(i, from, back, m); ok {
			return at, true, nil
		}
	}
	return from, false, nil
}

// find looks for an event in item i's story.
func (c *Chunk) find(i int, from Cursor, back bool, m Match) (Cursor, bool) {
	story := c.Story(i)
	for n := range story {
		j := n
		if back {
			j = len(story) - 1 - n
		}
		if i == from.Frame && (back && j >= from.Step || !back && j <= from.Step) {
			continue
		}
		if m.event(&c.Log.Events[story[j]]) {
			return Cursor{i, j}, true
		}
	}
	return from, false
}

// LastWrite finds who gave a field the value that it has at a place.
func (k *Lab) LastWrite(at Cursor, key StateKey) (Cursor, bool, error) {
	for i, n := at.Frame, 0; i >= 0 && n < maxLookBack; n++ {
		c, err := k.Chunk(i)
		if err != nil {
			return at, false, err
		}
		until := len(c.Log.Events)
		if story := c.Story(at.Frame); n == 0 && len(story) > 0 {
			until = story[min(at.Step, len(story)-1)] + 1
		}
		if w, ok := c.lastWrite(key, until); ok {
			return w, true, nil
		}
		i = c.From - 1
	}
	return at, false, nil
}

// A labRun is one run of a lab.
type labRun struct {
	lab     *lab.Lab
	run     *lab.Run
	t       *trace.Tracer
	script  *Script
	line    int // of the script, begun last
	prints  []Output
	printed int
	drained int // events of the log that have been taken
	rounded int // events of the log when processes had run
	gone    int // events that the log holds no more
	do      []Change
	told    bool
	n       int // ticks
	live    *live.Machine
	next    int // of its inputs
	drill   *drill.Runner
	next1   func() bool // lets it go on
	result  func() error
	stop    func()
	failed  bool // an event was not as the script says
}

// newLabRun makes the machine anew.
func newLabRun(s *Script) (*labRun, error) {
	if s.Live != nil {
		return newLiveRun(s)
	}
	if s.Drill != nil {
		return newDrillRun(s)
	}
	w := stack.NewWorld(s.Seed)
	r := &labRun{lab: lab.NewLab(w, w.AddHost("host")), t: &trace.Tracer{}, script: s, do: s.Do}
	w.SetTracer(r.t)
	r.lab.Stdout, r.lab.Stderr = &printer{r, false}, &printer{r, true}
	r.lab.Begun = r.begun
	r.run = r.lab.Start(s.Name, s.Text, s.Args...)
	return r, nil
}

// again makes the machine anew that has been made before, as it was at a tick or
// before that. The error is ErrForgotten.
func (k *Lab) again(tick int) (*labRun, error) {
	if r := k.fromMark(tick); r != nil {
		return r, nil
	}
	if k.past.ticks > 0 {
		return nil, ErrForgotten
	}
	r, err := newLabRun(&k.script)
	if err != nil && !errors.Is(err, ErrForgotten) {
		panic(err) // it could be made the first time
	}
	return r, err
}

// mode sets how much is recorded from now on.
func (r *labRun) mode(m trace.Mode) {
	if r.live != nil {
		r.live.Own(m)
		return
	}
	r.t.Mode = m
}

// begun is told of a command that the shell begins.
func (r *labRun) begun(name string, line int) {
	if name != r.script.Name || line == r.line {
		return
	}
	r.line = line
	r.t.Host = 0
	if r.t.Idle() {
		r.t.Note(nil, step.WhyScriptLine, uint64(line))
	}
}

// tick lets processes run, then the world. It reports whether the script has
// ended.
func (r *labRun) tick() (ended bool) {
	r.change(0)
	defer func() { r.n++ }()
	if r.live != nil {
		return r.tickLive()
	}
	if r.drill != nil {
		return r.tickDrill()
	}
	if r.run.Round() {
		r.rounded = len(r.t.Log.Events)
		if !r.told {
			r.told = true
			st, _ := r.run.Status()
			r.t.Host = 0
			r.t.Note(nil, step.WhyScriptEnds, uint64(st))
			r.lab.World.TellHeld()
		}
		return true
	}
	r.rounded = len(r.t.Log.Events)
	r.change(1)
	r.run.Pass()
	return false
}

func (r *labRun) close() {
	if r.live != nil {
		r.live.Close()
		return
	}
	if r.drill != nil {
		r.lab.World.SetTracer(nil)
		r.stop()
		return
	}
	r.lab.World.SetTracer(nil)
	r.run.Close()
}

// A printer takes what the script prints.
type printer struct {
	r   *labRun
	err bool
}

// maxPrinted is how much of the output is kept, in bytes.
const maxPrinted = 4 << 20

// Write keeps a piece of output.
func (p *printer) Write(b []byte) (int, error) {
	r := p.r
	if r.printed += len(b); r.printed < maxPrinted {
		r.prints = append(r.prints, Output{r.gone + len(r.t.Log.Events), string(b), p.err})
	}
	return len(b), nil
}

// LabNames are the names of a lab's hosts, and of their devices.
type LabNames struct {
	hosts map[uint8]string
	devs  map[[2]int]string
	seen  map[uint8]*stack.Host
	on    uint8
}

// see keeps a host's names.
func (n *LabNames) see(h *stack.Host, name string) {
	n.hosts[h.NS.Host] = name
	n.seen[h.NS.Host] = h
	for _, d := range h.NS.Devices {
		if d != nil {
			n.devs[[2]int{int(h.NS.Host), d.Index}] = d.Name
		}
	}
}

// OnHost are the same names, with devices of another host.
func (n *LabNames) OnHost(host uint8) step.Resolver {
	if host == n.on {
		return n
	}
	return &LabNames{n.hosts, n.devs, nil, host}
}

// DevName is the name of a device, empty if there is none.
func (n *LabNames) DevName(i int) string { return n.devs[[2]int{int(n.on), i}] }

// HostName is the name of a host by its number in traces.
func (n *LabNames) HostName(i uint8) string { return n.hosts[i] }

// Hosts is how many hosts there have been.
func (n *LabNames) Hosts() int { return len(n.hosts) }

// Text is an interned string.
func (n *LabNames) Text(i uint64) string { return step.Word(i) }

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

// Replay runs a lab again that has been indexed whole, and hands its events over
// tick by tick, with packets numbered as items are. take forgets them.
func (k *Lab) Replay(take func(*trace.Tracer) error) error {
	r, err := k.again(0)
	if err != nil {
		return err
	}
	defer r.close()
	r.mode(trace.Record)
	for ended := false; !ended; {
		ended = r.tick()
		for i := range r.t.Log.Events {
			number(&r.t.Log.Events[i], k.of)
		}
		for i := range r.t.Ends {
			r.t.Ends[i].Pkt = uint32(k.of[r.t.Ends[i].Pkt] + 1)
		}
		if err := take(r.t); err != nil {
			return err
		}
		r.t.Ends = r.t.Ends[:0]
		if len(r.t.Log.Events) == 0 {
			r.rounded = 0
		}
		if r.n >= k.tickLen() {
			break
		}
	}
	return nil
}

// HostList describes the hosts as they were set up last.
func (k *Lab) HostList() (list []HostInfo) {
	for i := range 256 {
		h := uint8(i)
		n := k.names.hosts[h]
		if n == "" {
			continue
		}
		x := HostInfo{Name: n}
		for j := len(k.confs) - 1; j >= 0; j-- {
			if c := &k.confs[j]; c.host == h && len(c.conf.Devices) > len(x.Devs) {
				x.Devs = nil
				for _, d := range c.conf.Devices {
					x.Devs = append(x.Devs, d.Name)
				}
			}
		}
		list = append(list, x)
	}
	return list
}

// A HostInfo is the name of a host, and those of its devices.
type HostInfo struct {
	Name string
	Devs []string
}
