package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/tui"
	"github.com/packetwalk/packetwalk/tui/settings"
)

// whatIf runs an input a second time with commands more.
func (f *compareFlags) whatIf(c *cobra.Command, args []string, at tui.Place, s *settings.Settings) error {
	if len(args) != 1 || f.with != "" {
		return usageError{errors.New("--do compares one input with itself: give no B and no --with")}
	}
	a, closeA, err := f.side(args[0])
	if err != nil {
		return err
	}
	defer closeA() //nolint:errcheck // it was only read
	if err := toPlace(a, at); err != nil {
		return fmt.Errorf("--at: %w", err)
	}
	if err := readOn(a, 4*beyond); err != nil {
		return err
	}
	first := a
	var w *view.WhatIf
	for _, line := range f.do {
		if w, err = a.WhatIfOn(f.host, line, at.Step <= 1); err != nil {
			return fmt.Errorf("--do: %w", err)
		}
		a = w.B
		if err := toPlace(a, at); err != nil {
			return fmt.Errorf("--do: %w", err)
		}
	}
	if len(f.do) > 1 {
		if w, err = view.Compare(first, w); err != nil {
			return err
		}
	}
	if f.plain || !onScreen() {
		err = plainWhatIf(c.OutOrStdout(), w)
	} else {
		err = tui.RunCompare(w.Pair(), screenOptions(s))
	}
	if err == nil && (len(w.Effects) > 0 || len(w.Counts) > 0) {
		err = statusError{errSaid, 1}
	}
	return err
}

// plainWhatIf writes a what-if as lines of text.
func plainWhatIf(out io.Writer, w *view.WhatIf) error {
	var b strings.Builder
	for _, l := range w.Summary() {
		fmt.Fprintln(&b, l)
	}
	for _, l := range w.Out {
		fmt.Fprintln(&b, "  | "+l)
	}
	for _, l := range w.Err {
		fmt.Fprintln(&b, "  ! "+l)
	}
	if w.Status != 0 {
		fmt.Fprintf(&b, "The command ended with status %d.\n", w.Status)
	}
	if len(w.Effects) > 0 {
		fmt.Fprintln(&b, "\nWhat follows, in order:")
	}
	for i := range w.Effects {
		e := &w.Effects[i]
		fmt.Fprintf(&b, "  %-14s %s\n", e.Kind, e.Said())
	}
	if w.More > 0 {
		fmt.Fprintf(&b, "  and %d more\n", w.More)
	}
	if len(w.Counts) > 0 {
		fmt.Fprintln(&b, "\nCounters at the end, as it is and with the command:")
	}
	for _, d := range w.Counts {
		fmt.Fprintf(&b, "  %-36s %8s %8s\n", d.Name, d.From, d.To)
	}
	if w.First >= 0 && w.Effects[w.First].A > 0 && w.Effects[w.First].B > 0 {
		fmt.Fprintln(&b, "\nThe first packet that differs, step by step:")
		if _, err := io.WriteString(out, b.String()); err != nil {
			return err
		}
		_, err := tui.PlainPair(out, w.Pair())
		return err
	}
	_, err := io.WriteString(out, b.String())
	return err
}
