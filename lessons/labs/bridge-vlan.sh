# lab: bridge-vlan
# Several switches in one
# VLANs cut a switch into several. h1 and h2 are in VLAN 10 without knowing it: their
# ports put the tag on and take it off. h3 is in VLAN 20, and r is a router with one
# cable for both (a trunk): it sees the tags. The bridge itself has an address in VLAN 10.
# kernel without: CONFIG_BRIDGE_VLAN_FILTERING (follows its source; this is what the model prints)
set -e
trap 'for h in sw h1 h2 h3 r; do ip netns del $h; done' EXIT

for h in sw h1 h2 h3 r; do
    ip netns add $h
    ip netns exec $h sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip -n $h link set lo up
done
ip -n sw link add br0 address 02:00:00:00:00:90 type bridge vlan_filtering 1 vlan_default_pvid 0 mcast_snooping 0
n=1
for h in h1 h2 h3 r; do
    ip link add p$n netns sw address 02:00:00:00:00:8$n type veth peer name eth0 netns $h address 02:00:00:00:00:${n}1
    ip -n sw link set p$n master br0
    ip -n sw link set p$n up
    ip -n $h link set eth0 up
    n=$((n + 1))
done
ip -n sw link set br0 up
bridge -n sw vlan add dev p1 vid 10 pvid untagged
bridge -n sw vlan add dev p2 vid 10 pvid untagged
bridge -n sw vlan add dev p3 vid 20 pvid untagged
bridge -n sw vlan add dev p4 vid 10
bridge -n sw vlan add dev p4 vid 20
bridge -n sw vlan add dev br0 vid 10 self
ip -n sw link add link br0 name br0.10 type vlan id 10
ip -n sw addr add 10.0.10.254/24 dev br0.10
ip -n sw link set br0.10 up
ip -n h1 addr add 10.0.10.1/24 dev eth0
ip -n h2 addr add 10.0.10.2/24 dev eth0
ip -n h3 addr add 10.0.20.3/24 dev eth0
for v in 10 20; do
    ip -n r link add link eth0 name eth0.$v type vlan id $v
    ip -n r addr add 10.0.$v.9/24 dev eth0.$v
    ip -n r link set eth0.$v up
done
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip -n h1 route add 10.0.20.0/24 via 10.0.10.9
ip -n h3 route add 10.0.10.0/24 via 10.0.20.9
bridge -n sw vlan show

echo '# In one VLAN'
ip netns exec h1 ping -c 1 10.0.10.2 | sed -n 2p
echo '# From VLAN 10 to VLAN 20: by the router, which sees tags'
ip netns exec r tcpdump -n -t -e -c 2 -i eth0 vlan 2>/dev/null &
sleep 0.3
ip netns exec h1 ping -c 1 10.0.20.3 | sed -n 2p
wait
echo '# The switch itself'
ip netns exec h2 ping -c 1 10.0.10.254 | sed -n 2p
bridge -n sw fdb show br br0 | grep -v permanent | sort

echo '# A frame with the tag of another VLAN does not come in'
ip -n h1 link add link eth0 name eth0.20 type vlan id 20
ip -n h1 addr add 10.0.20.66/24 dev eth0.20
ip -n h1 link set eth0.20 up
ip netns exec h1 ping -c 1 -W 0.3 -I eth0.20 10.0.20.3 | tail -2
ip -n sw -s link show p3 | tail -1

echo '# Two tags: the provider puts one of its own outside (802.1ad)'
ip -n h1 link add link eth0 name s5 type vlan proto 802.1ad id 5
ip -n h1 -d link show s5 | grep protocol | cut -d'<' -f1
