# lab: conntrack-tcp
# The life of a tracked connection
# The router writes down what each side of a TCP connection says, and how long it
# may be silent. conntrack -E tells it as it happens.
# like: d22_ct_tcp_lifecycle
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

r nft 'add table ip f; add chain ip f forward { type filter hook forward priority 0; }; add rule ip f forward ct state new,established counter'
ip netns exec r conntrack -E 2> /dev/null > events &
E=$!
h2 nc -l 80 > /dev/null &
sleep 0.5
(sleep 0.3; echo x; sleep 0.3) | h1 nc -N -p 40000 10.0.2.10 80 &
sleep 0.2
r conntrack -L 2> /dev/null
wait $!
sleep 0.1
r conntrack -L 2> /dev/null
echo x | h1 nc -p 40001 10.0.2.10 81
r conntrack -L -p tcp --dport 81
sleep 0.2
kill $E
wait
echo "# the events"
cat events
rm events
r conntrack -D -p tcp --orig-port-src 40000 2> /dev/null
r conntrack -L
r conntrack -C
