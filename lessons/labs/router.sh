# lab: router
# A router between two networks
# Each hop looks the destination up, takes one from the TTL and sends the packet
# on with its own addresses in the Ethernet header.
# like: c01_forward_ping
trap 'for n in h1 r h2; do ip netns del $n; done' EXIT
for n in h1 r h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r address 02:00:00:00:00:21
ip link add eth1 netns r address 02:00:00:00:00:22 type veth peer name eth0 netns h2 address 02:00:00:00:00:31
ip -n h1 addr add 10.0.1.10/24 dev eth0
ip -n r addr add 10.0.1.1/24 dev eth0
ip -n r addr add 10.0.2.1/24 dev eth1
ip -n h2 addr add 10.0.2.10/24 dev eth0
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.1.1
ip -n h2 route add default via 10.0.2.1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.2 # the links come up

ip -n r route
ip -n r route get 10.0.2.10 from 10.0.1.10 iif eth0
ip -n h1 route get 10.0.2.10
h1 ping -c 2 -i 0.2 -W 1 10.0.2.10
ip -n h1 neigh
ip -n r neigh | sort
r nstat -asz IpForwDatagrams IpInReceives IpInDelivers
h1 traceroute -n -q 1 10.0.2.10
