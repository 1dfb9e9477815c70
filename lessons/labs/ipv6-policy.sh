# lab: ipv6-policy
# IPv6: rules, sources, metrics
# The same questions as with IPv4: which rule, which table, which source
# address.
# like: c18_source_address
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

ip -n h1 addr add fd00:1::5/64 dev eth0 nodad
ip -n h1 addr add fd00:9::9/128 dev lo
ip -n h1 route add fd00:50::/32 via fd00:1::1
ip -n h1 route add fd00:51::/64 via fd00:1::1 src fd00:9::9
ip -n h1 route add fd00:52::/64 via fd00:1::1 metric 100
ip -n h1 route add fd00:52::/64 via fd00:1::7 metric 50
ip -n h1 route add fd00:53::/64 via fd00:1::7 table 100
ip -n h1 -6 rule add pref 100 from fd00:1::5 table 100
ip -n h1 -6 rule add pref 110 to fd00:66::/64 prohibit
ip -n h1 -6 rule add pref 120 fwmark 7 table 100
ip -n h1 -6 rule
ip -n h1 -6 route
g() { echo "? $*"; ip -n h1 route get "$@"; s=$?; [ $s = 0 ] || echo "status $s"; }
g fd00:2::10
g fd00:1::1
g fd00:51::1
g fd00:52::1
g fd00:53::1
g fd00:53::1 from fd00:1::5
g fd00:53::1 mark 7
g fd00:66::1
g fd00:9::9
g ::1
ip -n r -6 route get fd00:2::10 from fd00:1::10 iif eth0
