package core

import (
	"fmt"
	"testing"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// noting is a hook that notes that it was called.
type noting struct {
	name string
	log  *[]string
	say  Verdict
	send *SKB // sent through the same hook from inside
}

func (h *noting) Run(ns *Netns, st *HookState, b *SKB) Verdict {
	*h.log = append(*h.log, fmt.Sprintf("%s%d%d", h.name, st.Family, st.Hook))
	if s := h.send; s != nil {
		h.send = nil
		if ns.Hook(st.Family, st.Hook, nil, nil, nil, s) {
			ns.Consume(s, step.NFHookSlow)
		}
		*h.log = append(*h.log, fmt.Sprintf("%s%d%d", h.name, st.Family, st.Hook))
	}
	if h.say == Stolen {
		ns.Consume(b, step.NFHookSlow)
	}
	return h.say
}

func hookWorld() (*Machine, *Netns) {
	m := &Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(1), IDs: &IDs{}}
	ns := NewNetns(m, "h")
	ns.Trace = &trace.Tracer{Mode: trace.Record, Clock: m.Clock}
	return m, ns
}

// TestHookOrder: by priority; of equal ones the newest first.
func TestHookOrder(t *testing.T) {
	m, ns := hookWorld()
	var log []string
	add := func(name string, f Family, prio int) *noting {
		h := &noting{name: name, log: &log, say: Accept}
		ns.AddHook(f, LocalIn, prio, h)
		return h
	}
	add("a", NFIPv4, 0)
	add("b", NFIPv4, -200)
	c := add("c", NFInet, 0)
	add("d", NFIPv4, PriLast)
	pass := func(f Family) string {
		log = nil
		b := ns.AllocSKB(0, 4, 0)
		if ns.Hook(f, LocalIn, nil, nil, nil, b) {
			ns.Consume(b, step.NFHookSlow)
		}
		return fmt.Sprint(log)
	}
	if got := pass(NFIPv4); got != "[b01 c01 a01 d01]" {
		t.Error(got)
	}
	if got := pass(NFIPv6); got != "[c11]" {
		t.Error(got)
	}
	c.send = ns.AllocSKB(0, 4, 0)
	if got := pass(NFIPv4); got != "[b01 c01 b01 c01 a01 d01 c01 a01 d01]" {
		t.Error(got)
	}
	ns.DelHook(NFInet, LocalIn, c)
	if got := pass(NFIPv4) + pass(NFIPv6); got != "[b01 a01 d01][]" {
		t.Error(got)
	}
	if n := len(ns.Hooks(NFIPv4, LocalIn)); n != 3 {
		t.Errorf("%d hooks", n)
	}
	if m.Allocated != m.Freed {
		t.Errorf("%d buffers are lost", m.Allocated-m.Freed)
	}
}

// TestHookVerdicts: what the sender is told, and how the packet ends.
func TestHookVerdicts(t *testing.T) {
	for _, c := range []struct {
		v    Verdict
		want int
		end  string
	}{
		{Accept, -1, ""}, {Drop, int(step.EPERM), "dropped NETFILTER_DROP"}, {Drop.With(step.EHOSTUNREACH), int(step.EHOSTUNREACH), "dropped NETFILTER_DROP"},
		{Stolen, 0, "consumed "}, {Stolen.With(step.EPERM), int(step.EPERM), ""}, {Queue, 0, "not-modelled "},
	} {
		_, ns := hookWorld()
		var log []string
		ns.AddHook(NFIPv4, LocalOut, 0, &noting{log: &log, say: c.v})
		b := ns.AllocSKB(0, 4, 0)
		if got := ns.HookErr(NFIPv4, LocalOut, nil, nil, nil, b); got != c.want {
			t.Errorf("%#x: %d, want %d", c.v, got, c.want)
		}
		if len(ns.Trace.Ends) > 0 {
			e := ns.Trace.Ends[0]
			if got := e.Outcome.String() + " " + e.Reason.String(); c.end != "" && got != c.end {
				t.Errorf("%#x: %s, want %s", c.v, got, c.end)
			}
		} else if c.end != "" && c.end != "consumed" {
			t.Errorf("%#x: no end", c.v)
		}
	}
}

// TestDeviceHooks: ingress and egress of one device.
func TestDeviceHooks(t *testing.T) {
	_, ns := hookWorld()
	d := ns.NewDevice("eth0", 3, nil)
	var log []string
	d.AddHook(NetdevIngress, 5, &noting{name: "b", log: &log, say: Drop})
	d.AddHook(NetdevIngress, -5, &noting{name: "a", log: &log, say: Accept})
	b := ns.AllocSKB(0, 20, 0)
	b.Put(20)
	b.Dev, b.MAC = d, b.Offset()
	if h, _ := ns.receiveCore(b); h != nil {
		t.Error("the packet went on")
	}
	if got := fmt.Sprint(log); got != "[a90 b90]" {
		t.Error(got)
	}
	if e := ns.Trace.Ends; len(e) != 1 || e[0].Reason != step.DropNetfilterDrop {
		t.Errorf("%v", e)
	}
}
