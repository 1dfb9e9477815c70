# lab: asymmetric-invalid
# A firewall that sees half
# There by one router, back by the other: neither sees a whole connection. What
# comes without its beginning is INVALID, and a firewall that drops it breaks TCP.
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
ip -n h2 route add 10.0.9.1 via 10.0.22.1 src 10.0.9.2
for n in h1 h2; do for d in all r1 r2; do ip netns exec $n sysctl -qw net.ipv4.conf.$d.rp_filter=0; done; done
for r in r1 r2; do
	ip netns exec $r nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; add rule ip f c ct state new counter; add rule ip f c ct state established counter; add rule ip f c ct state invalid counter'
done
show() { for r in r1 r2; do echo "# $r: $*"; ip netns exec $r nft list chain ip f c | grep counter; ip netns exec $r conntrack -L -p tcp 2> /dev/null; done; }
ping() { ip netns exec h1 ping "$@"; }
ping -c 1 -W 1 -I 10.0.9.1 10.0.9.2 | grep transmitted
show ping
h2 nc -l 80 &
sleep 0.3
(sleep 0.3; echo it works all the same; sleep 0.3) | h1 nc -N -s 10.0.9.1 -p 40000 10.0.9.2 80
wait
show tcp
for r in r1 r2; do ip netns exec $r nft add rule ip f c ct state invalid drop; done
ip netns exec h2 nc -l 80 &
N=$!
sleep 0.3
echo lost | h1 timeout 0.6 nc -N -s 10.0.9.1 -p 40001 10.0.9.2 80
echo "status $?"
kill $N
wait
sleep 1.2 # what was half open is forgotten
