# lab: tap
# A tap device on a bridge
# A virtual machine's card is a tap device in a bridge: what the bridge sends there,
# a program reads. Here the program is a socat that hands all frames to the tap device
# of another host, in UDP. Look at the addresses that the bridge learns, and at
# what happens when the program no longer reads.
# like: e10_tap_txqueue
set -e
trap 'kill $P1 $P2 2>/dev/null || true; ip netns del sw; ip netns del vm; ip netns del h3' EXIT

ip netns add sw
ip netns add vm
ip netns add h3
ip link add eth0 netns sw address 02:00:00:00:00:11 type veth peer name eth0 netns vm address 02:00:00:00:00:21
ip link add p3 netns sw address 02:00:00:00:00:83 type veth peer name eth0 netns h3 address 02:00:00:00:00:31
for h in sw vm h3; do
    ip netns exec $h sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip -n $h link set lo up
done
ip -n sw addr add 10.9.9.1/24 dev eth0
ip -n vm addr add 10.9.9.2/24 dev eth0
ip -n h3 addr add 10.0.1.3/24 dev eth0
ip -n sw link add br0 address 02:00:00:00:00:90 type bridge mcast_snooping 0
ip -n sw tuntap add dev tap0 mode tap
ip -n sw link set tap0 address 02:00:00:00:00:84
ip -n sw link set tap0 master br0
ip -n sw link set p3 master br0
for d in br0 tap0 p3 eth0; do ip -n sw link set $d up; done
ip -n vm link set eth0 up
ip -n h3 link set eth0 up

echo '# The virtual machine starts'
ip netns exec sw socat UDP:10.9.9.2:6000,bind=10.9.9.1:6000 TUN,tun-type=tap,tun-name=tap0,iff-no-pi &
P1=$!
ip netns exec vm socat UDP:10.9.9.1:6000,bind=10.9.9.2:6000 TUN,tun-type=tap,tun-name=card,iff-no-pi &
P2=$!
sleep 0.3
ip -n vm link set card address 02:00:00:00:00:22
ip -n vm addr add 10.0.1.2/24 dev card
ip -n vm link set card up
sleep 0.2
ip -n sw tuntap
ip -n vm tuntap
ip netns exec h3 ping -c 2 -i 0.2 10.0.1.2 | grep -v rtt
ip -n h3 neigh
bridge -n sw fdb show br br0 | grep -v permanent | sort
ip -n sw -s link show tap0

echo '# A program that does not read'
kill $P1
ip -n sw link set tap0 txqueuelen 3
ip netns exec sw socat -U TUN,tun-type=tap,tun-name=tap0,iff-no-pi UDP-RECV:7000 &
P1=$!
sleep 0.3
ip netns exec h3 ping -c 6 -i 0.05 -W 0.3 10.0.1.2 | tail -3
ip -n sw -s link show tap0
kill $P1 $P2
sleep 1.2
