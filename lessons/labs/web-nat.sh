# lab: web-nat
# A web page through NAT
# A browser behind a router that masquerades, a web server outside: the table of
# connections has both sides of it.
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
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n h1 neigh add 10.0.1.1 lladdr 02:00:00:00:00:21 dev eth0
ip -n r neigh add 10.0.1.10 lladdr 02:00:00:00:00:11 dev eth0
ip -n r neigh add 10.0.2.10 lladdr 02:00:00:00:00:31 dev eth1
ip -n h2 neigh add 10.0.2.1 lladdr 02:00:00:00:00:22 dev eth0
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.3 # the links come up

r nft 'add table ip n; add chain ip n post { type nat hook postrouting priority srcnat; }; add rule ip n post oifname eth1 counter masquerade'
mkdir web
echo 'hello from h2' > web/index.html
(cd web; exec ip netns exec h2 python3 -m http.server 80 > ../log 2>&1) &
W=$!
until h2 ss -tln | grep -q :80; do sleep 0.1; done
h1 curl -s --local-port 40000 http://10.0.2.10/
h1 curl -s --local-port 40001 -o /dev/null -w '%{http_code} %{size_download}\n' http://10.0.2.10/none
sed 's/\[[^]]*\]/[date]/' log
sleep 0.1
r conntrack -L -p tcp 2> /dev/null | sort
r nft list table ip n
kill $W
wait
rm -r web log
