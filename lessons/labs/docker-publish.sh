# lab: docker-publish
# A published port, as docker does it
# A container behind a bridge: a port of the host is sent to it by DNAT, what it
# sends out gets the host's address by masquerade.
# like: d11_docker_publish

for n in ext host c1; do ip netns add $n; ip -n $n link set lo up; done
trap 'for n in ext host c1; do ip netns del $n; done' EXIT
host() { ip netns exec host "$@"; }
ip -n host link add docker0 address 02:42:ac:11:00:01 type bridge mcast_snooping 0
ip -n host addr add 172.17.0.1/16 dev docker0
ip -n host link set docker0 up
ip link add eth0 netns ext address 02:00:00:00:00:11 type veth peer name eth0 netns host address 02:00:00:00:00:21
ip link add veth1 netns host address 02:00:00:00:00:a1 type veth peer name eth0 netns c1 address 02:42:ac:11:00:02
ip -n ext addr add 203.0.113.1/24 dev eth0
ip -n host addr add 203.0.113.10/24 dev eth0
ip -n c1 addr add 172.17.0.2/16 dev eth0
ip -n host link set veth1 master docker0 up
for n in ext host c1; do ip -n $n link set eth0 up; done
ip -n c1 route add default via 172.17.0.1
host sysctl -qw net.ipv4.ip_forward=1
host iptables -t nat -N DOCKER
host iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
host iptables -t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
host iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
host iptables -t nat -A DOCKER ! -i docker0 -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
host iptables -N DOCKER
host iptables -N DOCKER-USER
host iptables -P FORWARD DROP
host iptables -A FORWARD -j DOCKER-USER
host iptables -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
host iptables -A FORWARD -o docker0 -j DOCKER
host iptables -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
host iptables -A FORWARD -i docker0 -o docker0 -j ACCEPT
host iptables -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp --dport 80 -j ACCEPT
host iptables -A DOCKER-USER -j RETURN
ip netns exec c1 sh -c 'echo page | nc -n -v -N -l 80' > /tmp/got 2>&1 &
sleep 0.3
(sleep 0.3) | ip netns exec ext nc -n -v -N -p 40000 203.0.113.10 8080
wait
cat /tmp/got
ip netns exec c1 ping -c 1 -W 1 203.0.113.1
host iptables -S
host iptables -t nat -S
host iptables -t nat -L DOCKER -n -v | awk 'NR > 2 { print $1, $3 }'
host iptables -t nat -L POSTROUTING -n -v | awk 'NR > 2 { print $1, $3 }'
