package stack_test

import (
	"testing"
	"os"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
)

func TestZZHs(t *testing.T) {
	name := os.Getenv("ZZ")
	e, _ := pcaps.Lookup(name)
	o := stack.Options{Mode: stack.React, Local: setup(t, e, stack.React).Local}
	r := react(t, e, o, nil)
	d, more := r.Differences()
	for _, x := range d {
		t.Logf("%+v", x)
	}
	t.Log(more)
}
