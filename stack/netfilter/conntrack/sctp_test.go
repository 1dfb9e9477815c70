package conntrack

import (
	"bufio"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// TestSCTPKernel compares SCTP packets, right and wrong ones, with what Linux
// 6.18 made of them. A line is an association: packets [direction, tag, chunks,
// what, state, timeout, flags, at ms], as TestTCPKernel has them.
func TestSCTPKernel(t *testing.T) {
	name := "testdata/sctp-6.18.gz"
	if s := os.Getenv("SCTP_WALKS"); s != "" {
		name = s
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	names := [...]string{"NONE", "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_SENT", "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT"}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	walks, bad := 0, 0
	for ; lines.Scan() && bad < 8; walks++ {
		var steps [][]any
		if err := json.Unmarshal(lines.Bytes(), &steps); err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, trace.Silent)
		for i, s := range steps {
			n := func(i int) uint32 { return uint32(s[i].(float64)) }
			w.m.Clock.RunUntil(100*sim.Second + sim.Time(n(7))*sim.Millisecond)
			chunks, err := hex.DecodeString(s[2].(string))
			if err != nil {
				t.Fatal(err)
			}
			src, dst, sp, dp := client, server, uint16(cport), uint16(sport)
			if n(0) == 1 {
				src, dst, sp, dp = dst, src, dp, sp
			}
			v := n(1)
			p := append([]byte{byte(sp >> 8), byte(sp), byte(dp >> 8), byte(dp), byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v), 0, 0, 0, 0}, chunks...)
			b := w.skb(p)
			c := CRC32C(b, 0)
			w.ns.Consume(b, 0)
			p[8], p[9], p[10], p[11] = byte(c), byte(c>>8), byte(c>>16), byte(c>>24)
			what := w.pass(packet4(src, dst, protoSCTP, p))
			class := map[string]uint32{"ESTABLISHED": 1, "ESTABLISHED reply": 1, "NEW": 3, "INVALID": 4}[what]
			state, secs, flags := "", 0, uint32(0)
			w.ct.Each(func(c *Conn) bool {
				state, secs = names[c.SCTP()], int(c.Expires()/sim.Second)
				if c.Status&SeenReply == 0 {
					flags |= 1
				}
				if c.Status&Assured != 0 {
					flags |= 2
				}
				if c.Tuple(Original).Src == server.Addr() {
					flags |= 4
				}
				return true
			})
			if d := secs - int(n(5)); class != n(3) || state != s[4] || flags != n(6) || d < -1 || d > 1 {
				bad++
				t.Errorf("walk %d packet %d %v: the model says %d %s %d %d", walks, i, s, class, state, secs, flags)
				for _, p := range steps[:i] {
					t.Log(p)
				}
				break
			}
		}
		w.conserved()
	}
	if walks == 0 {
		t.Error("no walks")
	}
	t.Logf("%d associations", walks)
}
