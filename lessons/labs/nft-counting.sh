# lab: nft-counting
# Every third packet, so many bytes, a hash
# numgen, limit, quota, jhash, a set that packets fill, ct count: rules that remember.
# The listing shows what each has seen.
# Try: `nft reset counters` in between.
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
table ip f {
 counter c1 { }
 quota q1 { over 200 bytes }
 limit l1 { rate 1/hour burst 2 packets }
 map svc { type inet_service : verdict; elements = { 7 : accept, 8 : drop } }
 set seen { type ipv4_addr . inet_service; flags dynamic,timeout; timeout 1h; size 10; }
 set nets { type ipv4_addr . inet_service; flags interval; elements = { 10.0.1.0/24 . 20-29, 10.0.1.10 . 40 } }
 chain f { type filter hook forward priority 0; policy accept;
  icmp type echo-request numgen inc mod 3 0 counter meta mark set 1
  icmp type echo-request limit name "l1" counter
  icmp type echo-request quota name "q1" counter drop
  icmp type echo-request jhash ip saddr . ip daddr mod 4 seed 0x1234 != 3 counter name "c1"
  udp dport vmap @svc
  ip saddr . udp dport @nets counter drop
  add @seen { ip saddr . udp dport limit rate over 1/hour burst 2 packets } counter drop
  ct count over 3 counter
 }
}
N
h1 ping -c 5 -i 0.2 -W 0.2 10.0.2.10 | sed 's/time.*//'
for p in 7 8 20 29 30 40 30 30 30; do echo x | h1 nc -u -w0 -p 5000 10.0.2.10 $p; done
sleep 0.2
r nft list ruleset | sed 's/expires [0-9a-z]*/expires T/'
