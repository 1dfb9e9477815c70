package lessons

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCourse: the lessons that come with packetwalk are sound as files; what
// they say about the walk is checked in stack/view.
func TestCourse(t *testing.T) {
	list, faults := Course()
	for _, f := range append(faults, Check(list, World{})...) {
		t.Error(f)
	}
	if len(list) < 5 {
		t.Errorf("%d lessons", len(list))
	}
	for _, l := range list {
		if n := len(l.Parts); n < 8 || n > 15 {
			t.Errorf("%s has %d parts, not 8 to 15", l.File, n)
		}
		asks := 0
		for i := range l.Parts {
			if l.Parts[i].Ask() != nil || len(l.Parts[i].Press()) > 0 {
				asks++
			}
		}
		if asks < 5 {
			t.Errorf("%s asks only %d times", l.File, asks)
		}
	}
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		slug, ok := strings.CutSuffix(e.Name(), ".md")
		if _, there := Lookup(slug); ok && slug != "README" && !there {
			t.Errorf("%s is not in course.txt", e.Name())
		}
	}
}

const front = "---\ntitle: T\nabout: A.\ncapture: ping\nminutes: 3\n---\n"

func TestParse(t *testing.T) {
	l, faults := Parse("dir/one-1.md", []byte(front+`
# Head

One *two* **three {skb.len}** `+"`four`"+` [five](step:ip_rcv)
goes on {{six}} \*.
- item
  more
1. first
`+"```"+`
pre  {x}
`+"```"+`
`+"```walk"+`
# remark
ask   Why?
-     no
  :: because {was sk.state}
*     yes :: {lost 10.0.0.0/24}
until ip_rcv where icmp.type == 8 and not
 (skb.dev == eth0)
look  skb
show  map
expect skb.len > 3
`+"```"+`
Then.
`+"```walk"+`
press forward 3 :: go
packet 2
drop
look
`+"```"+`
End.
`))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if l.Slug != "one-1" || l.Title != "T" || l.About != "A." || l.Capture != "ping" || l.Minutes != 3 || len(l.Parts) != 3 {
		t.Fatalf("%+v", l)
	}
	p := l.Parts[0]
	var kinds []ParaKind
	for _, pa := range p.Text {
		kinds = append(kinds, pa.Kind)
	}
	if want := []ParaKind{Head, Text, Item, Item, Pre}; !slices.Equal(kinds, want) {
		t.Errorf("kinds %v, not %v", kinds, want)
	}
	want := []Span{{Plain, "One ", "", 10}, {Emph, "two", "", 10}, {Plain, " ", "", 10}, {Strong, "three ", "", 10}, {Value, "skb.len", "", 10},
		{Plain, " ", "", 10}, {Code, "four", "", 10}, {Plain, " ", "", 10}, {Link, "five", "step:ip_rcv", 10}, {Plain, " goes on {six} *.", "", 10}}
	if !slices.Equal(p.Text[1].Spans, want) {
		t.Errorf("spans\n%+v, not\n%+v", p.Text[1].Spans, want)
	}
	ask := p.Ask()
	if ask == nil || len(ask.Answers) != 2 || ask.Answers[0].Right || !ask.Answers[1].Right || ask.Answers[0].Says[1].Text != "was sk.state" {
		t.Errorf("ask %+v", ask)
	}
	rest := p.Rest()
	if len(rest) != 4 || rest[0].Where.String() != "icmp.type == 8 and not skb.dev == eth0" || rest[3].Where.String() != "skb.len > 3" {
		t.Errorf("rest %+v", rest)
	}
	if q := l.Parts[1]; len(q.Press()) != 1 || q.Press()[0].Word != "forward 3" || len(q.Rest()) != 3 || q.Ask() != nil {
		t.Errorf("second part %+v", q)
	}
}

// TestFaults: each thing that an author can do wrong is told in one line, with
// its place and what to do.
func TestFaults(t *testing.T) {
	block := func(s string) string { return front + "text\n```walk\n" + s + "\n```\n" }
	for _, c := range []struct{ name, text, want string }{
		{"no front", "text", "x.md:1: a lesson begins with its front matter: write ---"},
		{"open front", "---\ntitle: x\n", "x.md:1: the front matter has no end"},
		{"front word", "---\ntitel: x\n---\n", `x.md:2: the front matter knows no "titel": it has title`},
		{"front twice", "---\ntitle: x\ntitle: y\n---\n", "x.md:3: title is said twice"},
		{"front line", "---\ntitle\n---\n", "x.md:2: this is no line of a front matter"},
		{"front missing", "---\ntitle: x\nabout: y\ncapture: ping\n---\nx", "x.md:1: the front matter has no minutes"},
		{"minutes", strings.Replace(front, "3", "many", 1) + "x", `x.md:5: "many" minutes`},
		{"lab", "---\ntitle: x\nabout: y\nlab: two\nminutes: 1\n---\nx", "x.md:4: lessons on labs cannot be taken yet"},
		{"empty", front, "x.md: the lesson is empty"},
		{"escape", front + "a\x1b[2Jb", `x.md:7:2: not every terminal shows this character: '\x1b'`},
		{"rune", front + "caf\u00e9", `x.md:7:4: not every terminal shows this character: '\u00e9'`},
		{"bidi", front + "a\u202eb", `x.md:7:2: not every terminal shows this character: '\u202e'`},
		{"line", front + strings.Repeat("x", maxLine+1), "x.md:7: this line has 2001 bytes"},
		{"size", front + strings.Repeat("x\n", maxFile), "x.md: the file has"},
		{"block", front + "text\n```walk\nask x\n", "x.md:8: this block has no end"},
		{"fence", front + "text\n```\nask x\n", "x.md:8: this block has no end"},
		{"empty block", block(""), "x.md:8: this block is empty"},
		{"no text", front + "```walk\ndrop\n```\n", "x.md:7: this block has no text before it"},
		{"order", block("untill ip_rcv"), `x.md:9:1: a block knows no "untill": it has ask, press, until`},
		{"step", block("until ip_rvc"), `x.md:9:7: no kernel function is called "ip_rvc" here: try ip_r`},
		{"until alone", block("until"), "x.md:9: until needs something behind it"},
		{"where", block("until ip_rcv where skb.lenn == 3"), `x.md:9:20: no field is called "skb.lenn": try skb.len`},
		{"where op", block("until ip_rcv where skb.len = 3"), "x.md:9:28: this character means nothing here"},
		{"where end", block("until ip_rcv where skb.len == "), "x.md:9:30: a value is missing"},
		{"packet", block("packet 0"), `x.md:9:8: "0" is no number of a packet`},
		{"drop", block("drop 3"), "x.md:9:6: drop takes nothing"},
		{"look", block("look here"), `x.md:9:6: no object is called "here": look at one of skb`},
		{"show", block("show all"), `x.md:9:6: no pane is called "all": show one of map`},
		{"expect", block("expect skb.len == 3"), "x.md:9: nothing moves before this expect"},
		{"answer", block("- x"), "x.md:9: this answer has no question"},
		{"empty answer", block("ask x\n- :: y\n* z"), "x.md:10: this answer is empty"},
		{"two right", block("ask x\n* y\n* z"), "x.md:9: 2 answers are right: mark exactly one with *"},
		{"none right", block("ask x\n- y\n- z"), "x.md:9: 0 answers are right"},
		{"none wrong", block("ask x\n* y"), "x.md:9: no answer is wrong"},
		{"many", block("ask x\n* y" + strings.Repeat("\n- z", maxAnswers)), "x.md:16: too many answers"},
		{"late ask", block("drop\nask x\n* y\n- z"), "x.md:10: a question stands first"},
		{"late press", block("drop\npress back"), "x.md:10: what the reader is to do comes before"},
		{"ask and press", block("ask x\n* y\n- z\npress back"), "x.md:7: a block either asks or lets the reader press"},
		{"unseen end", block("press back\npacket 2"), "x.md:10: the lesson ends before this is seen"},
		{"value", front + "{skb.lne}", `x.md:7: no value is called "skb.lne": try skb.l`},
		{"was", front + "{was x}", `x.md:7: no value is called "x"`},
		{"brace", front + "a { b", "x.md:7: this { has no end"},
		{"end brace", front + "a } b", "x.md:7: this } closes nothing"},
		{"html", front + "a <b>x</b>", "x.md:7: a lesson holds no HTML"},
		{"picture", front + "![x](y)", "x.md:7: a lesson shows no pictures"},
		{"table", front + "| a | b |", "x.md:7: a lesson has no tables"},
		{"code", front + "a ` b", "x.md:7: this ` has no end"},
		{"strong", front + "a **b", "x.md:7: this ** has no end"},
	} {
		_, faults := Parse("x.md", []byte(c.text))
		if len(faults) == 0 || !strings.HasPrefix(faults[0].Error(), c.want) {
			t.Errorf("%s: %v, not %s", c.name, faults, c.want)
		}
		for _, f := range faults {
			if f.Do == "" && !strings.Contains(f.What, "is called") {
				t.Errorf("%s: what is to be done? %s", c.name, f)
			}
			if _, _, ok := clean(f.Error()); !ok {
				t.Errorf("%s: %q could do more than be read", c.name, f.Error())
			}
		}
	}
	if _, faults := Parse("../X y.md", []byte(front+"text")); len(faults) != 1 || !strings.Contains(faults[0].What, "NAME.md") {
		t.Error(faults)
	}
}

func TestCheck(t *testing.T) {
	parse := func(name, needs, text string) *Lesson {
		l, faults := Parse(name, []byte("---\ntitle: T\nabout: A.\ncapture: ping\nneeds: "+needs+"\nminutes: 3\n---\n"+text))
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return l
	}
	w := World{
		Capture: func(n string) bool { return n == "ping" },
		Term:    func(n string) bool { return n == "softirq" },
		Verb:    func(n string) bool { return n == "back" },
	}
	good := parse("a.md", "", "[x](step:ip_rcv) [x](field:skb.len) [x](term:softirq) [x](lesson:b) [x](https://kernel.org/) {key back}\n```walk\npress back\n```\n")
	if f := Check([]*Lesson{good, parse("b.md", "a", "x")}, w); f != nil {
		t.Error(f)
	}
	other := *good
	other.Capture = "none"
	for _, c := range []struct {
		list []*Lesson
		want string
	}{
		{[]*Lesson{good, good, parse("b.md", "", "x")}, `a.md: the slug "a" is there twice`},
		{[]*Lesson{parse("c.md", "b", "x"), parse("b.md", "", "x")}, `c.md:5: "b" does not come before this lesson`},
		{[]*Lesson{parse("c.md", "c", "x")}, `c.md:5: "c" does not come before this lesson`},
		{[]*Lesson{parse("c.md", "d", "x")}, `c.md:5: there is no lesson "d"`},
		{[]*Lesson{&other, parse("b.md", "", "x")}, `a.md:4: there is no bundled capture "none"`},
		{[]*Lesson{parse("c.md", "", "[x](step:ip_rvc)")}, `c.md:8: the link to "step:ip_rvc" leads nowhere`},
		{[]*Lesson{parse("c.md", "", "[x](field:a)")}, `c.md:8: the link to "field:a" leads nowhere`},
		{[]*Lesson{parse("c.md", "", "[x](term:a)")}, `c.md:8: the link to "term:a" leads nowhere`},
		{[]*Lesson{parse("c.md", "", "[x](lesson:a)")}, `c.md:8: the link to "lesson:a" leads nowhere`},
		{[]*Lesson{parse("c.md", "", "[x](http://a/)")}, `c.md:8: the link to "http://a/" leads nowhere`},
		{[]*Lesson{parse("c.md", "", "[x](javascript:a)")}, `c.md:8: the link to "javascript:a" leads nowhere`},
		{[]*Lesson{parse("c.md", "", "{key jump}")}, `c.md:8: no key does "jump"`},
		{[]*Lesson{parse("c.md", "", "x\n```walk\npress jump\n```\n")}, `c.md:10: nobody can press "jump"`},
		{[]*Lesson{parse("c.md", "", "x\n```walk\nask [x](step:y)\n- a :: [x](step:z)\n* b\n```\n")}, `c.md:10: the link to "step:y" leads nowhere`},
	} {
		f := Check(c.list, w)
		if len(f) == 0 || !strings.HasPrefix(f[0].Error(), c.want) {
			t.Errorf("%v, not %s", f, c.want)
		}
	}
}

// values is a Place.
type values map[string]Val

func (v values) Value(name string, was bool) (Val, bool) {
	if was {
		name = "was " + name
	}
	x, ok := v[name]
	return x, ok
}

func TestExpr(t *testing.T) {
	at := values{
		"skb.len":      {"84", 84, true},
		"was skb.len":  {"98", 98, true},
		"skb.dev":      {"eth0", 2, true},
		"arp.opcode":   {"1 request", 1, true},
		"ip.saddr":     {Text: "10.0.0.1"},
		"tcp.flags":    {"S.", 18, true},
		"sk.err":       {"0", 0, true},
		"neigh.lladdr": {"02:00:00:00:00:01", 0x020000000001, true},
		"says":         {Text: "two words"},
	}
	for text, want := range map[string]bool{
		"skb.len == 84": true, "skb.len == 0x54": true, "skb.len != 84": false, "skb.len < 85": true, "skb.len <= 83": false, "skb.len > 84": false, "skb.len >= 84": true,
		"was skb.len == 98": true, "was skb.dev == eth0": false, "skb.dev == eth0": true, "skb.dev != eth1": true,
		"arp.opcode == request": true, "arp.opcode == 1": true, "arp.opcode != reply": true,
		"ip.saddr == 10.0.0.1": true, "ip.saddr < 3": false, "tcp.flags == S.": true, "tcp.flags == S": false,
		"neigh.lladdr == 02:00:00:00:00:01": true, `says == "two words"`: true, `says == words`: true, `says == wor`: false,
		"skb.len == 1 or skb.len == 84 and skb.dev == eth1": false, "(skb.len == 1 or skb.len == 84) and skb.dev == eth0": true,
		"skb.len == 84 or skb.len == 1 and skb.dev == eth1": true, "not skb.len == 1": true, "not not skb.len == 84": true,
		"sk.state == 1": false, "sk.state != 1": false, "not sk.state == 1": true,
	} {
		e, f := ParseExpr(text)
		if f != nil {
			t.Errorf("%s: %v", text, f)
			continue
		}
		if e.Holds(at) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
	if e, _ := ParseExpr("skb.len == 1 and not (sk.state == 1 or skb.dev == x)"); e.Missing(at) != "sk.state" {
		t.Errorf("missing %q", e.Missing(at))
	}
	for text, want := range map[string]int{
		"": 1, "and": 1, "skb.len": 8, "skb.len ==": 11, "skb.len == 3 4": 14, "skb.len == 3 and": 17, "(skb.len == 3": 1, "skb.len == )": 12, "x == 3": 1, `skb.len == "a`: 12,
		"skb.len < a": 11, "skb.len == 3 or not": 20, strings.Repeat("(", 40): 31, strings.Repeat("not ", 40): 121, strings.Repeat("x", 501): 1, "skb.len ~ 3": 9,
		"was was skb.len == 3": 5, `"skb.len" == 3`: 1,
	} {
		_, f := ParseExpr(text)
		if f == nil || f.Col != want || f.What == "" {
			t.Errorf("%q: %+v, not at %d", text, f, want)
		}
	}
}

func TestProgress(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	p := Own()
	if p.Path != filepath.Join(dir, "packetwalk", "done") || p.Done() != nil {
		t.Fatal(p, p.Done())
	}
	for _, s := range []string{"ping", "arp", "ping", "../x", ""} {
		if err := p.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.Done(); !slices.Equal(got, []string{"ping", "arp"}) {
		t.Error(got)
	}
	if b, _ := os.ReadFile(p.Path); string(b) != "ping\narp\n" {
		t.Errorf("%q", b)
	}
	if list, _ := os.ReadDir(filepath.Dir(p.Path)); len(list) != 1 {
		t.Errorf("files are left: %v", list)
	}
	if err := os.WriteFile(p.Path, []byte("\x00\x1b[2J\nping\r\nPING\n "+strings.Repeat("y", 200<<10)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := p.Done(); !slices.Equal(got, []string{"ping"}) {
		t.Errorf("a broken file counts as %q", got)
	}
	if err := p.Add("arp"); err != nil || !slices.Equal(p.Done(), []string{"ping", "arp"}) {
		t.Error(err, p.Done())
	}
	os.Remove(p.Path)
	os.Mkdir(p.Path, 0o700)
	if p.Done() != nil || p.Add("arp") == nil {
		t.Error("a folder counts")
	}
	t.Setenv("XDG_STATE_HOME", "relative")
	t.Setenv("HOME", dir)
	if p := Own(); p.Path != filepath.Join(dir, ".local", "state", "packetwalk", "done") {
		t.Error(p)
	}
	t.Setenv("HOME", "")
	if p := Own(); p.Done() != nil || p.Add("x") == nil {
		t.Error("no home is a place")
	}
}

// FuzzExpr: what is read is written so that it is read as the same again.
func FuzzExpr(f *testing.F) {
	for _, s := range []string{"skb.len == 3", "not (skb.len < 3 or was sk.state == ESTABLISHED) and says == \"a b\"", "((((", "skb.len == 0x1f", "not not icmp.type != 8"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, fault := ParseExpr(s)
		if fault != nil {
			if fault.Col < 1 || fault.Col > len(s)+1 || fault.What == "" {
				t.Fatalf("%q: %+v", s, fault)
			}
			return
		}
		again, fault := ParseExpr(e.String())
		if len(e.String()) > maxExpr {
			return
		}
		if fault != nil || again.String() != e.String() {
			t.Fatalf("%q: %q, again %q, %v", s, e, again, fault)
		}
		at := values{"skb.len": {"3", 3, true}, "says": {Text: "a b"}}
		if e.Holds(at) != again.Holds(at) || e.Missing(at) != again.Missing(at) {
			t.Fatalf("%q means something else than %q", s, e)
		}
	})
}

// FuzzParse: whatever a file holds, the lesson is safe to show, within its
// limits, and faults tell where.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"tour", "ping", "arp", "handshake", "drops"} {
		b, err := files.ReadFile(name + ".md")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(front + "a **b {skb.len} `c` *d* [e](step:ip_rcv) {{ }} \\* ```walk\nask\n- :: \n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, faults := Parse("x.md", b)
		if len(faults) > maxFaults || len(l.Parts) > maxParts {
			t.Fatal("beyond the limits")
		}
		lines := strings.Count(string(b), "\n") + 1
		for _, x := range faults {
			if _, _, ok := clean(x.Error()); !ok || x.Line < 0 || x.Line > lines || x.What == "" {
				t.Fatalf("fault %q", x.Error())
			}
		}
		safe := func(list []Span) {
			for _, s := range list {
				if _, _, ok := clean(s.Text + s.To); !ok || s.Line < 1 || s.Line > lines {
					t.Fatalf("span %+v", s)
				}
			}
		}
		for i := range l.Parts {
			p := &l.Parts[i]
			for _, pa := range p.Text {
				safe(pa.Spans)
			}
			for _, o := range p.Orders {
				safe(o.Text)
				for _, a := range o.Answers {
					safe(a.Text)
					safe(a.Says)
				}
				if len(faults) == 0 && ((o.Kind == Until) != (o.Step != 0) || o.Kind == Expect && o.Where == nil || o.Kind == Ask && len(o.Answers) < 2) {
					t.Fatalf("half an order: %+v", o)
				}
			}
		}
		if again, f := Parse("x.md", b); len(f) != len(faults) || len(again.Parts) != len(l.Parts) {
			t.Fatal("read differently the second time")
		}
	})
}

// TestParseTime: a file made to be slow is refused in time.
func TestParseTime(t *testing.T) {
	for _, s := range []string{"{skb.lenn" + strings.Repeat("x", 80) + "} ", "[x](", "**a", "`{", "until ip_rvc where x" + strings.Repeat("y", 99) + " == 3\n", "*", "{{", "`", "- x\n"} {
		for _, pre := range []string{front, front + "x\n```walk\n"} {
			var b strings.Builder
			b.WriteString(pre)
			for n := 0; b.Len() < maxFile-200; n += len(s) {
				b.WriteString(s)
				if n > maxLine-200 {
					b.WriteByte('\n')
					n = 0
				}
			}
			from := time.Now()
			Parse("x.md", []byte(b.String()))
			if d := time.Since(from); d > time.Minute { // far above what it takes: only a hang counts
				t.Errorf("%q: %v", s, d)
			}
		}
	}
}
