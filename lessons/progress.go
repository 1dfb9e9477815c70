package lessons

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Progress is which lessons somebody has taken: a file of slugs, one a line.
type Progress struct{ Path string }

// Own is the progress of whoever runs the program:
// $XDG_STATE_HOME/packetwalk/done, or below ~/.local/state.
func Own() Progress {
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil || home == "" {
			return Progress{}
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return Progress{filepath.Join(dir, "packetwalk", "done")}
}

// maxProgress bounds what is read of the file.
const maxProgress = 64 << 10

// Done lists the slugs in the order in which they were done. A file that is
// missing or broken counts as far as it can be read: lines that are no slugs
// are passed over.
func (p Progress) Done() (list []string) {
	if p.Path == "" {
		return nil
	}
	f, err := os.Open(p.Path)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, _ := io.ReadAll(io.LimitReader(f, maxProgress))
	for line := range bytes.Lines(b) {
		s := strings.TrimSpace(string(line))
		if isSlug(s) && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

var errNowhere = errors.New("there is no home folder to remember lessons in: set XDG_STATE_HOME")

// Add remembers that a lesson is done. The file is replaced as a whole, so that
// it is never half written.
func (p Progress) Add(slug string) error {
	if p.Path == "" {
		return errNowhere
	}
	list := p.Done()
	if !isSlug(slug) || slices.Contains(list, slug) {
		return nil
	}
	list = append(list, slug)
	dir := filepath.Dir(p.Path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "done-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(list, "\n") + "\n")
	if e := f.Sync(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), p.Path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
