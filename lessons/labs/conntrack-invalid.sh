# lab: conntrack-invalid
# Packets that fit no connection
# What is in no window, or begins no connection, has the state INVALID. An ACK
# from nowhere may be a connection that was there before the firewall: it is NEW,
# unless one says otherwise.
# like: d10_conntrack_states
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
ip -n h1 neigh add 10.0.1.1 lladdr 02:00:00:00:00:21 dev eth0
ip -n r neigh add 10.0.1.10 lladdr 02:00:00:00:00:11 dev eth0
ip -n r neigh add 10.0.2.10 lladdr 02:00:00:00:00:31 dev eth1
ip -n h2 neigh add 10.0.2.1 lladdr 02:00:00:00:00:22 dev eth0
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
# frame HEX: h1 sends exactly these bytes, from the Ethernet header on.
frame() { printf %b "$(printf '\\0%03o' $(echo "$1" | sed 's/../0x& /g'))" | h1 socat -u - INTERFACE:eth0; sleep 0.05; }
sleep 0.3 # the links come up

# seg PORT SEQ ACK FLAGS: a TCP segment from h1 to port 80 of h2, its checksum too.
seg() {
	f=$((0x5000 + $4))
	c=$((0x0a00 + 0x010a + 0x0a00 + 0x020a + 6 + 20 + $1 + 80 + ($2 >> 16) + ($2 & 0xffff) + ($3 >> 16) + ($3 & 0xffff) + f + 0xfaf0))
	c=$(((c & 0xffff) + (c >> 16)))
	c=$((0xffff - ((c & 0xffff) + (c >> 16))))
	frame $(printf '02000000002102000000001108004500002812344000400611890a00010a0a00020a%04x0050%08x%08x%04xfaf0%04x0000' $1 $2 $3 $f $c)
}
r nft -f - <<'N'
table ip f {
	chain forward {
		type filter hook forward priority 0; policy accept;
		ct state new counter
		ct state established counter
		ct state related counter
		ct state invalid counter drop
	}
}
N
show() { echo "# $*"; r nft list chain ip f forward | grep counter; }
ip netns exec r tcpdump -tnlS --immediate-mode -c 2 -i eth0 tcp > handshake 2> /dev/null &
h2 nc -l 80 > /dev/null &
sleep 0.5
(echo a; sleep 3) | h1 nc -N -p 40000 10.0.2.10 80 &
sleep 0.5
show a connection
r conntrack -L 2> /dev/null
seq=$(sed -n '1s/.*seq \([0-9]*\),.*/\1/p' handshake)
ack=$(sed -n '2s/.*seq \([0-9]*\),.*/\1/p' handshake)
rm handshake
seq=$(((seq + 3) & 0xffffffff)) ack=$(((ack + 1) & 0xffffffff))
seg 40000 $seq $ack 0x10
show an ACK of its window
seg 40000 $(((seq + 1000000) & 0xffffffff)) $ack 0x10
show an ACK above the window
seg 40000 $(((seq - 1000000) & 0xffffffff)) $ack 0x10
show an ACK below the window
seg 40000 $seq $(((ack + 1000000) & 0xffffffff)) 0x10
show an ACK of what was not sent
seg 40000 $(((seq + 1000000) & 0xffffffff)) $ack 4
show a RST outside of the window
seg 40000 $seq $ack 2
show a SYN in the middle
wait
show the connection has ended
seg 41000 5 5 0x10
show an ACK of no connection
seg 41001 5 5 4
show a RST of no connection
seg 41002 5 5 3
show SYN and FIN
frame 02000000002102000000001108004500002812344000400611890a00010a0a00020aa02b005000000005000000055002faf0a80d0000000000000000
show a SYN with a bad checksum
seg 41004 5 5 0x12
show a SYN-ACK of no connection
r sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0
seg 41005 5 5 0x10
show an ACK of no connection, not loose
