package lab

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func init() { extra["iperf3"] = iperf3 }

// The states that iperf3's two ends tell each other on the control connection.
const (
	iperfTestStart     = 1
	iperfTestRunning   = 2
	iperfTestEnd       = 4
	iperfParamExchange = 9
	iperfCreateStreams = 10
	iperfExchange      = 13
	iperfDisplay       = 14
	iperfDone          = 16
)

// An iperfTest is one test of iperf3(1) 3.12, at either end.
type iperfTest struct {
	p       *Proc
	n       *netProc
	server  bool
	host    string
	port    uint16
	par     iperfParams
	fam     int
	bind    wire.Addr
	every   sim.Time
	json    bool
	oneOff  bool
	noDelay bool
	tos     int
	ctl     int
	streams []*iperfStream
	began   sim.Time
	rows    []map[string]any
	sums    [2]iperfResult // the other end's
}

// iperfParams are what the client tells the server.
type iperfParams struct {
	TCP       bool   `json:"tcp,omitempty"`
	UDP       bool   `json:"udp,omitempty"`
	Omit      int    `json:"omit"`
	Time      int    `json:"time"`
	Num       int64  `json:"num"`
	Blocks    int64  `json:"blockcount"`
	Parallel  int    `json:"parallel"`
	Reverse   bool   `json:"reverse,omitempty"`
	Len       int    `json:"len"`
	Bandwidth int64  `json:"bandwidth,omitempty"`
	Version   string `json:"client_version"`
}

// An iperfStream is one connection that data goes over.
type iperfStream struct {
	fd           int
	id           int
	bytes, last  int64
	packets      int64
	lastPackets  int64
	lost         int64
	jitter, late float64
	retr         int64
	lastRetr     int64
	end          sim.Time
}

// An iperfResult is what one end tells of a stream.
type iperfResult struct {
	ID      int     `json:"id"`
	Bytes   int64   `json:"bytes"`
	Retr    int64   `json:"retransmits"`
	Jitter  float64 `json:"jitter"`
	Errors  int64   `json:"errors"`
	Packets int64   `json:"packets"`
	Start   float64 `json:"start_time"`
	End     float64 `json:"end_time"`
}

const iperfUsage = "Usage: iperf3 [-s|-c host] [options]\n       iperf3 [-h|--help] [-v|--version]\n"

// iperfCost is how long a program works for one write or read of 128 KB: it is
// what bounds a transfer between two ends of memory.
const iperfCost = 200 * sim.Microsecond

var iperfLong = []longOpt{{"port", 1, 'p'}, {"format", 1, 'f'}, {"interval", 1, 'i'}, {"bind", 1, 'B'}, {"verbose", 0, 'V'}, {"json", 0, 'J'}, {"version", 0, 'v'}, {"help", 0, 'h'}, {"server", 0, 's'},
	{"daemon", 0, 'D'}, {"one-off", 0, '1'}, {"client", 1, 'c'}, {"udp", 0, 'u'}, {"bitrate", 1, 'b'}, {"bandwidth", 1, 'b'}, {"time", 1, 't'}, {"bytes", 1, 'n'}, {"length", 1, 'l'}, {"parallel", 1, 'P'},
	{"reverse", 0, 'R'}, {"version4", 0, '4'}, {"version6", 0, '6'}, {"tos", 1, 'S'}, {"no-delay", 0, 'N'}, {"forceflush", 0, 1}, {"logfile", 1, 2}, {"bidir", 0, 3}, {"omit", 1, 'O'}, {"window", 1, 'w'},
	{"congestion", 1, 'C'}, {"set-mss", 1, 'M'}, {"connect-timeout", 1, 4}, {"cport", 1, 5}, {"blockcount", 1, 'k'}, {"zerocopy", 0, 'Z'}, {"title", 1, 'T'}}

func iperf3(p *Proc, a []string) int {
	t := &iperfTest{p: p, port: 5201, every: sim.Second, par: iperfParams{Time: 10, Parallel: 1, Version: "3.12"}}
	opts, _, bad := getopt(a[1:], "p:f:i:B:VJvhsD1c:ub:t:n:l:P:R46S:NO:w:C:M:k:ZT:F:", iperfLong)
	if bad != nil {
		p.errf("iperf3: %s\n%s", bad.glibc(), iperfUsage)
		return 1
	}
	for _, o := range opts {
		if e := t.option(o); e != "" {
			p.errf("%s\n", e)
			return 1
		}
		if o.c == 'v' {
			p.out("iperf 3.12 (cJSON 1.7.15)\n")
			return 0
		}
		if o.c == 'h' {
			p.out(iperfUsage)
			return 0
		}
	}
	switch {
	case t.server && t.host != "":
		p.errf("iperf3: parameter error - cannot be both server and client\n\n%s", iperfUsage)
		return 1
	case !t.server && t.host == "":
		p.errf("iperf3: parameter error - must either be a client (-c) or server (-s)\n\n%s", iperfUsage)
		return 1
	}
	if t.par.TCP = !t.par.UDP; t.par.Len == 0 {
		if t.par.Len = 128 << 10; t.par.UDP {
			t.par.Len = 1448
		}
	}
	if t.par.UDP && t.par.Bandwidth == 0 {
		t.par.Bandwidth = 1 << 20
	}
	if t.server {
		return t.serve()
	}
	t.n = p.network("iperf3")
	defer t.n.close()
	return t.client()
}

// option reads one option.
func (t *iperfTest) option(o word) string {
	num := func(k int64) int64 {
		s := o.value
		mul := int64(1)
		if n := len(s); n > 0 {
			switch s[n-1] {
			case 'k', 'K':
				mul = k
			case 'm', 'M':
				mul = k * k
			case 'g', 'G':
				mul = k * k * k
			}
			if mul > 1 {
				s = s[:n-1]
			}
		}
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || f < 0 || f*float64(mul) > 1e15 {
			return 0
		}
		return int64(f * float64(mul))
	}
	switch o.c {
	case 's':
		t.server = true
	case 'c':
		t.host = o.value
	case 'p':
		n := num(1)
		if n < 1 || n > 65535 {
			return "iperf3: parameter error - port number is out of range\n\n" + iperfUsage
		}
		t.port = uint16(n)
	case 't':
		if t.par.Time = int(num(1)); t.par.Time > 86400 {
			return "iperf3: parameter error - test duration valid values are 0 to 86400 seconds\n\n" + iperfUsage
		}
	case 'n':
		t.par.Num, t.par.Time = num(1024), 0
	case 'k':
		t.par.Blocks, t.par.Time = num(1024), 0
	case 'u':
		t.par.UDP = true
	case 'b':
		v, _, _ := strings.Cut(o.value, "/")
		o.value = v
		t.par.Bandwidth = num(1000)
	case 'l':
		if t.par.Len = int(num(1024)); t.par.Len < 16 || t.par.Len > 1<<20 {
			return "iperf3: parameter error - block size too large (maximum = 1048576 bytes)\n\n" + iperfUsage
		}
	case 'P':
		if t.par.Parallel = int(num(1)); t.par.Parallel < 1 || t.par.Parallel > 128 {
			return "iperf3: parameter error - number of parallel streams too large (maximum = 128)\n\n" + iperfUsage
		}
	case 'R':
		t.par.Reverse = true
	case 'i':
		f, _ := strconv.ParseFloat(o.value, 64)
		t.every = sim.Time(f * 1e9)
	case 'J':
		t.json = true
	case '1':
		t.oneOff = true
	case 'B':
		a, ok := parseAddr(o.value)
		if !ok {
			return "iperf3: error - unable to bind: " + o.value
		}
		t.bind = a
	case '4':
		t.fam = 4
	case '6':
		t.fam = 6
	case 'S':
		t.tos = int(cUint(o.value))
	case 'N':
		t.noDelay = true
	case 1, 'V', 'v', 'h', 'f', 'Z', 'T', 4:
	default:
		return "not modelled: iperf3 " + optText(o)
	}
	return ""
}

func (t *iperfTest) say(f string, a ...any) {
	if !t.json {
		t.p.outf(f, a...)
	}
}

// note sends one state byte.
func (t *iperfTest) note(s byte) core.Errno { return t.n.send(t.ctl, []byte{s}, 0) }

// message sends a length and a text in JSON.
func (t *iperfTest) message(v any) core.Errno {
	b, _ := json.Marshal(v)
	return t.n.send(t.ctl, append([]byte{byte(len(b) >> 24), byte(len(b) >> 16), byte(len(b) >> 8), byte(len(b))}, b...), 0)
}

// take reads exactly n bytes of the control connection.
func (t *iperfTest) take(fd, n int) ([]byte, bool) {
	var b []byte
	buf := make([]byte, 4096)
	for len(b) < n {
		k, e := t.n.recv(fd, buf[:min(len(buf), n-len(b))], 0)
		if e != 0 || k == 0 {
			return nil, false
		}
		b = append(b, buf[:k]...)
	}
	return b, true
}

func (t *iperfTest) takeMessage(v any) bool {
	h, ok := t.take(t.ctl, 4)
	if !ok {
		return false
	}
	n := int(h[0])<<24 | int(h[1])<<16 | int(h[2])<<8 | int(h[3])
	if n < 0 || n > 1<<20 {
		return false
	}
	b, ok := t.take(t.ctl, n)
	return ok && json.Unmarshal(b, v) == nil
}

func (t *iperfTest) expect(s byte) bool {
	b, ok := t.take(t.ctl, 1)
	return ok && b[0] == s
}

func (t *iperfTest) fail(f string, a ...any) int {
	t.p.errf("iperf3: error - "+f+"\n", a...)
	return 1
}
