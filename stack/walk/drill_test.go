package walk

import (
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/drill"
)

const drillScript = `// a comment
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
+.1 < . 1:1(0) ack 1 win 32792
+0 accept(3, ..., ...) = 4
+0 write(4, ..., 1000) = 1000
+0 > P. 1:1001(1000) ack 1
+.1 < . 1:1(0) ack 1001 win 32792
`

// openDrill walks a script to its end.
func openDrill(t *testing.T, text string) *Lab {
	t.Helper()
	k, err := OpenLab(Script{Name: "x.pkt", Text: text, Seed: 1, Drill: &drill.Config{}})
	if err != nil {
		t.Fatal(err)
	}
	for done := false; !done; {
		if done, err = k.Advance(10); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// A script's events are the lines that are walked, its packets begin with their
// IP header, and what each event came to is printed beside.
func TestWalkDrill(t *testing.T) {
	k := openDrill(t, drillScript)
	if st, err := k.Status(); st != 0 || err != nil {
		t.Fatal(st, err)
	}
	var lines, packets []int
	for i := range k.Len() {
		switch it := k.Item(i); {
		case it.Kind == ItemLine && !it.Ends:
			lines = append(lines, it.Line)
		case it.Kind == ItemPacket:
			packets = append(packets, it.Line)
			f, err := k.Frame(i)
			if err != nil || f.Link != pcaps.LinkRaw || f.Data[0] != 0x45 {
				t.Errorf("packet %d: %v, link %d, % x", i+1, err, f.Link, f.Data)
			}
		}
	}
	if len(lines) != 10 || lines[0] != 2 || lines[9] != 11 {
		t.Errorf("lines %v", lines)
	}
	if want := []int{5, 5, 7, 9, 11}; len(packets) != len(want) || packets[0] != 5 || packets[3] != 9 {
		t.Errorf("packets of lines %v, not %v", packets, want)
	}
	out := ""
	for _, o := range k.Output(1 << 30) {
		out += o.Text
	}
	for _, want := range []string{"socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n", "0.000061 sent in < S 0:0(0) win 32792 <mss 1000>\n", "as expected > P. 1:1001(1000) ack 1\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not printed:\n%s", want, out)
		}
	}
}

// A script that fails says so at the line, and each piece of it is the same when
// it is recorded again.
func TestWalkDrillAgain(t *testing.T) {
	k := openDrill(t, strings.Replace(drillScript, "1:1001(1000) ack 1", "1:1001(1000) ack 2", 1))
	if st, _ := k.Status(); st != 1 {
		t.Errorf("status %d", st)
	}
	said := ""
	for _, o := range k.Output(1 << 30) {
		if o.Err {
			said += o.Text
		}
	}
	if !strings.Contains(said, "not as the script says: live packet field tcp_ack_seq: expected: 2") {
		t.Errorf("it says %q", said)
	}
	for i := range k.Len() {
		a, err := k.Chunk(i)
		if err != nil {
			t.Fatal(err)
		}
		b, err := k.record(i)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Story(i)) != len(b.Story(i)) {
			t.Errorf("item %d: %d events, %d when it is recorded again", i, len(a.Story(i)), len(b.Story(i)))
		}
	}
}
