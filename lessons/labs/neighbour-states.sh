# lab: neighbour-states
# The life of a neighbour entry
# A stale entry is used at once; after a while the kernel asks whether it is
# still right (DELAY, PROBE) and hears that it is (REACHABLE). A permanent entry
# is never asked.
# like: a06_neigh_stale_delay_probe
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

h1 sysctl -qw net.ipv4.neigh.eth0.delay_first_probe_time=1
ip -n h1 neigh replace 10.0.1.2 lladdr 02:00:00:00:00:21 dev eth0 nud stale
ip -n h2 neigh replace 10.0.1.1 lladdr 02:00:00:00:00:11 dev eth0 nud permanent
ip -n h1 neigh
h1 ping -c 1 -W 1 10.0.1.2 > /dev/null
echo "# a packet has used it"
ip -n h1 neigh
sleep 1.5
echo "# after delay_first_probe_time"
ip -n h1 neigh
ip -n h2 neigh
echo "# by hand"
ip -n h1 neigh change 10.0.1.2 lladdr 02:00:00:00:00:99 dev eth0 nud permanent
ip -n h1 neigh
h1 ping -c 1 -W 0.3 10.0.1.2
ip -n h1 neigh flush nud permanent
ip -n h1 neigh del 10.0.1.2 dev eth0
ip -n h1 neigh
ip -n h1 neigh del 10.0.1.2 dev eth0
ip -n h2 -s link show eth0 | tail -n 4 | head -n 1
