package step

import _ "embed"

// checked.txt says how each function was checked: sorted lines of
// "function how where". `packetwalk verify --score --update` writes it.
//
//go:embed checked.txt
var checked string

// A Check says how the model's version of a kernel function was checked.
type Check uint8

// How a function was checked, from nothing at all to the kernel itself.
const (
	Unchecked       Check = iota // by its own tests only
	Simplified                   // it does less than the kernel, on purpose
	CheckedByRFC                 // against the text of a standard
	CheckedByDrill               // against packetdrill scripts
	CheckedByKernel              // against a recording of Linux 6.18
)

var checkNames = [...]string{"unchecked", "simplified", "RFC", "packetdrill", "kernel"}

// String is the word for a badge: "kernel", "packetdrill", "RFC", "simplified",
// "unchecked".
func (c Check) String() string { return checkNames[c] }

// Checked says how a function was checked and where: the name of a recording
// that shows it, a packetdrill script, "RFC 9293 3.10.7.4", or what was left
// out. Where is empty for Unchecked.
func Checked(s Step) (how Check, where string) { return CheckedName(s.String()) }

// CheckedDrop says the same of a reason why packets are dropped, CheckedMIB of a
// counter.
func CheckedDrop(r DropReason) (how Check, where string) { return CheckedName("drop:" + r.String()) }

// CheckedMIB says how a counter was checked.
func CheckedMIB(m MIB) (how Check, where string) { return CheckedName("mib:" + m.String()) }

// CheckedName finds a line of the table by its first word.
func CheckedName(fn string) (how Check, where string) {
	for rest := checked; fn != "" && rest != ""; {
		line := rest
		if i := indexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = ""
		}
		i := indexByte(line, ' ')
		if i < 0 || line[:i] != fn {
			continue
		}
		line = line[i+1:]
		if i = indexByte(line, ' '); i < 0 {
			i = len(line)
		}
		for c, name := range checkNames {
			if name == line[:i] {
				return Check(c), line[min(i+1, len(line)):]
			}
		}
	}
	return Unchecked, ""
}

// indexByte is where a byte stands in a text, -1 if nowhere.
func indexByte(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}
