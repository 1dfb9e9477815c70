package lab

import (
	"bytes"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
)

const cornerNet4 = `trap 'for n in h1 h2; do ip netns del $n; done' EXIT
for n in h1 h2; do
	ip netns add $n
	ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	ip -n $n link set lo up
done
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
frame() { printf %b "$(printf '\\0%03o' $(echo "$2" | sed 's/../0x& /g'))" | ip netns exec $1 socat -u - INTERFACE:${3:-eth0}; sleep 0.05; }
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip -n h1 neigh replace 10.0.1.2 lladdr 02:00:00:00:00:21 dev eth0
ip -n h2 neigh replace 10.0.1.1 lladdr 02:00:00:00:00:11 dev eth0
sleep 0.3
`

const cornerNet6 = `trap 'for n in h1 h2; do ip netns del $n; done' EXIT
for n in h1 h2; do
	ip netns add $n
	ip netns exec $n sysctl -qw net.ipv6.conf.default.router_solicitations=0 net.ipv6.conf.all.router_solicitations=0
	ip -n $n link set lo up
done
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
frame() { printf %b "$(printf '\\0%03o' $(echo "$2" | sed 's/../0x& /g'))" | ip netns exec $1 socat -u - INTERFACE:${3:-eth0}; sleep 0.05; }
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add fd00:1::1/64 dev eth0 nodad
ip -n h2 addr add fd00:1::2/64 dev eth0 nodad
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
sleep 2.5
`

// Corners of the stack: what Linux 6.18 printed.
func TestCorners(t *testing.T) {
	for _, c := range []struct{ name, net, script, want string }{
		{"mcast_resolicit asks everybody before it gives up", cornerNet4, `h1 sysctl -qw net.ipv4.neigh.eth0.retrans_time_ms=200 net.ipv4.neigh.eth0.ucast_solicit=1 net.ipv4.neigh.eth0.mcast_resolicit=2 net.ipv4.neigh.eth0.app_solicit=1
ip -n h2 link set eth0 arp off
ip -n h1 neigh change 10.0.1.2 dev eth0 nud probe
sleep 1.1
ip -n h1 neigh show 10.0.1.2 dev eth0
ip -n h1 -s link show eth0 | tail -1 | tr -s ' '
`, `10.0.1.2 FAILED 
 126 3 0 0 0 0 
`},
		{"a router's prefix and its route, and who forwards forgets the router", cornerNet6, `frame h1 33330000000102000000001186dd6000000000303afffe800000000000000000000000000011ff020000000000000000000000000001860007f13200003c0000000000000000030440c0000000640000003200000000fd000077000000000000000000000000 eth0
sleep 2.5
ip -n h2 -6 route show | sed 's/expires [0-9]*sec/expires/' | grep -v '^fe80\|^fd00:1:'
ip -n h2 -6 addr show dev eth0 | grep -o 'fd00:77.*'
ip netns exec h2 sysctl -qw net.ipv6.conf.all.forwarding=1
ip -n h2 -6 route show | sed 's/expires [0-9]*sec/expires/' | grep -v '^fe80\|^fd00:1:'
`, `fd00:77::/64 dev eth0 proto kernel metric 256 expires pref medium
default via fe80::11 dev eth0 proto ra metric 1024 expires hoplimit 50 pref medium
fd00:77::ff:fe00:21/64 scope global dynamic mngtmpaddr 
fd00:77::/64 dev eth0 proto kernel metric 256 expires pref medium
`},
		{"too big, about a port that nobody has, is not believed", cornerNet6, `frame h2 02000000001102000000002186dd6000000000403a40fd000001000000000000000000000002fd00000100000000000000000000000102008d3b000005146000000000101140fd000001000000000000000000000001fd00000100000000000000000000000213880009001010557878787878787878 eth0
ip -n h1 -6 route get fd00:1::2 | grep -c mtu
h1 nstat -asz Icmp6InErrors | tail -1 | tr -s ' '
`, `0
Icmp6InErrors 1 0.0
`},
		{"ping -M do over IPv6 does not cut", cornerNet6, `h1 ping -c 1 -W 0.3 -M do -s 1460 fd00:1::2
h1 ping -c 1 -W 0.3 -I fd00:1::9 fd00:1::2
h1 ping -c 1 -W 0.5 -M dont -s 1460 fd00:1::2 | grep -c ttl
`, `PING fd00:1::2(fd00:1::2) 1460 data bytes
ping: local error: message too long, mtu: 1500

--- fd00:1::2 ping statistics ---
1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms

ping: bind icmp socket: Cannot assign requested address
1
`},
		{"what one may set of the fragments' memory", cornerNet4, `h1 sysctl -w net.ipv4.ipfrag_high_thresh=0
h1 sysctl -w net.ipv4.ipfrag_low_thresh=5000000
h1 sysctl -w net.ipv4.ipfrag_low_thresh=1000
h1 sysctl -w net.ipv4.ipfrag_high_thresh=1000
h1 sysctl -w net.ipv6.ip6frag_high_thresh=1
`, `sysctl: setting key "net.ipv4.ipfrag_high_thresh": Invalid argument
sysctl: setting key "net.ipv4.ipfrag_low_thresh": Invalid argument
net.ipv4.ipfrag_low_thresh = 1000
net.ipv4.ipfrag_high_thresh = 1000
sysctl: setting key "net.ipv6.ip6frag_high_thresh": Invalid argument
`},
		{"a tunnel does not hear itself, and fits its device", cornerNet4, `for h in 1 2; do ip -n h$h link add vx0 address 02:00:00:00:42:0$h type vxlan id 42 local 10.0.1.$h group 239.1.1.1 dstport 4789 dev eth0 ttl 3; ip -n h$h addr add 192.168.42.$h/24 dev vx0; ip -n h$h link set vx0 up; done
sleep 2.3
h1 ping -c 1 -W 1 192.168.42.2 | grep -c ttl
h1 nstat -asz IpExtInMcastPkts | tail -1 | tr -s ' '
ip -n h1 link set vx0 mtu 1451
ip -n h1 link set vx0 mtu 1450
ip netns exec h1 bridge fdb replace 02:00:00:00:42:02 dev vx0 dst 10.77.1.77
h1 ping -c 1 -W 0.3 192.168.42.2 | grep -c ttl
ip -n h1 -s link show vx0 | tail -1 | tr -s ' '
`, `1
IpExtInMcastPkts 0 0.0
RTNETLINK answers: Invalid argument
0
 112 2 1 0 1 0 
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := stack.NewWorld(1)
			l := NewLab(w, w.AddHost("host"))
			var out bytes.Buffer
			l.Stdout, l.Stderr = &out, &out
			if _, err := l.Run("lab.sh", c.net+c.script); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
