# lab: fragment-timeout
# A fragment is missing
# A host keeps the fragments of a packet for a while (30 s by default, here 1 s).
# If the first is there it can tell the sender that the rest did not come.
# like: c12_fragment_timeout
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

h2 sysctl -qw net.ipv4.ipfrag_time=1
show() { echo "# $*"; h2 nstat -asz IpReasmReqds IpReasmOKs IpReasmFails IpReasmTimeout IcmpOutTimeExcds | sed 1d; }
ip netns exec h1 tcpdump -tnl --immediate-mode -i eth0 icmp 2> /dev/null &
T=$!
sleep 0.5
frame 02000000002102000000001108004500002400052000401144c20a0001010a0001020001232800409915787878787878787800000000000000000000
show only the first
sleep 1.5
show 1.5 s later
frame 02000000002102000000001108004500002c00060005401164b40a0001010a0001027878787878787878787878787878787878787878787878780000
show only the last
sleep 1.5
show 1.5 s later
kill $T
wait
