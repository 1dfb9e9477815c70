package view

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/packetwalk/packetwalk/stack/trace"
)

// PlainOptions say what Plain writes.
type PlainOptions struct {
	From, To int       // packets, from 1, To included; 0 is the first, or the last
	In       io.Reader // commands, one a line; nil writes the whole walk
}

// Plain writes the walk as lines of text, for screen readers and pipes: no
// colours, no drawings, nothing that moves. With o.In it reads commands (Parse)
// and tells after each where the reader is.
func Plain(w io.Writer, s *Session, opts ...PlainOptions) error {
	var o PlainOptions
	if len(opts) > 0 {
		o = opts[0]
	}
	b := bufio.NewWriter(w)
	for {
		indexed, _, done := s.Progress()
		if done || o.In != nil && indexed > 0 {
			break
		}
		if _, err := s.Advance(1000); err != nil {
			return err
		}
	}
	s.unexplain()
	sc := s.Scene()
	if sc.Script != nil {
		fmt.Fprintf(b, "%s: %s.\n", sc.Title, s.labWords())
	} else {
		fmt.Fprintf(b, "%s: %s.\n", sc.Title, several(uint64(sc.Packets), "packet"))
	}
	for _, f := range sc.Findings {
		fmt.Fprintf(b, "Note: %s\n", f)
	}
	if sc.Indexed == 0 {
		fmt.Fprintln(b, "This capture holds no packets: there is nothing to walk.")
		return b.Flush()
	}
	if o.In != nil {
		return talk(b, s, o.In)
	}
	if o.From <= 1 && o.To == 0 {
		overview(b, s)
	}
	if o.From > 1 {
		if err := s.Do(Command{Verb: Seek, N: o.From}); err != nil {
			return err
		}
	}
	last, r := 0, &reader{w: b}
	for {
		sc := s.Scene()
		if o.To > 0 && sc.Packet > o.To {
			break
		}
		if sc.Packet != last {
			last, r.stage, r.said = sc.Packet, NoStage, map[string]bool{}
			head(b, &sc)
			if end := s.ending(sc.Packet); end != "" {
				fmt.Fprintln(b, end)
			}
		}
		if sc.Steps > 0 {
			r.step(&sc, true)
		}
		if err := s.Do(Command{Verb: Forward}); err != nil {
			var none NotFoundError
			if errors.As(err, &none) {
				break
			}
			return err
		}
	}
	return b.Flush()
}

func head(w io.Writer, sc *Scene) {
	if sc.Script != nil {
		fmt.Fprintf(w, "\n%d of %d at %s seconds, script line %d: %s\n", sc.Packet, sc.Packets, sc.Clock, sc.Script.Line, sc.Line)
		return
	}
	fmt.Fprintf(w, "\nPacket %d of %d at %s seconds: %s\n", sc.Packet, sc.Packets, sc.Clock, sc.Line)
}

// outcomeWords say what the outcomes mean.
var outcomeWords = [...]string{
	trace.Delivered:   " (a program has it)",
	trace.Forwarded:   " (on towards another host)",
	trace.Sent:        " (it is on the wire)",
	trace.Consumed:    " (it has done its work inside the kernel)",
	trace.Queued:      " (it still waits)",
	trace.NotModelled: "",
}

// ending says which way packet n goes and what becomes of it.
func (s *Session) ending(n int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.k.Packet(n - 1)
	if s.lab != nil {
		if t := s.labEnding(n - 1); t != "" {
			return t
		}
	}
	text := "It comes in"
	if p.Landmarks&MarkOut != 0 {
		text = "It goes out"
	}
	switch p.Outcome {
	case trace.NoOutcome:
		return text + "."
	case trace.NotModelled:
		return text + ". Its way is not modelled to the end."
	case trace.Dropped:
		text += ". DROPPED " + p.Reason.String()
		if p.Reason.NoLoss(p.Fn) {
			text = strings.Replace(text, "DROPPED", "Freed, no loss:", 1)
		}
	default:
		text += ". In the end: " + p.Outcome.String() + outcomeWords[p.Outcome]
	}
	if p.Fn != 0 && p.Outcome != trace.Sent {
		text += ", in " + p.Fn.String()
	}
	return text + "."
}

// A reader writes steps, one a line.
type reader struct {
	w     io.Writer
	stage StageID         // that was named last
	said  map[string]bool // reasons that this packet's steps gave
	host  string          // that was named last
	hopOf int             // packet whose hops were told
	hops  int             // so many of them
	outs  int             // lines of a lab's output that have been told
}

// step tells one step in one line: where it is if that is new, the function,
// why it decided as it did, what else it might have done, and which states it
// changed. Numbers are left out: "state" tells them.
func (r *reader) step(sc *Scene, indent bool) {
	in := ""
	if indent {
		in = strings.Repeat("  ", 1+min(max(0, len(sc.Calls)-1), 12))
	}
	r.printed(sc)
	text := sc.Says
	if sc.Kind == "end" {
		if head, why, ok := strings.Cut(text, ": "); ok && r.said[why] {
			text = head
		}
	} else if sc.Says != "" && r.said != nil {
		r.said[sc.Says] = true
	}
	if sc.Kind == "call" {
		text = sc.Func
		if sc.Lit != NoStage && sc.Lit != r.stage {
			text += ", at " + sc.Lit.Name()
		}
		if sc.Says != "" {
			text += ": " + sc.Says
		} else if !indent && sc.What != "" {
			text += ". " + sc.What
		}
	}
	if sc.Lit != NoStage {
		r.stage = sc.Lit
	}
	for _, l := range sc.Lost {
		text = sentence(text) + " Not " + l.What + " " + l.Candidate + ": " + l.Because + "."
	}
	for _, d := range sc.Changes {
		if !indent || isState(d.To) {
			text = sentence(text) + " " + d.Name + " from " + d.From + " to " + d.To + "."
		}
	}
	if !indent {
		for _, d := range sc.Counts {
			text = sentence(text) + " " + d.Name + " from " + d.From + " to " + d.To + "."
		}
	}
	if sc.Host != "" && sc.Host != r.host {
		r.host = sc.Host
		fmt.Fprintln(r.w, in+"["+sc.Host+"]")
	}
	r.hop(r.w, sc)
	fmt.Fprintln(r.w, in+text)
}

// sentence ends a text with a full stop if it has no end.
func sentence(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".?!") {
		return s
	}
	return s + "."
}

// isState reports whether a value is a word in capitals, such as ESTABLISHED: a
// state, and no number, name or address.
func isState(v string) bool {
	upper := false
	for _, c := range v {
		switch {
		case c >= 'A' && c <= 'Z':
			upper = true
		case c == '_' || c == ' ' || upper && c >= '0' && c <= '9':
		default:
			return false
		}
	}
	return upper
}

// talk carries out commands and tells where the reader is.
func talk(b *bufio.Writer, s *Session, in io.Reader) error {
	fmt.Fprintln(b, "Type a command and Enter; help lists them, quit ends. Enter alone is one step on.")
	last, r := 0, &reader{w: b}
	tell := func() error {
		sc := s.Scene()
		if sc.Notice != "" {
			fmt.Fprintln(b, sentence(sc.Notice))
		}
		if g := sc.Gloss; g != nil {
			fmt.Fprintf(b, "%s: %s\n", g.Term, g.Words)
			if len(g.See) > 0 {
				fmt.Fprintf(b, "See also: %s\n", strings.Join(g.See, ", "))
			}
			return b.Flush()
		}
		if sc.Screen == ScreenOverview && sc.Overview != nil {
			glance(b, sc.Overview)
			return b.Flush()
		}
		if sc.Packet != last {
			last = sc.Packet
			head(b, &sc)
			fmt.Fprintln(b, s.ending(sc.Packet))
		}
		fmt.Fprintf(b, "Step %d of %d, %s seconds, %s.\n", sc.Step, sc.Steps, sc.Clock, sc.Who)
		r.stage = NoStage
		r.step(&sc, false)
		return b.Flush()
	}
	if err := tell(); err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		switch word := strings.TrimSpace(lines.Text()); word {
		case "quit", "q", "exit":
			return b.Flush()
		case "help", "?":
			fmt.Fprintln(b, "Commands, one a line:")
			for _, v := range Verbs {
				fmt.Fprintf(b, "  %s %s: %s\n", v.Verb, v.Arg, v.What)
			}
			fmt.Fprintln(b, "  words: what happens here, in the words of the chosen depth\n  state: the values of the objects at hand\n  tables: sockets, neighbours, routes, counters as Linux's tools show them\n  stack: the calls that are open\n  where: this place again")
		case "state":
			sc := s.Scene()
			for _, p := range sc.Panels {
				fmt.Fprintf(b, "%s:\n", p.Title)
				for _, v := range p.Values {
					fmt.Fprintf(b, "  %s is %s\n", v.Name, v.Value)
				}
			}
		case "words":
			sc := s.Scene()
			fmt.Fprintln(b, sc.Plain)
			if len(sc.Terms) > 0 {
				fmt.Fprintf(b, "Terms that explain tells more about: %s\n", strings.Join(sc.Terms, ", "))
			}
		case "tables":
			sc := s.Scene()
			for i := range sc.Tables {
				tell := &sc.Tables[i]
				tell.lines(b)
			}
		case "stack":
			sc := s.Scene()
			for i, c := range sc.Calls {
				fmt.Fprintf(b, "  %d %s (%s)\n", i+1, c.Func, c.Layer)
			}
		case "where":
			if err := tell(); err != nil {
				return err
			}
		default:
			s.unexplain()
			if _, _, done := s.Progress(); !done {
				if _, err := s.Advance(2000); err != nil {
					return err
				}
			}
			c, err := Parse(word)
			if err != nil {
				fmt.Fprintln(b, Clean(err.Error())+". Type help for the commands.")
				break
			}
			s.Do(c) //nolint:errcheck // the Scene's notice tells it
			if err := tell(); err != nil {
				return err
			}
		}
		if err := b.Flush(); err != nil {
			return err
		}
	}
	return lines.Err()
}

// unexplain puts an explained term away.
func (s *Session) unexplain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.glo.gloss = nil
}

// lines writes a table, each row as names and values: that can be read aloud.
func (t *Table) lines(w io.Writer) {
	fmt.Fprintf(w, "%s, as %s shows it:\n", t.Title, t.Tool)
	if len(t.Rows) == 0 {
		fmt.Fprintf(w, "  %s\n", t.Empty)
	}
	for _, r := range t.Rows {
		var parts []string
		for i, c := range r.Cells {
			if c.Text == "" {
				continue
			}
			if t.Columns[i] == "" {
				parts = append(parts, c.Text)
			} else {
				parts = append(parts, t.Columns[i]+" "+c.Text)
			}
		}
		mark := ""
		if r.Here {
			mark = " (this step is about it)"
		}
		fmt.Fprintf(w, "  %s%s\n", strings.Join(parts, ", "), mark)
	}
}

// overview writes the capture at a glance, and stays where the reader is.
func overview(w io.Writer, s *Session) {
	if sc := s.Scene(); sc.Screen == ScreenOverview || s.Do(Command{Verb: ShowOverview}) != nil {
		return
	}
	if o := s.Scene().Overview; o != nil {
		fmt.Fprintln(w, sentence(o.Line))
		for _, g := range o.Groups {
			fmt.Fprintf(w, "%s, the first is packet %d: %s\n", several(uint64(g.Count), "packet"), g.First, sentence(g.Ended))
		}
	}
	s.Do(Command{Verb: ShowOverview}) //nolint:errcheck // it was taken a moment ago
}

// glance writes an overview.
func glance(w io.Writer, o *Overview) {
	fmt.Fprintln(w, sentence(o.Line))
	for _, f := range o.Facts {
		fmt.Fprintf(w, "%s: %s\n", f.Name, f.Value)
	}
	for _, g := range o.Groups {
		fmt.Fprintf(w, "Group %d, %s, first %d: %s. %s\n", g.N, several(uint64(g.Count), "packet"), g.First, g.Ended, g.Line)
	}
}
