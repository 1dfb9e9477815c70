package tcp

import (
	"testing"
	"unsafe"

	"github.com/packetwalk/packetwalk/stack/core"
)

// Every checkpoint of a walk reads all sockets, and a seek makes them again:
// what a socket weighs is what both cost.
func TestSize(t *testing.T) {
	for _, c := range []struct {
		what      string
		size, max uintptr
	}{
		{"core.Sock", unsafe.Sizeof(core.Sock{}), 264},
		{"tcp.Sock", unsafe.Sizeof(Sock{}), 1472},
		{"tcp.TimeWait", unsafe.Sizeof(TimeWait{}), 256},
		{"core.SKB", unsafe.Sizeof(core.SKB{}), 576},
	} {
		t.Logf("%s: %d bytes", c.what, c.size)
		if c.size > c.max {
			t.Errorf("%s takes %d bytes, more than %d: can what is rare be kept apart?", c.what, c.size, c.max)
		}
	}
}
