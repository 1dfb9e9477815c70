# lab: tun-tunnel
# A tunnel out of two programs
# A tun device is a wire whose other end is a program. On h1 and h2 socat holds one,
# and carries what it reads to the other socat, in UDP: a tunnel as OpenVPN's.
# The ping to 10.8.0.2 goes twice through the stack of each host. Try it without
# the first host's socat: the device has no carrier, and packets go nowhere.
# like: e09_tun
set -e
trap 'kill $P1 $P2 2>/dev/null || true; ip netns del h1; ip netns del h2' EXIT

ip netns add h1
ip netns add h2
ip link add eth0 netns h1 address 02:00:00:00:00:11 type veth peer name eth0 netns h2 address 02:00:00:00:00:21
for h in h1 h2; do
    ip netns exec $h sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip -n $h link set lo up
    ip -n $h tuntap add dev tun0 mode tun
done
ip -n h1 addr add 10.0.1.1/24 dev eth0
ip -n h2 addr add 10.0.1.2/24 dev eth0
ip -n h1 addr add 10.8.0.1/24 dev tun0
ip -n h2 addr add 10.8.0.2/24 dev tun0
for h in h1 h2; do
    ip -n $h link set eth0 up
    ip -n $h link set tun0 up
done

sleep 1.2

echo '# Nobody holds tun0 yet'
ip -n h1 tuntap
ip -n h1 link show tun0
ip netns exec h1 ping -c 1 -W 0.2 10.8.0.2 || true

echo '# Two programs make it a tunnel'
ip netns exec h1 socat TUN,tun-name=tun0,iff-no-pi UDP:10.0.1.2:5555,bind=10.0.1.1:5555 &
P1=$!
ip netns exec h2 socat TUN,tun-name=tun0,iff-no-pi UDP:10.0.1.1:5555,bind=10.0.1.2:5555 &
P2=$!
sleep 0.5
ip -n h1 link show tun0
ip netns exec h1 ping -c 2 -i 0.2 10.8.0.2 | grep -v rtt
ip -n h1 -s link show tun0
ip netns exec h1 ping -c 1 -s 1400 10.8.0.2 | head -2

echo '# The program ends'
kill $P1
sleep 0.2
ip -n h1 link show tun0
kill $P2
sleep 1.2
