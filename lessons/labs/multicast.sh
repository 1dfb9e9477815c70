# lab: multicast
# Groups
# A packet to a group is taken by hosts that joined it. ip maddr shows which
# groups a device listens to; each host is in 224.0.0.1.
# like: h01_multicast
trap 'ip netns del h1; ip netns del h2' EXIT
ip netns add h1
ip netns add h2
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
for h in h1 h2; do ip -n $h link set lo up; ip -n $h link set eth0 up; done
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.2 # the links come up

sleep 2
ip -n h1 maddr show dev eth0 | sort
ip -n h1 route add 224.0.0.0/4 dev eth0
ip -n h1 route get 224.0.0.1
h2 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
h1 ping -c 1 -W 1 224.0.0.1
h1 ping -c 1 -W 0.3 239.1.1.1
h2 nstat -asz IpExtInMcastPkts IcmpInEchos
