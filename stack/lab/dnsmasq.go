package lab

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/wire"
	"golang.org/x/net/dns/dnsmessage"
)

func init() { extra["dnsmasq"] = dnsmasq }

// A nameServer is dnsmasq(8) 2.90 as a server of names: what its command line,
// configuration file and /etc/hosts say; other questions are refused, or handed
// on to --server.
type nameServer struct {
	p       *Proc
	n       *netProc
	port    uint16
	listen  []wire.Addr
	log     bool
	noHosts bool
	fore    bool
	tell    bool // the log goes to the terminal, not to syslog
	ttl     uint32
	domains []nameRule // --address: a name and all below it
	records map[string][]dnsmessage.ResourceBody
	server  []wire.Addr
	noRes   bool
	udp     []int
	tcp     []int
	conns   []*httpConn
	bad     string
}

// A nameRule is --address=/name/…/address; no address is NXDOMAIN.
type nameRule struct {
	name string
	addr wire.Addr
	none bool
}

var dnsmasqLong = []longOpt{{"address", 1, 'A'}, {"host-record", 1, 1}, {"cname", 1, 2}, {"ptr-record", 1, 3}, {"txt-record", 1, 'Y'}, {"mx-host", 1, 'm'}, {"srv-host", 1, 'W'}, {"no-daemon", 0, 'd'},
	{"keep-in-foreground", 0, 'k'}, {"no-resolv", 0, 'R'}, {"no-hosts", 0, 'h'}, {"port", 1, 'p'}, {"listen-address", 1, 'a'}, {"interface", 1, 'i'}, {"bind-interfaces", 0, 'z'}, {"log-queries", 2, 'q'},
	{"user", 1, 'u'}, {"group", 1, 'g'}, {"conf-file", 2, 'C'}, {"server", 1, 'S'}, {"local-ttl", 1, 'T'}, {"pid-file", 2, 'x'}, {"log-facility", 1, '8'}, {"no-poll", 0, 'n'}, {"local", 1, 4},
	{"domain-needed", 0, 'D'}, {"bogus-priv", 0, 'b'}, {"expand-hosts", 0, 'E'}, {"domain", 1, 's'}, {"cache-size", 1, 'c'}, {"addn-hosts", 1, 'H'}, {"except-interface", 1, 'I'}, {"no-negcache", 0, 'N'},
	{"version", 0, 'v'}, {"bind-dynamic", 0, 5}, {"log-async", 2, 6}, {"dhcp-range", 1, 'F'}, {"conf-dir", 1, '7'}, {"strict-order", 0, 'o'}, {"resolv-file", 1, 'r'}, {"all-servers", 0, 7}}

func dnsmasq(p *Proc, a []string) int {
	s := &nameServer{p: p, port: 53, records: map[string][]dnsmessage.ResourceBody{}}
	opts, rest, bad := getopt(a[1:], "A:Y:m:W:dkRhp:a:i:zqu:g:C:S:T:x:8:nDbEs:c:H:I:NvF:7:or:", dnsmasqLong)
	if bad != nil || len(rest) > 0 {
		p.errf("\ndnsmasq: bad command line options: try --help\n")
		return 1
	}
	for _, o := range opts {
		if o.c == 'v' {
			p.out("Dnsmasq version 2.90  Copyright (c) 2000-2024 Simon Kelley\n")
			return 0
		}
		if e := s.option(o); e != "" {
			if strings.HasPrefix(e, "not modelled") {
				p.errf("%s\n", e)
			} else {
				p.errf("\ndnsmasq: bad command line options: %s\n", e)
			}
			return 1
		}
	}
	if !s.fore {
		p.fork("dnsmasq", func(q *Proc) int { s.p = q; return s.serve() })
		return 0
	}
	return s.serve()
}

func dnsName(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) + "." }

func (s *nameServer) add(name string, r dnsmessage.ResourceBody) {
	k := dnsName(name)
	s.records[k] = append(s.records[k], r)
}

func addrRecord(a wire.Addr) dnsmessage.ResourceBody {
	ip := netipOf(a)
	if ip.Is4() {
		return &dnsmessage.AResource{A: ip.As4()}
	}
	return &dnsmessage.AAAAResource{AAAA: ip.As16()}
}

// option reads one option; what is wrong with it is returned.
func (s *nameServer) option(o word) string {
	f := strings.Split(o.value, ",")
	num := func(i, def int) uint16 {
		if i < len(f) {
			if n, err := strconv.ParseUint(f[i], 10, 16); err == nil {
				return uint16(n)
			}
		}
		return uint16(def)
	}
	name := func(t string) (dnsmessage.Name, bool) {
		n, err := dnsmessage.NewName(dnsName(t))
		return n, err == nil
	}
	switch o.c {
	case 'A', 4:
		w := strings.Split(o.value, "/")
		if len(w) < 3 || w[0] != "" {
			return "Bad address in --address"
		}
		r := nameRule{}
		switch last := w[len(w)-1]; {
		case last == "" || last == "#":
			r.none = true
		default:
			a, ok := parseAddr(last)
			if !ok {
				return "Bad address in --address"
			}
			r.addr = a
		}
		for _, n := range w[1 : len(w)-1] {
			r.name = strings.TrimPrefix(dnsName(n), ".")
			s.domains = append(s.domains, r)
		}
	case 1:
		var addrs []wire.Addr
		for _, x := range f {
			if a, ok := parseAddr(x); ok {
				addrs = append(addrs, a)
			}
		}
		for _, x := range f {
			if _, ok := parseAddr(x); ok {
				continue
			}
			if _, err := strconv.Atoi(x); err == nil {
				continue
			}
			for i, a := range addrs {
				s.add(x, addrRecord(a))
				if n, ok := name(x); ok && i < 2 && x == f[0] {
					s.add(reverseName(netipOf(a)), &dnsmessage.PTRResource{PTR: n})
				}
			}
		}
	case 2:
		if len(f) < 2 {
			return "bad CNAME"
		}
		n, ok := name(f[len(f)-1])
		if !ok {
			return "bad CNAME"
		}
		for _, x := range f[:len(f)-1] {
			s.add(x, &dnsmessage.CNAMEResource{CNAME: n})
		}
	case 3:
		if n, ok := name(f[len(f)-1]); ok && len(f) == 2 {
			s.add(f[0], &dnsmessage.PTRResource{PTR: n})
		} else {
			return "bad PTR record"
		}
	case 'Y':
		s.add(f[0], &dnsmessage.TXTResource{TXT: f[1:]})
	case 'm':
		if len(f) < 2 {
			return "bad MX name"
		}
		if n, ok := name(f[1]); ok {
			s.add(f[0], &dnsmessage.MXResource{Pref: num(2, 1), MX: n})
		}
	case 'W':
		if len(f) < 2 {
			return "bad SRV record"
		}
		if n, ok := name(f[1]); ok {
			s.add(f[0], &dnsmessage.SRVResource{Target: n, Port: num(2, 1), Priority: num(3, 0), Weight: num(4, 0)})
		}
	case 'd':
		s.fore, s.tell = true, true
	case 'k':
		s.fore = true
	case '8':
		s.tell = s.tell || o.value == "-"
	case 'p':
		s.port = num(0, 53)
	case 'a':
		for _, x := range f {
			a, ok := parseAddr(x)
			if !ok {
				return "bad address"
			}
			s.listen = append(s.listen, a)
		}
	case 'q':
		s.log = true
	case 'h':
		s.noHosts = true
	case 'T':
		s.ttl = uint32(num(0, 0))
	case 'S':
		v, _, _ := strings.Cut(o.value, "#")
		if a, ok := parseAddr(v); ok {
			s.server = append(s.server, a)
		} else {
			return "not modelled: dnsmasq --server=" + o.value
		}
	case 'R':
		s.noRes = true
	case 'C':
		if o.value == "" {
			return ""
		}
		return s.config(o.value)
	case 'H':
		s.hosts(o.value)
	case 'u', 'g', 'x', 'n', 'D', 'b', 'E', 's', 'c', 'i', 'I', 'z', 'N', 5, 6, 7, 'o':
	default:
		return "not modelled: dnsmasq " + optText(o)
	}
	return ""
}

func reverseName(a netip.Addr) string {
	b := a.AsSlice()
	var l []string
	if a.Is4() {
		for i := len(b) - 1; i >= 0; i-- {
			l = append(l, strconv.Itoa(int(b[i])))
		}
		return strings.Join(l, ".") + ".in-addr.arpa."
	}
	for i := len(b) - 1; i >= 0; i-- {
		l = append(l, strconv.FormatUint(uint64(b[i]&15), 16), strconv.FormatUint(uint64(b[i]>>4), 16))
	}
	return strings.Join(l, ".") + ".ip6.arpa."
}

// config reads a configuration file: the long options without their dashes.
func (s *nameServer) config(file string) string {
	b, e := s.p.readFile(file)
	if e != "" {
		return "cannot read " + file + ": " + e
	}
	for _, l := range lines(string(b)) {
		l, _, _ = strings.Cut(l, "#")
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		k, v, has := strings.Cut(l, "=")
		w := "--" + strings.TrimSpace(k)
		if has {
			w += "=" + strings.TrimSpace(v)
		}
		opts, _, bad := getopt([]string{w}, "", dnsmasqLong)
		if bad != nil || len(opts) != 1 || opts[0].c == 'C' {
			return "bad option at line of " + file
		}
		if e := s.option(opts[0]); e != "" {
			return e
		}
	}
	return ""
}

// hosts takes the names of a file like /etc/hosts.
func (s *nameServer) hosts(file string) {
	b, _ := s.p.readFile(file)
	for _, l := range lines(string(b)) {
		l, _, _ = strings.Cut(l, "#")
		f := strings.Fields(l)
		if len(f) < 2 {
			continue
		}
		a, ok := parseAddr(f[0])
		if !ok {
			continue
		}
		for i, n := range f[1:] {
			s.add(n, addrRecord(a))
			if x, err := dnsmessage.NewName(dnsName(n)); err == nil && i == 0 {
				s.add(reverseName(netipOf(a)), &dnsmessage.PTRResource{PTR: x})
			}
		}
	}
}
