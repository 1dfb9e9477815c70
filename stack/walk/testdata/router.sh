# A router between two hosts: nftables, masquerade, a refused port.
ip netns add a; ip netns add r; ip netns add b
ip link add eth0 netns a type veth peer name eth0 netns r
ip link add eth1 netns r type veth peer name eth0 netns b
ip -n a addr add 10.0.1.2/24 dev eth0
ip -n r addr add 10.0.1.1/24 dev eth0
ip -n r addr add 192.0.2.1/24 dev eth1
ip -n b addr add 192.0.2.9/24 dev eth0
for n in a r b; do ip -n $n link set lo up; ip -n $n link set eth0 up; done
ip -n r link set eth1 up
ip -n a route add default via 10.0.1.1
ip netns exec r sysctl -w net.ipv4.ip_forward=1
ip netns exec r nft -f - <<'EOF'
table ip nat {
  chain post { type nat hook postrouting priority srcnat; oifname "eth1" counter masquerade; }
}
table inet filter {
  set ok { type inet_service; elements = { 22, 80 } }
  chain input { type filter hook input priority filter; policy accept; }
  chain tcpin {
    tcp dport 22 counter accept
    tcp dport @ok counter accept
    return
  }
  chain forward { type filter hook forward priority filter; policy drop;
    ct state established,related counter accept
    ip protocol icmp counter accept
    meta l4proto tcp jump tcpin
    counter reject
  }
}
EOF
ip netns exec b nc -l -p 80 > /dev/null &
sleep 0.1
ip netns exec a ping -c 1 192.0.2.9
echo hello | ip netns exec a nc -q 1 -w 2 192.0.2.9 80
echo hello | ip netns exec a nc -w 2 192.0.2.9 81
ip netns exec r nft list ruleset
