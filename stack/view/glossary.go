package view

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/packetwalk/packetwalk/stack/step"
)

// maxTerms is how many terms of a Scene are named at most.
const maxTerms = 16

// glossaryState is the term that was asked for.
type glossaryState struct{ gloss *Gloss }

// A term is one entry of the glossary.
type term struct {
	names []string // the first is its title
	lower []string
	gloss Gloss
}

// glossaryTerms are all terms, in the order of the file.
var glossaryTerms = sync.OnceValue(func() []*term {
	var list []*term
	for _, e := range readText("glossary") {
		t := &term{names: e.keys, gloss: Gloss{Term: e.keys[0], Words: Clean(e.words), More: Clean(e.parts["More"]), From: Clean(e.parts["From"])}}
		if see := e.parts["See"]; see != "" {
			t.gloss.See = strings.Split(see, ", ")
		}
		for _, n := range e.keys {
			t.lower = append(t.lower, strings.ToLower(n))
		}
		list = append(list, t)
	}
	return list
})

// Glossary lists the terms of the glossary, in the order of the alphabet.
func Glossary() []string {
	var list []string
	for _, t := range glossaryTerms() {
		list = append(list, t.names[0])
	}
	slices.SortFunc(list, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return list
}

var allTerms = sync.OnceValue(Glossary)

// LookUp explains a term: of the glossary, or a kernel function, a field, a drop
// reason. It may be the beginning of one; case does not matter. ok is false if
// there is none; then like names similar ones.
func LookUp(word string) (g Gloss, like []string, ok bool) {
	word = strings.TrimSpace(word)
	low := strings.ToLower(word)
	if low == "" {
		return g, nil, false
	}
	for _, t := range glossaryTerms() {
		if slices.Contains(t.lower, low) {
			return t.gloss, nil, true
		}
	}
	if g, ok := catalogue(strings.TrimSuffix(word, "()")); ok {
		return g, nil, true
	}
	var best *term
	for _, t := range glossaryTerms() {
		for _, n := range t.lower {
			if strings.HasPrefix(n, low) && (best == nil || len(n) < len(best.lower[0])) {
				best = t
			}
		}
	}
	if best != nil {
		return best.gloss, nil, true
	}
	return g, similarTerms(low), false
}

// catalogue explains what the catalogue of the model names.
func catalogue(word string) (Gloss, bool) {
	if s := step.ByName(word); s != 0 {
		i := s.Info()
		g := Gloss{Term: i.Func, Words: Clean(i.What), From: i.File}
		if w := depthWords()[DepthFirst][i.Func]; w != "" {
			g.Words, g.More = Clean(w), Clean(i.What)
		}
		return g, true
	}
	for _, k := range kinds {
		for _, f := range step.Fields(k) {
			if f.Name != "" && f.Name == word {
				return Gloss{Term: f.Name, Words: Clean(f.What), From: kindTitles[k]}, true
			}
		}
	}
	for n := 1; n < 256; n++ {
		r := step.DropReason(n)
		if w := step.DropWhy(r); r.String() == word && w != step.WhyDropReason {
			return Gloss{Term: word, Words: "A drop reason. " + Clean(w.Text()), See: []string{"drop reason"}, From: "include/net/dropreason-core.h"}, true
		}
	}
	for m := range step.NumMIB {
		if step.MIB(m).String() == word {
			return Gloss{Term: word, Words: "One of the kernel's counters. nstat shows how far it moved.", See: []string{"counter"}}, true
		}
	}
	for i := 1; i < step.NumTPs; i++ {
		if n := step.TP(i).String(); n == word || strings.HasSuffix(n, ":"+word) {
			return Gloss{Term: n, Words: "A tracepoint of the kernel. perf trace -e " + n + " shows it when it fires.", See: []string{"tracepoint"}}, true
		}
	}
	return Gloss{}, false
}

// similarTerms are up to four terms that a word may stand for.
func similarTerms(low string) (like []string) {
	add := func(t string) {
		if len(like) < 4 && !slices.Contains(like, t) {
			like = append(like, t)
		}
	}
	for _, t := range glossaryTerms() {
		for _, n := range t.lower {
			if d := distance(n, low); d <= 1 || d == 2 && len(low) > 4 {
				add(t.names[0])
			}
		}
	}
	for ; len(low) >= 3 && len(like) == 0; low = low[:len(low)-1] {
		for _, t := range glossaryTerms() {
			for _, n := range t.lower {
				if strings.Contains(n, low) {
					add(t.names[0])
				}
			}
		}
	}
	return like
}

// distance is how many letters must change to make b of a (Levenshtein); more
// than 2 is 3.
func distance(a, b string) int {
	if len(a) > len(b)+2 || len(b) > len(a)+2 || len(b) > 40 {
		return 3
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := before
			if a[i] != b[j] {
				d = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], d
		}
	}
	return min(3, row[len(b)])
}

// explain carries out Explain.
func (s *Session) explain(word string) error {
	if strings.TrimSpace(word) == "" {
		s.glo.gloss = nil
		return nil
	}
	g, like, ok := LookUp(word)
	if !ok {
		err := fmt.Sprintf("the glossary does not know %q", Clean(word))
		if like != nil {
			err += "; perhaps " + strings.Join(like, ", ")
		}
		return NotFoundError(err)
	}
	s.glo.gloss = &g
	return nil
}

// glossary fills sc.Terms and sc.Gloss. It comes last: all texts of the Scene
// are there. b.e is nil where there is no step.
func (b *builder) glossary() {
	if g := b.glo.gloss; g != nil {
		c := *g
		c.All = allTerms()
		b.sc.Gloss = &c
	}
	if b.e == nil {
		return
	}
	sc := b.sc
	texts := []string{sc.Says, sc.Plain, sc.What, sc.Verdict.Reason, sc.Verdict.Why, sc.Line}
	for _, l := range sc.Lost {
		texts = append(texts, l.What, l.Candidate, l.Because)
	}
	for _, c := range sc.Changes {
		texts = append(texts, c.Name, c.To)
	}
	if sc.Lit != NoStage {
		texts = append(texts, sc.Lit.Name())
	}
	sc.Terms = termsIn(strings.Join(texts, "\n"))
}

// termsIn are the terms that occur in a text, in the order of their places.
func termsIn(text string) []string {
	type hit struct {
		at   int
		name string
	}
	low := strings.ToLower(text)
	var hits []hit
	for _, t := range glossaryTerms() {
		at := -1
		for i, n := range t.names {
			in := low
			if n != t.lower[i] {
				in = text // abbreviations count as they are written
			} else {
				n = t.lower[i]
			}
			if p := wordIn(in, n); p >= 0 && (at < 0 || p < at) {
				at = p
			}
		}
		if at >= 0 {
			hits = append(hits, hit{at, t.names[0]})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.at - b.at })
	var list []string
	for _, h := range hits[:min(len(hits), maxTerms)] {
		list = append(list, h.name)
	}
	return list
}

// wordIn is where a word stands in a text as a word of its own, -1 if nowhere.
// A plural's s may follow.
func wordIn(text, word string) int {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return -1
		}
		i += from
		end := i + len(word)
		if end < len(text) && text[end] == 's' {
			end++
		}
		if word[0] == '[' || (i == 0 || !letter(text[i-1])) && (end == len(text) || !letter(text[end])) {
			return i
		}
		from = i + 1
	}
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}
