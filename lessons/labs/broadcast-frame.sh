# lab: broadcast-frame
# A router and a broadcast frame
# A packet for another network, in a frame for everybody: if each router on the
# link forwarded it there would be many of it. So none does, and none counts it.
# like: c10_forward_l2_broadcast
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
ip -n h1 neigh add 10.0.1.1 lladdr 02:00:00:00:00:21 dev eth0
ip -n r neigh add 10.0.1.10 lladdr 02:00:00:00:00:11 dev eth0
ip -n r neigh add 10.0.2.10 lladdr 02:00:00:00:00:31 dev eth1
ip -n h2 neigh add 10.0.2.1 lladdr 02:00:00:00:00:22 dev eth0
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
# frame HEX: h1 sends exactly these bytes, from the Ethernet header on.
frame() { printf %b "$(printf '\\0%03o' $(echo "$1" | sed 's/../0x& /g'))" | h1 socat -u - INTERFACE:eth0; sleep 0.05; }
sleep 0.3 # the links come up

frame 02000000002102000000001108004500002412344000400111920a00010a0a00020a0800666200070001616263646566676800000000000000000000
r nstat -asz IpInReceives IpForwDatagrams IpInDiscards IpInAddrErrors
frame ffffffffffff02000000001108004500002412344000400111920a00010a0a00020a0800666200070001616263646566676800000000000000000000
r nstat -asz IpInReceives IpForwDatagrams IpInDiscards IpInAddrErrors
h2 nstat -asz IcmpInEchos
