# lab: iptables-legacy
# Two firewalls in one kernel
# iptables-legacy keeps its own tables beside those of nftables; a packet passes
# both, in the order of their priorities.
# like: d13_iptables_legacy
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

h2 iptables-legacy -P INPUT DROP
h2 iptables-legacy -t mangle -A PREROUTING -p icmp -j MARK --set-mark 7
h2 iptables-legacy -A INPUT -m mark --mark 7 -p icmp -j ACCEPT
h2 iptables-legacy -t raw -A PREROUTING -p udp -j NOTRACK
h2 nft 'add table ip f; add chain ip f input { type filter hook input priority filter + 1; policy accept; }; add rule ip f input meta mark 7 counter'
h1 ping -c 1 -W 1 10.0.1.2
h2 iptables-legacy -S
h2 iptables-legacy -t mangle -S
h2 iptables-legacy -t raw -S
h2 nft list ruleset
h1 sysctl -qw net.ipv4.tcp_syn_linear_timeouts=0
h1 nc -n -v -z -w 2 10.0.1.2 80
echo "status $?"
h2 iptables-legacy-save -c | grep -v '^#'
