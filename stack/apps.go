package stack

import "github.com/packetwalk/packetwalk/pcaps"

// apps are the programs of the captured host, inferred from the capture.
type apps struct{ r *Replay }

func newApps(r *Replay) *apps { return &apps{r} }

func (a *apps) captured(f *pcaps.Frame, eth []byte) {}
