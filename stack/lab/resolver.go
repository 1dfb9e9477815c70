package lab

import (
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A resolvConf is /etc/resolv.conf (resolv.conf(5)).
type resolvConf struct {
	servers  []wire.Addr
	search   []string
	ndots    int
	timeout  sim.Time
	attempts int
}

// resolvConf reads the namespace's file: that of /etc/netns, which `ip netns
// exec` puts over it, or the machine's.
func (p *Proc) resolvConf() resolvConf {
	c := resolvConf{ndots: 1, timeout: 5 * sim.Second, attempts: 2}
	name := "/etc/resolv.conf"
	if s := p.lab.spaceOf(p.host.NS); s != "" {
		if st, e := p.stat("/etc/netns/" + s + "/resolv.conf"); e == "" && !st.dir {
			name = "/etc/netns/" + s + "/resolv.conf"
		}
	}
	b, _ := p.readFile(name)
	for _, l := range lines(string(b)) {
		f := strings.Fields(l)
		if len(f) < 2 {
			continue
		}
		switch f[0] {
		case "nameserver":
			a, _, _ := strings.Cut(f[1], "%")
			if ad, ok := parseAddr(a); ok && len(c.servers) < 3 {
				c.servers = append(c.servers, ad)
			}
		case "search", "domain":
			c.search = f[1:]
		case "options":
			for _, o := range f[1:] {
				k, v, _ := strings.Cut(o, ":")
				n, _ := strconv.Atoi(v)
				switch k {
				case "timeout":
					c.timeout = sim.Time(max(1, min(30, n))) * sim.Second
				case "attempts":
					c.attempts = max(1, min(5, n))
				case "ndots":
					c.ndots = max(0, min(15, n))
				}
			}
		}
	}
	if len(c.servers) == 0 {
		c.servers = []wire.Addr{wire.IP4(0x7f000001).Addr()}
	}
	return c
}

// hostsFile looks a name up in /etc/hosts.
func (p *Proc) hostsFile(name string, fam int) (l []wire.Addr) {
	b, _ := p.readFile("/etc/hosts")
	for _, row := range lines(string(b)) {
		row, _, _ = strings.Cut(row, "#")
		f := strings.Fields(row)
		for i := 1; i < len(f); i++ {
			if !strings.EqualFold(f[i], strings.TrimSuffix(name, ".")) {
				continue
			}
			if a, ok := parseAddr(f[0]); ok && !(fam == 4 && !a.Is4() || fam == 6 && a.Is4()) {
				l = append(l, a)
			}
		}
	}
	return l
}

// What getaddrinfo says (gai_strerror).
const (
	eaiNoName = "Name or service not known"
	eaiNoData = "No address associated with hostname"
	eaiAgain  = "Temporary failure in name resolution"
)

// lookupAll is getaddrinfo of a name: numbers, /etc/hosts, then the servers of
// /etc/resolv.conf. fam is 4, 6, or 0 for both: IPv6 comes first then, if the
// host has a way to it.
func (p *Proc) lookupAll(name string, fam int) ([]wire.Addr, string) {
	if a, err := netip.ParseAddr(name); err == nil {
		if fam == 4 && !a.Is4() || fam == 6 && a.Is4() {
			return nil, "Address family for hostname not supported"
		}
		return []wire.Addr{wire.FromNetip(a.WithZone(""))}, ""
	}
	if n, err := strconv.ParseUint(name, 10, 32); err == nil && fam != 6 {
		return []wire.Addr{wire.IP4(n).Addr()}, ""
	}
	if l := p.hostsFile(name, fam); len(l) > 0 {
		return l, ""
	}
	if name == "" || len(name) > 253 || strings.ContainsAny(name, " /\x00") {
		return nil, eaiNoName
	}
	if p.lab.instant {
		return nil, eaiAgain
	}
	conf := p.resolvConf()
	old := p.app
	n := p.network(p.name)
	defer func() { n.close(); p.app = old }()
	var tries []string
	base := strings.TrimSuffix(name, ".")
	if !strings.HasSuffix(name, ".") && strings.Count(base, ".") < conf.ndots {
		for _, s := range conf.search {
			tries = append(tries, base+"."+s)
		}
		tries = append(tries, base)
	} else {
		tries = append(tries, base)
		if !strings.HasSuffix(name, ".") {
			for _, s := range conf.search {
				tries = append(tries, base+"."+s)
			}
		}
	}
	bad := eaiNoName
	for _, t := range tries {
		l, e := n.both(conf, t, fam)
		if len(l) > 0 {
			return p.sortAddrs(l), ""
		}
		if e == eaiAgain {
			return nil, e
		}
		if e == eaiNoData {
			bad = e
		}
	}
	return nil, bad
}

// sortAddrs is a part of RFC 6724: an address without a route is the last.
func (p *Proc) sortAddrs(l []wire.Addr) []wire.Addr {
	var good, bad []wire.Addr
	has6 := false
	for _, d := range p.host.NS.Devices {
		if d == nil || d == p.host.NS.Loopback {
			continue
		}
		for _, a := range p.host.IPv6.Addrs(d) {
			has6 = has6 || scope6(a) == "global"
		}
	}
	for _, a := range l {
		if !a.Is4() && has6 {
			good = append(good, a)
		}
	}
	for _, a := range l {
		if a.Is4() {
			good = append(good, a)
		} else if !has6 {
			bad = append(bad, a)
		}
	}
	return append(good, bad...)
}

// both asks for the addresses of one name.
func (n *netProc) both(conf resolvConf, name string, fam int) (l []wire.Addr, bad string) {
	var types []dnsmessage.Type
	if fam != 6 {
		types = append(types, dnsmessage.TypeA)
	}
	if fam != 4 {
		types = append(types, dnsmessage.TypeAAAA)
	}
	bad = eaiNoName
	for _, t := range types {
		m, e := n.query(conf, name, t)
		if e != "" {
			if len(l) == 0 {
				bad = e
			}
			continue
		}
		got := 0
		for _, r := range m.Answers {
			switch b := r.Body.(type) {
			case *dnsmessage.AResource:
				l = append(l, wire.FromNetip(netip.AddrFrom4(b.A)))
				got++
			case *dnsmessage.AAAAResource:
				l = append(l, wire.FromNetip(netip.AddrFrom16(b.AAAA)))
				got++
			}
		}
		if m.RCode == dnsmessage.RCodeSuccess && got == 0 && bad != eaiAgain {
			bad = eaiNoData
		}
	}
	return l, bad
}

// question is a query as wire bytes.
func question(id uint16, name string, t dnsmessage.Type, rd bool) ([]byte, error) {
	q, err := dnsmessage.NewName(strings.TrimSuffix(name, ".") + ".")
	if err != nil {
		return nil, err
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: id, RecursionDesired: rd}, Questions: []dnsmessage.Question{{Name: q, Type: t, Class: dnsmessage.ClassINET}}}
	return m.Pack()
}

// query asks the servers one after the other, as res_send does.
func (n *netProc) query(conf resolvConf, name string, t dnsmessage.Type) (*dnsmessage.Message, string) {
	id := uint16(n.p.host.Machine.Rand.Uint32())
	q, err := question(id, name, t, true)
	if err != nil {
		return nil, eaiNoName
	}
	for range conf.attempts {
		for _, s := range conf.servers {
			b, e := n.exchange(s, 53, q, wire.Addr{}, 0, n.now()+conf.timeout)
			if e != 0 {
				continue
			}
			var m dnsmessage.Message
			if m.Unpack(b) != nil {
				continue
			}
			switch m.RCode {
			case dnsmessage.RCodeSuccess, dnsmessage.RCodeNameError:
				return &m, ""
			}
		}
	}
	return nil, eaiAgain
}

// exchange sends one datagram and waits for the answer with the same number.
func (n *netProc) exchange(to wire.Addr, port uint16, q []byte, src wire.Addr, srcPort uint16, end sim.Time) ([]byte, core.Errno) {
	d := dialing{kind: core.SockDgram, addr: to, port: port, src: src, srcPort: srcPort}
	if n.dig {
		d.set = func(fd int) core.Errno { return n.prog.SetSockOpt(fd, socket.IPMTUDiscover, core.PMTUDiscOmit) }
	}
	fd, e := n.dial(d)
	if e != 0 {
		return nil, e
	}
	defer n.prog.Close(fd)
	if e := n.send(fd, q, end); e != 0 {
		return nil, e
	}
	buf := make([]byte, 65536)
	for {
		k, e := n.recv(fd, buf, end)
		if e != 0 {
			return nil, e
		}
		if k >= 12 && buf[0] == q[0] && buf[1] == q[1] && buf[2]&0x80 != 0 {
			return append([]byte(nil), buf[:k]...), 0
		}
		if n.now() >= end {
			return nil, step.ETIMEDOUT
		}
	}
}

// exchangeTCP asks over TCP.
func (n *netProc) exchangeTCP(to wire.Addr, port uint16, q []byte, end sim.Time) ([]byte, core.Errno) {
	d := dialing{addr: to, port: port, end: end}
	if n.dig { // libuv binds to any address first; a segment fits the smallest MTU of IPv6
		d.set = func(fd int) core.Errno {
			n.prog.SetSockOpt(fd, socket.TCPMaxSeg, 1220)
			a := wire.Addr{}
			if to.Is4() {
				a = wire.IP4(0).Addr()
			}
			return n.prog.Bind(fd, a, 0)
		}
	}
	fd, e := n.dial(d)
	if e != 0 {
		return nil, e
	}
	defer n.prog.Close(fd)
	if e := n.send(fd, append([]byte{byte(len(q) >> 8), byte(len(q))}, q...), end); e != 0 {
		return nil, e
	}
	var all []byte
	buf := make([]byte, 4096)
	for len(all) < 2 || len(all) < 2+int(all[0])<<8+int(all[1]) {
		k, e := n.recv(fd, buf, end)
		if e != 0 {
			return nil, e
		}
		if k == 0 {
			return nil, step.ECONNRESET
		}
		all = append(all, buf[:k]...)
	}
	return all[2:], 0
}
