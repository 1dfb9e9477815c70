package conntrack

import (
	"bufio"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// TestTCPKernel sends TCP segments, most of them right and some wrong in every
// way, and compares what each is, and the table behind it, with what Linux 6.18
// made of the same segments. In testdata/tcp-*.gz the first line has the
// sysctls that were set, each other line a connection: segments [direction, flags, seq, ack, window, bytes, options, what (1
// ESTABLISHED, 3 NEW, 4 INVALID), state, timeout, flags (1 UNREPLIED, 2
// ASSURED, 4 begun by the other side)]. CONNTRACK_WALKS names other files.
func TestTCPKernel(t *testing.T) {
	names, _ := filepath.Glob(filepath.Join("testdata", "tcp-*.gz"))
	if s := os.Getenv("CONNTRACK_WALKS"); s != "" {
		names, _ = filepath.Glob(s)
	}
	if len(names) == 0 {
		t.Error("no recordings")
	}
	for _, n := range names {
		t.Run(filepath.Base(n), func(t *testing.T) { tcpKernel(t, n) })
	}
}

func tcpKernel(t *testing.T, name string) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	var cfg map[string]int
	if lines.Scan(); json.Unmarshal(lines.Bytes(), &cfg) != nil {
		t.Fatal("no sysctls")
	}
	walks, segments, bad := 0, 0, 0
	for ; lines.Scan() && bad < 10; walks++ {
		var steps [][]any
		if err := json.Unmarshal(lines.Bytes(), &steps); err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, trace.Silent)
		ct := &w.ns.Sysctl.CT
		ct.TCPBeLiberal, ct.TCPNoRST = cfg["tcp_be_liberal"], cfg["tcp_ignore_invalid_rst"]
		if v, ok := cfg["tcp_loose"]; ok {
			ct.TCPLoose = v
		}
		if v, ok := cfg["tcp_max_retrans"]; ok {
			ct.TCPMaxRetrans = v
		}
		for i, s := range steps {
			n := func(i int) uint32 { return uint32(s[i].(float64)) }
			opts, err := hex.DecodeString(s[6].(string))
			if err != nil {
				t.Fatal(err)
			}
			segments++
			what := w.pass(seg{reply: n(0) == 1, flags: wire.TCPFlags(n(1)), seq: n(2), ack: n(3), win: uint16(n(4)), n: int(n(5)), opts: opts}.packet())
			class := map[string]uint32{"ESTABLISHED": 1, "ESTABLISHED reply": 1, "NEW": 3, "INVALID": 4, "RELATED": 2}[what]
			state, secs, flags := "", 0, uint32(0)
			w.ct.Each(func(c *Conn) bool {
				state, secs = stateNames[c.TCP.State], int(c.Expires()/sim.Second)
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
			if d := secs - int(n(9)); class != n(7) || state != s[8] || flags != n(10) || d < -1 || d > 9 {
				t.Errorf("walk %d segment %d %v: the model says %d %s %d %d", walks, i, s, class, state, secs, flags)
				for _, p := range steps[:i] {
					t.Log(p)
				}
				bad++
				break
			}
			w.run(200 * sim.Millisecond)
		}
		w.conserved()
	}
	if walks == 0 {
		t.Error("no walks")
	}
	t.Logf("%d walks, %d segments", walks, segments)
}

var stateNames = [...]string{"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2"}
