# lab: ip-header-errors
# Broken IP headers
# The first thing that the IP layer does is to look whether the header can be true.
# like: c08_ip_header_errors
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

show() { echo "# $*"; h2 nstat -asz IpInReceives IpInHdrErrors IpInDelivers IpExtInCsumErrors IpExtInTruncatedPkts UdpNoPorts | sed 1d; }
frame 02000000002102000000001108004500002012344000401112970a0001010a00010200012328000c01e461626364
show 'good, nobody listens'
frame 02000000002102000000001108004500002012344000401147c20a0001010a00010200012328000c01e461626364
show 'header checksum'
frame 02000000002102000000001108005500002012344000401102970a0001010a00010200012328000c01e461626364
show 'version 5'
frame 02000000002102000000001108004400002012344000401113970a0001010a00010200012328000c01e461626364
show 'header length 4 words'
frame 02000000002102000000001108004500001312344000401112a40a0001010a00010200012328000c01e461626364
show 'total length less than the header'
frame 02000000002102000000001108004500019012344000401111270a0001010a00010200012328000c01e461626364
show 'total length more than the frame'
frame 0200000000210200000000110800450000201234400040111297
show '12 bytes only'
frame 02000000002102000000001108004f00002012344000401108970a0001010a00010200012328000c01e461626364
show 'options past the end'
frame 02000000002102000000001108004500002012344000401112970a0001010a00010200012328000c01e4616263645a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a
show 'bytes behind the packet'
