package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/tui"
	"github.com/packetwalk/packetwalk/tui/settings"
)

// A walkFlags is what walk is asked for.
type walkFlags struct {
	input
	screen    screenFlags
	at, until string
	plain     bool
}

func walkCommand() *cobra.Command {
	var f walkFlags
	c := &cobra.Command{
		Use:   "walk INPUT",
		Short: "Walk through a capture or a lab on the screen, forwards and backwards",
		Long: `Walk through a capture on the screen, forwards and backwards. INPUT is a pcap or
pcapng file (gzip or not), the name of a bundled capture, or - for standard input.
Or it is a lab: a shell script (LAB.sh, or the name of a bundled one) that builds a
network; then every packet is walked through all hosts that it comes to.
A colon asks the machine at a step, as on a real one (: ip route get 10.0.0.1); a
command that changes something runs in a second walk, and both are compared.
Or it is a packetdrill script (FILE.pkt, or the name of a bundled one): what the
kernel does with each of its events, beside the script.
It begins with the capture at a glance: which ways its packets took. Enter walks
along one of them. Press ? for the keys, q to leave.`,
		Example: `  packetwalk walk ping
  packetwalk walk my.pcapng --local 192.168.1.10
  packetwalk walk my.pcapng --at 17            begin with packet 17
  packetwalk walk two-hosts                    a bundled lab
  packetwalk walk nagle.pkt --ip_version ipv6  a bundled packetdrill script
  packetwalk walk http --until tcp_v4_rcv      begin where this function runs first
  packetwalk walk ping --plain | less          lines of text, for screen readers too`,
		Args: oneInput,
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	f.input.flags(c)
	f.input.drillFlags(c)
	f.screen.flags(c)
	c.Flags().StringVar(&f.at, "at", "", "begin at this `PLACE`: packet, packet.step, or drop for the first one")
	c.Flags().StringVar(&f.until, "until", "", "begin where this kernel `FUNCTION` runs first (packetwalk steps lists them)")
	c.Flags().BoolVar(&f.plain, "plain", false, "lines of text in the normal scrollback instead of the screen")
	return c
}

func (f *walkFlags) run(c *cobra.Command, name string) error {
	s, err := f.screen.load(c)
	if err != nil {
		return err
	}
	var at tui.Place
	if f.at != "" {
		if at, err = tui.ParsePlace(f.at); err != nil {
			return usageError{fmt.Errorf("--at: %w", err)}
		}
	}
	if f.until != "" && !isFunction(f.until) {
		return usageError{fmt.Errorf("--until: %q is no kernel function that is modelled%s", f.until, nearFunction(f.until))}
	}
	plain := f.plain || !term.IsTerminal(os.Stdout.Fd()) || !term.IsTerminal(os.Stdin.Fd()) && name != "-"
	f.follow = !plain
	v, k, err := f.session(name)
	if err != nil {
		return err
	}
	defer f.close()
	say(s)
	if err := f.begin(v, s, at, plain); err != nil {
		return err
	}
	if plain {
		if err := view.Plain(c.OutOrStdout(), v, view.PlainOptions{From: at.Packet}); err != nil {
			return err
		}
		return f.broken(k)
	}
	remember(name)
	o := screenOptions(s)
	o.Session, o.Walk, o.Name, o.Script = v, k, f.name, f.isDrill()
	return tui.Run(o)
}

// begin goes to where the walk is to begin.
func (f *walkFlags) begin(v *view.Session, s *settings.Settings, at tui.Place, plain bool) error {
	if err := begin(v, s); err != nil {
		return err
	}
	switch {
	case f.until != "":
		return search(v, view.Command{Verb: view.Until, Expr: f.until})
	case at.Drop:
		return search(v, view.Command{Verb: view.NextDrop})
	case at.Packet > 0:
		if err := toPlace(v, at); err != nil {
			return fmt.Errorf("--at: %w", err)
		}
	case !plain && f.isDrill():
		_, _ = v.Advance(64) // the screen tells an error
	case !plain && f.stream == nil:
		if _, err := v.Advance(64); err != nil {
			return nil // the screen tells it
		}
		if sc := v.Scene(); sc.Packet > 0 && sc.Screen != view.ScreenOverview {
			return v.Do(view.Command{Verb: view.ShowOverview})
		}
	}
	return nil
}

// beyond is how many packets are read behind the one that is asked for: what is
// done with it may go on when they come.
const beyond = 256

// toPlace goes to a packet and a step of it.
func toPlace(v *view.Session, at tui.Place) error {
	if n, _, done := v.Progress(); n < at.Packet+beyond && !done {
		if err := readOn(v, at.Packet+beyond-n); err != nil {
			return err
		}
	}
	if n, packets, _ := v.Progress(); n < at.Packet {
		return fmt.Errorf("the capture has %d packets", packets)
	}
	if err := v.Do(view.Command{Verb: view.Seek, N: at.Packet}); err != nil {
		return err
	}
	sc := v.Scene()
	switch {
	case at.Step <= 1:
		return nil
	case at.Step > sc.Steps:
		return fmt.Errorf("packet %d has %d steps", at.Packet, sc.Steps)
	}
	return v.Do(view.Command{Verb: view.Forward, N: at.Step - 1})
}

// search carries out a Command that looks for a place, and reads on for it.
func search(v *view.Session, c view.Command) error {
	for n := 256; ; n *= 2 {
		if err := readOn(v, n); err != nil {
			return err
		}
		err := v.Do(c)
		var none view.NotFoundError
		if _, _, done := v.Progress(); err == nil || done || !errors.As(err, &none) {
			return err
		}
	}
}

// readOn indexes at least n more packets, if there are so many. When it takes
// long it tells how far it is, if somebody looks on; ctrl+c ends it.
func readOn(v *view.Session, n int) error {
	const slice, patience = 2048, 200 * time.Millisecond
	begin, told := time.Now(), time.Time{}
	for done := false; n > 0 && !done; n -= slice {
		var err error
		if done, err = v.Advance(min(n, slice)); err != nil {
			return err
		}
		if now := time.Now(); now.Sub(begin) > patience && now.Sub(told) > patience && term.IsTerminal(os.Stderr.Fd()) {
			told = now
			at, packets, _ := v.Progress()
			fmt.Fprintf(os.Stderr, "\rreading: packet %d of %d", at, packets)
		}
	}
	if !told.IsZero() {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
	return nil
}

func isFunction(name string) (found bool) {
	step.Each(func(_ step.Step, i *step.Info) { found = found || i.Func == name })
	return found
}

// nearFunction offers the function whose name is nearest.
func nearFunction(name string) string {
	var all []string
	step.Each(func(_ step.Step, i *step.Info) { all = append(all, i.Func) })
	if n := settings.Nearest(name, all); n != "" {
		return "; did you mean " + n + "?"
	}
	return ""
}
