# lab: iptables-filter
# A firewall in iptables
# The same host firewall in iptables: states, ports, a chain of one's own, a
# policy. iptables -L -v shows what each rule has seen.
# like: d09_iptables_redirect
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

h2 iptables -N web
h2 iptables -A web -s 10.0.1.0/24 -j ACCEPT
h2 iptables -A web -j REJECT --reject-with icmp-host-prohibited
h2 iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
h2 iptables -A INPUT -i lo -j ACCEPT
h2 iptables -A INPUT -p icmp --icmp-type echo-request -m limit --limit 1/min --limit-burst 2 -j ACCEPT
h2 iptables -A INPUT -p tcp -m multiport --dports 80,443 -j web
h2 iptables -P INPUT DROP
h2 iptables -t nat -A PREROUTING -p tcp --dport 8080 -j REDIRECT --to-ports 80
h2 iptables -S
h2 iptables -t nat -S
h2 nc -k -l 80 > /tmp/got &
sleep 0.3
(echo hello; sleep 0.2) | h1 nc -n -v -N -p 40000 10.0.1.2 8080
h1 ping -c 1 -W 0.3 -q 10.0.1.2 > /dev/null; echo "ping: $?"
h1 sysctl -qw net.ipv4.tcp_syn_linear_timeouts=0
h1 nc -n -v -z -w 2 10.0.1.2 22
echo "ssh: $?"
kill $!
wait 2> /dev/null
cat /tmp/got
h2 iptables -L INPUT -n
h2 iptables -D INPUT -i lo -j ACCEPT
h2 iptables -D INPUT -i lo -j ACCEPT
echo "status $?"
h2 iptables-save | grep -v '^#'
