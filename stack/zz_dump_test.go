package stack_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/walk"
)

func TestZZDump(t *testing.T) {
	name := os.Getenv("CAP")
	r, err := pcaps.Open(name)
	if err != nil {
		t.Skip()
	}
	p, err := walk.Diagnose(r, stack.Options{Mode: stack.React})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range p.Script.Acts {
		fmt.Printf("%10.6f kind %d %v:%d>%v:%d len %d win %d mss %d idle %d int %d\n", float64(a.At)/1e9, a.Kind, a.Flow.Local, a.Flow.Lport, a.Flow.Remote, a.Flow.Rport, len(a.Data), a.Window, a.MSS, a.Idle, a.Interval)
	}
}
