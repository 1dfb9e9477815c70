package lab

import (
	"errors"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func init() { extra["nc"], extra["netcat"], extra["nc.openbsd"] = ncTool, ncTool, ncTool }

// A netcat is nc(1) of OpenBSD as Debian has it.
type netcat struct {
	term
	Host, Port       string
	Addr, Src        wire.Addr
	Ports            []uint16
	SrcPort          uint16
	Listen, UDP, Zap bool // -l, -u, -z
	Verbose, Keep    bool
	NoIn, Shut       bool     // -d, -N
	Wait, Quit       sim.Time // -1: not given
	Numeric, Bcast   bool
	TOS, TTL         int // -1: not given
	RcvBuf, SndBuf   int
	Limit            int // -W: messages to receive, 0: any number
	Six              bool

	state   int
	lfd, fd int
	port    int      // index into Ports
	asked   bool     // connect() has been called
	end     sim.Time // of the wait
	probes  int      // sent by -u -v or -u -z
	failed  bool
	talk    ncTalker
	hosts   []string // lines of /etc/hosts
}

const (
	ncStart = iota
	ncAccept
	ncConnect
	ncProbe
	ncPeer
	ncTalk
	ncQuit
)

const ncUsage = `usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]
	  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
	  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
	  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
	  [destination] [port]
`

func ncTool(p *Proc, a []string) int {
	n := &netcat{Quit: -1, Wait: -1, TOS: -1, TTL: -1}
	fam := 0
	wrong := ""
	rest, badOpt := flags(a[1:], "46CDdFhklNnrStUuvZzI:i:M:m:O:P:p:q:s:T:V:W:w:X:x:b", func(c byte, v string) {
		num := func(what string, lo, hi int) int {
			x, err := strconv.Atoi(v)
			why := ""
			switch {
			case err != nil && !errors.Is(err, strconv.ErrRange):
				why = "invalid"
			case err != nil && v[0] == '-' || err == nil && x < lo:
				why = "too small"
			case err != nil || x > hi:
				why = "too large"
			}
			if why != "" && wrong == "" {
				wrong = "nc: " + what + " " + why + ": " + v + "\n"
			}
			return x
		}
		switch c {
		case '4':
			fam = 4
		case '6':
			fam = 6
		case 'l':
			n.Listen = true
		case 'u':
			n.UDP = true
		case 'z':
			n.Zap = true
		case 'v':
			n.Verbose = true
		case 'k':
			n.Keep = true
		case 'd':
			n.NoIn = true
		case 'N':
			n.Shut = true
		case 'n':
			n.Numeric = true
		case 'b':
			n.Bcast = true
		case 'w':
			n.Wait = sim.Time(num("timeout", 0, math.MaxInt32/1000)) * sim.Second
		case 'q':
			if n.Quit = sim.Time(num("quit timer", math.MinInt32, math.MaxInt32)) * sim.Second; n.Quit >= 0 {
				n.Shut = true
			} else {
				n.Quit = -1
			}
		case 'W':
			n.Limit = num("receive limit", 1, math.MaxInt32)
		case 'M':
			n.TTL = num("ttl", 0, 255)
		case 'I':
			n.RcvBuf = num("TCP receive window", 1, 65536<<14)
		case 'O':
			n.SndBuf = num("TCP send window", 1, 65536<<14)
		case 'p':
			x, ok := portNumber(v)
			if !ok && wrong == "" {
				wrong = "nc: port number invalid: " + v + "\n"
				if _, err := strconv.Atoi(v); err == nil {
					wrong = "nc: port number too large: " + v + "\n"
				}
			}
			n.SrcPort = uint16(x)
		case 's':
			if s, e := p.resolve(v, 0); e == "" {
				n.Src = s
			}
		case 'T':
			if x, ok := ncTOS[strings.ToLower(v)]; ok {
				n.TOS = x
			} else if x, err := strconv.ParseUint(v, 0, 8); err == nil {
				n.TOS = int(x)
			} else if wrong == "" {
				wrong = "nc: illegal tos value " + v + "\n"
			}
		case 'r', 't', 'D':
		default:
			if wrong == "" {
				wrong = "not modelled: nc -" + string(c) + "\n"
			}
		}
	})
	switch {
	case strings.HasSuffix(badOpt, ":"):
		p.errf("nc: option requires an argument -- '%s'\n%s", badOpt[1:2], ncUsage)
		return 1
	case badOpt != "":
		p.errf("nc: invalid option -- '%s'\n%s", strings.TrimLeft(badOpt, "-"), ncUsage)
		return 1
	case wrong != "":
		p.errf("%s", wrong)
		return 1
	}
	switch {
	case n.Listen && len(rest) == 0:
		n.Port = strconv.Itoa(int(n.SrcPort))
	case n.Listen && len(rest) == 1:
		n.Port = rest[0]
	case len(rest) == 2:
		n.Host, n.Port = rest[0], rest[1]
	default:
		p.errf("%s", ncUsage)
		return 1
	}
	lo, hi, span := strings.Cut(n.Port, "-")
	x, ok1 := portNumber(lo)
	y := x
	if span {
		var ok bool
		if y, ok = portNumber(hi); !ok {
			x = 0
		}
	}
	if !ok1 || x == 0 && !n.Listen || y < x {
		p.errf("nc: port number invalid: %s\n", n.Port)
		return 1
	}
	for k := x; k <= y; k++ {
		n.Ports = append(n.Ports, uint16(k))
	}
	if n.Host != "" {
		ad, e := p.resolve(n.Host, fam)
		if e != "" {
			p.errf("nc: getaddrinfo for host \"%s\" port %s: %s\n", n.Host, n.Port, e)
			return 1
		}
		n.Addr = ad
	}
	n.Six = fam == 6 || !n.Addr.IsZero() && !n.Addr.Is4()
	n.WantIn = !n.NoIn && !n.Zap
	n.hosts = p.hostNames()
	return p.runProgram("nc", n)
}

// hostNames are the names of /etc/hosts.
func (p *Proc) hostNames() []string {
	b, _ := p.readFile("/etc/hosts")
	return lines(string(b))
}

// nameOf is getnameinfo: the name of an address, or its digits after the
// complaint that no server knows it.
func (n *netcat) nameOf(a wire.Addr) string {
	if n.Numeric || a.IsZero() && n.Six {
		return a.String()
	}
	for _, l := range n.hosts {
		f := strings.Fields(l)
		if len(f) < 2 || f[0][0] == '#' {
			continue
		}
		if x, err := netip.ParseAddr(f[0]); err == nil && wire.FromNetip(x) == a {
			return f[1]
		}
	}
	n.errf("nc: getnameinfo: Temporary failure in name resolution\n")
	return ""
}

// ncTOS are the words of -T.
var ncTOS = map[string]int{"af11": 0x28, "af12": 0x30, "af13": 0x38, "af21": 0x48, "af22": 0x50, "af23": 0x58, "af31": 0x68, "af32": 0x70, "af33": 0x78,
	"af41": 0x88, "af42": 0x90, "af43": 0x98, "critical": 0xa0, "cs0": 0, "cs1": 0x20, "cs2": 0x40, "cs3": 0x60, "cs4": 0x80, "cs5": 0xa0, "cs6": 0xc0, "cs7": 0xe0,
	"ef": 0xb8, "inetcontrol": 0xc0, "lowdelay": 0x10, "netcontrol": 0xe0, "reliability": 4, "throughput": 8}

func portNumber(s string) (int, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return n, n >= 0 && n < 65536
	}
	n := servicePort(s)
	return max(n, 0), n > 0
}

func (n *netcat) family() uint16 {
	if n.Six {
		return core.AFInet6
	}
	return core.AFInet
}

func (n *netcat) kind() uint8 {
	if n.UDP {
		return core.SockDgram
	}
	return core.SockStream
}

func (n *netcat) service(port uint16) string {
	if n.Numeric {
		return "*"
	}
	if s := services[int(port)]; s != "" {
		return s
	}
	return "*"
}

func (n *netcat) proto() string {
	if n.UDP {
		return "udp"
	}
	return "tcp"
}
