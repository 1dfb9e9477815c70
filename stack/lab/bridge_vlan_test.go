package lab

import "testing"

// The text of bridge vlan, and what the filter lets through (net/bridge/br_vlan.c; the
// recorded kernel has none).
func TestBridgeVlan(t *testing.T) {
	const script = `ip netns add a; ip netns add b; ip netns add c
ip link add br0 type bridge vlan_filtering 1
n=1
for h in a b c; do
  ip link add p$n type veth peer name eth0 netns $h address 02:00:00:00:00:${n}1
  ip link set p$n master br0; ip link set p$n up; ip -n $h link set eth0 up
  n=$((n+1))
done
ip link set br0 up
bridge vlan show
bridge vlan add dev p2 vid 10-12
bridge vlan add dev p3 vid 10 pvid untagged
bridge vlan del dev p3 vid 1
bridge vlan show
bridge -j vlan show dev p3
bridge vlan add dev br0 vid 10 self
bridge vlan add dev br0 vid 10
bridge vlan add dev p1 vid 4096
bridge vlan add dev p1 vid 10-9
bridge vlan add dev p1 vid 10-11 pvid
bridge vlan add dev lo vid 10
bridge vlan del dev p1 vid 77
ip -n a addr add 10.0.0.1/24 dev eth0
ip -n b addr add 10.0.0.2/24 dev eth0
ip -n c addr add 10.0.0.3/24 dev eth0
ip netns exec a ping -c 1 -W 0.2 10.0.0.2 | grep -c 'bytes from'
ip netns exec a ping -c 1 -W 0.2 10.0.0.3 | grep -c 'bytes from'
ip -n b link add link eth0 name v10 type vlan id 10
ip -n b addr add 10.0.1.2/24 dev v10; ip -n b link set v10 up
ip -n c addr add 10.0.1.3/24 dev eth0
ip netns exec c ping -c 1 -W 0.2 10.0.1.2 | grep -c 'bytes from'
bridge fdb show dynamic br br0 | grep -v permanent | grep 02:00 | sort
bridge fdb add 02:00:00:00:00:99 dev p2 vlan 11 master static
bridge fdb add 02:00:00:00:00:99 dev p3 vlan 11 master static
bridge fdb show dev p2 vlan 11 | grep -v permanent
ip -d link show br0 | grep -o 'vlan_filtering.*vlan_protocol 802.1Q'
ip link set br0 type bridge vlan_filtering 0
ip netns exec a ping -c 1 -W 2 10.0.0.3 | grep -c 'bytes from'
`
	const want = `port              vlan-id
br0               1 PVID Egress Untagged
p1                1 PVID Egress Untagged
p2                1 PVID Egress Untagged
p3                1 PVID Egress Untagged
port              vlan-id
br0               1 PVID Egress Untagged
p1                1 PVID Egress Untagged
p2                1 PVID Egress Untagged
                  10
                  11
                  12
p3                10 PVID Egress Untagged
[{"ifname":"p3","vlans":[{"vlan":10,"flags":["PVID","Egress Untagged"]}]}]
RTNETLINK answers: Operation not supported
Invalid VLAN ID "4096"
Invalid VLAN range "10-9"
pvid cannot be configured for a vlan range
RTNETLINK answers: Operation not supported
1
0
1
02:00:00:00:00:11 dev p1 vlan 1 master br0
02:00:00:00:00:21 dev p2 vlan 1 master br0
02:00:00:00:00:21 dev p2 vlan 10 master br0
02:00:00:00:00:31 dev p3 vlan 10 master br0
RTNETLINK answers: Invalid argument
02:00:00:00:00:99 vlan 11 master br0 static
vlan_filtering 1 vlan_protocol 802.1Q
1
`
	if got, _ := runModel(t, script); trimLines(got) != trimLines(want) {
		t.Errorf("%s", lineDiff(trimLines(want), trimLines(got)))
	}
}

// Two tags: a frame of a customer's VLAN in one of the provider's (802.1ad).
func TestVlanAD(t *testing.T) {
	const script = `ip netns add a; ip netns add b
ip link add eth0 netns a type veth peer name eth0 netns b
for h in a b; do
  ip -n $h link set eth0 up
  ip -n $h link add link eth0 name s5 type vlan proto 802.1ad id 5
  ip -n $h link add link s5 name c7 type vlan id 7
  ip -n $h link set s5 up; ip -n $h link set c7 up
done
ip -n a addr add 10.0.0.1/24 dev c7; ip -n b addr add 10.0.0.2/24 dev c7
ip netns exec a ping -c 1 -W 0.2 10.0.0.2 | grep -c 'bytes from'
ip -n b link add link eth0 name q5 type vlan id 5
ip -n b -d link show s5 | grep -o 'vlan protocol.*id 5'
ip -n b link add link eth0 name again type vlan proto 802.1ad id 5
ip link add x type vlan proto 802.1ax id 5
ip -n b -s link show q5 | sed -n 4p
`
	const want = `1
vlan protocol 802.1ad id 5
Error: 8021q: VLAN device already exists.
Error: argument "802.1ax" is wrong: protocol is invalid
             0       0      0       0       0       0
`
	if got, _ := runModel(t, script); trimLines(got) != trimLines(want) {
		t.Errorf("%s", lineDiff(trimLines(want), trimLines(got)))
	}
}

// Snooping: who joins is remembered; with a querier, groups go to members and routers
// only; leaving takes two seconds.
func TestBridgeMDB(t *testing.T) {
	const script = `ip netns add a; ip netns add b; ip netns add c
sysctl -qw net.ipv6.conf.default.disable_ipv6=1; for h in a b c; do ip netns exec $h sysctl -qw net.ipv6.conf.default.disable_ipv6=1; done
ip link add br0 type bridge
n=1
for h in a b c; do
  ip link add p$n type veth peer name eth0 netns $h
  ip link set p$n master br0; ip link set p$n up; ip -n $h link set eth0 up
  ip -n $h addr add 10.0.0.$n/24 dev eth0; ip -n $h route add 224.0.0.0/4 dev eth0
  n=$((n+1))
done
ip link set br0 up
ip netns exec b socat -u UDP4-RECV:5000,ip-add-membership=239.1.1.1:eth0 STDOUT & P=$!
sleep 2
bridge mdb show
send() { echo hello | ip netns exec a socat -u STDIN UDP4-DATAGRAM:$1:5000,bind=10.0.0.1:6000; }
c=$(ip -n c -j -s link show eth0 | sed 's/.*"rx":{"bytes":\([0-9]*\),.*/\1/')
send 239.1.1.1
d=$(ip -n c -j -s link show eth0 | sed 's/.*"rx":{"bytes":\([0-9]*\),.*/\1/')
echo c got $((d-c))
ip link set br0 type bridge mcast_query_response_interval 50
ip link set br0 type bridge mcast_querier 1
sleep 3
c=$(ip -n c -j -s link show eth0 | sed 's/.*"rx":{"bytes":\([0-9]*\),.*/\1/')
send 239.1.1.1; send 239.7.7.7; send 224.0.0.99
d=$(ip -n c -j -s link show eth0 | sed 's/.*"rx":{"bytes":\([0-9]*\),.*/\1/')
echo c got $((d-c))
bridge mdb add dev br0 port p3 grp 239.7.7.7 permanent
send 239.7.7.7
c=$(ip -n c -j -s link show eth0 | sed 's/.*"rx":{"bytes":\([0-9]*\),.*/\1/')
echo c got $((c-d))
kill $P; sleep 1; bridge mdb show | wc -l; sleep 3; bridge mdb show
bridge mdb add dev br0 port p3 grp 239.7.7.7
bridge mdb add dev br0 port p3 grp 224.0.0.5
bridge mdb add dev p3 port p3 grp 239.7.7.7
bridge mdb add dev br0 port lo grp 239.7.7.7
bridge mdb add dev br0 port p3 grp 10.0.0.1
bridge mdb del dev br0 port p3 grp 239.7.7.7; bridge mdb show
`
	const want = `dev br0 port p2 grp 239.1.1.1 temp
hello
c got 48
hello
c got 48
c got 48
2
dev br0 port p3 grp 239.7.7.7 permanent
Error: bridge: (*, G) group is already joined by port.
Error: IPv4 entry group address is local multicast.
Error: Device does not support MDB operations.
Error: bridge: Net device is not a bridge port.
Error: IPv4 entry group address is not multicast.
`
	if got, _ := runModel(t, script); trimLines(got) != trimLines(want) {
		t.Errorf("%s", lineDiff(trimLines(want), trimLines(got)))
	}
}
