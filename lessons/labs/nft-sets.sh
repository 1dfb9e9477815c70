# lab: nft-sets
# Sets, maps and verdict maps
# One look-up, however many elements: sets of ports and nets, pairs of address
# and port, a map to verdicts and one to marks, and a set that packets fill.
# like: d03_nft_sets_maps
trap 'ip netns del h1; ip netns del h2' EXIT
ip netns add h1
ip netns add h2
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
for h in h1 h2; do ip -n $h link set lo up; ip -n $h link set eth0 up; done
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.2 # the links come up

ip -n h1 addr add 10.0.1.5/24 dev eth0
ip -n h1 addr add 10.0.1.50/24 dev eth0
ip -n h1 addr add 10.0.1.105/24 dev eth0
h2 nft -f - <<'N'
table inet f {
	set ports { type inet_service; elements = { 1001, 1002 } }
	set nets { type ipv4_addr; flags interval; elements = { 10.0.1.0/28, 10.0.1.100-10.0.1.110 } }
	set pairs { type ipv4_addr . inet_service; elements = { 10.0.1.1 . 1003 } }
	set dyn { type ipv4_addr; flags dynamic,timeout; timeout 1m; }
	map verd { type inet_service : verdict; elements = { 1004 : drop, 1005 : jump other, 1006 : accept } }
	map marks { type inet_service : mark; elements = { 1007 : 0x77 } }
	chain other {
		counter accept
	}
	chain input {
		type filter hook input priority 0; policy drop;
		ip saddr != @nets counter drop
		udp dport @ports counter accept
		ip saddr . udp dport @pairs counter accept
		udp dport vmap @verd
		meta mark set udp dport map @marks
		meta mark 0x77 add @dyn { ip saddr } counter accept
		udp dport { 2000-2010, 2020 } counter accept
	}
}
N
for x in 10.0.1.1:1001 10.0.1.1:1003 10.0.1.5:1003 10.0.1.105:1002 10.0.1.50:1001 10.0.1.1:1004 10.0.1.1:1005 10.0.1.1:1006 10.0.1.1:1007 10.0.1.1:2005 10.0.1.1:2011; do
	echo x | h1 nc -u -q 0 -s ${x%:*} 10.0.1.2 ${x#*:}
done
sleep 0.2
h2 nft list ruleset
h2 nstat -asz UdpNoPorts
h2 nft 'add element inet f nets { 10.0.1.48/28 }; delete element inet f ports { 1002 }'
h2 nft list set inet f nets
