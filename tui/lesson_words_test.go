package tui

import (
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/stack/view"
)

// TestLessonKeys: what the lessons have a reader press has a key.
func TestLessonKeys(t *testing.T) {
	words := defaultKeys.words()
	for _, w := range [][2]string{{"forward", "l"}, {"next-drop", "d"}, {"prev-mark neigh", "A"}, {"overview", "O"}} {
		if words[w[0]] != w[1] {
			t.Errorf("%s is on %q", w[0], words[w[0]])
		}
	}
	list, _ := lessons.Course()
	n := 0
	for _, l := range list {
		for i := range l.Parts {
			for _, o := range l.Parts[i].Press() {
				c, err := view.Parse(o.Word)
				if err != nil {
					continue // a key itself
				}
				n++
				if words[strings.TrimSpace(string(c.Verb)+" "+c.Expr)] == "" {
					t.Errorf("%s:%d: no key does %s", l.File, o.Line, o.Word)
				}
			}
		}
	}
	if n < 10 {
		t.Errorf("the lessons have %d things to press", n)
	}
}
