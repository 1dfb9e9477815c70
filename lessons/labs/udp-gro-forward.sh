# lab: udp-gro-forward
# Datagrams that cross a router together
# GRO merges what comes in for TCP always, for UDP only when a socket asks or the
# administrator does: rx-udp-gro-forwarding makes one large datagram of many, rx-gro-list
# hangs them behind each other unchanged. A router then decides once for all of them. The
# link behind it takes them whole, or they are cut again there. Look at the TTL in the
# last part: what hangs in a list keeps the header that it came with.
trap 'for h in h1 r h2; do ip netns del $h; done' EXIT
for h in h1 r h2; do ip netns add $h; ip netns exec $h sysctl -qw net.ipv6.conf.all.disable_ipv6=1; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r address 02:00:00:00:00:01
ip link add eth1 netns r address 02:00:00:00:00:02 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n r addr add 10.0.1.254/24 dev eth0
ip -n r addr add 10.0.2.254/24 dev eth1
ip -n h2 addr add 10.0.2.2/24 dev eth0
for h in h1 r h2; do ip -n $h link set lo up; ip -n $h link set eth0 up; done
ip -n r link set eth1 up
ip -n h1 route add default via 10.0.1.254
ip -n h2 route add default via 10.0.2.254
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
r sysctl -qw net.ipv4.ip_forward=1
ip -n h1 neigh replace 10.0.1.254 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
ip -n r neigh replace 10.0.2.2 lladdr 02:00:00:00:00:21 dev eth1 nud permanent
ip -n h2 neigh replace 10.0.2.254 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
sleep 0.2 # the links come up
seq 1 900 > /tmp/data # 3492 bytes

counter() { $1 nstat -asz $2 | awk -v n=$2 '$1 == n { print $2 }'; }
send() { # how many frames h2 will see
	f=$(counter r IpForwDatagrams) i=$(counter h2 IpInReceives) d=$(counter h2 UdpInDatagrams)
	ip netns exec h2 tcpdump -l -n -t -i eth0 -c $1 -v udp > /tmp/dump 2> /dev/null &
	dump=$!
	timeout 5 ip netns exec h2 socat -u -T 0.3 UDP-RECV:9000 CREATE:/tmp/got &
	recv=$!
	sleep 0.2
	h1 socat -u OPEN:/tmp/data UDP:10.0.2.2:9000,sp=4000,setsockopt-int=17:103:1000
	wait $recv
	wait $dump
	echo "forwarded $(($(counter r IpForwDatagrams) - f)), to IP $(($(counter h2 IpInReceives) - i)), read $(($(counter h2 UdpInDatagrams) - d))"
	grep -o 'ttl [0-9]*\|UDP, length.*' /tmp/dump
	cmp /tmp/data /tmp/got && echo "the bytes are the same"
}
echo "--- four datagrams, four decisions"
h1 ethtool -K eth0 tx-udp-segmentation off tso off > /dev/null
send 4
echo "--- rx-udp-gro-forwarding: one decision"
r ethtool -K eth0 gro on rx-udp-gro-forwarding on
send 1
echo "--- and a link that takes single datagrams only"
r ethtool -K eth1 tx-udp-segmentation off
send 4
echo "--- rx-gro-list: they hang behind each other"
r ethtool -K eth1 tx-udp-segmentation on
r ethtool -K eth0 rx-udp-gro-forwarding off rx-gro-list on
send 1
echo "--- and a link that takes single datagrams only"
r ethtool -K eth1 tx-gso-list off
send 4
