# lab: nft-input
# A firewall for one host
# Rules are tried in order until one decides: an answer to what was asked
# before, a ping, ssh; the policy drops the rest. Counters tell which rule it
# was.
# like: d01_nft_input_rules d02_nft_counters
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

h2 nft -f - <<'N'
table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related counter accept
		iif "lo" accept
		icmp type echo-request counter accept
		tcp dport 22 counter accept
	}
}
N
h2 nft list ruleset
h2 nc -l 22 > /tmp/got &
sleep 0.3
h1 ping -c 1 -W 1 10.0.1.2
echo hello | h1 nc -N -p 40000 10.0.1.2 22
wait
cat /tmp/got
h1 nc -z -w 1 -v 10.0.1.2 80
echo "status $?"
h1 ping -c 1 -W 0.3 10.0.1.2 > /dev/null
h2 nft list ruleset
