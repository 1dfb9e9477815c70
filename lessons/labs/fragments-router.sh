# lab: fragments-router
# A router that puts fragments together
# With connection tracking a router collects the fragments of a packet first; its
# rules see it whole, and it is cut again on the way out.
# like: d19_conntrack_defrag
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

r nft 'add table ip f; add chain ip f forward { type filter hook forward priority 0; }; add rule ip f forward ct state new counter'
ip netns exec h2 tcpdump -tnlv --immediate-mode -i eth0 ip 2> /dev/null &
T=$!
ip netns exec h2 socat -u UDP-RECV:9000 CREATE:got &
S=$!
sleep 0.5
frame 02000000002102000000001108004500002c00092000401143a50a00010a0a00020a0001232800409872787878787878787878787878787878780000
r nstat -asz IpReasmReqds IpReasmOKs IpFragCreates IpForwDatagrams
frame 02000000002102000000001108004500002c00092003401143a20a00010a0a00020a7878787878787878787878787878787878787878787878780000
r nstat -asz IpReasmReqds IpReasmOKs IpFragCreates IpForwDatagrams
frame 02000000002102000000001108004500002400090006401163a70a00010a0a00020a7878787878787878787878787878780a00000000000000000000
r nstat -asz IpReasmReqds IpReasmOKs IpFragCreates IpForwDatagrams
r nft list chain ip f forward
r conntrack -L 2> /dev/null
kill $T $S
wait
cat got
rm got
