package tui

import (
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/view"
)

// maxOffers is how many words a prompt shows at a time.
const maxOffers = 9

// An offer is a word that a prompt offers, and what it does.
type offer struct{ word, what string }

// fittingOffers are the words that begin with what is typed; all when one of
// them is typed whole, so that tab goes on from there. here is that one, or -1.
func fittingOffers(list []string, typed string) (fit []string, here int) {
	if here = slices.Index(list, typed); here >= 0 || typed == "" {
		return list, here
	}
	for _, w := range list {
		if strings.HasPrefix(w, typed) {
			fit = append(fit, w)
		}
	}
	return fit, -1
}

// whatOf is what a word of a prompt does.
func whatOf(a Action, word string) offer {
	if a != PromptSeek {
		return offer{word: word}
	}
	for _, v := range view.Verbs {
		if string(v.Verb) == word {
			return offer{strings.TrimSpace(word + " " + v.Arg), v.What}
		}
	}
	return offer{word: word}
}

// drawOffers lists above the footer what may be typed.
func drawOffers(g *Grid, w, h int, a Action, list []string, typed string) {
	fit, here := fittingOffers(list, typed)
	n := min(len(fit), maxOffers, h-6)
	if n <= 0 {
		return
	}
	from := firstOf(max(here, 0), n, len(fit))
	var rows []offer
	long, wide := 0, 0
	for _, word := range fit[from : from+n] {
		o := whatOf(a, view.Clean(word))
		rows = append(rows, o)
		long = max(long, width(o.word))
	}
	for _, o := range rows {
		wide = max(wide, long+2+width(o.what))
	}
	r := Rect{1, h - 3 - n, min(w-2, max(wide, 24)+4), n + 2}
	g.box(r)
	if more := len(fit) - n; more > 0 {
		text := " " + itoa(more) + " more "
		g.Text(r.X+r.W-width(text)-2, r.Y, width(text), text, StyleDim)
	}
	for i, o := range rows {
		st := StyleKey
		if from+i == here {
			st = StyleHere
		}
		y := r.Y + 1 + i
		g.Text(r.X+2, y, min(long, r.W-4), o.word, st)
		g.Text(r.X+2+long+2, y, r.W-long-6, o.what, StylePlain)
	}
}
