# lab: netdev-ingress
# Before the IP layer, and after it
# The ingress hook of a device sees each frame before IP counts it; the egress
# hook sees it when IP has done its part.
# like: d17_netdev_ingress_egress
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

h2 nft -f - <<'N'
table netdev f {
	chain in {
		type filter hook ingress device "eth0" priority 0;
		udp dport 1001 counter drop
	}
	chain out {
		type filter hook egress device "eth0" priority 0;
		icmp type destination-unreachable counter drop
	}
}
N
ip -n h1 neigh replace 10.0.1.2 lladdr 02:00:00:00:00:21 dev eth0 nud permanent
ip -n h2 neigh replace 10.0.1.1 lladdr 02:00:00:00:00:11 dev eth0 nud permanent
echo x | h1 nc -u -q 0 10.0.1.2 1001
sleep 0.1
h2 nstat -asz IpInReceives UdpNoPorts IcmpOutDestUnreachs
echo x | h1 nc -u -q 0 10.0.1.2 1002
sleep 0.1
h2 nstat -asz IpInReceives UdpNoPorts IcmpOutDestUnreachs
h1 nstat -asz IcmpInDestUnreachs
h2 nft list ruleset
