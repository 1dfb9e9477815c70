# lab: tcp-checksum
# TCP with a wrong checksum
# A segment that was damaged on the way: dropped, counted, never answered.
# like: c26_tcp_bad_checksum
trap 'for n in h1 h2; do ip netns del $n; done' EXIT
for n in h1 h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
ip -n h1 neigh add 10.0.1.2 lladdr 02:00:00:00:00:21 dev eth0
ip -n h2 neigh add 10.0.1.1 lladdr 02:00:00:00:00:11 dev eth0
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
# frame HEX: h1 sends exactly these bytes, from the Ethernet header on.
frame() { printf %b "$(printf '\\0%03o' $(echo "$1" | sed 's/../0x& /g'))" | h1 socat -u - INTERFACE:eth0; sleep 0.05; }
sleep 0.3 # the links come up

show() { echo "# $*"; h2 nstat -asz TcpInSegs TcpInErrs TcpInCsumErrors TcpOutRsts | sed 1d; }
ip netns exec h2 nc -l 80 > /dev/null &
T=$!
sleep 0.3
frame 020000000021020000000011080045000028123440004006124e0a00014d0a0001020fa0005000000007000000005002faf0dbf90000000000000000
show a SYN to a listener
frame 02000000002102000000001108004500008c12344000400611ea0a00014d0a0001020fa0005000000007000000005010faf0f71b00007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a
show a long segment to a listener
frame 020000000021020000000011080045000028123440004006124e0a00014d0a0001020fa0005100000007000000005002faf0dbfe0000000000000000
show a SYN to a closed port
frame 020000000021020000000011080045000028123440004006124e0a00014d0a0001020fa0005100000007000000005002faf08eab0000000000000000
show a good one to a closed port
kill $T
wait
