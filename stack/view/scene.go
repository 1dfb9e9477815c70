package view

import "fmt"

// A Scene is everything that can be seen from one place of a walk. It is plain
// data: equal places give equal Scenes.
type Scene struct {
	Title   string `json:"title"`
	Packet  int    `json:"packet"`         // number in the capture, from 1; 0 if there is none
	Packets int    `json:"packets"`        // in the capture
	Indexed int    `json:"indexed"`        // of them, walked so far
	Whole   bool   `json:"whole"`          // the index is complete
	Live    string `json:"live,omitempty"` // of a run that goes on: how it goes
	Step    int    `json:"step"`           // from 1
	Steps   int    `json:"steps"`          // of this packet's story
	At      int64  `json:"at"`             // ns since the first frame
	Clock   string `json:"clock"`          // the same in words, "0.001234"
	Filter  string `json:"filter,omitempty"`
	Notice  string `json:"notice,omitempty"` // what the last command has to say

	Who     string   `json:"who"`  // "packet 3", "packet +1 (made by the model)"
	Line    string   `json:"line"` // the packet at hand in one line
	Stages  []Stage  `json:"stages"`
	Lit     StageID  `json:"lit"`  // where control is; NoStage if nowhere
	Kind    string   `json:"kind"` // of the step: call, frame, end, note
	Func    string   `json:"func,omitempty"`
	Layer   string   `json:"layer,omitempty"`
	File    string   `json:"file,omitempty"`
	What    string   `json:"what,omitempty"` // what the function is for
	Says    string   `json:"says,omitempty"` // why it did what it did, from the values that decided
	Calls   []Call   `json:"calls,omitempty"`
	Tree    []Row    `json:"tree,omitempty"`
	Changes []Delta  `json:"changes,omitempty"` // made by this call itself
	Counts  []Delta  `json:"counts,omitempty"`  // counters that it moved
	Lost    []Lost   `json:"lost,omitempty"`    // alternatives that this call passed over
	Points  []string `json:"points,omitempty"`  // tracepoints that fired in this call

	Headers []Header `json:"headers,omitempty"`
	Bytes   []byte   `json:"bytes,omitempty"` // the first MaxBytes
	Length  int      `json:"length"`          // of the whole frame
	Verdict Verdict  `json:"verdict"`
	Panels  []Panel  `json:"panels,omitempty"`
	List    []Item   `json:"list,omitempty"` // packets around this one

	Findings []string `json:"findings,omitempty"` // what to know about the capture first

	Screen   Screen      `json:"screen"`
	Overview *Overview   `json:"overview,omitempty"` // on ScreenOverview
	Depth    Depth       `json:"depth"`
	Grain    string      `json:"grain"`            // hook, function or field: how far a step goes
	Change   int         `json:"change,omitempty"` // at grain field: which of the step's changes is at hand, from 1
	Of       int         `json:"of,omitempty"`     // how many the step makes
	Follow   string      `json:"follow"`           // packet, family, flow or all: what the steps go through
	Group    string      `json:"group,omitempty"`  // only packets of this way are shown: its words
	Timeline *Timeline   `json:"timeline,omitempty"`
	Times    []Spent     `json:"times,omitempty"` // where this packet's time went
	Family   []Kin       `json:"family,omitempty"`
	Breaks   []Break     `json:"breaks,omitempty"`
	Tables   []Table     `json:"tables,omitempty"`
	Plots    []Plot      `json:"plots,omitempty"`
	TCP      *TCPPage    `json:"tcp,omitempty"`   // the connection at hand
	Plain    string      `json:"plain,omitempty"` // what happens here, in words for Depth
	Terms    []string    `json:"terms,omitempty"` // of the glossary, that this Scene uses
	Gloss    *Gloss      `json:"gloss,omitempty"` // the term that was asked for
	Lesson   *LessonPage `json:"lesson,omitempty"`

	Checked *Check `json:"checked,omitempty"` // how the model's version of Func was checked

	Host   string      `json:"host,omitempty"`   // of a lab: where control is
	Hosts  []Host      `json:"hosts,omitempty"`  // of a lab: those of this packet's way, in order
	Script *ScriptPage `json:"script,omitempty"` // of a lab: where the script is

	Net       *NetPage     `json:"net,omitempty"`       // of a lab: its machines, and where the packet is among them
	Console   *ConsolePage `json:"console,omitempty"`   // what the machine was asked; nil: put away
	Netfilter *Netfilter   `json:"netfilter,omitempty"` // nil where nothing is set up
}

// A Check is how the model's version of a kernel function was checked.
type Check struct {
	How   string `json:"how"`   // kernel, packetdrill, RFC, simplified, unchecked
	Where string `json:"where"` // the recording, the standard; what was left out
}

// MaxBytes is how many bytes of a frame a Scene carries.
const MaxBytes = 256

// A Stage is one place of the map of the stack.
type Stage struct {
	ID      StageID `json:"id"`
	Name    string  `json:"name"`
	Visited bool    `json:"visited,omitempty"` // by this packet or what it caused, up to now
	Lit     bool    `json:"lit,omitempty"`
	Dropped bool    `json:"dropped,omitempty"` // a packet ended here with a reason
	Func    string  `json:"func,omitempty"`    // the last function that ran here
	Not     string  `json:"not,omitempty"`     // why this packet does not come here, once it is decided
}

// A Call is one function of the call stack, outermost first.
type Call struct {
	Func  string `json:"func"`
	Layer string `json:"layer"`
	Depth int    `json:"depth"`
}

// A Row is one line of the tree of calls around the cursor.
type Row struct {
	N     int     `json:"n"` // step, from 1
	Depth int     `json:"depth"`
	Kind  string  `json:"kind"` // as the Scene's; hidden: the steps that an open question of a lesson keeps back
	Text  string  `json:"text"` // the function's name, or the event in words
	Here  bool    `json:"here,omitempty"`
	Drop  bool    `json:"drop,omitempty"`
	Who   string  `json:"who,omitempty"`   // another packet takes over here
	Stage StageID `json:"stage,omitempty"` // where on the map it is
}

// A Delta is a value that changed.
type Delta struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
	What string `json:"what,omitempty"`
	Here bool   `json:"here,omitempty"` // at grain field: the change at hand
}

// A Lost is an alternative that lost.
type Lost struct {
	What      string `json:"what"` // route, socket …
	Candidate string `json:"candidate"`
	Because   string `json:"because"`
}

// A Header is one header of the packet at hand: bytes From up to To.
type Header struct {
	Name   string  `json:"name"`
	From   int     `json:"from"`
	To     int     `json:"to"`
	Cut    bool    `json:"cut,omitempty"`
	Lit    bool    `json:"lit,omitempty"` // the header that this step is about
	Fields []Field `json:"fields,omitempty"`
}

// A Field is one field of a header: bits From up to To of it.
type Field struct {
	Name  string `json:"name"`
	From  int    `json:"from"`
	To    int    `json:"to"`
	Value string `json:"value"`
	Lit   bool   `json:"lit,omitempty"` // this step reads or writes it
	Was   string `json:"was,omitempty"` // before this step wrote it
}

// A Verdict is what became, or will become, of the packet at hand.
type Verdict struct {
	Outcome string `json:"outcome,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Func    string `json:"func,omitempty"`
	Why     string `json:"why,omitempty"`
	Reached bool   `json:"reached,omitempty"` // the place is at or behind it
}

// A Panel is the state of one object.
type Panel struct {
	Kind   string  `json:"kind"` // skb, sk, neigh …
	Title  string  `json:"title"`
	Values []Value `json:"values"`
}

// A Value is one field of an object.
type Value struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	To    string `json:"to,omitempty"` // what this call makes of it
	What  string `json:"what,omitempty"`
}

// An Item is one line of the packet list.
type Item struct {
	N    int    `json:"n"`
	At   string `json:"at"`
	Out  bool   `json:"out,omitempty"` // this host sent it
	Line string `json:"line"`
	Mark string `json:"mark,omitempty"` // DROP NO_SOCKET, state, retransmit …
	Here bool   `json:"here,omitempty"`

	Script bool   `json:"script,omitempty"` // of a lab: the script comes to a line
	Host   string `json:"host,omitempty"`   // of a lab: where it begins
}

// Percent is how much of the capture is indexed.
func (sc *Scene) Percent() int {
	if sc.Whole || sc.Packets <= 0 {
		return 100
	}
	return min(99, 100*sc.Indexed/sc.Packets)
}

// Place is the place in words: "packet 3 of 12, step 14 of 87".
func (sc *Scene) Place() string {
	return fmt.Sprintf("packet %d of %d, step %d of %d", sc.Packet, sc.Packets, sc.Step, sc.Steps)
}
