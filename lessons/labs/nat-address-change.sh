# lab: nat-address-change
# The address of a masquerade changes
# A connection keeps the address that it began with. When the address goes away,
# the entry is forgotten with it, and the next packet begins anew with the new
# address.
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

r nft -f - <<'N'
table ip nat {
	chain postrouting {
		type nat hook postrouting priority srcnat;
		oif "eth1" counter masquerade
	}
}
table ip watch {
	chain out {
		type filter hook postrouting priority 300;
		oif "eth1" ip saddr 10.0.2.1 counter
		oif "eth1" ip saddr 10.0.2.77 counter
	}
}
N
h1 ping -e 77 -c 1 -W 1 10.0.2.10 > /dev/null && echo yes
ip -n r addr add 10.0.2.77/24 dev eth1
h1 ping -e 77 -c 1 -W 1 10.0.2.10 > /dev/null && echo yes
ip -n r addr del 10.0.2.1/24 dev eth1
ip -n r addr show dev eth1 | grep 'inet '
ip -n r addr add 10.0.2.77/24 dev eth1
sleep 0.2
ip -n r route
h1 ping -e 77 -c 1 -W 1 10.0.2.10 > /dev/null && echo yes
r nft list table ip watch
r nft list table ip nat
