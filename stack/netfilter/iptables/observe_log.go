package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/netfilter/nf_log_syslog.c. What is written here is a
// text for people: a line of the kernel's log.

// A line is struct nf_log_buf, and what it is written of.
type line struct {
	b     []byte
	skb   *core.SKB
	ns    *core.Netns
	flags uint8
	buf   [64]byte
}

func (l *line) s(s string) *line { l.b = append(l.b, s...); return l }
func (l *line) d(v int) *line    { l.b = appendUint(l.b, uint64(v)); return l }
func (l *line) x(v uint64, digits int) *line {
	l.b = appendHex(l.b, v, digits)
	return l
}

// X writes two capital digits.
func (l *line) X(v uint8) *line {
	const capitals = "0123456789ABCDEF"
	l.b = append(l.b, capitals[v>>4], capitals[v&15])
	return l
}

func (l *line) ip4(a wire.IP4) *line {
	l.b = a.Addr().Netip().AppendTo(l.b)
	return l
}

// ip6 is %pI6: all digits.
func (l *line) ip6(a wire.Addr) *line {
	for i := 0; i < 8; i++ {
		if i > 0 {
			l.b = append(l.b, ':')
		}
		v := a.Hi
		if i >= 4 {
			v = a.Lo
		}
		l.x(v>>(48-16*(i%4))&0xffff, 4)
	}
	return l
}

func (l *line) header(off, n int) []byte { return header(l.skb, off, n, l.buf[:]) }

// incomplete is INCOMPLETE [n bytes].
func (l *line) incomplete(off int) { l.s("INCOMPLETE [").d(l.skb.Len() - off).s(" bytes] ") }

func (l *line) hexDump(p []byte) {
	l.s("OPT (")
	for _, c := range p {
		l.X(c)
	}
	l.s(") ")
}

func devName(d *core.Device) string {
	if d == nil {
		return ""
	}
	return d.Name
}

// LogLine is nf_log_packet with nf_log_ip_packet, nf_log_ip6_packet: the line of the
// kernel's log about a packet. flags are LogTCPSeq and so on.
func LogLine(ns *core.Netns, st *core.HookState, f core.Family, b *core.SKB, prefix string, flags uint8) string {
	l := line{skb: b, ns: ns, flags: flags}
	l.s(prefix).s("IN=").s(devName(st.In)).s(" OUT=").s(devName(st.Out)).s(" ")
	if in, out, ok := bridgeInfo(b); ok {
		if in != nil && in != st.In {
			l.s("PHYSIN=").s(in.Name).s(" ")
		}
		if out != nil && out != st.Out {
			l.s("PHYSOUT=").s(out.Name).s(" ")
		}
	}
	if st.In != nil && b.Dev != nil {
		l.mac()
	}
	if f == core.NFIPv6 {
		l.packet6(b.NetworkOffset(), true)
	} else {
		l.packet4(b.NetworkOffset(), true)
	}
	return string(l.b)
}

// mac is dump_mac_header.
func (l *line) mac() {
	b := l.skb
	n := -1
	if b.MAC >= 0 {
		n = b.Network - b.MAC
	}
	if l.flags&LogMACDecode != 0 && b.Dev.Type == core.LinkEther {
		if n < wire.EthernetLen {
			return
		}
		e := b.Eth()
		l.s("MACSRC=").s(e.Src().String()).s(" MACDST=").s(e.Dst().String()).s(" MACPROTO=").x(uint64(e.Type()), 4).s(" ")
		return
	}
	l.s("MAC=")
	if b.Dev.HardLen != 0 && n > 0 {
		for i, c := range b.From(b.MAC)[:min(b.Dev.HardLen, len(b.From(b.MAC)))] {
			if i > 0 {
				l.s(":")
			}
			l.x(uint64(c), 2)
		}
	}
	l.s(" ")
}

// packet4 is dump_ipv4_packet; outer says that it is not one that an error quotes.
func (l *line) packet4(off int, outer bool) {
	h := wire.IPv4(append([]byte(nil), l.header(off, wire.IPv4MinLen)...))
	if len(h) == 0 {
		l.s("TRUNCATED")
		return
	}
	l.s("SRC=").ip4(h.Src()).s(" DST=").ip4(h.Dst()).s(" LEN=").d(h.TotalLen())
	l.s(" TOS=0x").X(h.TOS() & 0x1e).s(" PREC=0x").X(h.TOS() & 0xe0).s(" TTL=").d(int(h.TTL())).s(" ID=").d(int(h.ID())).s(" ")
	for i, s := range [...]string{"CE ", "DF ", "MF "} {
		if h.FragOff()>>(15-i)&1 != 0 {
			l.s(s)
		}
	}
	frag := int(h.FragOff() & 0x1fff)
	if frag != 0 {
		l.s("FRAG:").d(frag).s(" ")
	}
	if n := h.IHL() - wire.IPv4MinLen; l.flags&LogIPOpt != 0 && n > 0 {
		op := l.header(off+wire.IPv4MinLen, n)
		if op == nil {
			l.s("TRUNCATED")
			return
		}
		l.hexDump(op)
	}
	if !l.transport4(h, off+h.IHL(), frag, outer) {
		return
	}
	l.last(outer)
}

// last is the end of a packet's line: who made it, and its mark.
func (l *line) last(outer bool) {
	if !outer {
		return
	}
	if sk := l.skb.SK; l.flags&LogUID != 0 && sk != nil && sk.NS == l.ns && !sk.Dead && sk.State != core.TCPNewSynRecv {
		l.s("UID=0 GID=0 ") // programs of the model run as root
	}
	if m := l.skb.Mark; m != 0 {
		l.s("MARK=0x").x(uint64(m), 1).s(" ")
	}
}

// transport4 writes what IPv4 carries; false ends the line.
func (l *line) transport4(h wire.IPv4, at, frag int, outer bool) bool {
	switch p := h.Proto(); p {
	case wire.ProtoTCP:
		return l.tcp(at, frag)
	case wire.ProtoUDP, 136:
		return l.udp(p, at, frag)
	case wire.ProtoICMP:
		l.icmp(at, frag, outer)
	case wire.ProtoAH, wire.ProtoESP:
		l.ipsec(p, at, frag)
	default:
		l.s("PROTO=").d(int(p)).s(" ")
	}
	return true
}

func (l *line) ipsec(p wire.Proto, at, frag int) {
	name, n, spi := "PROTO=ESP ", 8, 0
	if p == wire.ProtoAH {
		name, n, spi = "PROTO=AH ", 12, 4
		if frag != 0 {
			return
		}
	}
	l.s(name)
	if frag != 0 {
		return
	}
	if t := l.header(at, n); t != nil {
		l.s("SPI=0x").x(uint64(be32(t[spi:])), 1).s(" ")
	} else {
		l.incomplete(at)
	}
}

// tcp is nf_log_dump_tcp_header.
func (l *line) tcp(at, frag int) bool {
	l.s("PROTO=TCP ")
	if frag != 0 {
		return true
	}
	t := l.header(at, wire.TCPMinLen)
	if t == nil {
		l.incomplete(at)
		return false
	}
	l.s("SPT=").d(int(be16(t))).s(" DPT=").d(int(be16(t[2:]))).s(" ")
	if l.flags&LogTCPSeq != 0 {
		l.s("SEQ=").d(int(be32(t[4:]))).s(" ACK=").d(int(be32(t[8:]))).s(" ")
	}
	l.s("WINDOW=").d(int(be16(t[14:]))).s(" RES=0x").x(uint64(be16(t[12:])&0x0f00)>>6, 2).s(" ")
	for i, s := range [...]string{"CWR ", "ECE ", "URG ", "ACK ", "PSH ", "RST ", "SYN ", "FIN "} {
		if t[13]<<i&0x80 != 0 {
			l.s(s)
		}
	}
	l.s("URGP=").d(int(be16(t[18:]))).s(" ")
	if n := int(t[12]>>4)*4 - wire.TCPMinLen; l.flags&LogTCPOpt != 0 && n > 0 {
		op := l.header(at+wire.TCPMinLen, n)
		if op == nil {
			l.s("OPT (TRUNCATED)")
			return false
		}
		l.hexDump(op)
	}
	return true
}

// udp is nf_log_dump_udp_header.
func (l *line) udp(p wire.Proto, at, frag int) bool {
	if p == wire.ProtoUDP {
		l.s("PROTO=UDP ")
	} else {
		l.s("PROTO=UDPLITE ")
	}
	if frag != 0 {
		return true
	}
	t := l.header(at, wire.UDPLen)
	if t == nil {
		l.incomplete(at)
		return false
	}
	l.s("SPT=").d(int(be16(t))).s(" DPT=").d(int(be16(t[2:]))).s(" LEN=").d(int(be16(t[4:]))).s(" ")
	return true
}

func (l *line) icmp(at, frag int, outer bool) {
	l.s("PROTO=ICMP ")
	if frag != 0 {
		return
	}
	t := l.header(at, wire.ICMPLen)
	if t == nil {
		l.incomplete(at)
		return
	}
	typ, code, hi, lo := t[0], t[1], be16(t[4:]), be16(t[6:])
	l.s("TYPE=").d(int(typ)).s(" CODE=").d(int(code)).s(" ")
	need := [...]int{0: 4, 3: 28, 4: 28, 5: 28, 8: 4, 11: 28, 12: 28, 13: 20, 14: 20, 17: 12, 18: 12}
	if int(typ) < len(need) && l.skb.Len()-at < need[typ] {
		l.incomplete(at)
		return
	}
	switch typ {
	case 0, 8:
		l.s("ID=").d(int(hi)).s(" SEQ=").d(int(lo)).s(" ")
		return
	case 12:
		l.s("PARAMETER=").d(int(hi >> 8)).s(" ")
		return
	case 5:
		l.s("GATEWAY=").ip4(wire.IP4(hi)<<16 | wire.IP4(lo)).s(" ")
	case 3, 4, 11:
	default:
		return
	}
	if outer {
		l.s("[")
		l.packet4(at+wire.ICMPLen, false)
		l.s("] ")
	}
	if typ == 3 && code == 4 {
		l.s("MTU=").d(int(lo)).s(" ")
	}
}

// noteLog gives a line to the reader.
func (p *Param) noteLog(w step.Why, text string) {
	words := make([]uint64, logWords)
	pack(words, text)
	p.NS.Note(p.SKB, w, words...)
}

// Target is log_tg: a line in the kernel's log, which is a note to the reader.
func (t *Log) Target(p *Param) Verdict {
	defer p.NS.In(step.LogTg, p.SKB).Out()
	if p.listening {
		p.noteLog(step.WhyXtLog, LogLine(p.NS, p.State, p.Family, p.SKB, t.Prefix, t.Flags))
	}
	return Continue
}

// Check is log_tg_check.
func (t *Log) Check(*CheckParam) core.Errno {
	if t.Level >= 8 {
		return einval
	}
	return 0
}

// Target is nflog_tg: programs of the model do not read nfnetlink_log; the packet
// goes on.
func (t *NFLog) Target(p *Param) Verdict {
	defer p.NS.In(step.NflogTg, p.SKB).Out()
	if p.listening {
		p.noteLog(step.WhyXtNFLog, LogLine(p.NS, p.State, p.Family, p.SKB, t.Prefix, 0))
	}
	return Continue
}

// traceFlags is NF_LOG_DEFAULT_MASK, which TRACE writes with.
const traceFlags = LogTCPSeq | LogTCPOpt | LogIPOpt | LogUID

// tracePacket is trace_packet: the line that TRACE writes about a rule.
func (p *Param) tracePacket(c *Chain, kind string, n int) {
	if !p.listening {
		return
	}
	prefix := "TRACE: " + c.table.Name + ":" + c.Name + ":" + kind + ":" + string(appendUint(nil, uint64(n))) + " "
	p.noteLog(step.WhyXtTrace, LogLine(p.NS, p.State, p.Family, p.SKB, prefix, traceFlags))
}

// traceRule is tracePacket of a rule. A rule for every packet with a plain verdict
// looks like the hidden one at the end of its chain.
func (p *Param) traceRule(c *Chain, n int, r *Rule) {
	kind := "rule"
	if s, ok := r.Target.(*Standard); ok && s.Verdict <= Return && r.unconditional() {
		kind = "return"
		if c.Builtin {
			kind = "policy"
		}
	}
	p.tracePacket(c, kind, n)
}

// traceEnd is tracePacket of the hidden rule at the end of a chain of the user's.
func (p *Param) traceEnd(c, base *Chain) {
	if p.SKB.NFTrace && c != base {
		p.tracePacket(c, "return", len(c.Rules)+1)
	}
}

// tracePolicy is tracePacket of the policy.
func (p *Param) tracePolicy(c *Chain) { p.tracePacket(c, "policy", len(c.Rules)+1) }

// bridgeInfo is what br_netfilter knows of a bridged packet: the ports.
func bridgeInfo(b *core.SKB) (in, out *core.Device, ok bool) {
	if b.NFBridge == nil {
		return nil, nil, false
	}
	return b.NFBridge.PhysIn, b.NFBridge.PhysOut, true
}
