package nft

import (
	"math/rand"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/oracle/gen"
)

// realNft loads a script into a fresh namespace of the real kernel with the real
// nft, and lists what came of it. ok is false where that cannot be done.
func realNft(script string, opts string) (list, errs string, ok bool) {
	if os.Getuid() != 0 {
		return "", "", false
	}
	c := exec.Command("unshare", "-n", "sh", "-c", `nft -f - 2>&1 >/dev/null; echo ==; nft `+opts+` list ruleset 2>&1`)
	c.Stdin = strings.NewReader(script)
	out, err := c.CombinedOutput()
	if err != nil {
		return "", string(out), false
	}
	e, l, ok := strings.Cut(string(out), "==\n")
	return l, e, ok
}

func haveNft() bool {
	if os.Getuid() != 0 {
		return false
	}
	if _, err := exec.LookPath("nft"); err != nil {
		return false
	}
	if _, err := exec.LookPath("unshare"); err != nil {
		return false
	}
	return exec.Command("unshare", "-n", "nft", "list", "ruleset").Run() == nil
}

func diff(t *testing.T, want, got string) {
	t.Helper()
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := 0; i < len(w) || i < len(g); i++ {
		a, b := "", ""
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			t.Errorf("line %d\n real %s\n ours %s", i+1, a, b)
		}
	}
}

// TestReal loads random rule sets into the real nft and into the model: both
// list the same. NFT_N says how many, NFT_SEED where they begin.
func TestReal(t *testing.T) {
	n, seed := realRuns(t, 150)
	bad := 0
	for i := 0; i < n; i++ {
		g := gen.NewNft(rand.New(rand.NewSource(seed+int64(i))), false)
		s := g.Script()
		want, werr, ok := realNft(s, "-a")
		if !ok {
			t.Fatal("unshare fails")
		}
		got, gerr, _ := load(s, "-a")
		if want == got && werr == gerr {
			continue
		}
		if bad++; bad > 25 {
			break
		}
		t.Errorf("seed %d:", seed+int64(i))
		diff(t, want, got)
		diff(t, werr, gerr)
	}
	t.Logf("%d of %d differ", bad, n)
}

// TestRealJSON lists random rule sets with -j: both print the same bytes.
func TestRealJSON(t *testing.T) {
	n, seed := realRuns(t, 100)
	bad := 0
	for i := 0; i < n; i++ {
		g := gen.NewNft(rand.New(rand.NewSource(seed+int64(i))), i%2 == 1)
		s := g.Script()
		if i%2 == 1 {
			s = g.Rules() + g.DynamicTable()
		}
		want, _, ok := realNft(s, "-j")
		if !ok {
			t.Fatal("unshare fails")
		}
		got, _, _ := load(s, "-j")
		if want == got {
			continue
		}
		if bad++; bad > 15 {
			break
		}
		t.Errorf("seed %d:", seed+int64(i))
		diff(t, jsonLines(want), jsonLines(got))
	}
	t.Logf("%d of %d differ", bad, n)
}

// jsonLines breaks a listing where an object begins, for people.
func jsonLines(s string) string {
	return strings.NewReplacer(`}, {"rule"`, "},\n{\"rule\"", `}, {"chain"`, "},\n{\"chain\"", `}, {"set"`, "},\n{\"set\"", `}, {"map"`, "},\n{\"map\"").Replace(s)
}

// realRuns are how many rule sets to compare, and where they begin.
func realRuns(t *testing.T, n int) (int, int64) {
	t.Helper()
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("not compared with this machine's kernel: PACKETWALK_KERNEL=1, as root, does")
	}
	if testing.Short() || !haveNft() {
		t.Skip("needs root, unshare and nft")
	}
	seed := int64(1)
	if s := os.Getenv("NFT_N"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	if s := os.Getenv("NFT_SEED"); s != "" {
		seed, _ = strconv.ParseInt(s, 10, 64)
	}
	return n, seed
}

// TestRefused spoils rule sets and compares what nft and the model say of them.
// Where the grammar is broken, what bison expected in its place is not compared.
func TestRefused(t *testing.T) {
	n, seed := realRuns(t, 100)
	bad, refused, other := 0, 0, 0
	for i := 0; i < n; i++ {
		g := gen.NewNft(rand.New(rand.NewSource(seed+int64(i))), false)
		s := g.Broken(g.Script())
		want, werr, ok := realNft(s, "-a")
		if !ok {
			t.Fatal("unshare fails")
		}
		got, gerr, _ := load(s, "-a")
		if werr != "" {
			refused++
		}
		if (werr == "") != (gerr == "") || want != got {
			if bad++; bad < 12 {
				t.Errorf("seed %d:\n real %s %s ours %s %s", seed+int64(i), want, werr, got, gerr)
			}
		} else if words(werr) != words(gerr) {
			if other++; other < 15 {
				t.Logf("seed %d: other words\n real %s ours %s", seed+int64(i), werr, gerr)
			}
		}
	}
	t.Logf("of %d scripts, %d were refused, %d in other words; %d differ", n, refused, other, bad)
}

// words leaves out what bison expected.
func words(s string) string {
	var b strings.Builder
	for _, l := range strings.Split(s, "\n") {
		if i := strings.Index(l, ", expecting"); i >= 0 {
			l = l[:i]
		}
		b.WriteString(l + "\n")
	}
	return b.String()
}
