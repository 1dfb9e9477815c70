# lab: ipv6-neighbours
# IPv6: an address is tried, neighbours are found
# A new address is tentative until nobody has objected (DAD). Then neighbour
# discovery does what ARP does, by ICMPv6 and multicast.
# like: g01_ping6_nd
trap 'ip netns del h1; ip netns del h2' EXIT
ip netns add h1
ip netns add h2
for h in h1 h2; do
	ip netns exec $h sysctl -qw net.ipv6.conf.default.router_solicitations=0
	ip -n $h link set lo up
done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add fd00:1::1/64 dev eth0
ip -n h2 addr add fd00:1::2/64 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.2 # the links come up

ip -n h1 -6 addr show dev eth0 | grep inet6
sleep 3
echo "# nobody objected"
ip -n h1 -6 addr show dev eth0 | grep inet6
ip -n h1 -6 route
ip -n h1 -6 route show table local
ip -n h1 route get fd00:1::2
h1 ping -c 2 -i 0.2 -W 1 fd00:1::2
ip -n h1 neigh | sort
h1 nstat -asz Icmp6OutEchos Icmp6InEchoReplies Icmp6OutNeighborSolicits Icmp6InNeighborAdvertisements
echo "# somebody has it already"
ip -n h1 addr add fd00:1::2/64 dev eth0
sleep 1.5
ip -n h1 -6 addr show dev eth0 | grep 'fd00:1::2'
