package walk

import (
	"errors"
	"reflect"
	"sort"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/drill"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A Script is a lab: a shell script that builds a network and asks it
// questions.
type Script struct {
	Name, Text string
	Args       []string
	Seed       uint64
	Do         []Change      // what-ifs, in the order of time
	Live       *Inputs       // a machine with a way out, in place of a script; nil: none
	Drill      *drill.Config // Text is a packetdrill script; nil: of the shell
}

// A Lab is a script that is walked. What a Walk calls a frame is here one
// thing that happens: a line of the script, a packet in all the hosts that it
// comes to, a system call or a timer that concerns no packet. A lab is the same
// each time it runs: to look at what is kept no more, or at a moment as a
// whole, it runs again.
type Lab struct {
	script  Script
	now     *labRun // the run that makes the index
	items   []*item
	of      map[uint32]int // by the packet's number in the model: the item
	whose   []int32        // of every event, in order: the item
	ticks   []int          // how many events there were when each tick began
	rounds  []int          // and when processes had run in it
	out     []Output
	rules   []RuleSet
	confs   []hostConfig
	confAt  int // items when they were looked at last
	names   *LabNames
	paths   map[uint32]uint16
	pathN   []*PathInfo
	whole   *Chunk   // everything, up to keepEvents
	script1 int      // the item of the script's line, from 1
	kept    int      // ticks that whole holds
	late    *stretch // the end of the run, as long as it goes on
	early   *stretch // and what was before that
	cache   []*Chunk
	bases   map[*Chunk]int // the first event's number in the whole lab
	done    bool
	cut     bool // it did not come to its end: it is too long
	held    int  // bytes of frames that are kept
	status  int
	err     error
	counts  []HostCounters
	past    past // of a machine with a way out: what is forgotten
}

// keepEvents is how many events are kept; a longer lab is run again to look at
// what comes later.
const keepEvents = 400000

// What bounds the index of a lab that never ends.
const (
	maxItems  = 1 << 20
	maxEvents = 20e6
)

// An ItemKind is a kind of thing that happens in a lab.
type ItemKind uint8

// The kinds.
const (
	ItemPacket ItemKind = iota
	ItemLine            // the script comes to a line
	ItemCall            // a system call without a packet
	ItemWork            // the kernel's own work: a timer
)

// An Item is what a reader is told of one thing that happens.
type Item struct {
	Kind ItemKind
	Line int // of the script
	Host uint8
	Code step.Step // of a call: the function
	Ends bool      // of a line: the script has ended
}

// An Output is a piece of what the script has printed.
type Output struct {
	Event int // so many events there were
	Text  string
	Err   bool
}

// A HostCounters are the counters of a host at the end.
type HostCounters struct {
	Host uint8
	Name string
	MIB  [step.NumMIB]uint64
}

// OpenLab begins to walk a lab. The index is made by Advance.
func OpenLab(s Script) (k *Lab, err error) {
	k = &Lab{script: s, of: map[uint32]int{}, paths: map[uint32]uint16{}, bases: map[*Chunk]int{}}
	k.names = &LabNames{hosts: map[uint8]string{}, seen: map[uint8]*stack.Host{}, devs: map[[2]int]string{}}
	if k.now, err = newLabRun(&k.script); err != nil {
		return nil, err
	}
	k.now.mode(trace.Record)
	k.whole = &Chunk{story: map[int][]int{}, state: State{}}
	return k, nil
}

// Status is the script's exit status once it has ended, and the limit that
// stopped it.
func (k *Lab) Status() (int, error) { return k.status, k.err }

// Cut reports whether the walk ends before the lab does, because it is too long.
func (k *Lab) Cut() bool { return k.cut }

// Len is how many things have happened so far.
func (k *Lab) Len() int { return k.past.items + len(k.items) }

// Indexed is the same: what has happened is in the index.
func (k *Lab) Indexed() int { return k.Len() }

// Packet is the summary of an item.
func (k *Lab) Packet(i int) Summary { return k.item(i).summary() }

// Item tells what an item is.
func (k *Lab) Item(i int) Item {
	it := k.item(i)
	return Item{it.kind, it.line, it.host, it.code, it.ends}
}

// Frame is the packet of an item as it was on the first device; without bytes
// if it was on none.
func (k *Lab) Frame(i int) (pcaps.Frame, error) {
	if i < 0 || i >= k.Len() {
		return pcaps.Frame{}, errors.New("there is no such packet")
	}
	it := k.item(i)
	link := pcaps.LinkEthernet
	if it.raw {
		link = pcaps.LinkRaw
	}
	return pcaps.Frame{N: i + 1, At: it.at, Data: it.bytes, OrigLen: int(it.len), Link: link, Queue: -1}, nil
}

// Script is the script that is walked.
func (k *Lab) Script() Script {
	s := k.script
	if s.Live != nil {
		s.Name, s.Text = s.Live.Name, s.Live.text()
	}
	return s
}

// Output is what the script had printed when so many events had happened.
func (k *Lab) Output(events int) []Output {
	n := sort.Search(len(k.out), func(i int) bool { return k.out[i].Event > events })
	return k.out[:n]
}

// A hostConfig is how a host was set up from an event on.
type hostConfig struct {
	event int
	host  uint8
	conf  stack.Config
}

// configOf keeps how a host is set up, if that has changed.
func (k *Lab) configOf(h *stack.Host) {
	c := h.Config()
	for i := len(k.confs) - 1; i >= 0; i-- {
		if k.confs[i].host == h.NS.Host {
			if reflect.DeepEqual(c, k.confs[i].conf) {
				return
			}
			break
		}
	}
	k.confs = append(k.confs, hostConfig{k.total(), h.NS.Host, c})
}

// Config is how a host was set up when the script came to the line that runs
// after so many events; nil if that is not known.
func (k *Lab) Config(host uint8, events int) *stack.Config {
	for i := len(k.confs) - 1; i >= 0; i-- {
		if k.confs[i].host == host && k.confs[i].event <= events {
			return &k.confs[i].conf
		}
	}
	return nil
}

// Rules is what was set up at the hooks of a host when so many events had
// happened, nil if nothing.
func (k *Lab) Rules(host uint8, events int) *RuleSet { return rulesAt(k.rules, host, events) }

// Counters are those of each host at the end.
func (k *Lab) Counters() []HostCounters { return k.counts }

// Base is the number that a chunk's first event has in the whole lab.
func (k *Lab) Base(c *Chunk) int { return k.bases[c] }

// Names resolves the names of hosts and devices.
func (k *Lab) Names() *LabNames { return k.names }

// Paths lists the ways that packets took.
func (k *Lab) Paths() []*PathInfo { return k.pathN }

// maxPrinted is how much of the output is kept, in bytes.
const maxPrinted = 4 << 20
