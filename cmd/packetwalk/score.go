package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/packetwalk/packetwalk/stack/oracle"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/view"
)

// Where a checkout keeps the recordings and the table.
const (
	recordedHosts = "stack/testdata/kernel"
	recordedLabs  = "lessons/labs"
	checkedTable  = "stack/step/checked.txt"
	checkedByHand = "stack/oracle/checked_by_hand.txt"
)

// score prints how much of the catalogue the recordings show. With --update it
// works that out anew.
func score(out io.Writer, args []string, f *verifyFlags) error {
	has := func(name string) string {
		how, _ := step.CheckedName(name)
		return how.String()
	}
	if f.update {
		table, err := newScore(out, args)
		if err != nil {
			return err
		}
		if err := os.WriteFile(checkedTable, []byte(table), 0o644); err != nil {
			return err
		}
		lines := map[string]string{}
		for _, l := range strings.Split(table, "\n") {
			if w := strings.Fields(l); len(w) > 1 {
				lines[w[0]] = w[1]
			}
		}
		has = func(name string) string { return lines[name] }
	}
	for _, p := range oracle.Checked(has) {
		fmt.Fprintf(out, "%s: %d of %d (%d %%) are shown by a recording of the real kernel\n", p.Name, p.Known, p.Of, p.Known*100/max(1, p.Of))
		for _, m := range p.Missing {
			fmt.Fprintf(out, "  not: %s\n", m)
		}
	}
	return nil
}

// newScore plays all recordings of a checkout, and those of further folders.
func newScore(out io.Writer, dirs []string) (string, error) {
	hand, err := os.ReadFile(checkedByHand)
	if err != nil {
		return "", fmt.Errorf("this needs a checkout of packetwalk: %w", err)
	}
	all, err := oracle.Load(os.DirFS(recordedHosts))
	if err != nil {
		return "", err
	}
	s := oracle.NewScore()
	for _, sc := range all {
		if err := s.Recorded(sc); err != nil {
			return "", err
		}
	}
	for _, dir := range append([]string{recordedLabs}, dirs...) {
		list, err := filepath.Glob(filepath.Join(dir, "*.facts.json"))
		if err != nil {
			return "", err
		}
		for _, file := range list {
			want, err := oracle.ReadLab(file)
			if err != nil {
				return "", err
			}
			text, err := readScript(strings.TrimSuffix(file, ".facts.json") + ".sh")
			if err != nil {
				return "", err
			}
			if err := s.Lab(want.Lab, text, want); err != nil {
				fmt.Fprintf(out, "%s: %s\n", file, view.Clean(err.Error()))
			}
		}
	}
	fmt.Fprintf(out, "%d recordings, the model agrees with %d in all\n", s.Recordings, s.Agree)
	return s.Table(string(hand)), nil
}
