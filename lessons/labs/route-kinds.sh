# lab: route-kinds
# Routes that say no
# Unreachable, prohibit, blackhole and throw routes: what a program gets that
# sends there, and what a host gets behind the router.
# like: b11_udp_local_source
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

for x in h1 r; do
	ip -n $x route add blackhole 10.66.1.0/24
	ip -n $x route add unreachable 10.66.2.0/24
	ip -n $x route add prohibit 10.66.3.0/24
	ip -n $x route add throw 10.66.4.0/24
done
ip -n h1 route
echo "# on the host itself"
for i in 1 2 3 4; do
	ip -n h1 route get 10.66.$i.1
	echo "status $?"
	h1 ping -c 1 -W 0.3 10.66.$i.1
	echo "status $?"
done
echo "# behind the router"
ip -n h1 route flush type blackhole
ip -n h1 route flush type unreachable
ip -n h1 route flush type prohibit
ip -n h1 route del throw 10.66.4.0/24
ip -n h1 route
h1 sysctl -qw net.ipv4.icmp_ratelimit=0
r sysctl -qw net.ipv4.icmp_ratelimit=0
for i in 1 2 3 4; do h1 ping -c 1 -W 0.3 10.66.$i.1; done
r nstat -asz IpExtInNoRoutes IcmpOutDestUnreachs IpForwDatagrams
