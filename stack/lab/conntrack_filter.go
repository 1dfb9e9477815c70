package lab

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A ctFilter says which connections a command means.
type ctFilter struct {
	l3             core.Family
	hasL3          bool
	proto          uint8
	hasProto       bool
	addr           [4]netip.Prefix // -s -d -r -q
	port           [4]int          // --sport --dport --reply-port-src --reply-port-dst; -1: any
	icmp           [3]int          // type, code, id
	state          int             // -1: any
	status         conntrack.Status
	mark, markMask uint32
	hasMark        bool
	zone           int
	zoneDir        uint8 // 3: -w
	nat            [3]ctNAT
}

// A ctNAT is -n, -g or -j.
type ctNAT struct {
	on   bool
	addr netip.Addr
	port int
}

// ctProtos are the protocols that -p knows by name.
var ctProtos = map[string]uint8{"tcp": 6, "udp": 17, "udplite": 136, "icmp": 1, "icmpv6": 58, "sctp": 132, "dccp": 33, "gre": 47, "unknown": 0}

var ctStatusNames = []struct {
	name string
	bit  conntrack.Status
}{{"SEEN_REPLY", conntrack.SeenReply}, {"ASSURED", conntrack.Assured}, {"FIXED_TIMEOUT", conntrack.FixedTimeout}, {"EXPECTED", conntrack.Expected}, {"CONFIRMED", conntrack.Confirmed},
	{"OFFLOAD", conntrack.Offload}, {"UNSET", 0}, {"SRC_NAT", conntrack.SrcNAT}, {"DST_NAT", conntrack.DstNAT}}

var ctTCPStates = []string{"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "LISTEN"}

var ctSCTPStates = []string{"NONE", "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_SENT", "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT"}

// cUint is strtoul(3) with base 0 of the beginning of a text, 0 if there is
// none.
func cUint(s string) uint32 {
	s = strings.TrimSpace(s)
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] >= 'a' && s[n] <= 'f' || s[n] == 'x' || s[n] >= 'A' && s[n] <= 'F') {
		n++
	}
	for ; n > 0; n-- {
		if v, err := strconv.ParseUint(s[:n], 0, 64); err == nil {
			return uint32(v)
		}
		if v, err := strconv.ParseUint(s[:n], 10, 64); err == nil {
			return uint32(v)
		}
	}
	return 0
}

// option reads one option; what is wrong with it is returned.
func (c *ctCmd) option(o word) string {
	f := &c.f
	if len(c.given) == 0 {
		f.port, f.icmp, f.state, f.zone = [4]int{-1, -1, -1, -1}, [3]int{-1, -1, -1}, -1, -1
	}
	c.given[o.c] = o.value
	v := o.value
	switch o.c {
	case 's', 'd', 'r', 'q':
		return c.address(strings.IndexByte("sdrq", o.c), v)
	case 'l', '<', '>': // the machine has no /etc/xtables/connlabel.conf
		if o.c == '>' && v == "" {
			return "not modelled: conntrack --label-del"
		}
		c.p.errf("%s\n", noLabelMap)
		return "unknown label '" + strings.SplitN(v, ",", 2)[0] + "'"
	case '{', '}':
		c.later = "not modelled: conntrack --" + ctFlagNames[o.c]
	case 'i':
		if c.cmd != 'L' && c.cmd != 'U' && c.cmd != 'G' { // check says that it is not for this command
			c.later = "not modelled: conntrack --id"
		}
	case '[', ']', 'a', 'c':
		return "not modelled: conntrack --" + ctFlagNames[o.c]
	case 'p':
		n, ok := ctProtos[strings.ToLower(v)]
		if x, err := strconv.ParseUint(v, 0, 32); err == nil {
			n, ok = uint8(x), x < 256
		}
		if !ok {
			return "`" + v + "' unsupported protocol"
		}
		f.proto, f.hasProto = n, true
	case 't':
		c.set.timeout = cUint(v)
	case 'u':
		for rest, again := v, true; again; {
			w, more, comma := strings.Cut(rest, ",")
			found := false
			for _, s := range ctStatusNames {
				if strings.EqualFold(w, s.name) {
					f.status |= s.bit
					found = true
				}
			}
			if !found {
				return "Bad parameter `" + rest + "'"
			}
			rest, again = more, comma
		}
		c.set.status = f.status
		c.set.mark = uint32(f.status) // as conntrack-tools 1.4.7 does it: of -m and -u the last counts
	case 'e':
		for rest, again := v, true; again; {
			w, more, comma := strings.Cut(rest, ",")
			m, ok := map[string]uint8{"ALL": 7, "NEW": ctNew, "UPDATES": ctUpdate, "DESTROY": ctDestroy}[strings.ToUpper(w)]
			if !ok {
				return "Bad parameter `" + rest + "'"
			}
			c.events |= m
			rest, again = more, comma
		}
	case 'o':
		return c.out.parse(v)
	case 'm':
		val, mask, has := strings.Cut(v, "/")
		f.mark, f.markMask, f.hasMark = cUint(val), 0xffffffff, true
		if has {
			f.markMask = cUint(mask)
		}
		c.set.mark, c.set.mask = f.mark, f.markMask
	case 'f':
		l3, ok := map[string]core.Family{"ipv4": core.NFIPv4, "ipv6": core.NFIPv6}[v]
		if !ok {
			return "`" + v + "' unsupported protocol"
		}
		return c.family(l3)
	case 'n', 'g', 'j':
		n := &f.nat[strings.IndexByte("ngj", o.c)]
		n.on, n.port = true, -1
		if v != "" {
			if ap, err := netip.ParseAddrPort(v); err == nil {
				n.addr, n.port = ap.Addr(), int(ap.Port())
			} else if n.addr, err = netip.ParseAddr(v); err != nil {
				return "Invalid IP address `" + v + "'"
			}
		}
	case 'w', '(', ')':
		f.zone = int(uint16(cUint(v)))
		f.zoneDir = map[byte]uint8{'w': 3, '(': conntrack.ZoneOrig, ')': conntrack.ZoneReply}[o.c]
	case 1, 2, 3, 4:
		f.port[o.c-1] = int(uint16(cUint(v)))
	case 8, 9:
		f.icmp[o.c-8] = int(uint8(cUint(v)))
	case 10:
		f.icmp[2] = int(uint16(cUint(v)))
	case 7:
		return c.state(v)
	}
	return ""
}

func (c *ctCmd) state(v string) string {
	l, name := ctTCPStates, "TCP"
	switch c.f.proto {
	case 132:
		l, name = ctSCTPStates, "SCTP"
	case 6:
	default:
		return ""
	}
	for i, s := range l {
		if s == v {
			c.f.state = i
			return ""
		}
	}
	return "unknown " + name + " state `" + v + "'"
}

func (c *ctCmd) family(l3 core.Family) string {
	if c.f.hasL3 && c.f.l3 != l3 {
		return "mismatched address family"
	}
	c.f.l3, c.f.hasL3 = l3, true
	return ""
}

// address reads -s, -d, -r, -q: ADDRESS or ADDRESS/MASK.
func (c *ctCmd) address(i int, v string) string {
	host, mask, has := strings.Cut(v, "/")
	a, err := netip.ParseAddr(host)
	if err != nil {
		a, err = inetAton(host)
	}
	if err != nil || a.Zone() != "" {
		return "Invalid IP address `" + host + "'"
	}
	n := a.BitLen()
	if has {
		if n, err = strconv.Atoi(mask); err != nil {
			m, err := netip.ParseAddr(mask)
			if n = 0; err != nil {
				return "Invalid netmask"
			}
			for _, x := range m.AsSlice() {
				for ; x&0x80 != 0; x <<= 1 {
					n++
				}
			}
		}
		if n < 0 || n > a.BitLen() {
			return "Invalid netmask"
		}
	}
	c.f.addr[i] = netip.PrefixFrom(a, n)
	l3 := core.NFIPv4
	if !a.Is4() {
		l3 = core.NFIPv6
	}
	return c.family(l3)
}

// inetAton reads an IPv4 address of one to four numbers, decimal, octal or
// hexadecimal: the last one fills what is left.
func inetAton(s string) (netip.Addr, error) {
	w := strings.Split(s, ".")
	var v uint64
	for i, x := range w {
		n, err := strconv.ParseUint(x, 0, 32)
		most := uint64(255)
		if i == len(w)-1 {
			most = 1<<(8*uint(5-len(w))) - 1
		}
		if err != nil || len(w) > 4 || n > most || strings.ContainsAny(x, "_oObB") {
			return netip.Addr{}, strconv.ErrSyntax
		}
		if i == len(w)-1 {
			v = v<<(8*uint(5-len(w))) | n
		} else {
			v = v<<8 | n
		}
	}
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), nil
}

func netipOf(a wire.Addr) netip.Addr {
	if a.Is4() {
		x := uint32(a.IP4())
		return netip.AddrFrom4([4]byte{byte(x >> 24), byte(x >> 16), byte(x >> 8), byte(x)})
	}
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(a.Hi>>(56-8*i)), byte(a.Lo>>(56-8*i))
	}
	return netip.AddrFrom16(b)
}

// match reports whether the filter means a connection (nfct_cmp and the
// filters of the program).
func (f *ctFilter) match(c *conntrack.Conn, update bool) bool {
	o, r := c.Tuple(conntrack.Original), c.Tuple(conntrack.Reply)
	if f.hasL3 && c.L3() != f.l3 || f.hasProto && c.Proto() != f.proto {
		return false
	}
	for i, a := range [4]wire.Addr{o.Src, o.Dst, r.Src, r.Dst} {
		if p := f.addr[i]; p.IsValid() && !p.Contains(netipOf(a)) {
			return false
		}
	}
	if c.Tuple(0).HasPorts() {
		for i, n := range [4]uint16{o.Sport, o.Dport, r.Sport, r.Dport} {
			if f.port[i] >= 0 && f.port[i] != int(n) {
				return false
			}
		}
	}
	if o.IsICMP() && (f.icmp[0] >= 0 && f.icmp[0] != int(o.Dport>>8) || f.icmp[1] >= 0 && f.icmp[1] != int(o.Dport&255) || f.icmp[2] >= 0 && f.icmp[2] != int(o.Sport)) {
		return false
	}
	if f.state >= 0 && !update && !(c.Proto() == 6 && int(c.TCP.State) == f.state || c.Proto() == 132 && int(c.SCTP()) == f.state) {
		return false
	}
	if f.zone >= 0 && !f.zoneIs(c) || !f.natted(c) {
		return false
	}
	if update { // the rest is what is to be changed
		return true
	}
	return c.Status&f.status == f.status && (!f.hasMark || c.Mark&f.markMask == f.mark)
}

func (f *ctFilter) zoneIs(c *conntrack.Conn) bool {
	z := c.Zone()
	dirs := z.Dirs
	if dirs == 0 {
		dirs = 3
	}
	if f.zoneDir == 3 {
		return z.ID == uint16(f.zone) && (z.ID == 0 || dirs == 3)
	}
	return dirs == f.zoneDir && z.ID == uint16(f.zone)
}

// natted is -n, -g, -j (filter_nat).
func (f *ctFilter) natted(c *conntrack.Conn) bool {
	o, r := c.Tuple(conntrack.Original), c.Tuple(conntrack.Reply)
	src := func(n *ctNAT) bool {
		return c.Status&conntrack.SrcNAT != 0 && (!n.addr.IsValid() || n.addr == netipOf(r.Dst) && o.Src != r.Dst) && (n.port < 0 || n.port == int(r.Dport))
	}
	dst := func(n *ctNAT) bool {
		return c.Status&conntrack.DstNAT != 0 && (!n.addr.IsValid() || n.addr == netipOf(r.Src) && o.Dst != r.Src) && (n.port < 0 || n.port == int(r.Sport))
	}
	n, g, j := &f.nat[0], &f.nat[1], &f.nat[2]
	switch {
	case j.on && !(src(j) || dst(j)):
		return false
	case n.on && !src(n), g.on && !dst(g):
		return false
	}
	return true
}
