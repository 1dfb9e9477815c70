# lab: gratuitous-arp
# An ARP that nobody asked for
# A host announces itself: a request or an answer about its own address, to
# everybody. Who knows the address already takes the new place; who does not know
# it learns nothing, unless arp_accept says so. What came less than a second after
# the last change is not believed, but for a real announcement.
# Try: drop_gratuitous_arp, and an announcement of the listener's own address.
trap 'for n in h1 h2; do ip netns del $n; done' EXIT
for n in h1 h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 link set eth0 up
ip -n h2 link set eth0 up
h1() { ip netns exec h1 "$@"; }
h2() { ip netns exec h2 "$@"; }
# frame HEX: h1 sends exactly these bytes, from the Ethernet header on.
frame() { printf %b "$(printf '\\0%03o' $(echo "$1" | sed 's/../0x& /g'))" | h1 socat -u - INTERFACE:eth0; sleep 0.05; }
sleep 0.3 # the links come up

show() { echo "# $1"; ip -n h2 neigh show | sort; }
frame ffffffffffff020000000041080600010800060400010200000000410a0001320000000000000a000132000000000000000000000000000000000000
show 'a request about itself: unknown before'
h2 sysctl -qw net.ipv4.conf.eth0.arp_accept=1
frame ffffffffffff020000000041080600010800060400010200000000410a0001320000000000000a000132000000000000000000000000000000000000
show 'with arp_accept'
frame ffffffffffff020000000031080600010800060400020200000000310a0001320200000000310a000132000000000000000000000000000000000000
show 'an answer to everybody: it has moved'
frame 020000000021020000000022080600010800060400020200000000220a0001320200000000210a000102000000000000000000000000000000000000
show 'an answer to h2 alone, at once after that'
sleep 1.1
frame 020000000021020000000022080600010800060400020200000000220a0001320200000000210a000102000000000000000000000000000000000000
show 'the same, a second later'
frame ffffffffffff020000000041080600010800060400010200000000410a0001020000000000000a000102000000000000000000000000000000000000
show 'somebody says that he is h2'
ip -n h2 neigh replace 10.0.1.50 lladdr 02:00:00:00:00:50 dev eth0
frame ffffffffffff020000000041080600010800060400020200000000410a000132ffffffffffff0a000132000000000000000000000000000000000000
show 'a permanent entry'
h2 sysctl -qw net.ipv4.conf.eth0.drop_gratuitous_arp=1
ip -n h2 neigh del 10.0.1.50 dev eth0
frame ffffffffffff020000000041080600010800060400020200000000410a000132ffffffffffff0a000132000000000000000000000000000000000000
show 'drop_gratuitous_arp'
h1 sysctl -qw net.ipv4.conf.eth0.arp_notify=1
h2 sysctl -qw net.ipv4.conf.eth0.drop_gratuitous_arp=0
ip -n h1 link set eth0 address 02:00:00:00:00:12
sleep 0.1
show 'h1 has another address of its device, and tells (arp_notify)'
