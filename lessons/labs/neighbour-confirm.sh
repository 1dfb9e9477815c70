# lab: neighbour-confirm
# A conversation keeps a neighbour known
# Both entries are stale. TCP goes on, and every acknowledgement that comes back
# proves that the neighbour is there: no ARP request is needed.
# Try: the same with UDP, and look for the probes.
trap 'for n in h1 h2; do ip netns del $n; done' EXIT
for n in h1 h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.3 # the links come up
h1 ip neigh replace 10.0.1.2 lladdr 02:00:00:00:00:21 dev eth0 nud stale
h2 ip neigh replace 10.0.1.1 lladdr 02:00:00:00:00:11 dev eth0 nud stale
h1 sysctl -qw net.ipv4.neigh.eth0.delay_first_probe_time=1
h2 sysctl -qw net.ipv4.neigh.eth0.delay_first_probe_time=1
h2 nc -l -p 7000 > got & sleep 0.1
(echo one; sleep 0.4; echo two; sleep 1.5; echo three) | h1 nc -N -p 40000 10.0.1.2 7000
wait; cat got; rm got
h1 ip neigh; h2 ip neigh
