# lab: conntrack-states
# NEW, ESTABLISHED, RELATED, INVALID, UNTRACKED
# Each packet has a state for the firewall. A first packet is new; what belongs
# to an answered one is established; an ICMP error about it is related.
# like: d10_conntrack_states
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
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.2 # the links come up

r nft -f - <<'N'
table ip f {
	chain pre {
		type filter hook prerouting priority raw;
		udp dport 7777 notrack
	}
	chain forward {
		type filter hook forward priority 0; policy accept;
		ct state new counter
		ct state established counter
		ct state related counter
		ct state invalid counter
		ct state untracked counter
	}
}
N
show() { echo "# $*"; r nft list chain ip f forward | grep counter; }
h2 nc -l 80 > /dev/null &
(sleep 0.4; echo r; sleep 0.4) | h2 nc -u -l -w 1 53 > /dev/null &
sleep 0.3
h1 ping -c 1 -W 1 10.0.2.10 > /dev/null
show ping
(echo a; sleep 0.2) | h1 nc -N -p 40000 10.0.2.10 80
show tcp
(echo q; sleep 0.5; echo q2) | h1 nc -u -w 1 -p 40001 10.0.2.10 53
wait
show udp
echo x | h1 nc -u -q 0 -p 40002 10.0.2.10 54
sleep 0.1
show "udp to a closed port"
echo x | h1 nc -u -q 0 -p 40003 10.0.2.10 7777
sleep 0.1
show "not tracked, and its error"
