package lab

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func init() { extra["nslookup"], extra["host"] = nslookup, hostTool }

// A lookup asks the same server several questions, as nslookup and host do.
type lookup struct {
	p       *Proc
	n       *netProc
	servers []wire.Addr
	port    uint16
	timeout sim.Time
	tries   int
	used    wire.Addr
	conf    resolvConf
}

// ask asks one question; failing servers are told of.
func (l *lookup) ask(name string, t dnsmessage.Type) *dnsmessage.Message {
	q, err := question(uint16(l.p.host.Machine.Rand.Uint32()), name, t, true)
	if err != nil {
		return nil
	}
	for range l.tries {
		for _, s := range l.servers {
			b, e := l.n.exchange(s, l.port, q, wire.Addr{}, 0, l.n.now()+l.timeout)
			if e != 0 {
				l.p.outf(";; communications error to %s#%d: %s\n", s, l.port, digErr(e))
				continue
			}
			var m dnsmessage.Message
			if m.Unpack(b) == nil {
				l.used = s
				return &m
			}
		}
	}
	return nil
}

// names are a name with the search list.
func (l *lookup) names(name string) []string {
	if strings.HasSuffix(name, ".") || strings.Count(name, ".") >= l.conf.ndots {
		return []string{strings.TrimSuffix(name, ".")}
	}
	var out []string
	for _, s := range l.conf.search {
		out = append(out, name+"."+s)
	}
	return append(out, name)
}

func (l *lookup) setServer(name string) string {
	if name == "" {
		l.servers = l.conf.servers
		return ""
	}
	a, e := l.p.lookupAll(name, 0)
	if e == "" {
		l.servers = a
	}
	return e
}

func typeOf(s string) (dnsmessage.Type, bool) {
	t, ok := dnsTypeNums[strings.ToUpper(s)]
	return t, ok
}

// nslookup is nslookup(1) of BIND 9.18, with a name on the command line.
func nslookup(p *Proc, a []string) int {
	l := &lookup{p: p, port: 53, timeout: 5 * sim.Second, tries: 3, conf: p.resolvConf()}
	var words []string
	types := []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA}
	for _, s := range a[1:] {
		if !strings.HasPrefix(s, "-") || len(s) == 1 {
			words = append(words, s)
			continue
		}
		k, v, _ := strings.Cut(s[1:], "=")
		n, _ := strconv.Atoi(v)
		switch {
		case k == "type" || k == "query" || k == "querytype" || k == "q" || k == "ty":
			t, ok := typeOf(v)
			if !ok {
				p.outf("unknown query type: %s\n", v)
				return 1
			}
			types = []dnsmessage.Type{t}
		case k == "timeout" || k == "ti":
			l.timeout = sim.Time(max(1, n)) * sim.Second
		case k == "retry" || k == "ret":
			l.tries = max(0, n) + 1
		case k == "port" || k == "po":
			l.port = uint16(n)
		default:
			p.outf("*** Invalid option: %s\n", s[1:])
		}
	}
	switch {
	case len(words) == 0:
		p.errf("not modelled: nslookup without a name\n")
		return 1
	case len(words) > 2:
		p.errf("Usage:\n   nslookup [-opt ...]             # interactive mode using default server\n   nslookup [-opt ...] - server    # interactive mode using 'server'\n   nslookup [-opt ...] host        # just look up 'host' using default server\n   nslookup [-opt ...] host server # just look up 'host' using 'server'\n")
		return 1
	}
	server := ""
	if len(words) == 2 {
		server = words[1]
	}
	if e := l.setServer(server); e != "" {
		p.outf("nslookup: couldn't get address for '%s': %s\n", server, map[string]string{eaiNoName: "not found", eaiAgain: "failure"}[e])
		return 1
	}
	l.n = p.network("nslookup")
	defer l.n.close()
	name := words[0]
	if ip, err := netip.ParseAddr(name); err == nil {
		return l.nsReverse(ip)
	}
	for i, t := range types {
		var m *dnsmessage.Message
		for _, nm := range l.names(name) {
			if m = l.ask(nm, t); m == nil {
				p.out(";; no servers could be reached\n\n")
				return 1
			}
			name = nm
			if m.RCode == dnsmessage.RCodeSuccess {
				break
			}
		}
		if i == 0 {
			p.outf("Server:\t\t%s\nAddress:\t%s#%d\n\n", l.serverName(server), l.used, l.port)
		}
		if m.RCode != dnsmessage.RCodeSuccess {
			if i == 0 {
				p.outf("** server can't find %s: %s\n\n", name, dnsRcodeNames[m.RCode&15])
				return 1
			}
			break
		}
		if i == 0 && !m.Authoritative && len(m.Answers) > 0 {
			p.out("Non-authoritative answer:\n")
		}
		l.nsAnswers(m, name, t, i == 0 && len(types) == 1)
	}
	p.out("\n")
	return 0
}

func (l *lookup) serverName(given string) string {
	if given != "" {
		return given
	}
	return l.used.String()
}

func (l *lookup) nsReverse(ip netip.Addr) int {
	m := l.ask(reverseName(ip), dnsmessage.TypePTR)
	switch {
	case m == nil:
		l.p.out(";; no servers could be reached\n\n")
		return 1
	case m.RCode != dnsmessage.RCodeSuccess:
		l.p.outf("** server can't find %s: %s\n\n", strings.TrimSuffix(reverseName(ip), "."), dnsRcodeNames[m.RCode&15])
		return 1
	}
	for _, r := range m.Answers {
		l.p.outf("%s\tname = %s\n", strings.TrimSuffix(r.Header.Name.String(), "."), recordText(r.Body))
	}
	l.p.out("\n")
	return 0
}

func (l *lookup) nsAnswers(m *dnsmessage.Message, name string, t dnsmessage.Type, only bool) {
	p := l.p
	if len(m.Answers) == 0 && only {
		p.outf("*** Can't find %s: No answer\n", name)
	}
	for _, r := range m.Answers {
		own := strings.TrimSuffix(r.Header.Name.String(), ".")
		switch b := r.Body.(type) {
		case *dnsmessage.AResource, *dnsmessage.AAAAResource:
			p.outf("Name:\t%s\nAddress: %s\n", own, recordText(b))
		case *dnsmessage.CNAMEResource:
			p.outf("%s\tcanonical name = %s\n", own, recordText(b))
		case *dnsmessage.MXResource:
			p.outf("%s\tmail exchanger = %s\n", own, recordText(b))
		case *dnsmessage.TXTResource:
			p.outf("%s\ttext = %s\n", own, recordText(b))
		case *dnsmessage.SRVResource:
			p.outf("%s\tservice = %s\n", own, recordText(b))
		case *dnsmessage.NSResource:
			p.outf("%s\tnameserver = %s\n", own, recordText(b))
		case *dnsmessage.PTRResource:
			p.outf("%s\tname = %s\n", own, recordText(b))
		}
	}
}

const hostUsage = `Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]
            [-R number] [-m flag] [-p port] hostname [server]
       -a is equivalent to -v -t ANY
       -A is like -a but omits RRSIG, NSEC, NSEC3
       -c specifies query class for non-IN data
       -C compares SOA records on authoritative nameservers
       -d is equivalent to -v
       -l lists all hosts in a domain, using AXFR
       -m set memory debugging flag (trace|record|usage)
       -N changes the number of dots allowed before root lookup is done
       -p specifies the port on the server to query
       -r disables recursive processing
       -R specifies number of retries for UDP packets
       -s a SERVFAIL response should stop query
       -t specifies the query type
       -T enables TCP/IP mode
       -U enables UDP mode
       -v enables verbose output
       -V print version number and exit
       -w specifies to wait forever for a reply
       -W specifies how long to wait for a reply
       -4 use IPv4 query transport only
       -6 use IPv6 query transport only
`

// hostTool is host(1) of BIND 9.18.
func hostTool(p *Proc, a []string) int {
	l := &lookup{p: p, port: 53, timeout: 5 * sim.Second, tries: 2, conf: p.resolvConf()}
	opts, words, bad := getopt(a[1:], "aCdilrTvVw46c:N:t:W:R:m:p:", nil)
	if bad != nil {
		p.errf("host: %s\n%s", bad.glibc(), hostUsage)
		return 1
	}
	types := []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA, dnsmessage.TypeMX}
	for _, o := range opts {
		n, _ := strconv.Atoi(o.value)
		switch o.c {
		case 't':
			t, ok := typeOf(o.value)
			if !ok {
				p.errf("host: invalid type: %s\n\n", o.value)
				return 2
			}
			types = []dnsmessage.Type{t}
		case 'W':
			l.timeout = sim.Time(max(1, n)) * sim.Second
		case 'R':
			l.tries = max(1, n)
		case 'p':
			l.port = uint16(n)
		case '4', '6', 'c', 'w', 'r':
		default:
			p.errf("not modelled: host -%c\n", o.c)
			return 1
		}
	}
	if len(words) == 0 || len(words) > 2 {
		p.errf("%s", hostUsage)
		return 1
	}
	if len(words) == 2 {
		if e := l.setServer(words[1]); e != "" {
			p.errf("host: couldn't get address for '%s': %s\n", words[1], map[string]string{eaiNoName: "not found", eaiAgain: "failure"}[e])
			return 1
		}
	} else {
		l.servers = l.conf.servers
	}
	l.n = p.network("host")
	defer l.n.close()
	name := words[0]
	if ip, err := netip.ParseAddr(name); err == nil {
		name, types = strings.TrimSuffix(reverseName(ip), "."), []dnsmessage.Type{dnsmessage.TypePTR}
	}
	return l.hostRun(name, types, words)
}

func (l *lookup) hostRun(name string, types []dnsmessage.Type, words []string) int {
	p := l.p
	for i := 0; i < len(types); i++ {
		var m *dnsmessage.Message
		for _, nm := range l.names(name) {
			if m = l.ask(nm, types[i]); m == nil {
				p.out(";; no servers could be reached\n")
				return 1
			}
			if m.RCode == dnsmessage.RCodeSuccess {
				name = nm
				break
			}
		}
		if i == 0 && len(words) == 2 {
			p.outf("Using domain server:\nName: %s\nAddress: %s#%d\nAliases: \n\n", words[1], l.used, l.port)
		}
		if m.RCode != dnsmessage.RCodeSuccess {
			p.outf("Host %s not found: %d(%s)\n", name, m.RCode, dnsRcodeNames[m.RCode&15])
			if i == 0 {
				return 1
			}
			continue
		}
		if len(m.Answers) == 0 && len(types) == 1 {
			p.outf("%s has no %s record\n", name, dnsTypeText(types[i]))
		}
		for _, r := range m.Answers {
			own := strings.TrimSuffix(r.Header.Name.String(), ".")
			switch b := r.Body.(type) {
			case *dnsmessage.AResource:
				p.outf("%s has address %s\n", own, recordText(b))
			case *dnsmessage.AAAAResource:
				p.outf("%s has IPv6 address %s\n", own, recordText(b))
			case *dnsmessage.CNAMEResource:
				p.outf("%s is an alias for %s\n", own, recordText(b))
				name = strings.TrimSuffix(b.CNAME.String(), ".")
			case *dnsmessage.MXResource:
				p.outf("%s mail is handled by %s\n", own, recordText(b))
			case *dnsmessage.PTRResource:
				p.outf("%s domain name pointer %s\n", own, recordText(b))
			case *dnsmessage.NSResource:
				p.outf("%s name server %s\n", own, recordText(b))
			case *dnsmessage.TXTResource:
				p.outf("%s descriptive text %s\n", own, recordText(b))
			case *dnsmessage.SRVResource:
				p.outf("%s has SRV record %s\n", own, recordText(b))
			}
		}
	}
	return 0
}
