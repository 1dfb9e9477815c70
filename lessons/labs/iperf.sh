# lab: iperf
# How much went through
# iperf3 sends 100 datagrams of 1000 bytes; the counters of the firewall saw them,
# and the few packets by which the two programs talk about it.
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
ip -n h1 neigh add 10.0.1.1 lladdr 02:00:00:00:00:21 dev eth0
ip -n r neigh add 10.0.1.10 lladdr 02:00:00:00:00:11 dev eth0
ip -n r neigh add 10.0.2.10 lladdr 02:00:00:00:00:31 dev eth1
ip -n h2 neigh add 10.0.2.1 lladdr 02:00:00:00:00:22 dev eth0
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.3 # the links come up

r nft -f - <<'N'
table ip f {
	counter data { }
	chain forward {
		type filter hook forward priority 0;
		udp dport 5201 udp length 1008 counter name data
		tcp dport 5201 tcp flags syn / syn,ack counter
		tcp dport 5201 ct state established quota over 1 mbytes counter
	}
}
N
ip netns exec h2 iperf3 -s -1 > /dev/null &
sleep 0.5
h1 iperf3 -c 10.0.2.10 -u -b 2M -l 1000 -n 100K > result
echo "status $?"
grep -c receiver result
wait
r nft list counter ip f data
r nft list chain ip f forward | grep syn
rm result
