# lab: netem
# A bad link
# netem spoils a good link: it delays, loses, doubles and reorders packets, by dice
# with a seed. Watch what each does to a ping. Try other chances.
# kernel without: sch_netem (follows its source; this is what the model prints)
trap 'ip netns del h1; ip netns del h2' EXIT
for n in h1 h2; do ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv6.conf.default.disable_ipv6=1; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
for h in h1 h2; do ip -n $h link set eth0 up; done
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.2 # the links come up
h1 ping -qc 1 10.0.1.2 > /dev/null

# 40 ms, and up to 10 ms more or less, as a bell curve.
h1 tc qdisc add dev eth0 root handle 1: netem delay 40ms 10ms distribution normal
h1 tc qdisc show dev eth0
h1 ping -qc 5 -i 0.2 10.0.1.2 | awk -F/ '/^rtt/ { print ($4 > 10 && $6 < 90) ? "about 40 ms" : "not as expected" }'

# One packet in five is lost.
h1 tc qdisc change dev eth0 root handle 1: netem loss 20%
h1 tc qdisc show dev eth0
h1 ping -qc 30 -i 0.01 -W 0.5 10.0.1.2 | grep -o '[0-9]* packets.*loss'

# Gilbert's model: a good time, and a bad time in which most are lost.
h1 tc qdisc replace dev eth0 root handle 1: netem loss gemodel 5% 30% 70% 0%
h1 tc qdisc show dev eth0
h1 ping -qc 30 -i 0.01 -W 0.5 10.0.1.2 | grep -o '[0-9]* packets.*loss'

# Every packet twice: two answers for each ping.
h1 tc qdisc replace dev eth0 root handle 1: netem duplicate 100%
h1 ping -qc 3 -i 0.1 10.0.1.2 | grep transmitted | sed 's/, time.*//'

# Every fifth packet overtakes the others.
h1 tc qdisc replace dev eth0 root handle 1: netem delay 20ms reorder 100% gap 5
h1 tc qdisc show dev eth0
h1 ping -c 5 -i 0.002 10.0.1.2 | grep -o 'icmp_seq=[0-9]*' | tr '\n' ' '; echo
h1 tc -s qdisc show dev eth0 | grep Sent
