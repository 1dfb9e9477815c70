# lab: macvlan
# One card, several addresses
# Two hosts share a router's card by macvlan devices, each with its own address.
# In bridge mode they reach each other inside the machine, and a host on the wire
# sees all of them; only the owner of the card cannot reach its own guests. In
# private mode they are strangers.

for n in sw h1 h2 out; do ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv6.conf.default.disable_ipv6=1; done
trap 'for n in h1 h2 sw out; do ip netns del $n; done' EXIT
ip link add eth0 index 11 netns sw address 02:00:00:00:00:01 type veth peer name eth0 index 21 netns out address 02:00:00:00:00:09
ip -n sw addr add 10.0.1.254/24 dev eth0
ip -n out addr add 10.0.1.9/24 dev eth0
ip -n sw link set eth0 up
ip -n out link set eth0 up
for i in 1 2; do
	ip -n sw link add link eth0 name mv$i index 3$i address 02:00:00:00:01:0$i type macvlan mode bridge
	ip -n sw link set mv$i netns h$i
	ip -n h$i addr add 10.0.1.$i/24 dev mv$i
	ip -n h$i link set mv$i up
done
sleep 0.2 # the links come up
ip -n h1 -d link show mv1
echo "# beside each other: directly"
ip netns exec h1 ping -c 1 -W 1 10.0.1.2
echo "# a host on the wire"
ip netns exec out ping -c 1 -W 1 10.0.1.1
echo "# the owner of the card"
ip netns exec sw ping -c 1 -W 0.3 10.0.1.1
ip -n out neigh show | sort
echo "# in private mode"
for i in 1 2; do ip -n h$i link set mv$i type macvlan mode private; ip -n h$i neigh flush dev mv$i; done
ip netns exec h1 ping -c 1 -W 0.3 10.0.1.2
ip netns exec out ping -c 1 -W 1 10.0.1.2
ip -n h1 -s link show mv1
ip -n h2 -s link show mv2
ip -n sw link show eth0
echo "# the same address twice"
ip -n sw link add link eth0 name mv3 address 02:00:00:00:01:01 type macvlan
ip -n sw link set mv3 up
ip -n sw -br link | sort
