package routes

import (
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
