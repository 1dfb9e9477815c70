# lab: nft-limit
# Limits and quotas
# A limit lets so many packets pass in a time, with a burst; a quota so many
# bytes in all.
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
table ip f {
	chain input {
		type filter hook input priority 0; policy accept;
		icmp type echo-request jump pings
		udp dport 9000 quota over 200 bytes counter drop
		udp dport 9000 counter
	}
	chain pings {
		limit rate 1/minute burst 3 packets counter accept
		counter drop
	}
}
N
h1 ping -c 5 -i 0.05 -W 0.2 10.0.1.2
for i in 1 2 3 4; do printf '%072d' $i | h1 nc -u -q 0 10.0.1.2 9000; sleep 0.05; done
sleep 0.1
h2 nft list ruleset
