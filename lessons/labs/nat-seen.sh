# lab: nat-seen
# Both sides of a NAT
# The same packets inside and outside of a router that masquerades: addresses and
# ports change, the rest does not.
# like: d07_masquerade
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
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n h1 neigh add 10.0.1.1 lladdr 02:00:00:00:00:21 dev eth0
ip -n r neigh add 10.0.1.10 lladdr 02:00:00:00:00:11 dev eth0
ip -n r neigh add 10.0.2.10 lladdr 02:00:00:00:00:31 dev eth1
ip -n h2 neigh add 10.0.2.1 lladdr 02:00:00:00:00:22 dev eth0
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.3 # the links come up

r nft 'add table ip n; add chain ip n post { type nat hook postrouting priority srcnat; }; add rule ip n post oifname eth1 masquerade'
ip netns exec r tcpdump -tnl --immediate-mode -i eth0 udp or icmp > inside 2> /dev/null &
I=$!
ip netns exec r tcpdump -tnl --immediate-mode -i eth1 udp or icmp > outside 2> /dev/null &
O=$!
(sleep 0.8; echo answer; sleep 0.2) | h2 nc -u -l -w 1 9000 > /dev/null &
sleep 0.5
(echo question; sleep 0.5) | h1 nc -u -w 1 -p 40000 10.0.2.10 9000
echo x | h1 nc -u -q 0 -p 40001 10.0.2.10 9001
sleep 0.3
kill $I $O
wait
echo "# inside"
cat inside
echo "# outside"
cat outside
rm inside outside
