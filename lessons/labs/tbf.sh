# lab: tbf
# A bucket of tokens
# tbf holds a link to a rate. A bucket fills with tokens, one for each byte; what
# finds none left waits, and what finds no room to wait is dropped. Try a larger
# burst, or a larger limit.
# like: e11_tbf_drop
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

# The bucket holds two datagrams of 942 bytes, the queue five.
h1 tc qdisc add dev eth0 root handle 1: tbf rate 1mbit burst 2048 limit 5120
h1 tc qdisc show dev eth0
h1 tc class show dev eth0
dd if=/dev/zero of=/tmp/ten bs=900 count=10 status=none
h1 socat -u -b900 OPEN:/tmp/ten UDP4:10.0.1.2:9
h1 tc -s qdisc show dev eth0 | grep -o 'dropped [0-9]*'
sleep 0.3
h1 tc -s qdisc show dev eth0 | grep -o 'Sent.*dropped [0-9]*'
h1 tc -s qdisc show dev eth0 | grep backlog

# With room for ten nothing is lost.
h1 tc qdisc change dev eth0 root handle 1: tbf rate 1mbit burst 2048 limit 10k
h1 socat -u -b900 OPEN:/tmp/ten UDP4:10.0.1.2:9
sleep 0.3
h1 tc -s qdisc show dev eth0 | grep -o 'Sent.*dropped [0-9]*'

# What is larger than the bucket never gets through.
h1 tc qdisc replace dev eth0 root handle 1: tbf rate 1mbit burst 800 limit 10k
h1 socat -u -b900 OPEN:/tmp/ten UDP4:10.0.1.2:9
h1 tc -s qdisc show dev eth0 | grep -o 'Sent.*dropped [0-9]*'
h1 tc qdisc del dev eth0 root
h1 tc qdisc show dev eth0
