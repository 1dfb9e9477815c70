package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/live"
	"github.com/packetwalk/packetwalk/stack/live/tap"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/stack/wire"
	"github.com/packetwalk/packetwalk/tui/settings"
)

// liveFlags are the flags of `packetwalk live`.
type liveFlags struct {
	taps   []string
	addrs  []string
	lab    string
	write  string
	long   time.Duration
	seed   uint64
	router bool
	plain  bool
	from   string

	headless    bool
	promiscuous bool
	look        screenFlags
	set         *settings.Settings
}

// liveCommand is `packetwalk live`: the model on a TAP interface.
func liveCommand() *cobra.Command {
	var f liveFlags
	c := &cobra.Command{
		Use:   "live",
		Short: "Put the simulated machine on a TAP interface: real programs talk to it",
		Long: `Put the simulated machine on a TAP interface of this machine. What real
programs send to its address (ping, curl, dig, a browser) is answered by the
model of the Linux network stack. It serves HTTP on port 80 (a page that shows the walk of
the request that fetched it; /bytes/N; PUT and POST), echo, discard and chargen on
TCP and UDP, and DNS for model.packetwalk. The screen shows the walk of each packet
while the traffic goes on; you can stop and go back. What is typed behind : runs in the
simulated machine: ip route, nft, ping, curl. With --headless, lines on standard input do.

It needs root or CAP_NET_ADMIN; without either it runs in a network of its own
under unshare -Urn. The interface is gone when the program ends.

With --write the run is a capture that grows: packetwalk live --replay FILE runs
the machine again from it, and says whether all is as it was.

Exit status: 0 it ended as it was asked to, 1 it broke off or the replay differs, 2 the command line is wrong.`,
		Example: `  packetwalk live                           then, elsewhere: ping 10.9.0.2; curl http://10.9.0.2/
  packetwalk live --write run.pcapng --for 30s
  packetwalk live --replay run.pcapng       or, on the screen: packetwalk walk run.pcapng
  packetwalk live --from eth0               walk what a real interface sends and receives
  packetwalk live --tap a --addr 10.1.0.1/24,10.1.0.2/24 --tap b --addr 10.2.0.1/24,10.2.0.2/24 --router`,
		Args: noArgs,
	}
	var replay string
	c.Flags().StringVar(&f.from, "from", "", "do not make a machine: walk what the real interface `IFACE` sends and receives, read only")
	c.Flags().BoolVar(&f.promiscuous, "promiscuous", false, "with --from: hear what is for others too")
	c.Flags().BoolVar(&f.headless, "headless", false, "without the screen: lines that are typed on standard input run in the simulated machine")
	c.Flags().StringArrayVar(&f.taps, "tap", nil, "`NAME` of the interface that is made (default pw0); may be given for each port")
	c.Flags().StringArrayVar(&f.addrs, "addr", nil, "the address of this machine and the model's, `REAL/LEN,MODEL/LEN` (default 10.9.0.1/24,10.9.0.2/24 and fd00:9::1/64,fd00:9::2/64); of the --tap before it, may be given several times")
	c.Flags().StringVar(&f.lab, "lab", "", "a script, `FILE`, that the simulated machine runs when it starts")
	c.Flags().StringVar(&f.write, "write", "", "write every frame to `FILE.pcapng` as it comes")
	c.Flags().DurationVar(&f.long, "for", 0, "end after `DURATION` (default: until it is interrupted); the screen stays until it is left")
	c.Flags().Uint64Var(&f.seed, "seed", 0, "what the random numbers of the simulated machine begin with (default: random)")
	c.Flags().BoolVar(&f.router, "router", false, "the simulated machine passes packets on between its ports")
	c.Flags().BoolVar(&f.plain, "no-offload", false, "exchange each frame by itself with the kernel; without this the outer end of the cable does what cards do, and the kernel hands over and takes large TCP packets (TSO, LRO)")
	c.Flags().StringVar(&replay, "replay", "", "run the machine again from `FILE`, as --write has written it, and compare")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if replay != "" {
			return replayLog(replay)
		}
		if f.from != "" {
			return f.listen(c)
		}
		var err error
		if f.set, err = f.look.load(c); err != nil {
			return err
		}
		say(f.set)
		return f.run(c.Context())
	}
	f.look.flags(c)
	return c
}

// config puts the machine's description together.
func (f *liveFlags) config() (c live.Config, err error) {
	if len(f.taps) == 0 {
		f.taps = []string{"pw0"}
	}
	c.Seed, c.Router = f.seed, f.router
	if c.Seed == 0 {
		c.Seed = rand.Uint64()
	}
	if f.lab != "" {
		b, err := os.ReadFile(f.lab)
		if err != nil {
			return c, err
		}
		c.Lab = string(b)
	}
	addrs := f.addrs
	if len(addrs) == 0 {
		addrs = []string{"10.9.0.1/24,10.9.0.2/24", "fd00:9::1/64,fd00:9::2/64"}
	}
	for i, name := range f.taps {
		c.Ports = append(c.Ports, live.Port{Name: fmt.Sprintf("eth%d", i), Outer: name, MAC: 0x02707700_0001 + wire.MAC(i)})
	}
	for i, s := range addrs {
		ours, theirs, ok := strings.Cut(s, ",")
		a, err1 := netip.ParsePrefix(strings.TrimSpace(ours))
		b, err2 := netip.ParsePrefix(strings.TrimSpace(theirs))
		if !ok || err1 != nil || err2 != nil || a.Addr().Is4() != b.Addr().Is4() || a.Addr() == b.Addr() {
			return c, usageError{fmt.Errorf("--addr %s: it takes two different addresses of one family with their prefix lengths, as 10.9.0.1/24,10.9.0.2/24", s)}
		}
		p := &c.Ports[0]
		if len(f.addrs) > 0 {
			p = &c.Ports[min(i*len(c.Ports)/len(addrs), len(c.Ports)-1)]
		}
		p.Peers, p.Addrs = append(p.Peers, a), append(p.Addrs, b)
	}
	return c, nil
}

func (f *liveFlags) run(ctx context.Context) error {
	c, err := f.config()
	if err != nil {
		return err
	}
	r := &tap.Run{Config: c, Log: f.write, Commands: make(chan tap.Command)}
	for _, p := range c.Ports {
		t, err := tap.Open(p.Outer, p.Peers, !f.plain)
		if err != nil {
			for _, w := range r.Wires {
				w.Close()
			}
			return err
		}
		r.Wires = append(r.Wires, t)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if f.long > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.long)
		defer cancel()
	}
	if f.headless || !term.IsTerminal(os.Stdout.Fd()) || !term.IsTerminal(os.Stdin.Fd()) {
		signal.Ignore(syscall.SIGPIPE) // the write tells
		ctx, breakOff := context.WithCancelCause(ctx)
		defer breakOff(nil)
		r.Ready = func(*live.Machine) {
			for _, p := range c.Ports {
				fmt.Fprintf(os.Stderr, "%s: this machine is %s, the simulated one %s\n", p.Outer, join(p.Peers), join(p.Addrs))
			}
			go typed(ctx, os.Stdin, r.Commands, cleanWriter{os.Stdout, !term.IsTerminal(os.Stdout.Fd()), breakOff})
		}
		if err = r.Go(ctx); err == nil && ctx.Err() != nil && !errors.Is(context.Cause(ctx), ctx.Err()) {
			err = context.Cause(ctx) // nobody reads what it prints
		}
	} else {
		err = f.screen(ctx, r)
	}
	s := &r.Stats
	fmt.Fprintf(os.Stderr, "%d frames in, %d out, %d and %d bytes, in %s; hash %016x\n", s.In, s.Out, s.BytesIn, s.BytesOut, s.Took.Round(time.Millisecond), s.Hash)
	return err
}

// listen walks a real interface's traffic while it comes.
func (f *liveFlags) listen(c *cobra.Command) error {
	a, err := tap.Address(f.from)
	if err != nil {
		return err
	}
	r, w := io.Pipe()
	broke := make(chan error, 1)
	go func() {
		err := tap.Listen(f.from, f.promiscuous, w)
		broke <- err
		w.CloseWithError(err)
	}()
	fmt.Fprintf(os.Stderr, "listening on %s; waiting for the first frame (ctrl+c ends it)\n", f.from)
	x := walkFlags{input: input{mode: "follow", piped: r}}
	if a.IsValid() {
		x.local = a.String()
	}
	err = x.run(c, f.from)
	r.Close()
	select {
	case e := <-broke:
		if !errors.Is(e, io.ErrClosedPipe) {
			return e
		}
	case <-time.After(time.Second):
	}
	return err
}

// typed hands over the lines of a reader.
func typed(ctx context.Context, in io.Reader, to chan<- tap.Command, out io.Writer) {
	s := bufio.NewScanner(in)
	for s.Scan() {
		if strings.TrimSpace(s.Text()) == "" {
			continue
		}
		select {
		case to <- tap.Command{Line: s.Text(), Out: out}:
		case <-ctx.Done():
			return
		}
	}
}

// cleanWriter keeps escape sequences of what the machine prints from the terminal; what
// goes elsewhere stays as it is. fail is told when nothing can be written any more.
type cleanWriter struct {
	w    io.Writer
	raw  bool // it is no terminal
	fail func(error)
}

// Write prints text; ends of lines and tabs stay what they are.
func (c cleanWriter) Write(b []byte) (int, error) {
	text := string(b)
	if !c.raw {
		text = cleanPrinted(text)
	}
	if _, err := io.WriteString(c.w, text); err != nil {
		c.fail(err)
		return 0, err
	}
	return len(b), nil
}

// cleanPrinted is view.Clean of all but ends of lines and tabs.
func cleanPrinted(rest string) string {
	var clean strings.Builder
	for {
		n := strings.IndexAny(rest, "\n\t")
		if n < 0 {
			clean.WriteString(view.Clean(rest))
			return clean.String()
		}
		clean.WriteString(view.Clean(rest[:n]))
		clean.WriteByte(rest[n])
		rest = rest[n+1:]
	}
}

func join(list []netip.Prefix) string {
	var s []string
	for _, p := range list {
		s = append(s, p.String())
	}
	return strings.Join(s, " and ")
}

// replayLog runs a machine again from its log.
func replayLog(name string) error {
	src, err := pcaps.Open(name)
	if err != nil {
		return err
	}
	defer src.Close()
	r, err := live.NewReader(src)
	if errors.Is(err, live.ErrNoLog) {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err != nil {
		return err
	}
	x, err := live.Replay(r)
	if err != nil {
		return err
	}
	fmt.Printf("%d frames in, %d out, %d lines typed; hash %016x", x.In, x.Out, x.Lines, x.Hash)
	switch {
	case x.Differ != "":
		fmt.Println()
		return fmt.Errorf("%s: %s", name, x.Differ)
	case !x.Ended:
		fmt.Println("; the log has no end: all that it has agrees")
		return nil
	case x.Hash != x.Want:
		fmt.Println()
		return fmt.Errorf("%s: the run ended with hash %016x", name, x.Want)
	}
	fmt.Println(", as in the run")
	return nil
}
