# lab: ipv6-nat
# IPv6 with a firewall that translates
# The same as with IPv4: dnat, redirect and masquerade, ways to reject, a set of
# networks. IPv6 needs none of it, and Linux has all of it.
# Try: without the masquerade rule.
trap 'for n in h1 r h2; do ip netns del $n; done' EXIT
for n in h1 r h2; do ip netns add $n; ip netns exec $n sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.router_solicitations=0; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r address 02:00:00:00:00:21
ip link add eth1 netns r address 02:00:00:00:00:22 type veth peer name eth0 netns h2 address 02:00:00:00:00:31
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 addr add 2001:db8:1::10/64 dev eth0 nodad
ip -n r addr add 2001:db8:1::1/64 dev eth0 nodad
ip -n r addr add 2001:db8:2::1/64 dev eth1 nodad
ip -n h2 addr add 2001:db8:2::10/64 dev eth0 nodad
ip -n h1 route add default via 2001:db8:1::1
ip -n h2 route add default via 2001:db8:2::1
ip -n h1 neigh add 2001:db8:1::1 lladdr 02:00:00:00:00:21 dev eth0
ip -n r neigh add 2001:db8:1::10 lladdr 02:00:00:00:00:11 dev eth0
ip -n r neigh add 2001:db8:2::10 lladdr 02:00:00:00:00:31 dev eth1
ip -n h2 neigh add 2001:db8:2::1 lladdr 02:00:00:00:00:22 dev eth0
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.5
r nft -f - <<N
table ip6 n {
 chain pre { type nat hook prerouting priority dstnat; ip6 daddr 2001:db8:1::1 tcp dport 8080 counter dnat to [2001:db8:2::10]:80; ip6 daddr 2001:db8:1::1 udp dport 9 counter redirect to :10; }
 chain post { type nat hook postrouting priority srcnat; oifname "eth1" counter masquerade; }
}
table inet f {
 set s { type ipv6_addr; flags interval; elements = { 2001:db8:2::/64 } }
 chain f { type filter hook forward priority 0; policy drop; ct state established,related counter accept; ip6 daddr @s icmpv6 type echo-request counter accept; ip6 nexthdr tcp tcp dport 80 counter accept; udp dport 5 counter reject; udp dport 6 reject with icmpv6 policy-fail; meta l4proto tcp reject with tcp reset; }
}
N
h2 nc -6 -l -p 80 > got & sleep 0.2
echo hello | h1 nc -6 -N -p 40000 2001:db8:1::1 8080; wait; cat got; rm got
h1 ping -6 -c1 -W1 2001:db8:2::10 | sed 's/time.*//'
for p in 5 6 7; do echo x | h1 nc -6 -u -w1 -p $((5000+p)) 2001:db8:2::10 $p; echo "$p $?"; done
echo x | h1 nc -6 -u -w1 -p 5009 2001:db8:1::1 9; echo $?
h1 nc -6 -w1 -z -p 40001 2001:db8:2::10 81; echo $?
r nft list ruleset
r conntrack -f ipv6 -L 2>/dev/null | sed 's/^\([a-z0-9]* *[0-9]*\) [0-9]*/\1 T/' | sort
