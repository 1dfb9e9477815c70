# lab: udp-echo
# UDP to an open port
# A datagram finds its socket; the answer finds its way back. Look at the
# counters of both sides.
# like: b01_udp_open
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

ip -n h1 neigh replace 10.0.1.2 lladdr 02:00:00:00:00:21 dev eth0 nud permanent
ip -n h2 neigh replace 10.0.1.1 lladdr 02:00:00:00:00:11 dev eth0 nud permanent
(sleep 0.6; echo world) | h2 nc -u -l -w 1 10.0.1.2 9000 > /tmp/h2 &
sleep 0.3
h2 ss -Huln
(echo hello; sleep 0.6) | h1 nc -u -p 40000 -w 1 10.0.1.2 9000 > /tmp/h1
wait
head /tmp/h1 /tmp/h2
h1 nstat -asz UdpInDatagrams UdpOutDatagrams UdpNoPorts
h2 nstat -asz UdpInDatagrams UdpOutDatagrams UdpNoPorts
