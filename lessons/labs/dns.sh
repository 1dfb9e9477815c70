# lab: dns
# A name is asked for
# dnsmasq answers for a small zone, dig asks. The firewall counts questions and
# answers, and lets only those through.
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

r nft -f - <<'N'
table ip f {
	chain forward {
		type filter hook forward priority 0; policy drop;
		ct state established counter accept
		udp dport 53 counter accept
		counter
	}
}
N
ip netns exec h2 dnsmasq -k -C /dev/null -R -h -u root --address=/www.example.org/10.0.2.80 --address=/mail.example.org/10.0.2.25 --local=/example.org/ &
D=$!
sleep 0.5
h1 dig +short @10.0.2.10 www.example.org
h1 dig +short @10.0.2.10 mail.example.org
h1 dig +noall +answer +comments @10.0.2.10 nothing.example.org | grep -o 'status: [A-Z]*'
h1 dig +noall +answer @10.0.2.10 www.example.org
h1 sysctl -qw net.ipv4.tcp_syn_linear_timeouts=0 # SYNs after 1 and 3 seconds
h1 dig +tcp +short +time=2 +tries=1 @10.0.2.10 www.example.org
r nft list chain ip f forward | grep accept
kill $D
wait
