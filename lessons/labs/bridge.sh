# lab: bridge
# A switch learns
# Frames to an unknown address go out of every port; the bridge remembers behind
# which port a sender is, and then uses that port only.
# like: e01_bridge_learn_forward e02_bridge_arp_broadcast e03_bridge_local

for n in sw h1 h2 h3; do ip netns add $n; ip -n $n link set lo up; done
trap 'for n in sw h1 h2 h3; do ip netns del $n; done' EXIT
ip -n sw link add br0 address 02:00:00:00:00:fe type bridge mcast_snooping 0
ip -n sw addr add 10.0.1.254/24 dev br0
ip -n sw link set br0 up
for i in 1 2 3; do
	ip link add eth0 netns h$i address 02:00:00:00:00:${i}1 type veth peer name p$i netns sw address 02:00:00:00:00:8$i
	ip netns exec h$i sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
	ip -n sw link set p$i master br0 up
	ip -n h$i addr add 10.0.1.$i/24 dev eth0
	ip -n h$i link set eth0 up
done
sleep 0.2 # the links come up
ip -n sw -br link | sort
ip netns exec h1 ping -c 1 -W 1 10.0.1.2
ip netns exec h1 ping -c 1 -W 1 10.0.1.254
ip -n sw link show master br0 | grep -c master
ip netns exec sw bridge fdb show br br0 | grep 'dev p[12]' | grep -v permanent | sort
echo "# h3 is moved to another port"
ip -n sw link set p3 nomaster
ip netns exec h3 ping -c 1 -W 0.3 10.0.1.1
ip -n sw link set p3 master br0
ip netns exec h3 ping -c 1 -W 1 10.0.1.1
