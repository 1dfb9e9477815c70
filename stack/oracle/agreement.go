package oracle

import (
	"fmt"
	"os"
	"strings"
)

// Verdicts of a Line.
const (
	Agrees      = "agrees"
	Differs     = "differs"
	NotModelled = "not modelled"
)

// A Line is one line of the agreement table: how one section of one host fares.
type Line struct {
	Scenario, Host, Section string
	Verdict                 string
	Why                     string // first difference, or what is not modelled
	Note                    string // written by a person; survives regeneration while the verdict stays
}

// Agreement plays every traced host of the scenarios to a fresh machine and
// judges each section that has a fact on either side. A section that differs on
// a host which met something not modelled is not modelled, and so is every
// section of a host whose set-up failed. What the kernel itself did not do
// twice in the same way is marked so.
func Agreement(all []Scenario, machine func(Host) Machine) []Line {
	var out []Line
	for _, s := range all {
		for _, h := range s.Hosts {
			if !h.Untraced {
				out = append(out, judge(h, machine(h))...)
			}
		}
	}
	return out
}

func judge(h Host, m Machine) []Line {
	f, err := Drive(h, m)
	if err != nil {
		var out []Line
		for _, sec := range Sections {
			if Has(h, f, sec) {
				out = append(out, Line{Scenario: h.Scenario, Host: h.Name, Section: sec, Verdict: NotModelled, Why: "set-up: " + one(err.Error())})
			}
		}
		return out
	}
	first := map[string]string{}
	for _, d := range Compare(h, f) {
		if first[d.Section] == "" {
			first[d.Section] = d.Text
		}
	}
	var out []Line
	for _, sec := range Sections {
		if !Has(h, f, sec) {
			continue
		}
		l := Line{Scenario: h.Scenario, Host: h.Name, Section: sec, Verdict: Agrees}
		switch {
		case f.Without[sec] != "":
			l.Verdict, l.Why = NotModelled, one(f.Without[sec])
		case first[sec] != "" && len(f.NotModelled) > 0:
			l.Verdict, l.Why = NotModelled, one(f.NotModelled[0])
		case first[sec] != "":
			l.Verdict, l.Why = Differs, one(first[sec])
			if !h.Holds(sec) {
				l.Why = unstable + l.Why
			}
		}
		out = append(out, l)
	}
	return out
}

// one is the first line of a text, of bearable length, without the separator
// of the table.
func one(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	s = strings.ReplaceAll(s, "|", "/")
	if len(s) > 300 {
		s = s[:300] + "…"
	}
	return strings.TrimSpace(s)
}

// Count is the figure: how many facts agree, and of how many.
func Count(lines []Line) (agree, of int) {
	for _, l := range lines {
		if l.Verdict == Agrees {
			agree++
		}
	}
	return agree, len(lines)
}

// unstable marks what a model may not be held to.
const unstable = "(two real kernels differ here too) "

// Summary counts the verdicts of each section.
func Summary(lines []Line) string {
	var b strings.Builder
	n := map[string]map[string]int{}
	for _, l := range lines {
		if n[l.Section] == nil {
			n[l.Section] = map[string]int{}
		}
		n[l.Section][l.Verdict]++
	}
	for _, sec := range append([]string{"setup"}, Sections...) {
		if v := n[sec]; v != nil {
			fmt.Fprintf(&b, "# %-15s %3d agree, %3d differ, %3d not modelled\n", sec, v[Agrees], v[Differs], v[NotModelled])
		}
	}
	return b.String()
}

// header explains the table to its reader.
const header = `# How far the model agrees with Linux 6.18, section by section of each recorded host.
# The test writes this file (-update) and fails when it no longer tells the truth.
# Not compared: timers that are armed and stopped without firing (the model has no tracepoint there;
# those that fire are seen by what they do), and the recordings' walks and conntrack sections.
# scenario | host | section | agrees, differs or not modelled | first difference | a person's note
`

// Format writes the table, with a summary of each section at its end.
func Format(lines []Line) string {
	var b strings.Builder
	b.WriteString(header)
	agree, of := Count(lines)
	fmt.Fprintf(&b, "# %d of %d (scenario, host, section) facts agree.\n", agree, of)
	for _, l := range lines {
		cells := []string{l.Scenario, l.Host, l.Section, l.Verdict, l.Why, l.Note}
		for cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1]
		}
		b.WriteString(strings.Join(cells, " | ") + "\n")
	}
	b.WriteString("#\n" + Summary(lines))
	return b.String()
}

// Parse reads a table that Format wrote.
func Parse(text string) ([]Line, error) {
	var out []Line
	for i, t := range strings.Split(text, "\n") {
		if t == "" || strings.HasPrefix(t, "#") {
			continue
		}
		c := strings.Split(t, "|")
		if len(c) < 4 || len(c) > 6 {
			return nil, fmt.Errorf("line %d: %d cells, want 4 to 6", i+1, len(c))
		}
		for k := range c {
			c[k] = strings.TrimSpace(c[k])
		}
		c = append(c, "", "")
		if c[3] != Agrees && c[3] != Differs && c[3] != NotModelled {
			return nil, fmt.Errorf("line %d: verdict %q", i+1, c[3])
		}
		out = append(out, Line{c[0], c[1], c[2], c[3], c[4], c[5]})
	}
	return out, nil
}

// Check compares the table in a file with what is true now. With update it
// writes the truth, keeping the notes of lines whose verdict is unchanged;
// without, it returns an error that lists what the file has wrong.
func Check(path string, now []Line, update bool) error {
	old, err := os.ReadFile(path)
	if err != nil && !(update && os.IsNotExist(err)) {
		return err
	}
	then, err := Parse(string(old))
	if err != nil {
		if !update {
			return fmt.Errorf("%s: %w", path, err)
		}
		then = nil
	}
	key := func(l Line) string { return l.Scenario + " " + l.Host + " " + l.Section }
	was := map[string]Line{}
	for _, l := range then {
		was[key(l)] = l
	}
	now = append([]Line(nil), now...)
	var wrong []string
	for i := range now {
		l := &now[i]
		w, ok := was[key(*l)]
		delete(was, key(*l))
		if ok && w.Verdict == l.Verdict {
			l.Note = w.Note
			if w.Why != l.Why {
				wrong = append(wrong, fmt.Sprintf("%s: %s: file says [%s], now [%s]", key(*l), l.Verdict, w.Why, l.Why))
			}
			continue
		}
		if !ok {
			w.Verdict = "nothing"
		}
		wrong = append(wrong, fmt.Sprintf("%s: file says %s, now %s %s", key(*l), w.Verdict, l.Verdict, l.Why))
	}
	for _, l := range then {
		if _, ok := was[key(l)]; ok {
			wrong = append(wrong, fmt.Sprintf("%s: file says %s, but there is nothing to compare", key(l), l.Verdict))
		}
	}
	text := Format(now)
	if update {
		return os.WriteFile(path, []byte(text), 0o644)
	}
	if len(wrong) == 0 && text != string(old) {
		wrong = append(wrong, "order or layout")
	}
	if len(wrong) > 0 {
		if len(wrong) > 20 {
			wrong = append(wrong[:20], fmt.Sprintf("and %d more", len(wrong)-20))
		}
		return fmt.Errorf("%s does not tell the truth (run the test with -update and look at what changed):\n%s", path, strings.Join(wrong, "\n"))
	}
	return nil
}
