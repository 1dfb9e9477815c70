package lab

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func init() { extra["socat"] = socat }

// A socatCmd is socat(1) 1.7.4: two addresses, and what comes in at one goes
// out at the other.
type socatCmd struct {
	p           *Proc
	n           *netProc
	left, right bool     // -u: only from left to right; -U: only from right to left
	linger      sim.Time // -t
	idle        sim.Time // -T
	block       int      // -b: bytes that one read may give
	specs       [2]*socatSpec
	lfd         int // a listener, -1: none
	pending     []*socatPair
	status      int
}

// A socatSpec is one address as typed: TYPE:parameter:parameter,option=value.
type socatSpec struct {
	typ, text string
	params    []string
	opts      map[string]string
}

// A socatEnd is an address that is open.
type socatEnd struct {
	fd       int // a socket, -1: none
	rfd, wfd int // files of the process, -1: none
	pkt      *raw.Packet
	dgram    bool
	to       wire.Addr // where datagrams go, if they do not go to the peer
	toPort   uint16
	once     bool // one datagram only
	tun      bool // fd is a tun device
	eof      bool
	shut     bool
	kid      *Proc
}

// A socatPair is one transfer.
type socatPair struct {
	end   [2]*socatEnd
	last  sim.Time
	until sim.Time // -t: the end, once one side is through
}

func socat(p *Proc, a []string) int {
	c := &socatCmd{p: p, linger: sim.Second / 2, lfd: -1, block: 8192}
	var words []string
	for i := 1; i < len(a); i++ {
		s := a[i]
		if len(s) < 2 || s[0] != '-' {
			words = append(words, s)
			continue
		}
		switch {
		case s == "-u":
			c.left = true
		case s == "-U":
			c.right = true
		case strings.HasPrefix(s, "-b"):
			v := s[2:]
			if v == "" && i+1 < len(a) {
				i++
				v = a[i]
			}
			if n, err := strconv.ParseUint(v, 0, 24); err == nil && n > 0 {
				c.block = int(n)
			}
		case strings.HasPrefix(s, "-t"), strings.HasPrefix(s, "-T"):
			v := s[2:]
			if v == "" && i+1 < len(a) {
				i++
				v = a[i]
			}
			f, _ := strconv.ParseFloat(v, 64)
			if s[1] == 't' {
				c.linger = sim.Time(f * 1e9)
			} else {
				c.idle = sim.Time(f * 1e9)
			}
		case strings.Trim(s, "-d") == "", s == "-ly", s == "-lu", s == "-s", s == "-4", s == "-6", s == "-g":
		case s == "-V":
			p.out("socat by Gerhard Rieger and contributors - see www.dest-unreach.org\nsocat version 1.7.4.4 on 06 Nov 2022 08:15:51\n")
			return 0
		case s == "-v" || s == "-x" || s == "-h" || strings.HasPrefix(s, "-l") || strings.HasPrefix(s, "-r") || strings.HasPrefix(s, "-R"):
			p.errf("not modelled: socat %s\n", s)
			return 1
		default:
			return c.err("unknown option \"%s\"; use option \"-h\" for help", s)
		}
	}
	if len(words) != 2 {
		return c.err("exactly 2 addresses required (there are %d); use option \"-h\" for help", len(words))
	}
	for i, w := range words {
		c.specs[i] = parseSocat(w)
		if bad := c.specs[i].check(); bad != "" {
			if strings.HasPrefix(bad, "not modelled") {
				p.errf("%s\n", bad)
				return 1
			}
			return c.err("%s", bad)
		}
	}
	c.n = p.network("socat")
	defer c.n.close()
	return c.run()
}

// err prints a line as socat does, and is its status.
func (c *socatCmd) err(f string, a ...any) int {
	c.p.errf("%s socat[%d] E ", c.p.lab.date().Format("2006/01/02 15:04:05"), c.p.pid)
	c.p.errf(f+"\n", a...)
	return 1
}

func parseSocat(w string) *socatSpec {
	s := &socatSpec{text: w, opts: map[string]string{}}
	if w == "-" {
		s.typ = "STDIO"
		return s
	}
	head, rest, _ := strings.Cut(w, ":")
	if i := strings.IndexByte(head, ','); i >= 0 {
		head, rest = w[:i], w[i:]
	}
	s.typ = strings.ToUpper(head)
	if s.typ == "EXEC" || s.typ == "SYSTEM" || s.typ == "SHELL" {
		cmd, opts := rest, ""
		for _, o := range []string{",pty", ",stderr", ",nofork", ",pipes"} {
			if i := strings.Index(cmd, o); i >= 0 {
				cmd, opts = cmd[:i], cmd[i+1:]
			}
		}
		s.params = []string{strings.Trim(cmd, "'\"")}
		_ = opts
		return s
	}
	parts := strings.Split(rest, ",")
	if parts[0] != "" {
		s.params = splitColons(parts[0])
	}
	for _, o := range parts[1:] {
		if k, v, _ := strings.Cut(o, "="); k != "" {
			s.opts[strings.ToLower(k)] = v
		}
	}
	return s
}

// splitColons splits at colons outside of brackets: [::1]:80.
func splitColons(s string) (l []string) {
	depth, from := 0, 0
	for i := range s {
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth--
		case ':':
			if depth == 0 {
				l = append(l, strings.Trim(s[from:i], "[]"))
				from = i + 1
			}
		}
	}
	return append(l, strings.Trim(s[from:], "[]"))
}

// socatTypes are the addresses, with the number of their parameters.
var socatTypes = map[string]int{"STDIO": 0, "STDIN": 0, "STDOUT": 0, "STDERR": 0, "TCP": 2, "TCP4": 2, "TCP6": 2, "TCP-CONNECT": 2, "TCP4-CONNECT": 2, "TCP6-CONNECT": 2, "TCP-LISTEN": 1, "TCP4-LISTEN": 1,
	"TCP6-LISTEN": 1, "TCP-L": 1, "TCP4-L": 1, "TCP6-L": 1, "UDP": 2, "UDP4": 2, "UDP6": 2, "UDP-CONNECT": 2, "UDP4-CONNECT": 2, "UDP6-CONNECT": 2, "UDP-SENDTO": 2, "UDP4-SENDTO": 2, "UDP6-SENDTO": 2,
	"UDP-DATAGRAM": 2, "UDP4-DATAGRAM": 2, "UDP6-DATAGRAM": 2, "UDP-LISTEN": 1, "UDP4-LISTEN": 1, "UDP6-LISTEN": 1, "UDP-L": 1, "UDP4-L": 1, "UDP-RECV": 1, "UDP4-RECV": 1, "UDP6-RECV": 1,
	"UDP-RECVFROM": 1, "UDP4-RECVFROM": 1, "UDP6-RECVFROM": 1, "EXEC": 1, "SYSTEM": 1, "SHELL": 1, "OPEN": 1, "FILE": 1, "CREATE": 1, "CREAT": 1, "GOPEN": 1, "INTERFACE": 1, "IF": 1, "TUN": 1}

const socatOthers = " UNIX UNIX-CONNECT UNIX-LISTEN UNIX-SENDTO UNIX-RECV UNIX-RECVFROM UNIX-CLIENT ABSTRACT-CONNECT ABSTRACT-LISTEN OPENSSL SSL OPENSSL-LISTEN SSL-L SCTP SCTP-LISTEN SCTP-CONNECT IP-SENDTO IP4-SENDTO IP-RECV IP4-RECV IP-RECVFROM IP4-RECVFROM IP-DATAGRAM IP4-DATAGRAM IP6-SENDTO PTY READLINE PIPE FIFO PROXY SOCKS SOCKS4 SOCKS4A FD VSOCK VSOCK-CONNECT VSOCK-LISTEN DTLS SOCKETPAIR SOCKET-CONNECT "

const socatOpts = " fork reuseaddr reuseport bind sourceport sp so-bindtodevice if interface ttl ip-ttl tos ip-tos ip-add-membership ip-membership ip-multicast-ttl ip-multicast-loop ip-multicast-if broadcast so-broadcast keepalive so-keepalive nodelay tcp-nodelay connect-timeout retry interval backlog max-children shut-none shut-down ignoreeof null-eof cr crnl pf creat create append trunc excl rdonly wronly rdwr nonblock raw echo mode user group so-sndbuf so-rcvbuf sndbuf rcvbuf forever range lowport transparent ip-transparent freebind ip-freebind ipfreebind setsockopt-listen sockopt-listen "

// check says what is wrong with an address, in socat's words.
func (s *socatSpec) check() string {
	want, ok := socatTypes[s.typ]
	switch {
	case !ok && strings.Contains(socatOthers, " "+s.typ+" "):
		return "not modelled: socat " + s.typ
	case !ok && (strings.Contains(s.text, "/") && !strings.Contains(s.text, ":")):
		s.params, s.typ = []string{s.text}, "GOPEN"
		return ""
	case !ok:
		return "unknown device/address \"" + strings.SplitN(strings.SplitN(s.text, ":", 2)[0], ",", 2)[0] + "\""
	case s.typ == "TUN" && len(s.params) > 1:
		return "TUN: wrong number of parameters (" + strconv.Itoa(len(s.params)) + " instead of 0 or 1)"
	case s.typ != "TUN" && len(s.params) != want && s.typ != "OPEN" && s.typ != "GOPEN" && s.typ != "CREATE":
		return strings.SplitN(s.text, ":", 2)[0] + ": wrong number of parameters (" + strconv.Itoa(len(s.params)) + " instead of " + strconv.Itoa(want) + ")"
	}
	for k := range s.opts {
		if isSocatAny(k) {
			if bad := checkAny(k, s.opts[k]); bad != "" {
				return bad
			}
			continue
		}
		if !strings.Contains(socatOpts, " "+k+" ") && !(s.typ == "TUN" && tunOption(k)) {
			return "parseopts_table(): unknown option \"" + k + "\""
		}
	}
	return ""
}

func (s *socatSpec) has(k string) bool { _, ok := s.opts[k]; return ok }

// options sets what the options of an address ask of a socket.
func (c *socatCmd) options(s *socatSpec, fd int) core.Errno {
	n := c.n.prog
	num := func(names ...string) (int, bool) {
		for _, k := range names {
			if v, ok := s.opts[k]; ok {
				x, err := strconv.ParseInt(v, 0, 32)
				if v == "" || err != nil {
					return 1, true
				}
				return int(x), true
			}
		}
		return 0, false
	}
	for _, o := range [...]struct {
		opt   socket.Opt
		names []string
	}{{socket.SOReuseAddr, []string{"reuseaddr"}}, {socket.SOReusePort, []string{"reuseport"}}, {socket.IPTransparent, []string{"transparent", "ip-transparent"}}, {socket.IPFreeBind, []string{"freebind", "ip-freebind", "ipfreebind"}}, {socket.IPTTL, []string{"ttl", "ip-ttl"}}, {socket.IPTOS, []string{"tos", "ip-tos"}},
		{socket.IPMulticastTTL, []string{"ip-multicast-ttl"}}, {socket.IPMulticastLoop, []string{"ip-multicast-loop"}}, {socket.SOBroadcast, []string{"broadcast", "so-broadcast"}},
		{socket.SOKeepAlive, []string{"keepalive", "so-keepalive"}}, {socket.TCPNoDelay, []string{"nodelay", "tcp-nodelay"}}, {socket.SORcvBuf, []string{"rcvbuf", "so-rcvbuf"}}, {socket.SOSndBuf, []string{"sndbuf", "so-sndbuf"}}} {
		if v, ok := num(o.names...); ok {
			n.SetSockOpt(fd, o.opt, v)
		}
	}
	if e := c.anyOption(s, fd); e != 0 {
		return e
	}
	for _, k := range []string{"so-bindtodevice", "if", "interface"} {
		if v := s.opts[k]; v != "" {
			d := c.p.host.NS.DevByName(v)
			if d == nil {
				return step.ENODEV
			}
			n.SetSockOpt(fd, socket.SOBindToIfindex, d.Index)
		}
	}
	for _, k := range []string{"ip-add-membership", "ip-membership"} {
		if v := s.opts[k]; v != "" {
			g, dev, _ := strings.Cut(v, ":")
			group, ok := parseAddr(g)
			index := 0
			if d := c.p.host.NS.DevByName(dev); d != nil {
				index = d.Index
			} else if a, is := parseAddr(dev); is {
				index = c.p.ownerOf(a)
			}
			if !ok {
				return step.EINVAL
			}
			if e := n.SetGroup(fd, socket.IPAddMembership, group, index); e != 0 {
				return e
			}
		}
	}
	return 0
}

// anyOption is setsockopt-listen=LEVEL:NUMBER:VALUE: SO_MARK, IP_TRANSPARENT and
// IP_FREEBIND are modelled; the value is i and a number, or x and its bytes.
func (c *socatCmd) anyOption(s *socatSpec, fd int) core.Errno {
	v := s.opts["setsockopt-listen"] + s.opts["sockopt-listen"]
	if v == "" {
		return 0
	}
	w := strings.SplitN(v, ":", 3)
	if len(w) < 3 || len(w[2]) < 2 {
		return step.EINVAL
	}
	n := 0
	switch w[2][0] {
	case 'i':
		n, _ = strconv.Atoi(w[2][1:])
	case 'x':
		b, _ := hex.DecodeString(w[2][1:])
		for i := min(len(b), 4) - 1; i >= 0; i-- {
			n = n<<8 | int(b[i])
		}
	}
	switch w[0] + ":" + w[1] {
	case "1:36":
		return c.n.prog.SetSockOpt(fd, socket.SOMark, n)
	case "0:19":
		return c.n.prog.SetSockOpt(fd, socket.IPTransparent, n)
	case "0:15":
		return c.n.prog.SetSockOpt(fd, socket.IPFreeBind, n)
	}
	return 0 // sockopts does it
}

// ownerOf is the device that has an address, 0 for none.
func (p *Proc) ownerOf(a wire.Addr) int {
	for _, d := range p.host.NS.Devices {
		if d == nil {
			continue
		}
		for _, x := range p.host.IPv4.Addrs(d) {
			if x.Local.Addr() == a {
				return d.Index
			}
		}
	}
	return 0
}
