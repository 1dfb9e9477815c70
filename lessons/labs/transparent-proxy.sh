# lab: transparent-proxy
# A proxy that nobody has asked for
# A router hands datagrams that are meant for somebody else to a program of its own,
# and changes nothing in them: tproxy finds a socket with IP_TRANSPARENT, and a rule
# of policy routing has the packet delivered here. socket transparent then tells
# such packets from those that are for this machine.
# Try: take the `ip route add local` away, or ip-transparent: who gets the datagram?
trap 'kill $A $B 2>/dev/null; for n in h1 r h2; do ip netns del $n; done' EXIT
for n in h1 r h2; do ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r address 02:00:00:00:00:21
ip link add eth1 netns r address 02:00:00:00:00:22 type veth peer name eth0 netns h2 address 02:00:00:00:00:31
ip -n h1 addr add 10.0.1.10/24 dev eth0
ip -n r addr add 10.0.1.1/24 dev eth0
ip -n r addr add 10.0.2.1/24 dev eth1
ip -n h2 addr add 10.0.2.10/24 dev eth0
for d in "h1 eth0" "r eth0" "r eth1" "h2 eth0"; do set -- $d; ip -n $1 link set $2 up; done
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

r ip rule add fwmark 1 lookup 100
r ip route add local default dev lo table 100
r nft -f - <<'N'
table ip f {
 chain pre { type filter hook prerouting priority mangle;
  meta l4proto udp socket transparent 1 socket wildcard 0 counter meta mark set 1 accept comment "its own socket"
  udp dport 53 tproxy to 127.0.0.1:5353 counter meta mark set 1 accept comment "the proxy"
  udp dport 53 counter comment "nobody takes it"
 }
 chain in { type filter hook input priority 0;
  socket transparent 1 counter comment "delivered though not for us"
 }
 chain through { type filter hook forward priority 0;
  udp dport { 53, 54 } counter
 }
}
N
h2 socat -u UDP4-RECV:53 STDOUT &
A=$!
sleep 0.1
echo "# no proxy yet: the datagram goes through"
echo one | h1 socat -u - UDP4:10.0.2.10:53,sourceport=4001
sleep 0.2
ip netns exec r socat -u UDP4-RECV:5353,bind=127.0.0.1,ip-transparent STDOUT &
B=$!
sleep 0.1
echo "# the proxy takes it"
echo two | h1 socat -u - UDP4:10.0.2.10:53,sourceport=4001
sleep 0.2
r nft list table ip f
