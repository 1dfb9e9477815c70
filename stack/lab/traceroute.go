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

// A tracer is traceroute(8) of Debian (Dmitry Butskoy's), its default method:
// UDP datagrams to ports from 33434 on. Probes go out one after the other.
type tracer struct {
	term
	Name         string
	Addr         wire.Addr
	Max, Queries int
	First        int
	Wait         sim.Time
	Size         int
	Port         uint16
	Numeric      bool

	started bool
	ttl, q  int
	fd      int
	sentAt  sim.Time
	end     sim.Time
	last    wire.Addr // who answered last at this distance
	done    bool
	buf     []byte
}

func tracerouteTool(p *Proc, a []string) int {
	t := &tracer{Max: 30, Queries: 3, First: 1, Wait: 5 * sim.Second, Size: 60, Port: 33434}
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
		case 'r', 'd', 'U', 'N', 'z':
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
	case wrong != "" || t.Max < 1 || t.Max > 255 || t.Queries < 1 || t.Queries > 10 || t.First < 1 || t.First > t.Max:
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
	t.Addr = addr
	if !addr.Is4() && t.Size == 60 {
		t.Size = 80
	}
	return p.runProgram("traceroute", t)
}

// Run sends a probe, or reads the answer to the last one.
func (t *tracer) Run(p *socket.Program) {
	if !t.started {
		t.started, t.ttl = true, t.First
		t.buf = make([]byte, 2048)
		t.printf("traceroute to %s (%s), %d hops max, %d byte packets\n", t.Name, t.Addr, t.Max, t.Size)
		t.printf("%2d ", t.ttl)
		if !t.probe(p) {
			return
		}
	}
	for !p.Exited {
		now := p.NS.Clock.Now()
		if p.Poll(t.fd)&(socket.PollErr|socket.PollIn) != 0 {
			c := p.RecvFrom(t.fd, t.buf, core.MsgErrQueue)
			if c.Err == 0 {
				t.answer(c, now)
			} else {
				p.RecvFrom(t.fd, t.buf, 0)
				continue
			}
		} else if now >= t.end {
			t.printf(" *")
		} else {
			p.Alarm(t.end)
			return
		}
		p.Close(t.fd)
		if !t.advance(p) {
			return
		}
	}
}

// advance goes on to the next probe.
func (t *tracer) advance(p *socket.Program) bool {
	if t.q++; t.q >= t.Queries {
		t.printf("\n")
		if t.done || t.ttl >= t.Max {
			t.exit(p, 0)
			return false
		}
		t.ttl, t.q, t.last = t.ttl+1, 0, wire.Addr{}
		t.printf("%2d ", t.ttl)
	}
	return t.probe(p)
}

func (t *tracer) probe(p *socket.Program) bool {
	fam, head := uint16(core.AFInet), 28
	if !t.Addr.Is4() {
		fam, head = core.AFInet6, 48
	}
	t.fd, _ = p.Socket(fam, core.SockDgram, 0)
	if fam == core.AFInet {
		p.SetSockOpt(t.fd, socket.IPTTL, t.ttl)
	} else {
		p.SetSockOpt(t.fd, socket.IPv6UnicastHops, t.ttl)
	}
	p.SetSockOpt(t.fd, socket.IPRecvErr, 1)
	now := p.NS.Clock.Now()
	t.sentAt, t.end = now, now+t.Wait
	b := make([]byte, max(0, t.Size-head))
	for i := range b {
		b[i] = byte('@' + i&0x3f)
	}
	n := (t.ttl-t.First)*t.Queries + t.q
	e := p.Connect(t.fd, t.Addr, t.Port+uint16(n))
	if e == 0 {
		_, e = p.Send(t.fd, b, 0)
	}
	if e != 0 && e != step.EAGAIN && e != step.ECONNREFUSED && e != step.EHOSTUNREACH {
		t.errf("connect: %s\n", errnoWords(e))
		t.exit(p, 1)
		return false
	}
	return true
}

// answer prints who answered, and how long it took.
func (t *tracer) answer(c *socket.Call, now sim.Time) {
	x := c.Ext
	from := c.Offender
	if from != t.last {
		if t.Numeric {
			t.printf(" %s", from)
		} else {
			t.printf(" %s (%s)", from, from)
		}
		t.last = from
	}
	t.printf("  %.3f ms", float64(now-t.sentAt)/1e6)
	if x.Origin == core.ErrOriginICMP && x.Typ == 11 || x.Origin == core.ErrOriginICMP6 && x.Typ == 3 {
		return
	}
	t.done = true
	if x.Origin == core.ErrOriginICMP && x.Typ == 3 {
		switch x.Code {
		case 3:
		case 0, 6:
			t.printf(" !N")
		case 1, 7:
			t.printf(" !H")
		case 2:
			t.printf(" !P")
		case 4:
			t.printf(" !F-%d", x.Info)
		case 9, 10, 13:
			t.printf(" !X")
		default:
			t.printf(" !<%d>", x.Code)
		}
	}
	if x.Origin == core.ErrOriginICMP6 && x.Typ == 1 {
		if s := map[uint8]string{0: " !N", 1: " !X", 2: " !S", 3: " !H"}[x.Code]; s != "" {
			t.printf("%s", s)
		}
	}
}
