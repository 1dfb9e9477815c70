# lab: broadcast-ping
# A ping to everybody
# An echo request to the broadcast address is delivered, but not answered unless
# icmp_echo_ignore_broadcasts says so.
# like: b06_broadcast_ping
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

ip -n h1 route get 10.0.1.255
h1 ping -c 1 10.0.1.255
echo "status $?"
h1 ping -b -c 1 -W 0.3 10.0.1.255
h2 nstat -asz IcmpInEchos IcmpInMsgs IcmpInErrors IcmpOutEchoReps IpExtInBcastPkts
h2 sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0
h1 ping -b -c 1 -W 1 10.0.1.255
h2 nstat -asz IcmpInEchos IcmpInErrors IcmpOutEchoReps IpExtInBcastPkts
