# lab: bridge-multicast
# A switch that knows who listens
# A bridge reads the membership reports that pass through it. While nobody asks who is
# a member, it sends groups to all ports all the same; once there is a querier,
# they go to their members only. Look at bridge mdb, and at what reaches h1, which has joined
# nothing by itself.
set -e
trap 'for h in sw h1 h2 h3; do ip netns del $h; done' EXIT

for h in sw h1 h2 h3; do
    ip netns add $h
    ip netns exec $h sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip -n $h link set lo up
done
ip -n sw link add br0 address 02:00:00:00:00:90 type bridge
for i in 1 2 3; do
    ip link add p$i netns sw address 02:00:00:00:00:8$i type veth peer name eth0 netns h$i address 02:00:00:00:00:${i}1
    ip -n sw link set p$i master br0
    ip -n sw link set p$i up
    ip -n h$i addr add 10.0.1.$i/24 dev eth0
done
ip -n sw link set br0 up
for i in 1 2 3; do ip -n h$i link set eth0 up; done
ip -n h3 route add 239.0.0.0/8 dev eth0
ip netns exec h2 sysctl -qw net.ipv4.igmp_max_memberships=20
sleep 0.2

echo '# h2 joins 239.1.1.1'
ip netns exec h2 socat -u UDP4-RECV:5000,ip-add-membership=239.1.1.1:eth0 STDOUT &
P=$!
ip netns exec h1 tcpdump -l -n -t -i eth0 udp 2>/dev/null &
T=$!
sleep 1.5
bridge -n sw mdb show
bridge -n sw -d mdb show

echo '# Nobody asks: all get it'
echo one | ip netns exec h3 socat -u STDIN UDP4-DATAGRAM:239.1.1.1:5000,bind=10.0.1.3:6000
sleep 0.2

echo '# The switch asks itself'
ip -n sw link set br0 type bridge mcast_query_response_interval 50
ip -n sw link set br0 type bridge mcast_querier 1
sleep 1
bridge -n sw mdb add dev br0 port p1 grp 239.2.2.2 permanent
bridge -n sw mdb show
for g in 239.1.1.1 239.2.2.2 239.3.3.3; do
    echo $g | ip netns exec h3 socat -u STDIN UDP4-DATAGRAM:$g:5000,bind=10.0.1.3:6000
done
sleep 0.2

echo '# h2 leaves'
kill $P $T
wait
sleep 3
bridge -n sw mdb show
