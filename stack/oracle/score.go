package oracle

import (
	"fmt"
	"sort"
	"strings"

	"github.com/packetwalk/packetwalk/stack/step"
)

// A Score says what of the model the recordings of the real kernel show: of each
// function, drop reason and counter the name of a recording in which the model
// agrees with the kernel and which exercises it.
type Score struct {
	Steps map[step.Step]string
	Drops map[step.DropReason]string
	MIB   map[step.MIB]string
	// Shown are the functions that the kernel itself shows in the recording that
	// is named in Steps: in a stack, or as the place of something.
	Shown map[step.Step]bool
	// Recordings counts those that agree wholly, and all.
	Agree, Recordings int
}

// NewScore is a score of nothing.
func NewScore() *Score {
	return &Score{Steps: map[step.Step]string{}, Drops: map[step.DropReason]string{}, MIB: map[step.MIB]string{}, Shown: map[step.Step]bool{}}
}

// Recorded plays the recorded hosts of a scenario to the model. What a host
// exercises counts if the model agrees with the kernel in all that it may be
// held to.
func (s *Score) Recorded(sc Scenario) error {
	s.Recordings++
	whole := true
	for _, h := range sc.Hosts {
		if h.Untraced {
			continue
		}
		m, err := NewModel(h)
		if err != nil {
			return err
		}
		f, err := Drive(h, m)
		if err != nil || len(Required(h, Compare(h, f))) > 0 {
			whole = false
			continue
		}
		shown := map[string]bool{}
		for _, r := range h.Rows {
			for _, st := range r.Steps {
				for _, n := range []string{"at", "by", "consumed"} {
					fn, _, _ := strings.Cut(st.Get(n), ".")
					shown[fn] = true
				}
				s.drop(st, sc.Name)
			}
		}
		s.entered(&m.(*model).listener, shown, sc.Name)
		for _, p := range h.MIB {
			for k, v := range p.Counters {
				if v != 0 {
					s.counter(k, sc.Name)
				}
			}
		}
	}
	if whole {
		s.Agree++
	}
	return nil
}

// Lab runs a lab in the model and holds it against its recording. A namespace's
// facts count if all of them agree.
func (s *Score) Lab(name, text string, want *LabFacts) error {
	s.Recordings++
	m := newLabModel(name, want.Options())
	got, err := m.run(text)
	if err != nil {
		return err
	}
	bad := map[string]bool{}
	for _, f := range CompareLab(want, got) {
		if len(f.Diff) > 0 {
			bad[f.Host] = true
		}
	}
	name = strings.TrimSuffix(name, ".sh")
	shown := map[string]bool{}
	for i := range want.Hosts {
		h := &want.Hosts[i]
		if bad[h.Name] {
			continue
		}
		for _, st := range h.Steps {
			s.drop(st.Step, name)
			for _, fn := range st.Chain {
				shown[fn] = true
			}
		}
		for k, v := range h.MIB {
			if v != 0 {
				s.counter(k, name)
			}
		}
	}
	if len(bad) == 0 {
		s.Agree++
		s.entered(&m.listener, shown, name)
	} else {
		for fn := range shown {
			s.step(step.ByName(fn), true, name)
		}
	}
	return nil
}

func (s *Score) entered(l *listener, shown map[string]bool, where string) {
	for st := range l.entered {
		s.step(st, shown[st.String()], where)
	}
}

func (s *Score) step(st step.Step, shown bool, where string) {
	old, ok := s.Steps[st]
	switch {
	case st == 0:
	case !ok || shown && !s.Shown[st] || shown == s.Shown[st] && where < old:
		s.Steps[st] = where
		s.Shown[st] = shown
	}
}

func (s *Score) drop(st Step, where string) {
	if st.Kind != "drop" {
		return
	}
	for _, r := range dropReasons() {
		if old, ok := s.Drops[r]; r.String() == st.Get("drop") && (!ok || where < old) {
			s.Drops[r] = where
		}
	}
}

func (s *Score) counter(name, where string) {
	for m := step.MIB(0); m < step.NumMIB; m++ {
		if old, ok := s.MIB[m]; m.String() == name && (!ok || where < old) {
			s.MIB[m] = where
		}
	}
}

// dropReasons are all reasons that the catalogue has a name for.
func dropReasons() []step.DropReason {
	var out []step.DropReason
	for r := step.DropReason(2); r < 255; r++ {
		if !strings.HasPrefix(r.String(), "reason ") && r.String() != "" {
			out = append(out, r)
		}
	}
	return out
}

// namedMIB are the counters that have names of their own; ICMP's 1024 counters
// of types do not count.
func namedMIB() []step.MIB {
	var out []step.MIB
	for m := step.MIB(0); m < step.IcmpMsgInType0; m++ {
		out = append(out, m)
	}
	return out
}

// Table is stack/step/checked.txt: what the score knows, and what a person wrote
// about the rest (lines of the same form).
func (s *Score) Table(byHand string) string {
	lines := map[string]string{}
	for _, l := range strings.Split(byHand, "\n") {
		if name, rest, ok := strings.Cut(l, " "); ok && !strings.HasPrefix(l, "#") {
			lines[name] = rest
		}
	}
	for st, where := range s.Steps {
		lines[st.String()] = "kernel " + where
	}
	for r, where := range s.Drops {
		lines["drop:"+r.String()] = "kernel " + where
	}
	for m, where := range s.MIB {
		lines["mib:"+m.String()] = "kernel " + where
	}
	var b strings.Builder
	b.WriteString("# How each function, drop reason (drop:) and counter (mib:) was checked: name, how, where.\n# Made by packetwalk verify --score --update from the recordings and checked_by_hand.txt.\n")
	for _, k := range sortedKeys(lines) {
		b.WriteString(k + " " + lines[k] + "\n")
	}
	return b.String()
}

// A Part is one of the three lists of a score.
type Part struct {
	Name    string
	Known   int
	Of      int
	Missing []string // sorted; of functions with how else they were checked
}

// Checked sums up a table of the form of stack/step/checked.txt.
func Checked(has func(name string) (how string)) []Part {
	fns, drops, mib := Part{Name: "functions"}, Part{Name: "drop reasons"}, Part{Name: "counters"}
	count := func(p *Part, name, show string) {
		p.Of++
		switch how := has(name); how {
		case "kernel":
			p.Known++
		case "", "unchecked":
			p.Missing = append(p.Missing, show)
		default:
			p.Missing = append(p.Missing, fmt.Sprintf("%s (%s)", show, how))
		}
	}
	step.Each(func(_ step.Step, i *step.Info) { count(&fns, i.Func, i.Func) })
	for _, r := range dropReasons() {
		count(&drops, "drop:"+r.String(), r.String())
	}
	for _, m := range namedMIB() {
		count(&mib, "mib:"+m.String(), m.String())
	}
	out := []Part{fns, drops, mib}
	for i := range out {
		sort.Strings(out[i].Missing)
	}
	return out
}
