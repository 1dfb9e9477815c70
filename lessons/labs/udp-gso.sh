# lab: udp-gso
# One send, many datagrams
# A program that sends much over UDP pays for each datagram: the call, the route, the
# firewall. With UDP_SEGMENT (17:103) it gives the kernel one large buffer, which goes
# down as one and is cut by the device, or just before it. With UDP_GRO (17:104) a
# receiver takes merged datagrams. Count what each side of the link, IP and the program
# see; walk a packet to see where it is cut.
trap 'ip netns del h1; ip netns del h2' EXIT
ip netns add h1
ip netns add h2
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
for h in h1 h2; do ip netns exec $h sysctl -qw net.ipv6.conf.all.disable_ipv6=1; done
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 neigh replace 10.0.1.2 lladdr 02:00:00:00:00:21 dev eth0 nud permanent
ip -n h2 neigh replace 10.0.1.1 lladdr 02:00:00:00:00:11 dev eth0 nud permanent
for h in h1 h2; do ip -n $h link set lo up; ip -n $h link set eth0 up; done
sleep 0.2 # the links come up
seq 1 900 > /tmp/data # 3492 bytes

frames() { ip -n h1 -s link show eth0 | awk '/TX:/ { getline; print $2 }'; }
counter() { $1 nstat -asz $2 | awk -v n=$2 '$1 == n { print $2 }'; }
send() { # options of the sender, options of the receiver
	f=$(frames) o=$(counter h1 UdpOutDatagrams) i=$(counter h2 IpInReceives) d=$(counter h2 UdpInDatagrams)
	timeout 5 ip netns exec h2 socat -u -T 0.3 UDP-RECV:9000,$2 CREATE:/tmp/got &
	sleep 0.1
	h1 socat -u OPEN:/tmp/data UDP:10.0.1.2:9000,sp=4000,$1
	wait
	echo "sent $(($(counter h1 UdpOutDatagrams) - o)), on the link $(($(frames) - f)), to IP $(($(counter h2 IpInReceives) - i)), read $(($(counter h2 UdpInDatagrams) - d))"
	cmp /tmp/data /tmp/got && echo "the bytes are the same"
}
segment=setsockopt-int=17:103:1000 gro=setsockopt-listen=17:104:i1
echo "--- a datagram of 3492 bytes: fragments of IP"
send reuseaddr reuseaddr
echo "--- UDP_SEGMENT 1000: veth takes it whole, and it is cut for the receiver's socket"
h1 ethtool -k eth0 | grep tx-udp-segmentation
send $segment reuseaddr
echo "--- UDP_GRO at the receiver: it is never cut"
send $segment $gro
echo "--- a device that cannot cut: the kernel does it before the driver"
h1 ethtool -K eth0 tx-udp-segmentation off
send $segment reuseaddr
send $segment $gro
echo "--- GRO at the receiving device, for a socket that wants it"
h2 ethtool -K eth0 gro on
h1 ethtool -K eth0 tso off > /dev/null
send $segment reuseaddr
send $segment $gro
echo "--- GRO for what is forwarded: no socket is asked"
h2 ethtool -K eth0 rx-udp-gro-forwarding on
send $segment reuseaddr
echo "--- more than 128 segments, and segments larger than the link's MTU"
h1 sh -c "socat -u OPEN:/tmp/data UDP:10.0.1.2:9000,setsockopt-int=17:103:20 2> /dev/null || echo refused"
h1 sh -c "socat -u OPEN:/tmp/data UDP:10.0.1.2:9000,setsockopt-int=17:103:1473 2> /dev/null || echo refused"
h1 sh -c "socat -u OPEN:/tmp/data UDP:10.0.1.2:9000,setsockopt-int=17:103:70000 2> /dev/null || echo refused"
