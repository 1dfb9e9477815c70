# lab: output-drop
# Dropped on the way out
# A packet that the own output hook drops: a UDP program is told at once, a TCP
# program waits and tries again, ping says why.
# like: d15_output_drop
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

h1 nft -f - <<'N'
table inet f {
	chain output {
		type filter hook output priority 0; policy accept;
		udp dport 9000 counter drop
		tcp dport 80 counter drop
		icmp type echo-request counter drop
	}
}
N
h1 sysctl -qw net.ipv4.tcp_syn_linear_timeouts=0
echo x | h1 nc -u -w 1 10.0.1.2 9000
echo "nc -u: $?"
h1 nc -u -z -v -w 1 10.0.1.2 9000
echo "nc -u -z: $?"
h1 nc -w 2 -v 10.0.1.2 80 < /dev/null
echo "nc: $?"
h1 ping -c 1 -W 0.5 10.0.1.2
echo "ping: $?"
h1 nft list ruleset
