# lab: udp-closed
# UDP to a closed port
# Nobody listens: the receiver answers with an ICMP error, and the sender's next
# call fails.
# like: b02_udp_closed
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

(echo a; sleep 0.3; echo b; sleep 0.3) | h1 nc -u -p 40000 -q 0 10.0.1.2 9000
echo "nc: $?"
h1 nstat -asz IcmpInDestUnreachs IcmpInMsgs UdpOutDatagrams IpOutDiscards
h2 nstat -asz UdpNoPorts IcmpOutDestUnreachs UdpInDatagrams
h1 nc -u -z -v -w 1 10.0.1.2 9000
echo "nc: $?"
