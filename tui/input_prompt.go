package tui

import (
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/packetwalk/packetwalk/stack/view"
)

// maxInput is how many characters can be typed.
const maxInput = 400

// pasted adds what was pasted to what is typed, as one line; without a prompt
// it is ignored, so that no text is taken for keys.
func (m *Model) pasted(text string) {
	if _, typing := prompts[m.local.prompt]; !typing {
		return
	}
	rs := []rune(m.local.input + strings.Join(strings.Fields(text), " "))
	m.local.input = string(rs[:min(len(rs), maxInput)])
}

// typed takes a key while something is typed.
func (m *Model) typed(name, text string) tea.Cmd {
	in := []rune(m.local.input)
	switch name {
	case "esc":
		m.local.prompt = DoCommand
	case "enter":
		return m.entered()
	case "backspace":
		if len(in) == 0 {
			m.local.prompt = DoCommand
			return nil
		}
		m.local.input = string(in[:len(in)-1])
	case "ctrl+u":
		m.local.input = ""
	case "ctrl+w":
		s := strings.TrimRight(m.local.input, " ")
		m.local.input = s[:strings.LastIndexByte(s, ' ')+1]
	case "up", "ctrl+p":
		m.local.input = m.past(-1)
	case "down", "ctrl+n":
		m.local.input = m.past(1)
	case "tab":
		m.complete(1)
	case "shift+tab":
		m.complete(-1)
	default:
		if len(in)+len(text) < maxInput {
			m.local.input += text
		}
	}
	return nil
}

// complete takes the next word that fits what is typed.
func (m *Model) complete(by int) {
	list := m.offers(m.local.prompt)
	if len(list) == 0 {
		return
	}
	if m.local.prompt == PromptSeek && len(list) == 1 && list[0] == m.local.input {
		m.local.input += " "
		return
	}
	if m.local.prompt == PromptSeek && len(list) > 1 && !slices.Contains(list, m.local.input) {
		if c := common(list); len(c) > len(m.local.input) {
			m.local.input = c
			return
		}
	}
	if i := slices.Index(list, m.local.input); i >= 0 {
		m.local.input = list[(i+by+len(list))%len(list)]
		return
	}
	for _, w := range list {
		if strings.HasPrefix(w, m.local.input) {
			m.local.input = w
			return
		}
	}
}

// offers are the words that a prompt offers: those of the Scene.
func (m *Model) offers(a Action) (list []string) {
	add := func(s string) {
		if s != "" && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	s := &m.scene
	switch a {
	case PromptUntil, PromptBreak:
		if a == PromptBreak {
			add(s.Func)
		}
		for _, t := range s.Tree {
			if t.Kind == "call" {
				add(t.Text)
			}
		}
		if a == PromptBreak {
			add("drop")
		}
	case PromptWhy:
		for _, d := range s.Changes {
			add(d.Name)
		}
		for _, p := range s.Panels {
			for _, v := range p.Values {
				add(v.Name)
			}
		}
	case PromptLook:
		for _, p := range s.Panels {
			add(p.Kind)
		}
	case PromptGloss:
		for _, t := range s.Terms {
			add(t)
		}
	case PromptSeek:
		return m.lineOffers()
	}
	return list
}

// promptVerbs are what the prompts ask for.
var promptVerbs = map[Action]view.Verb{PromptFilter: view.Filter, PromptUntil: view.Until, PromptWhy: view.WhyValue, PromptLook: view.Look,
	PromptBreak: view.SetBreak, PromptSearch: view.Search, PromptGloss: view.Explain}

// entered carries out what was typed.
func (m *Model) entered() tea.Cmd {
	what, text := m.local.prompt, strings.TrimSpace(m.local.input)
	if what == PromptSeek && m.hist != nil {
		m.hist.add(text)
	}
	m.local.prompt = DoCommand
	m.scene.Notice = ""
	if v, ok := promptVerbs[what]; ok {
		if text == "" && what != PromptFilter && what != PromptLook {
			return nil
		}
		switch what {
		case PromptLook:
			m.giveKeys(PaneState)
		case PromptBreak:
			m.local.tab = PaneBreaks
		}
		return m.send(view.Command{Verb: v, Expr: text})
	}
	switch text {
	case "":
		return nil
	case "q", "quit":
		return tea.Quit
	case "help":
		m.help, m.local.scroll = true, 0
		return nil
	}
	if n, err := strconv.Atoi(text); err == nil {
		return m.send(view.Command{Verb: view.Seek, N: n})
	}
	c, err := view.Parse(text)
	if err != nil {
		m.scene.Notice = view.Clean(err.Error())
		return nil
	}
	m.asked = c.Verb == view.Ask
	return m.send(c)
}

// past is a line that was typed before, or after.
func (m *Model) past(by int) string {
	if m.hist == nil || m.local.prompt != PromptSeek {
		return m.local.input
	}
	return m.hist.move(by, m.local.input)
}

// lineOffers are what a line of the command prompt may become: a verb of the
// walk, or a command of the machine's console, word by word.
func (m *Model) lineOffers() (list []string) {
	in := m.local.input
	if !strings.Contains(in, " ") {
		for _, v := range view.Verbs {
			if strings.HasPrefix(string(v.Verb), in) {
				list = append(list, string(v.Verb))
			}
		}
	}
	if in == "" {
		return list
	}
	from, words := m.s.Completions(in)
	for _, w := range words {
		if c := in[:from] + w; !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

// common is how all of a list begin.
func common(list []string) string {
	c := list[0]
	for _, w := range list[1:] {
		for !strings.HasPrefix(w, c) {
			c = c[:len(c)-1]
		}
	}
	return c
}
