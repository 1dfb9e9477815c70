package rules

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestKernel compares random rule sets with this machine's kernel. RULES_N,
// RULES_SEED and RULES_KIND choose them.
func TestKernel(t *testing.T) {
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("not compared with this machine's kernel: PACKETWALK_KERNEL=1, as root, does")
	}
	o := Options{N: 100, Seed: 1}
	if s := os.Getenv("RULES_N"); s != "" {
		o.N, _ = strconv.Atoi(s)
	}
	if s := os.Getenv("RULES_SEED"); s != "" {
		o.Seed, _ = strconv.ParseInt(s, 10, 64)
	}
	if s := os.Getenv("RULES_KIND"); s != "" {
		o.Kinds = strings.Split(s, ",")
	}
	if s := os.Getenv("RULES_MOST"); s != "" {
		o.Most, _ = strconv.Atoi(s)
	}
	o.Whole = os.Getenv("RULES_WHOLE") != ""
	var b strings.Builder
	rep, err := Run(t.Context(), o, &b)
	if err != nil {
		t.Skip(err)
	}
	t.Logf("%+v\n%s", rep, b.String())
	if rep.Differ > 0 {
		t.Errorf("%d of %d rule sets differ", rep.Differ, rep.Sets)
	}
}

// recordedCase is a case and what the real kernel did with it.
type recordedCase struct {
	Case Case
	Real Result
}

const recorded = "testdata/recorded.json.gz"

// TestRecorded compares the model with what the real kernel (Linux 6.18) did with
// rule sets and packets that are kept; RULES_RECORD=1, as root, asks it anew.
func TestRecorded(t *testing.T) {
	if os.Getenv("RULES_RECORD") != "" {
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
		ours, _ := (&model{}).run(x.Case)
		if ours.Without != "" {
			t.Errorf("%s, seed %d: %s", x.Case.Kind, x.Case.Seed, ours.Without)
		}
		if d := Compare(x.Case, x.Real, ours); d != "" {
			t.Errorf("%s, seed %d:\n%s", x.Case.Kind, x.Case.Seed, d)
		}
	}
	if len(l) < 50 {
		t.Errorf("only %d cases", len(l))
	}
}

func record(t *testing.T) {
	k := &kernel{}
	defer k.close()
	var l []recordedCase
	for seed := int64(1); len(l) < 96; seed++ {
		c := Make(Kinds[seed%int64(len(Kinds))], 900000+seed, 20)
		r, err := k.run(c)
		if err != nil {
			t.Fatal(err)
		}
		if r.Refused == "" {
			l = append(l, recordedCase{c, r})
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

// TestCompare: what chance decides does not count, everything else does.
func TestCompare(t *testing.T) {
	c := Make("nft", 3, 25)
	a, _ := (&model{}).run(c)
	b, _ := (&model{}).run(c)
	if d := Compare(c, a, b); d != "" {
		t.Fatalf("the model differs from itself:\n%s", d)
	}
	changed := 0
	for i := range b.Frames {
		for side := range 2 {
			for _, f := range b.Frames[i].Out[side] {
				for _, at := range []int{0, len(f) - 1, 14 + 8} {
					f[at] ^= 0x21
					if Compare(c, a, b) == "" {
						t.Errorf("packet %d: byte %d of %x may change", i, at, f)
					}
					f[at] ^= 0x21
					changed++
				}
			}
		}
	}
	if changed == 0 {
		t.Error("nothing came out")
	}
	b.Listing = strings.Replace(b.Listing, "packets ", "packets 1", 1)
	if strings.Contains(a.Listing, "packets ") && Compare(c, a, b) == "" {
		t.Error("a counter may change")
	}
}
