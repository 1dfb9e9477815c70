# lab: tcp-close
# A connection from beginning to end
# Connect, talk, close: ss shows each state. Who closes first keeps TIME-WAIT.
# like: f01_tcp_nc_client_closes f06_tcp_exchange_step
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

(sleep 1.1; echo late) | h2 nc -l 80 > /tmp/got &
sleep 0.3
h2 ss -Htln
(echo hello; sleep 0.4) | h1 nc -N -p 40000 10.0.1.2 80 > /tmp/got1 &
sleep 0.2
echo "# connected"
h1 ss -Htn
h2 ss -Htn
sleep 0.4
echo "# half closed: the client has said all"
h1 ss -Htan
h2 ss -Htan
wait
echo "# closed"
h1 ss -Htan
h2 ss -Htan
cat /tmp/got /tmp/got1
h1 nstat -asz TcpActiveOpens TcpOutRsts TcpCurrEstab
h2 nstat -asz TcpPassiveOpens TcpOutRsts TcpCurrEstab
