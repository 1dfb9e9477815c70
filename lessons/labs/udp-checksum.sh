# lab: udp-checksum
# UDP with a wrong checksum
# A short datagram is checked as it comes, a long one for an open port only when
# it is read. Nobody is told of either. Checksum 0 means: there is none.
# like: b04_udp_bad_csum
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

show() { echo "# $*"; h2 nstat -asz UdpInDatagrams UdpNoPorts UdpInErrors UdpInCsumErrors IcmpOutDestUnreachs | sed 1d; }
frame 02000000002102000000001108004500001f12344000401112980a0001010a00010203e82329000bab34616263000000000000000000000000000000
show closed port
ip netns exec h2 socat -u UDP-RECV:9000 - &
T=$!
sleep 0.3
frame 02000000002102000000001108004500001f12344000401112980a0001010a00010203e82328000bab37616263000000000000000000000000000000
show open port
frame 02000000002102000000001108004500008012344000401112370a0001010a00010203e82328006c8e494c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c
show open port, a long one
frame 02000000002102000000001108004500008012344000401112370a0001010a00010203e82329006c8e4e4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c
show closed port, a long one
frame 020000000021020000000011080045000028123440004011128f0a0001010a00010203e82328001400006e6f20636865636b73756d0a000000000000
show checksum 0
frame 02000000002102000000001108004500002112344000401112960a0001010a00010203e82328000de1ed676f6f640a00000000000000000000000000
show a good one
kill $T
wait
