package lab

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// tcState is the counters of all disciplines and classes of a world.
func tcState(w *stack.World) (s string) {
	for _, h := range w.Hosts {
		for _, d := range h.NS.Devices {
			if d == nil {
				continue
			}
			q, ok := d.Qdisc.(sched.Discipline)
			if !ok {
				continue
			}
			for _, o := range tcTree(q) {
				s += fmt.Sprintf("%s %+v\n", o.Name(), o.Stats())
				if h, ok := o.(*sched.Htb); ok {
					h.EachClass(func(i sched.ClassInfo) {
						c, _ := h.Class(i.ID)
						s += fmt.Sprintf("%x %+v %d %d %d %d\n", c.ID, c.Stats, c.Lends, c.Borrows, c.Tokens, c.CTokens)
					})
				}
			}
		}
	}
	return s
}

// A copy of a world in the middle of a burst, with packets in every discipline, comes to
// the same end as the original, and neither disturbs the other.
func TestTcFork(t *testing.T) {
	for _, qdisc := range []string{
		"root handle 1: htb default 10; tc class add dev v0 parent 1: classid 1:1 htb rate 1mbit; tc class add dev v0 parent 1:1 classid 1:10 htb rate 100kbit ceil 1mbit; tc class add dev v0 parent 1:1 classid 1:20 htb rate 100kbit; tc qdisc add dev v0 parent 1:10 handle 10: fq_codel",
		"root handle 1: tbf rate 500kbit burst 3k limit 100k; tc qdisc add dev v0 parent 1:1 handle 2: prio; tc qdisc add dev v0 parent 2:2 handle 22: codel target 1ms interval 5ms",
		"root handle 1: netem delay 20ms 10ms distribution normal loss 10% duplicate 10% corrupt 5% reorder 20% slot 3ms 9ms packets 5; tc qdisc add dev v0 parent 1:1 handle 2: tbf rate 1mbit burst 3k limit 50k",
		"root handle 1: fq maxrate 1mbit",
	} {
		w := stack.NewWorld(1)
		l := NewLab(w, w.AddHost("host"))
		var out bytes.Buffer
		l.Stdout, l.Stderr = &out, &out
		script := `sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns add h2; ip link add v0 address 02:00:00:00:00:11 type veth peer name v1 netns h2; ip link set v0 up; ip -n h2 link set v1 up
ip addr add 10.0.0.1/24 dev v0; ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:22 dev v0
tc qdisc add dev v0 ` + qdisc + `
dd if=/dev/zero of=/tmp/z bs=900 count=40 status=none
socat -u -b900 OPEN:/tmp/z UDP4:10.0.0.2:9`
		if st, err := l.Run("lab.sh", script); err != nil || st != 0 || out.Len() > 0 {
			t.Fatalf("%v %d %s", err, st, out.String())
		}
		f, _ := w.Fork()
		start, before := w.Clock.Now(), tcState(w)
		if before != tcState(f) {
			t.Fatalf("%s: the copy is another", qdisc)
		}
		w.Clock.RunUntil(start + 2*sim.Second)
		if tcState(f) != before {
			t.Errorf("%s: the original disturbs its copy", qdisc)
		}
		f.Clock.RunUntil(start + 2*sim.Second)
		if a, b := tcState(w), tcState(f); a != b || a == before {
			t.Errorf("%s:\n%sthe copy:\n%s", qdisc, a, b)
		}
		for _, h := range w.Hosts {
			if q, ok := h.NS.Devices[len(h.NS.Devices)-1].Qdisc.(core.Qdisc); ok && q.Len() != 0 {
				t.Errorf("%s: %d packets are left", qdisc, q.Len())
			}
		}
	}
}
