package step

import (
	"strconv"
	"strings"
)

// Render fills the places of a sentence: {0} is the first value, {1:ip} the
// second and third as an address (see Fmt for the names), {0?frame|frames} a
// word that goes with the first value: one frame, or several.
func Render(text string, args []uint64, r Resolver) string {
	return string(AppendRender(nil, text, args, r))
}

// AppendRender does so at the end of b.
func AppendRender(b []byte, text string, args []uint64, r Resolver) []byte {
	for text != "" {
		var p Part
		p, text = nextPart(text)
		b = p.AppendPlace(append(b, p.Text...), args, r)
	}
	return b
}

// A Part of a sentence is some text and the place behind it.
type Part struct {
	Text  string
	place string // as it is written, "{1:ip}"; empty: there is none
	n     int    // which value fills it; below 0: none can
	fmt   Fmt
	// A word that goes with the value.
	word      bool
	one, many string
}

// Parts takes a sentence apart, for those who fill it again and again.
func Parts(text string) (s []Part) {
	for text != "" {
		var p Part
		p, text = nextPart(text)
		s = append(s, p)
	}
	return s
}

// nextPart takes the text up to a sentence's first place, and that place.
func nextPart(text string) (p Part, rest string) {
	i := strings.IndexByte(text, '{')
	if i < 0 {
		return Part{Text: text}, ""
	}
	j := strings.IndexByte(text[i:], '}')
	if j < 0 {
		return Part{Text: text}, ""
	}
	p = Part{Text: text[:i], place: text[i : i+j+1]}
	p.parse(text[i+1 : i+j])
	return p, text[i+j+1:]
}

// parse reads what is between the braces.
func (p *Part) parse(s string) {
	num, words, word := strings.Cut(s, "?")
	known := true
	if word {
		p.word = true
		p.one, p.many, _ = strings.Cut(words, "|")
	} else {
		var name string
		num, name, _ = strings.Cut(s, ":")
		p.fmt, known = fmtNames[name]
	}
	var err error
	if p.n, err = strconv.Atoi(num); err != nil || !known {
		p.n = -1
	}
}

// AppendPlace fills the place of a Part; one that cannot be filled stays as it
// is.
func (p *Part) AppendPlace(b []byte, args []uint64, r Resolver) []byte {
	if p.place == "" {
		return b
	}
	last := p.n
	if !p.word && p.fmt.Wide() {
		last++
	}
	switch {
	case p.n < 0 || last >= len(args):
		return append(b, p.place...)
	case p.word && args[p.n] == 1:
		return append(b, p.one...)
	case p.word:
		return append(b, p.many...)
	}
	hi := uint64(0)
	if last > p.n {
		hi = args[p.n]
	}
	return p.fmt.Append(b, hi, args[last], r)
}

// Places checks a sentence and returns how many values it needs.
func Places(text string) (need int, ok bool) {
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			return need, true
		}
		j := strings.IndexByte(text[i:], '}')
		if j < 0 {
			return need, false
		}
		num, name, _ := strings.Cut(text[i+1:i+j], ":")
		if k, words, ok := strings.Cut(text[i+1:i+j], "?"); ok {
			if !strings.Contains(words, "|") {
				return need, false
			}
			num, name = k, ""
		}
		n, err := strconv.Atoi(num)
		f, known := fmtNames[name]
		if err != nil || !known {
			return need, false
		}
		if f.Wide() {
			n++
		}
		need = max(need, n+1)
		text = text[i+j+1:]
	}
}
