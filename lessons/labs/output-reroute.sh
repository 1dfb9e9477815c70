# lab: output-reroute
# One's own packets go another way
# A packet that this host sends has its route before the hooks see it. When a rule
# at the output hook gives it another destination, or another mark, its route is
# asked for again; the address that it has as its source stays.
# Try: leave out the rule for the mark, and see that a chain of type filter does
# not ask again.
# like: d18_output_dnat_reroute
trap 'for n in h1 r r2; do ip netns del $n; done' EXIT
for n in h1 r r2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r address 02:00:00:00:00:21
ip link add eth1 netns h1 address 02:00:00:00:00:12 type veth peer name eth0 netns r2 address 02:00:00:00:00:31
ip -n h1 addr add 10.0.1.10/24 dev eth0
ip -n h1 addr add 10.0.3.10/24 dev eth1
ip -n r addr add 10.0.1.1/24 dev eth0
ip -n r2 addr add 10.0.3.1/24 dev eth0
ip -n h1 link set eth0 up
ip -n h1 link set eth1 up
ip -n r link set eth0 up
ip -n r2 link set eth0 up
ip -n r addr add 10.0.9.9/32 dev lo
ip -n r2 addr add 10.0.9.9/32 dev lo
ip -n r2 route add 10.0.1.10 via 10.0.3.10
ip -n h1 neigh add 10.0.1.1 lladdr 02:00:00:00:00:21 dev eth0
ip -n h1 neigh add 10.0.3.1 lladdr 02:00:00:00:00:31 dev eth1
ip -n r neigh add 10.0.1.10 lladdr 02:00:00:00:00:11 dev eth0
ip -n r2 neigh add 10.0.3.10 lladdr 02:00:00:00:00:12 dev eth0
ip -n h1 route add default via 10.0.1.1
h1() { ip netns exec h1 "$@"; }
r2() { ip netns exec r2 "$@"; }
sleep 0.3 # the links come up

h1 nft -f - <<'E'
table ip nat {
	chain out {
		type nat hook output priority -100
		ip daddr 10.0.9.9 udp dport 53 counter dnat to 10.0.3.1:9000
		ip daddr 10.0.8.8 counter dnat to 10.0.3.1
		tcp dport 81 counter redirect to :8080
	}
}
table ip mangle {
	chain out {
		type route hook output priority mangle
		udp dport 1234 counter meta mark set 7
	}
	chain later {
		type filter hook output priority filter
		udp dport 1235 counter meta mark set 7
	}
}
E
ip -n h1 rule add fwmark 7 table 100
ip -n h1 route add default via 10.0.3.1 table 100
ip -n h1 route get 10.0.9.9
ip -n h1 route get 10.0.9.9 mark 7
echo q | h1 nc -u -w0 -p 5000 10.0.9.9 53
h1 ping -c 1 -W 1 10.0.8.8
echo q | h1 nc -u -w0 -p 5001 10.0.9.9 1234
echo q | h1 nc -u -w0 -p 5002 10.0.9.9 1235
h1 nc -n -v -l 127.0.0.1 8080 > /dev/null 2>&1 &
sleep 0.2
(sleep 0.1; echo x; sleep 0.1) | h1 nc -N -p 5003 10.0.9.9 81
wait
h1 nft list ruleset
