# lab: tcp-backlog
# The accept queue is full
# A server that does not accept: two connections fit in a queue of one, then a
# SYN is dropped. That caller tries again, and gets in when there is room.
# like: f09_backlog_overflow
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

# nc talks to one client at a time, and its queue is 1
(sleep 1.5 | h2 timeout 3 nc -N -w 1 -l 80 > /dev/null) &
sleep 0.3
for p in 40000 40001 40002 40003; do
	(sleep 3 | h1 timeout 0.8 nc -p $p 10.0.1.2 80 > /dev/null) &
	sleep 0.1
done
sleep 0.2
h2 ss -Htln
h1 ss -Htan | sort
h2 nstat -asz TcpExtListenOverflows TcpExtListenDrops
wait
