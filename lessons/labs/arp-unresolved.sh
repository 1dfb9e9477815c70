# lab: arp-unresolved
# Nobody answers ARP
# Three requests, one second apart, then the neighbour is FAILED and the sender
# is told that the host is unreachable. Try another count: sysctl
# net.ipv4.neigh.eth0.mcast_solicit.
# like: a04_arp_unresolved
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

h1 sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=2
(sleep 0.5; echo "# while it waits"; ip -n h1 neigh) &
h1 ping -c 1 -W 5 10.0.1.99
wait
echo "# afterwards"
ip -n h1 neigh
h1 nstat -asz IcmpInDestUnreachs IcmpOutDestUnreachs IpOutRequests
