package bench

import "testing"

func TestGoodput(t *testing.T) {
	for _, offload := range []bool{false, true} {
		r, err := Goodput(20<<20, offload)
		if err != nil {
			t.Fatal(err)
		}
		if most := 20 << 20 / 1400; !offload && r.Frames < most || r.Sent > 0 {
			t.Errorf("offload %t: %d segments, %d again", offload, r.Frames, r.Sent)
		}
	}
}

// BenchmarkGoodput is one bulk transfer between two simulated hosts; compare it
// with gVisor's by stack/bench/netstack/goodput.
func BenchmarkGoodput(b *testing.B) {
	for b.Loop() {
		r, err := Goodput(256<<20, false)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(r.Gbits(), "Gbit/s")
	}
}
