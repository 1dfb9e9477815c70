package routes

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestKernel compares random routing policy with this machine's kernel. ROUTES_N,
// ROUTES_SEED and ROUTES_MOST choose it.
func TestKernel(t *testing.T) {
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("not compared with this machine's kernel: PACKETWALK_KERNEL=1, as root, does")
	}
	num := func(name string, or int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return or
	}
	var b strings.Builder
	rep, err := Run(t.Context(), Options{N: num("ROUTES_N", 40), Seed: int64(num("ROUTES_SEED", 1)), Most: num("ROUTES_MOST", 3), Whole: os.Getenv("ROUTES_WHOLE") != ""}, &b)
	if err != nil {
		t.Skip(err)
	}
	t.Logf("%+v\n%s", rep, b.String())
	if rep.Differ > 0 {
		t.Errorf("%d cases differ", rep.Differ)
	}
}

// recordedCase is a case and what the real kernel answered.
type recordedCase struct {
	Case    Case
	Answers []Answer
}

const recorded = "testdata/recorded.json.gz"

// TestRecorded compares the model with what the real kernel (Linux 6.18) answered in
// cases that are kept; ROUTES_RECORD=1, as root, asks it anew.
func TestRecorded(t *testing.T) {
	if os.Getenv("ROUTES_RECORD") != "" {
		record(t)
	}
	f, err := os.Open(recorded)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var l []recordedCase
	if err := json.NewDecoder(z).Decode(&l); err != nil {
		t.Fatal(err)
	}
	for _, x := range l {
		ours, err := runModel(&x.Case)
		if err != nil {
			t.Errorf("seed %d: %v", x.Case.Seed, err)
			continue
		}
		if at, without := x.Case.differs(x.Answers, ours); at >= 0 {
			t.Errorf("seed %d: %s\nreal, status %s:\n%sours, status %s:\n%s", x.Case.Seed, x.Case.Lines[at], x.Answers[at].Status, x.Answers[at].Text, ours[at].Status, ours[at].Text)
		} else if without != "" {
			t.Errorf("seed %d: %s", x.Case.Seed, without)
		}
	}
	if len(l) < 20 {
		t.Errorf("only %d cases", len(l))
	}
}

func record(t *testing.T) {
	k, err := openKernel()
	if err != nil {
		t.Fatal(err)
	}
	var l []recordedCase
	for seed := int64(900001); len(l) < 24; seed++ {
		c := Make(seed)
		a, err := k.run(t.Context(), &c)
		if err != nil {
			t.Fatal(err)
		}
		ours, _ := runModel(&c)
		if _, without := c.differs(a, ours); without == "" { // what differs is kept all the same
			l = append(l, recordedCase{c, a})
		}
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := json.NewEncoder(z).Encode(l); err != nil {
		t.Fatal(err)
	}
	z.Close()
	os.MkdirAll("testdata", 0o755)
	if err := os.WriteFile(recorded, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestDiffers: another byte, or another status, is seen; what is not modelled is told.
func TestDiffers(t *testing.T) {
	c := Make(3)
	a, err := runModel(&c)
	if err != nil {
		t.Fatal(err)
	}
	b := append([]Answer(nil), a...)
	if at, _ := c.differs(a, b); at >= 0 {
		t.Fatalf("the model differs from itself in %q", c.Lines[at])
	}
	for i := range b {
		b[i].Text += " "
		if at, _ := c.differs(a, b); at != i && !strings.Contains(b[i].Text, "not modelled") {
			t.Errorf("a blank more behind %q is not seen", c.Lines[i])
		}
		b[i] = Answer{a[i].Text, a[i].Status + "1"}
		if at, _ := c.differs(a, b); at != i && !strings.Contains(b[i].Text, "not modelled") {
			t.Errorf("another status of %q is not seen", c.Lines[i])
		}
		b[i] = a[i]
	}
}
