package conntrack

import (
	"testing"
	"unsafe"
)

// TestSize: a million connections must fit into memory.
func TestSize(t *testing.T) {
	if n := unsafe.Sizeof(Conn{}); n > 448 {
		t.Errorf("a connection takes %d bytes", n)
	} else {
		t.Logf("a connection takes %d bytes", n)
	}
}
