# lab: bridge-states
# What a port lets through
# A port has a state. By ip link it cannot be kept blocked without spanning tree: the bridge
# selects again at once, and a disabled port that has a link begins again. Isolated ports
# reach others, but not each other. Try: bridge link set dev p1 state 0, which stays.
trap 'for n in sw h1 h2 h3; do ip netns del $n; done' EXIT
for n in sw h1 h2 h3; do ip netns add $n; done
ip -n sw link add br0 address 02:00:00:00:00:ff type bridge
for i in 1 2 3; do
	ip link add eth0 netns h$i address 02:00:00:00:00:${i}1 type veth peer name p$i netns sw address 02:00:00:00:00:0$i
	ip -n sw link set p$i master br0
	ip netns exec h$i sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip -n h$i addr add 10.0.1.$i/24 dev eth0
done
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1
for i in 1 2 3; do ip -n h$i link set lo up; ip -n h$i link set eth0 up; ip -n sw link set p$i up; done
ip -n sw link set br0 up
sleep 2.5 # the links come up, and the hosts report their groups
for s in 4 0 1 2 3; do
	ip -n sw link set p1 type bridge_slave state $s
	ip -n sw -d link show p1 | grep -o 'state [a-z]* priority'
	ip netns exec sw bridge fdb flush dev p1 2>/dev/null
	ip netns exec h1 ping -c 1 -W 0.5 10.0.1.2 > /dev/null && echo "state $s: answered" || echo "state $s: nothing"
	ip netns exec sw bridge fdb show br br0 | grep -c '02:00:00:00:00:11'
done
ip netns exec sw bridge -d link show dev p1 | head -2
ip -n sw link set p2 type bridge_slave hairpin on isolated on
ip -n sw link set p3 type bridge_slave isolated on
ip netns exec h2 ping -c 1 -W 0.5 10.0.1.3 > /dev/null || echo "isolated from each other"
ip netns exec h2 ping -c 1 -W 0.5 10.0.1.1 > /dev/null && echo "not from h1"
ip -n sw link set p2 type bridge_slave learning off flood off mcast_flood off bcast_flood off
ip netns exec sw bridge -d link show dev p2 | tail -1
ip -n sw -s link show p1 | tail -4
