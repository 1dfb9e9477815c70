# lab: policy-rules
# Rules by source, device, port and protocol
# The rules are tried by their number until a table has a route. Ask route get
# how each packet would go.
# like: c19_policy_fwmark
trap 'for n in h1 r1 r2; do ip netns del $n; done' EXIT
for n in h1 r1 r2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r1 address 02:00:00:00:00:21
ip link add eth1 netns h1 address 02:00:00:00:00:12 type veth peer name eth0 netns r2 address 02:00:00:00:00:31
ip -n h1 addr add 10.0.1.10/24 dev eth0
ip -n h1 addr add 10.0.3.10/24 dev eth1
ip -n r1 addr add 10.0.1.1/24 dev eth0
ip -n r2 addr add 10.0.3.1/24 dev eth0
for n in r1 r2; do ip -n $n addr add 10.0.9.9/32 dev lo; ip -n $n link set eth0 up; done
ip -n h1 link set eth0 up
ip -n h1 link set eth1 up
h1() { ip netns exec h1 "$@"; }
sleep 0.2 # the links come up

ip -n h1 route add default via 10.0.1.1
ip -n h1 route add default via 10.0.3.1 table 100
ip -n h1 route add default via 10.0.3.7 table 101
ip -n h1 route add throw 10.0.9.8/32 table 100
ip -n h1 rule add pref 100 from 10.0.3.10 table 100
ip -n h1 rule add pref 110 to 192.0.2.0/24 prohibit
ip -n h1 rule add pref 111 to 198.51.100.0/24 unreachable
ip -n h1 rule add pref 112 to 203.0.113.0/24 blackhole
ip -n h1 rule add pref 120 ipproto tcp dport 80 table 101
ip -n h1 rule add pref 130 ipproto udp sport 5000-5010 table 100
ip -n h1 rule add pref 140 tos 0x10 table 100
ip -n h1 rule add pref 150 uidrange 1000-2000 table 101
ip -n h1 rule add pref 160 iif lo oif eth1 table 100
ip -n h1 rule add pref 170 not fwmark 0/0xf0 table 100
ip -n h1 rule add pref 180 lookup main suppress_prefixlength 0
ip -n h1 rule
g() { echo "? $*"; ip -n h1 route get "$@"; s=$?; [ $s = 0 ] || echo "status $s"; }
g 10.0.9.9
g 10.0.9.9 from 10.0.3.10
g 10.0.9.8 from 10.0.3.10
g 192.0.2.1
g 198.51.100.1
g 203.0.113.1
g 10.0.9.9 ipproto tcp dport 80
g 10.0.9.9 ipproto tcp dport 81
g 10.0.9.9 ipproto udp sport 5005
g 10.0.9.9 ipproto udp sport 5011
g 10.0.9.9 tos 0x10
g 10.0.9.9 uid 1500
g 10.0.9.9 mark 0x20
g 10.0.9.9 mark 0x2
g 10.0.9.9 oif eth1
ip -n h1 rule del pref 120
ip -n h1 rule add pref 105 goto 180
ip -n h1 rule
g 192.0.2.1
ip -n h1 rule flush
ip -n h1 rule
