# lab: tc-actions
# What a filter can do
# A router's filters drop, count, mark, tag, rewrite and police packets. Each filter
# has a list of actions; one that says pipe hands the packet to the next, and what
# the last one says is what becomes of it. flower knows headers by name; an action
# may have a number, and several filters may share it.
# kernel without: cls_flower cls_matchall cls_fw act_gact act_police act_skbedit act_vlan act_pedit act_csum

for n in a r b; do ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv6.conf.default.disable_ipv6=1; done
trap 'for n in a r b; do ip netns del $n; done' EXIT
ip link add eth0 netns a address 02:00:00:00:00:0a type veth peer name eth0 netns r address 02:00:00:00:00:01
ip link add eth1 netns r address 02:00:00:00:00:02 type veth peer name eth0 netns b address 02:00:00:00:00:0b
for x in "a eth0" "r eth0" "r eth1" "b eth0"; do set -- $x; ip -n $1 link set $2 up; done
ip -n a addr add 10.0.1.10/24 dev eth0
ip -n r addr add 10.0.1.1/24 dev eth0
ip -n r addr add 10.0.2.1/24 dev eth1
ip -n b addr add 10.0.2.10/24 dev eth0
ip -n b addr add 10.0.2.11/24 dev eth0
ip -n a route add default via 10.0.1.1
ip -n b route add default via 10.0.2.1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
R="ip netns exec r"
$R tc qdisc add dev eth0 clsact
$R tc qdisc add dev eth1 clsact
sleep 0.2
ip netns exec a ping -q -c 1 -W 1 10.0.2.10 | grep transmitted

echo "# drop by name: pings of 10.0.2.10, not those of 10.0.2.11"
$R tc filter add dev eth0 ingress protocol ip prio 10 flower ip_proto icmp type 8 dst_ip 10.0.2.10 action drop
ip netns exec a ping -q -c 1 -W 0.2 10.0.2.10 | grep transmitted
ip netns exec a ping -q -c 1 -W 0.2 10.0.2.11 | grep transmitted
$R tc -s filter show dev eth0 ingress
$R tc -s qdisc show dev eth0 | grep -A1 clsact

echo "# one of three is dropped, by turns"
$R tc filter replace dev eth0 ingress protocol ip prio 10 handle 1 flower ip_proto icmp type 8 dst_ip 10.0.2.10 action pass random determ drop 3
ip netns exec a ping -c 6 -i 0.05 -W 0.2 10.0.2.10 | grep -o "icmp_seq=[0-9]*"
$R tc filter del dev eth0 ingress

echo "# a policer: 8 kbit a second, a bucket of 300 bytes"
$R tc filter add dev eth0 ingress protocol ip prio 1 matchall action police rate 8kbit burst 300 conform-exceed drop/ok
ip netns exec a ping -c 5 -i 0.01 -W 0.2 10.0.2.10 | grep -o "icmp_seq=[0-9]*"
$R tc -s filter show dev eth0 ingress | grep -v used
$R tc filter del dev eth0 ingress

echo "# a mark, and a filter that looks for it on the way out"
$R tc filter add dev eth0 ingress protocol ip prio 1 flower src_ip 10.0.1.0/24 action skbedit mark 7 priority 1:5
$R tc filter add dev eth1 egress protocol ip prio 1 handle 7 fw action drop
ip netns exec a ping -q -c 1 -W 0.2 10.0.2.10 | grep transmitted
$R tc filter show dev eth1 egress
$R tc filter del dev eth1 egress
$R tc filter del dev eth0 ingress

echo "# another destination and a smaller TTL: the checksums need an action of their own"
$R tc filter add dev eth0 ingress protocol ip prio 1 flower dst_ip 10.0.2.10 action pedit ex munge ip dst set 10.0.2.11 munge ip ttl set 9 pipe action csum ip4h
$R tc filter add dev eth0 egress protocol ip prio 1 flower src_ip 10.0.2.11 action pedit ex munge ip src set 10.0.2.10 pipe action csum ip4h
$R tc filter show dev eth0 ingress
ip netns exec b timeout 2 tcpdump -nvti eth0 -c 1 icmp 2>/dev/null &
sleep 0.1
ip netns exec a ping -c 1 -W 1 10.0.2.10 | head -2
wait
$R tc filter del dev eth0 ingress
$R tc filter del dev eth0 egress

echo "# a VLAN tag is put on before the wire"
$R tc filter add dev eth1 egress protocol ip prio 1 matchall action vlan push id 42 priority 3
ip netns exec b timeout 2 tcpdump -netti eth0 -c 1 vlan 2>/dev/null | sed 's/^[0-9.]* //' &
sleep 0.1
ip netns exec a ping -q -c 1 -W 0.2 10.0.2.10 | grep transmitted
wait
$R tc filter del dev eth1 egress

echo "# chains, and an action with a number that two filters share"
$R tc actions add action gact drop index 9
$R tc filter add dev eth0 ingress protocol ip prio 1 matchall action goto chain 7
$R tc filter add dev eth0 ingress chain 7 protocol ip prio 1 flower dst_ip 10.0.2.10 action gact index 9
$R tc filter add dev eth0 ingress chain 7 protocol ip prio 2 flower dst_ip 10.0.2.11 action gact index 9
ip netns exec a ping -q -c 1 -W 0.2 10.0.2.10 | grep transmitted
ip netns exec a ping -q -c 1 -W 0.2 10.0.2.11 | grep transmitted
$R tc -s actions ls action gact | grep -v used
$R tc actions del action gact index 9
$R tc chain show dev eth0 ingress
exit 0
