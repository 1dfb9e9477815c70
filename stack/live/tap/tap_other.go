//go:build !linux

package tap

import (
	"errors"
	"net/netip"
)

// A Tap is a TAP interface of the real machine; there is none here.
type Tap struct{}

// Open says that there are no TAP interfaces here.
func Open(string, []netip.Prefix, bool) (*Tap, error) {
	return nil, errors.New("TAP interfaces are a thing of Linux: run packetwalk live there, or walk a capture here")
}

// Name, ReadFrames, WriteFrames and Close are for Linux.

func (t *Tap) Name() string               { return "" }
func (t *Tap) ReadFrames(*Batch) error    { return errors.ErrUnsupported }
func (t *Tap) WriteFrames([][]byte) error { return errors.ErrUnsupported }
func (t *Tap) Close() error               { return nil }
