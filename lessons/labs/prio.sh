# lab: prio
# Who goes first
# Three bands behind a slow link: a packet of the first band passes all that wait
# in the others. Bulk data fills the third band, and a ping waits behind it, until
# it gets a band of its own. Try other bands.
# kernel without: sch_prio (follows its source; this is what the model prints)
trap 'ip netns del h1; ip netns del h2' EXIT
for n in h1 h2; do ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv6.conf.default.disable_ipv6=1; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
for h in h1 h2; do ip -n $h link set eth0 up; done
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
h2 nft 'add table ip f; add chain ip f in { type filter hook input priority 0; }; add rule ip f in meta l4proto udp drop'
sleep 0.2 # the links come up

# The bottleneck is tbf; prio stands inside it.
h1 tc qdisc add dev eth0 root handle 1: tbf rate 1mbit burst 2k limit 100k
h1 tc qdisc add dev eth0 parent 1:1 handle 2: prio
h1 tc qdisc show dev eth0
dd if=/dev/zero of=/tmp/bulk bs=958 count=30 status=none
slow() { h1 ping -qc 1 -Q $1 10.0.1.2 | awk -F/ '/^rtt/ { print ($5 > 100) ? "the ping waits" : "the ping goes first" }'; }

h1 socat -u -b958 OPEN:/tmp/bulk UDP4:10.0.1.2:9
slow 0
sleep 0.3
# 0x10 (low delay) is priority 6, which the map puts into band 0.
h1 socat -u -b958 OPEN:/tmp/bulk UDP4:10.0.1.2:9
slow 0x10
sleep 0.3
h1 tc -s class show dev eth0 | grep -A 1 prio

# A discipline of its own below a band.
h1 tc qdisc add dev eth0 parent 2:3 handle 30: pfifo limit 5
dd if=/dev/zero of=/tmp/bulk bs=958 count=20 status=none
h1 socat -u -b958 OPEN:/tmp/bulk UDP4:10.0.1.2:9,tos=8
sleep 0.3
h1 tc -s qdisc show dev eth0 | grep -A 1 pfifo
