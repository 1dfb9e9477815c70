# lab: ipv6-tcp
# TCP over IPv6
# The same TCP, a bigger header below: the segments carry 20 bytes less.
# like: g02_tcp6
trap 'ip netns del h1; ip netns del h2' EXIT
ip netns add h1
ip netns add h2
for h in h1 h2; do
	ip netns exec $h sysctl -qw net.ipv6.conf.default.router_solicitations=0
	ip -n $h link set lo up
done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add fd00:1::1/64 dev eth0 nodad
ip -n h2 addr add fd00:1::2/64 dev eth0 nodad
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.2 # the links come up

sleep 1.5
h2 nc -l -6 80 > /tmp/got &
sleep 0.3
h2 ss -Htln
(echo six; sleep 0.3) | h1 nc -N -p 40000 fd00:1::2 80 &
sleep 0.2
h1 ss -Htn
h1 ss -Htni | grep -o " mss:[0-9]*"
wait
cat /tmp/got
h1 ss -Htan
h1 nc -6 -v -n -w 1 fd00:1::2 81 < /dev/null
echo "status $?"
