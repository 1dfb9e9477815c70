# lab: martians
# Addresses that may not be on the wire
# A packet from 127.0.0.1, or from one of the router's own addresses, is dropped
# before routing. log_martians would tell; the counters say little.
# like: c07_martians
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

ip -n h1 addr add 10.0.1.77/24 dev eth0
for s in 10.0.1.77 10.0.2.1 224.0.0.9; do
	echo "# from $s"
	ip -n r route get 10.0.2.10 from $s iif eth0
	echo "status $?"
done
for d in 127.0.0.1 0.0.0.0 240.0.0.1 255.255.255.255 10.0.1.255 10.0.2.255 224.0.0.5; do
	echo "# to $d"
	ip -n r route get $d from 10.0.1.77 iif eth0
	echo "status $?"
done
echo "# a packet with the router's own address as source"
ip -n h1 addr add 10.0.2.1/32 dev lo
h1 ping -c 1 -W 0.3 -I 10.0.2.1 10.0.2.10
h2 nstat -asz IcmpInEchos
r nstat -asz IpForwDatagrams IpInReceives
sleep 3.2 # who is asked for by ARP, and does not answer, is given up
