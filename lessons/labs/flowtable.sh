# lab: flowtable
# A short way through the router
# Once a connection is established, `flow add` enters it into a flow table. From then on
# its packets go from the ingress of one card straight to the neighbour behind the other:
# no routing, no chains, no connection tracking, but the same NAT. Watch the counter of
# the forward chain stand still, and the connection say OFFLOAD. A FIN closes the flow.
# kernel without: CONFIG_NF_FLOW_TABLE (follows its source; this is what the model prints)
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
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
h1() { ip netns exec h1 "$@"; }
r() { ip netns exec r "$@"; }
h2() { ip netns exec h2 "$@"; }
sleep 0.3 # the links come up

r nft -f - <<'N'
table ip x {
	flowtable f {
		hook ingress priority filter
		devices = { eth0, eth1 }
		counter
	}
	chain forward {
		type filter hook forward priority filter;
		ip protocol { tcp, udp } flow add @f
		ct state established counter
	}
	chain post {
		type nat hook postrouting priority srcnat;
		oifname eth1 masquerade
	}
}
N
r nft list flowtables
r sysctl -qw net.netfilter.nf_conntrack_acct=1

echo '# Ten lines over TCP: how many packets does the chain see?'
h2 sh -c 'nc -n -l 80 > /tmp/got' &
sleep 0.2
h2 tcpdump -n -t -c 3 -i eth0 'tcp[13] == 24' 2> /dev/null | sed 's/val [0-9]* ecr [0-9]*/val T ecr T/; s/seq [0-9]*:[0-9]*/seq S/; s/ack [0-9]*/ack A/' &
(for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; sleep 0.05; done; sleep 2) | h1 nc -N -p 40000 10.0.2.10 80 &
sleep 1
r nft list chain ip x forward | grep counter
r conntrack -L 2> /dev/null
r cat /proc/net/nf_conntrack
echo '# The program ends: FINs go by the short way, the flow is closing'
sleep 2.3
tail -1 /tmp/got
r conntrack -L 2> /dev/null
echo '# After 30 silent seconds it is out of the table, and the connection closed'
sleep 31
r conntrack -L 2> /dev/null
r nft list chain ip x forward | grep counter

echo '# UDP: the first answered exchange, then the short way'
h2 socat -T 3 udp-listen:53 exec:cat &
sleep 0.1
(for i in 1 2 3 4; do echo $i; sleep 0.1; done) | h1 socat -t 0.2 - udp:10.0.2.10:53,sourceport=5000
r conntrack -L -p udp 2> /dev/null
r nft list chain ip x forward | grep counter

echo '# A cable is pulled: the connection goes back to connection tracking'
r ip link set eth0 down
r conntrack -L -p udp 2> /dev/null
r nft delete table ip x
r nft list ruleset
wait
