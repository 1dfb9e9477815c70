package view

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/packetwalk/packetwalk/pcaps"
)

// walkThrough goes forward through a whole capture and returns the places.
func walkThrough(t *testing.T, s *Session, most int) (places []string) {
	t.Helper()
	for len(places) < most {
		sc := s.Scene()
		places = append(places, fmt.Sprint(sc.Packet, ".", sc.Step, ".", sc.Change))
		if err := s.Do(Command{Verb: Forward}); err != nil {
			var none NotFoundError
			if !errors.As(err, &none) {
				t.Fatal(err)
			}
			break
		}
	}
	return places
}

// TestIdentity: at every grain and following, the way back is the way there in
// reverse, and no place comes twice.
func TestIdentity(t *testing.T) {
	for _, name := range []string{"ping", "fragments", "http"} {
		for _, g := range grains {
			for _, f := range follows {
				t.Run(fmt.Sprint(name, "-", g, "-", f), func(t *testing.T) {
					s := bundled(t, name)
					do(t, s, "seek 3", "grain "+string(g), "follow "+string(f), "first")
					if f == followFlow {
						do(t, s, "seek 3")
					}
					there := walkThrough(t, s, 300)
					if len(there) < 10 {
						t.Fatalf("only %d places", len(there))
					}
					seen := map[string]bool{}
					for _, p := range there {
						if seen[p] {
							t.Fatalf("%s comes twice", p)
						}
						seen[p] = true
					}
					if len(there) == 300 {
						do(t, s, "back")
					}
					for i := len(there) - 1; i >= 0; i-- {
						sc := s.Scene()
						if p := fmt.Sprint(sc.Packet, ".", sc.Step, ".", sc.Change); p != there[i] {
							t.Fatalf("back at %s, not %s", p, there[i])
						}
						if i > 0 {
							do(t, s, "back")
						}
					}
				})
			}
		}
	}
}

// TestFollow: what the followings go through.
func TestFollow(t *testing.T) {
	s := bundled(t, "closed-ports")
	do(t, s, "seek 3", "follow packet")
	for range 200 {
		sc := s.Scene()
		if sc.Packet != 3 {
			break
		}
		if sc.Who != "packet 3" {
			t.Fatalf("step %d is %s's", sc.Step, sc.Who)
		}
		for _, r := range sc.Tree {
			if r.Here && r.N != sc.Step {
				t.Errorf("the tree is at %d, the step is %d", r.N, sc.Step)
			}
		}
		do(t, s, "forward")
	}
	// the conversation of packet 3 is UDP's; its next packet is not the SYN
	do(t, s, "seek 5", "follow flow", "next-packet")
	if sc := s.Scene(); sc.Packet != 6 || !strings.Contains(sc.Line, "[R.]") {
		t.Errorf("after packet 5 of its conversation comes %d %s", sc.Packet, sc.Line)
	}
	if err := s.Do(Command{Verb: NextPacket}); err == nil {
		sc := s.Scene()
		t.Errorf("the conversation has another packet: %d %s", sc.Packet, sc.Line)
	}
	do(t, s, "follow all", "first")
	last := int64(-1)
	for range 300 {
		sc := s.Scene()
		if sc.At < last {
			t.Fatalf("%s is at %d ns, before %d", sc.Place(), sc.At, last)
		}
		last = sc.At
		if s.Do(Command{Verb: Forward}) != nil {
			break
		}
	}
}

// TestGrain: a hook is a stage, a field is a change.
func TestGrain(t *testing.T) {
	s := bundled(t, "ping")
	do(t, s, "seek 4", "grain hook", "follow packet")
	var way []string
	for s.Scene().Packet == 4 {
		sc := s.Scene()
		way = append(way, sc.Lit.Name())
		do(t, s, "forward")
	}
	if got := strings.Join(way, " > "); !strings.HasPrefix(got, "wire > NIC ring > GRO > taps, protocols > PRE_ROUTING > routing > LOCAL_IN") || len(way) > 20 {
		t.Errorf("hooks: %s", got)
	}
	do(t, s, "seek 4", "follow family", "grain field", "until eth_type_trans")
	sc := s.Scene()
	if sc.Change != 1 || sc.Of < 2 || len(sc.Changes)+len(sc.Counts) != sc.Of || !sc.Changes[0].Here {
		t.Fatalf("at %s: change %d of %d, %+v", sc.Func, sc.Change, sc.Of, sc.Changes)
	}
	do(t, s, "forward")
	if sc := s.Scene(); sc.Func != "eth_type_trans" || sc.Change != 2 || sc.Changes[0].Here || !sc.Changes[1].Here {
		t.Errorf("then at %s: change %d of %d", sc.Func, sc.Change, sc.Of)
	}
}

// TestBreaks: where runs stop.
func TestBreaks(t *testing.T) {
	for _, c := range []struct {
		capture, at string
		want        []string // "packet function"
	}{
		{"closed-ports", "drop", []string{"3 __udp4_lib_rcv", "5 tcp_v4_rcv"}},
		{"closed-ports", "drop NO_SOCKET", []string{"3 __udp4_lib_rcv", "5 tcp_v4_rcv"}},
		{"closed-ports", "__icmp_send", []string{"3 __icmp_send"}},
		{"closed-ports", "ip_rcv if tcp", []string{"5 ip_rcv", "10 ip_rcv"}},
		{"closed-ports", "if icmp", []string{"4 ", "8 "}},
		{"ping", "IpInReceives", []string{"4 ip_rcv_core", "6 ip_rcv_core", "8 ip_rcv_core"}},
		{"ping", "IpInReceives == 2", []string{"6 ip_rcv_core"}},
		{"ping", "IpInReceives > 1", []string{"6 ip_rcv_core", "8 ip_rcv_core"}},
		{"ping", "neigh.nud_state == REACHABLE", []string{"2 __neigh_update"}},
		{"rto", "retransmit", []string{"5 ", "6 "}},
	} {
		s := bundled(t, c.capture)
		do(t, s, "break "+c.at)
		for back := range 2 {
			want := c.want
			verb := Run
			if back == 1 {
				verb = RunBack
				do(t, s, "last")
				for s.Do(Command{Verb: Forward}) == nil {
				}
			}
			for i := range want {
				w := want[i]
				if back == 1 {
					w = want[len(want)-1-i]
				}
				if err := s.Do(Command{Verb: verb}); err != nil {
					t.Errorf("%s, %s %s: %v, want %s", c.capture, verb, c.at, err, w)
					break
				}
				sc := s.Scene()
				if got := fmt.Sprint(sc.Packet, " ", sc.Func); !strings.HasPrefix(got, w) {
					t.Errorf("%s, %s %s: at %s, want %s", c.capture, verb, c.at, got, w)
				}
				if !sc.Breaks[0].Here || sc.Breaks[0].Hits == 0 {
					t.Errorf("%s, %s %s: the breakpoint does not say that it is here: %+v", c.capture, verb, c.at, sc.Breaks)
				}
			}
			if c.at == "retransmit" {
				continue
			}
			if err := s.Do(Command{Verb: verb}); err == nil {
				sc := s.Scene()
				t.Errorf("%s, %s %s: another at %d %s", c.capture, verb, c.at, sc.Packet, sc.Func)
			}
		}
		do(t, s, "break "+c.at)
		if n := len(s.Scene().Breaks); n != 0 {
			t.Errorf("%d breakpoints are left", n)
		}
	}
}

// TestSearch: steps first, then packets' lines; forward and back.
func TestSearch(t *testing.T) {
	s := bundled(t, "closed-ports")
	do(t, s, "seek 3", "search NO SOCKET OF THIS HOST WANTS")
	if sc := s.Scene(); sc.Packet != 3 || sc.Kind != "end" {
		t.Errorf("at %s: %s", sc.Place(), sc.Says)
	}
	do(t, s, "search flags [s]")
	if sc := s.Scene(); sc.Packet != 5 || sc.Step != 1 {
		t.Errorf("at %s", sc.Place())
	}
	if err := s.Do(Command{Verb: Search, Expr: "who-has"}); err == nil {
		t.Error("it went round")
	} else if !strings.Contains(err.Error(), "not found") {
		t.Error(err)
	}
	do(t, s, "search-back who-has")
	if sc := s.Scene(); sc.Packet != 1 {
		t.Errorf("at %s", sc.Place())
	}
}

// TestTimes: the times of a packet add up to the time between its first event
// and its last, and the percentages to 100.
func TestTimes(t *testing.T) {
	for _, e := range pcaps.Bundled() {
		s := bundled(t, e.Name)
		for n := 1; n <= s.Scene().Packets; n++ {
			do(t, s, fmt.Sprint("seek ", n))
			if s.Scene().Steps == 0 {
				continue
			}
			log := s.chunk.Events()
			self := selves(log, s.story, uint32(n))
			from, to := int64(-1), int64(-1)
			for _, i := range s.story {
				if e := &log.Events[i]; self[e.Pkt] {
					if from < 0 {
						from = int64(e.At)
					}
					to = max(to, int64(e.At))
				}
			}
			if from < 0 {
				continue
			}
			var ns, percent int64
			for _, x := range s.Scene().Times {
				ns += x.Ns
				percent += int64(x.Percent)
			}
			if ns != to-from || ns > 0 && percent != 100 {
				t.Errorf("%s %d: %d ns of %d, %d %%", e.Name, n, ns, to-from, percent)
			}
		}
	}
	s := bundled(t, "dns")
	do(t, s, "seek 4")
	wait := int64(0)
	for _, x := range s.Scene().Times {
		if x.Waiting && x.Stage == UpSocket && strings.Contains(x.Name, "for the program") {
			wait = x.Ns
		}
	}
	if wait < 1000 {
		t.Errorf("dns: the answer waits %d ns for the program", wait)
	}
}

// TestWhyCounter: a counter, and a field by its object's number, are traced back.
func TestWhyCounter(t *testing.T) {
	s := bundled(t, "ping")
	do(t, s, "last", "why IpInReceives")
	if sc := s.Scene(); sc.Func != "ip_rcv_core" || sc.Packet != 6 {
		t.Errorf("IpInReceives was counted at %s, %s", sc.Func, sc.Place())
	}
	do(t, s, "return")
	at := s.Scene()
	s.mu.Lock()
	obj := uint32(0)
	for i := range s.chunk.Events().Changes {
		if c := s.chunk.Events().Changes[i]; c.Key.Name() == "neigh.nud_state" {
			obj = c.Obj
		}
	}
	s.mu.Unlock()
	do(t, s, fmt.Sprint("why ", obj, " neigh.nud_state"))
	if sc := s.Scene(); !strings.Contains(sc.Func, "neigh") || sc.Packet >= at.Packet {
		t.Errorf("neigh.nud_state was set at %s, %s", sc.Func, sc.Place())
	}
	for _, bad := range []string{"why 0 neigh.nud_state", "why x y", "why 1 2 3", "why -1 skb.len"} {
		c, _ := Parse(bad)
		if s.Do(c) == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

// TestGroups: drill in and out.
func TestGroups(t *testing.T) {
	s := bundled(t, "closed-ports")
	do(t, s, "overview")
	o := s.Scene().Overview
	do(t, s, "choose 3")
	if h := s.Scene().Overview.Here; h != 2 {
		t.Errorf("group %d is chosen", h+1)
	}
	do(t, s, "open")
	sc := s.Scene()
	if sc.Screen != ScreenWalk || sc.Overview != nil || sc.Packet != o.Groups[2].First || sc.Group == "" || len(sc.List) != o.Groups[2].Count {
		t.Errorf("opened: screen %s, packet %d, group %q, %d in the list", sc.Screen, sc.Packet, sc.Group, len(sc.List))
	}
	n := 1
	for s.Do(Command{Verb: NextPacket}) == nil {
		n++
	}
	if n != o.Groups[2].Count {
		t.Errorf("%d packets, the group has %d", n, o.Groups[2].Count)
	}
	do(t, s, "open")
	if sc := s.Scene(); sc.Group != "" || len(sc.List) != sc.Packets {
		t.Errorf("not all packets are back: %q, %d in the list", sc.Group, len(sc.List))
	}
	do(t, s, "overview", "open 1")
	if sc := s.Scene(); sc.Packet != 3 || !strings.Contains(sc.Group, "NO_SOCKET") {
		t.Errorf("group 1: packet %d, %s", sc.Packet, sc.Group)
	}
	do(t, s, "open")
	do(t, s, "filter tcp", "overview")
	if err := s.Do(Command{Verb: Open, N: 1}); err == nil {
		t.Error("a UDP group, though the filter shows TCP only")
	}
}

// sameScene leaves out what may differ between two visits of a place.
func sameScene(sc Scene) Scene {
	sc.Notice = ""
	for i := range sc.Breaks {
		sc.Breaks[i].Hits = 0
	}
	if sc.Overview != nil {
		o := *sc.Overview
		o.Groups = append([]Group(nil), o.Groups...)
		for i := range o.Groups {
			o.Groups[i].Way = nil
		}
		sc.Overview = &o
	}
	return sc
}

// TestRandom: thousands of random commands do not panic, a step on and a step
// back is where one was, and a place looks the same whenever one comes to it.
func TestRandom(t *testing.T) {
	lines := []string{"forward", "back", "forward 7", "back 5", "next-packet", "prev-packet", "next-packet 3", "over", "next-drop", "prev-drop", "first", "last", "return",
		"next-mark state", "prev-mark neigh", "next-mark retransmit", "seek 3", "seek 5", "seek 7", "seek 9999", "until ip_rcv", "until tcp_ack", "filter tcp", "filter icmp or arp",
		"filter", "filter", "why skb.len", "why IpInReceives", "why tcp.snd_nxt", "look sk", "look", "overview", "overview", "choose 1", "choose 2", "open", "open 2", "open",
		"follow packet", "follow family", "follow flow", "follow all", "follow", "grain hook", "grain function", "grain field", "break drop", "break ip_rcv", "break sk.state", "break if tcp",
		"break", "run", "run", "run-back", "search route", "search", "search-back ack", "search-back", "depth", "depth first", "explain TCP", "explain", "break 1", "goto -3", "answer 1"}
	for _, name := range []string{"ping", "tcp", "closed-ports", "fragments", "loss"} {
		t.Run(name, func(t *testing.T) {
			s := bundled(t, name)
			r := rand.New(rand.NewSource(1))
			seen := map[string]Scene{}
			check := func(line string) Scene {
				sc := s.Scene()
				x := sameScene(sc)
				var b []string
				for _, p := range sc.Breaks {
					b = append(b, p.Expr)
				}
				gloss := ""
				if sc.Gloss != nil {
					gloss = sc.Gloss.Term
				}
				here := -1
				if sc.Overview != nil {
					here = sc.Overview.Here
				}
				key := fmt.Sprintf("%d.%d.%d %s %s %q %q %s %s %s %q %v %d", sc.Packet, sc.Step, sc.Change, sc.Grain, sc.Follow, sc.Filter, sc.Group, sc.Screen, s.look, sc.Depth, gloss, b, here)
				if old, ok := seen[key]; !ok {
					if len(seen) < 2000 {
						seen[key] = x
					}
				} else if !reflect.DeepEqual(old, x) {
					a, _ := json.Marshal(old)
					b, _ := json.Marshal(x)
					n := 0
					for n < len(a) && n < len(b) && a[n] == b[n] {
						n++
					}
					t.Fatalf("%s: after %q another scene:\n…%s\nwas\n…%s", key, line, b[max(0, n-80):min(len(b), n+160)], a[max(0, n-80):min(len(a), n+160)])
				}
				return x
			}
			a := check("")
			for range 2000 {
				line := lines[r.Intn(len(lines))]
				c, err := Parse(line)
				if err == nil {
					err = s.Do(c)
				}
				before := a
				a = check(line)
				if err != nil && c.Verb != Forward && c.Verb != Back && c.Verb != NextPacket && c.Verb != PrevPacket && !reflect.DeepEqual(before, a) {
					t.Fatalf("%s failed (%v) and moved", line, err)
				}
				if r.Intn(3) == 0 && a.Steps > 0 && s.Do(Command{Verb: Forward}) == nil {
					check("forward")
					do(t, s, "back")
					if b := check("back"); !reflect.DeepEqual(a, b) {
						t.Fatalf("after %q at %s: a step on and a step back is at %s", line, a.Place(), b.Place())
					}
				}
			}
		})
	}
}

// slow is a walk whose packets are many, and looked at slowly.
type slow struct {
	*fake
	n int
}

func (k *slow) Indexed() int { return k.n }
func (k *slow) Len() int     { return k.n }
func (k *slow) Packet(i int) Summary {
	return k.fake.Packet(i % len(k.fake.packets))
}
func (k *slow) Frame(i int) (pcaps.Frame, error) { return k.fake.Frame(i % len(k.fake.frames)) }

// TestCancel: a long search tells how far it is, and stops when it shall; the
// place is the same.
func TestCancel(t *testing.T) {
	k := &slow{newFake(6), 3_000_000}
	k.fake.Advance(6)
	s := New(k, "slow")
	s.done = true
	before := s.Scene()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.DoContext(ctx, Command{Verb: Search, Expr: "nowhere"}) }()
	told := ""
	for told == "" || strings.Contains(told, "through 0 of") {
		told = s.Working()
		time.Sleep(time.Millisecond)
	}
	cancel()
	err := <-done
	var stopped StoppedError
	if !errors.As(err, &stopped) || !errors.Is(err, context.Canceled) || stopped.Looked == 0 || stopped.Looked >= 3_000_000 {
		t.Errorf("%v", err)
	}
	if !strings.Contains(told, "of 3000000 packets") {
		t.Errorf("told %q", told)
	}
	after := s.Scene()
	if after.Notice == "" || s.Working() != "" {
		t.Errorf("notice %q, working %q", after.Notice, s.Working())
	}
	before.Notice, after.Notice = "", ""
	if !reflect.DeepEqual(before, after) {
		t.Error("it moved")
	}
	if err := s.Do(Command{Verb: Forward}); err != nil {
		t.Errorf("the next command is stopped too: %v", err)
	}
}

// TestTimeline: at most 200 buckets, all packets in them, and cheap.
func TestTimeline(t *testing.T) {
	for _, n := range []int{1, 199, 200, 201, 1000, 123456} {
		k := &slow{newFake(6), n}
		k.fake.Advance(6)
		s := New(k, "slow")
		tl := s.Scene().Timeline
		count, drops := 0, 0
		for i, b := range tl.Buckets {
			if b.First != count+1 || i < len(tl.Buckets)-1 && b.Count != tl.Buckets[0].Count {
				t.Fatalf("%d packets: bucket %d is %+v", n, i, b)
			}
			count += b.Count
			drops += b.Drops
		}
		if count != n || drops != n/3 || len(tl.Buckets) > 200 || n > 200 && len(tl.Buckets) < 100 || tl.Here != 0 {
			t.Errorf("%d packets: %d buckets hold %d, %d drops", n, len(tl.Buckets), count, drops)
		}
	}
}

// TestGrows: a Session that was there while the index grew shows the same as one
// that came later.
func TestGrows(t *testing.T) {
	for _, name := range []string{"closed-ports", "slow-start"} {
		whole := bundled(t, name)
		s := NewSession(opened(t, name), name)
		do(t, s, "overview")
		do(t, whole, "overview")
		for {
			s.Scene()
			done, err := s.Advance(1)
			if err != nil {
				t.Fatal(err)
			}
			if done {
				break
			}
		}
		for range 40 {
			overviewWays(s)
			overviewWays(whole)
			a, b := s.Scene(), whole.Scene()
			if !reflect.DeepEqual(a, b) {
				x, _ := json.Marshal(a)
				y, _ := json.Marshal(b)
				n := 0
				for n < len(x) && n < len(y) && x[n] == y[n] {
					n++
				}
				t.Fatalf("%s: %s\n…%s\nwas\n…%s", name, a.Place(), x[max(0, n-80):min(len(x), n+160)], y[max(0, n-80):min(len(y), n+160)])
			}
			do(t, s, "forward")
			do(t, whole, "forward")
		}
	}
}

// overviewWays has all ways found.
func overviewWays(s *Session) {
	for range 30 {
		s.Scene()
	}
}

// FuzzBreak: whatever is typed as a breakpoint, it is refused in words or set,
// shown without anything that steers a terminal, and cleared by the same words.
func FuzzBreak(f *testing.F) {
	for _, x := range []string{"drop", "drop NO_SOCKET", "sk.state == ESTABLISHED", "skb.len > 5", "ip_rcv if tcp port 80", "if", "if if", "1", "\x1b[2J == \xff", " if tcp", "x if "} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		s := open(3)
		if s.Do(Command{Verb: SetBreak, Expr: expr}) == nil && len(s.breaks) == 1 {
			s.Do(Command{Verb: Run})
			s.Do(Command{Verb: RunBack})
			sceneClean(t, reflect.ValueOf(s.Scene()), "scene")
			if err := s.Do(Command{Verb: SetBreak, Expr: expr}); err != nil || len(s.breaks) != 0 {
				t.Errorf("%q is not cleared: %v", expr, err)
			}
		}
		sceneClean(t, reflect.ValueOf(s.Scene()), "scene")
	})
}
