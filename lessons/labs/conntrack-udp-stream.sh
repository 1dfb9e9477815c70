# lab: conntrack-udp-stream
# When is UDP a stream?
# An answer makes the connection two-way; only when packets still come after two
# seconds is it a stream with the longer timeout.
# Try: `net.netfilter.nf_conntrack_udp_timeout_stream`.
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
sleep 0.3 # the links come up
r nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; add rule ip f c ct state new counter; add rule ip f c ct state established counter'

h2 socat -T4 UDP4-RECVFROM:9001,fork EXEC:cat 2> /dev/null &
P=$!
sleep 0.2
(echo a; sleep 0.5; echo b; sleep 2.2; echo c; sleep 0.3) | h1 nc -u -p 5000 -w1 10.0.2.10 9001
r conntrack -L -p udp 2>/dev/null | sed 's/udp *17 [0-9]*/udp 17 T/'
r conntrack -D -p udp 2>/dev/null | wc -l
kill $P; wait
r nft list table ip f
