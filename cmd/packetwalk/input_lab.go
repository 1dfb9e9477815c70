package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// isLab reports whether an input is a lab: a file that ends in .sh, or the name
// of a bundled lab that is no file and no bundled capture.
func isLab(name string) bool {
	if _, err := os.Stat(name); err == nil || strings.HasSuffix(name, ".sh") {
		return strings.HasSuffix(name, ".sh")
	}
	if _, ok := pcaps.Lookup(name); ok {
		return false
	}
	_, ok := lessons.Lab(name)
	return ok
}

// openLab opens a lab to be walked.
func (in *input) openLab(name string) error {
	if in.lab != "" || in.local != "" || in.mode == "react" {
		return usageError{errors.New("a lab is walked as it is: --lab, --local and --mode are for captures")}
	}
	if len(in.drill) > 0 {
		return usageError{errNotDrill}
	}
	text, err := scriptText(name)
	if err != nil {
		return err
	}
	if err := lab.Check(name, text); err != nil {
		return err
	}
	in.name = name
	in.labWalk, err = walk.OpenLab(walk.Script{Name: name, Text: text, Seed: 1})
	return err
}

// session begins a walk through the input, whatever it is. close ends reading.
func (in *input) session(name string) (s *view.Session, k *walk.Walk, err error) {
	if err := in.open(name); err != nil {
		return nil, nil, err
	}
	if in.labWalk != nil {
		return view.NewLabSession(in.labWalk, in.name), nil, nil
	}
	if in.follow && in.reader.Follow() {
		in.stream = &stream{r: in.reader}
		in.stream.wait()
	}
	if k, err = walk.Open(in.reader, in.opt); err != nil {
		in.close()
		return nil, nil, err
	}
	s = view.NewSession(k, in.name)
	if in.stream != nil {
		s.GoLive(in.stream)
	}
	return s, k, nil
}

// close closes the capture.
func (in *input) close() {
	if in.reader != nil {
		in.reader.Close() //nolint:errcheck // it was only read
	}
}

// broken is why the input breaks off in the middle, if it does.
func (in *input) broken(k *walk.Walk) error {
	if in.labWalk == nil {
		return k.Err()
	}
	if _, err := in.labWalk.Status(); err != nil {
		return fmt.Errorf("%w", err)
	}
	return nil
}
