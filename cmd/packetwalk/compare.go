package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/tui"
)

type compareFlags struct {
	input
	screen   screenFlags
	at, with string
	do       []string
	host     string
	plain    bool
}

func compareCommand() *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "compare A [B]",
		Short: "Walk two packets side by side, and see where their ways part",
		Long: `Walk two packets side by side, and see where their ways part. A and B are captures,
as for walk; without B both packets are of A. --at names the packet of A, --with
that of B (without B the next one if it is not given).

--do runs A a second time with a command of the simulated machine's shell at the
place that --at names, and tells what differs from there on: which packets are lost,
delivered, changed or new, and which counters. A may be a lab, too. At a packet alone
the command runs before it; at packet.step as soon as what is at work then has ended.
Several --do stack: each is added to those before.`,
		Example: `  packetwalk compare ping --at 3 --with 5
  packetwalk compare closed-ports http --at 5 --with 3    a refused SYN and a taken one
  packetwalk compare good.pcapng bad.pcapng --at 1 --with drop
  packetwalk compare ping --plain | less
  packetwalk compare two-hosts --at 20 --do 'ip link set eth0 down' --host h2 --plain
  packetwalk compare http --at 3 --do 'iptables-legacy -A INPUT -p tcp --dport 80 -j DROP' --plain`,
		Annotations: map[string]string{exitStatus: "0 both go the same way, 1 they do not, 2 they could not be compared."},
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) > 2 {
				return usageError{fmt.Errorf("compare takes one capture or two, not %d", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			err := f.run(c, args)
			if _, own := err.(statusError); err != nil && !own {
				if _, usage := err.(usageError); !usage {
					err = statusError{err, 2}
				}
			}
			return err
		},
	}
	f.input.flags(c)
	f.screen.flags(c)
	c.Flags().StringVar(&f.at, "at", "1", "the `PLACE` in A: packet, packet.step, or drop for the first one")
	c.Flags().StringVar(&f.with, "with", "", "the `PLACE` in B")
	c.Flags().StringArrayVar(&f.do, "do", nil, "what if: run this `COMMAND` at the place that --at names")
	c.Flags().StringVar(&f.host, "host", "", "the `NAME` of the host (network namespace) of a lab where --do runs (default: that of the step)")
	c.Flags().BoolVar(&f.plain, "plain", false, "lines of text instead of the screen")
	return c
}

func (f *compareFlags) run(c *cobra.Command, args []string) error {
	s, err := f.screen.load(c)
	if err != nil {
		return err
	}
	say(s)
	at, err := tui.ParsePlace(f.at)
	if err != nil {
		return usageError{fmt.Errorf("--at: %w", err)}
	}
	if len(f.do) > 0 {
		return f.whatIf(c, args, at, s)
	}
	with := at
	switch {
	case f.with != "":
		if with, err = tui.ParsePlace(f.with); err != nil {
			return usageError{fmt.Errorf("--with: %w", err)}
		}
	case len(args) == 1:
		with = tui.Place{Packet: at.Packet + 1, Step: 1}
	}
	if len(args) == 2 && args[0] == "-" && args[1] == "-" {
		return usageError{fmt.Errorf("standard input can be read once only: compare - without B for two packets of it")}
	}
	a, closeA, err := f.side(args[0])
	if err != nil {
		return err
	}
	defer closeA() //nolint:errcheck // it was only read
	var b *view.Session
	if len(args) == 1 {
		if _, err := a.Advance(64); err != nil {
			return err
		}
		b = a.Twin()
	} else {
		var closeB func() error
		if b, closeB, err = f.side(args[1]); err != nil {
			return err
		}
		defer closeB() //nolint:errcheck // it was only read
	}
	for _, side := range []struct {
		flag string
		s    *view.Session
		to   tui.Place
	}{{"--at", a, at}, {"--with", b, with}} {
		if side.to.Drop {
			err = search(side.s, view.Command{Verb: view.NextDrop})
		} else {
			err = toPlace(side.s, side.to)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", side.flag, err)
		}
	}
	p := view.NewPair(a, b)
	same := p.Scene().First < 0
	if f.plain || !onScreen() {
		_, err = tui.PlainPair(c.OutOrStdout(), p)
	} else {
		err = tui.RunCompare(p, screenOptions(s))
	}
	if err == nil && !same {
		err = statusError{errSaid, 1}
	}
	return err
}

// side opens a capture.
func (f *compareFlags) side(name string) (*view.Session, func() error, error) {
	in := f.input
	s, _, err := in.session(name)
	if err != nil {
		return nil, nil, err
	}
	return s, func() error { in.close(); return nil }, nil
}
