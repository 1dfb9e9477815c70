# lab: other-mac
# A frame for somebody else
# A frame with another MAC address still reaches the network card. The IP layer
# throws it away before it counts it: only a counter of the device knows.
# like: a13_otherhost_mac
trap 'for n in h1 h2; do ip netns del $n; done' EXIT
for n in h1 h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
for n in h1 h2; do ip netns exec $n sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1; done
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip -n h1 neigh add 10.0.1.2 lladdr 02:00:00:00:00:21 dev eth0
ip -n h2 neigh add 10.0.1.1 lladdr 02:00:00:00:00:11 dev eth0
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
# frame HEX: h1 sends exactly these bytes, from the Ethernet header on.
frame() { printf %b "$(printf '\\0%03o' $(echo "$1" | sed 's/../0x& /g'))" | h1 socat -u - INTERFACE:eth0; sleep 0.05; }
sleep 0.3 # the links come up

frame 02000000002102000000001108004500001d123440004011129a0a0001010a00010203e8232800094ac9780000000000000000000000000000000000
h2 nstat -asz IpInReceives UdpNoPorts
frame 02000000003102000000001108004500001d123440004011129a0a0001010a00010203e8232800094ac9780000000000000000000000000000000000
h2 nstat -asz IpInReceives UdpNoPorts
h2 ip -s -s link show eth0
