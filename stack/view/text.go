package view

import (
	"embed"
	"strings"
	"sync"
)

// The words are in files of their own, so that they can be translated.
//
//go:embed text/*.txt
var textFiles embed.FS

// An entry is one paragraph of a text file: its keys, its words, and parts
// that begin with a name ("See:").
type entry struct {
	keys  []string
	words string
	parts map[string]string
}

// readText reads a text file: "key, key: words", going on in lines that begin
// with a space; "# comment".
func readText(name string) []*entry {
	raw, err := textFiles.ReadFile("text/" + name + ".txt")
	if err != nil {
		panic(err)
	}
	return parseText(string(raw))
}

func parseText(raw string) (list []*entry) {
	part := ""
	for _, l := range strings.Split(raw, "\n") {
		switch {
		case strings.TrimSpace(l) == "" || l[0] == '#':
			continue
		case l[0] != ' ':
			keys, words, _ := strings.Cut(l, ": ")
			list = append(list, &entry{keys: strings.Split(keys, ", "), words: words, parts: map[string]string{}})
			part = ""
			continue
		case len(list) == 0:
			continue
		}
		e, l := list[len(list)-1], strings.TrimSpace(l)
		for _, p := range [...]string{"More", "See", "From"} {
			if rest, ok := strings.CutPrefix(l, p+": "); ok {
				part, l = p, rest
			}
		}
		if part == "" {
			e.words += " " + l
		} else {
			e.parts[part] = strings.TrimSpace(e.parts[part] + " " + l)
		}
	}
	return list
}

// depthWords are the words of each depth, by function or place.
var depthWords = sync.OnceValue(func() map[Depth]map[string]string {
	all := map[Depth]map[string]string{}
	for _, d := range depths {
		all[d] = map[string]string{}
		for _, e := range readText(string(d)) {
			for _, k := range e.keys {
				all[d][k] = e.words
			}
		}
	}
	return all
})
