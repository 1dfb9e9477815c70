package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Example is a file with every setting; packetwalk settings prints it for who
// has none.
const Example = `# TOML: https://toml.io
theme = "auto"      # dark, light, none, auto
depth = "first"     # first, operator, kernel
speed = 2           # steps a second: 0.5, 1, 2, 4, 8, 16, 30
motion = "full"     # full, reduced
mouse = true        # true, false
ascii = "auto"      # true, false, auto

[keys]              # ACTION = "KEY" or ["KEY", "KEY"]
# next-drop = "x"
`

// Path is where the file is looked for: $XDG_CONFIG_HOME/packetwalk/config, or
// where the system keeps such files.
func Path(env func(string) string) string {
	if d := env("XDG_CONFIG_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "packetwalk", "config")
	}
	if d, err := os.UserConfigDir(); err == nil {
		return filepath.Join(d, "packetwalk", "config")
	}
	if d := env("HOME"); filepath.IsAbs(d) { // XDG_CONFIG_HOME is relative: it does not count
		return filepath.Join(d, ".config", "packetwalk", "config")
	}
	return ""
}

// maxFile is how long the file may be.
const maxFile = 64 << 10

// read reads the file, if there is one.
func read(path string) (b []byte, found bool, err error) {
	if path == "" {
		return nil, false, nil
	}
	i, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("the settings cannot be read: %w", err)
	case i.IsDir():
		return nil, false, fmt.Errorf("the settings cannot be read: %s is a folder", path)
	case !i.Mode().IsRegular():
		return nil, false, fmt.Errorf("the settings cannot be read: %s is no plain file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, false, fmt.Errorf("the settings cannot be read: %w", err)
	}
	defer f.Close()
	b, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, false, fmt.Errorf("the settings cannot be read: %w", err)
	}
	if len(b) > maxFile {
		return nil, false, fmt.Errorf("the settings cannot be read: %s is longer than %d kB", path, maxFile>>10)
	}
	return b, true, nil
}

// An entry is one value of the file.
type entry struct {
	path  []string
	line  int
	value any
}

// file takes the settings from a file's text. What TOML cannot read counts as
// a whole: nothing of the file holds then. A value that is wrong counts alone.
func (s *Settings) file(b []byte, actions []string) {
	b = []byte(strings.TrimPrefix(string(b), "\ufeff"))
	var doc map[string]any
	if err := toml.Unmarshal(b, &doc); err != nil {
		s.Problems = append(s.Problems, syntax(b, err))
		return
	}
	list := flatten(nil, doc, nil)
	places := lines(b)
	for i := range list {
		list[i].line = lineOf(places, list[i].path)
	}
	sort.SliceStable(list, func(i, j int) bool {
		if list[i].line != list[j].line {
			return list[i].line < list[j].line
		}
		return strings.Join(list[i].path, ".") < strings.Join(list[j].path, ".")
	})
	taken := map[string]string{}
	for _, e := range list {
		if err := s.entry(e, actions, taken); err != nil {
			s.Problems = append(s.Problems, Problem{at(e.line), err.Error()})
		}
	}
}

func at(line int) string { return "config:" + strconv.Itoa(line) }

// entry takes one value of the file; taken are the keys that are given away.
func (s *Settings) entry(e entry, actions []string, taken map[string]string) error {
	name := strings.Join(e.path, ".")
	if e.path[0] == "keys" {
		if len(e.path) == 1 {
			return fmt.Errorf("keys: it is a table: keys.ACTION = \"KEY\"")
		}
		return s.keyEntry(strings.Join(e.path[1:], "."), e, actions, taken)
	}
	p := spec(e.path[0])
	if p == nil {
		return unknown(e.path[0], "setting", names())
	}
	v, ok := text(e.value)
	if len(e.path) > 1 || !ok {
		return fmt.Errorf("%s: it takes one of %s", p.Name, strings.Join(p.Values, ", "))
	}
	return s.Set(name, v, at(e.line))
}

// keyEntry takes one action's keys.
func (s *Settings) keyEntry(action string, e entry, actions []string, taken map[string]string) error {
	known := false
	for _, a := range actions {
		known = known || a == action
	}
	if !known {
		err := unknown(action, "action", actions)
		return fmt.Errorf("keys: %w", err)
	}
	list, ok := e.value.([]any)
	if !ok {
		list = []any{e.value}
	}
	if len(list) == 0 {
		return fmt.Errorf("keys.%s: it needs a key", action)
	}
	var keys []string
	for _, v := range list {
		k, ok := v.(string)
		switch {
		case !ok:
			return fmt.Errorf("keys.%s: a key is a text in quotes, like \"x\" or \"ctrl+d\"", action)
		case k == " ":
			k = "space"
		case k == "" || utf8.RuneCountInString(k) > 20 || strings.ContainsFunc(k, func(r rune) bool { return r <= ' ' || r == 0x7f }):
			return fmt.Errorf("keys.%s: %q is no key; a key is like \"x\", \"space\" or \"ctrl+d\"", action, short(k))
		}
		if other, ok := taken[k]; ok && other != action {
			return fmt.Errorf("keys.%s: %q is the key of %s already", action, k, other)
		}
		keys = append(keys, k)
	}
	for _, k := range keys {
		taken[k] = action
	}
	s.keys[action], s.from[action] = keys, at(e.line)
	return nil
}

// text is a plain value as text.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	}
	return "", false
}

// flatten lists the values of a table and of the tables in it.
func flatten(path []string, t map[string]any, list []entry) []entry {
	for k, v := range t {
		p := append(append([]string(nil), path...), k)
		if sub, ok := v.(map[string]any); ok {
			if len(sub) > 0 || len(p) > 1 || k != "keys" {
				if len(sub) == 0 {
					list = append(list, entry{path: p, value: sub})
				}
				list = flatten(p, sub, list)
			}
			continue
		}
		list = append(list, entry{path: p, value: v})
	}
	return list
}

// lines finds the line of every key of a text that TOML can read.
func lines(b []byte) map[string]int {
	places := map[string]int{}
	var p unstable.Parser
	p.Reset(b)
	var table []string
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			var n int
			table, n = keyOf(&p, e, nil)
			note(places, table, n)
		case unstable.KeyValue:
			keyLines(&p, e, table, places)
		}
	}
	return places
}

func keyLines(p *unstable.Parser, e *unstable.Node, table []string, places map[string]int) {
	key, n := keyOf(p, e, table)
	note(places, key, n)
	if v := e.Value(); v.Kind == unstable.InlineTable {
		for it := v.Children(); it.Next(); {
			if c := it.Node(); c.Kind == unstable.KeyValue {
				keyLines(p, c, key, places)
			}
		}
	}
}

func keyOf(p *unstable.Parser, e *unstable.Node, table []string) (key []string, line int) {
	key = append(key, table...)
	for it := e.Key(); it.Next(); {
		k := it.Node()
		if line == 0 {
			line = p.Shape(k.Raw).Start.Line
		}
		key = append(key, string(k.Data))
	}
	return key, line
}

func note(places map[string]int, key []string, line int) {
	if k := strings.Join(key, "."); places[k] == 0 {
		places[k] = line
	}
}

// lineOf is the line of a key, or of the table that it is in.
func lineOf(places map[string]int, path []string) int {
	for n := len(path); n > 0; n-- {
		if l := places[strings.Join(path[:n], ".")]; l > 0 {
			return l
		}
	}
	return 1
}

// bare is a value that somebody forgot the quotes of.
var bare = regexp.MustCompile(`^\s*([\w.-]+)\s*=\s*([A-Za-z][\w+-]*)\s*(#.*)?$`)

// syntax says where TOML gave up.
func syntax(b []byte, err error) Problem {
	var d *toml.DecodeError
	if !errors.As(err, &d) {
		return Problem{at(1), strings.TrimPrefix(err.Error(), "toml: ")}
	}
	n, _ := d.Position()
	all := strings.Split(string(b), "\n")
	n = max(1, min(n, len(all)))
	text := strings.TrimPrefix(d.Error(), "toml: ")
	if m := bare.FindStringSubmatch(strings.TrimRight(all[n-1], "\r")); m != nil && m[2] != "true" && m[2] != "false" {
		text = fmt.Sprintf("%s: a text is written in quotes: %s = %q", m[1], m[1], short(m[2]))
	}
	return Problem{at(n), text}
}
