//go:build linux

package main

import (
	"context"
	"net/netip"

	"github.com/packetwalk/packetwalk/stack/live"
	"github.com/packetwalk/packetwalk/stack/live/tap"
)

// startPacketwalk puts packetwalk's machine on a TAP interface.
func startPacketwalk() (func(), error) { return startLive(true) }

// startPlain does so without offloads: each frame by itself, as gVisor's does.
func startPlain() (func(), error) { return startLive(false) }

func startLive(offload bool) (func(), error) {
	p := live.Port{Name: "eth0", Outer: "pw0", MAC: 0x027077000001, Peers: []netip.Prefix{netip.MustParsePrefix("10.9.0.1/24")}, Addrs: []netip.Prefix{netip.MustParsePrefix("10.9.0.2/24")}}
	t, err := tap.Open(p.Outer, p.Peers, offload)
	if err != nil {
		return nil, err
	}
	r := &tap.Run{Config: live.Config{Seed: 1, Ports: []live.Port{p}}, Wires: []tap.Wire{t}}
	ready, over := make(chan bool), make(chan error, 1)
	r.Ready = func(*live.Machine) { close(ready) }
	ctx, stop := context.WithCancel(context.Background())
	go func() { over <- r.Go(ctx) }()
	select {
	case <-ready:
	case err := <-over:
		stop()
		return nil, err
	}
	return func() {
		stop()
		<-over
	}, nil
}
