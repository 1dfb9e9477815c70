# lab: udp-lookup
# Which of the sockets gets the datagram?
# Two programs have the same port, one for all addresses and one for a single
# address: the more exact one wins. Who has nothing is told so.
# Try: connect a socket to its peer, and see it win over both.
trap 'for n in h1 h2; do ip netns del $n; done' EXIT
for n in h1 h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
ip -n h1 neigh add 10.0.1.2 lladdr 02:00:00:00:00:21 dev eth0
ip -n h2 neigh add 10.0.1.1 lladdr 02:00:00:00:00:11 dev eth0
sleep 0.3 # the links come up
ip -n h2 addr add 10.0.1.3/24 dev eth0
ip -n h1 neigh add 10.0.1.3 lladdr 02:00:00:00:00:21 dev eth0
h2 socat -u UDP-RECV:9000,reuseaddr OPEN:any,creat &
A=$!
h2 socat -u UDP-RECV:9000,reuseaddr,bind=10.0.1.3 OPEN:three,creat &
B=$!
h2 socat -u UDP4-RECVFROM:9001,bind=10.0.1.2 OPEN:once,creat &
sleep 0.3
echo a | h1 nc -u -w0 -p 5001 10.0.1.2 9000
echo b | h1 nc -u -w0 -p 5002 10.0.1.3 9000
echo c | h1 nc -u -w0 -p 5003 10.0.1.3 9001
echo d | h1 nc -u -w0 -p 5003 10.0.1.2 9001
sleep 0.2; kill $A $B; wait
for f in any three once; do echo $f; cat $f; done; rm any three once
