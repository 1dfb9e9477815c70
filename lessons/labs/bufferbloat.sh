# lab: bufferbloat
# A queue that is too long
# A router stands before a slow line. One connection fills its long queue, and a
# ping waits behind all of it. fq_codel gives every flow a queue of its own, and
# drops early: the ping is quick again, and the transfer is as fast as before.
# kernel without: sch_fq_codel (follows its source; this is what the model prints)
trap 'for n in h1 r h2; do ip netns del $n; done' EXIT
for n in h1 r h2; do ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv6.conf.default.disable_ipv6=1; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r address 02:00:00:00:00:21
ip link add eth1 netns r address 02:00:00:00:00:22 type veth peer name eth0 netns h2 address 02:00:00:00:00:31
ip -n h1 addr add 10.0.1.10/24 dev eth0
ip -n r addr add 10.0.1.1/24 dev eth0
ip -n r addr add 10.0.2.1/24 dev eth1
ip -n h2 addr add 10.0.2.10/24 dev eth0
for d in "h1 eth0" "r eth0" "r eth1" "h2 eth0"; do set -- $d; ip -n $1 link set $2 up; done
ip -n h1 route add default via 10.0.1.1
ip -n h2 route add default via 10.0.2.1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.2 # the links come up

load() {
	h2 timeout 4 nc -l 80 > /dev/null &
	sleep 0.1
	dd if=/dev/zero bs=1M count=8 status=none | h1 timeout 3 nc -N 10.0.2.10 80 &
	sleep 1
	h1 ping -qc 10 -i 0.1 10.0.2.10 | awk -F/ '/^rtt/ { printf "ping: about %d ms\n", $5 }'
	wait
}

# The line has 4 Mbit/s, and the queue before it room for 200000 bytes: 400 ms.
r tc qdisc add dev eth1 root handle 1: tbf rate 4mbit burst 5k limit 200000
r tc qdisc show dev eth1
load
r tc -s qdisc show dev eth1 | grep -o 'Sent [0-9]*'

r tc qdisc add dev eth1 parent 1:1 handle 10: fq_codel
r tc qdisc show dev eth1
load
r tc -s qdisc show dev eth1 | grep -A 3 fq_codel
