# lab: ipv6-firewall
# A firewall that forgets neighbour discovery
# In IPv6 the neighbours are found by ICMPv6: an input policy of drop that does
# not let it in makes the host deaf.
# like: g06_nft_ip6_input
trap 'ip netns del h1; ip netns del h2' EXIT
ip netns add h1
ip netns add h2
for h in h1 h2; do
	ip netns exec $h sysctl -qw net.ipv6.conf.default.router_solicitations=0
	ip -n $h link set lo up
done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add fd00:1::1/64 dev eth0 nodad
ip -n h2 addr add fd00:1::2/64 dev eth0 nodad
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.2 # the links come up

sleep 1.5
h2 nft -f - <<'N'
table inet f {
	chain input {
		type filter hook input priority 0; policy drop;
		icmpv6 type echo-request counter accept
		tcp dport 80 accept
	}
}
N
h1 ping -c 1 -W 0.5 fd00:1::2
echo "status $?"
ip -n h1 neigh show fd00:1::2
h2 nft add rule inet f input icmpv6 type '{ nd-neighbor-solicit, nd-neighbor-advert }' counter accept
ip -n h1 neigh flush dev eth0
h1 ping -c 1 -W 1 fd00:1::2
ip -n h1 neigh show fd00:1::2
h2 nft list chain inet f input | grep -c counter
