package main

import (
	"fmt"
	"io"
	"net/netip"
	"os"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/drill"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/live"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An input is a capture and how it is to be replayed: what the flags that all
// commands share say.
type input struct {
	lab, local, mode string
	drill            []drill.Setting // for a packetdrill script

	name    string
	reader  *pcaps.Reader
	labWalk *walk.Lab // instead of a capture
	follow  bool      // a stream is walked while it comes
	stream  *stream   // nil: it is none
	piped   io.Reader // instead of a file: a capture that comes
	opt     stack.Options
}

func (in *input) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&in.lab, "lab", "", "set the host up by this `FILE` of ip, sysctl and ethtool commands")
	f.StringVar(&in.local, "local", "", "the `ADDR`ess of the host that is walked (inferred from the capture if not given)")
	f.StringVar(&in.mode, "mode", "follow", "follow: what the capture shows that the host sent is the truth; react: the model answers by itself")
}

// open opens the capture and works out the options.
func (in *input) open(name string) error {
	switch in.mode {
	case "follow":
	case "react":
		in.opt.Mode = stack.React
	default:
		return usageError{fmt.Errorf("--mode is follow or react, not %q", in.mode)}
	}
	if in.local != "" {
		a, err := netip.ParseAddr(in.local)
		if err != nil {
			return usageError{fmt.Errorf("--local takes an address like 10.0.0.2, not %q", in.local)}
		}
		in.opt.Local = wire.FromNetip(a)
	}
	if in.piped != nil {
		r, err := pcaps.New(in.piped, name)
		if err != nil {
			return err
		}
		in.reader, in.name = r, name
		return nil
	}
	if isLab(name) {
		return in.openLab(name)
	}
	if isDrill(name) {
		return in.openDrill(name)
	}
	if len(in.drill) > 0 {
		return usageError{errNotDrill}
	}
	r, err := pcaps.Open(name)
	if err != nil {
		return err
	}
	in.reader, in.name = r, r.Name()
	if in.lab == "" && in.local == "" && in.mode == "follow" {
		if l, err := live.NewReader(r); err == nil {
			return in.openLog(l)
		}
	}
	return in.setup(name)
}

// openLog opens a live run's log: the machine runs again from it.
func (in *input) openLog(l *live.Reader) error {
	x, err := walk.ReadInputs(l, in.name)
	if err != nil {
		return err
	}
	in.labWalk, err = walk.OpenLab(walk.Script{Live: x})
	return err
}

// setup chooses what the host is: a lab, a bundled capture's own description,
// or what the capture suggests.
func (in *input) setup(name string) error {
	file, text := in.lab, ""
	switch {
	case file != "":
		b, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("%s: the lab cannot be read: %w", file, err)
		}
		text = string(b)
	default:
		e, ok := pcaps.Lookup(name)
		if !ok || in.local != "" || in.reader.Name() != e.Name && in.reader.Name() != e.File && in.reader.Name() != name {
			return nil
		}
		file, text = e.Name+".host", e.Host()
		if a, err := netip.ParseAddr(e.Local); err == nil {
			in.opt.Local, in.opt.Because = wire.FromNetip(a), "it recorded the capture"
		}
	}
	s, err := lab.Parse(file, text)
	if err != nil {
		return err
	}
	in.opt.Setup = s.Setup
	return nil
}
