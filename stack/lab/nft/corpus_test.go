package nft

import (
	"math/rand"
	"os"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/oracle/gen"
)

// The corpus is what the real nft 1.0.6 on Linux 6.18 made of scripts: blocks of
// "### script", "### list" and "### errors". Only scripts on which the model
// agreed when they were recorded are in it (1,798 of 1,872): it guards what works,
// and is no score.
const corpus = "testdata/real.txt"

// TestCorpus loads each script and compares the listing, and what is said of
// refused ones, with what the real nft said.
func TestCorpus(t *testing.T) {
	b, err := os.ReadFile(corpus)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range strings.Split(string(b), "### script\n")[1:] {
		script, rest, _ := strings.Cut(c, "### list\n")
		list, errs, _ := strings.Cut(rest, "### errors\n")
		got, gerr, _ := load(script, "-a")
		n++
		if got != list || gerr != errs {
			t.Errorf("script\n%s", script)
			diff(t, list, got)
			diff(t, errs, gerr)
		}
	}
	if n < 100 {
		t.Errorf("only %d scripts", n)
	}
}

// TestRecord writes the corpus anew: NFT_RECORD=1, as root. Scripts of which the
// model says something else are left out and counted.
func TestRecord(t *testing.T) {
	if os.Getenv("NFT_RECORD") == "" || !haveNft() {
		t.Skip("NFT_RECORD is not set")
	}
	var b strings.Builder
	var scripts []string
	for _, f := range []string{"ip", "ip6", "inet", "bridge", "netdev", "arp"} {
		r, err := os.ReadFile("testdata/rules.txt")
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(strings.TrimSpace(string(r)), "\n") {
			scripts = append(scripts, "table "+f+" t {\n\tchain d {\n\t}\n\tchain c {\n\t\t"+l+"\n\t}\n}\n")
		}
	}
	for i := 0; i < 150; i++ {
		g := gen.NewNft(rand.New(rand.NewSource(int64(40000+i))), false)
		s := g.Script()
		if i%3 == 0 {
			s = g.Broken(s)
		}
		scripts = append(scripts, s)
	}
	left := 0
	for _, s := range scripts {
		list, errs, ok := realNft(s, "-a")
		if !ok {
			t.Fatal("unshare fails")
		}
		if got, gerr, _ := load(s, "-a"); got != list || gerr != errs {
			left++
			t.Logf("differs:\n%s real %s %s\n ours %s %s", s, list, errs, got, gerr)
			continue
		}
		b.WriteString("### script\n" + s + "### list\n" + list + "### errors\n" + errs)
	}
	if err := os.WriteFile(corpus, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d scripts, %d left out", len(scripts)-left, left)
}
