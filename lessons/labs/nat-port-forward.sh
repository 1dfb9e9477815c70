# lab: nat-port-forward
# A port forwarded inwards
# DNAT changes the destination before routing. Only the first packet of a
# connection visits the nat chain; the rest follow what it decided.
# like: d06_dnat_port_forward
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
table ip nat {
	chain prerouting {
		type nat hook prerouting priority dstnat;
		iif "eth0" tcp dport 8080 counter dnat to 10.0.2.10:80
	}
}
table ip filter {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct status dnat counter accept
		ct direction reply counter accept
	}
}
N
h2 sh -c 'echo page | nc -n -v -l 80' > /tmp/got 2>&1 &
sleep 0.3
echo GET | h1 nc -n -v -N -p 40000 10.0.1.1 8080
wait
cat /tmp/got
h1 nc -n -v -z -w 1 10.0.2.10 80
echo "directly: $?"
r nft list ruleset
