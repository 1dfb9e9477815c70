package pcaps

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCorpus reads other people's captures, when they are there: each opens,
// or is refused with one clear line.
func TestCorpus(t *testing.T) {
	dir := "../../shared/pcap"
	if _, err := os.Stat(dir); err != nil {
		t.Logf("%s is not here: ran without it", dir)
		return
	}
	list := io.Discard
	if path := os.Getenv("PCAPS_CORPUS_LIST"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		list = f
	}
	files, whole, refused, broken := 0, 0, 0, 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		n, opened, err := readTwice(t, path)
		switch {
		case err == nil:
			whole++
		case opened:
			broken++
		default:
			refused++
		}
		if err != nil {
			checkLine(t, err)
		}
		fmt.Fprintf(list, "%s\t%d\t%v\n", path, n, err)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files: %d whole, %d break off, %d refused", files, whole, broken, refused)
}

// checkLine fails unless err is an *Error of one line that says what to do.
func checkLine(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("%v: %T is no *Error", err, err)
		return
	}
	if e.File == "" || e.What == "" || e.Do == "" || strings.ContainsAny(e.Error(), "\n\r") {
		t.Errorf("not one whole line: %q", e.Error())
	}
	if strings.Contains(e.Do, "packetwalk's authors") {
		t.Errorf("pcapgo and the window disagree: %v", e)
	}
}

// readTwice reads a capture by Next and then by Frame, and compares.
func readTwice(t *testing.T, path string) (n int, opened bool, err error) {
	t.Helper()
	r, err := Open(path)
	if err != nil {
		return 0, false, err
	}
	defer r.Close()
	var all []Frame
	for {
		f, err2 := r.Next()
		if err2 != nil {
			if err2 != io.EOF {
				err = err2
			}
			break
		}
		f.Data = bytes.Clone(f.Data)
		all = append(all, f)
	}
	compare(t, path, r, all)
	return len(all), true, err
}

// compare checks that Frame gives what Next gave, in three orders.
func compare(t *testing.T, name string, r *Reader, all []Frame) {
	t.Helper()
	if r.Len() != len(all) {
		t.Errorf("%s: Len %d after %d frames", name, r.Len(), len(all))
		return
	}
	check := func(i int) {
		f, err := r.Frame(i)
		if err != nil {
			t.Errorf("%s: frame %d: %v", name, i, err)
		} else if !sameFrame(f, all[i]) {
			t.Errorf("%s: frame %d is\n%+v\nand was\n%+v", name, i, f, all[i])
		}
	}
	step := 1 + len(all)/500
	for i := 0; i < len(all); i += step {
		check(i)
	}
	for i := len(all) - 1; i >= 0; i -= step {
		check(i)
	}
	for i := range min(len(all), 200) {
		check(i * 7919 % len(all))
	}
}

func sameFrame(a, b Frame) bool {
	data := bytes.Equal(a.Data, b.Data)
	a.Data, b.Data = nil, nil
	return data && fmt.Sprint(a) == fmt.Sprint(b)
}
