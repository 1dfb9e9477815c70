package oracle

import (
	"fmt"
	"strings"
)

// A Machine is one simulated host that can be held against a recording. Times
// are nanoseconds since the recording began; time 0 comes at least 350 ms after
// the last Setup.
type Machine interface {
	// Setup runs one command of the set-up, in the syntax of the real tool
	// (several lines if it is `nft -f -` with a here document).
	Setup(cmd string) error
	// Frame lets a frame arrive on a device. The machine must not change b.
	Frame(dev string, at int64, b []byte)
	// Call lets the program on the host make a call, when the one before is
	// done and not before the time; its outcome appears in Facts.Calls under
	// c.N. Commands, carrier changes and injected frames come this way too.
	Call(at int64, c Call)
	// Run lets time pass until (and including) a time.
	Run(until int64)
	// Facts are what happened so far. The caller does not change them.
	Facts() Facts
}

// Drive plays the set-up and the inputs of a host to a machine and returns its
// facts, with the counters of each phase. It fails only in the set-up.
func Drive(h Host, m Machine) (Facts, error) {
	for _, c := range h.Setup {
		if err := m.Setup(c); err != nil {
			c, _, _ = strings.Cut(c, "\n")
			return m.Facts(), fmt.Errorf("%s: %w", c, err)
		}
	}
	m.Run(0)
	last := copyMIB(m.Facts().MIB)
	var phases []Phase
	for _, in := range h.Inputs {
		m.Run(in.T)
		switch {
		case in.Frame != nil:
			m.Frame(in.Dev, in.T, in.Frame)
		case in.Call != nil:
			m.Call(in.T, *in.Call)
		case in.Point != "":
			now := copyMIB(m.Facts().MIB)
			phases = append(phases, Phase{Until: in.Point, T: in.T, Counters: minus(now, last)})
			last = now
		}
	}
	m.Run(h.Until)
	f := m.Facts()
	f.Phases = phases
	return f, nil
}

// Run plays a host to a machine and says where the machine differs from the
// kernel.
func Run(h Host, m Machine) []Difference {
	f, err := Drive(h, m)
	if err != nil {
		return []Difference{{h.Scenario, h.Name, "setup", err.Error()}}
	}
	return Compare(h, f)
}

func copyMIB(m map[string]int64) map[string]int64 {
	o := make(map[string]int64, len(m))
	for k, v := range m {
		o[k] = v
	}
	return o
}

// minus is what changed, and by how much.
func minus(now, last map[string]int64) map[string]int64 {
	o := map[string]int64{}
	for k, v := range now {
		if d := v - last[k]; d != 0 {
			o[k] = d
		}
	}
	for k, v := range last {
		if _, ok := now[k]; !ok && v != 0 {
			o[k] = -v
		}
	}
	return o
}
