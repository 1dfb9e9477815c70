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
	sc := s.Scene()
	fmt.Fprintf(b, "%s: %d packets.\n", sc.Title, sc.Packets)
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
	if o.From > 1 {
		if err := s.Do(Command{Verb: Seek, N: o.From}); err != nil {
			return err
		}
	}
	last := 0
	for {
		sc := s.Scene()
		if o.To > 0 && sc.Packet > o.To {
			break
		}
		if sc.Packet != last {
			last = sc.Packet
			head(b, &sc)
			fmt.Fprintln(b, s.ending(sc.Packet))
		}
		if sc.Steps > 0 {
			line(b, &sc, true)
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

// line tells one step.
func line(w io.Writer, sc *Scene, indent bool) {
	in := ""
	if indent {
		in = strings.Repeat("  ", 1+min(len(sc.Calls), 12))
	}
	stage := ""
	if sc.Lit != NoStage {
		stage = " (" + sc.Lit.Name() + ")"
	}
	switch {
	case sc.Kind == "call" && sc.Says != "":
		fmt.Fprintf(w, "%s%s%s: %s\n", in, sc.Func, stage, sc.Says)
	case sc.Kind == "call":
		fmt.Fprintf(w, "%s%s%s. %s\n", in, sc.Func, stage, sc.What)
	default:
		fmt.Fprintf(w, "%s%s\n", in, sc.Says)
	}
	for _, l := range sc.Lost {
		fmt.Fprintf(w, "%s  not %s %s: %s\n", in, l.What, l.Candidate, l.Because)
	}
	for _, d := range append(append([]Delta(nil), sc.Changes...), sc.Counts...) {
		fmt.Fprintf(w, "%s  %s from %s to %s\n", in, d.Name, d.From, d.To)
	}
}

// talk carries out commands and tells where the reader is.
func talk(b *bufio.Writer, s *Session, in io.Reader) error {
	fmt.Fprintln(b, "Type a command and Enter; help lists them, quit ends. Enter alone is one step on.")
	last := 0
	tell := func() error {
		sc := s.Scene()
		if sc.Notice != "" {
			fmt.Fprintln(b, sc.Notice+".")
		}
		if sc.Packet != last {
			last = sc.Packet
			head(b, &sc)
			fmt.Fprintln(b, s.ending(sc.Packet))
		}
		fmt.Fprintf(b, "Step %d of %d, %s seconds, %s.\n", sc.Step, sc.Steps, sc.Clock, sc.Who)
		line(b, &sc, false)
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
			fmt.Fprintln(b, "  state: the values of the objects at hand\n  stack: the calls that are open\n  where: this place again")
		case "state":
			sc := s.Scene()
			for _, p := range sc.Panels {
				fmt.Fprintf(b, "%s:\n", p.Title)
				for _, v := range p.Values {
					fmt.Fprintf(b, "  %s is %s\n", v.Name, v.Value)
				}
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
