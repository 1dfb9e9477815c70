# lab: policy-fwmark
# Policy routing by mark
# A rule sends marked packets to a table of their own, so the same destination
# goes two ways. ping -m marks; nft can do it too.
# like: c19_policy_fwmark
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

ip -n h1 route add default via 10.0.1.1
ip -n h1 rule add fwmark 1 table 100
ip -n h1 route add default via 10.0.3.1 table 100
ip -n h1 rule
ip -n h1 route show table 100
ip -n h1 route get 10.0.9.9
ip -n h1 route get 10.0.9.9 mark 1
ip netns exec r2 ip route add 10.0.1.0/24 via 10.0.3.10
h1 ping -c 1 -W 1 10.0.9.9 > /dev/null
h1 ping -c 1 -W 1 -m 1 10.0.9.9 > /dev/null
for n in r1 r2; do echo $n $(ip netns exec $n nstat -asz IcmpInEchos | grep Icmp); done
echo "# marked by the firewall: the source was chosen before"
h1 nft -f - <<'N'
table ip m {
	chain out {
		type route hook output priority mangle; policy accept;
		ip daddr 10.0.9.9 udp dport 53 counter meta mark set 1
	}
}
N
echo q | h1 nc -u -p 40000 -q 0 10.0.9.9 53
echo q | h1 nc -u -p 40001 -q 0 10.0.9.9 54
sleep 0.2
h1 nft list table ip m
for n in r1 r2; do echo $n $(ip netns exec $n nstat -asz UdpNoPorts | grep Udp); done
