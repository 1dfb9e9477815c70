# lab: proxy-arp
# A router answers for others
# The hosts here believe that all of 10.0.0.0/16 is on their own wire. The router
# between them answers the ARP requests for the other side with its own address.
# It waits a random time below proxy_delay first: the real one may be here.
# Try: ip neigh add proxy for a single address, medium_id, proxy_arp_pvlan.
trap 'for n in h1 r h2; do ip netns del $n; done' EXIT
for n in h1 r h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r address 02:00:00:00:00:21
ip link add eth1 netns r address 02:00:00:00:00:22 type veth peer name eth0 netns h2 address 02:00:00:00:00:31
ip -n h1 addr add 10.0.1.10/16 dev eth0
ip -n r addr add 10.0.1.1/24 dev eth0
ip -n r addr add 10.0.2.1/24 dev eth1
ip -n h2 addr add 10.0.2.10/16 dev eth0
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
sleep 0.3 # the links come up

echo '# nobody answers'
h1 ping -c 1 -W 0.5 10.0.2.10
echo '# proxy_arp on both sides of the router'
r sysctl -qw net.ipv4.conf.eth0.proxy_arp=1 net.ipv4.conf.eth1.proxy_arp=1
ip -n h1 neigh flush all
h1 ping -c 1 -W 2 10.0.2.10
ip -n h1 neigh show
ip -n r neigh show | sort
echo '# without the wait'
r sysctl -qw net.ipv4.neigh.eth0.proxy_delay=0
ip -n h1 neigh flush all
h1 ping -c 1 -W 0.5 10.0.2.10
echo '# for one address only'
r sysctl -qw net.ipv4.conf.eth0.proxy_arp=0
ip -n r neigh add proxy 10.0.2.10 dev eth0
ip -n r neigh show proxy
ip -n h1 neigh flush all
h1 ping -c 1 -W 0.5 10.0.2.10
h1 ping -c 1 -W 0.5 10.0.2.11
ip -n h1 neigh show | sort
ip -n h1 neigh flush all # it would ask twice more
