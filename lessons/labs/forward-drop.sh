# lab: forward-drop
# A router that forwards nothing
# The policy of the forward hook drops what would go through the router; what is
# for the router itself is not touched by it.
# like: d14_forward_policy_drop
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

r nft 'add table inet f; add chain inet f forward { type filter hook forward priority 0; policy drop; }'
h1 ping -c 1 -W 0.5 10.0.2.10
echo "status $?"
h1 ping -c 1 -W 1 10.0.2.1
echo "status $?"
r nstat -asz IpForwDatagrams IpInDelivers
r nft 'add rule inet f forward ct state established,related accept; add rule inet f forward iif eth0 oif eth1 counter accept'
h1 ping -c 1 -W 1 10.0.2.10
echo "one way: $?"
h2 ping -c 1 -W 0.3 10.0.1.10
echo "the other: $?"
r nft list ruleset
