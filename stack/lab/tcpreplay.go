package lab

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
)

func init() { extra["tcpreplay"] = tcpreplay }

var tcpreplayLong = []longOpt{{"dbug", 1, 'd'}, {"quiet", 0, 'q'}, {"timer", 1, 'T'}, {"maxsleep", 1, 1}, {"verbose", 0, 'v'}, {"decode", 1, 'A'}, {"preload-pcap", 0, 'K'}, {"cachefile", 1, 'c'},
	{"dualfile", 0, '2'}, {"intf1", 1, 'i'}, {"intf2", 1, 'I'}, {"listnics", 0, 2}, {"loop", 1, 'l'}, {"loopdelay-ms", 1, 3}, {"pktlen", 0, 4}, {"limit", 1, 'L'}, {"duration", 1, 5},
	{"multiplier", 1, 'x'}, {"pps", 1, 'p'}, {"mbps", 1, 'M'}, {"topspeed", 0, 't'}, {"oneatatime", 0, 'o'}, {"pps-multi", 1, 6}, {"unique-ip", 0, 7}, {"unique-ip-loops", 1, 8},
	{"no-flow-stats", 0, 9}, {"flow-expiry", 1, 10}, {"pid", 0, 'P'}, {"stats", 1, 11}, {"version", 0, 'V'}, {"less-help", 0, 'h'}, {"help", 0, 'H'}, {"more-help", 0, '!'}}

// tcpreplayUsage is what stands behind a wrong command line.
const tcpreplayUsage = "tcpreplay (tcpreplay) - Replay network traffic stored in pcap files\nUsage:  tcpreplay [ -<flag> [<val>] | --<name>[{=| }<val>] ]... \\\n\t\t<pcap_file(s)> | <pcap_dir(s)>\n\n"

// A replayer is tcpreplay(1) 4.4.3: it sends captured frames out by a packet
// socket.
type replayer struct {
	term
	Dev             int
	DevName         string
	Files           [][]replayFrame `fork:"share"`
	Loops           int             // -l; 0: for ever
	Limit           int
	PPS, Mult, Mbps float64
	Top             bool
	LoopDelay       sim.Time
	Cached, NoFlow  bool
	Quiet           bool

	sk                  *raw.Packet
	prog                *socket.Program
	begin               sim.Time
	loop, file, i       int
	from                sim.Time // when the first frame of the file was sent
	sent, bytes, failed int
	last                sim.Time
	flows               map[string]bool
	flowPkts, otherPkts int
}

// A replayFrame is one frame of a capture.
type replayFrame struct {
	at   sim.Time // after the first
	data []byte
}

func tcpreplay(p *Proc, a []string) int {
	r := &replayer{Loops: 1, Mult: 1, flows: map[string]bool{}}
	opts, files, bad := getopt(a[1:], "d:qT:vA:Kc:2i:I:l:L:x:p:M:toPVhH!", tcpreplayLong)
	if bad != nil {
		what := "illegal option -- " + bad.opt
		if bad.kind == optMissing {
			what = "option requires an argument -- " + bad.opt
		}
		p.errf("/usr/bin/tcpreplay: %s\n%s", what, tcpreplayUsage)
		return 255
	}
	for _, o := range opts {
		if e := r.option(o); e != "" {
			p.errf("%s\n", e)
			return 255
		}
		if o.c == 'V' {
			p.out("tcpreplay version: 4.4.3 (build git:v4.4.3) (debug)\n")
			return 0
		}
		if o.c == 'h' || o.c == 'H' || o.c == '!' {
			p.out(tcpreplayUsage)
			return 0
		}
	}
	switch {
	case r.DevName == "":
		p.errf("tcpreplay error:  The intf1 option is required\n%s", tcpreplayUsage)
		return 1
	case len(files) == 0:
		p.errf("tcpreplay: Command line arguments required\n%s", tcpreplayUsage)
		return 1
	}
	dev := p.host.NS.DevByName(r.DevName)
	if dev == nil {
		p.errf("\nFatal Error in tcpreplay.c:main() line 79:\n Unable to parse args: From tcpreplay_api.c:tcpreplay_post_args() line 336:\nInvalid interface name/alias: %s\n", r.DevName)
		return 255
	}
	r.Dev = dev.Index
	for _, f := range files {
		l, e := r.load(p, f)
		if e != "" {
			p.errf("%s", e)
			return 255
		}
		r.Files = append(r.Files, l)
	}
	if r.Cached {
		p.out("File Cache is enabled\n")
	}
	st := p.runProgram("tcpreplay", r)
	return st
}

// option reads one option.
func (r *replayer) option(o word) string {
	num := func() int { return int(cUint(o.value)) }
	float := func() float64 {
		f, err := strconv.ParseFloat(o.value, 64)
		if err != nil || f < 0 || math.IsNaN(f) || math.IsInf(f, 0) {
			return 0
		}
		return f
	}
	switch o.c {
	case 'i':
		r.DevName = o.value
	case 'l':
		r.Loops = num()
	case 'L':
		r.Limit = num()
	case 'p':
		r.PPS = float()
	case 'x':
		r.Mult = float()
	case 'M':
		r.Mbps = float()
	case 't':
		r.Top = true
	case 3:
		r.LoopDelay = sim.Time(num()) * sim.Millisecond
	case 'K':
		r.Cached = true
	case 9:
		r.NoFlow = true
	case 'q':
		r.Quiet = true
	case 'T', 'd', 10, 'P', 4, 'V', 'h', 'H', '!':
	default:
		return "not modelled: tcpreplay " + optText(o)
	}
	return ""
}

// load reads a capture of the simulated files.
func (r *replayer) load(p *Proc, name string) ([]replayFrame, string) {
	b, e := p.readFile(name)
	if e != "" {
		return nil, fmt.Sprintf("\nFatal Error in tcpreplay.c:main() line 122:\n Unable to retrieve information from file %s: %s\n", name, e)
	}
	rd, err := pcaps.New(bytes.NewReader(b), name)
	if err != nil {
		return nil, "\nFailed: From replay.c:replay_file() line 129:\nError opening pcap file: unknown file format\n\n"
	}
	defer rd.Close()
	var l []replayFrame
	for {
		f, err := rd.Next()
		if err != nil {
			break
		}
		if f.Link != pcaps.LinkEthernet {
			return nil, "not modelled: tcpreplay of link type " + f.Link.String() + "\n"
		}
		p.grow(len(f.Data))
		l = append(l, replayFrame{sim.Time(f.At), append([]byte(nil), f.Data...)})
	}
	return l, ""
}

// Run sends what is due.
func (r *replayer) Run(p *socket.Program) {
	now := p.NS.Clock.Now()
	if r.sk == nil {
		r.prog, r.begin, r.from, r.last = p, now, now, now
		r.sk = raw.NewPacket(p.NS, 0, r.Dev, false)
	}
	for n := 0; ; n++ {
		f := r.next()
		if f == nil {
			r.finish()
			return
		}
		at := r.due(f)
		if at > now || n >= 64 { // others get their turn
			p.Alarm(max(at, now+1))
			return
		}
		_, e := socket.SendFrame(r.sk, f.data, r.Dev)
		if e != 0 {
			r.failed++
			words := errnoWords(e)
			if e != step.ENOBUFS && r.failed == 1 {
				r.errf("Warning in tcpreplay.c:replay_file() line 130:\nUnable to send packet: Error with PF_PACKET send() [%d]: %s (errno = %d)\n\n", r.sent+r.failed, words, e)
			}
		} else {
			r.sent++
			r.bytes += len(f.data)
		}
		r.count(f.data)
		r.last = now
		r.i++
	}
}

// next is the frame whose turn it is; nil at the end.
func (r *replayer) next() *replayFrame {
	if r.Limit > 0 && r.sent+r.failed >= r.Limit {
		return nil
	}
	for empty := 0; empty < len(r.Files)+1; empty++ {
		if l := r.Files[r.file]; r.i < len(l) {
			return &l[r.i]
		}
		r.i, r.from = 0, r.last
		if r.file++; r.file >= len(r.Files) {
			r.file = 0
			if r.loop++; r.Loops > 0 && r.loop >= r.Loops {
				return nil
			}
			r.from += r.LoopDelay
		}
	}
	return nil
}

// due is when a frame is to be sent.
func (r *replayer) due(f *replayFrame) sim.Time {
	n := float64(r.sent + r.failed)
	switch {
	case r.Top:
		return r.from
	case r.PPS > 0:
		return r.begin + sim.Time(n/r.PPS*1e9)
	case r.Mbps > 0:
		return r.begin + sim.Time(float64(r.bytes)*8/r.Mbps*1e3)
	case r.Mult > 0:
		d := float64(f.at-r.Files[r.file][0].at) / r.Mult
		if d > 0 && d < 1e15 {
			return r.from + sim.Time(d)
		}
	}
	return r.from
}

// count tells flows from the rest: packets of IP with TCP, UDP, ICMP or GRE.
func (r *replayer) count(b []byte) {
	if len(b) < 34 {
		r.otherPkts++
		return
	}
	typ, p := binary.BigEndian.Uint16(b[12:]), b[14:]
	for typ == 0x8100 && len(p) > 4 {
		typ, p = binary.BigEndian.Uint16(p[2:]), p[4:]
	}
	key := ""
	switch {
	case typ == 0x0800 && len(p) >= 20:
		hl := int(p[0]&15) * 4
		key = string(p[9]) + string(p[12:20])
		if (p[9] == 6 || p[9] == 17) && len(p) >= hl+4 {
			key += string(p[hl : hl+4])
		}
	case typ == 0x86dd && len(p) >= 40:
		key = string(p[6]) + string(p[8:40])
		if (p[6] == 6 || p[6] == 17) && len(p) >= 44 {
			key += string(p[40:44])
		}
	default:
		r.otherPkts++
		return
	}
	if len(r.flows) < 1<<20 {
		r.flows[key] = true
	}
	r.flowPkts++
}

// Signal ends it with its counts.
func (r *replayer) Signal(n int) bool {
	if n != 2 && n != 15 || r.sk == nil {
		return false
	}
	r.errf(" User interrupt...\nsendpacket_abort\n")
	r.finish()
	return true
}

func (r *replayer) finish() {
	r.sk.Close()
	secs := float64(r.last-r.begin) / 1e9
	r.printf("Actual: %d packets (%d bytes) sent in %s seconds\n", r.sent, r.bytes, replaySecs(r.last-r.begin))
	if secs > 0 {
		mb := float64(r.bytes) * 8 / secs / 1e6
		r.printf("Rated: %.1f Bps, %s Mbps, %.2f pps\n", float64(r.bytes)/secs, replayRate(mb), float64(r.sent)/secs)
	}
	if !r.NoFlow {
		fps := 0.0
		if secs > 0 {
			fps = float64(len(r.flows)) / secs
		}
		r.printf("Flows: %d flows, %.2f fps, %d unique flow packets, %d unique non-flow packets\n", len(r.flows), math.Floor(fps*100)/100, r.flowPkts/max(1, r.loops()), r.otherPkts/max(1, r.loops()))
	}
	r.printf("Statistics for network device: %s\n\tSuccessful packets:        %d\n\tFailed packets:            %d\n\tTruncated packets:         0\n\tRetried packets (ENOBUFS): 0\n\tRetried packets (EAGAIN):  0\n",
		r.DevName, r.sent, r.failed)
	r.exit(r.prog, 0)
}

func (r *replayer) loops() int { return max(1, r.loop) }

func replaySecs(t sim.Time) string {
	us := int64(t / 1000)
	s := fmt.Sprintf("%d.%06d", us/1e6, us%1e6)
	if us >= 1e6 { // from a second on, hundredths
		s = strings.TrimSuffix(s, s[len(s)-4:])
	}
	return s
}

func replayRate(mb float64) string {
	if mb < 1 {
		return fmt.Sprintf("%.3f", mb)
	}
	return fmt.Sprintf("%.2f", mb)
}
