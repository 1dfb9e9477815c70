package iptables_test

import (
	"math/rand"
	"testing"

	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/lab/ipt"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// FuzzRules sends any bytes as IP packets through random tables.
func FuzzRules(f *testing.F) {
	g := newMeeting(rand.New(rand.NewSource(1)), false, false)
	for i := 0; i < 30; i++ {
		g.six = i%2 == 0
		f.Add(int64(i), g.packet().b[14:])
	}
	f.Fuzz(func(t *testing.T, seed int64, p []byte) {
		g := newMeeting(rand.New(rand.NewSource(seed)), len(p) > 0 && p[0]>>4 == 6, false)
		r := newRouter(t, "", true)
		prog, typ := "iptables-legacy-restore", []byte{8, 0}
		if g.six {
			prog, typ = "ip6tables-legacy-restore", []byte{0x86, 0xdd}
		}
		script := g.Script()
		e := ipt.Env{NS: r.h.NS, Stdin: func() string { return script }}
		e.Run([]string{prog})
		for i := 0; i < 3; i++ {
			q := append([]byte(nil), p...)
			if i > 0 && len(q) > 0 {
				q[g.Intn(len(q))] ^= byte(1 << g.Intn(8))
			}
			b := append([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0x11}, typ...)
			r.dev[0].Receive(append(b, q...), device.RxInfo{})
			r.w.Run(r.w.Clock.Now() + sim.Millisecond)
		}
		r.w.Run(r.w.Clock.Now() + 100*sim.Second) // what waits for fragments
		if m := r.h.Machine; m.Allocated-m.Freed > 3 {
			t.Errorf("%d buffers are lost", m.Allocated-m.Freed)
		}
	})
}
