package lab

import (
	"strings"
	"testing"
)

// What waits before a device goes when the device goes down, loses its carrier or is
// taken away; nothing comes of a timer that the queue had set.
func TestQueueOfDeviceThatGoes(t *testing.T) {
	const wires = `ip netns add a; ip netns add b
for n in a b; do ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1; done
ip link add eth0 netns a type veth peer name eth0 netns b
ip -n a addr add 10.0.0.1/24 dev eth0; ip -n b addr add 10.0.0.2/24 dev eth0
for n in a b; do ip -n $n link set lo up; ip -n $n link set eth0 up; done
ip netns exec a tc qdisc add dev eth0 root tbf rate 8kbit burst 2k limit 200000
waits() { ip netns exec a tc -s qdisc show dev eth0 | grep -o '[0-9]*p requeues'; }
ip netns exec a ping -qc 6 -i 0.01 -s 900 -W 0.2 10.0.0.2 > /dev/null
waits
`
	for _, c := range []struct{ name, script, want string }{
		{"down", "ip -n a link set eth0 down; waits; ip -n a link set eth0 up; sleep 3; waits", "4p requeues|0p requeues|0p requeues|"},
		{"deleted", "ip -n a link del eth0; sleep 5; echo over", "4p requeues|over|"},
		{"namespace deleted", "ip netns del a; sleep 5; echo over", "4p requeues|over|"},
		// The ifindexes are alike: it is told a second after the last change of a link.
		{"no carrier", `ip -n b link set eth0 down
ip -n a -o link | grep -o 'eth0.*UP> \|eth0.*state [A-Z]*' | sed "s,.*<,<,"
sleep 1.5; ip -n a -o link show eth0 | grep -o '<.*>'; waits`, "4p requeues|<BROADCAST,MULTICAST,UP> mtu 1500 qdisc tbf state UP|<NO-CARRIER,BROADCAST,MULTICAST,UP>|0p requeues|"},
	} {
		out, status := runModel(t, wires+c.script)
		if got := strings.ReplaceAll(out, "\n", "|"); got != c.want || status != 0 {
			t.Errorf("%s: %q, want %q; status %d", c.name, got, c.want, status)
		}
	}
}
