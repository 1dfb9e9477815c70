package view

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/lab"
)

// A Verb says what a Command does.
type Verb string

// The verbs. N counts (0 is 1), unless said otherwise.
const (
	Forward    Verb = "forward"     // N steps on
	Back       Verb = "back"        // N steps back
	NextPacket Verb = "next-packet" // the first step of the next packet
	PrevPacket Verb = "prev-packet" // the first step of this packet, or of the one before
	NextDrop   Verb = "next-drop"   // the next packet that is dropped
	PrevDrop   Verb = "prev-drop"   //
	NextMark   Verb = "next-mark"   // Expr names a kind of Mark: state, retransmit, reset …
	PrevMark   Verb = "prev-mark"   //
	Seek       Verb = "seek"        // packet N of the capture, from 1
	Until      Verb = "until"       // on to the next call of the function that Expr names
	Filter     Verb = "filter"      // show only what the tcpdump expression Expr matches; empty shows all
	Over       Verb = "over"        // on to this call's return
	First      Verb = "first"       // the first packet
	Last       Verb = "last"        // the last packet that is indexed
	Look       Verb = "look"        // show all fields of the panel that Expr names; empty shows what fits the step
	WhyValue   Verb = "why-value"   // back to who last wrote the field that Expr names
	Return     Verb = "return"      // to where the last jump began

	ShowOverview Verb = "overview" // the capture at a glance; again: back to the walk
	Choose       Verb = "choose"   // group N of the overview
	Open         Verb = "open"     // the chosen group (or N): only its packets, from its first on
	Follow       Verb = "follow"   // Expr: packet, family, flow or all
	Grain        Verb = "grain"    // Expr: hook, function or field
	SetBreak     Verb = "break"    // set, or if it is set clear, a breakpoint; empty clears all
	Run          Verb = "run"      // on to the next breakpoint
	RunBack      Verb = "run-back" // back to the one before
	Search       Verb = "search"   // on to the next step or packet whose text holds Expr; empty: the last one again
	SearchBack   Verb = "search-back"
	SetDepth     Verb = "depth"     // Expr: first, operator or kernel; empty: the next one
	Explain      Verb = "explain"   // the glossary's words on the term Expr; empty: none
	StartLesson  Verb = "lesson"    // Expr: its slug; empty leaves it
	AnswerN      Verb = "answer"    // the question of the lesson, by N
	NextPart     Verb = "next-part" // of the lesson
	PrevPart     Verb = "prev-part"
	WatchFlow    Verb = "plots" // over the whole life of the connection at hand
	Ask          Verb = "ask"   // Expr: a command line of the machine's shell, at the place; empty shows or hides what was answered
)

// A VerbInfo describes a verb for people.
type VerbInfo struct {
	Verb Verb
	Arg  string // "", "N", "NAME", …
	What string
}

// Verbs lists every verb.
var Verbs = []VerbInfo{
	{Forward, "[N]", "one step on"},
	{Back, "[N]", "one step back"},
	{Over, "", "on to where this call returns"},
	{NextPacket, "[N]", "to the next packet"},
	{PrevPacket, "[N]", "to the packet before"},
	{NextDrop, "", "to the next dropped packet"},
	{PrevDrop, "", "to the dropped packet before"},
	{NextMark, "KIND", "to the next of: state retransmit neigh reset congestion not-modelled note drop"},
	{PrevMark, "KIND", "to the one before"},
	{Seek, "N", "to packet N"},
	{First, "", "to the first packet"},
	{Last, "", "to the last packet"},
	{Until, "FUNCTION", "on to the next call of a kernel function"},
	{Filter, "[EXPRESSION]", "only packets that a tcpdump expression matches"},
	{Look, "[NAME]", "all fields of skb, sk, neigh, ring, napi, qdisc …"},
	{WhyValue, "FIELD", "to where a field got its value"},
	{Return, "", "to where the last jump began"},
	{ShowOverview, "", "the capture at a glance: which ways its packets went; again: back to the walk"},
	{Choose, "N", "choose group N of the overview"},
	{Open, "[N]", "only the packets of the chosen group (or of group N); with none chosen all packets"},
	{Follow, "[WHAT]", "what the steps go through: packet, family, flow or all; alone: the next of these"},
	{Grain, "[WHAT]", "how far a step goes: hook, function or field; alone: the next of these"},
	{SetBreak, "[WHERE]", "set or clear a breakpoint: a function, drop, drop REASON, a mark, if EXPRESSION, FIELD, FIELD == VALUE, FUNCTION if EXPRESSION; alone: clear all"},
	{Run, "[N]", "on to the next breakpoint"},
	{RunBack, "[N]", "back to the breakpoint before"},
	{Search, "[TEXT]", "on to the next step or packet that says TEXT; alone: the last text again"},
	{SearchBack, "[TEXT]", "back to the one before"},
	{SetDepth, "[WHOSE]", "words for: first (a first course), operator, kernel; alone: the next one"},
	{Explain, "[TERM]", "what a term means; alone: put it away"},
	{StartLesson, "[NAME]", "take a lesson; alone: leave it"},
	{AnswerN, "N", "answer N to the lesson's question"},
	{NextPart, "", "the lesson's next part"},
	{PrevPart, "", "the lesson's part before"},
	{WatchFlow, "", "the plots over the whole life of the connection at hand"},
	{Ask, "[COMMAND]", "ask the machine at this step: ip route get 10.0.0.1, ss, nft list ruleset; what changes something becomes a what-if"},
}

// A Command is what a reader asks for.
type Command struct {
	Verb Verb   `json:"verb"`
	N    int    `json:"n,omitempty"`
	Expr string `json:"expr,omitempty"`
}

// Marks are the kinds that NextMark takes, by name.
var Marks = map[string]uint32{
	"drop": MarkDrop, "state": MarkState, "retransmit": MarkRetransmit, "neigh": MarkNeigh, "reset": MarkReset,
	"congestion": MarkCong, "not-modelled": MarkNotModelled, "note": MarkNote,
}

// short are other words for the verbs, for those who type them.
var short = map[string]Verb{
	"": Forward, "f": Forward, "step": Forward, "b": Back, "n": NextPacket, "next": NextPacket, "p": PrevPacket, "prev": PrevPacket,
	"d": NextDrop, "drop": NextDrop, "o": Over, "goto": Seek, "packet": Seek, "u": Until, "why": WhyValue, "l": Look,
}

// Parse reads a command as a line of words: "forward 3", "until ip_rcv",
// "filter tcp port 80", "17" for packet 17.
func Parse(line string) (Command, error) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	rest = strings.TrimSpace(rest)
	if n, err := strconv.Atoi(word); err == nil {
		return Command{Verb: Seek, N: n}, nil
	}
	if v, ok := short[word]; ok {
		word = string(v)
	}
	for _, v := range Verbs {
		if string(v.Verb) != word {
			continue
		}
		c := Command{Verb: v.Verb}
		switch {
		case v.Arg == "N" || v.Arg == "[N]":
			if rest == "" && v.Arg == "[N]" {
				return c, nil
			}
			n, err := strconv.Atoi(rest)
			if err != nil {
				return c, fmt.Errorf("%s: %q is no number", word, rest)
			}
			c.N = n
		case v.Arg == "" && rest != "":
			return c, fmt.Errorf("%s takes no argument", word)
		case v.Arg != "" && v.Arg[0] != '[' && rest == "":
			return c, fmt.Errorf("%s needs %s", word, v.Arg)
		default:
			c.Expr = rest
		}
		return c, nil
	}
	if lab.Known(word) || strings.HasPrefix(line, "!") {
		return Command{Verb: Ask, Expr: strings.TrimPrefix(strings.TrimSpace(line), "!")}, nil
	}
	return Command{}, errors.New("no such command: " + Clean(word))
}
