# lab: conntrack-ftp
# FTP through a firewall
# FTP says in one connection where the next one will go. A helper reads that, and
# the second connection is RELATED to the first.
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
	ct helper ftp {
		type "ftp" protocol tcp
	}
	chain pre {
		type filter hook prerouting priority 0; policy accept;
		tcp dport 21 ct helper set "ftp"
	}
	chain forward {
		type filter hook forward priority 0; policy drop;
		ct state established counter accept
		ct state related counter accept
		tcp dport 21 ct state new counter accept
		counter
	}
}
N
# A server of the few words that are needed. 10,0,2,10,4,1 is 10.0.2.10 port 1025.
(sleep 0.6; printf '220 ready\r\n'; sleep 0.8; printf '227 Entering Passive Mode (10,0,2,10,4,1)\r\n'; sleep 3; printf '226 done\r\n'; sleep 0.2) | h2 nc -N -l 21 > /dev/null &
until h2 ss -tln | grep -q :21; do sleep 0.1; done
(echo the file; sleep 0.3) | h2 nc -N -l 1025 > /dev/null &
sleep 0.3
(sleep 0.6; printf 'PASV\r\n'; sleep 2) | h1 nc -p 40000 10.0.2.10 21 &
sleep 1.5
echo "# expected"
r conntrack -L expect 2> /dev/null | cut -d ' ' -f 2-
r nft list chain ip f forward | grep counter
echo "# nobody expects port 1026"
h1 timeout 0.7 nc -p 40002 10.0.2.10 1026
echo "# but 1025"
(sleep 0.3; echo hello) | h1 nc -N -p 40001 10.0.2.10 1025
sleep 0.1
r conntrack -L 2> /dev/null | grep 1025
wait
r nft list chain ip f forward | grep -e related -e new
