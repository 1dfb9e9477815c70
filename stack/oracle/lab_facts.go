package oracle

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// LabFacts are what one kernel, the real one or the model, did with a lab
// script.
type LabFacts struct {
	Lab    string
	Kernel string // "6.18.44", or "model"
	Traced bool   // every packet was traced through nftables
	Status int    // exit status of the script
	Stdout string
	Stderr string
	Hosts  []HostFacts // namespaces, in the order in which they were made
	// Sysctl are settings of the recorded machine that are not the model's
	// defaults: most hang on how much memory it has.
	Sysctl map[string]string
	// Without lists what could not be recorded, one line each.
	Without []string
	// NotModelled lists what the model met and does not do.
	NotModelled []string

	sends int // of the model: system calls after which a scheduler may go elsewhere
}

// HostFacts are those of one network namespace.
type HostFacts struct {
	Name   string
	Frames []LabFrame
	Steps  []LabStep // tracepoints, in order
	NFT    [][]NFTStep
	CT     []string // conntrack's events, as `conntrack -E` has them
	MIB    map[string]int64
	Tables map[string]string // a command, and what it printed at the end
	MACs   map[string]string // Ethernet address: device
}

// A LabFrame is a frame on a device.
type LabFrame struct {
	At      int64 // ns; not compared
	Dev     string
	Out     bool
	Partial bool // the checksum is left for the device
	Bytes   []byte
}

// A LabStep is a tracepoint with the functions that led to it, outermost first,
// from the last entry into the kernel on.
type LabStep struct {
	Step
	Chain []string
}

// LabTables are the commands whose output belongs to the facts of a namespace.
var LabTables = []string{"ip -s link", "ip addr", "ip neigh", "ip -4 route show table all", "ip -6 route show table all", "ip rule", "nft -a list ruleset", "conntrack -L -o extended", "ss -tuna"}

// labJSON is the form of LabFacts in a file: every text stands there once, and
// is named by its number.
type labJSON struct {
	Lab         string            `json:"lab"`
	Kernel      string            `json:"kernel"`
	Traced      bool              `json:"traced,omitempty"`
	Status      int               `json:"status"`
	Stdout      string            `json:"stdout"`
	Stderr      string            `json:"stderr,omitempty"`
	Sysctl      map[string]string `json:"sysctl,omitempty"`
	Without     []string          `json:"without,omitempty"`
	NotModelled []string          `json:"not_modelled,omitempty"`
	Texts       []string          `json:"texts"`
	Hosts       []hostJSON        `json:"hosts"`
}

type hostJSON struct {
	Name   string            `json:"name"`
	Frames [][4]int          `json:"frames,omitempty"` // device, flags (1 out, 2 partial), µs, bytes
	Steps  [][2]int          `json:"steps,omitempty"`  // step, chain
	NFT    [][]int           `json:"nft,omitempty"`
	CT     []string          `json:"conntrack,omitempty"`
	MIB    map[string]int64  `json:"mib,omitempty"`
	Tables map[string]string `json:"tables,omitempty"`
	MACs   map[string]string `json:"macs,omitempty"`
}

type texts struct {
	list []string
	at   map[string]int
}

func (t *texts) put(s string) int {
	if n, ok := t.at[s]; ok {
		return n
	}
	t.list = append(t.list, s)
	t.at[s] = len(t.list) - 1
	return len(t.list) - 1
}

// MarshalJSON writes the form of the recordings of labs: NAME.facts.json.
func (f LabFacts) MarshalJSON() ([]byte, error) {
	t := texts{at: map[string]int{}}
	o := labJSON{Lab: f.Lab, Kernel: f.Kernel, Traced: f.Traced, Status: f.Status, Stdout: f.Stdout, Stderr: f.Stderr, Sysctl: f.Sysctl, Without: f.Without, NotModelled: f.NotModelled}
	for _, h := range f.Hosts {
		j := hostJSON{Name: h.Name, CT: h.CT, MIB: map[string]int64{}, Tables: h.Tables, MACs: h.MACs}
		for k, v := range h.MIB {
			if v != 0 {
				j.MIB[k] = v
			}
		}
		for _, x := range h.Frames {
			flags := 0
			if x.Out {
				flags |= 1
			}
			if x.Partial {
				flags |= 2
			}
			j.Frames = append(j.Frames, [4]int{t.put(x.Dev), flags, int(x.At / 1000), t.put(hex.EncodeToString(x.Bytes))})
		}
		for _, s := range h.Steps {
			j.Steps = append(j.Steps, [2]int{t.put(s.text()), t.put(strings.Join(s.Chain, " "))})
		}
		for _, l := range h.NFT {
			var n []int
			for _, s := range l {
				n = append(n, t.put(strings.Join([]string{s.At, s.Type, s.Rule, s.Verdict}, "\t")))
			}
			j.NFT = append(j.NFT, n)
		}
		o.Hosts = append(o.Hosts, j)
	}
	o.Texts = t.list
	return json.Marshal(o)
}

// text is a step with its kind and fields.
func (s Step) text() string {
	w := []string{s.Kind}
	for _, f := range s.Fields {
		w = append(w, f.Name+"="+f.Value)
	}
	return strings.Join(w, "\t")
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *LabFacts) UnmarshalJSON(b []byte) error {
	var o labJSON
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	var bad error
	text := func(n int) string {
		if n < 0 || n >= len(o.Texts) {
			bad = fmt.Errorf("there is no text %d", n)
			return ""
		}
		return o.Texts[n]
	}
	*f = LabFacts{Lab: o.Lab, Kernel: o.Kernel, Traced: o.Traced, Status: o.Status, Stdout: o.Stdout, Stderr: o.Stderr, Sysctl: o.Sysctl, Without: o.Without, NotModelled: o.NotModelled}
	for _, j := range o.Hosts {
		h := HostFacts{Name: j.Name, CT: j.CT, MIB: j.MIB, Tables: j.Tables, MACs: j.MACs}
		for _, x := range j.Frames {
			raw, err := hex.DecodeString(text(x[3]))
			if err != nil {
				bad = err
			}
			h.Frames = append(h.Frames, LabFrame{Dev: text(x[0]), Out: x[1]&1 != 0, Partial: x[1]&2 != 0, At: int64(x[2]) * 1000, Bytes: raw})
		}
		for _, x := range j.Steps {
			h.Steps = append(h.Steps, LabStep{parseStep(text(x[0])), strings.Fields(text(x[1]))})
		}
		for _, x := range j.NFT {
			var l []NFTStep
			for _, n := range x {
				w := append(strings.Split(text(n), "\t"), "", "", "", "")
				l = append(l, NFTStep{At: w[0], Type: w[1], Rule: w[2], Verdict: w[3]})
			}
			h.NFT = append(h.NFT, l)
		}
		f.Hosts = append(f.Hosts, h)
	}
	return bad
}

func parseStep(s string) Step {
	w := strings.Split(s, "\t")
	st := Step{Kind: w[0]}
	for _, f := range w[1:] {
		n, v, _ := strings.Cut(f, "=")
		st.Fields = append(st.Fields, Field{n, v})
	}
	return st
}

// host finds a namespace's facts, nil if there is none of that name.
func (f *LabFacts) host(name string) *HostFacts {
	for i := range f.Hosts {
		if f.Hosts[i].Name == name {
			return &f.Hosts[i]
		}
	}
	return nil
}

// Print lists all facts as text, one a line, family by family.
func (f *LabFacts) Print() string {
	var b strings.Builder
	fmt.Fprintf(&b, "lab %s, kernel %s, exit status %d\n", f.Lab, f.Kernel, f.Status)
	n := labNorm(f)
	for i := range f.Hosts {
		h := &f.Hosts[i]
		v := n.view(h)
		for _, fam := range v.order {
			for _, l := range v.lines[fam] {
				fmt.Fprintf(&b, "%s %s: %s\n", h.Name, fam, l.text)
			}
		}
		var names []string
		for k, x := range h.MIB {
			if x != 0 {
				names = append(names, k)
			}
		}
		sort.Strings(names)
		for _, k := range names {
			fmt.Fprintf(&b, "%s mib: %s %d\n", h.Name, k, h.MIB[k])
		}
	}
	return b.String()
}
