package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
)

func init() { extra["conntrack"] = conntrackTool }

const ctName = "conntrack v1.4.7 (conntrack-tools): "

// A ctCmd is one command line of conntrack(8) of conntrack-tools 1.4.7.
type ctCmd struct {
	p      *Proc
	cmd    byte
	table  string
	f      ctFilter
	out    ctOutput
	events uint8 // -e: ctNew, ctUpdate, ctDestroy
	given  map[byte]string
	later  string // what is not modelled, unless something else is wrong
	add    bool   // -A: as -I, but what is there already is no error
	lines  strings.Builder
	set    struct {
		mark, mask uint32
		timeout    uint32
		status     conntrack.Status
	}
}

// The kinds of events.
const (
	ctNew = 1 << iota
	ctUpdate
	ctDestroy
)

var ctLong = []longOpt{{"list", 2, 'L'}, {"insert", 2, 'I'}, {"update", 2, 'U'}, {"delete", 2, 'D'}, {"get", 2, 'G'}, {"flush", 2, 'F'}, {"event", 2, 'E'}, {"count", 2, 'C'}, {"stats", 0, 'S'}, {"add", 2, 'A'}, {"load-file", 1, 'R'},
	{"version", 0, 'V'}, {"help", 0, 'h'}, {"orig-src", 1, 's'}, {"src", 1, 's'}, {"orig-dst", 1, 'd'}, {"dst", 1, 'd'}, {"reply-src", 1, 'r'}, {"reply-dst", 1, 'q'}, {"protonum", 1, 'p'},
	{"timeout", 1, 't'}, {"status", 1, 'u'}, {"zero", 0, 'z'}, {"event-mask", 1, 'e'}, {"tuple-src", 1, '['}, {"tuple-dst", 1, ']'}, {"mask-src", 1, '{'}, {"mask-dst", 1, '}'},
	{"nat-range", 1, 'a'}, {"mark", 1, 'm'}, {"secmark", 1, 'c'}, {"id", 2, 'i'}, {"family", 1, 'f'}, {"src-nat", 2, 'n'}, {"dst-nat", 2, 'g'}, {"output", 1, 'o'}, {"buffer-size", 1, 'b'},
	{"any-nat", 2, 'j'}, {"zone", 1, 'w'}, {"label", 1, 'l'}, {"label-add", 1, '<'}, {"label-del", 2, '>'}, {"orig-zone", 1, '('}, {"reply-zone", 1, ')'},
	{"sport", 1, 1}, {"orig-port-src", 1, 1}, {"dport", 1, 2}, {"orig-port-dst", 1, 2}, {"reply-port-src", 1, 3}, {"reply-port-dst", 1, 4}, {"mask-port-src", 1, 5}, {"mask-port-dst", 1, 6},
	{"state", 1, 7}, {"icmp-type", 1, 8}, {"icmp-code", 1, 9}, {"icmp-id", 1, 10}, {"icmpv6-type", 1, 8}, {"icmpv6-code", 1, 9}, {"icmpv6-id", 1, 10}}

const noLabelMap = "nfct_labelmap_new: No such file or directory"

const ctShort = "LIUDGEFCSAR:Vhs:d:r:q:p:t:u:e:a:z[:]:{:}:m:c:i:f:o:n::g::b:j::w:l:<:>::(:):"

// ctLegal are the options that each command takes.
var ctLegal = map[byte]string{'L': "sdrqpuzmfngocjwl(){}[]", 'I': "sdrqptumngocwl(){}[]a", 'U': "sdrqptumfoncwl<>(){}", 'D': "sdrqptumfngocjwl(){}[]", 'G': "sdrqpfow()[]",
	'F': "f", 'E': "sdrqpumfngoecbjwl(){}", 'C': "", 'S': ""}

// ctProtoOpts are the options that belong to a protocol (-p).
var ctProtoOpts = map[uint8]string{6: "\x01\x02\x03\x04\x05\x06\x07", 17: "\x01\x02\x03\x04\x05\x06", 136: "\x01\x02\x03\x04\x05\x06", 132: "\x01\x02\x03\x04\x07", 33: "\x01\x02\x03\x04\x07",
	1: "\x08\x09\x0a", 58: "\x08\x09\x0a"}

func conntrackTool(p *Proc, a []string) int {
	c := &ctCmd{p: p, given: map[byte]string{}}
	if len(a) == 1 {
		p.out(ctUsage)
		return 0
	}
	a = optionalArgs(a)
	opts, rest, bad := getopt(a[1:], ctShort, ctLong)
	for _, o := range opts {
		if o.c == 'V' {
			p.outf("%s\n", strings.TrimSuffix(ctName, ": "))
			return 0
		}
		if o.c == 'h' {
			p.out(ctUsage)
			return 0
		}
	}
	for _, o := range opts {
		if strings.IndexByte("LIUDGEFCSAR", o.c) >= 0 {
			if c.cmd != 0 {
				return c.usage("Invalid commands combination")
			}
			c.cmd = o.c
			if c.add = o.c == 'A'; c.add {
				c.cmd = 'I'
			}
			if o.c == 'R' {
				continue
			}
			if t := c.tableWord(a, rest, o); t != "" {
				return c.usage("unknown type `%s'", t)
			}
		}
	}
	if bad != nil {
		switch at := cutEq(bad.at); {
		case bad.kind == optMissing:
			return c.usage("option `%s' requires an argument", at)
		default:
			return c.usage("unknown option `%s'", at)
		}
	}
	if c.cmd == 0 {
		p.out(ctUsage)
		return 2
	}
	for _, o := range opts {
		if e := c.option(o); e != "" {
			if strings.HasPrefix(e, "not modelled") {
				p.errf("%s\n", e)
				return 1
			}
			return c.usage("%s", e)
		}
	}
	if e := c.check(opts, a); e != "" {
		return c.usage("%s", e)
	}
	switch {
	case c.cmd == 'R':
		return c.loadFile(opts)
	case c.later != "":
		p.errf("%s\n", c.later)
		return 1
	}
	if c.out.labels {
		p.errf("%s\n", noLabelMap)
	}
	if c.table == "expect" {
		return c.expect()
	}
	return c.run()
}

// optionalArgs is get_optional_arg: -n, -g and -j take the next word, too, if that is
// no option.
func optionalArgs(a []string) []string {
	var out []string
	for i := 0; i < len(a); i++ {
		w := a[i]
		if i > 0 && i+1 < len(a) && a[i+1] != "" && a[i+1][0] != '-' {
			switch w {
			case "-n", "-g", "-j":
				w += a[i+1]
				i++
			case "--src-nat", "--dst-nat", "--any-nat":
				w += "=" + a[i+1]
				i++
			}
		}
		out = append(out, w)
	}
	return out
}

// tableWord takes the name of the table, which stands right behind the command;
// a name that is none is returned.
func (c *ctCmd) tableWord(a, rest []string, o word) string {
	c.table = "conntrack"
	for i := 1; i+1 < len(a); i++ {
		s := a[i]
		if s != "-"+string(o.c) && !(o.name != "" && strings.HasPrefix(s, "--") && strings.HasPrefix("--"+o.name, s)) {
			continue
		}
		t := a[i+1]
		if t == "" || t[0] == '-' {
			return ""
		}
		for _, x := range []string{"conntrack", "expect", "dying", "unconfirmed"} {
			if len(t) <= len(x) && strings.HasPrefix(x, t) {
				c.table = x
				return ""
			}
		}
		return t
	}
	return ""
}

// usage is exit_error(PARAMETER_PROBLEM).
func (c *ctCmd) usage(f string, a ...any) int {
	c.p.errf(ctName+f+"\nTry `conntrack -h' or 'conntrack --help' for more information.\n", a...)
	return 2
}

// fail is exit_error(OTHER_PROBLEM).
func (c *ctCmd) fail(f string, a ...any) int {
	c.p.errf(ctName+f+"\n", a...)
	return 1
}

// ctFlagNames are the names as exit_error gives them (optflags).
var ctFlagNames = map[byte]string{'s': "src", 'd': "dst", 'r': "reply-src", 'q': "reply-dst", 'p': "protonum", 't': "timeout", 'u': "status", 'z': "zero", 'e': "event-mask", 'm': "mark", 'f': "family",
	'n': "src-nat", 'g': "dst-nat", 'o': "output", 'c': "secmark", 'b': "buffer-size", 'j': "any-nat", 'w': "zone", 'l': "label", '(': "orig-zone", ')': "reply-zone", '<': "label-add", '>': "label-del", 'a': "nat-range", 'i': "id",
	'[': "tuple-src", ']': "tuple-dst", '{': "mask-src", '}': "mask-dst"}

// check is generic_opt_check.
func (c *ctCmd) check(opts []word, a []string) string {
	for _, o := range opts {
		if strings.IndexByte("LIUDGEFCSAR", o.c) >= 0 && o.c != 0 {
			continue
		}
		if o.c <= 10 {
			if !strings.Contains(ctProtoOpts[c.f.proto], string(o.c)) {
				for _, s := range a[1:] {
					if strings.HasPrefix(s, "--"+o.name) {
						return fmt.Sprintf("unknown option `%s'", s)
					}
				}
				return fmt.Sprintf("unknown option `--%s'", o.name)
			}
			continue
		}
		if !strings.Contains(ctLegal[c.cmd], string(o.c)) {
			return fmt.Sprintf("Illegal option `--%s' with this command", ctFlagNames[o.c])
		}
	}
	need := func(k byte) bool { _, ok := c.given[k]; return !ok }
	for _, k := range [...][2]byte{{'{', 's'}, {'}', 'd'}} {
		if !need(k[0]) && need(k[1]) {
			return "Can't use --" + ctFlagNames[k[0]] + " without --" + ctFlagNames[k[1]]
		}
	}
	switch c.cmd {
	case 'G', 'I':
		if c.table == "expect" {
			for _, k := range "sdptrq[]{}" {
				if k != 'r' && k != 'q' && need(byte(k)) && (c.cmd == 'I' || k != 't') {
					return "You need to supply the `--" + ctFlagNames[byte(k)] + "' option for this command"
				}
			}
			break
		}
		if need('p') {
			return "You need to supply the `--protonum' option for this command"
		}
		if c.cmd == 'I' && need('t') {
			return "You need to supply the `--timeout' option for this command"
		}
		if (need('s') || need('d')) && (need('r') || need('q')) {
			return "you have to specify `--src' and `--dst'"
		}
		if c.cmd == 'I' && c.f.proto == 6 && need(7) {
			return "You need to supply the `--state' option for this command"
		}
		if c.cmd == 'I' && c.f.proto == 47 {
			return "you have to specify `--srckey' and `--dstkey'"
		}
		if ports := ctProtoOpts[c.f.proto]; strings.Contains(ports, "\x01") && (need(1) || need(2)) && (need(3) || need(4)) {
			return "you have to specify `--sport' and `--dport'"
		}
		if c.cmd == 'I' && (c.f.proto == 1 || c.f.proto == 58) {
			v6 := ""
			if c.f.proto == 58 {
				v6 = "v6"
			}
			switch {
			case need(8):
				return "You need to supply the `--icmp" + v6 + "-type' option for this command"
			case need(9):
				return "You need to supply the `--icmp" + v6 + "-code' option for this command"
			}
		}
	}
	return ""
}

// loadFile is -R: the file is there or not; what stands in it is not modelled.
func (c *ctCmd) loadFile(opts []word) int {
	for _, o := range opts {
		if o.c != 'R' || o.value == "-" {
			continue
		}
		if _, no := c.p.readFile(o.value); no != "" {
			return c.usage("Failed to open file %s for reading", o.value)
		}
	}
	c.p.errf("not modelled: conntrack --load-file\n")
	return 1
}

const ctUsage = `Command line interface for the connection tracking system. Version 1.4.7
Usage: conntrack [commands] [options]

Commands:
  -L [table] [options]		List conntrack or expectation table
  -G [table] parameters		Get conntrack or expectation
  -D [table] parameters		Delete conntrack or expectation
  -I [table] parameters		Create a conntrack or expectation
  -U [table] parameters		Update a conntrack
  -E [table] [options]		Show events
  -F [table]			Flush table
  -C [table]			Show counter
  -S				Show statistics

Tables: conntrack, expect, dying, unconfirmed

Conntrack parameters and options:
  -n, --src-nat ip			source NAT ip
  -g, --dst-nat ip			destination NAT ip
  -j, --any-nat ip			source or destination NAT ip
  -m, --mark mark			Set mark
  -c, --secmark secmark			Set selinux secmark
  -e, --event-mask eventmask		Event mask, eg. NEW,DESTROY
  -z, --zero 				Zero counters while listing
  -o, --output type[,...]		Output format, eg. xml
  -l, --label label[,...]		conntrack labels

Expectation parameters and options:
  --tuple-src ip	Source address in expect tuple
  --tuple-dst ip	Destination address in expect tuple

Updating parameters and options:
  --label-add label	Add label
  --label-del label	Delete label

Common parameters and options:
  -s, --src, --orig-src ip		Source address from original direction
  -d, --dst, --orig-dst ip		Destination address from original direction
  -r, --reply-src ip		Source addres from reply direction
  -q, --reply-dst ip		Destination address from reply direction
  -p, --protonum proto		Layer 4 Protocol, eg. 'tcp'
  -f, --family proto		Layer 3 Protocol, eg. 'ipv6'
  -t, --timeout timeout		Set timeout
  -u, --status status		Set status, eg. ASSURED
  -w, --zone value		Set conntrack zone
  --orig-zone value		Set zone for original direction
  --reply-zone value		Set zone for reply direction
  -b, --buffer-size		Netlink socket buffer size
  --mask-src ip			Source mask address
  --mask-dst ip			Destination mask address

`
