# lab: address-move
# An address moves to another host
# What happens when a second router takes the address over: nobody tells the
# hosts, so they use the old entry until it is proved wrong. Removing it, or
# asking again, helps.

for n in sw h1 r1 r2; do ip netns add $n; ip -n $n link set lo up; done
trap 'for n in sw h1 r1 r2; do ip netns del $n; done' EXIT
h1() { ip netns exec h1 "$@"; }
ip -n sw link add br0 type bridge mcast_snooping 0
ip -n sw link set br0 up
i=1
for n in h1 r1 r2; do
	ip link add eth0 netns $n address 02:00:00:00:00:${i}1 type veth peer name p$i netns sw address 02:00:00:00:00:8$i
	ip -n sw link set p$i master br0 up
	ip -n $n addr add 10.0.1.$((i * 10))/24 dev eth0
	ip -n $n link set eth0 up
	i=$((i + 1))
done
h1 sysctl -qw net.ipv4.neigh.eth0.delay_first_probe_time=1 net.ipv4.neigh.eth0.ucast_solicit=1
sleep 0.2 # the links come up
ip -n r1 addr add 10.0.1.1/24 dev eth0
h1 ping -c 1 -W 1 -q 10.0.1.1 > /dev/null && ip -n h1 neigh show 10.0.1.1
echo "# r1 loses the address, r2 has it"
ip -n r1 addr del 10.0.1.1/24 dev eth0
ip -n r2 addr add 10.0.1.1/24 dev eth0
h1 ping -c 1 -W 0.3 -q 10.0.1.1 > /dev/null
echo "with the old entry: $?"
ip -n h1 neigh show 10.0.1.1 | sed 's/ [A-Z]* *$//'
ip -n h1 neigh flush dev eth0
h1 ping -c 1 -W 1 -q 10.0.1.1 > /dev/null
echo "asked again: $?"
ip -n h1 neigh show 10.0.1.1
echo "# and back: a host that hears of it itself learns at once"
ip -n r2 addr del 10.0.1.1/24 dev eth0
ip -n r1 addr add 10.0.1.1/24 dev eth0
ip -n r1 neigh flush dev eth0
ip netns exec r1 ping -c 1 -W 1 -q -I 10.0.1.1 10.0.1.10 > /dev/null
ip -n h1 neigh show 10.0.1.1 | sed 's/ [A-Z]* *$//'
h1 ping -c 1 -W 1 -q 10.0.1.1 > /dev/null
echo "status $?"
