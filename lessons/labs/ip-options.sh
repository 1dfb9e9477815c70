# lab: ip-options
# What a packet can carry in its header
# An IPv4 header has room for 40 bytes of options: routers write down their
# addresses (ping -R) or the time (ping -T). An option that cannot be right is
# answered with "parameter problem", and the packet is dropped. Source routes end
# here unless the host allows them.
# Try: ping -T tsandaddr, and a route with more than nine hops.
# like: c22_ip_options
trap 'for n in h1 r h2; do ip netns del $n; done' EXIT
for n in h1 r h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns r address 02:00:00:00:00:21
ip link add eth1 netns r address 02:00:00:00:00:22 type veth peer name eth0 netns h2 address 02:00:00:00:00:31
ip -n h1 addr add 10.0.1.10/24 dev eth0
ip -n r addr add 10.0.1.1/24 dev eth0
ip -n r addr add 10.0.2.1/24 dev eth1
ip -n h2 addr add 10.0.2.10/24 dev eth0
ip -n h1 link set eth0 up
ip -n r link set eth0 up
ip -n r link set eth1 up
ip -n h2 link set eth0 up
ip -n h1 route add default via 10.0.1.1
ip -n h2 route add default via 10.0.2.1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
ip -n h1 neigh replace 10.0.1.1 lladdr 02:00:00:00:00:21 dev eth0
ip -n r neigh replace 10.0.1.10 lladdr 02:00:00:00:00:11 dev eth0
ip -n r neigh replace 10.0.2.10 lladdr 02:00:00:00:00:31 dev eth1
ip -n h2 neigh replace 10.0.2.1 lladdr 02:00:00:00:00:22 dev eth0
# frame HEX: h1 sends exactly these bytes, from the Ethernet header on.
frame() { printf %b "$(printf '\\0%03o' $(echo "$1" | sed 's/../0x& /g'))" | h1 socat -u - INTERFACE:eth0; sleep 0.05; }
sleep 0.3 # the links come up

h1 ping -R -c 2 -i 0.2 -W 1 10.0.2.10
h1 ping -R -c 1 -W 1 10.0.1.1
# only the first stamp is the time of day, so it is cut off
h1 ping -T tsonly -c 1 -W 1 10.0.2.10 | sed 's/[0-9]* absolute/T absolute/'
show() { echo "# $*"; r nstat -asz IpInHdrErrors IpForwDatagrams IcmpOutParmProbs | sed 1d; }
frame 020000000021020000000011080046000028123440004001055e0a00010a0a00020a0730040008006662000700016162636465666768000000000000
show 'an option that is longer than the header'
frame 02000000002102000000001108004700002c12344000400105830a00010a0a00020a0707030000000000080066620007000161626364656667680000
show 'a pointer into the length'
frame 02000000002102000000001108004700002c1234400040017b7f0a00010a0a0001018307080a00020a00080066620007000161626364656667680000
show 'a source route through the router'
r sysctl -qw net.ipv4.conf.all.accept_source_route=0
frame 02000000002102000000001108004700002c1234400040017b7f0a00010a0a0001018307080a00020a00080066620007000161626364656667680000
show 'the same, not allowed'
frame 0200000000210200000000110800460000281234400040017c890a00010a0a00020a9404000008006662000700016162636465666768000000000000
show 'router alert: nothing to do'
