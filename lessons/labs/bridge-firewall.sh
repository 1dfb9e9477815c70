# lab: bridge-firewall
# A firewall inside a switch
# The bridge family sees frames: by MAC address, by type, by what is inside. IP
# on the bridge never sees what is dropped here.
# like: e05_bridge_family_nft

for n in sw h1 h2 h3; do ip netns add $n; ip -n $n link set lo up; done
trap 'for n in sw h1 h2 h3; do ip netns del $n; done' EXIT
ip -n sw link add br0 type bridge mcast_snooping 0
ip -n sw link set br0 up
ip netns exec sw sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-arptables=0
for i in 1 2 3; do
	ip link add eth0 netns h$i address 02:00:00:00:00:${i}1 type veth peer name p$i netns sw address 02:00:00:00:00:8$i
	ip netns exec h$i sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
	ip -n sw link set p$i master br0 up
	ip -n h$i addr add 10.0.1.$i/24 dev eth0
	ip -n h$i link set eth0 up
done
ip netns exec sw nft -f - <<'N'
table bridge f {
	chain forward {
		type filter hook forward priority 0; policy accept;
		ether saddr 02:00:00:00:00:31 counter drop
		ether type arp counter accept
		ip daddr 10.0.1.2 icmp type echo-request counter drop
		ip protocol udp counter drop
		counter
	}
}
N
sleep 0.2 # the links come up
ip netns exec h1 ping -c 1 -W 0.3 10.0.1.2
ip netns exec h2 ping -c 1 -W 1 10.0.1.1
ip netns exec h3 ping -c 1 -W 0.3 10.0.1.1
ip netns exec sw nft list ruleset
