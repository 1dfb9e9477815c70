package view

import (
	"bytes"
	"strings"
	"testing"
)

// TestRuleWords: what a rule that lost says of the packet is the packet's own
// value, before any mask and by nft's words for it.
func TestRuleWords(t *testing.T) {
	s := labSession(t, `ip netns add a; ip netns add b
ip link add eth0 netns a type veth peer name eth0 netns b
ip -n a addr add 10.0.1.2/24 dev eth0; ip -n b addr add 10.0.1.1/24 dev eth0
for n in a b; do ip -n $n link set lo up; ip -n $n link set eth0 up; done
ip netns exec b iptables -A INPUT -s 192.168.0.0/16 -j DROP
ip netns exec b iptables -A INPUT ! -d 10.0.0.0/20 -j DROP
ip netns exec b iptables -A INPUT -p udp -j DROP
ip netns exec b iptables -A INPUT -p tcp --tcp-flags SYN,ACK ACK -j DROP
ip netns exec b nft -f - <<'N'
table ip t {
	chain c {
		type filter hook input priority 0;
		ip saddr 192.168.0.0/20 drop
		ct state established,related drop
		iifname != "eth0" drop
		tcp flags fin,rst drop
		meta pkttype multicast drop
		ip dscp cs1 drop
		ip daddr . tcp dport { 10.0.0.1 . 22, 10.0.0.2 . 80 } drop
	}
}
N
ip netns exec a nc -w 1 10.0.1.1 80
`)
	var b bytes.Buffer
	if err := Plain(&b, s, PlainOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"ip saddr is 10.0.1.2, the rule wants 192.168.0.0/16.",
		"ip daddr is 10.0.1.1, the rule wants != 10.0.0.0/20.",
		"meta l4proto is TCP, the rule wants udp.",
		"tcp flags & (syn|ack) is SYN, the rule wants ack.",
		"ip saddr is 10.0.1.2, the rule wants 192.168.0.0/20.",
		"ct state is new, the rule wants established,related.",
		`iifname is eth0, the rule wants != "eth0".`,
		"tcp flags is SYN, the rule wants fin,rst.",
		"meta pkttype is host, the rule wants multicast.",
		"ip dscp is cs0, the rule wants cs1.",
		"ip daddr . tcp dport is 10.0.1.1 . 80, the rule wants { 10.0.0.1 . 22, 10.0.0.2 . 80 }.",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
}
