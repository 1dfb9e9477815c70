package view

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/step"
)

var update = flag.Bool("update", false, "write the golden files again")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and read the diff\n%s", name, got)
	}
}

// TestScenes is a script of commands and the scenes that they lead to.
func TestScenes(t *testing.T) {
	s := open(7)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	for _, line := range strings.Split(`where
forward 5
until __neigh_event_send
over
next-drop
prev-drop
filter icmp[icmptype] = icmp-echo
next-packet
why ring.packets
return
next-mark neigh
until ip_nonsense
filter tcp port 80
look skb
last
`, "\n") {
		if line == "" {
			continue
		}
		if line != "where" {
			c, err := Parse(line)
			if err != nil {
				t.Fatal(err)
			}
			s.Do(c)
		}
		sc := s.Scene()
		// the tree and the list are long and the same in each
		n, l := len(sc.Tree), len(sc.List)
		tree, list := sc.Tree, sc.List
		sc.Tree, sc.List, sc.Bytes = nil, nil, nil
		sc.Timeline, sc.Tables, sc.Plots = nil, nil, nil // have their own tests
		for _, r := range tree {
			if r.Here {
				sc.Tree = append(sc.Tree, r)
			}
		}
		for _, r := range list {
			if r.Here {
				sc.List = append(sc.List, r)
			}
		}
		var st []Stage
		for _, g := range sc.Stages {
			if g.Visited {
				st = append(st, g)
			}
		}
		sc.Stages = st
		for i := range sc.Headers {
			sc.Headers[i].Fields = nil
		}
		sc.Checked = nil // the table of checks changes often
		out.WriteString("> " + line + "\n")
		if err := enc.Encode(sc); err != nil {
			t.Fatal(err)
		}
		if n == 0 || l == 0 {
			t.Errorf("%s: empty tree or list", line)
		}
	}
	golden(t, "scenes.txt", out.Bytes())
}

// TestForwardBack: n steps on and n steps back is where one began, with the
// same Scene; and so for packets and jumps.
func TestForwardBack(t *testing.T) {
	s := open(9)
	total := 0
	for s.Do(Command{Verb: Forward}) == nil {
		total++
	}
	if total < 9*10 {
		t.Fatalf("only %d steps", total)
	}
	s.Do(Command{Verb: First})
	for _, k := range []int{1, 2, 7, 30, total} {
		for start := 0; start+k <= total; start += 11 {
			s.Do(Command{Verb: First})
			if start > 0 {
				s.Do(Command{Verb: Forward, N: start})
			}
			a := s.Scene()
			if err := s.Do(Command{Verb: Forward, N: k}); err != nil {
				t.Fatalf("forward %d from %d: %v", k, start, err)
			}
			if reflect.DeepEqual(a, s.Scene()) {
				t.Fatalf("forward %d from %d: nothing changed", k, start)
			}
			if err := s.Do(Command{Verb: Back, N: k}); err != nil {
				t.Fatalf("back %d: %v", k, err)
			}
			if b := s.Scene(); !reflect.DeepEqual(a, b) {
				t.Fatalf("forward %d, back %d from %d: another scene", k, k, start)
			}
		}
	}
}

// TestDrops: next-drop goes from drop to drop and does not stick.
func TestDrops(t *testing.T) {
	s := open(9)
	for _, want := range []int{3, 6, 9} {
		if err := s.Do(Command{Verb: NextDrop}); err != nil {
			t.Fatal(err)
		}
		sc := s.Scene()
		if sc.Packet != want || sc.Verdict.Outcome != "dropped" || sc.Verdict.Reason != "IP_CSUM" || !sc.Verdict.Reached {
			t.Errorf("at packet %d %+v, want %d", sc.Packet, sc.Verdict, want)
		}
		if !sc.Stages[sc.Lit].Dropped {
			t.Errorf("the map does not show the drop at %s", sc.Lit.Name())
		}
	}
	if err := s.Do(Command{Verb: NextDrop}); err == nil {
		t.Error("a fourth drop")
	}
	if n := s.Scene().Notice; n == "" {
		t.Error("no notice")
	}
	for _, want := range []int{6, 3} {
		if err := s.Do(Command{Verb: PrevDrop}); err != nil || s.Scene().Packet != want {
			t.Errorf("prev-drop: packet %d, %v; want %d", s.Scene().Packet, err, want)
		}
	}
}

// TestMarkDoesNotStick: a landmark inside a step (a tracepoint) is found once.
func TestMarkDoesNotStick(t *testing.T) {
	s := open(4)
	if err := s.Do(Command{Verb: NextMark, Expr: "neigh"}); err != nil {
		t.Fatal(err)
	}
	if f := s.Scene().Func; f != "__neigh_event_send" {
		t.Errorf("neigh mark in %s", f)
	}
	if err := s.Do(Command{Verb: NextMark, Expr: "neigh"}); err == nil {
		t.Errorf("found again: %s", func() string { sc := s.Scene(); return sc.Place() }())
	}
}

// TestVerbs: every verb is carried out, and every word is known.
func TestVerbs(t *testing.T) {
	arg := map[string]string{"N": "2", "KIND": "drop", "FUNCTION": "eth_type_trans", "FIELD": "ring.packets", "[TEXT]": "echo", "[WHERE]": "drop"}
	for _, v := range Verbs {
		switch v.Verb {
		case StartLesson, AnswerN, NextPart, PrevPart:
			continue // they have their own tests
		}
		s := open(6)
		s.Do(Command{Verb: SetBreak, Expr: "eth_type_trans"})
		s.Do(Command{Verb: Seek, N: 5})
		s.Do(Command{Verb: Forward, N: 4})
		c, err := Parse(strings.TrimSpace(string(v.Verb) + " " + arg[v.Arg]))
		if err != nil {
			t.Errorf("%s: %v", v.Verb, err)
			continue
		}
		if err := s.Do(c); err != nil {
			t.Errorf("%s: %v", v.Verb, err)
		}
		if v.What == "" {
			t.Errorf("%s has no help", v.Verb)
		}
	}
	s := open(2)
	for _, line := range []string{"seek 99", "until x", "next-mark x", "filter tcp port port", "why-value x", "look x", "choose 9", "open 9", "follow x", "grain x",
		"break x", "break if x y", "break drop x", "break sk.state ==", "break 7", "run", "run-back", "search nowhere to be found", "search-back nowhere"} {
		c, err := Parse(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		before := s.Scene()
		if err := s.Do(c); err == nil {
			t.Errorf("%s: no error", line)
		}
		after := s.Scene()
		before.Notice, after.Notice = "", ""
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%s: an error moved the place", line)
		}
	}
}

// TestStages: every function of the catalogue has a place on the map, or is
// wherever its caller is; and every stage has functions.
func TestStages(t *testing.T) {
	have := map[StageID]bool{UpWire: true, DownWire: true}
	step.Each(func(s step.Step, i *step.Info) {
		p := stageOf(s)
		have[p.up], have[p.down] = true, true
		_, named := stageTable[i.Func]
		if _, either := eitherTable[i.Func]; !named && !either {
			t.Logf("by layer: %s (%s)", i.Func, i.Layer)
		}
	})
	for fn, p := range stageTable {
		have[p.up], have[p.down] = true, true
		_ = fn
	}
	for id := UpWire; id < NumStages; id++ {
		if !have[id] || id.Name() == "" {
			t.Errorf("stage %d (%s) has no function", id, id.Name())
		}
	}
}

// sceneClean fails if any text of a Scene could steer a terminal.
func sceneClean(t *testing.T, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.String:
		if !isClean(v.String()) {
			t.Errorf("%s: %q", path, v.String())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			sceneClean(t, v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			sceneClean(t, v.Index(i), path)
		}
	}
}

func TestSceneClean(t *testing.T) {
	s := open(4)
	for {
		sceneClean(t, reflect.ValueOf(s.Scene()), "scene")
		if s.Do(Command{Verb: Forward}) != nil {
			break
		}
	}
	s.Do(Command{Verb: Until, Expr: "\x1b[31m"})
	sceneClean(t, reflect.ValueOf(s.Scene()), "scene")
}

func FuzzScene(f *testing.F) {
	f.Add(echo(false, 1), "icmp")
	f.Add([]byte("\x1b[2J\x00\xff"), "host \x1b[0m")
	f.Add([]byte{}, "")
	f.Fuzz(func(t *testing.T, frame []byte, word string) {
		k := newFake(2)
		k.frames[0].Data, k.frames[0].OrigLen = frame, len(frame)
		k.frames[0].Comment = word
		k.Advance(2)
		s := New(k, word)
		if c, err := Parse(word); err == nil {
			c.N = min(c.N, 100)
			s.Do(c)
		}
		s.Do(Command{Verb: Filter, Expr: word})
		s.Do(Command{Verb: Forward, N: 3})
		sceneClean(t, reflect.ValueOf(s.Scene()), "scene")
	})
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[31mb\x00\u202e\xff\u009b5 µs → ok")
	f.Fuzz(func(t *testing.T, s string) {
		if c := Clean(s); !isClean(c) || Clean(c) != c {
			t.Errorf("%q -> %q", s, c)
		}
	})
}

func TestPlain(t *testing.T) {
	var out bytes.Buffer
	if err := Plain(&out, open(3)); err != nil {
		t.Fatal(err)
	}
	golden(t, "plain.txt", out.Bytes())
	out.Reset()
	in := strings.NewReader("\nuntil ping_rcv\nstack\nstate\nd\nnonsense\nwhere\nquit\n")
	if err := Plain(&out, open(3), PlainOptions{In: in}); err != nil {
		t.Fatal(err)
	}
	golden(t, "talk.txt", out.Bytes())
}

func TestEmpty(t *testing.T) {
	s := New(&fake{chunk: &fakeChunk{}}, "empty")
	s.Advance(1)
	for _, v := range Verbs {
		s.Do(Command{Verb: v.Verb, N: 1, Expr: "drop"})
		s.Scene()
	}
	var out bytes.Buffer
	if err := Plain(&out, s); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "no packet") {
		t.Error(out.String())
	}
}

func BenchmarkScene(b *testing.B) {
	s := open(100)
	s.Do(Command{Verb: Forward, N: 300})
	b.ReportAllocs()
	for b.Loop() {
		s.Scene()
	}
}

// TestSceneFiles keeps a few whole Scenes; the terminal's tests draw them.
func TestSceneFiles(t *testing.T) {
	for _, c := range []struct {
		name string
		do   []Command
	}{
		{"first", nil},
		{"protocol", []Command{{Verb: Until, Expr: "__netif_receive_skb_core"}}},
		{"neighbour", []Command{{Verb: Until, Expr: "__neigh_event_send"}}},
		{"drop", []Command{{Verb: NextDrop}}},
		{"sent", []Command{{Verb: Forward, N: 13}}},
		{"filtered", []Command{{Verb: Filter, Expr: "icmp and len < 300"}, {Verb: Seek, N: 40}, {Verb: Until, Expr: "eth_type_trans"}}},
		{"wrong", []Command{{Verb: Until, Expr: "ip_rcw"}}},
		{"overview", []Command{{Verb: ShowOverview}, {Verb: Choose, N: 2}}},
		{"group", []Command{{Verb: Open, N: 1}}},
		{"field", []Command{{Verb: Grain, Expr: "field"}, {Verb: Until, Expr: "eth_type_trans"}, {Verb: Forward}}},
		{"break", []Command{{Verb: SetBreak, Expr: "drop"}, {Verb: SetBreak, Expr: "skb.len > 50"}, {Verb: Run, N: 2}, {Verb: Follow, Expr: "packet"}}},
	} {
		s := open(60)
		for _, c := range c.do {
			s.Do(c)
		}
		sceneClean(t, reflect.ValueOf(s.Scene()), "scene")
		sc := s.Scene()
		sc.Checked = nil
		b, err := json.MarshalIndent(sc, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, c.name+".json", append(b, '\n'))
	}
}
