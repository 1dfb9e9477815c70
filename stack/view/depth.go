package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

var depths = [...]Depth{DepthFirst, DepthOperator, DepthKernel}

// depthState is for whom the words are; empty is DepthFirst.
type depthState struct{ d Depth }

func (s *Session) depthNow() Depth {
	if s.dep.d == "" {
		return DepthFirst
	}
	return s.dep.d
}

// setDepth carries out SetDepth.
func (s *Session) setDepth(expr string) error {
	expr = strings.TrimSpace(expr)
	if expr == "" {
		i := slices.Index(depths[:], s.depthNow())
		s.dep.d = depths[(i+1)%len(depths)]
		return nil
	}
	for _, d := range depths {
		if string(d) == expr {
			s.dep.d = d
			return nil
		}
	}
	return fmt.Errorf("no such depth: %q; there are first, operator, kernel", expr)
}

// stageKeys are the places of the map as the text files call them.
var stageKeys = [NumStages]string{
	UpWire: "@up-wire", UpRing: "@up-ring", UpIRQ: "@up-irq", UpGRO: "@up-gro", UpTaps: "@up-taps", UpPre: "@up-pre", UpRoute: "@up-route", UpLocalIn: "@up-local",
	UpTransport: "@up-transport", UpSocket: "@up-socket", UpApp: "@up-app", Forwarding: "@forward", DownApp: "@down-app", DownSocket: "@down-socket",
	DownTransport: "@down-transport", DownRoute: "@down-route", DownLocalOut: "@down-local", DownPost: "@down-post", DownNeigh: "@down-neigh",
	DownQdisc: "@down-qdisc", DownRing: "@down-ring", DownWire: "@down-wire",
}

// depth fills sc.Depth and sc.Plain. b.e is nil where there is no step.
func (b *builder) depth() {
	d := b.depthNow()
	b.sc.Depth = d
	if b.e == nil {
		return
	}
	words := b.words(d)
	switch d {
	case DepthOperator:
		words = join(words, b.countersHere())
	case DepthKernel:
		words = join(b.source(), words)
	}
	b.sc.Plain = Clean(words)
}

func join(a, b string) string { return strings.TrimSpace(a + " " + b) }

// words are those of the text file: of the function, of what else the step is,
// or of the place on the map.
func (b *builder) words(d Depth) string {
	all := depthWords()[d]
	key := ""
	switch b.e.Kind {
	case trace.Call:
		key = b.sc.Func
	case trace.Frame:
		key = "@frame-in"
		if b.e.Code != 0 {
			key = "@frame-out"
		}
	case trace.End:
		key = "@end-" + trace.Outcome(b.e.Code).String()
		if trace.Outcome(b.e.Code) == trace.Dropped && !b.e.Lost() {
			key = "@end-freed"
		}
	case trace.Note:
		key = "@note"
	}
	if w := all[key]; w != "" || d == DepthKernel && b.e.Kind == trace.Call {
		return w
	}
	if b.e.Kind == trace.Call { // what it does, before what its surroundings do
		if w := step.Step(b.e.Code).Info().What; w != "" {
			return w
		}
	}
	return all[stageKeys[b.sc.Lit]]
}

// countersHere names the counters that this step moved.
func (b *builder) countersHere() string {
	var names []string
	for _, c := range b.sc.Counts {
		names = append(names, c.Name)
	}
	if names == nil {
		return ""
	}
	return "Moved here: " + strings.Join(names, ", ") + "."
}

// source says where the step's function is, who called it, what it wrote and
// which tracepoints fired.
func (b *builder) source() string {
	if b.e.Kind != trace.Call {
		return ""
	}
	s := b.sc.File
	if n := len(b.sc.Calls); n > 1 {
		s += ", called by " + b.sc.Calls[n-2].Func
	}
	s += "."
	var fields, points []string
	for _, c := range b.sc.Changes {
		if !slices.Contains(fields, c.Name) {
			fields = append(fields, c.Name)
		}
	}
	for n := b.n + 1; n < len(b.story) && b.event(n).Depth > b.e.Depth; n++ {
		e := b.event(n)
		if e.Kind != trace.Point || e.Depth != b.e.Depth+1 {
			continue
		}
		if name := step.TP(e.Code).String(); !slices.Contains(points, name) {
			points = append(points, name)
		}
	}
	if fields != nil {
		s += " Writes " + strings.Join(fields, ", ") + "."
	}
	if points != nil {
		s += " Fires " + strings.Join(points, ", ") + "."
	}
	return s
}
