# lab: two-hosts
# Two hosts on a wire
# One ping: the first packet waits until ARP has found the neighbour, then both
# sides know each other. Look at the neighbour tables before and after; try a
# second ping, and an address that nobody has.
# like: a01_ping_local_deliver a03_arp_first_packet
trap 'ip netns del h1; ip netns del h2' EXIT
ip netns add h1
ip netns add h2
ip link add eth0 netns h1 address 02:00:00:00:01:01 type veth peer name eth0 netns h2 address 02:00:00:00:02:01
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
sleep 0.2 # the links come up
echo "# before"
ip -n h1 neigh
ip -n h1 route get 10.0.1.2
ip netns exec h1 ping -c 2 -i 0.3 -W 1 10.0.1.2
echo "# after"
ip -n h1 neigh
ip -n h2 neigh
ip netns exec h1 nstat -az IcmpOutEchos IcmpInEchoReps IpInDelivers IpOutRequests
ip netns exec h2 nstat -az IcmpInEchos IcmpOutEchoReps IpInDelivers IpOutRequests
