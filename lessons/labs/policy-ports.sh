# lab: policy-ports
# The web goes another way
# A rule by destination port sends the web over one line and the rest over the
# other. Both ends need it: the answers have the port as their source.
trap 'for n in h1 r1 r2 h2; do ip netns del $n; done' EXIT
for n in h1 r1 r2 h2; do ip netns add $n; ip -n $n link set lo up; done
i=1
for r in r1 r2; do
	ip link add $r netns h1 address 02:00:00:00:01:0$i type veth peer name eth0 netns $r address 02:00:00:00:02:0$i
	ip link add eth1 netns $r address 02:00:00:00:03:0$i type veth peer name $r netns h2 address 02:00:00:00:04:0$i
	ip -n h1 addr add 10.0.1$i.10/24 dev $r
	ip -n $r addr add 10.0.1$i.1/24 dev eth0
	ip -n $r addr add 10.0.2$i.1/24 dev eth1
	ip -n h2 addr add 10.0.2$i.10/24 dev $r
	for d in "h1 $r" "$r eth0" "$r eth1" "h2 $r"; do ip -n ${d% *} link set ${d#* } up; done
	ip netns exec $r sysctl -qw net.ipv4.ip_forward=1
	ip -n $r route add 10.0.9.1/32 via 10.0.1$i.10
	ip -n $r route add 10.0.9.2/32 via 10.0.2$i.10
	i=$((i + 1))
done
ip -n h1 addr add 10.0.9.1/32 dev lo
ip -n h2 addr add 10.0.9.2/32 dev lo
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.3 # the links come up

ip -n h1 route add 10.0.9.2 via 10.0.11.1 src 10.0.9.1
ip -n h2 route add 10.0.9.1 via 10.0.21.1 src 10.0.9.2
ip -n h1 route add 10.0.9.2 via 10.0.12.1 src 10.0.9.1 table 80
ip -n h2 route add 10.0.9.1 via 10.0.22.1 src 10.0.9.2 table 80
ip -n h1 rule add ipproto tcp dport 80 lookup 80 priority 100
ip -n h2 rule add ipproto tcp sport 80 lookup 80 priority 100
ip -n h1 rule
for r in r1 r2; do
	ip netns exec $r nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; add rule ip f c tcp dport 80 tcp flags syn counter; add rule ip f c tcp sport 80 tcp flags syn counter; add rule ip f c tcp dport 22 tcp flags syn counter; add rule ip f c icmp type echo-request counter; add rule ip f c icmp type echo-reply counter'
done
h1 ip route get 10.0.9.2
h1 ip route get 10.0.9.2 ipproto tcp dport 80
h1 ip route get 10.0.9.2 ipproto tcp dport 22
h2 nc -l 80 > /dev/null &
h2 nc -l 22 > /dev/null &
sleep 0.3
echo a | h1 nc -N -s 10.0.9.1 -p 40000 10.0.9.2 80
echo a | h1 nc -N -s 10.0.9.1 -p 40001 10.0.9.2 22
h1 ping -c 1 -W 1 -I 10.0.9.1 10.0.9.2 > /dev/null
wait
for r in r1 r2; do echo "# $r"; ip netns exec $r nft list chain ip f c | grep counter; done
