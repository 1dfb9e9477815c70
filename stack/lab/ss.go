package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

func init() { extra["ss"] = ss }

type ssCmd struct {
	p                                                     *Proc
	tcp, udp, raw, listen, all, numeric, procs, info, mem bool
	opts, ext, summary, noHead, four, six, other, oneline bool
	states                                                map[uint8]bool
	filter                                                []string
}

// ss is ss(8) of iproute2 6.1.
func ss(p *Proc, a []string) int {
	c := &ssCmd{p: p}
	rest := a[1:]
	var words []string
	for len(rest) > 0 {
		s := rest[0]
		rest = rest[1:]
		if len(s) < 2 || s[0] != '-' {
			words = append(words, s)
			continue
		}
		letters := s[1:]
		if s[1] == '-' {
			long := map[string]string{"tcp": "t", "udp": "u", "raw": "w", "listening": "l", "all": "a", "numeric": "n", "processes": "p", "info": "i", "memory": "m", "options": "o",
				"extended": "e", "summary": "s", "no-header": "H", "ipv4": "4", "ipv6": "6", "unix": "x", "oneline": "O"}
			if letters = long[s[2:]]; letters == "" {
				p.errf("ss: unrecognized option '%s'\n", s)
				return 255
			}
		}
		for _, o := range letters {
			switch o {
			case 't':
				c.tcp = true
			case 'u':
				c.udp = true
			case 'w':
				c.raw = true
			case 'x', '0', 'S', 'd':
				c.other = true
			case 'l':
				c.listen = true
			case 'a':
				c.all = true
			case 'n':
				c.numeric = true
			case 'p':
				c.procs = true
			case 'i':
				c.info = true
			case 'm':
				c.mem = true
			case 'o':
				c.opts = true
			case 'e':
				c.ext = true
			case 's':
				c.summary = true
			case 'H':
				c.noHead = true
			case '4':
				c.four = true
			case '6':
				c.six = true
			case 'O':
				c.oneline = true
			case 'r', 'h':
			case 'K', 'Z', 'z', 'E', 'b', 'D', 'F', 'N', 'A', 'f', 'V', 'M':
				p.errf("not modelled: ss -%c\n", o)
				return 1
			default:
				p.errf("ss: invalid option -- '%c'\n", o)
				return 255
			}
		}
	}
	if c.summary {
		c.sum()
		return 0
	}
	if !c.tcp && !c.udp && !c.raw && !c.other {
		c.tcp, c.udp, c.raw = true, true, true
	}
	if st := c.parseStates(&words); st != "" {
		p.errf("%s", st)
		return 255
	}
	c.filter = words
	rows := [][]string{}
	netid := b2i(c.tcp)+b2i(c.udp)+b2i(c.raw) > 1
	var exts []string
	if !c.noHead {
		rows = append(rows, []string{"Netid", "State", "Recv-Q", "Send-Q", "Local Address:", "Port", "Peer Address:", "Port", "Process"})
		exts = append(exts, "")
	}
	for _, proto := range [...]string{"udp", "tcp"} {
		if proto == "udp" && !c.udp || proto == "tcp" && !c.tcp {
			continue
		}
		for _, r := range p.lab.socks(p.host, proto) {
			if !c.wants(&r) {
				continue
			}
			ok, err := c.match(&r)
			if err != "" {
				p.errf("%s", err)
				return 255
			}
			if !ok {
				continue
			}
			la, lp := c.end(&r, true)
			fa, fp := c.end(&r, false)
			proc, ext := "", ""
			if c.opts {
				ext += c.timer(&r)
			}
			if c.procs && r.pid != 0 {
				proc = fmt.Sprintf(" users:((\"%s\",pid=%d,fd=%d))", r.prog.Name, r.pid, r.fd)
			}
			if c.ext && r.sk != nil {
				ext += fmt.Sprintf(" ino:%d sk:%x", 10000+r.sk.ID, r.sk.ID)
				ext += " cgroup:/ <->"
			}
			if c.mem && r.sk != nil {
				ext += c.skmem(&r)
			}
			if c.info && r.sk != nil && proto == "tcp" {
				ext += c.tcpInfo(&r)
			}
			rows = append(rows, []string{proto, stateNames[r.state], fmt.Sprintf("%-6d", r.rq), fmt.Sprintf("%-6d", r.sq), la, lp, fa, fp, proc})
			exts = append(exts, ext)
		}
	}
	if !netid {
		for i := range rows {
			rows[i][0] = ""
		}
	}
	if len(c.states) == 1 || c.states == nil && !c.all && !c.listen && !c.tcp && !c.other { // UDP's default is ESTAB alone
		for i := range rows {
			rows[i][1] = ""
		}
	}
	c.render(rows, exts)
	return 0
}

// render is render_calc_width for an output that is no terminal: every column
// is as wide as its longest text.
func (c *ssCmd) render(rows [][]string, exts []string) {
	delim := [...]string{"", " ", " ", " ", " ", "", " ", "", ""}
	var width [9]int
	for _, r := range rows {
		for i, s := range r {
			width[i] = max(width[i], len(s))
		}
	}
	var b strings.Builder
	for n, r := range rows {
		first := true
		for i, s := range r {
			if width[i] == 0 || i == 8 && exts[n] != "" && s == "" {
				continue
			}
			d := delim[i]
			if first {
				d = ""
			}
			first = false
			b.WriteString(d)
			if i == 4 || i == 6 {
				fmt.Fprintf(&b, "%*s", width[i], s)
			} else {
				fmt.Fprintf(&b, "%-*s", width[i], s)
			}
		}
		b.WriteString(exts[n] + "\n")
	}
	c.p.out(b.String())
}

func (c *ssCmd) wants(r *sockRow) bool {
	if c.four && !c.six && r.six || c.six && !c.four && !r.six {
		return false
	}
	listening := r.state == core.TCPListen || r.proto == "udp" && r.state == core.TCPClose
	switch {
	case c.states != nil:
		return c.states[r.state]
	case c.all:
		return true
	case c.listen:
		return listening
	}
	return !listening && r.state != core.TCPTimeWait && r.state != core.TCPSynRecv
}

// parseStates takes "state X" out of the words.
func (c *ssCmd) parseStates(w *[]string) string {
	var rest []string
	names := map[string][]uint8{"established": {1}, "syn-sent": {2}, "syn-recv": {3}, "fin-wait-1": {4}, "fin-wait-2": {5}, "time-wait": {6}, "closed": {7}, "close-wait": {8}, "last-ack": {9},
		"listening": {10}, "listen": {10}, "closing": {11}, "all": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, "connected": {1, 2, 3, 4, 5, 6, 8, 9, 11}, "synchronized": {1, 3, 4, 5, 6, 8, 9, 11},
		"bucket": {3, 6}, "big": {1, 2, 4, 5, 7, 8, 9, 10, 11}, "unconnected": {7}}
	for i := 0; i < len(*w); i++ {
		s := (*w)[i]
		if (s == "state" || s == "exclude") && i+1 < len(*w) {
			i++
			l, ok := names[strings.ToLower((*w)[i])]
			if !ok {
				return fmt.Sprintf("ss: wrong state name: %s\n", (*w)[i])
			}
			if c.states == nil {
				c.states = map[uint8]bool{}
				if s == "exclude" {
					for _, n := range names["all"] {
						c.states[n] = true
					}
				}
			}
			for _, n := range l {
				if s == "exclude" {
					delete(c.states, n)
				} else {
					c.states[n] = true
				}
			}
			continue
		}
		rest = append(rest, s)
	}
	*w = nil
	for _, s := range rest {
		s = strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s)
		*w = append(*w, strings.Fields(s)...)
	}
	return ""
}

func (c *ssCmd) port(n uint16) string {
	if n == 0 {
		return "*"
	}
	if s := services[int(n)]; s != "" && !c.numeric {
		return s
	}
	return strconv.Itoa(int(n))
}

// end is one end as ss prints it: the address with its colon, and the port.
func (c *ssCmd) end(r *sockRow, local bool) (string, string) {
	a, port := r.faddr, r.fport
	if local {
		a, port = r.laddr, r.lport
	}
	s := a.String()
	switch {
	case a.IsZero() && !r.six, a.Is4() && a.IP4() == 0:
		s = "0.0.0.0"
	case a.IsZero() && (r.sk == nil || !r.sk.V6Only):
		s = "*"
	case a.IsZero():
		s = "[::]"
	case strings.Contains(s, ":"):
		s = "[" + s + "]"
	case r.six:
		s = "[::ffff:" + s + "]"
	}
	if local && r.dev != 0 {
		if d := c.p.host.NS.DevByIndex(r.dev); d != nil {
			s += "%" + d.Name
		} else {
			s += "%if" + strconv.Itoa(r.dev)
		}
	}
	return s + ":", c.port(port)
}

func (c *ssCmd) timer(r *sockRow) string {
	if r.obs == nil || r.proto != "tcp" {
		return ""
	}
	name := map[uint64]string{1: "on", 3: "persist", 5: "on", 6: "on"}[r.obs[step.TCPTimer]]
	if name == "" {
		return ""
	}
	left := (sim.Time(r.obs[step.TCPTimerAt]) - c.p.lab.now()) / sim.Millisecond
	return fmt.Sprintf(" timer:(%s,%s,%d)", name, ssTime(int64(left)), r.obs[step.TCPRetransmits])
}

// ssTime is print_ms_timer.
func ssTime(ms int64) string {
	ms = max(ms, 0)
	s := ms / 1000
	ms %= 1000
	m := s / 60
	s %= 60
	var b strings.Builder
	if m > 0 {
		fmt.Fprintf(&b, "%dmin", m)
		if m > 9 {
			return b.String()
		}
	}
	if s > 0 {
		if m > 0 {
			return b.String() + fmt.Sprintf("%dsec", s)
		}
		fmt.Fprintf(&b, "%d", s)
		if s < 10 && ms > 0 {
			fmt.Fprintf(&b, ".%03d", ms)
		}
		return b.String() + "sec"
	}
	if m > 0 {
		return b.String()
	}
	return fmt.Sprintf("%03dms", ms)
}

func (c *ssCmd) skmem(r *sockRow) string {
	o := r.obs
	return fmt.Sprintf("\n\t skmem:(r%d,rb%d,t%d,tb%d,f%d,w%d,o%d,bl%d,d%d)", o[step.SockRmem], o[step.SockRcvBuf], max(0, int(o[step.SockWmem])-1), o[step.SockSndBuf], 0,
		o[step.SockWmemQueued], 0, o[step.SockBacklog], o[step.SockDrops])
}

func gnum(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }

// sum is ss -s.
func (c *ssCmd) sum() {
	l := c.p.lab
	var estab, tw, closed, tcp4, tcp6, udp4, udp6 int
	for _, r := range l.socks(c.p.host, "tcp") {
		if r.state == core.TCPEstablished || r.state == core.TCPCloseWait {
			estab++
		}
		if r.state == core.TCPTimeWait {
			tw++
			continue
		}
		if r.six {
			tcp6++
		} else {
			tcp4++
		}
	}
	for _, r := range l.socks(c.p.host, "udp") {
		if r.six {
			udp6++
		} else {
			udp4++
		}
	}
	closed = tw
	n := tcp4 + tcp6
	c.p.outf("Total: %d\nTCP:   %d (estab %d, closed %d, orphaned %d, timewait %d)\n\n", n+udp4+udp6, n+tw, estab, closed, c.p.host.TCP.Orphans, tw)
	c.p.out("Transport Total     IP        IPv6\n")
	row := func(name string, four, six int) { c.p.outf("%s\t  %-9d %-9d %-9d\n", name, four+six, four, six) }
	row("RAW", 0, 0)
	row("UDP", udp4, udp6)
	row("TCP", tcp4, tcp6)
	row("INET", tcp4+udp4, tcp6+udp6)
	row("FRAG", 0, 0)
	c.p.out("\n")
}
