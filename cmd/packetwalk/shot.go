package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/tui"
	"github.com/packetwalk/packetwalk/tui/shot"
)

type shotFlags struct {
	input
	out, at, size, keys, title string
	each                       time.Duration
	screen                     tui.ShotOptions
	draw                       shot.Options
	kind                       string // png, svg or gif
}

func shotCommand() *cobra.Command {
	var f shotFlags
	c := &cobra.Command{
		Use:   "shot INPUT -o FILE",
		Short: "Make a picture of the screen at a place of a walk",
		Long: `Make a picture of the screen at a place of a walk, without a terminal. INPUT is a
pcap or pcapng file (gzip or not), the name of a bundled capture, or - for
standard input. FILE's ending says what it becomes: .png, .svg, or .gif for a
film of some steps. The same input gives the same picture.`,
		Example: `  packetwalk shot ping --at 1.12 -o ping.png
  packetwalk shot closed-ports --at drop -o drop.svg --theme light
  packetwalk shot http --at 4 --steps 20 -o http.gif
  packetwalk shot ping --keys '?' -o help.png`,
		Args: oneInput,
		RunE: func(c *cobra.Command, args []string) error { return f.run(args[0]) },
	}
	f.flags(c)
	l := c.Flags()
	l.StringVarP(&f.out, "output", "o", "", "the picture: a `FILE` that ends in .png, .svg or .gif")
	l.StringVar(&f.at, "at", "1", "the `PLACE`: packet, packet.step, or drop for the first one")
	l.StringVar(&f.size, "size", "120x40", "columns and rows, `WxH`")
	l.StringVar(&f.screen.Theme, "theme", "dark", "dark, light or none")
	l.IntVar(&f.screen.Colours, "colours", 0, "how many colours the terminal has: 16, 256, 0 for all")
	l.StringVar(&f.keys, "keys", "", "press these `KEYS` first: names with spaces between; words are typed ('u ip_rcv enter')")
	l.IntVar(&f.screen.Steps, "steps", 10, "gif: how many steps")
	l.IntVar(&f.screen.FPS, "fps", 20, "gif: pictures a second while the packet moves")
	l.DurationVar(&f.each, "each", 700*time.Millisecond, "gif: how long a step is shown")
	l.IntVar(&f.draw.Size, "font-size", 16, "pixels of the letters, 6 to 64")
	l.IntVar(&f.draw.Scale, "scale", 1, "everything larger, 1 to 4 times")
	l.IntVar(&f.draw.Margin, "margin", 0, "pixels around the screen")
	l.StringVar(&f.title, "title", "", "a window's bar with this `TEXT` above the screen")
	return c
}

// known checks what can be checked before the capture is read.
func (f *shotFlags) known() (err error) {
	switch f.kind = strings.ToLower(strings.TrimPrefix(filepath.Ext(f.out), ".")); {
	case f.out == "":
		return usageError{errors.New("shot needs -o FILE, which ends in .png, .svg or .gif")}
	case f.kind != "png" && f.kind != "svg" && f.kind != "gif":
		return usageError{fmt.Errorf("-o %s: the picture ends in .png, .svg or .gif", f.out)}
	}
	o := &f.screen
	if o.At, err = tui.ParsePlace(f.at); err != nil {
		return usageError{fmt.Errorf("--at: %w", err)}
	}
	if o.W, o.H, err = tui.ParseSize(f.size); err != nil {
		return usageError{fmt.Errorf("--size: %w", err)}
	}
	o.Keys, o.Each, f.draw.Title = tui.ShotKeys(f.keys), f.each, view.Clean(f.title)
	switch {
	case o.Theme != "dark" && o.Theme != "light" && o.Theme != "none":
		return usageError{fmt.Errorf("--theme is dark, light or none, not %q", o.Theme)}
	case o.Colours != 0 && o.Colours != 16 && o.Colours != 256:
		return usageError{fmt.Errorf("--colours is 16, 256, or 0 for all, not %d", o.Colours)}
	case o.Steps < 1 || o.Steps > tui.MaxShotSteps:
		return usageError{fmt.Errorf("--steps is 1 to %d, not %d", tui.MaxShotSteps, o.Steps)}
	case o.FPS < 1 || o.FPS > 50:
		return usageError{fmt.Errorf("--fps is 1 to 50, not %d", o.FPS)}
	case o.Each < 20*time.Millisecond || o.Each > time.Minute:
		return usageError{fmt.Errorf("--each is 20ms to 1m, not %s", o.Each)}
	}
	if err := shot.Check(o.W, o.H, f.draw); err != nil {
		return usageError{err}
	}
	return nil
}

func (f *shotFlags) run(name string) error {
	if err := f.known(); err != nil {
		return err
	}
	a, err1 := os.Stat(name)
	b, err2 := os.Stat(f.out)
	if err1 == nil && err2 == nil && os.SameFile(a, b) {
		return usageError{fmt.Errorf("-o %s is the capture itself: name another file", f.out)}
	}
	if err := writable(f.out); err != nil {
		return err
	}
	v, _, err := f.session(name)
	if err != nil {
		return err
	}
	defer f.close()
	var pic bytes.Buffer
	if err := f.picture(&pic, v); err != nil {
		return err
	}
	return written(f.out, pic.Bytes())
}

// picture makes the picture.
func (f *shotFlags) picture(w io.Writer, s *view.Session) error {
	if f.kind == "gif" {
		frames, err := tui.Film(s, f.screen)
		if err != nil {
			return err
		}
		return shot.GIF(w, frames, f.draw)
	}
	screen, err := tui.Shot(s, f.screen)
	if err != nil {
		return err
	}
	if f.kind == "svg" {
		sc := s.Scene()
		f.draw.Desc = "packetwalk " + sc.Title + ", " + sc.Place()
		return shot.SVG(w, screen, f.draw)
	}
	return shot.PNG(w, screen, f.draw)
}

// writable says why a file cannot be written, as far as that can be told
// before there is something to write.
func writable(name string) error {
	why := ""
	switch i, err := os.Stat(name); {
	case err == nil && i.IsDir():
		why = "it is a folder"
	case err == nil && !i.Mode().IsRegular():
		why = "it is no ordinary file"
	case err == nil && i.Mode().Perm()&0o222 == 0:
		why = "it is read-only"
	case err != nil:
		if _, err := os.Stat(filepath.Dir(name)); err != nil {
			why = "there is no folder " + filepath.Dir(name)
		}
	}
	if why == "" {
		return nil
	}
	return fmt.Errorf("%s: cannot be written: %s", name, why)
}

// written writes a file whole or not at all: a failure leaves what was there.
func written(name string, data []byte) error {
	fail := func(err error) error {
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return fmt.Errorf("%s: cannot be written: %w", name, err)
	}
	to := name
	if l, err := filepath.EvalSymlinks(name); err == nil {
		to = l
	}
	t, err := os.CreateTemp(filepath.Dir(to), ".packetwalk-*")
	if err != nil {
		return fail(err)
	}
	defer os.Remove(t.Name())
	mode := fs.FileMode(0o644)
	if i, err := os.Stat(to); err == nil {
		mode = i.Mode().Perm()
	}
	_, err = t.Write(data)
	if err := errors.Join(err, t.Chmod(mode), t.Close()); err != nil {
		return fail(err)
	}
	if err := os.Rename(t.Name(), to); err != nil {
		return fail(err)
	}
	return nil
}
