# lab: nft-jumps
# Jump, goto, return, and two base chains
# A packet that returns goes on behind the jump; behind a goto it goes on with the
# policy of the base chain. Accepted in one base chain, it still meets the next one.
# Try: `nft monitor trace` with `meta nftrace set 1` in front.
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
table inet f {
 chain base { type filter hook forward priority 0; policy accept;
  ip saddr 10.0.1.10 jump one
  counter comment "after jump"
  ip protocol icmp goto two
  counter comment "never for icmp"
 }
 chain one { icmp type echo-request counter return; udp dport 9 counter drop; counter jump three; }
 chain two { counter; icmp type echo-reply counter accept; }
 chain three { counter return; counter; }
 chain late { type filter hook forward priority 10; policy drop; ct state established counter accept; icmp type echo-request counter accept; udp dport { 10, 11 } counter reject with icmp admin-prohibited; }
}
N
h1 ping -c 2 -i 0.2 -W 1 10.0.2.10 | sed 's/time.*//'
for p in 9 10 12; do echo x | h1 nc -u -w1 -p $((5000+p)) 10.0.2.10 $p; echo "$p $?"; done
r nft list ruleset
