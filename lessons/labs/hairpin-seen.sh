# lab: hairpin-seen
# In and out by the same door
# A host asks for its neighbour by the outer address. The router changes the
# destination and, so that the answer comes back to it, the source too.
trap 'for n in h1 r h2 s; do ip netns del $n; done' EXIT
for n in h1 r h2 s; do ip netns add $n; ip -n $n link set lo up; done
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
ip -n r link add br0 address 02:00:00:00:00:21 type bridge
ip -n r addr del 10.0.1.1/24 dev eth0
ip -n r addr add 10.0.1.1/24 dev br0
ip link add eth0 netns s address 02:00:00:00:00:12 type veth peer name eth2 netns r address 02:00:00:00:00:23
ip -n r link set eth0 address 02:00:00:00:00:24 master br0
ip -n r link set eth2 master br0 up
ip -n r link set br0 up
ip -n s addr add 10.0.1.20/24 dev eth0
ip -n s link set eth0 up
ip -n s route add default via 10.0.1.1
s() { ip netns exec s "$@"; }
sleep 0.3 # the links come up

r nft -f - <<'N'
table ip n {
	chain pre {
		type nat hook prerouting priority dstnat;
		ip daddr 10.0.2.1 tcp dport 8080 counter dnat to 10.0.1.20:80
	}
	chain post {
		type nat hook postrouting priority srcnat;
		ip saddr 10.0.1.0/24 ip daddr 10.0.1.20 counter masquerade
	}
}
N
mkdir web
echo 'hello from s' > web/index.html
(cd web; exec ip netns exec s python3 -m http.server 80 > ../log 2>&1) &
W=$!
until s ss -tln | grep -q :80; do sleep 0.1; done
h1 curl -s --local-port 40000 http://10.0.2.1:8080/
h2 curl -s --local-port 40000 http://10.0.2.1:8080/
sed 's/\[[^]]*\]/[date]/' log
sleep 0.1
r conntrack -L -p tcp 2> /dev/null | sort
r nft list ruleset
kill $W
wait
rm -r web log
