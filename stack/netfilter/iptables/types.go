package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Verdict is what a target says (NF_*, XT_CONTINUE, XT_RETURN).
type Verdict uint8

// The verdicts.
const (
	Drop     Verdict = iota // NF_DROP
	Accept                  // NF_ACCEPT
	Stolen                  // NF_STOLEN: the packet is gone
	Queue                   // NF_QUEUE: not modelled
	Return                  // XT_RETURN: back to the chain that jumped here, or the policy
	Continue                // XT_CONTINUE: the next rule
)

// A Match is struct xt_match with its data (struct xt_entry_match). One Match
// belongs to one rule.
type Match interface {
	// Name is the name of the extension: tcp.
	Name() string
	// Match reports whether the packet is one that the rule wants.
	Match(p *Param) bool
}

// A Target is struct xt_target with its data (struct xt_entry_target). One Target
// belongs to one rule.
type Target interface {
	// Name is the name of the extension: LOG. Of a Standard it is the verdict's, of
	// a Jump the chain's.
	Name() string
	// Target acts on the packet.
	Target(p *Param) Verdict
}

// A Checker is a Match or Target that may not stand everywhere, or that prepares
// itself when its rule is loaded (checkentry). Each successful Check is
// answered by one Destroy, if there is one.
type Checker interface {
	Check(c *CheckParam) core.Errno
}

// A Destroyer is a Match or Target that holds something (destroy).
type Destroyer interface{ Destroy(c *CheckParam) }

// A Resetter begins anew when its table is replaced: tokens of a limit, counts of
// a statistic. It is called after every Check of the new table went well.
type Resetter interface{ Reset(c *CheckParam) }

// A CheckParam is struct xt_mtchk_param, xt_tgchk_param: where a Match or Target is
// to stand.
type CheckParam struct {
	NS       *core.Netns
	Family   core.Family // NFIPv4, NFIPv6; NFBridge and so on from nftables
	Table    string      // the name: "filter"
	HookMask uint        // 1<<core.PreRouting and so on: where packets come from to it
	Proto    uint8       // the rule's -p, 0 for any
	InvProto bool
	Compat   bool   // it stands in an nftables rule (nft_compat)
	Rule     *Rule  // of a table, nil in nftables
	Err      string // what the kernel's log says of the refusal, "" for nothing
}

// A Counter is struct xt_counters: bytes of IP packets.
type Counter struct{ Packets, Bytes uint64 }

// IP is struct ipt_ip, ip6t_ip6: what a rule wants of the IP header. The zero
// value wants nothing.
type IP struct {
	Src, Dst         wire.Addr // as wire.IP4.Addr() of IPv4
	SrcMask, DstMask wire.Addr // the bits that count, see PlenMask and Mask4
	In, Out          string    // device, "" any; eth+ is all that begin with eth
	Proto            uint8     // 0: any
	Frag             bool      // -f: later fragments only (IPv4)

	InvSrc, InvDst, InvIn, InvOut, InvProto, InvFrag bool
}

// PlenMask is the mask of a prefix's length, of IP and Range-like fields.
func PlenMask(f core.Family, plen int) wire.Addr {
	if f != core.NFIPv6 {
		plen += 96
	}
	m := wire.Addr{Hi: ^uint64(0), Lo: ^uint64(0)}
	switch {
	case plen <= 0:
		m = wire.Addr{}
	case plen < 64:
		m = wire.Addr{Hi: m.Hi << (64 - plen)}
	case plen < 128:
		m.Lo <<= 128 - plen
	}
	if f != core.NFIPv6 && plen == 96 {
		m = wire.Addr{}
	}
	return m
}

// Mask4 is an IPv4 mask in a wire.Addr.
func Mask4(m uint32) wire.Addr {
	if m == 0 {
		return wire.Addr{}
	}
	return wire.Addr{Hi: ^uint64(0), Lo: 0xffffffff<<32 | uint64(m)}
}

// A MatchEntry is a Match in a rule, and its options as iptables -S writes them:
// "-m tcp --dport 22". The text is for people; the engine does not read it.
type MatchEntry struct {
	Match
	Text string
}

// A Rule is struct ipt_entry, ip6t_entry. A nil Target lets the packet go on to the
// next rule.
type Rule struct {
	IP      IP
	Matches []MatchEntry
	Target  Target
	Text    string // of the target: "-j LOG --log-prefix x"; for people
	Counter

	jump     *Chain // of a Jump: where to
	comefrom uint   // hooks from which packets come here
}

// A Chain is a list of rules. A built-in one stands at a hook.
type Chain struct {
	Name    string
	Builtin bool
	Hook    core.HookNum
	Policy  Verdict // of a built-in chain: Accept or Drop
	Counter         // of the policy
	Rules   []*Rule

	table *Table
	pass  uint64 // seen by the check of loops
	doing bool
}

// A Replace is struct ipt_replace: all chains of a table, the built-in ones first.
// Get gives the present ones, Table.Replace puts others in their place.
type Replace struct{ Chains []*Chain }

// Chain is the chain of a name, nil if there is none.
func (r *Replace) Chain(name string) *Chain {
	for _, c := range r.Chains {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Standard is the target of a plain verdict: Accept, Drop, Queue, Return.
type Standard struct{ Verdict Verdict }

// Jump is -j CHAIN, with Goto -g CHAIN.
type Jump struct {
	Chain string
	Goto  bool
}

// NotModelledMatch and NotModelledTarget stand for an extension that is real but
// not modelled.
type NotModelledMatch struct{ What string }

// NotModelledTarget is NotModelledMatch for targets.
type NotModelledTarget struct{ What string }

// A PortRange is from Min to Max, both included.
type PortRange struct{ Min, Max uint16 }

// AnyPort is all ports.
var AnyPort = PortRange{0, 65535}

// A U32Range is from Min to Max, both included.
type U32Range struct{ Min, Max uint32 }
