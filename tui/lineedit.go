package tui

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/term"

	"github.com/packetwalk/packetwalk/stack/view"
)

// A LineReader reads lines on a terminal, with editing, history and completion.
type LineReader struct {
	in       *os.File
	r        *bufio.Reader
	out      io.Writer
	complete func(line string) (from int, words []string)
	hist     *history
	ed       editor
}

// ErrInterrupted says that the reader gave a line up with ctrl+c.
var ErrInterrupted = errors.New("interrupted")

// NewLineReader reads lines from a terminal. complete says what the last word of
// a line may be, and where it begins; nil: nothing is completed. What was typed is
// kept in the state's folder.
func NewLineReader(in *os.File, out io.Writer, getenv func(string) string, complete func(string) (int, []string)) *LineReader {
	return &LineReader{in: in, r: bufio.NewReader(in), out: out, complete: complete, hist: loadHistory(getenv)}
}

// Line reads one line. At the end of input it is io.EOF.
func (l *LineReader) Line(prompt string) (string, error) {
	old, err := term.MakeRaw(l.in.Fd())
	if err != nil {
		return "", err
	}
	defer term.Restore(l.in.Fd(), old) //nolint:errcheck // there is nothing else to do
	l.ed = editor{}
	for {
		w, _, err := term.GetSize(l.in.Fd())
		if err != nil || w < 20 {
			w = 80
		}
		io.WriteString(l.out, l.ed.draw(prompt, w)) //nolint:errcheck // the terminal is gone, then so is the input
		key, err := readKey(l.r)
		if err != nil {
			return "", err
		}
		switch key {
		case "enter":
			io.WriteString(l.out, "\r\n") //nolint:errcheck // as above
			line := string(l.ed.text)
			l.hist.add(line)
			return line, nil
		case "ctrl+c":
			io.WriteString(l.out, "^C\r\n") //nolint:errcheck // as above
			return "", ErrInterrupted
		case "ctrl+d":
			if len(l.ed.text) == 0 {
				io.WriteString(l.out, "\r\n") //nolint:errcheck // as above
				return "", io.EOF
			}
			l.ed.delete(1)
		case "up", "ctrl+p":
			l.ed.set(l.hist.move(-1, string(l.ed.text)))
		case "down", "ctrl+n":
			l.ed.set(l.hist.move(1, string(l.ed.text)))
		case "tab":
			l.tab()
		case "ctrl+l":
			io.WriteString(l.out, "\x1b[2J\x1b[H") //nolint:errcheck // as above
		default:
			l.ed.key(key)
		}
	}
}

// tab completes the word before the cursor as far as all that fits agrees, and
// else lists it.
func (l *LineReader) tab() {
	if l.complete == nil {
		return
	}
	line := string(l.ed.text[:l.ed.at])
	from, words := l.complete(line)
	if len(words) == 0 {
		return
	}
	c := common(words)
	if len(words) == 1 {
		c += " "
	}
	if len(c) > len(line)-from {
		rest := string(l.ed.text[l.ed.at:])
		l.ed.set(line[:from] + c + rest)
		l.ed.at = utf8.RuneCountInString(line[:from] + c)
		return
	}
	text := strings.Join(words[:min(len(words), 60)], "  ")
	if n := len(words) - 60; n > 0 {
		text += fmt.Sprintf("  and %d more", n)
	}
	fmt.Fprintf(l.out, "\r\n%s\r\n", view.Clean(text))
}

// An editor is a line that is being edited.
type editor struct {
	text []rune
	at   int // the cursor
}

func (e *editor) set(s string) { e.text, e.at = []rune(s), utf8.RuneCountInString(s) }

// delete takes n characters away from the cursor on; negative: before it.
func (e *editor) delete(n int) {
	from, to := e.at, e.at+n
	if n < 0 {
		from, to = to, from
	}
	from, to = max(0, from), min(len(e.text), to)
	e.text = append(e.text[:from:from], e.text[to:]...)
	e.at = from
}

// wordBack is where the word before the cursor begins.
func (e *editor) wordBack() int {
	i := e.at
	for i > 0 && e.text[i-1] == ' ' {
		i--
	}
	for i > 0 && e.text[i-1] != ' ' {
		i--
	}
	return i
}

func (e *editor) wordOn() int {
	i := e.at
	for i < len(e.text) && e.text[i] == ' ' {
		i++
	}
	for i < len(e.text) && e.text[i] != ' ' {
		i++
	}
	return i
}

// maxLine is how long a line may be, in characters.
const maxLine = 1 << 14

// key does what a key stands for; what is no key's name is typed.
func (e *editor) key(k string) {
	switch k {
	case "left", "ctrl+b":
		e.at = max(0, e.at-1)
	case "right", "ctrl+f":
		e.at = min(len(e.text), e.at+1)
	case "home", "ctrl+a":
		e.at = 0
	case "end", "ctrl+e":
		e.at = len(e.text)
	case "alt+b", "ctrl+left":
		e.at = e.wordBack()
	case "alt+f", "ctrl+right":
		e.at = e.wordOn()
	case "backspace", "ctrl+h":
		e.delete(-1)
	case "delete":
		e.delete(1)
	case "ctrl+u":
		e.delete(-e.at)
	case "ctrl+k":
		e.delete(len(e.text) - e.at)
	case "ctrl+w":
		e.delete(e.wordBack() - e.at)
	default:
		r, n := utf8.DecodeRuneInString(k)
		if k == "" || n != len(k) || !unicode.IsPrint(r) || len(e.text) >= maxLine {
			return
		}
		e.text = append(e.text[:e.at:e.at], append([]rune{r}, e.text[e.at:]...)...)
		e.at++
	}
}

// draw is the line with its prompt for w cells, and the cursor where it belongs.
func (e *editor) draw(prompt string, w int) string {
	room := max(8, w-utf8.RuneCountInString(prompt)-1)
	from := max(0, e.at-room)
	to := min(len(e.text), from+room)
	s := "\r" + prompt + string(e.text[from:to]) + "\x1b[K"
	if back := to - e.at; back > 0 {
		s += fmt.Sprintf("\x1b[%dD", back)
	}
	return s
}

// Sequences of keys that a terminal sends.
var sequences = map[string]string{"[A": "up", "[B": "down", "[C": "right", "[D": "left", "OA": "up", "OB": "down", "OC": "right", "OD": "left", "[H": "home", "[F": "end", "OH": "home", "OF": "end",
	"[1~": "home", "[4~": "end", "[7~": "home", "[8~": "end", "[3~": "delete", "[1;5C": "ctrl+right", "[1;5D": "ctrl+left", "b": "alt+b", "f": "alt+f"}

// readKey reads one key: its name, or the character.
func readKey(r *bufio.Reader) (string, error) {
	c, _, err := r.ReadRune()
	if err != nil {
		return "", err
	}
	switch {
	case c == '\r' || c == '\n':
		return "enter", nil
	case c == '\t':
		return "tab", nil
	case c == 127 || c == 8:
		return "backspace", nil
	case c == 27:
		return escape(r), nil
	case c < 32:
		return "ctrl+" + string(rune('a'+c-1)), nil
	}
	return string(c), nil
}

// escape reads what follows an escape character.
func escape(r *bufio.Reader) string {
	var s []byte
	for len(s) < 64 && r.Buffered() > 0 {
		b, err := r.ReadByte()
		if err != nil {
			break
		}
		s = append(s, b)
		if len(s) > 1 && (b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b == '~') || len(s) == 1 && b != '[' && b != 'O' {
			break
		}
	}
	return sequences[string(s)]
}
