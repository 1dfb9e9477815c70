package lab

import (
	"bytes"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
)

const overTunnel = `
for n in h1 h2; do ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1; done
ip link add eth0 netns h1 type veth peer name eth0 netns h2
for h in 1 2; do
	ip -n h$h addr add 10.0.1.$h/24 dev eth0; ip -n h$h link set eth0 up
	ip -n h$h link add vx0 type vxlan id 42 dstport 4789 local 10.0.1.$h remote 10.0.1.$((3-h)) dev eth0 $UDP
	ip -n h$h addr add 192.168.7.$h/24 dev vx0; ip -n h$h link set vx0 up
done
ip netns exec h1 ethtool -K eth0 $OFF > /dev/null
sleep 0.2
ip netns exec h1 tcpdump -nn -i eth0 -w /tmp/eth 'udp dst port 4789 and greater 300' 2>/dev/null &
T=$!
seq 1 9000 > /tmp/sent
ip netns exec h2 sh -c 'socat -u TCP4-LISTEN:5000 - > /tmp/got' &
sleep 0.2
ip netns exec h1 socat -u OPEN:/tmp/sent TCP4:192.168.7.2:5000
sleep 0.2
kill $T; sleep 0.1
cmp /tmp/sent /tmp/got && echo same
echo $(ip netns exec h2 nstat -az | grep -E 'InErrors|InCsumErrors|InErrs|InTruncated' | grep -vc ' 0  ') errors
[ $(tcpdump -nnr /tmp/eth 2>/dev/null | grep -c 'length [2-9][0-9][0-9][0-9]') -gt 0 ] && echo whole || echo cut
ip netns exec h1 ethtool -k vx0 | grep 'tx-tcp-segmentation'
`

// What goes into a tunnel stays in one piece as far as the last device that cuts it
// itself; every segment has headers and checksums that the other end takes.
func TestTunnelSegments(t *testing.T) {
	for _, c := range []struct{ name, off, udp, want string }{
		{"veth takes it whole", "tso on", "", "whole"},
		{"no segmentation in tunnels", "tx-udp_tnl-csum-segmentation off", "", "cut"},
		{"without a checksum outside", "tso on", "noudpcsum", "whole"},
		{"without one, cut", "tx-udp_tnl-segmentation off", "noudpcsum", "cut"},
		{"no checksums by the card", "tx off", "", "cut"},
		{"nor outside", "tx off", "noudpcsum", "cut"},
		{"no offload", "tso off gso off", "", "cut"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := stack.NewWorld(1)
			l := NewLab(w, w.AddHost("host"))
			var out bytes.Buffer
			l.Stdout, l.Stderr = &out, &out
			if _, err := l.Run("lab.sh", "OFF='"+c.off+"'; UDP='"+c.udp+"'\n"+overTunnel); err != nil {
				t.Fatal(err)
			}
			want := "same\n0 errors\n" + c.want + "\n\ttx-tcp-segmentation: on\n"
			if got := out.String(); got != want && !strings.HasSuffix(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// bridge fdb flush chooses by port, VLAN and flags, as the running kernel did.
func TestBridgeFdbFlush(t *testing.T) {
	const setUp = `ip link add br0 address 02:00:00:00:00:ff type bridge
for i in 1 2; do ip link add e$i type veth peer name p$i address 02:00:00:00:00:0$i;  ip link set p$i master br0;  ip link set p$i up; ip link set e$i up; done
ip link set br0 up
add() { bridge fdb add 02:00:00:00:01:$1 dev $2 master $3; }
add 01 p1 static; add 02 p1 dynamic; add 03 p2 permanent; add 04 p2 "dynamic extern_learn"
`
	for _, c := range []struct{ args, out, left string }{
		{"dev p1", "RTNETLINK answers: Operation not supported\n", "01 02 03 04 "},
		{"", "Device is a required argument.\n", "01 02 03 04 "},
		{"dev br0 brport p1 static", "", "02 03 04 "},
		{"dev p2 master extern_learn", "", "01 02 03 "},
		{"dev br0 dynamic", "", "01 03 "},
		{"dev br0 nopermanent", "", "03 "},
		{"dev br0 permanent", "", "01 02 04 "},
		{"dev br0", "", ""},
	} {
		w := stack.NewWorld(1)
		l := NewLab(w, w.AddHost("host"))
		var out bytes.Buffer
		l.Stdout, l.Stderr = &out, &out
		if _, err := l.Run("lab.sh", setUp+"bridge fdb flush "+c.args+"; bridge fdb show br br0 | grep -o ' *02:00:00:00:01:0[1-4]' | sed 's/.*://' | sort | tr '\\n' ' '"); err != nil {
			t.Fatal(err)
		}
		if want := c.out + c.left; out.String() != want {
			t.Errorf("flush %s: got %q, want %q", c.args, out.String(), want)
		}
	}
}
