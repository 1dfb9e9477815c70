# lab: spanning-tree
# A loop of switches
# Three switches in a ring would send a broadcast round for ever. With the spanning tree
# protocol they agree on a root, the one with the lowest identifier; each keeps its
# cheapest way to the root, and the one port too many blocks. When a cable is pulled, that
# port opens. Try another root: ip -n c link set br0 type bridge priority 4096.
trap 'for n in a b c h1 h2; do ip netns del $n; done' EXIT
for n in a b c h1 h2; do ip netns add $n; ip netns exec $n sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1; done
i=1
for n in a b c; do
	ip -n $n link add br0 address 02:00:00:00:00:0$i type bridge stp_state 1 forward_delay 200 hello_time 100 mcast_snooping 0
	i=$((i+1))
done
cable() {
	ip link add $1$2 netns $1 address 02:00:00:00:0$3:01 type veth peer name $2$1 netns $2 address 02:00:00:00:0$3:02
	ip -n $1 link set $1$2 up; ip -n $2 link set $2$1 up
}
cable a b 1; cable b c 2; cable c a 3; cable a h1 4; cable c h2 5
for p in ab ac ah1; do ip -n a link set $p master br0; done
for p in ba bc; do ip -n b link set $p master br0; done
for p in ca cb ch2; do ip -n c link set $p master br0; done
for n in a b c; do ip -n $n link set br0 up; done
ip -n h1 addr add 10.0.0.1/24 dev h1a
ip -n h2 addr add 10.0.0.2/24 dev h2c
ports() { for n in a b c; do ip netns exec $n bridge link | sed 's/^[0-9]*: //; s/[@:].* state/ state/'; done; }
reach() { ip netns exec h1 ping -c 1 -W 1 10.0.0.2 > /dev/null && echo "h1 reaches h2" || echo "h1 does not reach h2"; }
sleep 0.7
echo "# at first ports only listen"
ports
reach
sleep 6
echo "# a is the root, and one end of one cable blocks"
ports
reach
ip -n c -d link show cb | grep -o 'state [a-z]* \|designated_[a-z]* [^ ]*'
echo "# the cable between c and a is pulled"
ip -n a link set ac down
sleep 6.3
ports
reach
ip -n c -d link show br0 | grep -o 'bridge_id [^ ]*\|root_p[a-z_]* [0-9]*'
