package lab

import (
	"bytes"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
)

// Three switches in a ring, and a host at two of them.
const ring = `
for n in a b c h1 h2; do ip netns add $n; ip netns exec $n sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1; done
i=1
for n in a b c; do
	ip -n $n link add br0 address 02:00:00:00:00:0$i type bridge stp_state 1 forward_delay 200 hello_time 100 mcast_snooping 0
	i=$((i+1))
done
pair() {
	ip link add $1$2 netns $1 type veth peer name $2$1 netns $2
	ip -n $1 link set $1$2 up; ip -n $2 link set $2$1 up
}
pair a b; pair b c; pair c a; pair a h1; pair c h2
ip -n a link set ab master br0; ip -n a link set ac master br0; ip -n a link set ah1 master br0
ip -n b link set ba master br0; ip -n b link set bc master br0
ip -n c link set cb master br0; ip -n c link set ca master br0; ip -n c link set ch2 master br0
for n in a b c; do ip -n $n link set br0 up; done
ip -n h1 addr add 10.0.0.1/24 dev h1a; ip -n h2 addr add 10.0.0.2/24 dev h2c
states() { for n in a b c; do ip netns exec $n bridge link | sed 's/^[0-9]*: //; s/[@:].* state/ state/; s/ priority.*//'; done | tr '\n' ';'; echo; }
from() { ip -n $1 -d link show $2 | grep -o 'designated_cost [0-9]*\|designated_bridge [^ ]*' | tr '\n' ' '; echo; }
topo() { ip -n $1 -d link show br0 | grep -o 'root_port.*topology_change_detected [01]'; ip -n $1 -d link show br0 | grep -o 'ageing_time [0-9]*'; }
`

// A ring is cut at one place, a lost link opens it again, and what the user asks of the
// protocol is done.
func TestSpanningTree(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"a ring is cut once", `sleep 6; states; topo b; ip netns exec h1 ping -c 1 -W 1 10.0.0.2 | grep -c ttl`,
			"ab state forwarding;ac state forwarding;ah1 state forwarding;ba state forwarding;bc state forwarding;cb state blocking;ca state forwarding;ch2 state forwarding;\n" +
				"root_port 1 root_path_cost 2 topology_change 1 topology_change_detected 0\nageing_time 400\n1\n"},
		{"slowly", `sleep 1; states; sleep 2; states`,
			"ab state listening;ac state listening;ah1 state listening;ba state listening;bc state listening;cb state blocking;ca state listening;ch2 state listening;\n" +
				"ab state learning;ac state learning;ah1 state learning;ba state learning;bc state learning;cb state blocking;ca state learning;ch2 state learning;\n"},
		{"a lost link", `sleep 6; ip -n a link set ac down; sleep 7; states; topo c; from c cb`,
			"ab state forwarding;ac state disabled;ah1 state forwarding;ba state forwarding;bc state forwarding;cb state forwarding;ca state disabled;ch2 state forwarding;\n" +
				"root_port 1 root_path_cost 4 topology_change 1 topology_change_detected 0\nageing_time 400\ndesignated_cost 2 designated_bridge 8000.2:0:0:0:0:2 \n"},
		{"a silent bridge", `sleep 6; ip netns exec a nft 'add table bridge f; add chain bridge f o { type filter hook output priority 0; }; add rule bridge f o ether daddr 01:80:c2:00:00:00 drop'; sleep 30; states; topo b`,
			"ab state forwarding;ac state forwarding;ah1 state forwarding;ba state forwarding;bc state forwarding;cb state forwarding;ca state forwarding;ch2 state forwarding;\n" +
				"root_port 0 root_path_cost 0 topology_change 1 topology_change_detected 1\nageing_time 400\n"},
		{"another root", `sleep 6; ip -n c link set br0 type bridge priority 4096; sleep 6; states; from a ab; ip -n a -d link show br0 | grep -o 'root_port.*root_path_cost [0-9]*'`,
			"ab state forwarding;ac state forwarding;ah1 state forwarding;ba state blocking;bc state forwarding;cb state forwarding;ca state forwarding;ch2 state forwarding;\n" +
				"designated_cost 2 designated_bridge 8000.2:0:0:0:0:1 \nroot_port 2 root_path_cost 2\n"},
		{"costs decide", `ip -n c link set ca type bridge_slave cost 100; sleep 6; states`,
			"ab state forwarding;ac state forwarding;ah1 state forwarding;ba state forwarding;bc state forwarding;cb state forwarding;ca state blocking;ch2 state forwarding;\n"},
		{"guards", `ip -n a link set ah1 type bridge_slave guard on; ip -n b link set bc type bridge_slave root_block on; ip -n c link set br0 type bridge priority 0; sleep 6; states; bridge -n b link set dev bc state 3`,
			"ab state forwarding;ac state forwarding;ah1 state forwarding;ba state forwarding;bc state blocking;cb state forwarding;ca state forwarding;ch2 state forwarding;\nRTNETLINK answers: Device or resource busy\n"},
		{"times have limits", `ip -n a link set br0 type bridge forward_delay 100; ip -n a link set br0 type bridge hello_time 50; ip -n a link set br0 type bridge max_age 100; ip -n a link set ab type bridge_slave cost 0; ip -n a link set ab type bridge_slave priority 64`,
			strings.Repeat("RTNETLINK answers: Numerical result out of range\n", 5)},
		{"off", `sleep 1; ip -n a link set br0 type bridge stp_state 0; ip -n a link set br0 down; ip -n a link set br0 up; ip netns exec a bridge link | grep -c forwarding`, "3\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := stack.NewWorld(1)
			l := NewLab(w, w.AddHost("host"))
			var out bytes.Buffer
			l.Stdout, l.Stderr = &out, &out
			if _, err := l.Run("lab.sh", ring+c.script); err != nil {
				t.Fatal(err)
			}
			if out.String() != c.want {
				t.Errorf("got\n%s\nwant\n%s", out.String(), c.want)
			}
		})
	}
}
