# lab: tcp-closed-port
# Nobody listens
# A SYN to a closed port is answered with a reset; the client knows at once.
# like: f03_syn_closed_port
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

h1 nc -v -n -p 40000 10.0.1.2 80 < /dev/null
echo "status $?"
h1 nstat -asz TcpAttemptFails TcpActiveOpens TcpInSegs TcpOutSegs
h2 nstat -asz TcpOutRsts TcpInSegs
h1 nc -z -v -n 10.0.1.2 78-82
echo "status $?"
h2 nstat -asz TcpOutRsts
