# lab: nft-reject
# Ways to say no
# reject answers: an ICMP error of a kind, or a TCP reset. The client knows at
# once, and knows why.
# like: d04_nft_reject
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

r sysctl -qw net.ipv4.icmp_ratelimit=0
r nft -f - <<'N'
table inet f {
	chain input {
		type filter hook input priority 0;
		udp dport 53 counter reject
		tcp dport 22 counter reject with tcp reset
		tcp dport 23 counter reject
	}
	chain forward {
		type filter hook forward priority 0;
		tcp dport 80 counter reject with icmp admin-prohibited
		tcp dport 81 counter reject with tcp reset
		tcp dport 82 counter reject with icmpx host-unreachable
		icmp type echo-request counter reject with icmp net-prohibited
		udp dport 53 counter reject with icmp host-unreachable
	}
}
N
for x in 10.0.1.1:22 10.0.1.1:23 10.0.2.10:80 10.0.2.10:81 10.0.2.10:82; do
	h1 nc -v -n -w 2 ${x%:*} ${x#*:} < /dev/null
	echo "$x: $?"
done
for x in 10.0.1.1 10.0.2.10; do
	h1 nc -u -z -v -w 1 $x 53
	echo "udp $x: $?"
done
h1 ping -c 1 -W 1 10.0.2.10
r nft list ruleset
h1 nstat -asz IcmpInDestUnreachs TcpAttemptFails
