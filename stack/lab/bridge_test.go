package lab

import (
	"bytes"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

const twoHosts = `
ip link set lo up
ip link add br0 address 02:00:00:00:00:90 type bridge mcast_snooping 0
ip link set br0 up
for i in 1 2; do
 ip netns add h$i
 ip -n h$i link add eth0 address 02:00:00:00:00:${i}1 type veth peer name p$i address 02:00:00:00:00:8$i netns 1
 ip link set p$i master br0; ip link set p$i up
 ip -n h$i link set eth0 up; ip -n h$i addr add 10.0.1.$i/24 dev eth0
done
ip netns exec h1 ping -c 1 -W 1 10.0.1.2 > /dev/null
`

func learned(w *stack.World) (n int) {
	for _, d := range w.Hosts[0].NS.Devices {
		if br := device.BridgeOf(d); br != nil {
			for _, e := range br.FDB() {
				if !e.Local {
					n++
				}
			}
		}
	}
	return n
}

// An address is forgotten 300 s after it was heard last, in a copy of the world
// as well.
func TestBridgeAgeing(t *testing.T) {
	w := stack.NewWorld(1)
	l := NewLab(w, w.AddHost("host"))
	var out bytes.Buffer
	l.Stdout, l.Stderr = &out, &out
	if _, err := l.Run("lab.sh", twoHosts); err != nil || out.Len() > 0 {
		t.Fatal(err, out.String())
	}
	if n := learned(w); n < 2 {
		t.Fatalf("%d addresses learned, want the two hosts'", n)
	}
	for _, d := range w.Hosts[0].NS.Devices { // nobody speaks from here on
		if device.PortOf(d) != nil {
			d.Flags &^= core.IFFUp
		}
	}
	c, _ := w.Fork()
	for i, w := range []*stack.World{w, c} {
		w.Run(w.Clock.Now() + 290*sim.Second)
		if n := learned(w); n < 2 {
			t.Errorf("world %d: after 290 s only %d addresses are known", i, n)
		}
		w.Run(w.Clock.Now() + 20*sim.Second)
		if n := learned(w); n != 0 {
			t.Errorf("world %d: after 310 s %d addresses are still known", i, n)
		}
	}
}

// What ends a frame at a bridge, with the kernel's reason and place.
func TestBridgeDrops(t *testing.T) {
	for _, c := range []struct {
		name, setup string
		reason      core.DropReason
		at          step.Step
	}{
		{"disabled", "bridge link set dev p1 state 0", step.DropBridgeIngressSTPState, step.BrHandleFrame},
		{"learning only", "ip link set p1 type bridge_slave state 2", step.DropBridgeIngressSTPState, step.BrHandleFrameFinish},
		{"isolated", "ip link set p1 type bridge_slave isolated on; ip link set p2 type bridge_slave isolated on", step.DropNotSpecified, step.BrHandleFrameFinish},
		{"same port", "bridge fdb del 02:00:00:00:00:21 dev p2 master; bridge fdb add 02:00:00:00:00:21 dev p1 master static", step.DropNotSpecified, step.BrHandleFrameFinish},
		{"nobody to flood to", "bridge fdb del 02:00:00:00:00:21 dev p2 master; ip link set p2 type bridge_slave flood off", step.DropNoTxTarget, step.BrFlood},
		{"locked", "ip link set p1 type bridge_slave locked on; bridge fdb del 02:00:00:00:00:11 dev p1 master", step.DropNotSpecified, step.BrHandleFrameFinish},
		{"too big", "ip link set p2 mtu 1000", step.DropNotSpecified, step.BrDevQueuePushXmit},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := stack.NewWorld(1)
			l := NewLab(w, w.AddHost("host"))
			var out bytes.Buffer
			l.Stdout, l.Stderr = &out, &out
			tr := &trace.Tracer{Mode: trace.Count}
			w.SetTracer(tr)
			script := twoHosts + "sysctl -q -w net.bridge.bridge-nf-call-iptables=0\n" + c.setup + "\nip netns exec h1 ping -c 1 -W 1 -s 1200 10.0.1.2 > /dev/null\n"
			if _, err := l.Run("lab.sh", script); err != nil || out.Len() > 0 {
				t.Fatal(err, out.String())
			}
			for _, e := range tr.Ends {
				if e.Outcome == trace.Dropped && e.Reason == c.reason && e.Fn == c.at {
					return
				}
			}
			t.Errorf("no frame was dropped with %v at %v", c.reason, c.at)
		})
	}
}

// Bad input ends with words and a status, never with a panic.
func FuzzIP(f *testing.F) {
	for _, s := range []string{"ip link add br0 type bridge ageing_time 5", "ip link set p1 type bridge_slave cost 3 hairpin on", "bridge fdb add 02:00:00:00:00:05 dev p1 master static",
		"ip rule add not from 10.0.0.0/8 fwmark 1/2 uidrange 1-2 sport 1-2 goto 5", "ip -6 rule add to fd00::/8 prohibit", "ip nexthop add id 5 group 1,2/3", "ip nexthop replace id 1 via 10.0.1.9 dev p1",
		"ip route add 10.9.0.0/16 nhid 1", "ip -6 route add fd00:5::/64 nexthop via fe80::1 dev p1 weight 3 nexthop via fe80::2 dev p1", "ip route get 10.0.0.1 from 10.0.0.2 iif p1 fibmatch",
		"ip addr add 10.0.0.1/24 dev p1 valid_lft 5 metric 7", "ip -j -p -d link show type bridge_slave", "bridge -d -j link", "ip maddr add 01:00:5e:00:00:09 dev p1", "ip neigh get 10.0.0.1 dev p1",
		"ip link property add dev p1 altname other", "ip -all netns exec true", "ip link add v type veth peer name w mtu 99", "ip route change default via 10.0.1.9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 200 || strings.ContainsAny(s, "\n;&|<>`$(){}'\"\\#*?[]!~") {
			return
		}
		w := stack.NewWorld(1)
		l := NewLab(w, w.AddHost("host"))
		l.Limits.Steps = 10000
		l.Run("x.sh", "ip link add br0 type bridge\nip link add p1 type veth peer name q1\nip link set p1 master br0\nip link set br0 up\nip link set p1 up\nip link set q1 up\nip addr add 10.0.1.1/24 dev br0\nip nexthop add id 1 via 10.0.1.2 dev br0\ntimeout 1 "+s+"\n")
	})
}
