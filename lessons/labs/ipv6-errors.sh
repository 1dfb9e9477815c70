# lab: ipv6-errors
# IPv6: what a host is told
# No route, hop limit, nobody at that address, a closed port, a packet too big:
# each is an ICMPv6 error with its code. Routers never cut IPv6 packets.
# like: g04_udp6_closed
trap 'for n in h1 r h2; do ip netns del $n; done' EXIT
for n in h1 r h2; do
	ip netns add $n
	ip netns exec $n sysctl -qw net.ipv6.conf.default.router_solicitations=0
	ip -n $n link set lo up
done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r address 02:00:00:00:00:21
ip link add eth1 netns r address 02:00:00:00:00:22 type veth peer name eth0 netns h2 address 02:00:00:00:00:31
ip -n h1 addr add fd00:1::10/64 dev eth0 nodad
ip -n r addr add fd00:1::1/64 dev eth0 nodad
ip -n r addr add fd00:2::1/64 dev eth1 nodad
ip -n h2 addr add fd00:2::10/64 dev eth0 nodad
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via fd00:1::1
ip -n h2 route add default via fd00:2::1
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 2

h1 sysctl -qw net.ipv6.icmp.ratelimit=0
r sysctl -qw net.ipv6.icmp.ratelimit=0
h2 sysctl -qw net.ipv6.icmp.ratelimit=0
h1 ping -c 1 -W 1 fd00:2::10
h1 ping -c 1 -W 1 2001:db8::1
h1 ping -t 1 -c 1 -W 1 fd00:2::10
h1 ping -c 1 -W 5 fd00:2::99
ip -n r route add prohibit fd00:66::/64
ip -n r route add blackhole fd00:67::/64
ip -n r route add unreachable fd00:68::/64
for i in 66 67 68; do h1 ping -c 1 -W 0.3 fd00:$i::1; done
echo "# a smaller link"
ip -n r link set eth1 mtu 1300
ip -n h2 link set eth0 mtu 1300
h1 ping -c 1 -W 1 -M do -s 1400 fd00:2::10
ip -n h1 route get fd00:2::10
h1 ping -c 1 -W 1 -s 1400 fd00:2::10
(echo a; sleep 0.3) | h1 nc -u -p 40000 -w 1 fd00:2::10 9000
echo "nc: $?"
h1 nc -v -n -w 1 fd00:2::10 81 < /dev/null
echo "nc: $?"
r nstat -asz Ip6InHdrErrors Ip6InTooBigErrors Ip6OutForwDatagrams
h1 nstat -asz Icmp6InDestUnreachs Icmp6InPktTooBigs Icmp6InTimeExcds
