package pcaps

import (
	"bytes"
	"embed"
	"strings"
)

//go:embed index.txt captures/*.pcapng captures/*.host
var bundled embed.FS

// Entry is one bundled capture.
type Entry struct {
	Name  string // "ping"
	File  string // "captures/ping.pcapng"
	Local string // address of the host that captured, whose stack is walked
	Shows string // one sentence on what can be seen in it
}

// Bundled lists the bundled captures in the order of index.txt.
func Bundled() []Entry {
	b, err := bundled.ReadFile("index.txt")
	if err != nil {
		return nil
	}
	var list []Entry
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\r\n")
		p := strings.Split(line, "\t")
		if len(p) == 4 && !strings.HasPrefix(line, "#") {
			list = append(list, Entry{Name: p[0], File: "captures/" + p[1], Local: p[2], Shows: p[3]})
		}
	}
	return list
}

// Lookup finds a bundled capture by its name, with or without ".pcapng".
func Lookup(name string) (Entry, bool) {
	name = strings.TrimSuffix(name, ".pcapng")
	for _, e := range Bundled() {
		if e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// Open opens the capture.
func (e Entry) Open() (*Reader, error) {
	b, err := bundled.ReadFile(e.File)
	if err != nil {
		return nil, openError(e.Name, err)
	}
	return New(bytes.NewReader(b), e.Name)
}

// Host returns the set-up of the host that captured: the commands of ip,
// sysctl and ethtool that make one like it, and comments: those that begin with
// "# app:" are on what its programs did, "#:" tells what no frame does (see
// stack.ParsePrograms).
func (e Entry) Host() string {
	b, err := bundled.ReadFile(strings.TrimSuffix(e.File, ".pcapng") + ".host")
	if err != nil {
		return ""
	}
	return string(b)
}
