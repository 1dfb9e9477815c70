//go:build !linux

package real

import (
	"context"
	"errors"
	"time"
)

// A Lab is a script to run.
type Lab struct {
	Name, Text string
	Timeout    time.Duration
	Trace      bool
	Tables     []string
	Settle     time.Duration
}

type live struct{}

// Record needs Linux.
func Record(context.Context, Lab) (*Recording, error) {
	return nil, errors.New("there is no real kernel to ask here: this needs Linux, as root")
}
