package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// NewLabSession returns a Session at the beginning of a lab.
func NewLabSession(k *walk.Lab, title string) *Session {
	s := newSession(wholeLab{k}, title)
	s.lab = k
	if err := s.load(0); err != nil {
		s.notice = Clean(err.Error())
	}
	return s
}

// wholeLab is a walk.Lab.
type wholeLab struct{ *walk.Lab }

func (k wholeLab) Chunk(i int) (Chunk, error) {
	c, err := k.Lab.Chunk(i)
	if err != nil {
		return nil, err
	}
	return chunk{c}, nil
}

func (k wholeLab) Names() Names { return k.Lab.Names() }

// Findings tells what to know about the lab first.
func (k wholeLab) Findings() []string {
	s := k.Script()
	if s.Live != nil {
		list := []string{"This is a live run: a simulated machine with a real one at the other end of its cable."}
		if n := s.Live.Skipped(); n > 0 {
			list = append(list, fmt.Sprintf("The run was too long to be kept: its last %d frames and lines are not walked here.", n))
		}
		return k.ends(list)
	}
	list := []string{fmt.Sprintf("This is a lab: the script %s runs in virtual time, and what it sets off in every host is walked.", Clean(s.Name))}
	if s.Drill != nil {
		list[0] = fmt.Sprintf("This is a packetdrill script: the events of %s happen in virtual time, and what the kernel does with each is walked.", Clean(s.Name))
	}
	for _, c := range s.Do {
		list = append(list, fmt.Sprintf("What if: %s on %s.", Clean(c.Command), Clean(c.Host)))
	}
	if st, err := k.Status(); err != nil {
		list = append(list, Clean(err.Error()))
	} else if st != 0 {
		list = append(list, fmt.Sprintf("The script ends with status %d.", st))
	}
	return k.ends(list)
}

// ends tells when the walk ends before what is walked does.
func (k wholeLab) ends(list []string) []string {
	if k.Cut() {
		list = append(list, fmt.Sprintf("The walk holds the first %d things that happened, and no more: it goes on beyond them.", k.Len()))
	}
	return list
}

// A Host is one of a lab's hosts, as a packet's way shows them.
type Host struct {
	Name string `json:"name"`
	Here bool   `json:"here,omitempty"` // control is here
	Been bool   `json:"been,omitempty"` // the packet has been here by now
}

// A ScriptPage is where the script of a lab is.
type ScriptPage struct {
	Name   string       `json:"name"`
	Line   int          `json:"line"`             // that is running, from 1; 0 before the first
	Lines  []ScriptLine `json:"lines"`            // around it
	Output []ScriptOut  `json:"output,omitempty"` // printed so far: its last lines
	More   int          `json:"more,omitempty"`   // lines of output before those
	Ended  bool         `json:"ended,omitempty"`
}

// A ScriptLine is one line of a script.
type ScriptLine struct {
	N    int    `json:"n"`
	Text string `json:"text"`
	Here bool   `json:"here,omitempty"`
}

// A ScriptOut is one line that a script has printed.
type ScriptOut struct {
	Text string `json:"text"`
	Err  bool   `json:"err,omitempty"` // on standard error
	New  bool   `json:"new,omitempty"` // since the item before
}

// How much of a script a Scene carries.
const (
	scriptLines = 20 // before and behind
	scriptOuts  = 40
)

// labState is what a Session keeps of a lab.
type labState struct {
	lines []string // of the script
	outAt int      // events, of what out is
	outN  int
	out   []ScriptOut
	more  int
	cut   string // the last line, not ended
}

// eventNow is how many events of the whole lab had happened at the place.
func (s *Session) eventNow() int {
	c, ok := s.chunk.(chunk)
	if !ok || len(s.story) == 0 || len(s.stops) == 0 {
		return 0
	}
	return s.lab.Base(c.Chunk) + s.story[s.stops[s.pos]] + 1
}

// script tells where the script is.
func (b *builder) script() {
	if b.lab == nil || b.frame >= b.k.Indexed() {
		return
	}
	sc := b.lab.Script()
	st := &b.labs
	if st.lines == nil || sc.Live != nil {
		st.lines = strings.Split(strings.TrimRight(sc.Text, "\n"), "\n")
		for i, l := range st.lines {
			st.lines[i] = Clean(strings.ReplaceAll(l, "\t", "    "))
		}
	}
	it := b.lab.Item(b.frame)
	p := &ScriptPage{Name: Clean(sc.Name), Line: it.Line}
	p.Ended = it.Ends
	for n := max(1, it.Line-scriptLines); n <= min(len(st.lines), it.Line+scriptLines); n++ {
		p.Lines = append(p.Lines, ScriptLine{n, st.lines[n-1], n == it.Line})
	}
	p.Output, p.More = b.printed(b.eventNow())
	b.sc.Script = p
}

// printed are the last lines that the script had printed.
func (s *Session) printed(events int) (list []ScriptOut, more int) {
	pieces := s.lab.Output(events)
	if s.labs.outN == len(pieces) && s.labs.out != nil {
		return s.labs.out, s.labs.more
	}
	var cur [2]string
	add := func(text string, err bool) {
		list = append(list, ScriptOut{Text: Clean(strings.ReplaceAll(text, "\t", "    ")), Err: err})
		if len(list) > 4*scriptOuts {
			more += len(list) - scriptOuts
			list = append([]ScriptOut(nil), list[len(list)-scriptOuts:]...)
		}
	}
	for _, o := range pieces {
		n := 0
		if o.Err {
			n = 1
		}
		text := cur[n] + o.Text
		for {
			l, rest, ok := strings.Cut(text, "\n")
			if !ok {
				break
			}
			add(l, o.Err)
			text = rest
		}
		cur[n] = text
	}
	for n, t := range cur {
		if t != "" {
			add(t, n == 1)
		}
	}
	if n := len(list) - scriptOuts; n > 0 {
		list, more = list[n:], more+n
	}
	if list == nil {
		list = []ScriptOut{}
	}
	s.labs.out, s.labs.more, s.labs.outN = list, more, len(pieces)
	return list, more
}

// itemLine is an item of a lab that is no packet on a wire, in one line; empty
// for a packet that was on a device.
func (s *Session) itemLine(i int) string {
	it := s.lab.Item(i)
	switch it.Kind {
	case walk.ItemLine:
		lines := s.labs.lines
		if lines == nil {
			lines = strings.Split(s.lab.Script().Text, "\n")
		}
		if it.Line >= 1 && it.Line <= len(lines) && !it.Ends {
			return "$ " + Clean(strings.TrimSpace(strings.ReplaceAll(lines[it.Line-1], "\t", " ")))
		}
		return "$ the script ends"
	case walk.ItemCall:
		return s.hostName(it.Host) + ": system call " + it.Code.String()
	case walk.ItemWork:
		if it.Code == 0 {
			return s.hostName(it.Host) + ": the kernel's own work"
		}
		return s.hostName(it.Host) + ": " + it.Code.String() + ", no packet"
	}
	if f, err := s.k.Frame(i); err == nil && len(f.Data) == 0 {
		return s.hostName(it.Host) + ": a packet that never comes to a device"
	}
	return ""
}

func (s *Session) hostName(i uint8) string { return Clean(s.names.HostName(i)) }

// who is what an item of a lab is called.
func (s *Session) who(i int) string {
	if s.lab == nil || i < 0 || i >= s.k.Indexed() {
		return report.PacketName(uint32(i + 1))
	}
	switch it := s.lab.Item(i); it.Kind {
	case walk.ItemLine:
		return fmt.Sprintf("line %d of the script", it.Line)
	case walk.ItemCall:
		return "a system call"
	case walk.ItemWork:
		return "the kernel's own work"
	}
	return report.PacketName(uint32(i + 1))
}

// onHost makes names of devices those of the host of an event.
func (s *Session) onHost(host uint8) {
	if h, ok := s.names.(interface {
		OnHost(uint8) step.Resolver
	}); ok {
		if n, ok := h.OnHost(host).(Names); ok {
			s.names = n
		}
	}
}

// hosts are the hosts of the packet's way, in order.
func (b *builder) hosts() {
	if b.lab == nil {
		return
	}
	sc := b.sc
	sc.Host = b.hostName(b.e.Host)
	at := map[uint8]int{}
	for n := range b.story {
		e := b.event(n)
		if n > 0 && e.Kind != trace.Frame && b.lab.Item(b.frame).Kind == walk.ItemPacket {
			continue // softirqs begin in the first namespace, whose packet it ever is
		}
		i, ok := at[e.Host]
		if !ok {
			i = len(sc.Hosts)
			at[e.Host] = i
			sc.Hosts = append(sc.Hosts, Host{Name: b.hostName(e.Host)})
		}
		sc.Hosts[i].Been = sc.Hosts[i].Been || n <= b.n
	}
	i, ok := at[b.e.Host]
	for n := range sc.Hosts {
		sc.Hosts[n].Here = ok && n == i
	}
}

// elsewhere reports whether an event is on another host than the place: the map
// shows one host.
func (b *builder) elsewhere(e int) bool { return b.lab != nil && b.event(e).Host != b.e.Host }

// printed tells what a lab's script has printed since the last time.
func (r *reader) printed(sc *Scene) {
	if sc.Script == nil {
		return
	}
	for i, o := range sc.Script.Output {
		if n := sc.Script.More + i; n >= r.outs {
			r.outs = n + 1
			fmt.Fprintln(r.w, "| "+o.Text)
		}
	}
}

// The groups of what is no packet, as protoNames has them.
var (
	protoScript = uint8(slices.Index(protoNames[:], "script"))
	protoCall   = uint8(slices.Index(protoNames[:], "system call"))
	protoWork   = uint8(slices.Index(protoNames[:], "kernel work"))
)

// asideWords say what groups of what is no packet are.
var asideWords = [...]string{"", "the script's own lines", "without a packet", "without a packet: timers and such"}

// aside is the number of a group of what is no packet, 0 for packets.
func (k *groupKey) aside() uint8 {
	if k.proto >= protoScript {
		return k.proto - protoScript + 1
	}
	return 0
}

// labKey is the group of an item that is no packet.
func (s *Session) labKey(i int) (groupKey, bool) {
	k := groupKey{outcome: trace.Consumed, lab: true}
	switch s.lab.Item(i).Kind {
	case walk.ItemLine:
		k.proto = protoScript
	case walk.ItemCall:
		k.proto = protoCall
	case walk.ItemWork:
		k.proto = protoWork
	default:
		return k, false
	}
	return k, true
}

// labCounts counts what a lab consists of.
func (s *Session) labCounts() (packets, lines, calls, work, ways int) {
	for _, g := range s.all.groups {
		switch g.key.aside() {
		case 0:
			packets += g.count
			ways++
		case 1:
			lines += g.count
		case 2:
			calls += g.count
		case 3:
			work += g.count
		}
	}
	return packets, lines, calls, work, ways
}

// labWays is a lab in one line.
func (b *builder) labWays() string {
	packets, _, _, _, ways := b.labCounts()
	s := fmt.Sprintf("%s took %s", count(packets, "packet"), count(ways, "way"))
	switch b.all.lost {
	case 0:
		if b.all.along == 0 {
			return s + ", none was dropped"
		}
		s += ", none was dropped as a whole"
	case 1:
		s += ", 1 was dropped"
	default:
		s += fmt.Sprintf(", %d were dropped", b.all.lost)
	}
	if n := b.all.along; n > 0 { // a copy, a segment, one that waited in a queue
		s += fmt.Sprintf("; %d %s a drop on the way (d)", n, map[bool]string{true: "has", false: "have"}[n == 1])
	}
	return s
}

// labWords is what a lab consists of.
func (s *Session) labWords() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	packets, lines, calls, work, _ := s.labCounts()
	return fmt.Sprintf("%s, %s of the script, %s, %s of the kernel's own work", count(packets, "packet"), count(lines, "line"), count(calls, "system call"), count(work, "piece"))
}

// labFacts are what to know about a lab first.
func (b *builder) labFacts() []Fact {
	t := &b.all
	packets, lines, calls, work, _ := b.labCounts()
	var hosts []string
	for i := range 256 {
		if n := b.hostName(uint8(i)); n != "" {
			hosts = append(hosts, n)
		}
	}
	list := []Fact{{"hosts", strings.Join(hosts, ", ")},
		{"script", fmt.Sprintf("%s, %s run", Clean(b.lab.Script().Name), count(lines, "line"))},
		{"packets", fmt.Sprint(packets)}, {"system calls without one", fmt.Sprint(calls)}, {"the kernel's own work", fmt.Sprint(work)},
		{"bytes", thousands(t.bytes)}, {"time", report.At(max(0, t.to-t.from)) + " s (virtual)"}}
	if p := b.protocols(); p != "" {
		list = append(list, Fact{"protocols", p})
	}
	if n := len(t.flows); n > 0 {
		list = append(list, Fact{"conversations", fmt.Sprint(n)})
	}
	return list
}

// labEnding is what becomes of an item of a lab, in words.
func (s *Session) labEnding(i int) string {
	it, p := s.lab.Item(i), s.k.Packet(i)
	if it.Kind != walk.ItemPacket {
		return "In " + s.hostName(it.Host) + "."
	}
	text := "It begins in " + s.hostName(it.Host)
	switch p.Outcome {
	case trace.NoOutcome:
		return text + "."
	case trace.NotModelled:
		return text + ". Its way is not modelled to the end."
	case trace.Dropped:
		if p.Reason.NoLoss(p.Fn) {
			text += ". Freed, no loss: " + p.Reason.String()
		} else {
			text += ". DROPPED " + p.Reason.String()
		}
	default:
		text += ". In the end: " + p.Outcome.String() + outcomeWords[p.Outcome]
	}
	if p.Fn != 0 {
		text += ", in " + p.Fn.String()
	}
	return text + "."
}

// hostNow is the host of the place.
func (s *Session) hostNow() uint8 {
	if s.chunk == nil || len(s.stops) == 0 {
		return 0
	}
	return s.chunk.Events().Events[s.story[s.stops[s.pos]]].Host
}
