# lab: ping-socket
# Ping without privilege
# net.ipv4.ping_group_range lets programs have ping sockets: the kernel chooses
# the identifier, writes the checksum, and gives the answers to the right socket.
# No copy goes to raw sockets, so nothing is left over and dropped.
# Try: compare the drops of both runs.
trap 'for n in h1 h2; do ip netns del $n; done' EXIT
for n in h1 h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip -n h1 neigh replace 10.0.1.2 lladdr 02:00:00:00:00:21 dev eth0
ip -n h2 neigh replace 10.0.1.1 lladdr 02:00:00:00:00:11 dev eth0
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.3 # the links come up

echo '# a raw socket: what its copy was made of ends in ping_rcv'
h1 ping -c 2 -i 0.2 -W 1 10.0.1.2
h1 sysctl -qw net.ipv4.ping_group_range='0 2147483647'
echo '# a ping socket'
h1 ping -c 2 -i 0.2 -W 1 10.0.1.2
h1 ping -c 1 -W 1 -I 10.0.1.1 10.0.1.1
h1 ping -c 1 -W 1 10.66.6.6
h2 iptables -A INPUT -p icmp -j REJECT
h1 ping -c 1 -W 1 10.0.1.2
h1 nstat -asz IcmpInEchoReps IcmpInDestUnreachs IcmpOutEchos
