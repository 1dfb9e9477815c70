package walk

import "github.com/packetwalk/packetwalk/stack/trace"

// Event reports whether an event is one that Find stops at, for a Match that
// names a step or landmarks.
func (m Match) Event(e *trace.Event) bool { return m.event(e) }
