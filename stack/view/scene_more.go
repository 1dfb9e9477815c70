package view

// What a Scene tells beyond the step at hand. Each part is plain data, filled
// by the file of its name.

// A Screen is what is looked at.
type Screen string

// The screens.
const (
	ScreenWalk     Screen = "walk"     // one step of one packet
	ScreenOverview Screen = "overview" // the capture at a glance
)

// An Overview is a capture at a glance: how its packets went through the stack.
type Overview struct {
	Line   string  `json:"line"`  // "117 packets took 4 ways, 3 were dropped"
	Facts  []Fact  `json:"facts"` // the host, how long, how many bytes, protocols
	Groups []Group `json:"groups"`
	Here   int     `json:"here"`            // the chosen group, index of Groups; 0 to begin with
	Times  []Spent `json:"times,omitempty"` // where the time of the packets of Scope went
	Scope  string  `json:"scope,omitempty"` // "packets 1 to 256"
}

// A Fact is a name and a value.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Group is the packets that went the same way and ended alike.
type Group struct {
	N       int       `json:"n"`     // from 1
	Count   int       `json:"count"` // packets
	First   int       `json:"first"` // number of its first packet
	Percent int       `json:"percent"`
	Out     bool      `json:"out,omitempty"`   // this host sent them
	Proto   string    `json:"proto,omitempty"` // "TCP"
	Way     []StageID `json:"way,omitempty"`   // in order of visit; empty until it is known
	Ended   string    `json:"ended"`           // "read by a program", "dropped: NO_SOCKET in tcp_v4_rcv"
	Lost    bool      `json:"lost,omitempty"`
	Line    string    `json:"line"`            // its first packet
	Lab     bool      `json:"lab,omitempty"`   // of a lab: neither in nor out
	Aside   bool      `json:"aside,omitempty"` // of a lab: no packets, and so no way
}

// A Spent is the time that was spent in one place.
type Spent struct {
	Stage   StageID `json:"stage"`
	Name    string  `json:"name"` // "waiting in the ring", "softirq", "waiting for the program"
	Ns      int64   `json:"ns"`
	Percent int     `json:"percent"`
	Waiting bool    `json:"waiting,omitempty"` // nothing worked on it
	Step    int     `json:"step,omitempty"`    // of this story, from 1: where the packet first is there; 0 if at none
}

// A Timeline is the whole capture in a row of buckets of equally many packets.
type Timeline struct {
	Buckets []Bucket `json:"buckets"`
	Here    int      `json:"here"` // the bucket of the place
}

// A Bucket is a stretch of the capture.
type Bucket struct {
	First int `json:"first"` // number of its first packet
	Count int `json:"count"`
	Drops int `json:"drops,omitempty"`
	Again int `json:"again,omitempty"` // retransmissions
	State int `json:"state,omitempty"` // sockets that changed their state
}

// A Kin is one packet of a family: what became of a packet, and what it caused.
type Kin struct {
	Who     string `json:"who"`
	Packet  int    `json:"packet,omitempty"` // number in the capture, 0 if it is not in it
	Step    int    `json:"step,omitempty"`   // where it begins in this story, from 1; 0 if not in it
	Depth   int    `json:"depth"`
	How     string `json:"how"` // "the frame itself", "clone", "merged by GRO", "fragment", "caused: ICMP error"
	Line    string `json:"line"`
	Outcome string `json:"outcome,omitempty"`
	Lost    bool   `json:"lost,omitempty"`
	Here    bool   `json:"here,omitempty"`
}

// A Break is a breakpoint.
type Break struct {
	N    int    `json:"n"` // from 1
	Expr string `json:"expr"`
	Hits int    `json:"hits,omitempty"`
	Here bool   `json:"here,omitempty"` // it stopped the run here
}

// A Table is state as one of Linux's tools shows it.
type Table struct {
	Kind    string   `json:"kind"`  // sockets, tcp, counters, neighbours, routes, rings, softirq, queues
	Title   string   `json:"title"` // "sockets"
	Tool    string   `json:"tool"`  // "ss -tanm"
	Columns []string `json:"columns"`
	Rows    []TRow   `json:"rows"`
	Empty   string   `json:"empty,omitempty"` // what to say when there are no rows
}

// A TRow is one line of a Table.
type TRow struct {
	Cells []TCell `json:"cells"`
	Here  bool    `json:"here,omitempty"` // the step is about it
}

// A TCell is one value of a Table.
type TCell struct {
	Text  string `json:"text"`
	Field string `json:"field,omitempty"` // "sk.state": what WhyValue takes, with Obj
	Obj   uint32 `json:"obj,omitempty"`
	New   bool   `json:"new,omitempty"` // this step made it
	Bar   int    `json:"bar,omitempty"` // a bar filled to so many per cent, plus 1; 0: none
}

// A Plot is values of one object over time.
type Plot struct {
	Title  string   `json:"title"` // "congestion window (snd_cwnd)"
	Unit   string   `json:"unit"`  // "segments"
	From   int64    `json:"from"`  // ns since the first frame
	To     int64    `json:"to"`
	Here   int64    `json:"here"`
	Series []Series `json:"series"`
	Scope  string   `json:"scope"` // what part of the capture it covers, in words

	Kind  string     `json:"kind,omitempty"` // "sequence": with Marks; else curves
	Marks []PlotMark `json:"marks,omitempty"`
	Time  bool       `json:"time,omitempty"` // the values are ns
	Says  string     `json:"says,omitempty"` // what there is to see at Here
	Left  string     `json:"left,omitempty"` // what was left out
}

// A Series is one line of a Plot; it keeps its value until the next point.
type Series struct {
	Name   string  `json:"name"`
	Points []Point `json:"points"`
	Loose  bool    `json:"loose,omitempty"` // it need not be in view: the scale is that of the others
	Now    *uint64 `json:"now,omitempty"`   // its value at the place; nil: that of the last point before

	of func(s *tcpSample) (value uint64, ok bool)
}

// A Point is a value from a time on.
type Point struct {
	At int64  `json:"at"`
	V  uint64 `json:"v"`
}

// A Gloss explains a term.
type Gloss struct {
	Term  string   `json:"term"`
	Words string   `json:"words"` // one or two sentences at the depth that is chosen
	More  string   `json:"more,omitempty"`
	See   []string `json:"see,omitempty"` // other terms
	From  string   `json:"from,omitempty"`
	All   []string `json:"all,omitempty"` // every term of the glossary, in the order of the alphabet
}

// A Depth says for whom the words are.
type Depth string

// The depths.
const (
	DepthFirst    Depth = "first"    // a first course: no jargon without a gloss
	DepthOperator Depth = "operator" // who runs Linux: tools, counters, sysctls
	DepthKernel   Depth = "kernel"   // who reads the source: files, structs, tracepoints
)

// A LessonPage is where a reader stands in a lesson.
type LessonPage struct {
	Slug    string   `json:"slug"`
	Title   string   `json:"title"`
	Part    int      `json:"part"` // from 1
	Parts   int      `json:"parts"`
	Text    []string `json:"text"` // paragraphs
	Ask     string   `json:"ask,omitempty"`
	Answers []Answer `json:"answers,omitempty"`
	Chosen  int      `json:"chosen,omitempty"` // from 1, 0: not yet
	Says    string   `json:"says,omitempty"`   // to the chosen answer
	Do      string   `json:"do,omitempty"`     // what the reader is to do now: "press d"
	Next    bool     `json:"next,omitempty"`   // the next part may be taken
	Done    bool     `json:"done,omitempty"`

	Page  []LessonPara `json:"page,omitempty"`  // Text with its styles
	DoCmd *Command     `json:"doCmd,omitempty"` // what Do is, if it is a Command
	Show  string       `json:"show,omitempty"`  // the pane to look at: map, calls, why, state, bytes, list, tables …
}

// A LessonPara is one block of a lesson's text.
type LessonPara struct {
	Kind  string       `json:"kind"`           // text, head, item, pre (a line of a fixed layout)
	Mark  string       `json:"mark,omitempty"` // of an item: "-", "1."
	Spans []LessonSpan `json:"spans"`
}

// A LessonSpan is a piece of text of one style.
type LessonSpan struct {
	Style string   `json:"style,omitempty"` // empty, em, strong, code, link, value
	Text  string   `json:"text"`
	Do    *Command `json:"do,omitempty"`   // of a link: where it leads in the walk
	Href  string   `json:"href,omitempty"` // of a link: where it leads on the web
}

// An Answer is one of a question's.
type Answer struct {
	Text  string `json:"text"`
	Right bool   `json:"right,omitempty"` // only told once it is chosen
	Wrong bool   `json:"wrong,omitempty"` // likewise
}
