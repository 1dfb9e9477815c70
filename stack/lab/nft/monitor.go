package nft

import (
	"fmt"
	"math/big"
	"regexp"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Monitor is what `nft monitor trace` knows of the rules: their texts, as they were
// when it began or when they came.
type Monitor struct {
	Texts []RuleText
}

// A RuleText is a rule as nft wrote it into its cache: with the counters of then.
type RuleText struct {
	Family       core.Family
	Table, Chain string
	Handle       uint64
	Text         string
}

// NewMonitor reads the rules that are there.
func (env *Env) NewMonitor() *Monitor {
	m := &Monitor{}
	for _, t := range nftables.Of(env.NS).List {
		for _, c := range t.Chains {
			for _, r := range c.Rules {
				m.Texts = append(m.Texts, RuleText{Family: t.Family, Table: t.Name, Chain: c.Name, Handle: r.Handle, Text: env.ruleText(r)})
			}
		}
	}
	return m
}

func (env *Env) ruleText(r *nftables.Rule) string {
	o := newOutput(env)
	o.rule(r)
	return o.b.String()
}

var counterText = regexp.MustCompile(`packets \d+ bytes \d+`)

// text is a rule's text. One that came later counted nothing then.
func (m *Monitor) text(env *Env, r *nftables.Rule) string {
	t := r.Chain.Table
	for _, x := range m.Texts {
		if x.Handle == r.Handle && x.Chain == r.Chain.Name && x.Table == t.Name && x.Family == t.Family {
			return x.Text
		}
	}
	s := counterText.ReplaceAllString(env.ruleText(r), "packets 0 bytes 0")
	m.Texts = append(m.Texts, RuleText{Family: t.Family, Table: t.Name, Chain: r.Chain.Name, Handle: r.Handle, Text: s})
	return s
}

// Trace is what `nft monitor trace` prints of an event: nothing, or one or two lines
// (netlink_events_trace_cb).
func (m *Monitor) Trace(env *Env, e *nftables.TraceEvent) string {
	o := newOutput(env)
	head := fmt.Sprintf("trace id %08x %s %s %s ", e.ID, familyName(e.Table.Family), e.Table.Name, e.Chain.Name)
	s := ""
	if e.First {
		s = head + "packet: " + o.packet(e) + "\n"
	}
	switch {
	case e.Kind == nftables.TracePolicy:
		s += head + "policy " + o.verdict(e.Verdict.Code, "") + " "
		if e.SKB.Mark != 0 {
			s += fmt.Sprintf("meta mark 0x%08x ", e.SKB.Mark)
		}
		s += "\n"
	case e.Rule != nil:
		v := e.Verdict
		chain := ""
		if v.Chain != nil {
			chain = v.Chain.Name
		}
		s += head + "rule " + m.text(env, e.Rule) + " (verdict " + o.verdict(v.Code, chain) + ")\n"
	case e.Verdict.Code == nftables.Return:
		s += head + "verdict return \n"
	}
	return s
}

// The sizes of the headers that the kernel tells (NFT_TRACETYPE_*_HSIZE).
const (
	traceNetwork   = 40
	traceTransport = 20
)

// packet prints a packet's devices and headers (trace_print_packet).
func (o *output) packet(e *nftables.TraceEvent) string {
	b, s := e.SKB, ""
	if d := e.Hook.In; d != nil {
		s += fmt.Sprintf("iif \"%s\" ", d.Name)
	}
	if d := e.Hook.Out; d != nil {
		s += fmt.Sprintf("oif \"%s\" ", d.Name)
	}
	if n := b.Offset() - b.MAC; b.MAC >= 0 && n > 0 {
		ll := b.From(b.MAC)
		ll = ll[:min(n, len(ll))]
		if len(ll) >= 14 && e.Hook.In != nil && e.Hook.In.Type == core.LinkEther {
			s += fmt.Sprintf("ether saddr %s ether daddr %s ", wire.Ethernet(ll).Src(), wire.Ethernet(ll).Dst())
		} else {
			s += rawField("ll", 0, ll)
		}
	}
	all := b.Data()
	at := b.NetworkOffset()
	if at < 0 || at > len(all) {
		return s
	}
	end := len(all)
	if e.HasL4 {
		end = min(max(e.L4, at), len(all))
	}
	n := all[at:min(end, at+traceNetwork)]
	proto := uint8(0)
	known := e.HasL4 && e.L4 >= 0 && e.L4 < len(all)
	// Where the table is of one family, the transport header's name says it.
	implied := func(word string) string {
		switch {
		case !known || e.Table.Family != core.NFIPv4 && e.Table.Family != core.NFIPv6:
		case proto == 6, proto == 17, proto == 1, proto == 58:
			return ""
		}
		return word + tProto.text(o, num(uint64(proto)), 8) + " "
	}
	switch {
	case len(n) >= 20 && n[0]>>4 == 4:
		h := wire.IPv4(n)
		proto = uint8(h.Proto())
		s += fmt.Sprintf("ip saddr %s ip daddr %s ip dscp %s ip ecn %s ip ttl %d ip id %d %sip length %d ", h.Src(), h.Dst(),
			tDSCP.text(o, num(uint64(h.DSCP())), 6), tECN.text(o, num(uint64(h.ECN())), 2), h.TTL(), h.ID(), implied("ip protocol "), h.TotalLen())
	case len(n) >= 40 && n[0]>>4 == 6:
		h := wire.IPv6(n)
		proto = uint8(h.NextHeader())
		s += fmt.Sprintf("ip6 saddr %s ip6 daddr %s ip6 dscp %s ip6 ecn %s ip6 hoplimit %d ip6 flowlabel %d %sip6 length %d ", h.Src(), h.Dst(),
			tDSCP.text(o, num(uint64(h.TrafficClass()>>2)), 6), tECN.text(o, num(uint64(h.TrafficClass()&3)), 2), h.HopLimit(), h.FlowLabel(), implied("ip6 nexthdr "), h.PayloadLen())
	default:
		s += rawField("nh", 0, n)
	}
	if !e.HasL4 || e.L4 < 0 || e.L4 > len(all) {
		return s
	}
	return s + o.transport(proto, all[e.L4:min(len(all), e.L4+traceTransport)])
}

// transport prints a transport header, and what of the bytes is left as a number.
func (o *output) transport(proto uint8, t []byte) string {
	be := func(i int) int { return int(t[i])<<8 | int(t[i+1]) }
	switch {
	case proto == 6 && len(t) >= 20:
		f := t[13]
		flags := fmt.Sprintf("0x%x", f)
		if f&(f-1) == 0 && f != 0 {
			flags = tTCPFlag.text(o, num(uint64(f)), 8)
		}
		return fmt.Sprintf("tcp sport %d tcp dport %d tcp flags == %s tcp window %d ", be(0), be(2), flags, be(14))
	case proto == 17 && len(t) >= 8:
		return fmt.Sprintf("udp sport %d udp dport %d udp length %d ", be(0), be(2), be(4)) + rawField("th", 64, t[8:])
	case proto == 1 && len(t) >= 8:
		return fmt.Sprintf("icmp type %s icmp code %s icmp id %d icmp sequence %d ", tICMPType.text(o, num(uint64(t[0])), 8), tICMPCode.text(o, num(uint64(t[1])), 8), be(4), be(6)) + rawField("th", 64, t[8:])
	case proto == 58 && len(t) >= 8:
		return fmt.Sprintf("icmpv6 type %s icmpv6 code %s icmpv6 parameter-problem %d ", tICMP6.text(o, num(uint64(t[0])), 8), tICMP6Code.text(o, num(uint64(t[1])), 8), be(4)<<16|be(6)) + rawField("th", 64, t[8:])
	}
	return rawField("th", 0, t)
}

// rawField is bytes that nft has no name for.
func rawField(base string, off int, b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return fmt.Sprintf("@%s,%d,%d 0x%x ", base, off, 8*len(b), new(big.Int).SetBytes(b))
}
