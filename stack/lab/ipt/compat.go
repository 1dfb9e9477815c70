package ipt

import (
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// compat writes what nftables has no expression for: add_match, add_target and
// add_compat of nft.c.
func (x *encoder) compat(r *rule, m *inst) {
	x.add(&nftables.Match{
		X:     iptables.MatchEntry{Match: engineMatch(m), Text: x.p.matchText(r, m)},
		Proto: uint8(r.proto), InvProto: r.inv&invProto != 0,
	})
}

func (x *encoder) compatTarget(r *rule) {
	x.add(&nftables.Target{X: engineTarget(r.target), Text: x.p.targetText(r), Proto: uint8(r.proto), InvProto: r.inv&invProto != 0})
}

func isCompat(x nftables.Expr) bool { m, t := compatOf(x); return m != nil || t != nil }

// compatOf is what nft_compat runs: a match or a target.
func compatOf(x nftables.Expr) (iptables.Match, iptables.Target) {
	switch e := x.(type) {
	case *nftables.Match:
		return e.X.Match, nil
	case *nftables.Target:
		return nil, e.X
	}
	return nil, nil
}
