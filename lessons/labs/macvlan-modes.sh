# lab: macvlan-modes
# Whom may a macvlan talk to?
# Two macvlans on one card: in bridge mode they reach each other directly, by broadcast too;
# private and vepa let them reach only what is outside. When the card goes down, so do they.
# Try passthru, which allows one macvlan only.
trap 'for n in a b c out; do ip netns del $n; done' EXIT
for n in a b c out; do ip netns add $n; done
ip link add up0 netns out address 02:00:00:00:00:01 type veth peer name up1 netns a address 02:00:00:00:00:02
ip -n a link set up1 up; ip -n out link set up0 up; ip -n out link set lo up
for n in a b c out; do ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1; done
ip -n a link add m1 link up1 address 02:00:00:00:00:0b type macvlan mode bridge
ip -n a link add m2 link up1 address 02:00:00:00:00:0c type macvlan mode bridge
ip -n a link set m1 netns b; ip -n a link set m2 netns c
ip -n b link set m1 name eth0; ip -n c link set m2 name eth0
ip -n b addr add 10.0.1.2/24 dev eth0; ip -n c addr add 10.0.1.3/24 dev eth0; ip -n out addr add 10.0.1.1/24 dev up0
for n in b c; do ip -n $n link set lo up; ip -n $n link set eth0 up; done
sleep 0.3
ip netns exec out ping -c 1 10.0.1.2 | head -2 | sed 's/time=.*//'
ip netns exec b ping -c 1 10.0.1.3 | head -2 | sed 's/time=.*//'
ip netns exec b ping -b -c 1 -W 0.5 10.0.1.255 2>&1 | head -1
sleep 1.2
ip -n b -s link show eth0 | tail -4
ip -n c -d link show eth0 | grep -o 'macvlan.*' | sed 's/bcqueuelen.*//'
ip -n c link set eth0 type macvlan mode private
ip netns exec b ping -c 1 -W 0.5 10.0.1.3 >/dev/null || echo "private: nothing"
ip -n c link set eth0 type macvlan mode vepa
ip netns exec c ping -c 1 -W 0.5 10.0.1.2 >/dev/null || echo "vepa: nothing"
ip netns exec c ping -c 1 -W 0.5 10.0.1.1 >/dev/null && echo "vepa: outside"
ip -n a link set up1 down
ip -n b link show eth0 | sed 's/^[0-9]*: //; s/@[^:]*//'
sleep 0.5
