# lab: nat-errors
# ICMP errors about translated packets
# An error comes back about a packet that was translated: the addresses inside it are
# translated, too, so that the sender knows its own packet.
# Try: tcpdump on both sides of the router.
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
r nft -f - <<N
table ip n {
 chain post { type nat hook postrouting priority srcnat; oifname "eth1" counter masquerade; }
 chain pre { type nat hook prerouting priority dstnat; tcp dport 8080 dnat to 10.0.2.10:81; udp dport 9 dnat to 10.0.2.10:10; }
}
table ip f {
 chain f { type filter hook forward priority 0; ct state related counter; ct state invalid counter drop; }
}
N
echo x | h1 nc -u -w1 -p 5000 10.0.2.10 9; echo $?
echo x | h1 nc -u -w1 -p 5001 10.0.1.1 9; echo $?
h1 nc -w1 -z -p 40000 10.0.1.1 8080; echo $?
h2 ip route add unreachable 10.0.3.0/24
h1 ping -c1 -W1 10.0.3.1 | sed 's/time.*//'
h1 ping -c1 -W1 -t1 10.0.2.10 | sed 's/time.*//'
r nft list ruleset
