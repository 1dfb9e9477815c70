package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/netfilter/nf_synproxy_core.c, ipt_SYNPROXY.c,
// nft_synproxy.c; RFC 4987 §3.6 (cookies).
//
// A SYN proxy shakes hands with a client before the server hears of it: the SYN is
// answered with a cookie, and nothing is remembered. Only when the client has
// answered the cookie does the server get a SYN; then both connections become one,
// whose numbers are shifted on their way.

// Options of a SYN proxy (NF_SYNPROXY_OPT_*).
const (
	SynproxyMSS       = 0x01
	SynproxyWScale    = 0x02
	SynproxySackPerm  = 0x04
	SynproxyTimestamp = 0x08
	SynproxyECN       = 0x10
)

// SynproxyInfo is struct nf_synproxy_info: what the server can do, as far as the
// proxy may say it.
type SynproxyInfo struct {
	Options uint8
	WScale  uint8
	MSS     uint16
}

// SynproxyTarget is struct xt_synproxy_info, the target SYNPROXY.
type SynproxyTarget struct{ SynproxyInfo }

// SynproxyStats is a line of /proc/net/stat/synproxy.
type SynproxyStats struct{ SynReceived, CookieInvalid, CookieValid, CookieRetrans, ConnReopened uint32 }

// synproxyNet is struct synproxy_net.
type synproxyNet struct {
	tmpl   *conntrack.Conn
	stats  SynproxyStats
	users  [2]int // of IPv4 and IPv6
	hooked [2]*synproxyHook
}

func (x *Tables) synproxy() *synproxyNet {
	if x.syn == nil {
		x.syn = &synproxyNet{}
	}
	if x.syn.tmpl == nil {
		conntrack.NewTable(x.ns)
		x.syn.tmpl = conntrack.NewSynproxyTemplate(x.ns)
	}
	return x.syn
}

// SynproxyStatsOf is what the namespace's SYN proxies have counted.
func SynproxyStatsOf(ns *core.Netns) (s SynproxyStats) {
	if x := Seen(ns); x != nil && x.syn != nil {
		return x.syn.stats
	}
	return s
}

// synproxyOptions is struct synproxy_options.
type synproxyOptions struct {
	options      uint8
	wscale       uint8
	mss          uint16
	encode       uint16 // the segment size that goes into the cookie
	tsval, tsecr uint32
}

// parse is synproxy_parse_options. What is cut off ends it.
func (o *synproxyOptions) parse(opt []byte) {
	for len(opt) > 0 && opt[0] != 0 {
		if opt[0] == 1 {
			opt = opt[1:]
			continue
		}
		if len(opt) < 2 || opt[1] < 2 || int(opt[1]) > len(opt) {
			return
		}
		v := opt[2:opt[1]]
		switch {
		case opt[0] == 2 && len(v) == 2:
			o.mss = be16(v)
			o.options |= SynproxyMSS
		case opt[0] == 3 && len(v) == 1:
			o.wscale = min(v[0], 14)
			o.options |= SynproxyWScale
		case opt[0] == 8 && len(v) == 8:
			o.tsval, o.tsecr = be32(v), be32(v[4:])
			o.options |= SynproxyTimestamp
		case opt[0] == 4 && len(v) == 0:
			o.options |= SynproxySackPerm
		}
		opt = opt[opt[1]:]
	}
}

// appendTo is synproxy_build_options.
func (o *synproxyOptions) appendTo(b []byte) []byte {
	if o.options&SynproxyMSS != 0 {
		b = append(b, 2, 4, byte(o.mss>>8), byte(o.mss))
	}
	sack := o.options&SynproxySackPerm != 0
	if o.options&SynproxyTimestamp != 0 {
		if sack {
			b = append(b, 4, 2, 8, 10)
		} else {
			b = append(b, 1, 1, 8, 10)
		}
		b = put32(put32(b, o.tsval), o.tsecr)
	} else if sack {
		b = append(b, 1, 1, 4, 2)
	}
	if o.options&SynproxyWScale != 0 {
		b = append(b, 1, 3, 3, o.wscale)
	}
	return b
}

func put32(b []byte, v uint32) []byte {
	return append(b, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

// Bits of the timestamp of a cookie.
const (
	stampNoScale = 0xf
	stampSack    = 1 << 4
	stampECN     = 1 << 5
	stampBits    = 0x3f
)

// stamp is synproxy_init_timestamp_cookie: what the client offered goes into the
// lowest bits of the timestamp.
func (o *synproxyOptions) stamp(info *SynproxyInfo, now sim.Time) {
	o.tsecr = o.tsval
	o.tsval = uint32(now/sim.Millisecond) &^ stampBits
	if o.options&SynproxyWScale != 0 {
		o.tsval |= uint32(o.wscale)
		o.wscale = info.WScale
	} else {
		o.tsval |= stampNoScale
	}
	if o.options&SynproxySackPerm != 0 {
		o.tsval |= stampSack
	}
	if o.options&SynproxyECN != 0 {
		o.tsval |= stampECN
	}
}

// unstamp is synproxy_check_timestamp_cookie.
func (o *synproxyOptions) unstamp() {
	if o.wscale = uint8(o.tsecr & stampNoScale); o.wscale != stampNoScale {
		o.options |= SynproxyWScale
	}
	if o.tsecr&stampSack != 0 {
		o.options |= SynproxySackPerm
	}
	if o.tsecr&stampECN != 0 {
		o.options |= SynproxyECN
	}
}

// segment is the TCP header of the packet, with all its options, and those; nil if
// it is not whole.
func (p *Param) segment(o *synproxyOptions) wire.TCP {
	h := wire.TCP(p.header(p.ThOff, wire.TCPMinLen))
	if h == nil || h.DataOff() < wire.TCPMinLen {
		return nil
	}
	if h = p.header(p.ThOff, h.DataOff()); h != nil {
		o.parse(h.Options())
	}
	return h
}

// Synproxy is nft_synproxy_do_eval and synproxy_tg4: what the proxy does with a
// packet of a client. Done tells that the packet is gone; go on otherwise. strict is
// iptables', which wants a SYN, or an ACK, and nothing else.
func (p *Param) Synproxy(info *SynproxyInfo, at step.Step, strict bool) Verdict {
	b := p.SKB
	if !conntrack.ChecksumOK(b, p.Family, p.ThOff, wire.ProtoTCP) {
		return Drop
	}
	var o synproxyOptions
	h := p.segment(&o)
	if h == nil {
		return Drop
	}
	f := h.Flags()
	syn, ack := f&wire.TCPSyn != 0, f&wire.TCPAck != 0
	if strict {
		rest := f & (wire.TCPFin | wire.TCPRst)
		syn, ack = syn && !ack && rest == 0, ack && !syn && rest == 0
	}
	switch {
	case syn:
		p.synproxySYN(info, h, &o)
	case ack:
		if !p.recvClientAck(h, &o, h.Seq()) {
			return Drop
		}
	default:
		p.NS.Why(step.WhySynproxyNot)
		return Continue
	}
	p.NS.Consume(b, at)
	p.gone = true
	return Stolen
}

// synproxySYN is nft_synproxy_tcp_options and what follows: a first SYN.
func (p *Param) synproxySYN(info *SynproxyInfo, h wire.TCP, o *synproxyOptions) {
	Of(p.NS).synproxy().stats.SynReceived++
	if f := h.Flags(); f&wire.TCPEce != 0 && f&wire.TCPCwr != 0 {
		o.options |= SynproxyECN
	}
	o.options &= info.Options
	o.encode, o.mss = o.mss, info.MSS
	if o.options&SynproxyTimestamp != 0 {
		o.stamp(info, p.NS.Clock.Now())
	} else {
		o.options &^= SynproxyWScale | SynproxySackPerm | SynproxyECN
	}
	if p.Family == core.NFIPv6 {
		p.sendClientSynack6(h, o)
	} else {
		p.sendClientSynack4(h, o)
	}
}

// recvClientAck is synproxy_recv_client_ack of both families: seq is the first byte
// that the client will send.
func (p *Param) recvClientAck(h wire.TCP, o *synproxyOptions, seq uint32) bool {
	if p.Family == core.NFIPv6 {
		return p.recvClientAck6(h, o, seq)
	}
	return p.recvClientAck4(h, o, seq)
}

func (p *Param) recvClientAck4(h wire.TCP, o *synproxyOptions, seq uint32) bool {
	defer p.NS.In(step.SynproxyRecvClientAck, p.SKB).Out()
	return p.checkClientAck(h, o, seq)
}

func (p *Param) recvClientAck6(h wire.TCP, o *synproxyOptions, seq uint32) bool {
	defer p.NS.In(step.SynproxyRecvClientAck6, p.SKB).Out()
	return p.checkClientAck(h, o, seq)
}

func (p *Param) checkClientAck(h wire.TCP, o *synproxyOptions, seq uint32) bool {
	s, mss := Of(p.NS).synproxy(), uint16(0)
	if c, ok := p.cookies(); ok {
		src, dst := p.ends()
		mss = c.CookieCheck(src, dst, h)
	}
	if mss == 0 {
		s.stats.CookieInvalid++
		p.NS.Why(step.WhySynproxyBad)
		return false
	}
	s.stats.CookieValid++
	p.NS.Why(step.WhySynproxyGood, uint64(mss))
	o.mss = mss
	o.options |= SynproxyMSS
	if o.options&SynproxyTimestamp != 0 {
		o.unstamp()
	}
	p.sendServerSyn(h, o, seq)
	return true
}

// cookies is who makes cookies: TCP.
func (p *Param) cookies() (core.SynCookies, bool) {
	h := p.NS.Proto(uint8(wire.ProtoTCP))
	if p.Family == core.NFIPv6 {
		h = p.NS.Proto6(uint8(wire.ProtoTCP))
	}
	c, ok := h.(core.SynCookies)
	return c, ok
}

// ends are source and destination of the packet.
func (p *Param) ends() (src, dst wire.Addr) {
	if p.Family == core.NFIPv6 {
		h := p.SKB.IP6()
		return h.Src(), h.Dst()
	}
	h := p.SKB.IP4()
	return h.Src().Addr(), h.Dst().Addr()
}
