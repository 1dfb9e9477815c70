# lab: broadcast
# Sent to everybody
# A datagram to the broadcast address of the subnet, or to all ones: every host
# takes it, and no error comes back when nobody listens.
# like: h02_broadcast
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

ip -n h1 route add 255.255.255.255/32 dev eth0
h2 nc -u -l -w 1 9000 > /tmp/got &
sleep 0.3
echo subnet | h1 nc -u -b -w 1 -p 40000 10.0.1.255 9000
echo "status $?"
wait
cat /tmp/got
echo none | h1 nc -u -b -w 1 10.0.1.255 9001
echo "status $?"
echo no | h1 nc -u -w 1 10.0.1.255 9000
echo "without permission: $?"
h2 nstat -asz IpExtInBcastPkts UdpInDatagrams UdpNoPorts IcmpOutDestUnreachs
