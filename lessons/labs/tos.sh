# lab: tos
# Which answers copy the TOS byte
# An echo reply has the TOS of its request; nft counts what passes by it.
# like: a16_tos_copied
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
table ip t {
	chain out {
		type filter hook output priority 0; policy accept;
		ip dscp cs0 counter comment "plain"
		ip dscp af23 counter comment "copied"
		ip dscp ef counter comment "expedited"
	}
}
N
h1 ping -c 1 -W 1 10.0.1.2 > /dev/null
h1 ping -c 1 -W 1 -Q 0x5c 10.0.1.2 > /dev/null
h1 ping -c 2 -i 0.2 -W 1 -Q 0xb8 10.0.1.2 > /dev/null
h2 nft list chain ip t out
