package nft

import (
	"strings"
	"testing"
)

// TestNATMaps: what nft 1.0.6 on Linux 6.18 lists of maps that NAT takes addresses,
// ports and networks from.
func TestNATMaps(t *testing.T) {
	for _, c := range []struct{ fam, rule, list string }{
		{"ip", "meta l4proto tcp dnat ip addr . port to ip saddr map { 1.2.3.4 : 10.9.0.7 . 8080, 1.2.3.5 : 10.9.0.8 . 80 }", "meta l4proto tcp dnat ip to ip saddr map { 1.2.3.4 : 10.9.0.7 . 8080, 1.2.3.5 : 10.9.0.8 . 80 }"},
		{"ip", "meta l4proto tcp dnat to ip saddr map { 1.2.3.4 : 10.9.0.7 . 8080 }", "meta l4proto tcp dnat ip to ip saddr map { 1.2.3.4 : 10.9.0.7 . 8080 }"},
		{"inet", "meta l4proto tcp dnat ip addr . port to ip saddr map @m", "meta l4proto tcp dnat ip to ip saddr map @m"},
		{"ip", "snat ip prefix to ip saddr map { 10.0.0.0/24 : 10.77.0.0/24, 10.9.0.0/16 : 10.78.0.0/16 }", "snat ip prefix to ip saddr map { 10.0.0.0/24 : 10.77.0.0/24, 10.9.0.0/16 : 10.78.0.0/16 }"},
		{"ip6", "snat ip6 prefix to ip6 saddr map { 2001:db8::/64 : 2001:db8:1::/64 }", "snat ip6 prefix to ip6 saddr map { 2001:db8::/64 : 2001:db8:1::/64 }"},
		{"ip6", "meta l4proto tcp dnat ip6 addr . port to ip6 saddr map { 2001:db8::1 : 2001:db8:1::1 . 80 }", "meta l4proto tcp dnat ip6 to ip6 saddr map { 2001:db8::1 : 2001:db8:1::1 . 80 }"},
		{"ip", "snat to 10.9.0.100-10.9.0.103", "snat to 10.9.0.100/30"},
		{"ip", "snat to 10.9.0.100/30", "snat to 10.9.0.100/30"},
		{"inet", "snat ip to 10.9.0.100-10.9.0.102", "snat ip to 10.9.0.100-10.9.0.102"},
	} {
		l, e, st := load("table " + c.fam + " n {\n map m { type ipv4_addr : ipv4_addr . inet_service; elements = { 1.1.1.1 : 10.0.0.1 . 80 } }\n chain c {\n" + c.rule + "\n}\n}\n")
		if st != 0 || !strings.Contains(l, "\t\t"+c.list+"\n") {
			t.Errorf("%s:\n%s%s", c.rule, e, l)
		}
	}
}
