# lab: rps
# Another CPU goes on with it
# A card with one receive queue interrupts one CPU. With rps_cpus (receive packet
# steering) that CPU only looks at each packet's flow, and gives the packet to another
# one's backlog. The tenth column of /proc/net/softnet_stat counts how often a CPU was
# interrupted for that. Walk a packet: get_rps_cpu says why it was this CPU. Try a mask
# of 3, and more flows.
trap 'ip netns del h1; ip netns del h2' EXIT
ip netns add h1
ip netns add h2
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
for h in h1 h2; do ip netns exec $h sysctl -qw net.ipv6.conf.all.disable_ipv6=1; done
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
for h in h1 h2; do ip -n $h link set lo up; ip -n $h link set eth0 up; done
q=/sys/class/net/eth0/queues
told() { awk 'NR == 2 { print $10 }' /proc/net/softnet_stat; } # the second CPU
ask() {
	a=$(told)
	h1 taskset -c 0 ping -c 3 -i 0.05 10.0.1.2 > /dev/null
	b=$(told)
	echo "the second CPU was told of packets $((0x$b - 0x$a)) times"
}
sleep 0.2 # the links come up

echo "--- one queue each way, no steering"
h2 sh -c "ls $q $q/rx-0 $q/tx-0; cat $q/rx-0/rps_cpus"
ask
echo "--- what comes in by eth0 is for the second CPU"
h2 sh -c "echo 2 > $q/rx-0/rps_cpus; cat $q/rx-0/rps_cpus"
ask
echo "--- both ends steer: the answers, too"
h1 sh -c "echo 2 > $q/rx-0/rps_cpus"
ask
echo "--- a CPU that is not there"
h2 sh -c "echo 8 > $q/rx-0/rps_cpus; cat $q/rx-0/rps_cpus"
echo "--- new devices begin with a mask"
h2 sysctl -w net.core.rps_default_mask=3
ip -n h2 link add v0 numrxqueues 2 numtxqueues 2 type veth peer name v1
h2 sh -c 'ls /sys/class/net/v0/queues; cat /sys/class/net/v0/queues/rx-*/rps_cpus; ethtool -l v0'
echo "--- which CPU sends by which queue (xps_cpus)"
h2 sh -c 'cd /sys/class/net/v0/queues; echo 1 > tx-0/xps_cpus; echo 2 > tx-1/xps_cpus; cat tx-0/xps_cpus tx-1/xps_cpus'
echo "--- fewer queues"
h2 ethtool -L v0 tx 1
h2 ls /sys/class/net/v0/queues
h2 ethtool -L v0 tx 3
h2 ethtool -L v0 rx 0
true
