# lab: proto-unreachable
# A protocol that nobody speaks
# No program and no part of the kernel takes IP protocol 200: the sender is told
# “protocol unreachable”.
# like: b08_proto_unreachable
trap 'for n in h1 h2; do ip netns del $n; done' EXIT
for n in h1 h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip -n h1 neigh add 10.0.1.2 lladdr 02:00:00:00:00:21 dev eth0
ip -n h2 neigh add 10.0.1.1 lladdr 02:00:00:00:00:11 dev eth0
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
# frame HEX: h1 sends exactly these bytes, from the Ethernet header on.
frame() { printf %b "$(printf '\\0%03o' $(echo "$1" | sed 's/../0x& /g'))" | h1 socat -u - INTERFACE:eth0; sleep 0.05; }
sleep 0.3 # the links come up

ip netns exec h1 tcpdump -tnl --immediate-mode -i eth0 ip 2> /dev/null &
T=$!
sleep 0.5
frame 02000000002102000000001108004500001c1234400040c811e40a0001010a0001027061796c6f616421000000000000000000000000000000000000
sleep 0.1
kill $T
wait
h2 nstat -asz IpInReceives IpInUnknownProtos IpInDelivers IcmpOutDestUnreachs
h1 nstat -asz IcmpInDestUnreachs
