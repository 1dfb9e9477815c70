# lab: link-down
# A cable is pulled
# When the other end goes down, the route stays but is marked; a packet is
# thrown away without a word to its sender. When the own end goes down, the
# route is gone.
# like: a15_link_down
trap 'ip netns del h1; ip netns del h2' EXIT
ip netns add h1
ip netns add h2
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
for h in h1 h2; do ip -n $h link set lo up; ip -n $h link set eth0 up; done
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.2 # the links come up

ip -n h1 route
ip -n h2 link set eth0 down
sleep 0.2
echo "# the peer is down"
ip -n h1 -br link show eth0
ip -n h1 route
ip -n h1 route get 10.0.1.2
echo x | h1 nc -u -q 0 10.0.1.2 9000
echo "status $?"
ip -n h1 link set eth0 down
echo "# so are we"
ip -n h1 route
ip -n h1 route get 10.0.1.2
h1 ping -c 1 10.0.1.2
echo "status $?"
h1 nstat -asz IpOutNoRoutes
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
sleep 0.2
ip -n h1 route
h1 ping -c 1 -W 1 10.0.1.2
