package nft

import (
	"math/rand"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestShow prints the rule set of a seed of TestKernel: NFT_SHOW.
func TestShow(t *testing.T) {
	s := os.Getenv("NFT_SHOW")
	if s == "" {
		t.Skip("NFT_SHOW is not set")
	}
	n, _ := strconv.ParseInt(s, 10, 64)
	g := &gen{Rand: rand.New(rand.NewSource(n)), small: true}
	t.Log("\n" + strings.ReplaceAll(g.script(), "limit rate", "#limit rate"))
}
