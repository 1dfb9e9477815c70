package nat

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// whole stands for the namespace in functions that work for no packet.
type whole struct{ ns *core.Netns }

// Kind, TraceID, TracePkt, Observe: see trace.Subject.
func (w whole) Kind() step.Kind            { return step.KindNS }
func (w whole) TraceID() uint32            { return w.ns.ID }
func (w whole) TracePkt() (pkt, id uint32) { return 0, 0 }
func (w whole) Observe(*trace.Obs)         {}
