# lab: tc-ingress
# Filters before everything else
# A filter of tc at a router's ingress sees a packet before IP does, and after
# tcpdump. u32 compares words of the headers, and mirred sends what matches out of
# another device, or a copy of it. What it redirects, IP never sees: the counters
# of the router tell. At egress the same kind of filter sees what is to leave.
# like: e13_tc_ingress_redirect

for n in a r b w; do ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv6.conf.default.disable_ipv6=1; done
trap 'for n in a r b w; do ip netns del $n; done' EXIT
ip link add eth0 netns a address 02:00:00:00:00:0a type veth peer name eth0 netns r address 02:00:00:00:00:01
ip link add eth1 netns r address 02:00:00:00:00:02 type veth peer name eth0 netns b address 02:00:00:00:00:0b
ip link add eth2 netns r address 02:00:00:00:00:03 type veth peer name eth0 netns w address 02:00:00:00:00:0c
for x in "a eth0" "r eth0" "r eth1" "r eth2" "b eth0" "w eth0"; do set -- $x; ip -n $1 link set $2 up; done
ip -n a addr add 10.0.1.10/24 dev eth0
ip -n r addr add 10.0.1.1/24 dev eth0
ip -n r addr add 10.0.2.1/24 dev eth1
ip -n b addr add 10.0.2.10/24 dev eth0
ip -n a route add default via 10.0.1.1
ip -n b route add default via 10.0.2.1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n a neigh add 10.0.1.1 lladdr 02:00:00:00:00:01 dev eth0
ip -n r neigh add 10.0.1.10 lladdr 02:00:00:00:00:0a dev eth0
ip -n r neigh add 10.0.2.10 lladdr 02:00:00:00:00:0b dev eth1
ip -n b neigh add 10.0.2.1 lladdr 02:00:00:00:00:02 dev eth0
R="ip netns exec r"
sleep 0.2

echo "# both sides of eth0 get a place for filters"
$R tc qdisc add dev eth0 clsact
$R tc qdisc show dev eth0
echo "# a copy of every echo request goes to w, and the ping goes on"
$R tc filter add dev eth0 ingress protocol ip prio 1 u32 match ip protocol 1 0xff match ip icmp_type 8 0xff action mirred egress mirror dev eth2
# What b's port 9001 gets leaves by eth2 instead of being routed.
$R tc filter add dev eth0 ingress protocol ip prio 2 u32 match ip protocol 17 0xff match ip dport 9001 0xffff action mirred egress redirect dev eth2
$R tc filter show dev eth0 ingress
ip netns exec a ping -c 2 -i 0.1 -W 1 10.0.2.10
ip -n w -s link show eth0 | grep -A1 RX
echo "# IP's counters before and after"
$R nstat -az IpInReceives IpForwDatagrams | tail -2
for port in 9000 9001 9001; do
	ip netns exec a nc -u -w 0 -p 5000 10.0.2.10 $port <<-X
	x
	X
done
sleep 0.1
$R nstat -az IpInReceives IpForwDatagrams | tail -2
ip -n w -s link show eth0 | grep -A1 RX
$R tc -s filter show dev eth0 ingress | grep -e match -e Sent

echo "# a table: the last byte of the address chooses a bucket"
$R tc filter add dev eth0 egress protocol ip prio 5 handle 1: u32 divisor 256
$R tc filter add dev eth0 egress protocol ip prio 5 u32 ht 1:a: match ip dst 10.0.1.10 action mirred egress mirror dev eth2
$R tc filter add dev eth0 egress protocol ip prio 5 u32 match ip dst 10.0.1.0/24 hashkey mask 0x000000ff at 16 link 1:
$R tc filter show dev eth0 egress
ip netns exec a ping -q -c 1 -W 1 10.0.2.10
ip -n w -s link show eth0 | grep -A1 RX

echo "# a mistake, and its end"
$R tc filter add dev eth0 ingress protocol ipv6 prio 2 u32 match u32 0 0 action mirred egress mirror dev eth2
$R tc filter del dev eth0 ingress prio 2
$R tc filter del dev eth0 ingress prio 2
$R tc qdisc del dev eth0 clsact
$R tc qdisc show dev eth0
