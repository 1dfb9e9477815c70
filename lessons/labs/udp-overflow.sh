# lab: udp-overflow
# A receiver that does not read
# Datagrams wait in the socket until they are read. When its buffer is full the
# next are dropped and counted; the sender hears nothing of it.
# like: b03_udp_rcvbuf_overflow
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
ip netns exec h2 nc -u -l -w 1 -I 2304 9000 > /tmp/got &
server=$!
sleep 0.3
kill -STOP $server
(for i in 1 2 3 4 5 6 7 8; do printf '%0500d' $i; sleep 0.05; done) | h1 nc -u -w 1 -p 40000 10.0.1.2 9000
h2 ss -Haun
h2 nstat -asz UdpInDatagrams UdpInErrors UdpRcvbufErrors
echo "# it goes on"
kill -CONT $server
wait
wc -c < /tmp/got
h2 nstat -asz UdpInDatagrams UdpInErrors UdpRcvbufErrors
h1 nstat -asz UdpOutDatagrams IcmpInMsgs
