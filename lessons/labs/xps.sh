# lab: xps
# Which queue does it leave by?
# A device with several transmit queues needs a rule for which one to take. Without one
# the flow's hash decides; with xps_cpus (transmit packet steering) the CPU that sends
# does, so that no two CPUs wait for the same queue. Walk a packet: netdev_pick_tx says
# why it was this queue.
trap 'ip netns del h1; ip netns del h2' EXIT
ip netns add h1
ip netns add h2
ip link add eth0 netns h1 numtxqueues 4 numrxqueues 4 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
for h in h1 h2; do ip netns exec $h sysctl -qw net.ipv6.conf.all.disable_ipv6=1; done
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 neigh replace 10.0.1.2 lladdr 02:00:00:00:00:21 dev eth0 nud permanent
ip -n h2 neigh replace 10.0.1.1 lladdr 02:00:00:00:00:11 dev eth0 nud permanent
for h in h1 h2; do ip -n $h link set lo up; ip -n $h link set eth0 up; done
q=/sys/class/net/eth0/queues
sleep 0.2 # the links come up

h1 tc qdisc add dev eth0 root handle 1: mq
sent() { # what left by each queue
	h1 tc -s class show dev eth0 | awk '/^class/ { c = $3 } /Sent/ { print c, $4, "packets" }'
}
ask() { h1 taskset -c 0 ping -c "$1" -i 0.02 10.0.1.2 > /dev/null; }
echo "--- a queue for each CPU: the first sends by queue 3, the second by queue 0"
h1 sh -c "cd $q; echo 1 > tx-3/xps_cpus; echo 2 > tx-0/xps_cpus; cat tx-?/xps_cpus"
ask 4
sent
echo "--- the other way round"
h1 sh -c "cd $q; echo 2 > tx-3/xps_cpus; echo 1 > tx-0/xps_cpus; cat tx-?/xps_cpus"
ask 2
sent
echo "--- queue 2 for both CPUs, and no other"
h1 sh -c "cd $q; echo 0 > tx-3/xps_cpus; echo 0 > tx-0/xps_cpus; echo 3 > tx-2/xps_cpus; cat tx-?/xps_cpus"
ask 3
sent
echo "--- two queues are switched off: the map that led to one of them goes"
h1 ethtool -L eth0 tx 2
h1 sh -c "cat $q/tx-?/xps_cpus"
h1 tc class show dev eth0
h1 ethtool -L eth0 tx 4
h1 sh -c "cat $q/tx-?/xps_cpus"
