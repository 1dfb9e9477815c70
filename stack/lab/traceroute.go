package lab

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func init() { extra["traceroute"], extra["traceroute6"] = tracerouteTool, tracerouteTool }

// simProbes is how many probes are on the way at once (-N).
const simProbes = 16

// A tracer is traceroute(8) of Debian (Dmitry Butskoy's, 2.1), its default
// method: UDP datagrams to ports from 33434 on, 16 of them at a time.
type tracer struct {
	term
	Name         string
	Addr         wire.Addr
	Max, Queries int
	First        int
	Sim          int      // probes on the way at once
	Wait         sim.Time // for an answer, at most
	Size         int
	Port         uint16
	Numeric      bool
	ICMP         bool // -I: echo requests
	fd           int  // of -I: one socket for all probes
	id           uint16
	dgram        bool // it is a ping socket

	probes     []traceProbe // (Max-First+1)*Queries, hop by hop
	start, end int          // those that are not yet printed, and not past the target
	buf        []byte
}

// A traceProbe is one datagram and its answer.
type traceProbe struct {
	fd     int
	sent   bool
	done   bool
	final  bool // from the target, or from one who says that there is no way
	sentAt sim.Time
	took   sim.Time
	from   wire.Addr
	err    string // what stands behind the time: "!H"
}

func tracerouteTool(p *Proc, a []string) int {
	t := &tracer{Max: 30, Queries: 3, First: 1, Wait: 5 * sim.Second, Sim: simProbes, Size: 60, Port: 33434}
	fam, wrong := 0, ""
	if a[0] == "traceroute6" {
		fam = 6
	}
	rest, badOpt := flags(a[1:], "46nrdFITUAVf:m:q:w:p:s:i:g:N:t:z:M:", func(c byte, v string) {
		n, err := strconv.ParseFloat(v, 64)
		if v != "" && err != nil {
			wrong = v
		}
		switch c {
		case '4':
			fam = 4
		case '6':
			fam = 6
		case 'n':
			t.Numeric = true
		case 'I':
			t.ICMP = true
		case 'r', 'd', 'U', 'z':
		case 'N':
			t.Sim = int(n)
		case 'f':
			t.First = int(n)
		case 'm':
			t.Max = int(n)
		case 'q':
			t.Queries = int(n)
		case 'w':
			t.Wait = sim.Time(n * 1e9)
		case 'p':
			t.Port = uint16(n)
		default:
			wrong = "-" + string(c)
		}
	})
	switch {
	case badOpt != "":
		p.errf("Bad option `-%s' (argc 1)\n", strings.TrimLeft(badOpt, "-"))
		return 2
	case strings.HasPrefix(wrong, "-"):
		p.errf("not modelled: traceroute %s\n", wrong)
		return 1
	case wrong != "" || t.Max < 1 || t.Max > 255 || t.Queries < 1 || t.Queries > 10 || t.First < 1 || t.First > t.Max || t.Sim < 1:
		p.errf("Cannot handle the options\n")
		return 2
	case len(rest) == 0:
		p.errf("Specify \"host\" missing argument.\n")
		return 2
	}
	if len(rest) > 1 {
		t.Size, _ = strconv.Atoi(rest[1])
		t.Size = max(28, min(65000, t.Size))
	}
	t.Name = rest[0]
	addr, e := p.resolve(t.Name, fam)
	if e != "" {
		p.errf("%s: %s\nCannot handle \"host\" cmdline arg `%s' on position 1 (argc 1)\n", t.Name, e, t.Name)
		return 2
	}
	t.Addr, t.id = addr, uint16(p.lab.lastPID)
	if !addr.Is4() && t.Size == 60 {
		t.Size = 80
	}
	return p.runProgram("traceroute", t)
}

// Run is do_it: read what came, print what is known, send what may be sent.
func (t *tracer) Run(p *socket.Program) {
	if t.probes == nil {
		t.end = (t.Max - t.First + 1) * t.Queries
		t.probes, t.buf = make([]traceProbe, t.end), make([]byte, 2048)
		t.printf("traceroute to %s (%s), %d hops max, %d byte packets\n", t.Name, t.Addr, t.Max, t.Size)
	}
	for i := range t.probes[:t.end] {
		if t.ICMP {
			break
		}
		if x := &t.probes[i]; x.sent && !x.done {
			t.read(p, x)
		}
	}
	for !p.Exited {
		again, until := t.round(p)
		switch {
		case t.start >= t.end:
			t.printf("\n")
			t.exit(p, 0)
			return
		case !again && t.ICMP && t.readEcho(p): // do_poll: one answer at a time, then what may be sent
		case !again:
			p.Alarm(until)
			return
		}
	}
}

// round goes once over the probes. again is true if the first has been printed,
// else it is waited for until the time.
func (t *tracer) round(p *socket.Program) (again bool, until sim.Time) {
	now := p.NS.Clock.Now()
	for n, out := t.start, 0; n < t.end && out < t.Sim; n++ {
		x := &t.probes[n]
		if n == t.start && x.sent && !x.done {
			if until = x.sentAt + t.patience(n); now >= until {
				t.finish(p, x)
			}
		}
		if x.done {
			if n == t.start {
				t.print(n)
				t.start++
				again = true
			}
			if x.final {
				t.end = (n/t.Queries + 1) * t.Queries
			}
			continue
		}
		if !x.sent && !t.send(p, n) {
			return false, 0
		}
		if n == t.start {
			until = x.sentAt + t.patience(n)
		}
		out++
	}
	return again, until
}

// patience is get_timeout: how long to wait for a probe's answer. If another of
// the same hop has its answer already, three times that; if one of a later hop
// has, ten times that.
func (t *tracer) patience(n int) sim.Time {
	const precision = sim.Millisecond
	hop := n - n%t.Queries
	for _, x := range t.probes[hop : hop+t.Queries] {
		if x.done && x.took > 0 {
			return min(t.Wait, 3*(x.took+precision))
		}
	}
	for _, x := range t.probes[n+1:] {
		if !x.sent {
			break
		}
		if x.done && x.took > 0 {
			return min(t.Wait, 10*(x.took+precision))
		}
	}
	return t.Wait
}

// finish is probe_done.
func (t *tracer) finish(p *socket.Program, x *traceProbe) {
	if !t.ICMP {
		p.Close(x.fd)
	}
	x.done = true
}

// send is udp_send_probe.
func (t *tracer) send(p *socket.Program, n int) bool {
	if t.ICMP {
		return t.sendEcho(p, n)
	}
	x := &t.probes[n]
	fam, head := uint16(core.AFInet), 28
	if !t.Addr.Is4() {
		fam, head = core.AFInet6, 48
	}
	x.fd, _ = p.Socket(fam, core.SockDgram, 0)
	p.Bind(x.fd, wire.Addr{}, 0)
	p.SetSockOpt(x.fd, socket.IPMTUDiscover, core.PMTUDiscDont)
	ttl := t.First + n/t.Queries
	if fam == core.AFInet {
		p.SetSockOpt(x.fd, socket.IPTTL, ttl)
	} else {
		p.SetSockOpt(x.fd, socket.IPv6UnicastHops, ttl)
	}
	e := p.Connect(x.fd, t.Addr, t.Port+uint16(n))
	p.SetSockOpt(x.fd, socket.IPRecvErr, 1)
	x.sent, x.sentAt = true, p.NS.Clock.Now()
	if e == 0 {
		b := make([]byte, max(0, t.Size-head))
		for i := range b {
			b[i] = byte('@' + i&0x3f)
		}
		_, e = p.Send(x.fd, b, 0)
	}
	return t.sentWell(p, e)
}

// sentWell reports whether the program goes on after a send: some errors tell of the
// way, and come back as answers.
func (t *tracer) sentWell(p *socket.Program, e core.Errno) bool {
	switch e {
	case 0, step.EAGAIN, step.ECONNREFUSED, step.EHOSTUNREACH, step.EMSGSIZE, step.ENOBUFS:
		return true
	}
	t.errf("connect: %s\n", errnoWords(e))
	t.exit(p, 1)
	return false
}

// read is recv_reply: is there an answer to this probe?
func (t *tracer) read(p *socket.Program, x *traceProbe) {
	ev := p.Poll(x.fd)
	flags := core.MsgDontWait
	switch {
	case ev&socket.PollErr != 0:
		flags |= core.MsgErrQueue
	case ev&socket.PollIn == 0:
		return
	}
	c := p.RecvFrom(x.fd, t.buf, flags)
	if c.Err != 0 {
		return
	}
	x.took = p.NS.Clock.Now() - x.sentAt
	if flags&core.MsgErrQueue == 0 {
		x.from, x.final = t.Addr, true
	} else {
		t.answer(x, c)
	}
	t.finish(p, x)
}

// answer is parse_icmp_res: who answered, and what.
func (t *tracer) answer(x *traceProbe, c *socket.Call) {
	x.from = c.Offender
	e := c.Ext
	switch {
	case e.Origin == core.ErrOriginICMP && e.Typ == 11, e.Origin == core.ErrOriginICMP6 && e.Typ == 3:
		return
	case e.Origin == core.ErrOriginICMP && e.Typ == 3:
		switch e.Code {
		case 3:
		case 0, 6:
			x.err = "!N"
		case 1, 7:
			x.err = "!H"
		case 2:
			x.err = "!P"
		case 4:
			x.err = "!F-" + strconv.Itoa(int(e.Info))
		case 9, 10, 13:
			x.err = "!X"
		default:
			x.err = "!<" + strconv.Itoa(int(e.Code)) + ">"
		}
	case e.Origin == core.ErrOriginICMP6 && e.Typ == 1:
		x.err = map[uint8]string{0: "!N", 1: "!X", 2: "!S", 3: "!H"}[e.Code]
	}
	x.final = true
}

// print is print_probe.
func (t *tracer) print(n int) {
	x, np := &t.probes[n], n%t.Queries
	if np == 0 {
		if n > 0 {
			t.printf("\n")
		}
		t.printf("%2d ", t.First+n/t.Queries)
	}
	none := wire.Addr{}
	if x.from == none {
		t.printf(" *")
		return
	}
	last := none // who answered last at this distance
	for i := n - np; i < n; i++ {
		if t.probes[i].from != none {
			last = t.probes[i].from
		}
	}
	switch {
	case x.from == last:
	case t.Numeric:
		t.printf(" %s", x.from)
	default:
		t.printf(" %s (%s)", x.from, x.from)
	}
	t.printf("  %.3f ms", float64(x.took)/1e6)
	if x.err != "" {
		t.printf(" %s", x.err)
	}
}
