// Package settings is what a reader has chosen: colours, words, keys. It comes
// from flags, the environment and a file, in this order, and the defaults hold
// for the rest. A broken file is told about and does not stop the program.
package settings

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// A Spec describes one setting.
type Spec struct {
	Name    string
	Default string
	Values  []string // what it takes
	What    string
}

// Specs are the settings, beside the keys.
var Specs = []Spec{
	{"theme", "auto", []string{"dark", "light", "none", "auto"}, "colours: auto asks the terminal, none has no colour"},
	{"depth", "first", []string{"first", "operator", "kernel"}, "words for a first course, for who runs Linux, for who reads its source"},
	{"speed", "2", []string{"0.5", "1", "2", "4", "8", "16", "30"}, "steps a second when a walk plays"},
	{"motion", "full", []string{"full", "reduced"}, "reduced: nothing moves between two steps"},
	{"mouse", "true", []string{"true", "false"}, "whether the mouse can be used; false leaves it to the terminal"},
	{"ascii", "auto", []string{"true", "false", "auto"}, "lines of ASCII only; auto asks the locale (LANG, LC_ALL)"},
}

func spec(name string) *Spec {
	for i := range Specs {
		if Specs[i].Name == name {
			return &Specs[i]
		}
	}
	return nil
}

// EnvName is the variable of the environment that a setting can be given by.
func EnvName(name string) string { return "PACKETWALK_" + strings.ToUpper(name) }

// A Value is a setting in force.
type Value struct {
	Name  string
	Value string
	From  string // "default", "config:3", "$PACKETWALK_THEME", "--theme"
}

// FromDefault is the From of what nobody has chosen.
const FromDefault = "default"

// Settings are all of them, and what was wrong with what was given.
type Settings struct {
	Path     string // of the file, whether there is one or not; empty: no place for one
	Found    bool   // there is a file
	Problems []Problem

	values map[string]Value
	keys   map[string][]string // action: its keys
	from   map[string]string   // action: where they come from
}

// A Problem is what is wrong with a setting, in one line.
type Problem struct {
	Where string // "config:3", "$PACKETWALK_THEME"; empty: said in Text
	Text  string
}

func (p Problem) Error() string {
	if p.Where == "" {
		return p.Text
	}
	return p.Where + ": " + p.Text
}

// Default returns the settings that nobody has chosen.
func Default() *Settings {
	s := &Settings{values: map[string]Value{}, keys: map[string][]string{}, from: map[string]string{}}
	for _, p := range Specs {
		s.values[p.Name] = Value{p.Name, p.Default, FromDefault}
	}
	return s
}

// Load reads the settings: the file first, then the environment above it.
// actions are the names that keys.NAME may have. It never fails: what is wrong
// is in Problems, and the default holds.
func Load(env func(string) string, actions []string) *Settings {
	s := Default()
	s.Path = Path(env)
	if b, found, err := read(s.Path); err != nil {
		s.Problems = append(s.Problems, Problem{"", err.Error()})
	} else if found {
		s.Found = true
		s.file(b, actions)
	}
	if env("NO_COLOR") != "" {
		s.values["theme"] = Value{"theme", "none", "$NO_COLOR"}
	}
	for _, p := range Specs {
		v := env(EnvName(p.Name))
		if v == "" {
			continue
		}
		if err := s.Set(p.Name, v, "$"+EnvName(p.Name)); err != nil {
			s.Problems = append(s.Problems, Problem{"$" + EnvName(p.Name), err.Error()})
		}
	}
	return s
}

// Set gives a setting a value; from says who did. An error leaves it as it was.
func (s *Settings) Set(name, value, from string) error {
	p := spec(name)
	if p == nil {
		return unknown(name, "setting", names())
	}
	if v := canonical(p, value); v != "" {
		s.values[name] = Value{name, v, from}
		return nil
	}
	return fmt.Errorf("%s: %q is none of %s", name, short(value), strings.Join(p.Values, ", "))
}

// canonical is a value as the Spec writes it, or nothing if it is none of its.
func canonical(p *Spec, v string) string {
	v = strings.ToLower(strings.TrimSpace(v))
	if slices.Contains(p.Values, v) {
		return v
	}
	if slices.Contains(p.Values, "true") {
		switch v {
		case "1", "yes", "on":
			return "true"
		case "0", "no", "off":
			return "false"
		}
	}
	if f, err := strconv.ParseFloat(v, 64); err == nil && p.Name == "speed" {
		for _, k := range p.Values {
			if g, _ := strconv.ParseFloat(k, 64); f == g {
				return k
			}
		}
	}
	return ""
}

// Get is a setting's value.
func (s *Settings) Get(name string) string { return s.values[name].Value }

// Given reports whether somebody has chosen it.
func (s *Settings) Given(name string) bool { return s.values[name].From != FromDefault }

// Speed is the steps a second of playing.
func (s *Settings) Speed() float64 {
	f, _ := strconv.ParseFloat(s.Get("speed"), 64)
	return f
}

// Keys are the keys of the actions that were given other ones.
func (s *Settings) Keys() map[string][]string { return s.keys }

// Said is what is wrong in one line, and nothing if all is well.
func (s *Settings) Said() string {
	switch n := len(s.Problems); {
	case n == 0:
		return ""
	case n == 1:
		return s.Problems[0].Error()
	default:
		return s.Problems[0].Error() + " (and " + strconv.Itoa(n-1) + " more: packetwalk settings)"
	}
}

// All lists the values in force, the keys last and in the order of their names.
func (s *Settings) All() []Value {
	var list []Value
	for _, p := range Specs {
		list = append(list, s.values[p.Name])
	}
	for a, k := range s.keys {
		list = append(list, Value{"keys." + a, strings.Join(k, " "), s.from[a]})
	}
	sort.Slice(list[len(Specs):], func(i, j int) bool { return list[len(Specs)+i].Name < list[len(Specs)+j].Name })
	return list
}

func names() []string {
	list := []string{"keys"}
	for _, p := range Specs {
		list = append(list, p.Name)
	}
	return list
}

// short keeps a value from filling the line that complains about it.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}

// unknown says that there is no such name, and which comes nearest.
func unknown(name, kind string, known []string) error {
	text := fmt.Sprintf("%q is no %s", short(name), kind)
	if n := Nearest(name, known); n != "" {
		text += "; did you mean " + n + "?"
	} else if len(known) < 10 {
		text += "; there are " + strings.Join(known, ", ")
	}
	return Problem{Text: text}
}

// Nearest is the name of the list that differs from s in the fewest letters, if
// those are few.
func Nearest(s string, list []string) string {
	if len(s) > 40 {
		return ""
	}
	best, at := "", max(2, len(s)/3)+1
	for _, n := range list {
		if d := distance(strings.ToLower(s), strings.ToLower(n)); d < at {
			best, at = n, d
		}
	}
	return best
}

// distance is how many letters have to be put in, left out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d++
			}
			diagonal = row[j+1]
			row[j+1] = min(d, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
