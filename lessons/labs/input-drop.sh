# lab: input-drop
# Dropped without a word
# A policy of drop at the input hook: the packet is gone after the IP layer
# counted it, before the protocol sees it. The sender waits in vain.
# like: a02_ping_input_drop
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

h2 nft 'add table inet filter; add chain inet filter input { type filter hook input priority filter; policy drop; }; add rule inet filter input tcp dport 22 accept'
h1 ping -c 1 -W 0.5 10.0.1.2
echo "status $?"
h2 nstat -asz IpInReceives IpInDelivers IcmpInMsgs | grep -v '#'
h2 nft 'chain inet filter input { policy accept; }'
h1 ping -c 1 -W 1 10.0.1.2
echo "status $?"
h2 nstat -asz IpInReceives IpInDelivers IcmpInMsgs | grep -v '#'
