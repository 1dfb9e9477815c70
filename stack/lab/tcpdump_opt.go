package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/wire"
)

func init() { extra["tcpdump"] = tcpdump }

// A tdCmd is one command line of tcpdump(8) 4.99.3.
type tdCmd struct {
	p        *Proc
	print    tdPrinter
	iface    string
	read     string // -r
	write    string // -w
	hasRead  bool
	hasWrite bool
	both     bool // --print
	lines    bool // -l
	packets  bool // -U
	counting bool // --count
	max      int  // -c
	snap     int
	dir      string // -Q
	expr     string
	list     bool // -D
	links    bool // -L
}

var tcpdumpLong = []longOpt{{"buffer-size", 1, 'B'}, {"list-interfaces", 0, 'D'}, {"help", 0, 'h'}, {"interface", 1, 'i'}, {"monitor-mode", 0, 'I'}, {"time-stamp-type", 1, 'j'},
	{"dont-verify-checksums", 0, 'K'}, {"list-data-link-types", 0, 'L'}, {"no-optimize", 0, 'O'}, {"no-promiscuous-mode", 0, 'p'}, {"direction", 1, 'Q'}, {"snapshot-length", 1, 's'},
	{"absolute-tcp-sequence-numbers", 0, 'S'}, {"packet-buffered", 0, 'U'}, {"linktype", 1, 'y'}, {"immediate-mode", 0, 1}, {"debug-filter-parser", 0, 2}, {"relinquish-privileges", 1, 'Z'},
	{"count", 0, 3}, {"number", 0, '#'}, {"print", 0, 4}, {"version", 0, 5}, {"time-stamp-precision", 1, 6}, {"micro", 0, 7}, {"nano", 0, 8}}

const tcpdumpVersion = "tcpdump version 4.99.3\nlibpcap version 1.10.3 (with TPACKET_V3)\nOpenSSL 3.0.19 27 Jan 2026\n"

const tcpdumpUsage = tcpdumpVersion + `Usage: tcpdump [-AbdDefhHIJKlLnNOpqStuUvxX#] [ -B size ] [ -c count ] [--count]
		[ -C file_size ] [ -E algo:secret ] [ -F file ] [ -G seconds ]
		[ -i interface ] [ --immediate-mode ] [ -j tstamptype ]
		[ -M secret ] [ --number ] [ --print ] [ -Q in|out|inout ]
		[ -r file ] [ -s snaplen ] [ -T type ] [ --version ]
		[ -V file ] [ -w file ] [ -W filecount ] [ -y datalinktype ]
		[ --time-stamp-precision precision ] [ --micro ] [ --nano ]
		[ -z postrotate-command ] [ -Z user ] [ expression ]
`

func tcpdump(p *Proc, a []string) int {
	c := &tdCmd{p: p, snap: 262144}
	opts, rest, bad := getopt(a[1:], "+aAbB:c:C:dDeE:fF:G:hHi:IjJ:KlLm:M:nNOpqQ:r:s:StT:uUvV:w:W:xXy:Yz:Z:#", tcpdumpLong)
	if bad != nil {
		p.errf("tcpdump: %s\n%s", bad.glibc(), tcpdumpUsage)
		return 1
	}
	for _, o := range opts {
		if e := c.option(o); e != "" {
			p.errf("%s", e)
			return 1
		}
		if o.c == 'h' || o.c == 5 {
			p.out(map[byte]string{'h': tcpdumpUsage, 5: tcpdumpVersion}[o.c])
			return 0
		}
	}
	if c.expr == "" || len(rest) > 0 {
		c.expr = strings.Join(rest, " ")
	}
	if len(c.expr) > 1<<16 {
		return c.fail("can't parse filter expression: syntax error")
	}
	c.names()
	switch {
	case c.list:
		c.devices()
		return 0
	case c.hasRead:
		return c.readFile()
	}
	return c.live()
}

// fail is error(): a line, and status 1.
func (c *tdCmd) fail(f string, a ...any) int {
	c.p.errf("tcpdump: "+f+"\n", a...)
	return 1
}

// option reads one option; what it complains of is returned whole.
func (c *tdCmd) option(o word) string {
	if o.c != 0 && c.print.flag(o.c) {
		if c.print.t > 5 {
			return "tcpdump: only -t, -tt, -ttt, -tttt and -ttttt are supported\n"
		}
		return ""
	}
	v := o.value
	switch o.c {
	case 'i':
		c.iface = v
	case 'r':
		c.read, c.hasRead = v, true
	case 'w':
		c.write, c.hasWrite = v, true
	case 'c':
		n, err := strconv.Atoi(v)
		if err != nil || n <= 0 || n > 1<<31-1 {
			return "tcpdump: invalid packet count " + v + "\n"
		}
		c.max = n
	case 's':
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 || n > 262144 {
			return "tcpdump: invalid snaplen " + v + " (must be >= 0 and <= 262144)\n"
		}
		if c.snap = n; n == 0 {
			c.snap = 262144
		}
	case 'Q':
		switch strings.ToLower(v) {
		case "in", "out", "inout":
			c.dir = strings.ToLower(v)
		default:
			return "tcpdump: unknown capture direction `" + v + "'\n"
		}
	case 'F':
		b, e := c.p.readFile(v)
		if e != "" {
			return "tcpdump: can't open " + v + ": " + e + "\n"
		}
		c.expr = strings.TrimSpace(string(b))
	case 'l':
		c.lines = true
	case 'U':
		c.packets = true
	case 'D':
		c.list = true
	case 'L':
		c.links = true
	case 3:
		c.counting = true
	case 4:
		c.both = true
	case 'B', 'p', 'O', 'N', 'f', 'u', 'b', 'H', 1, 7, 'Z', 'a', 'h', 5:
	case 'y':
		if !strings.EqualFold(v, "EN10MB") {
			return "not modelled: tcpdump -y " + v + "\n"
		}
	default:
		return "not modelled: tcpdump " + optText(o) + "\n"
	}
	return ""
}

// optText is an option as it was typed.
func optText(o word) string {
	if o.name != "" {
		return "--" + o.name
	}
	return "-" + string(o.c)
}

// names prepares the names that stand for numbers without -n: those of
// /etc/hosts and /etc/services.
func (c *tdCmd) names() {
	ns := c.p.host.NS
	c.print.devName = func(i int) string {
		if d := ns.DevByIndex(i); d != nil {
			return d.Name
		}
		return ""
	}
	if c.print.n {
		return
	}
	hosts := map[wire.Addr]string{}
	b, _ := c.p.readFile("/etc/hosts")
	for _, l := range lines(string(b)) {
		l, _, _ = strings.Cut(l, "#")
		if f := strings.Fields(l); len(f) > 1 {
			if a, ok := parseAddr(f[0]); ok && hosts[a] == "" {
				hosts[a] = f[1]
			}
		}
	}
	c.print.name = func(a wire.Addr) string { return hosts[a] }
	type key struct {
		port uint16
		udp  bool
	}
	ports := map[key]string{}
	b, _ = c.p.readFile("/etc/services")
	for _, l := range lines(string(b)) {
		l, _, _ = strings.Cut(l, "#")
		f := strings.Fields(l)
		if len(f) < 2 {
			continue
		}
		n, proto, _ := strings.Cut(f[1], "/")
		if x, err := strconv.ParseUint(n, 10, 16); err == nil {
			k := key{uint16(x), proto == "udp"}
			if ports[k] == "" {
				ports[k] = f[0]
			}
		}
	}
	c.print.services = func(port uint16, udp bool) string { return ports[key{port, udp}] }
}

// devices is -D.
func (c *tdCmd) devices() {
	n := 0
	row := func(s string) {
		n++
		c.p.outf("%d.%s\n", n, s)
	}
	var down []string
	for _, d := range c.p.host.NS.Devices {
		if d == nil || d == c.p.host.NS.Loopback {
			continue
		}
		switch {
		case d.Up() && d.Running():
			row(d.Name + " [Up, Running, Connected]")
		case d.Up():
			down = append(down, d.Name+" [Up, Disconnected]")
		default:
			down = append(down, d.Name+" [Disconnected]")
		}
	}
	row("any (Pseudo-device that captures on all interfaces) [Up, Running]")
	if c.p.host.NS.Loopback.Up() {
		row("lo [Up, Running, Loopback]")
	} else {
		down = append(down, "lo [Loopback]")
	}
	for _, s := range down {
		row(s)
	}
	row("nflog (Linux netfilter log (NFLOG) interface) [none]")
	row("nfqueue (Linux netfilter queue (NFQUEUE) interface) [none]")
}

// flag counts one letter of the printer's options; false if it is none.
func (d *tdPrinter) flag(c byte) bool {
	switch c {
	case 'n':
		d.n = true
	case 'v':
		d.v++
	case 'e':
		d.e = true
	case 'q':
		d.q = true
	case 'S':
		d.bigS = true
	case 'K':
		d.K = true
	case '#':
		d.number = true
	case 't':
		d.t++
	case 'x':
		d.x++
	case 'X':
		d.X++
	case 'A':
		d.A++
	default:
		return false
	}
	return true
}

var linkNames = map[uint16]string{0: "NULL (BSD loopback)", 1: "EN10MB (Ethernet)", 12: "RAW (Raw IP)", 14: "RAW (Raw IP)", 101: "RAW (Raw IP)", 108: "LOOP (OpenBSD loopback)",
	113: "LINUX_SLL (Linux cooked v1)", 228: "IPV4 (Raw IPv4)", 229: "IPV6 (Raw IPv6)", 276: "LINUX_SLL2 (Linux cooked v2)"}

func linkName(l uint16) string {
	if s := linkNames[l]; s != "" {
		return s
	}
	return fmt.Sprintf("%d", l)
}
