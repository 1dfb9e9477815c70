package step

import (
	"strconv"

	"github.com/packetwalk/packetwalk/stack/wire"
)

func itoa(n int) string { return strconv.Itoa(n) }

// A Fmt says how a 64-bit value reads.
type Fmt uint8

// The formats. IP takes two values (wire.Addr's Hi and Lo), all others one.
const (
	Dec         Fmt = iota // 42
	Int                    // -11, signed
	Hex                    // 0x2a
	IP4                    // 10.0.0.1
	IP                     // fd00::1 or 10.0.0.1; two values
	Mac                    // 02:00:00:00:00:01
	Dev                    // eth0, by ifindex: the resolver knows
	Bool                   // yes or no
	Dur                    // 1.5s, from nanoseconds
	Reason                 // a DropReason: IP_INHDR
	Func                   // a Step: ip_forward
	Err                    // an errno: ECONNREFUSED
	Proto                  // an IP protocol: TCP
	Ether                  // an EtherType: IPv4
	TCPst                  // a TCP state: ESTABLISHED
	Nud                    // a neighbour state: REACHABLE
	Route                  // a route type: local
	Scope                  // a route scope: link
	Table                  // a routing table: main
	Flags                  // TCP flags: S.
	Pkt                    // a packet type: HOST
	Csum                   // skb ip_summed: UNNECESSARY
	Hook                   // a netfilter hook: PRE_ROUTING
	CA                     // a congestion state: Recovery
	ICMP                   // type<<8|code of ICMPv4: time exceeded
	ICMP6                  // type<<8|code of ICMPv6
	Mib                    // a counter's name
	Fam                    // an address family: 2 is AF_INET
	SK                     // a socket's id
	SKB                    // a buffer's id
	Str                    // an interned string: the resolver knows
	Gro                    // the field by which GRO tells two segments apart
	Time                   // 0.5 s, a moment of the machine's clock, from the trace's first input
	TCPBits                // TCP flags in words: SYN, ACK
	Any                    // like IP; no address reads "any address"
	State                  // a TCP state and what it means
	Vlan                   // a VLAN tag (TCI) plus 1: 5; 0 is none
	CTst                   // a TCP state of conntrack: SYN_SENT
	CTInfoFmt              // what a packet is in its connection, plus 1: NEW
	CTStatusFmt            // bits of a connection's status: SEEN_REPLY|ASSURED
	CTDirFmt               // a direction of a connection: original, reply
	NatManip               // what NAT changes: source, destination
	SCTPst                 // an SCTP state of conntrack: COOKIE_WAIT
	Chars                  // up to 8 letters of a name, the first in the highest byte
	Set                    // conntrack states of a rule: established,related
	NftVerdict             // a verdict of nftables: accept
	XtVerdict              // a verdict of iptables: ACCEPT
	BBRMode                // what BBR does: STARTUP
	ClassID                // a class of a queueing discipline: 1:10
	BrState                // the state of a bridge port: forwarding
	BridgeID               // a bridge's identifier, priority and address: 8000.02:00:00:00:00:01
	numFmts
)

var fmtNames = map[string]Fmt{
	"": Dec, "int": Int, "hex": Hex, "ip4": IP4, "ip": IP, "mac": Mac, "dev": Dev, "bool": Bool, "dur": Dur,
	"reason": Reason, "func": Func, "err": Err, "proto": Proto, "ether": Ether, "tcpst": TCPst, "nud": Nud,
	"route": Route, "scope": Scope, "table": Table, "flags": Flags, "pkt": Pkt, "csum": Csum, "hook": Hook,
	"ca": CA, "icmp": ICMP, "icmp6": ICMP6, "mib": Mib, "fam": Fam, "sk": SK, "skb": SKB, "str": Str, "gro": Gro,
	"time": Time, "tcpbits": TCPBits, "any": Any, "state": State, "vlan": Vlan, "ctst": CTst, "ctinfo": CTInfoFmt, "ctstatus": CTStatusFmt, "ctdir": CTDirFmt, "chars": Chars, "ctset": Set, "nftverdict": NftVerdict, "xtverdict": XtVerdict, "bbr": BBRMode, "natmanip": NatManip, "sctpst": SCTPst, "classid": ClassID, "brstate": BrState, "bridgeid": BridgeID,
}

// A Resolver turns a number that stands for something of the simulated machine
// (a device, a string) into its name.
type Resolver interface {
	DevName(ifindex int) string
	Text(i uint64) string
}

// A Starter is a Resolver that knows at which moment of the machine's clock the
// trace begins, in nanoseconds. Times of events count from there.
type Starter interface{ Start() int64 }

// Start is the moment at which the trace begins, 0 if the resolver knows none.
func Start(r Resolver) int64 {
	if s, ok := r.(Starter); ok {
		return s.Start()
	}
	return 0
}

// Wide reports whether the format takes two values: an address.
func (f Fmt) Wide() bool { return f == IP || f == Any }

// Format renders one value; for IP, hi is the upper half and v the lower.
func (f Fmt) Format(hi, v uint64, r Resolver) string { return string(f.Append(nil, hi, v, r)) }

// Append renders one value at the end of b.
func (f Fmt) Append(b []byte, hi, v uint64, r Resolver) []byte {
	switch f {
	case Int:
		return strconv.AppendInt(b, int64(v), 10)
	case Hex:
		return strconv.AppendUint(append(b, "0x"...), v, 16)
	case IP4:
		return appendIP4(b, uint32(v))
	case IP:
		if a := (wire.Addr{Hi: hi, Lo: v}); a.Is4() {
			return appendIP4(b, uint32(a.IP4()))
		}
		return wire.Addr{Hi: hi, Lo: v}.Netip().AppendTo(b)
	case Mac:
		return wire.MAC(v).AppendTo(b)
	case Dev:
		return appendDev(b, v, r)
	case Any:
		if hi == 0 && (v == 0 || v == 0xffff<<32) {
			return append(b, "any address"...)
		}
		return IP.Append(b, hi, v, r)
	case Time:
		if v == 0 {
			return append(b, "never"...)
		}
		if d := int64(v) - Start(r); d < 0 {
			return append(appendDuration(b, -d), " before the trace"...)
		} else {
			return appendDuration(b, d)
		}
	case CTStatusFmt:
		return appendCTStatus(b, v)
	case TCPBits:
		return append(b, tcpBits(v)...)
	case Vlan:
		if v == 0 {
			return append(b, "none"...)
		}
		b = strconv.AppendUint(b, (v-1)&0xfff, 10)
		if prio := (v - 1) >> 13 & 7; prio != 0 {
			b = strconv.AppendUint(append(b, " with priority "...), prio, 10)
		}
		return b
	case State:
		b = TCPst.Append(b, 0, v, r)
		if s := stateWords[v]; s != "" {
			b = append(append(append(b, " ("...), s...), ')')
		}
		return b
	case Bool:
		if v != 0 {
			return append(b, "yes"...)
		}
		return append(b, "no"...)
	case Dur:
		return appendDuration(b, int64(v))
	case Reason:
		return append(b, DropReason(v).String()...)
	case Func:
		return append(b, Step(v).String()...)
	case Err:
		return append(b, Errno(v).String()...)
	case Str:
		if r != nil {
			return append(b, r.Text(v)...)
		}
	case BridgeID:
		for shift := 60; shift >= 48; shift -= 4 {
			b = strconv.AppendUint(b, v>>shift&15, 16)
		}
		b = append(b, '.')
		return wire.MAC(v & (1<<48 - 1)).AppendTo(b)
	case ClassID:
		if v>>16 != 0 {
			b = strconv.AppendUint(b, v>>16&0xffff, 16)
		}
		b = append(b, ':')
		if v&0xffff != 0 {
			b = strconv.AppendUint(b, v&0xffff, 16)
		}
		return b
	case Chars:
		for shift := 56; shift >= 0; shift -= 8 {
			if c := byte(v >> shift); c != 0 {
				b = append(b, c)
			}
		}
		return b
	case Set:
		return appendCTSet(b, v)
	case NftVerdict:
		return appendVerdict(b, v)
	case XtVerdict:
		return appendXtVerdict(b, v)
	case SK:
		return strconv.AppendUint(append(b, "sk"...), v, 10)
	case SKB:
		return strconv.AppendUint(append(b, 's'), v, 10)
	case Mib:
		return append(b, MIB(v).String()...)
	case Flags:
		return appendTCPFlags(b, v)
	case ICMP:
		return append(b, icmpName(v)...)
	case ICMP6:
		return append(b, icmp6Name(v)...)
	case Fam:
		switch v {
		case 2:
			return append(b, "AF_INET"...)
		case 10:
			return append(b, "AF_INET6"...)
		}
	}
	if s, ok := enum(f, v); ok {
		return append(b, s...)
	}
	return strconv.AppendUint(b, v, 10)
}

func appendIP4(b []byte, a uint32) []byte {
	for shift := 24; ; shift -= 8 {
		b = strconv.AppendUint(b, uint64(a>>shift&255), 10)
		if shift == 0 {
			return b
		}
		b = append(b, '.')
	}
}

func appendDev(b []byte, v uint64, r Resolver) []byte {
	if v == 0 {
		return append(b, "none"...)
	}
	if r != nil {
		if s := r.DevName(int(v)); s != "" {
			return append(b, s...)
		}
	}
	return strconv.AppendUint(append(b, "if"...), v, 10)
}

func appendDuration(b []byte, ns int64) []byte {
	if ns < 0 {
		b, ns = append(b, '-'), -ns
	}
	n, unit := float64(ns), " ns"
	switch {
	case ns >= 1e9:
		n, unit = n/1e9, " s"
	case ns >= 1e6:
		n, unit = n/1e6, " ms"
	case ns >= 1e3:
		n, unit = n/1e3, " µs"
	}
	return append(strconv.AppendFloat(b, n, 'g', 6, 64), unit...)
}
