package nft

import (
	"math/rand"
	"os"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/oracle/gen"
)

// FuzzRun: no script makes nft panic, and what it lists reads back to the same.
func FuzzRun(f *testing.F) {
	for i := 0; i < 20; i++ {
		g := gen.NewNft(rand.New(rand.NewSource(int64(i))), false)
		f.Add(g.Script())
		f.Add(g.Broken(g.Script()))
		f.Add(g.NatTable())
	}
	if b, err := os.ReadFile("testdata/rules.txt"); err == nil {
		for _, l := range strings.Split(string(b), "\n") {
			f.Add("table inet t {\n chain c {\n" + l + "\n}\n}\n")
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		load(s)
	})
}

// TestReadBack: a listing that is loaded again lists the same. (Real nft, too,
// shows some rules simpler the second time.)
func TestReadBack(t *testing.T) {
	for i := 0; i < 300; i++ {
		g := gen.NewNft(rand.New(rand.NewSource(int64(70000+i))), false)
		l, _, st := load(g.Script() + g.NatTable())
		if st != 0 {
			continue
		}
		l, _, _ = load(l) // what was joined is shown simpler then
		again, e, st := load(l)
		if st != 0 || again != l {
			t.Errorf("seed %d: %s", 70000+i, e)
			diff(t, l, again)
		}
	}
}

// TestBroken: many spoilt scripts, no panic.
func TestBroken(t *testing.T) {
	for i := 0; i < 3000; i++ {
		g := gen.NewNft(rand.New(rand.NewSource(int64(i))), false)
		s := g.Script() + g.NatTable()
		for k := g.Intn(4); k >= 0; k-- {
			s = g.Broken(s)
		}
		load(s)
	}
}
