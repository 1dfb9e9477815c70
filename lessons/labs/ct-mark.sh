# lab: ct-mark
# A mark for a connection
# A mark on a packet is gone with the packet; a mark on its connection is there
# for each packet to come, both ways, and can be copied back.
# like: d21_ct_mark
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
table ip m {
	chain pre {
		type filter hook prerouting priority mangle;
		ct mark != 0 counter meta mark set ct mark
		ct state new udp dport 53 counter ct mark set 0x42
	}
	chain post {
		type filter hook postrouting priority mangle;
		meta mark 0x42 counter
		meta mark 0 counter
	}
}
N
(sleep 0.6; echo answer; sleep 0.3) | h2 nc -u -l -w 1 53 > /tmp/got &
sleep 0.3
(echo q1; sleep 0.1; echo q2; sleep 0.5; echo q3) | h1 nc -u -w 1 -p 40000 10.0.2.10 53
h1 ping -c 1 -W 1 10.0.2.10 > /dev/null
wait
cat /tmp/got
r nft list ruleset
