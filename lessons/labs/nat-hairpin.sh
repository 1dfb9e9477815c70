# lab: nat-hairpin
# Back in by the front door
# A host behind the router calls its neighbour by the router's outer address.
# Destination alone is not enough: the answer would go straight back and be
# refused. So the source is changed too.
# like: d06_dnat_port_forward
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

# a second host beside h2
ip netns add h3
trap 'for n in h1 r h2 h3; do ip netns del $n; done' EXIT
ip -n r link add br0 address 02:00:00:00:00:24 type bridge mcast_snooping 0
ip link add eth2 netns r address 02:00:00:00:00:23 type veth peer name eth0 netns h3 address 02:00:00:00:00:41
ip -n r addr del 10.0.2.1/24 dev eth1
ip -n r addr add 10.0.2.1/24 dev br0
for d in eth1 eth2; do ip -n r link set $d master br0 up; done
ip -n r link set br0 up
ip -n h3 addr add 10.0.2.11/24 dev eth0
ip -n h3 link set eth0 up
ip -n h3 route add default via 10.0.2.1
h3() { ip netns exec h3 "$@"; }
r sysctl -qw net.bridge.bridge-nf-call-iptables=0
r nft -f - <<'N'
table ip nat {
	chain prerouting {
		type nat hook prerouting priority dstnat;
		ip daddr 10.0.1.1 tcp dport 8080 counter dnat to 10.0.2.10:80
	}
	chain postrouting {
		type nat hook postrouting priority srcnat;
	}
}
N
h2 sh -c 'for i in 1 2; do echo page $i | nc -n -v -N -l 80; done' > /tmp/got 2>&1 &
sleep 0.5
h3 sh -c 'nc -n -v -w 1 -p 40000 10.0.1.1 8080 < /dev/null'
echo "destination only: $?"
r nft add rule ip nat postrouting ip saddr 10.0.2.0/24 ip daddr 10.0.2.10 tcp dport 80 counter masquerade
(sleep 0.3) | h3 nc -n -N -p 40001 10.0.1.1 8080
echo "source too: $?"
(sleep 0.3) | h1 nc -n -N -p 40002 10.0.1.1 8080
echo "from outside: $?"
wait
cat /tmp/got
r nft list ruleset
