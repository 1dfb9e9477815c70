# lab: policy-unreachable
# Rules that say no
# A rule may forbid by itself: unreachable, prohibit, blackhole; it may ask for ports,
# for a user, for a mark with a mask; it may jump (goto), and leave out defaults
# (suppress_prefixlength). `ip route get` tells which way a packet would go.
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
r ip rule add from 10.0.1.10 ipproto udp dport 1000-1010 unreachable pref 100
r ip rule add from 10.0.1.10 ipproto udp dport 1011 prohibit pref 101
r ip rule add from 10.0.1.10 ipproto udp dport 1012 blackhole pref 102
r ip rule add fwmark 0x10/0xf0 lookup 200 pref 110
r ip rule add iif eth0 tos 0x10 lookup 201 pref 120
r ip rule add pref 130 goto 32765 to 10.0.2.0/24
r ip rule add pref 140 lookup main suppress_prefixlength 0
r ip rule add pref 150 uidrange 1000-2000 lookup 202
r ip route add default via 10.0.2.10 table 202
r ip route add unreachable 10.0.9.0/24 table 200
r ip route add prohibit default table 201
r ip rule
for p in 1000 1005 1010 1011 1012 1013; do echo x | h1 nc -u -w1 -p $((5000+p)) 10.0.2.10 $p; echo "$p $?"; done
h1 ping -c1 -W1 -Q 0x10 10.0.2.10 | sed 's/time.*//'
r ip route get 10.0.2.10 from 10.0.1.10 iif eth0 ipproto udp dport 1003
r ip route get 10.0.2.10 from 10.0.1.10 iif eth0 tos 0x10
r ip route get 8.8.8.8 uid 1500
r ip route get 8.8.8.8 uid 500
r ip route get 8.8.8.8 mark 0x15
r ip route get 10.0.9.1 mark 0x15 || true
