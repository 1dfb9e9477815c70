# lab: ecmp
# Two ways of the same cost
# A route with two next hops: a hash of the packet's addresses chooses, so one
# destination always goes one way. Together they carry all.
# like: c21_ecmp
trap 'for n in h1 r1 r2; do ip netns del $n; done' EXIT
for n in h1 r1 r2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r1 address 02:00:00:00:00:21
ip link add eth1 netns h1 address 02:00:00:00:00:12 type veth peer name eth0 netns r2 address 02:00:00:00:00:31
ip -n h1 addr add 10.0.1.10/24 dev eth0
ip -n h1 addr add 10.0.3.10/24 dev eth1
ip -n r1 addr add 10.0.1.1/24 dev eth0
ip -n r2 addr add 10.0.3.1/24 dev eth0
for n in r1 r2; do ip -n $n addr add 10.0.9.9/32 dev lo; ip -n $n link set eth0 up; done
ip -n h1 link set eth0 up
ip -n h1 link set eth1 up
h1() { ip netns exec h1 "$@"; }
sleep 0.2 # the links come up

ip netns exec h1 sysctl -qw net.ipv4.fib_multipath_hash_seed=3
ip -n h1 route add 10.0.9.0/24 nexthop via 10.0.1.1 weight 1 nexthop via 10.0.3.1 weight 1
ip -n h1 route
for n in r1 r2; do for i in 1 2 3 4 5 6 7 8; do ip -n $n addr add 10.0.9.$i/32 dev lo; done; done
ip -n r1 route add 10.0.3.0/24 via 10.0.1.10
ip -n r2 route add 10.0.1.0/24 via 10.0.3.10
for i in 1 2 3 4 5 6 7 8; do
	a=$(ip -n h1 route get 10.0.9.$i | head -n 1)
	b=$(ip -n h1 route get 10.0.9.$i | head -n 1)
	[ "$a" = "$b" ] && echo "10.0.9.$i: always the same way"
	h1 ping -c 1 -W 1 -q 10.0.9.$i > /dev/null || echo lost
done
sum=0
for n in r1 r2; do
	k=$(ip netns exec $n nstat -asz IcmpInEchos | awk '/Icmp/{print $2}')
	sum=$((sum + k))
done
echo "together: $sum"
echo "# one way dies"
ip -n h1 link set eth1 down
ip -n h1 route
for i in 1 2 3 4 5 6 7 8; do ip -n h1 route get 10.0.9.$i | head -n 1; done
