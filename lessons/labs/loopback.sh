# lab: loopback
# Packets to oneself
# An address of one's own is a local route: the packet turns round in the
# loopback device, whatever device the address belongs to.
# like: a10_loopback_ping a11_loopback_tcp
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

ip -n h1 route show table local
ip -n h1 route get 10.0.1.1
ip -n h1 route get 127.0.0.5
h1 ping -c 1 127.0.0.1
h1 ping -c 1 10.0.1.1
h1 nc -l 127.0.0.1 8080 > /tmp/got &
sleep 0.3
echo hello | h1 nc -N -p 40000 127.0.0.1 8080
wait
cat /tmp/got
h1 ss -Htan
echo "# what the wire saw, and what lo saw"
h1 sh -c 'for d in eth0 lo; do echo $d $(cat /sys/class/net/$d/statistics/tx_packets); done' | sed 's/eth0 [0-9]*/eth0 -/'
ip -n h1 link set lo down
h1 ping -c 1 -W 0.3 127.0.0.1
echo "status $?"
