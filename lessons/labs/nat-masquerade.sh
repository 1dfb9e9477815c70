# lab: nat-masquerade
# Many behind one address
# Masquerade gives packets the address of the device they leave by; the answers
# get the inner address back before they are routed. h2 has no route back, and
# needs none.
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
ip -n h2 route add default via 10.0.2.1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.2 # the links come up

ip -n h2 route del default
h1 ping -c 1 -W 0.3 10.0.2.10 > /dev/null
echo "without: $?"
r nft -f - <<'N'
table ip nat {
	chain postrouting {
		type nat hook postrouting priority srcnat;
		oif "eth1" counter masquerade
	}
}
N
h1 ping -c 2 -i 0.2 -W 1 10.0.2.10
h2 sh -c 'echo server | nc -n -v -l 80' > /tmp/got 2>&1 &
sleep 0.3
(echo client; sleep 0.3) | h1 nc -N -p 40000 10.0.2.10 80
wait
cat /tmp/got
r nft list ruleset
ip -n h2 neigh
