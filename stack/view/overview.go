package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// glanceState is what a Session keeps for the overview and the timeline.
type glanceState struct {
	bucketsOf int // packets that buckets counts
	buckets   []Bucket
	groupsOf  int // packets that groups counts
	groups    []groupCount
	chosen    *groupKey
	ways      map[wayKey][]StageID
	times     []Spent
	scope     string
	timesOf   int // packets in scope
}

type wayKey struct {
	groupKey
	first int
}

// maxGroups is how many groups an Overview lists.
const maxGroups = 60

// maxWays is how many stretches of the capture are recorded for one Scene to
// find out ways.
const maxWays = 3

// The ranks of groups.
const (
	rankLost = iota
	rankWay
	rankUpkeep
)

// rank is where a group is listed: what is lost first, and last what each host
// that comes up causes: listener reports that nobody asked for, and in a lab, whose
// script is about something else, the ways by which hosts find each other.
func (k *groupKey) rank() int {
	switch {
	case k.fn == step.IP6McInput && k.lost(), k.lab && !k.lost() && (protoNames[k.proto] == "ARP" || protoNames[k.proto] == "IGMP"):
		return rankUpkeep
	case k.lost():
		return rankLost
	}
	return rankWay
}

// sorted are the groups as they are listed: by rank, then by how many they are.
func (s *Session) sorted() []groupCount {
	g := &s.glance
	if g.groupsOf != s.all.n || g.groups == nil {
		g.groupsOf, g.groups = s.all.n, slices.Clone(s.all.groups)
		slices.SortStableFunc(g.groups, func(a, b groupCount) int {
			switch la, lb := a.key.rank(), b.key.rank(); {
			case a.key.aside() != b.key.aside():
				return int(a.key.aside()) - int(b.key.aside())
			case la != lb:
				return la - lb
			case a.count != b.count:
				return b.count - a.count
			}
			return a.first - b.first
		})
	}
	return g.groups
}

// chosen is the chosen group's index of sorted; the first to begin with.
func (s *Session) chosen() int {
	if k := s.glance.chosen; k != nil {
		for i, g := range s.sorted() {
			if g.key == *k {
				return i
			}
		}
	}
	return 0
}

// showOverview goes to the overview, and from there back.
func (s *Session) showOverview() error {
	if s.screen == ScreenOverview {
		s.screen = ScreenWalk
	} else {
		s.screen = ScreenOverview
	}
	return nil
}

// choose chooses a group of the overview, from 1.
func (s *Session) choose(n int) error {
	l := s.sorted()
	if n < 1 || n > len(l) {
		return NotFoundError(fmt.Sprintf("no group %d: there are %d", n, len(l)))
	}
	k := l[n-1].key
	s.glance.chosen = &k
	return nil
}

// openGroup narrows the walk to the packets of group n; 0 is the chosen one, and
// on the walk all packets.
func (s *Session) openGroup(n int) error {
	if n <= 0 && s.screen != ScreenOverview || n < 0 {
		s.group, s.screen = nil, ScreenWalk
		s.land()
		return nil
	}
	if n == 0 {
		n = s.chosen() + 1
	}
	l := s.sorted()
	if n > len(l) {
		return NotFoundError(fmt.Sprintf("no group %d: there are %d", n, len(l)))
	}
	g := l[n-1]
	was := s.group
	s.group = &g.key
	at, ok, err := s.firstShown(g.first)
	if err == nil && !ok {
		err = s.none("no packet of this way matches the filter")
	}
	if err == nil {
		err = s.jump(Cursor{Frame: at})
	}
	if err != nil {
		s.group = was
		return err
	}
	s.glance.chosen, s.screen = &g.key, ScreenWalk
	return nil
}

// firstShown is the first frame from i on that is shown, whatever conversation
// is followed.
func (s *Session) firstShown(i int) (int, bool, error) {
	if s.follow == followFlow {
		s.follow = followFamily
		defer func() { s.follow = followFlow }()
	}
	i = max(i, s.oldest())
	for n := 1; i < s.k.Indexed(); n, i = n+1, i+1 {
		if ok, err := s.shows(i); ok || err != nil {
			return i, ok, err
		}
		if n%lookEvery == 0 {
			if err := s.work.look(lookEvery); err != nil {
				return i, false, err
			}
		}
	}
	return i, false, nil
}

// overview fills sc.Screen, sc.Group and, if it is looked at, sc.Overview.
func (b *builder) overview() {
	b.sc.Screen = b.screen
	if b.group != nil {
		b.sc.Group = b.groupWords(*b.group)
	}
	if b.screen != ScreenOverview {
		return
	}
	o := &Overview{Line: b.waysLine(), Facts: b.captureFacts(), Here: b.chosen()}
	list := b.sorted()
	left := maxWays
	for i, g := range list[:min(len(list), maxGroups)] {
		o.Groups = append(o.Groups, Group{N: i + 1, Count: g.count, First: g.first + 1, Percent: g.count * 100 / max(b.all.n, 1), Out: g.key.out, Proto: g.key.protocol(),
			Way: b.way(g, &left), Ended: g.key.ended(), Lost: g.key.lost(), Line: b.line(g.first), Lab: g.key.lab, Aside: g.key.aside() > 0})
	}
	o.Times, o.Scope = b.timesOfAll()
	b.sc.Overview = o
}

// waysLine is the capture in one line.
func (b *builder) waysLine() string {
	t := &b.all
	s := fmt.Sprintf("%s took %s", count(t.n, "packet"), count(len(t.groups), "way"))
	switch {
	case t.lost == 0:
		s += ", none was dropped"
	case t.lost == 1:
		s += ", 1 was dropped"
	default:
		s += fmt.Sprintf(", %d were dropped", t.lost)
	}
	if b.lab != nil {
		s = b.labWays()
	}
	if !b.done {
		s += " so far"
	}
	return s
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// groupWords is a group in words: "TCP out: on the wire".
func (s *Session) groupWords(k groupKey) string {
	way := " in: "
	if k.out {
		way = " out: "
	}
	name := k.protocol()
	if name == "" {
		name = "packets"
	}
	return name + way + k.ended()
}

// protocol is the group's, "" if it is none that has a name here.
func (k *groupKey) protocol() string {
	if k.proto < 2 {
		return ""
	}
	return protoNames[k.proto]
}

// endedWords say what became of packets.
var endedWords = [...]string{
	trace.NoOutcome:   "still on its way at the end",
	trace.Delivered:   "read by a program",
	trace.Dropped:     "dropped",
	trace.Forwarded:   "sent on towards another host",
	trace.Sent:        "on the wire",
	trace.Consumed:    "its work was done inside the kernel",
	trace.Queued:      "still waiting at the end",
	trace.NotModelled: "beyond the model",
}

// ended is what became of the packets of a group.
func (k *groupKey) ended() string {
	if n := k.aside(); n > 0 {
		return asideWords[n]
	}
	s := endedWords[k.outcome]
	switch k.outcome {
	case trace.Sent, trace.Delivered, trace.NoOutcome:
		return s
	case trace.Dropped:
		if !k.lost() {
			s = "freed, no loss"
		}
		s += ": " + k.reason.String()
	}
	if k.fn != 0 {
		s += " in " + k.fn.String()
	}
	return s
}

// way is the stages that the first packet of a group went through, in order;
// nil as long as it is not known. left is how many more stretches of the
// capture may be recorded for it.
func (s *Session) way(g groupCount, left *int) []StageID {
	k := wayKey{g.key, g.first}
	if w, ok := s.glance.ways[k]; ok {
		return w
	}
	if *left == 0 || g.key.outcome == trace.NoOutcome && !s.done {
		return nil
	}
	*left--
	c, err := s.k.Chunk(g.first)
	if err != nil {
		return nil
	}
	log, story := c.Events(), c.Story(g.first)
	self := map[uint32]bool{uint32(g.first + 1): true}
	for _, at := range story {
		if pkt, old, ok := adopted(log, &log.Events[at]); ok && int(pkt) == g.first+1 {
			self[old] = true
		}
	}
	var way []StageID
	for n, id := range stagesOf(log, story, g.key.out) {
		e := &log.Events[story[n]]
		if e.Kind == trace.Call && freesMemory(step.Step(e.Code)) {
			continue // the socket gets its memory back: the packet does not go there
		}
		if id != NoStage && (self[e.Pkt] || e.Pkt == 0 && id == UpIRQ && len(way) == 1) && g.key.goes(id) && !slices.Contains(way, id) {
			way = append(way, id)
		}
		if g.key.ends(e) && id != NoStage { // what follows happens to copies
			way = append(slices.DeleteFunc(way, func(x StageID) bool { return x == id }), id)
			break
		}
	}
	if g.key.outcome == trace.Delivered && !slices.Contains(way, UpApp) {
		way = append(way, UpApp)
	}
	if s.glance.ways == nil {
		s.glance.ways = map[wayKey][]StageID{}
	}
	s.glance.ways[k] = way
	return way
}

// ends reports whether an event is where the packets of the group are dropped.
func (k *groupKey) ends(e *trace.Event) bool {
	return k.outcome == trace.Dropped && e.Kind == trace.End && trace.Outcome(e.Code) == trace.Dropped && e.Fn == k.fn
}

// freesMemory reports whether a function gives back what a packet held, wherever
// the packet is.
func freesMemory(s step.Step) bool { return s == step.SockWfree || s == step.SockRfree }

// goes reports whether a stage is one of the group's way. Functions of the other
// side that are called on the way (a route looked up for a reply) are not.
func (k *groupKey) goes(id StageID) bool {
	switch {
	case k.outcome == trace.Forwarded, k.lab:
		return true
	case k.out:
		return !id.Up()
	}
	return !id.Down() || id == DownNeigh && protoNames[k.proto] == "ARP"
}

// captureFacts are what to know about the capture first.
func (b *builder) captureFacts() []Fact {
	t := &b.all
	if b.lab != nil {
		return b.labFacts()
	}
	var list []Fact
	if h, ok := b.k.(interface{ Host() string }); ok {
		if name := h.Host(); name != "" {
			list = append(list, Fact{"host", Clean(name)})
		}
	}
	list = append(list,
		Fact{"packets", fmt.Sprintf("%d: %d in, %d out", t.n, t.n-t.out, t.out)},
		Fact{"bytes", thousands(t.bytes)},
		Fact{"time", report.At(max(0, t.to-t.from)) + " s"})
	if p := b.protocols(); p != "" {
		list = append(list, Fact{"protocols", p})
	}
	switch n := len(t.flows); {
	case n > maxFlows:
		list = append(list, Fact{"conversations", fmt.Sprintf("more than %d", maxFlows)})
	case n > 0:
		list = append(list, Fact{"conversations", fmt.Sprint(n)})
	}
	return list
}

// thousands writes a number with commas.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// protocols counts packets by protocol, the most first.
func (b *builder) protocols() string {
	var n [len(protoNames)]int
	for _, g := range b.all.groups {
		n[g.key.proto] += g.count
	}
	var order []int
	for p := range n {
		if n[p] > 0 && p > 0 {
			order = append(order, p)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return n[y] - n[x] })
	var words []string
	for _, p := range order {
		words = append(words, fmt.Sprintf("%s %d", protoNames[p], n[p]))
	}
	return strings.Join(words, ", ")
}
