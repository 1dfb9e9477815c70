# lab: vxlan
# An Ethernet inside UDP
# Three hosts on a routed network share an Ethernet of their own: each frame
# travels in a datagram to port 4789. What goes to everybody is sent to every
# host of the list; who is behind which host is learned from what comes.
# like: e07_vxlan

for n in h1 h2 h3 net; do ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv6.conf.default.disable_ipv6=1; done
trap 'for n in h1 h2 h3 net; do ip netns del $n; done' EXIT
ip netns exec net sysctl -qw net.ipv4.ip_forward=1
for i in 1 2 3; do
	ip link add eth0 index 1$i netns h$i address 02:00:00:00:00:${i}1 type veth peer name p$i index 2$i netns net address 02:00:00:00:00:${i}9
	ip -n h$i addr add 10.0.$i.1/24 dev eth0
	ip -n net addr add 10.0.$i.9/24 dev p$i
	ip -n h$i link set eth0 up
	ip -n net link set p$i up
	ip -n h$i route add default via 10.0.$i.9
	ip -n h$i link add vx0 index 5$i address 02:00:00:00:01:0$i type vxlan id 42 dstport 4789 local 10.0.$i.1 dev eth0
	ip -n h$i addr add 192.168.42.$i/24 dev vx0
	ip -n h$i link set vx0 up mtu 1450
	for j in 1 2 3; do [ $i = $j ] || ip netns exec h$i bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.$j.1; done
done
sleep 0.2 # the links come up
ip -n h1 -d link show vx0
echo "# h1 asks for h2: both others hear it"
ip netns exec h1 ping -c 1 -W 1 192.168.42.2
for i in 1 2 3; do echo "# h$i"; ip netns exec h$i bridge fdb show dev vx0; done
ip -n h3 -s link show vx0
echo "# a large frame is cut up outside, not inside"
ip netns exec h1 ping -c 1 -W 1 -s 1422 192.168.42.2
ip netns exec h1 nstat -az IpFragOKs IpFragCreates UdpOutDatagrams UdpInDatagrams
echo "# nobody is known for this address any more"
ip netns exec h1 bridge fdb del 00:00:00:00:00:00 dev vx0 dst 10.0.2.1
ip netns exec h1 bridge fdb del 00:00:00:00:00:00 dev vx0 dst 10.0.3.1
ip -n h1 neigh replace 192.168.42.7 lladdr 02:00:00:00:01:07 dev vx0 nud permanent
ip netns exec h1 ping -c 1 -W 0.2 192.168.42.7
echo "# another network number: nobody here has it"
ip netns exec h2 bridge fdb replace 02:00:00:00:01:01 dev vx0 dst 10.0.1.1 vni 7
ip netns exec h2 ping -c 1 -W 0.2 192.168.42.1
ip -n h1 -s link show vx0
ip -n h2 -s link show vx0
ip netns exec h1 ss -uln
