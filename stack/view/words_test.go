package view

import (
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/step"
)

func TestFragmentLine(t *testing.T) {
	for _, c := range [][2]string{
		{"IP 10.0.0.1 > 10.0.0.2: ip-proto-17", "IP 10.0.0.1 > 10.0.0.2: fragment of UDP"},
		{"IP 10.0.0.1 > 10.0.0.2: ip-proto-1", "IP 10.0.0.1 > 10.0.0.2: fragment of ICMP"},
		{"IP 10.0.0.1 > 10.0.0.2:  ip-proto-200 10", "IP 10.0.0.1 > 10.0.0.2:  ip-proto-200 10"},
	} {
		if got := fragmentLine(c[0]); got != c[1] {
			t.Errorf("%q becomes %q, want %q", c[0], got, c[1])
		}
	}
}

// TestLooksOnly keeps the ring of the other direction off a packet's way: an
// interrupt looks at both rings.
func TestLooksOnly(t *testing.T) {
	for _, c := range []struct {
		fn   string
		out  bool
		want bool
	}{
		{"igb_clean_tx_irq", false, true}, {"igb_clean_tx_irq", true, false}, {"igb_clean_rx_irq", true, true}, {"igb_clean_rx_irq", false, false}, {"ip_rcv", true, false},
	} {
		if got := looksOnly(step.ByName(c.fn), c.out); got != c.want {
			t.Errorf("%s, out %v: %v, want %v", c.fn, c.out, got, c.want)
		}
	}
}

// TestMarkNone has a sentence for every kind of mark.
func TestMarkNone(t *testing.T) {
	for name := range Marks {
		if got := markNone(name); len(strings.Fields(got)) < 3 {
			t.Errorf("%s: %q is no sentence", name, got)
		}
	}
}
