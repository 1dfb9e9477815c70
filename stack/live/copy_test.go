package live

import (
	"bytes"
	"testing"

	"github.com/packetwalk/packetwalk/stack/sim"
)

// A copy, and one from an image, do what the machine does: in the middle of a
// transfer too.
func TestCopy(t *testing.T) {
	p := newPair(t, config(1), config(2))
	p.ask("ip addr add 10.9.0.7/24 dev eth0", sim.Second)
	p.a.Do(p.a.Now(), "curl -s -o /tmp/x http://10.9.0.2/bytes/3000000", &bytes.Buffer{})
	p.run(p.b.Now() + 2*sim.Millisecond)
	if !p.b.Rests() {
		t.Fatal("it cannot be copied now")
	}
	if p.a.Rests() {
		t.Error("a machine in which curl runs could be copied")
	}
	im := p.b.Image()
	t.Logf("%d objects, %d KB", im.Objects(), im.Size()>>10)
	twins := []*Machine{p.b.Copy(), FromImage(im)}
	frames := 0
	for at, end := p.b.Now(), p.b.Now()+sim.Second; at < end; {
		at += 20 * sim.Microsecond
		p.a.RunTo(at)
		p.b.RunTo(at)
		fromA, fromB := p.a.Sent(), p.b.Sent()
		for i, m := range twins {
			m.RunTo(at)
			x := m.Sent()
			if len(x) != len(fromB) {
				t.Fatalf("twin %d sends %d frames, not %d", i, len(x), len(fromB))
			}
			for j := range x {
				if x[j].At != fromB[j].At || !bytes.Equal(x[j].Data, fromB[j].Data) {
					t.Fatalf("twin %d: frame %d is another one", i, j)
				}
			}
			for _, s := range fromA {
				m.Frame(at, 0, s.Data)
			}
		}
		frames += len(fromB)
		for _, s := range fromA {
			p.b.Frame(at, 0, s.Data)
		}
		for _, s := range fromB {
			p.a.Frame(at, 0, s.Data)
		}
	}
	if frames < 1000 {
		t.Errorf("only %d frames", frames)
	}
	for i, m := range twins {
		if m.Lab.World.Fingerprint() != p.b.Lab.World.Fingerprint() {
			t.Errorf("twin %d has another state", i)
		}
	}
	ask := func(m *Machine) string {
		var b bytes.Buffer
		m.Do(m.Now(), "ip -s link; ss -tan; ip addr", &b)
		m.RunTo(m.Now() + sim.Millisecond)
		return b.String()
	}
	said := ask(p.b)
	for i, m := range twins {
		if got := ask(m); got != said || said == "" {
			t.Errorf("twin %d says\n%s\nnot\n%s", i, got, said)
		}
		m.Close()
	}
}
