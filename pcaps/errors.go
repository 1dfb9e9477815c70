package pcaps

import (
	"strconv"
	"strings"
)

// Error says in one line what is wrong with a capture and what to do.
type Error struct {
	File   string // name as the user gave it
	Offset int64  // byte in the (uncompressed) capture; -1 when no place in it is meant
	What   string // what is wrong
	Do     string // what to do about it
	Err    error  // the cause, when the system gave one; else nil
}

// Error returns "FILE: byte OFFSET: WHAT; DO" on one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(oneLine(e.File))
	if e.Offset >= 0 {
		b.WriteString(": byte ")
		b.WriteString(strconv.FormatInt(e.Offset, 10))
	}
	b.WriteString(": ")
	b.WriteString(oneLine(e.What))
	if e.Do != "" {
		b.WriteString("; ")
		b.WriteString(e.Do)
	}
	return b.String()
}

// Unwrap returns the cause, for errors.Is.
func (e *Error) Unwrap() error { return e.Err }

// oneLine keeps text that came from a file name or a capture on one line and
// free of control characters.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return '?'
		}
		return r
	}, s)
}
