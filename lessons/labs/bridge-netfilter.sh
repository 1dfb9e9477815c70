# lab: bridge-netfilter
# A switch that asks the IP firewall
# With net.bridge.bridge-nf-call-iptables=1, the default where br_netfilter is there, frames
# that only cross a bridge pass the IP hooks too: prerouting, forward and postrouting see
# iif and oif br0, and a rule of table ip drops what the bridge would have passed on.
# Switch it off, and the same rules see nothing. Try physdev in iptables.
trap 'for n in sw h1 h2 h3; do ip netns del $n; done' EXIT
for n in sw h1 h2 h3; do ip netns add $n; done
ip -n sw link add br0 address 02:00:00:00:00:ff type bridge
for i in 1 2 3; do
	ip link add eth0 netns h$i address 02:00:00:00:00:${i}1 type veth peer name p$i netns sw address 02:00:00:00:00:0$i
	ip -n sw link set p$i master br0
	ip netns exec h$i sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip -n h$i addr add 10.0.1.$i/24 dev eth0
done
ip netns exec sw sysctl -qw net.ipv6.conf.all.disable_ipv6=1
for i in 1 2 3; do ip -n h$i link set lo up; ip -n h$i link set eth0 up; ip -n sw link set p$i up; done
ip -n sw link set br0 up
sleep 2.5 # the links come up, and the hosts report their groups
ip netns exec sw sysctl -qw net.bridge.bridge-nf-call-iptables=1
ip netns exec sw nft -f - <<'N'
table ip f {
 chain pre { type filter hook prerouting priority 0; counter iifname "br0" counter meta iifname "p1" counter; }
 chain fwd { type filter hook forward priority 0; udp dport 9001 counter drop; iifname br0 oifname br0 counter; }
 chain post { type filter hook postrouting priority 0; oifname "br0" counter; }
 chain in { type filter hook input priority 0; counter; }
}
N
ip netns exec h1 ping -c 1 10.0.1.2 | head -2 | sed 's/time=.*//'
ip netns exec h1 sh -c 'for p in 9000 9001; do echo x | nc -u -w 1 -p 4000 10.0.1.2 $p; done' 2>/dev/null
ip netns exec sw nft list ruleset | grep -v "^}"
ip netns exec sw sysctl -qw net.bridge.bridge-nf-call-iptables=0
ip netns exec h1 ping -c 1 10.0.1.2 | head -2| sed 's/time=.*//'
ip netns exec sw nft list chain ip f fwd
ip netns exec sw bridge fdb show br br0 | grep -v "^33\|permanent" | sort
