package lab

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func init() { extra["ping"], extra["ping6"], extra["ping4"] = pingTool, pingTool, pingTool }

// A pinger is ping of iputils in the world.
type pinger struct {
	term
	Name             string // as typed
	Addr             wire.Addr
	Src              wire.Addr
	Dev              int
	Count            int64
	Interval, Linger sim.Time
	Deadline         sim.Time
	Size, TTL, TOS   int
	Mark             int
	Quiet, Flood     bool
	Numeric, Stamp   bool
	Bcast            bool
	DF               int // -1: not set
	ID               uint16
	pattern          []byte // what the data repeats, nil: 0, 1, 2, …
	ttlSet           bool
	Opt              []byte    // of the IPv4 header: record route, time stamps
	via              wire.Addr // the first host of tsprespec: its route gives the source
	oldRoute         string    // what the last reply had recorded
	scope            int       // device of a link-local address (%eth0)
	dgram            bool      // a ping socket, as ping_group_range allows

	started     bool
	fd          int
	begin, next sim.Time
	last        sim.Time // when the last request was sent
	end         sim.Time // no later than this, 0: none
	sent, got   int64
	errs, dups  int64
	sum, sum2   float64
	ewma        float64 // of the round-trip times, in ms
	min, max    float64
	seen        map[uint16]bool
	times       map[uint16]sim.Time
	buf         []byte
	recv        *socket.Call
	stop        bool
	pipe        int    // requests under way at one time, at most
	tty         bool   // standard output is a terminal
	hold        []byte // of standard output: what stdio has not written
}

// stdioBuf is how much stdio keeps before it writes to a file or pipe.
const stdioBuf = 4096

// printf is printf(3): on a terminal line by line, else when the buffer is full
// or flushed.
func (g *pinger) printf(f string, a ...any) {
	g.hold = fmt.Appendf(g.hold, f, a...)
	for len(g.hold) > stdioBuf {
		g.Out = append(g.Out, g.hold[:stdioBuf]...)
		g.hold = append(g.hold[:0], g.hold[stdioBuf:]...)
	}
	if g.tty && len(g.hold) > 0 && g.hold[len(g.hold)-1] == '\n' {
		g.flush()
	}
}

func (g *pinger) flush() {
	g.Out = append(g.Out, g.hold...)
	g.hold = g.hold[:0]
}

// complain is error(3): standard output is flushed first.
func (g *pinger) complain(f string, a ...any) {
	g.flush()
	g.errf(f, a...)
}

func (g *pinger) exit(p *socket.Program, st int) {
	g.flush()
	g.term.exit(p, st)
}

// acknowledge notes that something has come back for a request.
func (g *pinger) acknowledge(seq uint16) {
	if d := uint16(g.sent) - seq; d <= 0x7fff {
		g.pipe = max(g.pipe, int(d)+1)
	}
}

const pingUsage = "\nUsage\n  ping [options] <destination>\n"

// pingTool reads the command line.
func pingTool(p *Proc, a []string) int {
	g := &pinger{Interval: sim.Second, Linger: 10 * sim.Second, Size: 56, DF: -1, Count: -1, seen: map[uint16]bool{}, times: map[uint16]sim.Time{}}
	fam, source := 0, ""
	record, stamps := false, ""
	if a[0] == "ping6" {
		fam = 6
	}
	wrong := ""
	num := func(v string, lo, hi int64) int64 {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			wrong = fmt.Sprintf("ping: invalid argument: '%s'\n", v)
			return lo
		}
		if n < lo || n > hi {
			wrong = fmt.Sprintf("ping: invalid argument: '%s': out of range: %d <= value <= %d\n", v, lo, hi)
			return lo
		}
		return n
	}
	secs := func(v string) sim.Time {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || f < 0 || math.IsNaN(f) || f > 2147483 {
			wrong = fmt.Sprintf("ping: bad timing interval: %s\n", v)
		}
		return sim.Time(f * 1e9)
	}
	rest, badOpt := flags(a[1:], "46AaBbCDdfHhLnOqRrUvVc:e:F:I:i:l:M:m:N:p:Q:S:s:T:t:W:w:", func(c byte, v string) {
		switch c {
		case '4':
			fam = 4
		case '6':
			fam = 6
		case 'c':
			g.Count = num(v, 1, math.MaxInt64)
		case 'i':
			g.Interval = secs(v)
		case 'W':
			g.Linger = secs(v)
		case 'w':
			g.Deadline = sim.Time(num(v, 0, math.MaxInt32)) * sim.Second
		case 's':
			g.Size = int(num(v, 0, 127992))
		case 't':
			g.TTL, g.ttlSet = int(num(v, 0, 255)), true
		case 'I':
			source = v
		case 'Q':
			if n, err := strconv.ParseUint(v, 0, 8); err == nil && strings.HasPrefix(v, "0x") {
				v = strconv.Itoa(int(n))
			}
			g.TOS = int(num(v, 0, 255))
		case 'm':
			g.Mark = int(num(v, 0, math.MaxUint32))
		case 'e':
			g.ID = uint16(num(v, 0, 65535))
		case 'q':
			g.Quiet = true
		case 'n':
			g.Numeric = true
		case 'b':
			g.Bcast = true
		case 'D':
			g.Stamp = true
		case 'f':
			g.Flood = true
		case 'M':
			switch v {
			case "do":
				g.DF = core.PMTUDiscDo
			case "dont":
				g.DF = core.PMTUDiscDont
			case "want":
				g.DF = core.PMTUDiscWant
			default:
				wrong = fmt.Sprintf("ping: wrong value for -M: do, dont, want are valid ones.\n%s", "")
			}
		case 'R':
			if stamps != "" {
				wrong = "ping: only one of -T or -R may be used\n"
			}
			record = true
		case 'T':
			if record {
				wrong = "ping: only one of -T or -R may be used\n"
			}
			if stamps = v; v != "tsonly" && v != "tsandaddr" && v != "tsprespec" {
				wrong = "ping: invalid timestamp type: " + v + "\n"
			}
		case 'p':
			if g.pattern, wrong = pingPattern(v); wrong == "" {
				p.outf("PATTERN: 0x%x\n", g.pattern)
			}
		case 'A', 'a', 'B', 'd', 'L', 'r', 'U', 'v', 'O', 'H':
		default:
			wrong = fmt.Sprintf("not modelled: ping -%c\n", c)
		}
	})
	switch {
	case wrong != "":
		p.errf("%s", wrong)
		if strings.HasPrefix(wrong, "ping: patterns") {
			return 2
		}
		return 1
	case badOpt != "" && strings.HasSuffix(badOpt, ":"):
		p.errf("ping: option requires an argument -- '%s'\n%s", badOpt[1:2], pingUsage)
		return 2
	case badOpt != "":
		p.errf("ping: invalid option -- '%s'\n%s", strings.TrimLeft(badOpt, "-"), pingUsage)
		return 2
	case len(rest) == 0:
		p.errf("ping: usage error: Destination address required\n")
		return 1
	case len(rest) > 1 && stamps != "tsprespec":
		p.errf("not modelled: ping with a source route\n")
		return 1
	}
	g.Name = rest[len(rest)-1]
	addr, e := p.resolve(g.Name, fam)
	if e != "" {
		p.errf("ping: %s: %s\n", g.Name, e)
		return 2
	}
	g.Addr = addr
	if e := g.options(p, record, stamps, rest[:len(rest)-1]); e != "" {
		p.errf("%s", e)
		return 1
	}
	if a, err := netip.ParseAddr(g.Name); err == nil && a.Zone() != "" && linkLocal(addr) {
		d := p.host.NS.DevByName(a.Zone())
		if d == nil {
			p.errf("ping: %s: Name or service not known\n", g.Name)
			return 2
		}
		g.scope = d.Index
	}
	srcDev := ""
	if source != "" {
		if d := p.host.NS.DevByName(source); d != nil {
			g.Dev, srcDev = d.Index, d.Name
		} else if s, err := netip.ParseAddr(source); err == nil {
			g.Src = wire.FromNetip(s)
		} else {
			p.errf("ping: unknown iface: %s\n", source)
			return 2
		}
	}
	if g.ID == 0 {
		g.ID = uint16(p.lab.lastPID)
	}
	_ = srcDev
	if d := p.fds[1]; d != nil {
		g.tty = d.tty
	}
	return p.runProgram("ping", g)
}

// Signal: at SIGINT the statistics come, at SIGTERM it ends at once.
func (g *pinger) Signal(n int) bool {
	if n == 2 || n == 14 {
		g.stop = true
		return true
	}
	return false
}

// Run sends what is due and reads what is there.
func (g *pinger) Run(p *socket.Program) {
	if !g.started {
		g.started = true
		if !g.start(p) {
			return
		}
	}
	for {
		for !(g.Count >= 0 && g.got+g.errs >= g.Count) && g.read(p) {
		}
		now := p.NS.Clock.Now()
		all := g.Count >= 0 && g.got+g.errs >= g.Count
		waited := g.Count >= 0 && g.sent >= g.Count && now >= g.last+g.Linger
		if g.stop || all && g.sent >= g.Count || waited || g.end > 0 && now >= g.end {
			g.finish(p)
			return
		}
		if g.Count < 0 || g.sent < g.Count {
			if now >= g.next {
				g.send(p)
				continue
			}
		}
		at := g.last + g.Linger
		if g.Count < 0 || g.sent < g.Count {
			at = g.next
		}
		if g.end > 0 {
			at = min(at, g.end)
		}
		p.Alarm(at)
		return
	}
}

func (g *pinger) send(p *socket.Program) {
	now := p.NS.Clock.Now()
	g.sent++
	seq := uint16(g.sent)
	b := make([]byte, wire.ICMPLen+g.Size)
	g.fill(b[wire.ICMPLen:])
	h := wire.ICMP(b)
	h.SetID(g.ID)
	h.SetSeq(seq)
	if g.Addr.Is4() {
		h.SetType(wire.ICMPEcho)
		h.ComputeChecksum()
	} else {
		h[0] = uint8(wire.ICMPv6Echo)
	}
	g.times[seq] = now
	delete(g.seen, seq)
	if len(g.times) > 4096 {
		delete(g.times, seq-4096)
		delete(g.seen, seq-4096)
	}
	g.last, g.next = now, now+g.Interval
	if g.Flood || g.Interval == 0 {
		g.next = now + 10*sim.Millisecond
	}
	if g.Flood && !g.Quiet {
		g.printf(".")
	}
	_, e := p.SendTo(g.fd, b, g.Addr, 0, 0)
	if e != 0 && e != step.EAGAIN {
		g.readError(p) // what the queue says; an error that is not there is not told
	}
}

// finish prints the statistics and ends.
func (g *pinger) finish(p *socket.Program) {
	g.printf("\n")
	g.flush()
	g.printf("--- %s ping statistics ---\n", g.Name)
	g.printf("%d packets transmitted, %d received", g.sent, g.got)
	if g.dups > 0 {
		g.printf(", +%d duplicates", g.dups)
	}
	if g.errs > 0 {
		g.printf(", +%d errors", g.errs)
	}
	if g.sent > 0 {
		g.printf(", %s%% packet loss, time %dms", percent(g.sent-g.got, g.sent), (g.last-g.begin)/sim.Millisecond)
	}
	g.printf("\n")
	if g.got > 0 && g.Size >= 16 {
		n := float64(g.got)
		avg := g.sum / n
		mdev := math.Sqrt(math.Max(0, g.sum2/n-avg*avg))
		g.printf("rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms", g.min, avg, g.max, mdev)
	}
	if pipe := g.pipe; pipe > 1 {
		if g.got > 0 {
			g.printf(", ")
		}
		g.printf("pipe %d", pipe)
	}
	if g.got > 0 && g.sent > 1 && (g.Flood || g.Interval == 0) {
		ipg := float64(g.last-g.begin) / 1e6 / float64(g.sent-1)
		g.printf(", ipg/ewma %.3f/%.3f ms", ipg, g.ewma)
	}
	g.printf("\n")
	switch {
	case g.got == 0, g.end > 0 && g.Count > 0 && g.got < g.Count:
		g.exit(p, 1)
	default:
		g.exit(p, 0)
	}
}

func percent(n, of int64) string {
	f := float64(n) * 100 / float64(of)
	s := strconv.FormatFloat(f, 'g', 6, 64)
	return s
}

// resolve finds the address of a name as getaddrinfo does: the first one.
func (p *Proc) resolve(name string, fam int) (wire.Addr, string) {
	l, e := p.lookupAll(name, fam)
	if e != "" {
		return wire.Addr{}, e
	}
	return l[0], ""
}
