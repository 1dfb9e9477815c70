package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
)

// An Error is a line that could not be carried out.
type Error struct {
	File string
	Line int // from 1
	Text string
	What string
}

// Error says it in one line.
func (e *Error) Error() string {
	if e.File == "" {
		return fmt.Sprintf("%s: %q", e.What, e.Text)
	}
	return fmt.Sprintf("%s:%d: %s: %q", e.File, e.Line, e.What, e.Text)
}

// A Script is a parsed set-up: one command a line.
type Script struct {
	Name  string
	Lines []Line
}

// A Line is one command, split into words as a shell would.
type Line struct {
	N     int
	Text  string
	Words []string
}

// Parse splits a script into commands. Empty lines and comments are left out.
func Parse(name, text string) (*Script, error) {
	s := &Script{Name: name}
	for i, l := range strings.Split(text, "\n") {
		words, err := split(l)
		if err != nil {
			return nil, &Error{name, i + 1, l, err.Error()}
		}
		if len(words) > 0 {
			s.Lines = append(s.Lines, Line{i + 1, strings.TrimSpace(l), words})
		}
	}
	return s, nil
}

// split cuts a line into words: blanks separate, quotes hold together, # at
// the start of a word begins a comment.
func split(l string) (words []string, err error) {
	var b strings.Builder
	in, quote := false, rune(0)
	for _, c := range l {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			} else {
				b.WriteRune(c)
			}
		case c == '\'' || c == '"':
			in, quote = true, c
		case c == ' ' || c == '\t' || c == '\r':
			if in {
				words = append(words, b.String())
				b.Reset()
				in = false
			}
		case c == '#' && !in:
			return words, nil
		case c < ' ':
			return nil, fmt.Errorf("a control character")
		default:
			in = true
			b.WriteRune(c)
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote is not closed")
	}
	if in {
		words = append(words, b.String())
	}
	return words, nil
}

// Setup carries a script out on a host.
func (s *Script) Setup(h *stack.Host) error {
	for _, l := range s.Lines {
		if err := Do(h, l.Words); err != nil {
			return &Error{s.Name, l.N, l.Text, err.Error()}
		}
	}
	return nil
}

// Do carries out one command on a host.
func Do(h *stack.Host, w []string) error {
	switch w[0] {
	case "ip":
		return ip(h, w[1:])
	case "sysctl":
		return sysctl(h, w[1:])
	case "ethtool":
		return ethtool(h, w[1:])
	case "true", ":":
		return nil
	}
	return fmt.Errorf("not modelled: the command %s", w[0])
}

// args walks over the words of a command.
type args struct{ w []string }

func (a *args) next() string {
	if len(a.w) == 0 {
		return ""
	}
	s := a.w[0]
	a.w = a.w[1:]
	return s
}

func (a *args) more() bool { return len(a.w) > 0 }

func ethtool(h *stack.Host, w []string) error {
	if len(w) < 2 || w[0] != "-K" {
		return fmt.Errorf("not modelled: ethtool %s", strings.Join(w, " "))
	}
	d := h.NS.DevByName(w[1])
	if d == nil {
		return fmt.Errorf("Cannot get device information: No such device")
	}
	for w = w[2:]; len(w) >= 2; w = w[2:] {
		bit, ok := features[w[0]]
		if !ok {
			return fmt.Errorf("not modelled: the feature %s", w[0])
		}
		switch w[1] {
		case "on":
			d.Features |= bit
		case "off":
			d.Features &^= bit
		default:
			return fmt.Errorf("bad value %s of %s: on or off", w[1], w[0])
		}
	}
	return nil
}
