package step

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/wire"
)

func itoa(n int) string { return strconv.Itoa(n) }

// A Fmt says how a 64-bit value reads.
type Fmt uint8

// The formats. IP takes two values (wire.Addr's Hi and Lo), all others one.
const (
	Dec    Fmt = iota // 42
	Int               // -11, signed
	Hex               // 0x2a
	IP4               // 10.0.0.1
	IP                // fd00::1 or 10.0.0.1; two values
	Mac               // 02:00:00:00:00:01
	Dev               // eth0, by ifindex: the resolver knows
	Bool              // yes or no
	Dur               // 1.5s, from nanoseconds
	Reason            // a DropReason: IP_INHDR
	Func              // a Step: ip_forward
	Err               // an errno: ECONNREFUSED
	Proto             // an IP protocol: TCP
	Ether             // an EtherType: IPv4
	TCPst             // a TCP state: ESTABLISHED
	Nud               // a neighbour state: REACHABLE
	Route             // a route type: local
	Scope             // a route scope: link
	Table             // a routing table: main
	Flags             // TCP flags: S.
	Pkt               // a packet type: HOST
	Csum              // skb ip_summed: UNNECESSARY
	Hook              // a netfilter hook: PRE_ROUTING
	CA                // a congestion state: Recovery
	ICMP              // type<<8|code of ICMPv4: time exceeded
	ICMP6             // type<<8|code of ICMPv6
	Mib               // a counter's name
	Fam               // an address family: 2 is AF_INET
	SK                // a socket's id
	SKB               // a buffer's id
	Str               // an interned string: the resolver knows
	Gro               // the field by which GRO tells two segments apart
	numFmts
)

var fmtNames = map[string]Fmt{
	"": Dec, "int": Int, "hex": Hex, "ip4": IP4, "ip": IP, "mac": Mac, "dev": Dev, "bool": Bool, "dur": Dur,
	"reason": Reason, "func": Func, "err": Err, "proto": Proto, "ether": Ether, "tcpst": TCPst, "nud": Nud,
	"route": Route, "scope": Scope, "table": Table, "flags": Flags, "pkt": Pkt, "csum": Csum, "hook": Hook,
	"ca": CA, "icmp": ICMP, "icmp6": ICMP6, "mib": Mib, "fam": Fam, "sk": SK, "skb": SKB, "str": Str, "gro": Gro,
}

// A Resolver turns a number that stands for something of the simulated machine
// (a device, a string) into its name.
type Resolver interface {
	DevName(ifindex int) string
	Text(i uint64) string
}

// Format renders one value; for IP, hi is the upper half and v the lower.
func (f Fmt) Format(hi, v uint64, r Resolver) string {
	switch f {
	case Int:
		return strconv.FormatInt(int64(v), 10)
	case Hex:
		return "0x" + strconv.FormatUint(v, 16)
	case IP4:
		return wire.IP4(v).String()
	case IP:
		return wire.Addr{Hi: hi, Lo: v}.String()
	case Mac:
		return wire.MAC(v).String()
	case Dev:
		if v == 0 {
			return "none"
		}
		if r != nil {
			if s := r.DevName(int(v)); s != "" {
				return s
			}
		}
		return "if" + strconv.FormatUint(v, 10)
	case Bool:
		if v != 0 {
			return "yes"
		}
		return "no"
	case Dur:
		return duration(int64(v))
	case Reason:
		return DropReason(v).String()
	case Func:
		return Step(v).String()
	case Err:
		return Errno(v).String()
	case Str:
		if r != nil {
			return r.Text(v)
		}
	case SK:
		return "sk" + strconv.FormatUint(v, 10)
	case SKB:
		return "s" + strconv.FormatUint(v, 10)
	case Mib:
		return MIB(v).String()
	case Flags:
		return tcpFlags(v)
	case ICMP:
		return icmpName(v)
	case ICMP6:
		return icmp6Name(v)
	case Fam:
		switch v {
		case 2:
			return "AF_INET"
		case 10:
			return "AF_INET6"
		}
	}
	if names := enums[f]; names != nil {
		if s, ok := names[v]; ok {
			return s
		}
	}
	return strconv.FormatUint(v, 10)
}

func duration(ns int64) string {
	neg := ""
	if ns < 0 {
		neg, ns = "-", -ns
	}
	n, unit := float64(ns), "ns"
	switch {
	case ns >= 1e9:
		n, unit = n/1e9, "s"
	case ns >= 1e6:
		n, unit = n/1e6, "ms"
	case ns >= 1e3:
		n, unit = n/1e3, "µs"
	}
	return neg + strconv.FormatFloat(n, 'g', 6, 64) + " " + unit
}

// Render fills the places of a sentence: {0} is the first value, {1:ip} the
// second and third as an address (see Fmt for the names).
func Render(text string, args []uint64, r Resolver) string {
	if strings.IndexByte(text, '{') < 0 {
		return text
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		j := strings.IndexByte(text[i:], '}')
		if j < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i])
		b.WriteString(place(text[i+1:i+j], args, r))
		text = text[i+j+1:]
	}
}

func place(p string, args []uint64, r Resolver) string {
	num, name, _ := strings.Cut(p, ":")
	n, err := strconv.Atoi(num)
	f, ok := fmtNames[name]
	if err != nil || !ok || n < 0 || n >= len(args) {
		return "{" + p + "}"
	}
	if f == IP {
		if n+1 >= len(args) {
			return "{" + p + "}"
		}
		return f.Format(args[n], args[n+1], r)
	}
	return f.Format(0, args[n], r)
}

// Places checks a sentence and returns how many values it needs.
func Places(text string) (need int, ok bool) {
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			return need, true
		}
		j := strings.IndexByte(text[i:], '}')
		if j < 0 {
			return need, false
		}
		num, name, _ := strings.Cut(text[i+1:i+j], ":")
		n, err := strconv.Atoi(num)
		f, known := fmtNames[name]
		if err != nil || !known {
			return need, false
		}
		if f == IP {
			n++
		}
		need = max(need, n+1)
		text = text[i+j+1:]
	}
}
