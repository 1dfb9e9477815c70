package rules

import (
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
