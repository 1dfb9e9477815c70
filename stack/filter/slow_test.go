package filter

import (
	"strings"
	"testing"
	"time"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// TestNotSlow: no text of the length allowed makes parsing or code generation
// explode.
func TestNotSlow(t *testing.T) {
	for _, s := range []string{
		"host ::1" + strings.Repeat(" or ::2", 1900),
		strings.Repeat("(", 95) + "1 = 1" + strings.Repeat(")", 95),
		strings.Repeat("(", 95) + "port 1" + strings.Repeat(" or 2)", 95),
		strings.Repeat("not ", 95) + "tcp",
		"len = 1" + strings.Repeat(" + 1", 1900),
		"len = 1" + strings.Repeat(" - tcp[1]", 700),
		strings.Repeat("not (", 45) + "port 1" + strings.Repeat(" and 2)", 45),
		strings.Repeat("(", 5000), strings.Repeat("tcp[", 500), strings.Repeat("- ", 3000) + "1 = 1",
	} {
		start := time.Now()
		f, err := Compile(s, wire.LinkEthernet)
		n := 0
		if err == nil {
			n = len(f.Program())
		}
		if d := time.Since(start); d > time.Second {
			t.Errorf("%.40q...: %v for a program of %d", s, d, n)
		} else {
			t.Logf("%.30q...: %v, %d instructions, error %v", s, d.Round(time.Millisecond), n, err)
		}
	}
}
