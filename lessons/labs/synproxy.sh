# lab: synproxy
# A doorman for a server
# A flood of SYNs fills a server's queue. A SYN proxy stands in front: it answers each
# SYN itself, with a cookie, and remembers nothing. Only who answers the cookie is let
# through: then the server gets a SYN, and the two handshakes become one connection whose
# numbers are shifted. The forged SYNs here never reach the server. (With `timestamp sack-perm`
# the proxy offers more. But 6.18 shifts a timestamp twice, and a server that is strict about
# them, as 6.18 itself is, then loses segments whenever a millisecond passes at the wrong time.)
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
counts() { # of all CPUs
	r awk 'NR > 1 { for (i = 2; i < 6; i++) n[i] += $i } END { print n[2] " SYNs, cookies: " n[3] " wrong, " n[4] " right" }' /proc/net/stat/synproxy
}
sleep 0.3 # the links come up

r nft -f - <<'N'
table ip x {
	synproxy web {
		mss 1460
		wscale 7
	}
	chain pre {
		type filter hook prerouting priority raw;
		tcp dport 80 tcp flags syn notrack
	}
	chain forward {
		type filter hook forward priority filter;
		tcp dport 80 ct state invalid,untracked counter synproxy name "web"
		ct state invalid counter drop
		ct state established counter
	}
}
N
r sysctl -w net.netfilter.nf_conntrack_tcp_loose=0 net.netfilter.nf_conntrack_acct=1

echo '# A real client'
h2 sh -c 'echo hello from the server | nc -n -l -N 80 > /tmp/got' &
sleep 0.3
(sleep 0.2; echo hello; sleep 0.3) | h1 nc -N -p 40000 10.0.2.10 80
wait
cat /tmp/got
r conntrack -L 2> /dev/null | sed 's/6 1[12][0-9] /6 T /'
r nft list chain ip x forward | grep counter
counts

echo '# Three forged SYNs: their sender is not there and never answers'
ip -n h1 addr add 10.0.1.66/24 dev eth0
h1 nft 'add table ip f; add chain ip f in { type filter hook input priority 0; }; add rule ip f in ip daddr 10.0.1.66 drop'
for p in 5001 5002 5003; do h1 timeout 0.2 nc -n -s 10.0.1.66 -p $p 10.0.2.10 80; done
h2 nstat -az TcpInSegs TcpPassiveOpens | grep Tcp
counts

sleep 0.1
