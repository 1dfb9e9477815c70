package lab

import (
	"os"
	"strings"
	"testing"
)

// What a Linux 6.18 and its tools answered, in scenarios that are too small for a lab of
// their own: each was run on the real kernel first (packetwalk verify).
func TestScenarios(t *testing.T) {
	const pair = `for n in h1 h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0; ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 link set eth0 up; ip -n h2 link set eth0 up
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.3
`
	const six = `for n in h1 r h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r address 02:00:00:00:00:21
ip link add eth1 netns r address 02:00:00:00:00:22 type veth peer name eth0 netns h2 address 02:00:00:00:00:31
ip -n h1 addr add fd00:1::10/64 dev eth0 nodad; ip -n r addr add fd00:1::1/64 dev eth0 nodad
ip -n r addr add fd00:2::1/64 dev eth1 nodad; ip -n h2 addr add fd00:2::10/64 dev eth0 nodad
ip -n h1 link set eth0 up; ip -n r link set eth0 up; ip -n r link set eth1 up; ip -n h2 link set eth0 up
ip -n h1 route add default via fd00:1::1; ip -n h2 route add default via fd00:2::1
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
sleep 2.5
`
	for _, tt := range []struct{ name, setup, script, want string }{
		{"routes whose parts do not fit", pair, `
for r in "local 10.66.1.0/24 dev eth0 scope global" "10.66.1.0/24 dev eth0 scope nowhere" "blackhole 10.66.1.0/24 dev eth0" "10.66.1.0/24 via 10.0.1.2 scope host" \
	"10.66.1.0/24 dev eth0 onlink" "10.66.1.0/24 via 10.0.1.2 dev eth0 onlink scope link" "broadcast 10.66.1.0/24 dev eth0 scope global" "local 10.66.3.0/24 dev eth0 table main" "nat 10.66.1.0/24 via 10.0.1.2"; do
	ip -n h1 route add $r; echo $?
done`, `Error: Invalid scope.
2
Error: Invalid scope.
2
Error: Gateway, device and multipath can not be specified for this route type.
2
Error: Route with host scope can not have a gateway.
2
Error: Invalid flags for nexthop - PERVASIVE and ONLINK can not be set.
2
Error: Nexthop has invalid scope.
2
Error: Invalid scope.
2
0
Error: Invalid scope.
2
`},
		{"a rule of IPv6 without -6", pair, "ip -n h1 rule add to fd00::/8 lookup 100; ip -n h1 rule add from fd00::1 to fd00::/8; ip -n h1 -6 rule add to fd00::/8 lookup 100; echo $?",
			"Error: Invalid dst address.\nError: Invalid source address.\n0\n"},
		{"one's own address by the device that has it", pair, `h1 ping -q -c 1 -W 1 -I eth0 10.0.1.1 | grep -o "1 received"
h1 ping -q -c 1 -W 0.2 -I eth0 127.0.0.1 | grep -o ". received"`, "1 received\n0 received\n"},
		{"a hop limit of a route", pair, `ip -n h1 route add 10.0.1.2 dev eth0 hoplimit 7 quickack 1
ip -n h1 route show 10.0.1.2
h2 tcpdump -n -i eth0 -c 1 -v icmp 2>/dev/null | grep -o "ttl [0-9]*" & sleep 0.1; h1 ping -q -c 1 -W 1 10.0.1.2 > /dev/null; wait`,
			"10.0.1.2 dev eth0 scope link hoplimit 7 quickack 1 \nttl 7\n"},
		{"fragments of IPv6 through a router that tracks", six, `ip netns exec r nft 'table inet f { chain fw { type filter hook forward priority 0; ct state new counter; }; }'
ip netns exec h1 ping -q -c 1 -s 2000 -W 1 fd00:2::10 | grep -o ". received"
ip netns exec r nstat -asz Ip6FragCreates Ip6InTooBigErrors | awk 'NR > 1 { print $1, $2 }'`, "1 received\nIp6InTooBigErrors 0\nIp6FragCreates 4\n"},
		{"two sockets with SO_REUSEPORT, an address of nobody", pair, `h2 socat -u UDP-RECV:9000,reuseport OPEN:a,creat & sleep 0.1
h2 socat -u UDP-RECV:9000,reuseport OPEN:b,creat & sleep 0.1
h2 socat -u UDP-RECV:9001,bind=10.9.9.9,ip-freebind OPEN:c,creat & sleep 0.1
h2 ss -Huna | awk '{ print $4 }' | sort
h2 socat -u UDP-RECV:9001,bind=10.9.9.8 /dev/null 2>&1 | sed 's/.* E //'
echo x | h1 socat -u - UDP:10.0.1.2:9000,bind=10.9.9.9:5003 2>&1 | sed 's/.* E //'`, `0.0.0.0:9000
0.0.0.0:9000
10.9.9.9:9001
bind(5, {AF=2 10.9.9.8:9001}, 16): Cannot assign requested address
bind(5, {AF=2 10.9.9.9:5003}, 16): Cannot assign requested address
`},
		{"traceroute by echo requests", pair, `h1 traceroute -n -I -q 1 -w 1 10.0.1.2 | sed 's/[0-9.]* ms/T ms/'`,
			"traceroute to 10.0.1.2 (10.0.1.2), 30 hops max, 60 byte packets\n 1  10.0.1.2  T ms\n"},
		{"what ping refuses", pair, `h1 ping -c 1 -t 0 10.0.1.2; echo $?
h1 ping -c 1 -m 0x1f 10.0.1.2; echo $?
h1 ping -c 1 -p 0g 10.0.1.2; echo $?
h1 ping -c 1 -W 1 0.0.0.0 | head -1`, `ping: cannot set unicast time-to-live: Invalid argument
2
ping: invalid argument: '0x1f'
1
ping: patterns must be specified as hex digits: g
2
PING 0.0.0.0 (127.0.0.1) 56(84) bytes of data.
`},
		{"a router takes no redirects", "", `sysctl -qw net.ipv4.ip_forward=1; sysctl -n net.ipv4.conf.all.accept_redirects net.ipv4.conf.default.accept_redirects
sysctl -qw net.ipv4.conf.all.accept_redirects=1 net.ipv4.ip_forward=1; sysctl -n net.ipv4.conf.all.accept_redirects`, "0\n1\n1\n"},
		{"an error that waits does not stop a raw socket", pair, `ip -n h1 route add 10.0.9.0/24 via 10.0.1.2
h2 sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
ip -n h2 route add unreachable 10.0.9.0/24
h1 traceroute -n -I -q 3 -w 1 -m 1 10.0.9.1 | sed 's/[0-9.]* ms/T ms/g'
h2 nstat -asz IcmpInEchos IpInReceives | awk 'NR > 1 { print $1, $2 }'`, "traceroute to 10.0.9.1 (10.0.9.1), 1 hops max, 60 byte packets\n 1  10.0.1.2  T ms !H  T ms !H  T ms !H\nIpInReceives 3\nIcmpInEchos 0\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			script := tt.setup + strings.TrimSpace(tt.script) + "\n"
			if got, _ := runModel(t, script); got != tt.want {
				t.Errorf("the model prints otherwise:\n%s", lineDiff(tt.want, got))
			}
			if os.Getenv("PACKETWALK_KERNEL") == "" {
				return
			}
			if why := realTools(); why != "" {
				t.Skip(why)
			}
			if real, _ := runReal(t, script); real != tt.want {
				t.Errorf("the kernel prints otherwise:\n%s", lineDiff(tt.want, real))
			}
		})
	}
}
