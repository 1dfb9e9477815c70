// Package drills holds packetdrill scripts that state one TCP behaviour each.
//
// A packetdrill script is a list of system calls and packets with times. The
// lines with "<" are packets that the other side sends, the lines with ">" are
// packets that this host must send, and the others are what a program does and
// what it must get. The scripts here are meant for reading: each begins with
// what it shows and why it is so. They run with "packetwalk drill" in the
// model, and with Google's packetdrill on a real kernel, as root:
//
//	packetdrill nagle.pkt
//
// verified.txt says on which kernel and how often each of them passed;
// mutants.txt lists small changes that the real kernel refuses, and
// agreement.txt what the model does otherwise.
package drills

import (
	"embed"
	"io/fs"
	"sort"
	"strings"
	"sync"
)

//go:embed *.pkt
var files embed.FS

// A Script is one bundled packetdrill script.
type Script struct {
	Name  string // of the file, without .pkt
	Title string // the first paragraph of its comment, without the dot
	About string // the rest of the comment that it begins with; lines are joined
	Text  string // the script
}

// The IP modes that a script can run in.
const (
	IPv4   = "ipv4"             // packets and sockets of IPv4
	IPv6   = "ipv6"             // packets and sockets of IPv6
	Mapped = "ipv4-mapped-ipv6" // packets of IPv4, a socket of IPv6
)

var all = sync.OnceValue(func() []Script {
	names, err := fs.Glob(files, "*.pkt")
	if err != nil {
		return nil
	}
	sort.Strings(names)
	list := make([]Script, 0, len(names))
	for _, n := range names {
		if b, err := files.ReadFile(n); err == nil {
			list = append(list, read(strings.TrimSuffix(n, ".pkt"), string(b)))
		}
	}
	return list
})

// Scripts returns the bundled scripts, sorted by name.
func Scripts() []Script { return append([]Script(nil), all()...) }

// Find returns the script of that name, with or without ".pkt", and whether
// there is one.
func Find(name string) (Script, bool) {
	name = strings.TrimSuffix(name, ".pkt")
	for _, s := range all() {
		if s.Name == name {
			return s, true
		}
	}
	return Script{}, false
}

// Modes returns the IP modes that the script is meant for: one whose name ends
// in v4 or v6 shows something of that version only.
func (s Script) Modes() []string {
	switch {
	case strings.HasSuffix(s.Name, "v6"):
		return []string{IPv6}
	case strings.HasSuffix(s.Name, "v4"):
		return []string{IPv4, Mapped}
	}
	return []string{IPv4, IPv6, Mapped}
}

// read takes the comment that a script begins with apart.
func read(name, text string) Script {
	s := Script{Name: name, Text: text}
	var title, about []string
	first := true
	for _, line := range strings.Split(text, "\n") {
		c, ok := strings.CutPrefix(line, "//")
		if !ok {
			break
		}
		c = strings.TrimSpace(c)
		switch {
		case c == "" && first:
			first = false
		case first:
			title = append(title, c)
		case c == "":
			about = append(about, "\n")
		default:
			about = append(about, c)
		}
	}
	s.Title = strings.TrimSuffix(strings.Join(title, " "), ".")
	s.About = strings.ReplaceAll(strings.Join(about, " "), " \n ", "\n")
	return s
}
