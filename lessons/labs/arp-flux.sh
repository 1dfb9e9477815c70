# lab: arp-flux
# Who answers for an address?
# Linux answers ARP for any of its addresses on any device. arp_ignore and
# arp_announce change that.
# like: a08_arp_requests
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

ip -n h2 addr add 10.7.7.7/32 dev lo
ip -n h1 route add 10.7.7.7 dev eth0
h1 ping -c 1 -W 1 10.7.7.7
ip -n h1 neigh show 10.7.7.7
ip -n h1 neigh flush dev eth0
echo "# only addresses of the device"
h2 sysctl -qw net.ipv4.conf.eth0.arp_ignore=1
h1 sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=1
h1 ping -c 1 -W 2 10.7.7.7
ip -n h1 neigh show 10.7.7.7
h1 ping -c 1 -W 1 10.0.1.2
