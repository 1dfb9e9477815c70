package settings

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
)

// StateDir is the folder for what the program remembers by itself:
// $XDG_STATE_HOME/packetwalk. Empty: there is no place for it.
func StateDir(env func(string) string) string {
	if d := env("XDG_STATE_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "packetwalk")
	}
	if d := env("HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, ".local", "state", "packetwalk")
	}
	if d, err := os.UserCacheDir(); err == nil {
		return filepath.Join(d, "packetwalk")
	}
	return ""
}

// maxRecent is how many files are remembered.
const maxRecent = 20

// Recent are the files that were walked, the last one first; only those that
// are still there.
func Recent(env func(string) string) []string {
	var list []string
	for _, p := range recent(env) {
		if i, err := os.Stat(p); err == nil && i.Mode().IsRegular() {
			list = append(list, p)
		}
	}
	return list
}

// recent are the files that are remembered. What cannot be read counts as none.
func recent(env func(string) string) []string {
	dir := StateDir(env)
	if dir == "" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(dir, "recent"))
	if err != nil || len(b) > 1<<20 {
		return nil
	}
	var list []string
	if json.Unmarshal(b, &list) != nil {
		return nil
	}
	return list[:min(len(list), maxRecent)]
}

// Remember puts a file at the head of the recent ones.
func Remember(env func(string) string, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	list := []string{path}
	for _, p := range recent(env) {
		if p != path && len(list) < maxRecent {
			list = append(list, p)
		}
	}
	b, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	return Write(env, "recent", append(b, '\n'))
}

// Write writes a file of the state's folder at once: another program sees the
// old one or the new one, never a part.
func Write(env func(string) string, name string, b []byte) error {
	dir := StateDir(env)
	if dir == "" {
		return errors.New("there is no folder for the program's state: HOME is not set")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, name+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// FirstStart reports whether the program was never started on a screen before;
// Started makes it so.
func FirstStart(env func(string) string) bool {
	dir := StateDir(env)
	if dir == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, "started"))
	return errors.Is(err, os.ErrNotExist)
}

// Started remembers that the program was started.
func Started(env func(string) string) error { return Write(env, "started", []byte("yes\n")) }
