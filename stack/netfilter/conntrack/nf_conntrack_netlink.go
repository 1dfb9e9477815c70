package conntrack

// What a program does with the table by itself: nf_conntrack_netlink.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A Spec is a connection that a program makes (`conntrack -I`).
type Spec struct {
	Orig, Reply Tuple
	Zone        Zone
	Timeout     sim.Time
	Status      Status
	Mark        uint32
	State       TCPStateID // of TCP
}

// Create is ctnetlink_create_conntrack with nf_conntrack_hash_check_insert. EEXIST:
// one of its tuples is in the table; EBUSY: a status that only the kernel may set;
// ENOMEM: the table is full.
func (t *Table) Create(s *Spec) (*Conn, core.Errno) {
	defer t.ns.In(step.CtnetlinkCreateConntrack, whole{t.ns}).Out()
	for _, k := range [...]*Tuple{&s.Orig, &s.Reply} {
		if c, _ := t.Find(k, s.Zone); c != nil {
			return nil, step.EEXIST
		}
	}
	if s.Status&(Expected|Dying) != 0 {
		return nil, step.EBUSY
	}
	c := t.alloc(nil, s.Zone, &s.Orig, &s.Reply, s.Orig.hash(t.seed, s.Zone.in(Original)))
	if c == nil {
		return nil, step.ENOMEM
	}
	c.tuples[Reply].hash = s.Reply.hash(t.seed, s.Zone.in(Reply))
	c.Status |= s.Status &^ (NATDoneMask | Template | Confirmed)
	c.Mark, c.TCP.State = s.Mark, s.State
	c.SetTimeout(s.Timeout)
	t.insert(c)
	t.tell(c, EventNew|EventProtoInfo|EventMark)
	c.Put() // the table has it
	return c, 0
}
