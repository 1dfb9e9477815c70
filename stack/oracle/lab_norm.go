package oracle

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A labNormal makes relative what two kernels draw at random in a lab: addresses
// of devices and what follows from them, chosen ports, ping's identifiers,
// times that tools print.
type labNormal struct {
	macs *strings.Replacer
	nat  map[string]string // ports that NAT drew at random, and their class
	echo map[string]string // identifiers of pings: those that ping sockets got stand for their ports
}

func labNorm(f *LabFacts) *labNormal {
	var pairs []string
	for i := range f.Hosts {
		h := &f.Hosts[i]
		for _, mac := range sortedKeys(h.MACs) {
			pairs = append(pairs, macNames(mac, h.Name+"."+h.MACs[mac])...)
		}
	}
	return &labNormal{strings.NewReplacer(pairs...), natPorts(f), echoIdents(f)}
}

// echoIdents numbers the identifiers of pings in order of appearance: ping_get_port
// counts on from what any program of the machine had before.
func echoIdents(f *LabFacts) map[string]string {
	m := map[string]string{}
	nm := newNorm()
	for i := range f.Hosts {
		for _, x := range f.Hosts[i].Frames {
			nm.learn(x.Bytes)
		}
	}
	for id, k := range nm.echos {
		m[strconv.Itoa(int(id))] = "ping" + strconv.Itoa(k)
	}
	return m
}

// pingPort is the port of a ping socket in a tracepoint.
func (n *labNormal) pingPort(s string) string {
	k := strings.LastIndexByte(s, ':') + 1
	if p := s[k:]; n.echo[p] != "" && p != "1" && p != "58" { // those are raw sockets: their port is the protocol
		return s[:k] + n.echo[s[k:]]
	}
	return s
}

// ctPorts are the ports of an event of conntrack: both directions.
var ctPorts = regexp.MustCompile(`sport=(\d+) dport=(\d+) .*sport=(\d+) dport=(\d+)`)

// natPorts finds the source ports that were changed because another connection had them:
// NAT draws them at random within a class (nf_nat_l4proto_unique_tuple; schema,
// conntrack: "ports chosen by NAT: class only").
func natPorts(f *LabFacts) map[string]string {
	m := map[string]string{}
	for i := range f.Hosts {
		for _, l := range f.Hosts[i].CT {
			w := ctPorts.FindStringSubmatch(l)
			if w == nil || w[1] == w[4] || ephemeral(w[4]) == "eph" {
				continue
			}
			switch p, _ := strconv.Atoi(w[4]); {
			case p < 512:
				m[w[4]] = "nat<512"
			case p < 1024:
				m[w[4]] = "nat<1024"
			default:
				m[w[4]] = "eph"
			}
		}
	}
	return m
}

var anyPort = regexp.MustCompile(`(:|port=)(\d+)\b`)

// ports puts something else for the ports that a kernel has drawn.
func (n *labNormal) ports(s string) string {
	s = labRules[0].re.ReplaceAllString(s, labRules[0].put)
	if len(n.nat) == 0 {
		return s
	}
	return anyPort.ReplaceAllStringFunc(s, func(w string) string {
		k := strings.IndexAny(w, ":=") + 1
		if c, ok := n.nat[w[k:]]; ok {
			return w[:k] + c
		}
		return w
	})
}

// port is a port alone.
func (n *labNormal) port(p string) string {
	if c, ok := n.nat[p]; ok {
		return c
	}
	return ephemeral(p)
}

// macNames are the forms in which a device's address appears, each with what
// stands for it: the address itself, as text and as bytes, the link-local
// address made from it, its solicited-node group, and that group's address.
func macNames(mac, dev string) []string {
	hw, err := net.ParseMAC(mac)
	if err != nil || len(hw) != 6 {
		return nil
	}
	id := []byte{hw[0] ^ 2, hw[1], hw[2], 0xff, 0xfe, hw[3], hw[4], hw[5]}
	ll := append([]byte{0xfe, 0x80, 0, 0, 0, 0, 0, 0}, id...)
	sol := append(append([]byte{0xff, 2}, make([]byte, 9)...), 1, 0xff, hw[3], hw[4], hw[5])
	a := func(b []byte) string { return netip.AddrFrom16([16]byte(b)).String() }
	idText := strings.TrimPrefix(a(append(make([]byte, 8), id...)), "::")
	return []string{mac, "MAC." + dev, hex.EncodeToString(hw), "MAC." + dev, a(ll), "fe80::" + dev, hex.EncodeToString(ll), "fe80::" + dev, idText, "id." + dev, hex.EncodeToString(id), "id." + dev,
		a(sol), "ff02::1:ff." + dev, hex.EncodeToString(sol), "ff02::1:ff." + dev, fmt.Sprintf("33:33:ff:%02x:%02x:%02x", hw[3], hw[4], hw[5]), "33:33:ff." + dev}
}

// labLow is the first port that a fresh namespace chooses from
// (net.ipv4.ip_local_port_range).
const labLow = 32768

// What a real machine prints differently from run to run, and what stands for
// it.
var labRules = []struct {
	re  *regexp.Regexp
	put string
}{
	{regexp.MustCompile(`(:|port=)(3[3-9]\d{3}|327[7-9]\d|3276[89]|32[89]\d\d|[45]\d{4}|60\d{3})\b`), "${1}eph"},
	{regexp.MustCompile(`time=[0-9.]+ ms`), "time=T ms"},
	{regexp.MustCompile(`time<[0-9.]+ ms`), "time=T ms"},
	{regexp.MustCompile(`(?m), time [0-9]+ms$`), ", time T"},
	{regexp.MustCompile(`(?m)^rtt min/avg/max/mdev = .*$`), "rtt T"},
	{regexp.MustCompile(`(?m)^(rtt T)?, pipe [0-9]+`), "$1, pipe N"},
	{regexp.MustCompile(`(?m)^pipe [0-9]+$`), "pipe N"},
	{regexp.MustCompile(`  [0-9.]+ ms`), "  T ms"},
	{regexp.MustCompile(`(expires|preferred_lft|valid_lft) [0-9]+sec`), "$1 Tsec"},
	{regexp.MustCompile(`expires [0-9][0-9hmsd]*`), "expires T"},
	{regexp.MustCompile(`used [0-9]+/[0-9]+/[0-9]+`), "used T"},
	{regexp.MustCompile(`timer:\(([a-z]+),[^,]*,`), "timer:($1,T,"},
	{regexp.MustCompile(`ino:[0-9]+ sk:[0-9a-f]+`), "ino:N sk:N"},
	{regexp.MustCompile(`(type=\d+ code=\d+ )id=[0-9]+`), "${1}id=ping"},
	{regexp.MustCompile(` id=[0-9]+`), " id=N"},
	{regexp.MustCompile(`(?m)^([A-Za-z0-9]+ +[0-9]+ +)[0-9.]+$`), "${1}0.0"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d\.\d{6}\b`), "TIME"},
	{regexp.MustCompile(`\blink-netnsid \d+`), "link-netnsid N"},
	{regexp.MustCompile(`(?m)^((?:ipv[46] +\d+ +)?(?:tcp|udp|icmp|icmpv6|sctp|gre|unknown) +\d+) +\d+ `), "$1 T "},
	{regexp.MustCompile(`trace id [0-9a-f]+`), "trace id N"},
	{regexp.MustCompile(`\b\d{4}/\d\d/\d\d \d\d:\d\d:\d\d socat\[\d+\]`), "DATE socat[N]"},
	{regexp.MustCompile(`\b(read|write|recv|send|recvfrom|sendto)\(\d+, (?:0x[0-9a-f]+|\.\.\.), `), "$1(N, P, "},
	{regexp.MustCompile(`\b(E (?:bind|connect|setsockopt)\()\d+, `), "${1}N, "},
	{regexp.MustCompile(`conntrack v[0-9.]+ \(conntrack-tools\): `), ""},
}

// text makes what a tool prints comparable.
func (n *labNormal) text(s string) string {
	s = n.ports(n.macs.Replace(s))
	for _, r := range labRules[1:] {
		s = r.re.ReplaceAllString(s, r.put)
	}
	return s
}

// step makes a tracepoint comparable.
func (n *labNormal) step(s Step) Step {
	o := Step{Kind: s.Kind, Fields: slices.Clone(s.Fields)}
	for i := range o.Fields {
		f := &o.Fields[i]
		switch f.Name {
		case "ports":
			a, b, _ := strings.Cut(f.Value, ">")
			f.Value = n.port(a) + ">" + n.port(b)
		default:
			if f.Name == "ready" || s.Kind == "error" && f.Name == "sk" {
				f.Value = n.pingPort(f.Value)
			}
			f.Value = n.ports(n.macs.Replace(f.Value))
		}
	}
	return o
}

// ephemeral is a port, or "eph" if the kernel may have chosen it.
func ephemeral(p string) string {
	if len(p) == 5 && p >= "32768" && p <= "60999" {
		return "eph"
	}
	return p
}

// background are packets that a host sends by itself at random times (RFC 4862
// 5.4.2, RFC 3810 9.11, RFC 4861 6.3.7): looking for an address like its own,
// joining groups, asking for routers. They are not compared.
func background(line string) bool {
	for _, w := range []string{"ICMPv6 mldv2-report", "ICMPv6 mld-report", "ICMPv6 132/", "ICMPv6 router-solicit", "IGMP "} {
		if strings.Contains(line, w) {
			return true
		}
	}
	return strings.HasPrefix(line, ":: > ") && strings.Contains(line, "neigh-solicit")
}

// backgroundStep reports whether a step is about such a packet.
func backgroundStep(s Step) bool {
	switch s.Kind {
	case "fib6":
		_, r, _ := strings.Cut(s.Get("fib6"), " ")
		src, dst, _ := strings.Cut(r, ">")
		return src == "::" && strings.HasPrefix(dst, "ff02::") || dst == "ff02::16" || dst == "ff02::2"
	case "neigh":
		return strings.HasPrefix(s.Get("neigh"), "ff02::") || s.Get("neigh") == "224.0.0.22"
	}
	if s.Kind == "consumed" && s.Get("consumed") == "skb_defer_free_flush" {
		return true // freed by the CPU that made it, later: only if that is another one
	}
	p := s.Get("pkt")
	return p != "" && background(p)
}

// A labLine is one fact as it is compared.
type labLine struct {
	text  string
	step  Step // of a tracepoint
	chain []string
	frame []Field
	part  bool
}

// A labView is a namespace's facts, family by family.
type labView struct {
	order []string
	lines map[string][]labLine
}

func (v *labView) put(fam string, l labLine) {
	if _, ok := v.lines[fam]; !ok {
		v.order = append(v.order, fam)
	}
	v.lines[fam] = append(v.lines[fam], l)
}

// stepFamilies are the families of tracepoints, in the order in which to look at
// them.
var stepFamilies = []string{"drops", "consumed", "skb_rx", "skb_tx", "data_ready", "sk_error", "icmp_send", "tcp_send_reset", "fib", "tcp_states", "ca_state", "neigh", "fdb_update"}

// view sorts the facts of a namespace into families.
func (n *labNormal) view(h *HostFacts) *labView {
	v := &labView{lines: map[string][]labLine{}}
	var late []labLine // a socket goes when RCU lets it: what lay in its queues has no place among the others
	for _, fam := range stepFamilies {
		for _, s := range h.Steps {
			if slices.Contains(kindsOf[fam].kinds, s.Kind) && !backgroundStep(s.Step) {
				x := n.step(s.Step)
				l := labLine{text: x.String(), step: x, chain: s.Chain}
				if s.Kind == "drop" && s.Get("at") == "inet_sock_destruct" {
					late = append(late, l)
					continue
				}
				v.put(fam, l)
			}
		}
		for _, l := range late {
			v.put(fam, l)
		}
		late = nil
	}
	for _, t := range h.NFT {
		var w []string
		quiet := false
		for _, s := range t {
			if s.Type == "packet" {
				quiet = background(s.Rule)
				w = append(w, s.Rule)
				continue
			}
			l := s.At + " " + s.Type
			if s.Rule != "" {
				l += " [" + s.Rule + "]"
			}
			w = append(w, l+" "+s.Verdict)
		}
		if !quiet {
			v.put("nft", labLine{text: n.text(strings.Join(w, "; "))})
		}
	}
	for _, l := range h.CT {
		v.put("conntrack", labLine{text: n.text(l)})
	}
	n.wire(v, h)
	return v
}

// wire adds the frames, device by device.
func (n *labNormal) wire(v *labView, h *HostFacts) {
	nm := newNorm()
	nm.low, nm.lab, nm.nat = labLow, true, n.nat
	for _, f := range h.Frames {
		nm.learn(f.Bytes)
		line := FrameLine(f.Bytes)
		if background(line) {
			continue
		}
		dir := "in "
		if f.Out {
			dir = "out "
		}
		fields := nm.frame(f.Bytes, f.Dev == "lo")
		for i := range fields {
			if strings.HasSuffix(fields[i].Name, "payload") {
				fields[i].Value = drawnInside(f.Bytes, fields[i].Value)
			}
			fields[i].Value = n.macs.Replace(fields[i].Value)
		}
		fields = append(fields, Field{"direction", strings.TrimSpace(dir)})
		v.put("wire "+f.Dev, labLine{text: dir + n.ports(n.macs.Replace(line)), frame: fields, part: f.Partial})
	}
}
