# lab: nexthop-objects
# Next hops with a name of their own
# A next hop is made once and used by many routes; a group shares among several.
# Changing it changes all routes.
# like: c21_ecmp
trap 'for n in h1 r1 r2; do ip netns del $n; done' EXIT
for n in h1 r1 r2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r1 address 02:00:00:00:00:21
ip link add eth1 netns h1 address 02:00:00:00:00:12 type veth peer name eth0 netns r2 address 02:00:00:00:00:31
ip -n h1 addr add 10.0.1.10/24 dev eth0
ip -n h1 addr add 10.0.3.10/24 dev eth1
ip -n r1 addr add 10.0.1.1/24 dev eth0
ip -n r2 addr add 10.0.3.1/24 dev eth0
for n in r1 r2; do ip -n $n addr add 10.0.9.9/32 dev lo; ip -n $n link set eth0 up; done
ip -n h1 link set eth0 up
ip -n h1 link set eth1 up
h1() { ip netns exec h1 "$@"; }
sleep 0.2 # the links come up

ip -n h1 nexthop add id 1 via 10.0.1.1 dev eth0
ip -n h1 nexthop add id 2 via 10.0.3.1 dev eth1
ip -n h1 nexthop add id 9 blackhole
ip -n h1 nexthop add id 10 group 1,3/2
echo "status $?"
ip -n h1 nexthop
ip -n h1 route add 10.0.9.0/24 nhid 1
ip -n h1 route add 10.66.0.0/16 nhid 9
ip -n h1 route
ip -n h1 route get 10.0.9.9
ip -n h1 route get 10.66.0.1
ip -n h1 nexthop replace id 1 via 10.0.3.1 dev eth1
ip -n h1 route
ip -n h1 route get 10.0.9.9
ip -n h1 nexthop del id 1
ip -n h1 route
