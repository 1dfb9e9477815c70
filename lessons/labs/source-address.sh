# lab: source-address
# Which source address?
# The route may say it; else it is the first address of the device that shares
# the next hop's subnet; else the first one. A program that binds has chosen
# itself.
# like: c18_source_address
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

ip -n h1 addr add 10.0.1.5/24 dev eth0
ip -n h1 addr add 10.3.0.1/24 dev eth0
ip -n h1 addr add 10.9.9.9/32 dev lo
ip -n h1 route add 10.50.0.0/16 via 10.0.1.2
ip -n h1 route add 10.51.0.0/16 via 10.0.1.2 src 10.9.9.9
ip -n h1 route add 10.52.0.0/16 via 10.3.0.7
ip -n h1 route add 10.53.0.0/16 dev eth0
ip -n h1 route add 10.54.0.0/16 dev eth0 scope link src 10.0.1.5
ip -n h1 addr show dev eth0 | grep 'inet '
ip -n h1 route
for d in 10.0.1.2 10.3.0.7 10.50.0.1 10.51.0.1 10.52.0.1 10.53.0.1 10.54.0.1 10.9.9.9 10.0.1.5 127.0.0.1; do
	ip -n h1 route get $d
done
ip -n h1 route get 10.50.0.1 from 10.3.0.1
ip -n h1 route get 10.50.0.1 from 10.77.0.1
echo "status $?"
ip -n h1 route add 10.55.0.0/16 via 10.0.1.2 src 10.77.0.1
echo "status $?"
ip -n h1 route add 10.56.0.0/16 via 10.99.0.1
echo "status $?"
ip -n h1 addr del 10.0.1.1/24 dev eth0
echo "# the first address is gone, and its second with it"
ip -n h1 addr show dev eth0 | grep 'inet '
ip -n h1 route
