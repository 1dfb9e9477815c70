# lab: icmp-redirect
# A shorter way
# The router sends the packet back to the link it came from, and tells the
# sender that there is a better gateway. The sender remembers.
# like: c17_icmp_redirect

for n in sw h1 r r2; do ip netns add $n; ip -n $n link set lo up; done
trap 'for n in sw h1 r r2; do ip netns del $n; done' EXIT
h1() { ip netns exec h1 "$@"; }
ip -n sw link add br0 type bridge mcast_snooping 0
ip -n sw link set br0 up
i=1
for n in h1 r r2; do
	ip link add eth0 netns $n address 02:00:00:00:00:${i}1 type veth peer name p$i netns sw address 02:00:00:00:00:8$i
	ip -n sw link set p$i master br0 up
	ip -n $n link set eth0 up
	i=$((i + 1))
done
ip -n h1 addr add 10.0.1.10/24 dev eth0
ip -n r addr add 10.0.1.1/24 dev eth0
ip -n r2 addr add 10.0.1.2/24 dev eth0
ip -n r2 addr add 10.0.9.1/32 dev lo
for n in r r2; do ip netns exec $n sysctl -qw net.ipv4.ip_forward=1; done
ip -n h1 route add default via 10.0.1.1
ip -n r route add 10.0.9.0/24 via 10.0.1.2
sleep 0.2 # the links come up
ip -n h1 route get 10.0.9.1
h1 ping -c 1 -W 1 10.0.9.1
sleep 0.1
ip -n h1 route get 10.0.9.1
h1 ping -c 1 -W 1 10.0.9.1
sleep 0.1
echo "# the new gateway's address was not known at first; now it is"
ip -n h1 route get 10.0.9.1
h1 ping -c 1 -W 1 10.0.9.1
ip netns exec r nstat -asz IcmpOutRedirects IpForwDatagrams
h1 nstat -asz IcmpInRedirects
