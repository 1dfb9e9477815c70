# lab: ifb
# A queue for what comes in
# A queue can only hold back what leaves. To hold back what comes in, a filter
# sends it through an ifb device: it goes through that device's queue, here a
# token bucket of 100 kbit/s, and is then received as if nothing had been. Of
# pings of 1000 bytes every 30 ms the bucket lets two pass; the third waits.

for n in a b; do ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv6.conf.default.disable_ipv6=1; done
trap 'for n in a b; do ip netns del $n; done' EXIT
ip link add eth0 netns a address 02:00:00:00:00:0a type veth peer name eth0 netns b address 02:00:00:00:00:0b
ip -n a addr add 10.0.0.1/24 dev eth0
ip -n b addr add 10.0.0.2/24 dev eth0
for n in a b; do ip -n $n link set eth0 up; done
ip -n a neigh add 10.0.0.2 lladdr 02:00:00:00:00:0b dev eth0
ip -n b neigh add 10.0.0.1 lladdr 02:00:00:00:00:0a dev eth0
A="ip netns exec a"
sleep 0.2

ip -n a link add ifb0 type ifb
ip -n a -d link show ifb0 | grep -o "ifb .*mode\|<.*UP.*>\|minmtu.*\|qlen .*"
ip -n a link set ifb0 up
ip -n a link show ifb0 | head -1
$A tc qdisc add dev eth0 ingress
$A tc filter add dev eth0 parent ffff: protocol ip u32 match u32 0 0 action mirred egress redirect dev ifb0
$A tc qdisc replace dev ifb0 root handle 1: tbf rate 100kbit burst 2100 limit 4000
$A tc qdisc show
echo "# one at a time: there are always tokens"
ip netns exec b ping -c 3 -i 0.1 -s 1000 -W 1 10.0.0.1
sleep 0.2
echo "# three, 30 ms apart: two find tokens, the third waits until there are some"
ip netns exec b ping -q -c 3 -i 0.03 -s 1000 -W 1 10.0.0.1 | grep -o "3 packets transmitted, 3 received"
sleep 0.4
$A tc -s qdisc show dev ifb0 | grep backlog
ip -n a -s link show ifb0 | tail -4
echo "# what eth0 has counted: it was received before the filter"
ip -n a -s link show eth0 | grep -A1 RX
echo "# a packet that no filter sent there does not know where to go"
ip -n a addr add 10.9.0.1/24 dev ifb0
$A ping -q -c 1 -W 0.2 10.9.0.2 | grep transmitted
ip -n a -s link show ifb0 | grep -A1 RX
