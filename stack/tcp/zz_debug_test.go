package tcp

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func TestZZ(t *testing.T) {
	s, _ := strconv.ParseUint(os.Getenv("ZZ"), 10, 64)
	if s == 0 {
		t.Skip()
	}
	zz = func(l *link, w *linkTask, what string) {
		h := wire.TCP(w.p)
		fmt.Printf("%v %s %s %v %d:%d ack %d win %d\n", l.c.Now(), w.from.addr, what, h.Flags(), h.Seq(), len(h.Payload()), h.Ack(), h.Window())
	}
	defer func() { zz = nil }()
	fmt.Println(sweepRun(t, s, map[step.MIB]uint64{}))
}

func zzMIB(l *link) {
	for i, h := range l.hosts {
		for m, v := range h.ns.MIB {
			if v != 0 {
				fmt.Println(i, step.MIB(m), v)
			}
		}
	}
}
