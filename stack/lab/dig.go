package lab

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
	"golang.org/x/net/dns/dnsmessage"
)

func init() { extra["dig"] = dig }

const digVersion = "9.18.49-1~deb12u3-Debian"

const digUsage = `Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]

Use "dig -h" (or "dig -h | more") for complete list of options
`

// A digCmd is one command line of dig(1) 9.18.
type digCmd struct {
	p       *Proc
	line    string
	server  string
	name    string
	types   dnsmessage.Type
	typed   bool
	port    uint16
	timeout sim.Time
	tries   int
	src     wire.Addr
	srcPort uint16
	fam     int

	short, tcp, noRec, noEDNS                                                  bool
	noCmd, noComments, noQuestion, noAnswer, noAuthority, noAdditional, noStat bool
	search                                                                     bool
	reverse                                                                    bool
}

var dnsTypeNums = func() map[string]dnsmessage.Type {
	m := map[string]dnsmessage.Type{}
	for n, s := range dnsTypes {
		m[s] = dnsmessage.Type(n)
	}
	return m
}()

func dig(p *Proc, a []string) int {
	d := &digCmd{p: p, line: strings.Join(a[1:], " "), port: 53, timeout: 5 * sim.Second, tries: 3, types: dnsmessage.TypeA}
	for i := 1; i < len(a); i++ {
		s := a[i]
		take := func() string {
			if len(s) > 2 {
				return s[2:]
			}
			if i++; i < len(a) {
				return a[i]
			}
			return ""
		}
		switch {
		case s == "":
		case s[0] == '@':
			d.server = s[1:]
		case s[0] == '+':
			if e := d.plus(s[1:]); e != "" {
				p.errf("%s", e)
				return 1
			}
		case s == "-v":
			p.errf("DiG %s\n", digVersion)
			return 0
		case len(s) > 1 && s[0] == '-':
			if e := d.dash(s, take); e != "" {
				p.errf("%s", e)
				return 1
			}
		default:
			t, isType := dnsTypeNums[strings.ToUpper(s)]
			switch {
			case isType && !d.typed && (d.name != "" || len(s) > 1 && strings.ToUpper(s) == s && d.name == "" && i+1 < len(a)):
				d.types, d.typed = t, true
			case strings.EqualFold(s, "IN"):
			case d.name == "":
				d.name = s
			default:
				p.errf("not modelled: dig of more than one name\n")
				return 1
			}
		}
	}
	if d.name == "" && !d.reverse {
		d.name = "."
		if !d.typed {
			d.types = dnsmessage.TypeNS
		}
	}
	return d.run()
}

// dash reads an option of one letter.
func (d *digCmd) dash(s string, take func() string) string {
	switch s[1] {
	case 't':
		v := take()
		if t, ok := dnsTypeNums[strings.ToUpper(v)]; ok {
			d.types, d.typed = t, true
		} else {
			d.p.errf(";; Warning, ignoring invalid type %s\n", v)
		}
	case 'x':
		v := take()
		a, err := netip.ParseAddr(v)
		if err != nil {
			return "Invalid IP address " + v + "\n"
		}
		d.name, d.reverse = strings.TrimSuffix(reverseName(a), "."), true
		if !d.typed {
			d.types = dnsmessage.TypePTR
		}
	case 'p':
		n, err := strconv.ParseUint(take(), 10, 16)
		if err != nil {
			return "Couldn't parse port number\n"
		}
		d.port = uint16(n)
	case 'q':
		d.name = take()
	case 'b':
		v, port, hash := strings.Cut(take(), "#")
		if n, err := strconv.ParseUint(port, 0, 64); hash && (err != nil || n > 65535) {
			why := "not a valid number"
			if err == nil {
				why = "out of range"
			}
			return "invalid port number '" + port + "': " + why + "\ndig: Couldn't parse port number\n"
		} else {
			d.srcPort = uint16(n)
		}
		a, ok := parseAddr(v)
		if !ok {
			return "dig: invalid address " + v + "\n"
		}
		d.src = a
	case 'c':
		take()
	case '4':
		d.fam = 4
	case '6':
		d.fam = 6
	case 'h', 'f', 'k', 'y', 'm', 'i', 'u', 'r':
		if s[1] != 'r' {
			return "not modelled: dig " + s + "\n"
		}
	default:
		return "Invalid option: " + s + "\n" + digUsage
	}
	return ""
}

// plus reads +option, +nooption, +option=value.
func (d *digCmd) plus(s string) string {
	k, v, _ := strings.Cut(s, "=")
	on := true
	if x, ok := strings.CutPrefix(k, "no"); ok {
		k, on = x, false
	}
	n, err := strconv.Atoi(v)
	switch k {
	case "short":
		d.short = on
	case "all":
		d.noCmd, d.noComments, d.noQuestion, d.noAnswer, d.noAuthority, d.noAdditional, d.noStat = !on, !on, !on, !on, !on, !on, !on
	case "cmd":
		d.noCmd = !on
	case "comments":
		d.noComments = !on
	case "question":
		d.noQuestion = !on
	case "answer":
		d.noAnswer = !on
	case "authority":
		d.noAuthority = !on
	case "additional":
		d.noAdditional = !on
	case "stats":
		d.noStat = !on
	case "tcp", "vc":
		d.tcp = on
	case "rec", "recurse":
		d.noRec = !on
	case "edns":
		d.noEDNS = !on
	case "time", "timeout":
		if err != nil {
			return "dig: Couldn't parse timeout '" + v + "': not a valid number\n"
		}
		d.timeout = sim.Time(max(1, n)) * sim.Second
	case "tries":
		if err != nil {
			return "dig: Couldn't parse tries '" + v + "': not a valid number\n"
		}
		d.tries = max(1, n)
	case "retry":
		if err != nil {
			return "dig: Couldn't parse retries '" + v + "': not a valid number\n"
		}
		d.tries = max(0, n) + 1
	case "search", "defname":
		d.search = on
	case "cookie", "aaflag", "aaonly", "ad", "adflag", "ignore", "fail", "nssearch", "identify", "ttlid", "cl", "class", "qr", "badcookie", "crypto", "idnin", "idnout", "multiline", "onesoa",
		"rrcomments", "showsearch", "ttlunits", "keepopen", "sigchase", "split", "unknownformat", "expandaaaa", "mapped", "opcode", "padding", "yaml", "bufsize":
		if on && (k == "yaml" || k == "multiline" || k == "nssearch" || k == "qr" || k == "opcode") {
			return "not modelled: dig +" + s + "\n"
		}
	case "trace", "dnssec", "do", "subnet", "nsid", "cd", "cdflag", "tls", "https", "domain", "ndots":
		if on {
			return "not modelled: dig +" + s + "\n"
		}
	default:
		return "Invalid option: +" + s + "\n" + digUsage
	}
	return ""
}

func (d *digCmd) banner() {
	if d.noCmd || d.short {
		return
	}
	d.p.outf("\n; <<>> DiG %s <<>> %s\n", digVersion, d.line)
	if d.server != "" && !d.noComments {
		d.p.out("; (1 server found)\n")
	}
	d.p.out(";; global options: +cmd\n")
}

// message is the question with the extension that dig adds.
func (d *digCmd) message(id uint16) ([]byte, error) {
	q, err := dnsmessage.NewName(strings.TrimSuffix(d.name, ".") + ".")
	if err != nil {
		return nil, err
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: id, RecursionDesired: !d.noRec, AuthenticData: true}, Questions: []dnsmessage.Question{{Name: q, Type: d.types, Class: dnsmessage.ClassINET}}}
	if !d.noEDNS {
		cookie := make([]byte, 8)
		for i := range cookie {
			cookie[i] = byte(d.p.host.Machine.Rand.Uint32())
		}
		m.Additionals = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName("."), Type: dnsmessage.TypeOPT, Class: 1232},
			Body: &dnsmessage.OPTResource{Options: []dnsmessage.Option{{Code: 10, Data: cookie}}}}}
	}
	return m.Pack()
}

// servers are whom to ask.
func (d *digCmd) servers() ([]wire.Addr, string) {
	if d.server == "" {
		return d.p.resolvConf().servers, ""
	}
	l, e := d.p.lookupAll(d.server, d.fam)
	if e != "" {
		return nil, "dig: couldn't get address for '" + d.server + "': " + map[string]string{eaiNoName: "not found", eaiAgain: "failure"}[e] + "\n"
	}
	return l, ""
}

func (d *digCmd) run() int {
	p := d.p
	list, bad := d.servers()
	if bad != "" {
		p.errf("%s", bad)
		return 10
	}
	n := p.network("dig")
	defer n.close()
	q, err := d.message(uint16(p.host.Machine.Rand.Uint32()))
	if err != nil {
		p.errf("dig: '%s' is not a legal IDNA2008 name (string contains a disallowed character), use +noidnin\n", d.name)
		return 10
	}
	for try := range d.tries {
		for _, s := range list {
			began := n.now()
			var b []byte
			var e core.Errno
			if d.tcp {
				b, e = n.exchangeTCP(s, d.port, q, began+d.timeout)
			} else {
				b, e = n.exchange(s, d.port, q, d.src, d.srcPort, began+d.timeout)
			}
			if e != 0 && d.tcp {
				p.outf(";; Connection to %s#%d(%s) for %s failed: %s.\n", s, d.port, s, d.name, digErr(e))
				continue
			}
			if e != 0 {
				p.outf(";; communications error to %s#%d: %s\n", s, d.port, digErr(e))
				continue
			}
			_ = try
			return d.show(b, s, n.now()-began)
		}
	}
	d.banner()
	p.out(";; no servers could be reached\n")
	if d.server == "" {
		p.out("")
	}
	return 9
}

func digErr(e core.Errno) string {
	switch e {
	case step.ETIMEDOUT:
		return "timed out"
	case step.ECONNREFUSED:
		return "connection refused"
	case step.EHOSTUNREACH:
		return "host unreachable"
	case step.ENETUNREACH:
		return "network unreachable"
	case step.ECONNRESET:
		return "end of file"
	}
	return strings.ToLower(errnoWords(e))
}
