package ipt

import (
	_ "embed"
	"strings"
)

// EtcServices is Debian's /etc/services, without its remarks.
//
//go:embed etc/services
var EtcServices string

// EtcProtocols is Debian's /etc/protocols, without its remarks.
//
//go:embed etc/protocols
var EtcProtocols string

// names are the files that give numbers names.
type names struct {
	protos   [][]string // fields of a line: name, number, aliases
	services [][]string // name, port/protocol, aliases
	hosts    [][]string // address, names
	nets     [][]string
	users    [][]string
	groups   [][]string
	realms   map[uint64]string
	realmsOK bool
}

func (p *prog) file(name string) string {
	if p.env.ReadFile == nil {
		return ""
	}
	s, _ := p.env.ReadFile(name)
	return s
}

func table(text string) (l [][]string) {
	for _, s := range strings.Split(text, "\n") {
		s, _, _ = strings.Cut(s, "#")
		if f := strings.Fields(s); len(f) >= 2 {
			l = append(l, f)
		}
	}
	return l
}

func accounts(text string) (l [][]string) {
	for _, s := range strings.Split(text, "\n") {
		if f := strings.Split(s, ":"); len(f) >= 3 {
			l = append(l, f)
		}
	}
	return l
}

// tables reads the files once in a run.
func (p *prog) tables() *names {
	if p.names == nil {
		n := &names{protos: table(p.file("/etc/protocols")), services: table(p.file("/etc/services")), hosts: table(p.file("/etc/hosts")), nets: table(p.file("/etc/networks")),
			users: accounts(p.file("/etc/passwd")), groups: accounts(p.file("/etc/group"))}
		if len(n.protos) == 0 {
			n.protos = table(EtcProtocols)
		}
		p.names = n
	}
	return p.names
}

func named(f []string, name string) bool {
	if f[0] == name {
		return true
	}
	for _, a := range f[2:] {
		if a == name {
			return true
		}
	}
	return false
}

// protoByName is getprotobyname.
func (p *prog) protoByName(s string) (uint64, bool) {
	for _, f := range p.tables().protos {
		if named(f, s) {
			return whole(f[1], 0, 255)
		}
	}
	return 0, false
}

// protoByNumber is getprotobynumber: "" if it has no name.
func (p *prog) protoByNumber(n uint64) string {
	for _, f := range p.tables().protos {
		if v, ok := whole(f[1], 0, 255); ok && v == n {
			return f[0]
		}
	}
	return ""
}

// chainProtos are xtables_chain_protos: known without the file.
var chainProtos = []struct {
	name string
	num  uint64
}{{"tcp", 6}, {"sctp", 132}, {"udp", 17}, {"udplite", 136}, {"icmp", 1}, {"ipv6-icmp", 58}, {"icmpv6", 58}, {"esp", 50}, {"ah", 51}, {"mobility-header", 135}, {"ipv6-mh", 135}, {"mh", 135}, {"all", 0}}

// protoName is proto_to_name: "" if it has none.
func (p *prog) protoName(n uint64, nolookup bool) string {
	for _, c := range chainProtos {
		if c.num == n {
			return c.name
		}
	}
	if n != 0 && !nolookup {
		return p.protoByNumber(n)
	}
	return ""
}

// parseProto is xtables_parse_protocol.
func (p *prog) parseProto(s string) uint64 {
	if v, ok := whole(s, 0, 255); ok {
		return v
	}
	for _, c := range chainProtos {
		if c.name == s {
			return c.num
		}
	}
	if v, ok := p.protoByName(s); ok {
		return v
	}
	p.bad("unknown protocol \"%s\" specified", s)
	return 0
}

// serviceByName is getservbyname; proto "" means any.
func (p *prog) serviceByName(name, proto string) (uint64, bool) {
	for _, f := range p.tables().services {
		port, pr, _ := strings.Cut(f[1], "/")
		if (proto == "" || pr == proto) && named(f, name) {
			return whole(port, 0, 65535)
		}
	}
	return 0, false
}

// serviceByPort is getservbyport: "" if it has no name.
func (p *prog) serviceByPort(n uint64, proto string) string {
	for _, f := range p.tables().services {
		port, pr, _ := strings.Cut(f[1], "/")
		if v, ok := whole(port, 0, 65535); ok && v == n && (proto == "" || pr == proto) {
			return f[0]
		}
	}
	return ""
}

// parsePort is xtables_parse_port.
func (p *prog) parsePort(s, proto string) uint16 {
	if v, ok := whole(s, 0, 65535); ok {
		return uint16(v)
	}
	if v, ok := p.serviceByName(s, proto); ok {
		return uint16(v)
	}
	p.bad("invalid port/service `%s' specified", s)
	return 0
}

// portByName is xtables_getportbyname, which asks getaddrinfo.
func (p *prog) portByName(s string) (port uint16, ok bool) {
	if v, rest, any, _ := strtoul(s, 10); rest == "" && any {
		port, ok = uint16(v), int32(v) >= 0
	}
	for _, proto := range []string{"tcp", "udp", "dccp", "udplite", "sctp"} {
		if ok {
			break
		}
		var v uint64
		v, ok = p.serviceByName(s, proto)
		port = uint16(v)
	}
	if ok && p.env.Sorted != nil {
		p.env.Sorted(port)
	}
	return port, ok
}

// account finds a name's number in /etc/passwd or /etc/group.
func account(l [][]string, name string) (uint32, bool) {
	for _, f := range l {
		if f[0] == name {
			v, ok := whole(f[2], 0, 1<<32-1)
			return uint32(v), ok
		}
	}
	return 0, false
}

func accountName(l [][]string, id uint32) string {
	for _, f := range l {
		if v, ok := whole(f[2], 0, 1<<32-1); ok && uint32(v) == id {
			return f[0]
		}
	}
	return ""
}

// realmNames is /etc/iproute2/rt_realms; nil if the file is not there.
func (p *prog) realmNames() map[uint64]string {
	n := p.tables()
	if n.realmsOK {
		return n.realms
	}
	n.realmsOK = true
	if p.env.ReadFile == nil {
		return nil
	}
	text, ok := p.env.ReadFile("/etc/iproute2/rt_realms")
	if !ok {
		return nil
	}
	n.realms = map[uint64]string{}
	for _, f := range table(text) {
		if v, ok := whole(f[0], 0, 255); ok {
			if _, dup := n.realms[v]; !dup {
				n.realms[v] = f[1]
			}
		}
	}
	return n.realms
}
