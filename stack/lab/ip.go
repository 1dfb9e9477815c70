package lab

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
)

// An ipCmd is one run of ip(8) of iproute2 6.1.
type ipCmd struct {
	p       *Proc
	fam     int // 4, 6, 0: both
	stats   int
	details bool
	brief   bool
	one     bool
	json    bool
	pretty  bool
	list    []any // of -j
	force   bool  // a batch goes on after an error
	all     bool  // -all: every namespace
}

// ipError ends a command with the words and the status of the real tool.
type ipError struct {
	text   string
	status int
}

func (e ipError) Error() string { return e.text }

// bad is an error of the command line (status 255), rtnl one of the kernel (2),
// other prints as it is (1).
func bad(f string, a ...any) error   { return ipError{fmt.Sprintf(f, a...), 255} }
func other(f string, a ...any) error { return ipError{fmt.Sprintf(f, a...), 1} }

func answer(e core.Errno) error {
	if e == 0 {
		return nil
	}
	return ipError{"RTNETLINK answers: " + errnoWords(e), 2}
}

func kernelSays(s string) error { return ipError{"Error: " + s, 2} }

// errnoWords is strerror(3).
func errnoWords(e core.Errno) string {
	words := map[core.Errno]string{1: "Operation not permitted", 2: "No such file or directory", 3: "No such process", 5: "Input/output error", 11: "Resource temporarily unavailable", 13: "Permission denied",
		16: "Device or resource busy", 17: "File exists", 19: "No such device", 22: "Invalid argument", 28: "No space left on device", 32: "Broken pipe", 34: "Numerical result out of range", 71: "Protocol error",
		90: "Message too long", 92: "Protocol not available", 93: "Protocol not supported", 94: "Socket type not supported", 95: "Operation not supported",
		97: "Address family not supported by protocol", 98: "Address already in use", 99: "Cannot assign requested address", 100: "Network is down",
		101: "Network is unreachable", 103: "Software caused connection abort", 104: "Connection reset by peer", 105: "No buffer space available", 106: "Transport endpoint is already connected",
		107: "Transport endpoint is not connected", 110: "Connection timed out", 111: "Connection refused", 112: "Host is down", 113: "No route to host", 115: "Operation now in progress"}
	if s := words[e]; s != "" {
		return s
	}
	return e.String()
}

const ipUsage = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
       ip [ -force ] -batch filename
where  OBJECT := { address | addrlabel | amt | fou | help | ila | ioam | l2tp |
                   link | macsec | maddress | monitor | mptcp | mroute | mrule |
                   neighbor | neighbour | netconf | netns | nexthop | ntable |
                   ntbl | route | rule | sr | tap | tcpmetrics |
                   token | tunnel | tuntap | vrf | xfrm }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -r[esolve] |
                    -h[uman-readable] | -iec | -j[son] | -p[retty] |
                    -f[amily] { inet | inet6 | mpls | bridge | link } |
                    -4 | -6 | -M | -B | -0 |
                    -l[oops] { maximum-addr-flush-attempts } | -br[ief] |
                    -o[neline] | -t[imestamp] | -ts[hort] | -b[atch] [filename] |
                    -rc[vbuf] [size] | -n[etns] name | -N[umeric] | -a[ll] |
                    -c[olor]}
`

// ipHelp are the usages of ip's objects, as iproute2 6.1 prints them.
//
//go:embed ip_help.txt
var ipHelp string

// usageOf is the usage of an object.
func usageOf(obj string) error {
	_, s, _ := strings.Cut(ipHelp, "-- "+obj+" --\n")
	s, _, _ = strings.Cut(s, "\n-- ")
	return ipError{s, 255}
}

// ipTool is ip.
func ipTool(p *Proc, w []string) int {
	c := &ipCmd{p: p}
	a := &args{w[1:]}
	opt := func(s, full string) bool { return strings.HasPrefix(full, s) }
	for a.more() && strings.HasPrefix(a.peek(), "-") {
		s := a.next()
		o := strings.TrimLeft(s, "-")
		switch {
		case s == "--":
		case o == "4":
			c.fam = 4
		case o == "6":
			c.fam = 6
		case o == "0", o == "B", o == "M":
		case o == "ss":
			c.stats = 2
		case opt(o, "family") && o != "":
			switch v := a.next(); v {
			case "inet":
				c.fam = 4
			case "inet6":
				c.fam = 6
			case "link":
			default:
				p.errf("Error: argument \"%s\" is wrong: invalid protocol family\n", v)
				return 255
			}
		case opt(o, "statistics"), opt(o, "stats"):
			c.stats++
		case opt(o, "details"):
			c.details = true
		case opt(o, "resolve"), opt(o, "human-readable"), opt(o, "iec"), opt(o, "Numeric"), opt(o, "color"), strings.HasPrefix(o, "color="), strings.HasPrefix(o, "c="):
		case opt(o, "force"):
			c.force = true
		case opt(o, "json"):
			c.json = true
		case opt(o, "pretty"):
			c.pretty = true
		case len(o) > 1 && opt(o, "brief"):
			c.brief = true
		case opt(o, "oneline"):
			c.one = true
		case opt(o, "timestamp"), opt(o, "tshort"):
		case opt(o, "all"):
			c.all = true
		case opt(o, "netns"):
			name := a.next()
			s := p.lab.space(name)
			if s == nil {
				p.errf("Cannot open network namespace \"%s\": No such file or directory\n", name)
				return 255
			}
			p.host = s.host
		case opt(o, "batch"):
			return runBatch(p, a.next(), c.force, func(w []string) int {
				one := *c
				return one.run(&args{w})
			})
		case opt(o, "Version"):
			p.out("ip utility, iproute2-6.1.0, libbpf 1.1.2\n")
			return 0
		case opt(o, "help"):
			p.errf("%s", ipUsage)
			return 255
		default:
			p.errf("Option \"%s\" is unknown, try \"ip -help\".\n", s)
			return 255
		}
	}
	if !a.more() {
		p.errf("%s", ipUsage)
		return 255
	}
	return c.run(a)
}

// run carries one command out and prints its error.
func (c *ipCmd) run(a *args) int {
	err := c.object(a)
	if c.json && err == nil && c.list != nil {
		c.p.out(jsonText(c.list, c.pretty) + "\n")
	}
	if err == nil {
		return 0
	}
	st := 1
	if e, ok := err.(ipError); ok {
		st = e.status
	}
	if s := err.Error(); s != "" {
		c.p.errf("%s\n", strings.TrimSuffix(s, "\n"))
	}
	return st
}

// runBatch is do_batch (iproute2's lib/utils.c): each line of a file, or of standard
// input (-), is a command; the first that fails is the last, unless force is set.
func runBatch(p *Proc, file string, force bool, run func(words []string) int) int {
	var b []byte
	var e string
	if file == "-" {
		b = p.readAll(0)
	} else if b, e = p.readFile(file); e != "" {
		p.errf("Cannot open file \"%s\" for reading: %s\n", file, e)
		return 1
	}
	status := 0
	for n, l := range lines(string(b)) {
		w, err := split(l)
		if err != nil || len(w) == 0 {
			continue
		}
		if run(w) != 0 {
			p.errf("Command failed %s:%d\n", file, n+1)
			if status = 1; !force {
				break
			}
		}
	}
	return status
}

func (c *ipCmd) object(a *args) error {
	obj := a.next()
	is := func(full string) bool { return strings.HasPrefix(full, obj) }
	switch {
	case obj == "help":
		return ipError{ipUsage, 255}
	case is("address"):
		return c.addr(a)
	case is("maddress"):
		return c.maddr(a)
	case is("route"):
		return c.route(a)
	case is("rule"):
		return c.rule(a)
	case is("neighbor"), is("neighbour"):
		return c.neigh(a)
	case is("link"):
		return c.link(a)
	case obj == "monitor":
		return c.monitor(a)
	case obj == "nexthop" || len(obj) > 2 && is("nexthop"):
		return c.nexthop(a)
	case obj == "netns" || len(obj) > 2 && is("netns"):
		return c.netns(a)
	case obj == "tcp_metrics", obj == "tcpmetrics":
		return c.tcpMetrics(a)
	case obj == "tuntap", len(obj) > 3 && is("tuntap"), obj == "tap":
		return c.tuntap(a)
	case obj == "tunnel", obj == "xfrm", obj == "vrf", obj == "mroute", obj == "token", obj == "netconf",
		obj == "mptcp", obj == "fou", obj == "l2tp", obj == "sr", obj == "ntable", obj == "addrlabel", obj == "tap", obj == "macsec", obj == "mrule", obj == "ioam", obj == "ila", obj == "stats":
		return other("not modelled: ip %s", obj)
	}
	return other("Object \"%s\" is unknown, try \"ip help\".", obj)
}

// verb tells which full word a verb is short for; "" is the first one.
func verb(s string, full ...string) string {
	for _, f := range full {
		if s != "" && strings.HasPrefix(f, s) {
			return f
		}
	}
	return ""
}

// linkByName is ll_link_get of iproute2: it asks the kernel for one device, and what
// the link watch holds back for it takes effect (rtnl_getlink). nil: there is none.
func (p *Proc) linkByName(name string) *core.Device {
	d := p.host.NS.DevByName(name)
	if d != nil {
		p.host.NS.Machine.LinkWatch.Sync(d)
	}
	return d
}

func (c *ipCmd) dev(name string) (*core.Device, error) {
	if d := c.p.linkByName(name); d != nil {
		return d, nil
	}
	return nil, other("Cannot find device \"%s\"", name)
}

// need takes the value of a keyword.
func need(a *args) (string, error) {
	if !a.more() {
		return "", bad("Command line is not complete. Try option \"help\"")
	}
	return a.next(), nil
}

// invarg is the complaint about a value. Some of the tool's messages end in a
// line of their own, which leaves an empty one behind.
func invarg(msg, arg string) error {
	if strings.HasSuffix(msg, "\n") {
		msg += "\n"
	}
	return bad("Error: argument \"%s\" is wrong: %s", arg, msg)
}

// print prints text, or keeps an object for -j.
func (c *ipCmd) print(text string, o object) {
	if c.json {
		c.list = append(c.list, o)
		return
	}
	if c.one {
		text = strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\\") + "\n"
	}
	c.p.out(text)
}
