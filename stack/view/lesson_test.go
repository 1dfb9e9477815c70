package view

import (
	"math/rand/v2"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// captured opens a bundled capture as packetwalk does: with the host that
// recorded it.
func captured(t testing.TB, name string) *walk.Walk {
	t.Helper()
	e, ok := pcaps.Lookup(name)
	if !ok {
		t.Fatal("no capture " + name)
	}
	r, err := e.Open()
	if err != nil {
		t.Fatal(err)
	}
	sc, err := lab.Parse(name, e.Host())
	if err != nil {
		t.Fatal(err)
	}
	a, err := netip.ParseAddr(e.Local)
	if err != nil {
		t.Fatal(err)
	}
	k, err := walk.Open(r, stack.Options{Local: wire.FromNetip(a), Setup: sc.Setup})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func lessonSession(t testing.TB, l *lessons.Lesson) *Session {
	t.Helper()
	s, err := NewLessonSession(l, captured(t, l.Capture))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCourse: every lesson holds what it says, on the walk of its capture.
func TestCourse(t *testing.T) {
	list, faults := lessons.Course()
	faults = append(faults, lessons.Check(list, LessonWorld())...)
	for _, l := range list {
		faults = append(faults, CheckLesson(lessonSession(t, l), l)...)
	}
	for _, f := range faults {
		t.Error(f)
	}
}

// take takes a lesson from beginning to end; wrong: by the wrong answers first.
func take(t *testing.T, l *lessons.Lesson, wrong bool) (pages []LessonPage) {
	s := lessonSession(t, l)
	finished := ""
	s.OnLessonDone(func(slug string) { finished = slug })
	do := func(c Command) {
		t.Helper()
		if err := s.Do(c); err != nil {
			t.Fatalf("part %d: %v: %v", s.Scene().Lesson.Part, c, err)
		}
	}
	for i := range l.Parts {
		sc := s.Scene()
		lp := sc.Lesson
		if lp == nil || lp.Part != i+1 || lp.Parts != len(l.Parts) {
			t.Fatalf("part %d: the page is %+v", i+1, lp)
		}
		sceneClean(t, reflect.ValueOf(sc), "scene")
		ask := l.Parts[i].Ask()
		if ask != nil {
			if lp.Next || s.Do(Command{Verb: NextPart}) == nil {
				t.Fatalf("part %d goes on without an answer", i+1)
			}
			if n := len(sc.Tree); n > 0 && !sc.Tree[n-1].Here && (sc.Tree[n-1].Kind != "hidden" || !sc.Tree[n-2].Here) || !sc.Verdict.Reached && sc.Verdict.Outcome != "" {
				t.Errorf("part %d tells what comes before it is answered", i+1)
			}
			if a := s.Scene(); a.Packet != sc.Packet || a.Step != sc.Step {
				t.Fatalf("part %d shows before it asks", i+1)
			}
			for n, a := range ask.Answers {
				if a.Right == wrong {
					continue
				}
				do(Command{Verb: AnswerN, N: n + 1})
				lp = s.Scene().Lesson
				got := lp.Answers[n]
				if lp.Chosen != n+1 || got.Right != a.Right || got.Wrong == a.Right || len(lp.Says) < 20 || !lp.Next {
					t.Errorf("part %d, answer %d: %+v", i+1, n+1, lp)
				}
				for m, other := range lp.Answers {
					if other.Right && !ask.Answers[m].Right || wrong && other.Right {
						t.Errorf("part %d, answer %d: the right one is told", i+1, n+1)
					}
				}
				sceneClean(t, reflect.ValueOf(s.Scene()), "scene")
				pages = append(pages, *lp)
			}
		} else {
			pages = append(pages, *lp)
		}
		press := l.Parts[i].Press()
		for _, o := range press {
			lp := s.Scene().Lesson
			if lp.Do == "" || lp.DoCmd == nil || lp.Next {
				t.Errorf("part %d does not wait for %s: %+v", i+1, o.Word, lp)
			}
			c, err := Parse(o.Word)
			if err != nil {
				t.Fatal(err)
			}
			do(c)
		}
		if i < len(l.Parts)-1 && len(press) == 0 {
			do(Command{Verb: NextPart})
		}
	}
	lp := s.Scene().Lesson
	if lp == nil || !lp.Done || finished != l.Slug {
		t.Errorf("the lesson does not end: %+v, %q is done", lp, finished)
	}
	return pages
}

func TestTakeLessons(t *testing.T) {
	list, _ := lessons.Course()
	if len(list) < 5 {
		t.Fatalf("%d lessons", len(list))
	}
	for _, l := range list {
		t.Run(l.Slug, func(t *testing.T) {
			right, wrong := take(t, l, false), take(t, l, true)
			for _, p := range append(right, wrong...) {
				for _, s := range append([]string{p.Ask, p.Says, p.Do}, p.Text...) {
					if strings.ContainsAny(s, "{}") || strings.Contains(s, " here)") && strings.Contains(s, "(no ") {
						t.Errorf("part %d: not filled in: %s", p.Part, s)
					}
				}
			}
		})
	}
}

// TestLessonPlaces: a reader may stray, go back, leave and come again.
func TestLessonPlaces(t *testing.T) {
	l, _ := lessons.Lookup("ping")
	s := lessonSession(t, l)
	do := func(c Command) {
		t.Helper()
		if err := s.Do(c); err != nil {
			t.Fatal(err)
		}
	}
	at := func() [3]int { sc := s.Scene(); return [3]int{sc.Packet, sc.Step, sc.Lesson.Part} }
	do(Command{Verb: NextPart})
	second := at()
	do(Command{Verb: AnswerN, N: 3})
	shown := at()
	if shown[1] == second[1] {
		t.Fatal("an answer shows nothing")
	}
	do(Command{Verb: Last})
	do(Command{Verb: Filter, Expr: "arp"})
	do(Command{Verb: NextPart})
	third := at()
	if third[0] != shown[0] || third[1] != shown[1] || third[2] != 3 {
		t.Fatalf("after straying part 3 is at %v, not %v", third, shown)
	}
	do(Command{Verb: PrevPart})
	if got := at(); got != shown || s.Scene().Lesson.Chosen != 3 {
		t.Fatalf("back is %v, not %v", got, shown)
	}
	do(Command{Verb: StartLesson})
	if sc := s.Scene(); sc.Lesson != nil || sc.Step != shown[1] {
		t.Fatal("leaving the lesson moved the walk, or left the page")
	}
	do(Command{Verb: First})
	do(Command{Verb: StartLesson, Expr: "ping"})
	if got := at(); got != shown {
		t.Fatalf("coming again is %v, not %v", got, shown)
	}
	do(Command{Verb: StartLesson, Expr: "ping"})
	if got := at(); got[2] != 1 || s.Scene().Lesson.Chosen != 0 {
		t.Fatalf("beginning again is %v", got)
	}
	if err, ok := s.Do(Command{Verb: StartLesson, Expr: "arp"}).(OtherCaptureError); !ok || err.Capture != "arp" {
		t.Fatalf("another capture's lesson: %v", err)
	}
	for _, c := range []Command{{Verb: StartLesson, Expr: "none"}, {Verb: AnswerN, N: 1}, {Verb: PrevPart}} {
		if s.Do(c) == nil {
			t.Errorf("%v works", c)
		}
	}
	do(Command{Verb: StartLesson})
	if s.Do(Command{Verb: NextPart}) == nil {
		t.Error("there is a next part without a lesson")
	}
}

// TestLessonPress: the lesson waits for the very Command, counts, and is not
// misled by others.
func TestLessonPress(t *testing.T) {
	l, _ := lessons.Lookup("tour")
	s := lessonSession(t, l)
	s.UseKeys(map[string]string{"forward": "l", "back": "h"})
	s.Do(Command{Verb: StartLesson, Expr: "tour"})
	part := func(want int) {
		t.Helper()
		if got := s.Scene().Lesson.Part; got != want {
			t.Fatalf("part %d, not %d", got, want)
		}
	}
	if got := s.Scene().Lesson.Do; got != "Press l (one step on)." {
		t.Errorf("do: %q", got)
	}
	s.Do(Command{Verb: NextPacket})
	s.Do(Command{Verb: PrevPacket})
	part(1)
	s.Do(Command{Verb: Forward})
	part(2)
	s.Do(Command{Verb: Forward, N: 2})
	part(2)
	if got := s.Scene().Lesson.Do; got != "Press l (one step on)." {
		t.Errorf("do: %q", got)
	}
	s.Do(Command{Verb: Forward})
	part(3)
	s.Do(Command{Verb: PrevPart})
	s.Do(Command{Verb: NextPart})
	part(3)
}

// TestCheckFinds: the checker finds what an author can do wrong with a walk.
func TestCheckFinds(t *testing.T) {
	for _, c := range [][2]string{
		{"until tcp_v4_rcv", "no call of tcp_v4_rcv after this place"},
		{"until ip_rcv where icmp.type == 8", "no call of ip_rcv after this place where icmp.type == 8"},
		{"until ip_rcv\nexpect skb.len == 85", "this does not hold here"},
		{"until ip_rcv\nexpect tcp.seq == 85", "there is no tcp.seq here"},
		{"until ip_rcv\nexpect packet < 100", "held already"},
		{"packet 99", "there is no packet 99"},
		{"drop", "no packet is dropped"},
		{"press next-drop", "no packet is dropped"},
		{"ask x\n* {tcp.seq}\n- y :: no", "there is no {tcp.seq} here"},
		{"ask x\n* y :: {lost 1.2.3.4}\n- z :: no\nuntil fib_table_lookup", "there is no {lost 1.2.3.4} here"},
	} {
		text := "---\ntitle: t\nabout: a\ncapture: ping\nminutes: 1\n---\ntext\n```walk\n" + c[0] + "\n```\nend\n"
		l, faults := lessons.Parse("x.md", []byte(text))
		if faults != nil {
			t.Fatalf("%s: %v", c[0], faults)
		}
		got := CheckLesson(New(whole{captured(t, "ping")}, "ping"), l)
		if len(got) == 0 || got[0].File != "x.md" || got[0].Line < 9 {
			t.Errorf("%s: %v", c[0], got)
			continue
		}
		if s := got[0].Error(); !strings.Contains(s, c[1]) {
			t.Errorf("%s: %s", c[0], s)
		}
	}
}

// TestLessonRandom: whatever a reader does in the middle of a lesson, it can be
// gone on with, and nothing panics.
func TestLessonRandom(t *testing.T) {
	words := strings.Split("forward,back,next-packet,prev-packet,last,first,overview,open 1,filter arp,filter,follow packet,follow all,grain field,grain hook,until ip_rcv,return,look sk,run,search arp,depth,"+
		"answer 1,answer 2,answer 3,answer 9,next-part,next-part,prev-part,lesson ping,lesson,lesson arp,next-drop,explain softirq,why-value skb.len", ",")
	l, _ := lessons.Lookup("ping")
	s := lessonSession(t, l)
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 3000 {
		c, err := Parse(words[r.IntN(len(words))])
		if err != nil {
			t.Fatal(err)
		}
		s.Do(c)
		sc := s.Scene()
		lp := sc.Lesson
		if lp == nil {
			continue
		}
		if lp.Part < 1 || lp.Part > lp.Parts || len(lp.Text) == 0 || len(lp.Text) != len(lp.Page) || lp.Chosen > len(lp.Answers) || lp.Chosen > 0 && lp.Says == "" || lp.Ask != "" && lp.Chosen == 0 && lp.Next {
			t.Fatalf("step %d, %v: %+v", n, c, lp)
		}
	}
	s.Do(Command{Verb: StartLesson})
	s.Do(Command{Verb: StartLesson, Expr: "ping"})
	s.Do(Command{Verb: StartLesson, Expr: "ping"})
	for range l.Parts {
		s.Do(Command{Verb: AnswerN, N: 1})
		s.Do(Command{Verb: NextPart})
	}
	if s.Scene().Lesson != nil {
		t.Error("after all this the lesson cannot be taken")
	}
}

// TestHeaderFields: every name that lessons have for a header's field is one.
func TestHeaderFields(t *testing.T) {
	for name, h := range lessons.HeaderFields {
		found := false
		for k := range wire.HdrTrailer {
			for _, f := range wire.Fields(k) {
				found = found || k.String() == h.Header && f.Name == h.Field
			}
		}
		if !found {
			t.Errorf("%s: no header %s has a field %s", name, h.Header, h.Field)
		}
	}
}

// TestLessonText prints a lesson as its reader sees it, for authors:
// LESSON=ping go test -run LessonText -v ./stack/view
func TestLessonText(t *testing.T) {
	l, ok := lessons.Lookup(os.Getenv("LESSON"))
	if !ok {
		t.Skip("LESSON names no lesson")
	}
	for _, p := range take(t, l, false) {
		t.Logf("%d/%d\n%s\n%s %v\n> %s\n%s", p.Part, p.Parts, strings.Join(p.Text, "\n"), p.Ask, p.Answers, p.Says, p.Do)
	}
}
