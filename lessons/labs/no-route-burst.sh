# lab: no-route-burst
# How many errors come back?
# Errors cost bandwidth. A router sends a sender only a few in a burst, then one
# a second.
# like: c27_no_route_burst
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
ip -n h1 neigh add 10.0.1.1 lladdr 02:00:00:00:00:21 dev eth0
ip -n r neigh add 10.0.1.10 lladdr 02:00:00:00:00:11 dev eth0
ip -n r neigh add 10.0.2.10 lladdr 02:00:00:00:00:31 dev eth1
ip -n h2 neigh add 10.0.2.1 lladdr 02:00:00:00:00:22 dev eth0
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.3 # the links come up

show() { r nstat -asz IpExtInNoRoutes IcmpOutDestUnreachs IcmpOutTimeExcds IcmpOutRateLimitHost | sed 1d; }
for i in 1 2 3 4 5 6 7 8; do h1 ping -c 1 -W 0.05 10.99.0.$i | grep -e From -e loss; done
show
sleep 2.5
for i in 1 2; do h1 ping -c 1 -W 0.05 10.99.1.$i | grep -e From -e loss; done
show
ip -n h1 route add 10.0.2.0/24 via 10.0.1.1
sleep 6
for i in 1 2 3 4 5 6 7 8; do h1 ping -t 1 -c 1 -W 0.05 10.0.2.10 | grep -e From -e loss; done
show
