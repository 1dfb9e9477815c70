package lab

import (
	"regexp"
	"strings"
	"testing"
)

// A tunnel that two programs make: tun and tap, with struct tun_pi and without.
func TestSocatTun(t *testing.T) {
	const script = `ip netns add a; ip netns add b
ip link add eth0 netns a type veth peer name eth0 netns b
ip -n a addr add 10.0.0.1/24 dev eth0; ip -n b addr add 10.0.0.2/24 dev eth0
ip -n a link set eth0 up; ip -n b link set eth0 up
for o in tun-type=tun tun-type=tap,iff-no-pi; do
  ip netns exec a socat TUN:10.8.0.1/24,up,tun-name=t0,$o UDP:10.0.0.2:5000,bind=10.0.0.1:5000 & A=$!
  ip netns exec b socat TUN:10.8.0.2/24,up,tun-name=t0,$o UDP:10.0.0.1:5000,bind=10.0.0.2:5000 & B=$!
  sleep 0.1
  ip -n a tuntap; ip -n a -br link show t0 | cut -c1-30
  ip netns exec a ping -c 2 -i 0.1 10.8.0.2 | grep -c 'bytes from'
  kill $A $B; sleep 0.1
  ip -n a tuntap
done
ip tuntap add dev q mode tap multi_queue
ip tuntap add dev q mode tap
ip tuntap del dev q mode tap
ip tuntap del dev q mode tap multi_queue
socat - TUN:1:2; socat - TUN:10.0.0.1,tun-type=x; socat - TUN,nothing=1
ip tuntap
`
	const want = `t0: tun pi filter
t0               UNKNOWN
2
t0: tap
t0               UNKNOWN
2
ioctl(TUNSETIFF): Device or resource busy
ioctl(TUNSETIFF): Invalid argument
D socat E TUN: wrong number of parameters (2 instead of 0 or 1)
D socat E unknown tun-type "x"
D socat E parseopts_table(): unknown option "nothing"
`
	got, _ := runModel(t, script)
	if got = socatStamp.ReplaceAllString(got, "D socat E"); trimLines(got) != trimLines(want) {
		t.Errorf("%s", lineDiff(trimLines(want), trimLines(got)))
	}
}

var socatStamp = regexp.MustCompile(`\S+ \S+ socat\[\d+\] E`)

// trimLines leaves out blanks at the ends of lines.
func trimLines(s string) string {
	l := strings.Split(s, "\n")
	for i := range l {
		l[i] = strings.TrimRight(l[i], " \t")
	}
	return strings.Join(l, "\n")
}
