package ipt

import (
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// rejects are the answers of REJECT, by family, in the order of the kernel's list.
var rejects = map[int][]struct {
	with               iptables.RejectWith
	name, short, xlate string
}{
	4: {{iptables.RejectNetUnreach, "icmp-net-unreachable", "net-unreach", "net-unreachable"}, {iptables.RejectHostUnreach, "icmp-host-unreachable", "host-unreach", "host-unreachable"},
		{iptables.RejectProtoUnreach, "icmp-proto-unreachable", "proto-unreach", "prot-unreachable"}, {iptables.RejectPortUnreach, "icmp-port-unreachable", "port-unreach", "port-unreachable"},
		{iptables.RejectNetProhibited, "icmp-net-prohibited", "net-prohib", "net-prohibited"}, {iptables.RejectHostProhibited, "icmp-host-prohibited", "host-prohib", "host-prohibited"},
		{iptables.RejectTCPReset, "tcp-reset", "tcp-rst", "tcp reset"}, {iptables.RejectAdminProhibited, "icmp-admin-prohibited", "admin-prohib", "admin-prohibited"}},
	6: {{iptables.Reject6NoRoute, "icmp6-no-route", "no-route", "no-route"}, {iptables.Reject6AdmProhibited, "icmp6-adm-prohibited", "adm-prohibited", "admin-prohibited"},
		{iptables.Reject6AddrUnreach, "icmp6-addr-unreachable", "addr-unreach", "addr-unreachable"}, {iptables.Reject6PortUnreach, "icmp6-port-unreachable", "port-unreach", "port-unreachable"},
		{iptables.Reject6TCPReset, "tcp-reset", "tcp-reset", "tcp reset"}, {iptables.Reject6PolicyFail, "icmp6-policy-fail", "policy-fail", "policy-fail"},
		{iptables.Reject6RejectRoute, "icmp6-reject-route", "reject-route", "reject-route"}},
}

func reject(fam int) *ext {
	port, reset, icmp := iptables.RejectPortUnreach, iptables.RejectTCPReset, "icmp"
	if fam == 6 {
		port, reset, icmp = iptables.Reject6PortUnreach, iptables.Reject6TCPReset, "icmpv6"
	}
	name := func(d *iptables.Reject) (name, xlate string) {
		for _, r := range rejects[fam] {
			if r.with == d.With {
				return r.name, r.xlate
			}
		}
		return "?", "?"
	}
	return of(kind[iptables.Reject]{name: "REJECT", fam: fam, target: true, opts: []opt{{name: "reject-with", id: 0, typ: tString}},
		init: func(d *iptables.Reject, _ int) { d.With = port },
		parse: func(c *call, d *iptables.Reject) {
			for _, r := range rejects[fam] {
				if hasPrefixFold(r.name, c.arg) || hasPrefixFold(r.short, c.arg) {
					d.With = r.with
					return
				}
			}
			if fam == 4 && (hasPrefixFold("echo-reply", c.arg) || hasPrefixFold("echoreply", c.arg)) {
				c.p.warn("--reject-with echo-reply no longer supported\n")
			}
			c.bad("unknown reject type \"%s\"", c.arg)
		},
		print: func(w *view, d *iptables.Reject) {
			n, _ := name(d)
			w.f(" reject-with %s", n)
		},
		save: func(w *view, d *iptables.Reject) {
			n, _ := name(d)
			w.f(" --reject-with %s", n)
		},
		xlate: func(w *view, d *iptables.Reject) bool {
			_, x := name(d)
			switch d.With {
			case port:
				w.add("reject")
			case reset:
				w.add("reject with %s", x)
			default:
				w.add("reject with %s type %s", icmp, x)
			}
			return true
		}})
}
