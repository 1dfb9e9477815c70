package nft

import (
	"strconv"
	"strings"
)

// A failure is a complaint about the input, at one or more places.
type failure struct {
	msg  string
	locs []loc
	warn bool

	kernel bool    // the kernel said so
	noSet  *string // a set of this name is missing
}

func (f *failure) Error() string { return f.msg }

// write prints it as nft does: the message, the line, and carets under it.
func (f *failure) write(b *strings.Builder) {
	if len(f.locs) == 0 || f.locs[0].src == nil {
		b.WriteString("Error: " + f.msg + "\n")
		return
	}
	l := f.locs[0]
	pre := "In file included from "
	for f := l.src.from; f != nil; f = f.src.from {
		b.WriteString(pre + f.src.name + ":" + strconv.Itoa(f.line) + ":" + strconv.Itoa(f.first) + "-" + strconv.Itoa(f.end) + ":\n")
		pre = "                 from "
	}
	if l.src.name != "" {
		b.WriteString(l.src.name + ":" + strconv.Itoa(l.line) + ":" + strconv.Itoa(l.first) + "-" + strconv.Itoa(l.end) + ": ")
	}
	b.WriteString("Error: " + f.msg + "\n")
	if l.line == 0 { // nft's own, or JSON
		b.WriteString("\n")
		return
	}
	line := ""
	if l.line-1 < len(l.src.lines) {
		line = l.src.lines[l.line-1]
	} else if n := len(l.src.lines); n > 0 { // the end of the file
		line = l.src.lines[n-1]
	}
	b.WriteString(line + "\n")
	end := 0
	for _, m := range f.locs {
		if m.src == l.src && m.line == l.line {
			end = max(end, m.end)
		}
	}
	carets := make([]byte, end)
	for i := range carets {
		carets[i] = ' '
		if i < len(line) && line[i] == '\t' {
			carets[i] = '\t'
		}
	}
	for k := len(f.locs) - 1; k >= 0; k-- {
		m := f.locs[k]
		if m.src != l.src || m.line != l.line {
			continue
		}
		for i := max(0, m.first-1); i < m.end && i < len(carets); i++ {
			carets[i] = '^'
			if k > 0 {
				carets[i] = '~'
			}
		}
	}
	b.WriteString(string(carets) + "\n")
}

func errAt(l loc, msg string, more ...loc) *failure {
	return &failure{msg: msg, locs: append([]loc{l}, more...)}
}
