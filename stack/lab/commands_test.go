package lab

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/wire"
)

var update = flag.Bool("update", false, "write COMMANDS.md anew")

// commandLines are command lines of documents about the Linux network stack, in
// their order, wrong ones among them.
const commandLines = `ls -la /usr/src/linux/net/
ip link show
ip -s link show eth0
ip -s link show
ip link add veth0 type veth peer name veth1
ip netns add container1
ip link set veth1 netns container1
ip link add br0 type bridge
ip link set eth0 master br0
ip link add eth0.100 link eth0 type vlan id 100
ip link add bond0 type bond mode active-backup
ip link set eth0 master bond0
ip link set eth1 master bond0
ip link add tun0 mode tun
ip link add gre0 mode gre remote 10.0.0.1 local 10.0.0.2
ip link add wg0 type wireguard
wg setconf wg0 /etc/wireguard/wg0.conf
ip link add vrf-blue type vrf table 100
ip link set eth0 vrf blue
cat /proc/net/stat/nf_conntrack
conntrack -L
ethtool -S eth0 | grep -i drop
ss -s
netstat -i
ss -tunapl
cat /proc/net/tcp
cat /proc/net/tcp6
ss -ti
sysctl net.ipv4.tcp_available_congestion_control
sysctl net.ipv4.tcp_congestion_control
sysctl -w net.ipv4.tcp_congestion_control=bbr
echo "net.ipv4.tcp_congestion_control=bbr" >> /etc/sysctl.conf
cat /proc/net/netstat | head -2
cat /proc/net/udp
cat /proc/net/udp6
ss -uap
sysctl net.ipv4.udp_rmem_min
sysctl net.ipv4.udp_wmem_min
ss -tlop 'sport = :80'
ip route show
ip route show table all
ip route show table local
ip route show table main  # Same as default
ip route add 10.0.0.0/24 via 192.168.1.1
ip route add default via 192.168.1.1
ip route del 10.0.0.0/24
echo "100 vpn" >> /etc/iproute2/rt_tables
ip rule add from 10.0.0.0/24 table vpn
ip rule add fwmark 100 table vpn
ip route add default via 10.0.0.1 table vpn
ip rule show
modprobe ip_vs
modprobe ip_vs_rr  # Round robin
modprobe ip_vs_wrr  # Weighted round robin
modprobe ip_vs_sh   # Source hash
ipvsadm -A -t 192.168.1.100:80 -s rr
ipvsadm -a -t 192.168.1.100:80 -r 10.0.0.1:80 -m
ipvsadm -a -t 192.168.1.100:80 -r 10.0.0.2:80 -m
ipvsadm -L -n
ip netns list
ip netns exec container1 ip link
ip netns exec container1 ping 8.8.8.8
ip link set eth1 netns container1
ip netns del container1
ip netns add router
ip netns add left
ip netns add right
ip link add veth-r-l type veth peer name veth-l-r
ip link add veth-r-right type veth peer name veth-right-r
ip link set veth-l-r netns left
ip link set veth-r-right netns right
ip netns exec left ip addr add 10.0.1.2/24 dev veth-l-r
ip netns exec right ip addr add 10.0.2.2/24 dev veth-right-r
ip netns exec router ip addr add 10.0.1.1/24 dev veth-r-l
ip netns exec router ip addr add 10.0.2.1/24 dev veth-r-right
sysctl -w net.ipv4.tcp_rmem="4096 131072 6291456"
sysctl -w net.ipv4.tcp_wmem="4096 16384 6291456"
sysctl -w net.core.rmem_max=16777216
sysctl -w net.core.wmem_max=16777216
sysctl -w net.core.rmem_default=262144
sysctl -w net.core.wmem_default=262144
sysctl -w net.ipv4.tcp_window_scaling=1
sysctl -w net.ipv4.tcp_timestamps=1
sysctl -w net.ipv4.tcp_sack=1
ethtool -G eth0 rx 4096 tx 4096
ethtool -C eth0 rx-usecs 100 tx-usecs 100
ethtool -K eth0 gro on gso on tso on
ethtool -L eth0 combined 4
ethtool -g eth0  # Ring
ethtool -c eth0  # Coalesce
ethtool -k eth0  # Offloads
sysctl -w net.netfilter.nf_conntrack_max=1048576
sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=7200
cat /proc/sys/net/netfilter/nf_conntrack_count
sysctl -w net.netfilter.nf_conntrack_tcp_timeout_time_wait=30
sysctl -w net.netfilter.nf_conntrack_tcp_timeout_close_wait=15
tcpdump -i eth0 -n
tcpdump -i eth0 port 80
tcpdump -i eth0 host 192.168.1.1
netstat -antp
netstat -s
ethtool -S eth0
ip route get 8.8.8.8
traceroute 8.8.8.8
dig example.com
nslookup example.com
bpftrace -e 'kprobe:tcp_connect { printf("TCP connect: %s\n", comm); }'
bpftrace -e 'kprobe:dev_queue_xmit { @[comm] = count(); }'
perf record -g -a -e net:netif_receive_skb -e net:netif_xmit
perf report
iptables -L -n -v
iptables -t nat -L -n -v
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -p tcp --dport 80 -j ACCEPT
iptables -A INPUT -p tcp --dport 443 -j ACCEPT
iptables -A INPUT -j DROP
iptables -t nat -A POSTROUTING -s 192.168.1.0/24 -o eth0 -j MASQUERADE
iptables -t nat -A PREROUTING -p tcp --dport 8080 -j REDIRECT --to-port 80
nft list ruleset
nft add table ip filter
nft add chain ip filter input '{ policy drop; }'
nft add rule ip filter input ct state established,related accept
nft add rule ip filter input tcp dport 22 accept
nft add table ip nat
nft add chain ip nat postrouting '{ policy accept; }'
nft add rule ip nat postrouting oifname "eth0" masquerade
ethtool -S eth0
ss -t -a
tcpdump -i eth0 tcp port 80 -w http.pcap
echo 131072 > /proc/sys/net/core/rmem_max
sysctl -p
bpftrace -e 'kprobe:tcp_sendmsg { printf("PID %d (UID %d) is sending %d bytes via tcp_sendmsg\n", pid, uid, arg2); }'
`

const commandsHead = `# What the console answers

Command lines of the documents behind this project, typed one after the other
into the console of a small host, and what it prints. The host has two network
cards, eth0 and eth1, on a link where nobody else is; eth0 has the address
192.168.1.10/24. Where a line is wrong on a real Linux it fails here in the same
words; what is real but not modelled says so.

This file is written by ` + "`go test ./stack/lab -run CommandsDoc -update`" + `, and the test fails
when it is not what the console prints.

`

// runCommands types the lines into a console.
func runCommands(t *testing.T) string {
	w := stack.NewWorld(1)
	h := w.AddHost("host")
	h.AddNIC("eth0", wire.MAC(0x020000000001), device.Config{})
	h.AddNIC("eth1", wire.MAC(0x020000000002), device.Config{})
	l := NewLab(w, h)
	var out bytes.Buffer
	l.Stdout, l.Stderr = &out, &out
	c := l.NewConsole()
	for _, s := range []string{"ip addr add 192.168.1.10/24 dev eth0", "ip link set eth0 up", "ip link set eth1 up", "mkdir -p /etc/wireguard"} {
		if _, err := c.Feed(s); err != nil || out.Len() > 0 {
			t.Fatalf("%s: %v %s", s, err, out.String())
		}
	}
	var b strings.Builder
	b.WriteString(commandsHead)
	for _, s := range strings.Split(strings.TrimSpace(commandLines), "\n") {
		out.Reset()
		more, err := c.Feed(s)
		if more {
			t.Errorf("%s: the console waits for more", s)
		}
		b.WriteString("```\n# " + s + "\n" + out.String())
		if n := out.Len(); n > 0 && out.Bytes()[n-1] != '\n' {
			b.WriteString("\n")
		}
		if err != nil {
			b.WriteString(err.Error() + "\n")
		}
		b.WriteString("```\n\n")
	}
	c.Close()
	return b.String()
}

// COMMANDS.md is what the console prints.
func TestCommandsDoc(t *testing.T) {
	got := runCommands(t)
	if *update {
		if err := os.WriteFile("COMMANDS.md", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("COMMANDS.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("COMMANDS.md is not what the console prints (-update writes it anew):\n%s", lineDiff(string(want), got))
	}
}
