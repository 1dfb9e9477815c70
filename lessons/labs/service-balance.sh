# lab: service-balance
# One address for a service of many
# What a cluster does for a service: a verdict map finds the service, a number
# chooses an endpoint, DNAT goes there. Here they take turns (numgen inc);
# numgen random throws dice.
trap 'for n in h1 r h2; do ip netns del $n; done' EXIT
for n in h1 r h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r address 02:00:00:00:00:21
ip link add eth1 netns r address 02:00:00:00:00:22 type veth peer name eth0 netns h2 address 02:00:00:00:00:31
ip -n h1 addr add 10.0.1.10/24 dev eth0
ip -n r addr add 10.0.1.1/24 dev eth0
ip -n r addr add 10.0.2.1/24 dev eth1
ip -n h2 addr add 10.0.2.10/24 dev eth0
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.1.1
ip -n h2 route add default via 10.0.2.1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.2 # the links come up

r nft -f - <<'N'
table ip kube {
	map services {
		type ipv4_addr . inet_proto . inet_service : verdict
		elements = { 10.96.0.1 . tcp . 80 : goto svc-web, 10.96.0.2 . tcp . 80 : drop }
	}
	chain prerouting {
		type nat hook prerouting priority dstnat; policy accept;
		ip daddr . meta l4proto . th dport vmap @services
	}
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		meta mark & 0x4000 == 0x4000 counter masquerade
	}
	chain svc-web {
		counter
		numgen inc mod 2 vmap { 0 : goto ep-1, 1 : goto ep-2 }
	}
	chain ep-1 {
		ip saddr 10.0.2.10 meta mark set 0x4000
		meta l4proto tcp counter dnat to 10.0.2.10:8081
	}
	chain ep-2 {
		ip saddr 10.0.2.10 meta mark set 0x4000
		meta l4proto tcp counter dnat to 10.0.2.10:8082
	}
}
N
for port in 8081 8082; do
	h2 sh -c "for i in 1 2; do echo endpoint $port | nc -N -l $port; done" > /dev/null &
	until h2 ss -tln | grep -q :$port; do sleep 0.1; done
done
for p in 40001 40002 40003; do
	(sleep 0.3) | h1 nc -N -n -p $p 10.96.0.1 80
done
h1 nc -n -v -w 1 -z 10.96.0.2 80
echo "status $?"
h1 nc -n -v -w 1 -z 10.96.0.1 81
echo "status $?"
(sleep 0.3) | h2 nc -n -N -p 40004 10.96.0.1 80
wait
r nft list ruleset
