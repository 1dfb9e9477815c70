# lab: htb
# Classes that lend to each other
# htb divides a link. Each class has a rate that is its own, and may borrow up to
# its ceil what the others leave. Packets get their class from nftables, by port;
# what no class claims goes into the default one. Try another ceil.
trap 'ip netns del h1; ip netns del h2' EXIT
for n in h1 h2; do ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv6.conf.default.disable_ipv6=1; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
for h in h1 h2; do ip -n $h link set eth0 up; done
ip -n h1 neigh add 10.0.1.2 lladdr 02:00:00:00:00:21 dev eth0
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
h2 nft 'add table ip f; add chain ip f in { type filter hook input priority 0; }; add rule ip f in meta l4proto udp drop'
sleep 0.2 # the links come up

h1 tc qdisc add dev eth0 root handle 1: htb default 30
h1 tc class add dev eth0 parent 1: classid 1:1 htb rate 8mbit burst 3k cburst 3k
h1 tc class add dev eth0 parent 1:1 classid 1:10 htb rate 4mbit ceil 8mbit burst 3k cburst 3k prio 0
h1 tc class add dev eth0 parent 1:1 classid 1:20 htb rate 2mbit ceil 2mbit burst 3k prio 1
h1 tc class add dev eth0 parent 1:1 classid 1:30 htb rate 2mbit ceil 8mbit burst 3k cburst 3k prio 2
h1 tc qdisc add dev eth0 parent 1:20 handle 20: pfifo limit 4
h1 nft 'add table ip t; add chain ip t out { type filter hook output priority mangle; }'
h1 nft 'add rule ip t out udp dport 10 meta priority set 1:10'
h1 nft 'add rule ip t out udp dport 20 meta priority set 1:20'
h1 tc qdisc show dev eth0
h1 tc class show dev eth0

burst() { h1 socat -u -b958 OPEN:/tmp/twenty UDP4:10.0.1.2:$1; sleep 0.3; }
dd if=/dev/zero of=/tmp/twenty bs=958 count=20 status=none
counts() { h1 tc -s class show dev eth0 classid $1 | grep -o 'class htb [0-9:]*\|Sent.*dropped [0-9]*\|borrowed: [0-9]*' | sed 's/borrowed: [1-9][0-9]*/borrowed: some/'; }

# 1:10 is alone: it borrows from its parent.
burst 10
counts 1:10

# 1:20 may not borrow, as its ceil is its rate; its own queue holds four packets.
burst 20
counts 1:20

# Nobody claims port 40: the default class.
burst 40
counts 1:30
counts 1:1

h1 tc class del dev eth0 classid 1:1
h1 tc class del dev eth0 classid 1:20
h1 tc qdisc show dev eth0
