# lab: nft-timeout
# Elements that go away
# A set with a timeout: an element is there for a while, then it is not. A
# packet can put its own source in, and keep it there.
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

h2 nft -f - <<'N'
table ip knock {
	set friends { type ipv4_addr; flags dynamic,timeout; timeout 1s; }
	chain input {
		type filter hook input priority 0; policy accept;
		udp dport 7000 update @friends { ip saddr } counter drop
		icmp type echo-request ip saddr @friends counter accept
		icmp type echo-request counter drop
	}
}
N
h1 ping -c 1 -W 0.2 -q 10.0.1.2 > /dev/null
echo "before the knock: $?"
echo knock | h1 nc -u -q 0 10.0.1.2 7000
sleep 0.1
h2 nft list set ip knock friends | sed 's/expires [0-9ms]*/expires -/'
h1 ping -c 1 -W 0.2 -q 10.0.1.2 > /dev/null
echo "after it: $?"
sleep 1.2
h1 ping -c 1 -W 0.2 -q 10.0.1.2 > /dev/null
echo "a second later: $?"
h2 nft list ruleset
h2 nft add element ip knock friends '{ 10.0.1.1 timeout 10s }'
h1 ping -c 1 -W 0.2 -q 10.0.1.2 > /dev/null
echo "put in by hand: $?"
