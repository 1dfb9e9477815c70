package walk

import (
	"io"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Short names for what listeners are told.
type (
	stepOf = step.Step
	tpOf   = step.TP
	whyOf  = step.Why
	frame  = pcaps.Frame
)

// An again reads the first n frames of a Source a second time, beside whoever
// reads it.
type again struct {
	Source
	at, n int
}

// Next is the next frame.
func (a *again) Next() (pcaps.Frame, error) {
	if a.at >= a.n {
		return pcaps.Frame{}, io.EOF
	}
	f, err := a.Source.Frame(a.at)
	if err == nil {
		a.at++
	}
	return f, err
}

// Rewind goes back to the first frame.
func (a *again) Rewind() { a.at = 0 }

// Len is how many frames there are.
func (a *again) Len() int { return a.n }

// Complete reports that no more will come.
func (a *again) Complete() bool { return true }
