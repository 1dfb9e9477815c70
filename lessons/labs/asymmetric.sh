# lab: asymmetric
# There one way, back another
# Requests go through r1, answers come through r2. That works, until a host is
# strict about the reverse path or a firewall in the middle sees only half.
# like: c06_rp_filter

for n in h1 r1 r2 h2; do ip netns add $n; ip -n $n link set lo up; done
trap 'for n in h1 r1 r2 h2; do ip netns del $n; done' EXIT
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
wire() { ip link add $2 netns $1 address $3 type veth peer name $5 netns $4 address $6; ip -n $1 link set $2 up; ip -n $4 link set $5 up; }
wire h1 eth0 02:00:00:00:00:11 r1 eth0 02:00:00:00:00:21
wire h1 eth1 02:00:00:00:00:12 r2 eth0 02:00:00:00:00:31
wire r1 eth1 02:00:00:00:00:22 h2 eth0 02:00:00:00:00:41
wire r2 eth1 02:00:00:00:00:32 h2 eth1 02:00:00:00:00:42
ip -n h1 addr add 10.1.0.2/24 dev eth0
ip -n h1 addr add 10.2.0.2/24 dev eth1
ip -n r1 addr add 10.1.0.1/24 dev eth0
ip -n r1 addr add 10.3.0.1/24 dev eth1
ip -n r2 addr add 10.2.0.1/24 dev eth0
ip -n r2 addr add 10.4.0.1/24 dev eth1
ip -n h2 addr add 10.3.0.2/24 dev eth0
ip -n h2 addr add 10.4.0.2/24 dev eth1
for n in r1 r2; do ip netns exec $n sysctl -qw net.ipv4.ip_forward=1; done
ip -n h1 route add 10.3.0.0/24 via 10.1.0.1
ip -n h2 route add 10.1.0.0/24 via 10.4.0.1
ip -n r2 route add 10.1.0.0/24 via 10.2.0.2
for n in h1 h2; do ip netns exec $n sysctl -qw net.ipv4.conf.all.rp_filter=0; done
sleep 0.2 # the links come up
h1 ping -c 1 -W 1 -q 10.3.0.2 > /dev/null
echo "no filter: $?"
for n in r1 r2; do echo $n $(ip netns exec $n nstat -asz IpForwDatagrams | grep Forw); done
for v in 2 1; do
	h1 sysctl -qw net.ipv4.conf.all.rp_filter=$v
	h1 ping -c 1 -W 0.3 -q 10.3.0.2 > /dev/null
	echo "rp_filter $v at h1: $?" $(h1 nstat -asz IPReversePathFilter TcpExtIPReversePathFilter | grep -v '#')
done
h1 sysctl -qw net.ipv4.conf.all.rp_filter=0
echo "# a firewall on r2 that knows no requests"
ip netns exec r2 nft 'add table ip f; add chain ip f forward { type filter hook forward priority 0; policy accept; }; add rule ip f forward ct state invalid counter drop'
h1 ping -c 1 -W 0.3 -q 10.3.0.2 > /dev/null
echo "stateful r2: $?"
ip netns exec r2 nft list ruleset
