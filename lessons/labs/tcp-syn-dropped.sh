# lab: tcp-syn-dropped
# A SYN that nobody answers
# The firewall drops it: the client tries again, first every second, then
# slower, until tcp_syn_retries is reached. ss -o shows the timer.
# like: f04_syn_dropped_retries
trap 'ip netns del h1; ip netns del h2' EXIT
ip netns add h1
ip netns add h2
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
for h in h1 h2; do ip -n $h link set lo up; ip -n $h link set eth0 up; done
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.2 # the links come up

h1 sysctl -qw net.ipv4.tcp_syn_retries=1 net.ipv4.tcp_syn_linear_timeouts=1
h2 nft 'add table inet f; add chain inet f input { type filter hook input priority 0; policy drop; }; add rule inet f input tcp dport 80 counter'
h1 nc -v -n -p 40000 10.0.1.2 80 < /dev/null &
sleep 0.5
h1 ss -Htano
sleep 1
h1 ss -Htano
wait $!
echo "status $?"
h2 nft list chain inet f input
h1 nstat -asz TcpActiveOpens TcpAttemptFails TcpRetransSegs TcpExtTCPTimeouts TcpExtTCPSynRetrans
