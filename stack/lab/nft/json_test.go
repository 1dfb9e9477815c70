package nft

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// jsonCorpus is what the real nft 1.0.6 on Linux 6.18 listed with -j of the tables
// in testdata/tables.txt and of the rules in testdata/rules.txt.
const jsonCorpus = "testdata/json.txt"

// jsonScripts are the scripts of the corpus.
func jsonScripts(t *testing.T) (l []string) {
	t.Helper()
	b, err := os.ReadFile("testdata/tables.txt")
	if err != nil {
		t.Fatal(err)
	}
	l = strings.Split(string(b), "###\n")
	r, err := os.ReadFile("testdata/rules.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range strings.Split(strings.TrimSpace(string(r)), "\n") {
		for _, f := range []string{"ip", "inet"} {
			l = append(l, "table "+f+" t {\n\tchain d {\n\t}\n\tchain c {\n\t\t"+x+"\n\t}\n}\n")
		}
	}
	return l
}

// noExpires leaves out what hangs on when one looked.
var noExpires = regexp.MustCompile(`, "expires": \d+`)

// TestJSON compares listings with -j with those of the real nft. NFT_RECORD=1, as
// root, writes them anew.
func TestJSON(t *testing.T) {
	if os.Getenv("NFT_RECORD") != "" && haveNft() {
		recordJSON(t)
	}
	b, err := os.ReadFile(jsonCorpus)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range strings.Split(string(b), "### script\n")[1:] {
		script, want, _ := strings.Cut(c, "### list\n")
		got, errs, _ := load(script, "-j")
		n++
		got, want = noExpires.ReplaceAllString(got, ""), noExpires.ReplaceAllString(want, "")
		if got != want {
			t.Errorf("script\n%s%s", script, errs)
			diff(t, jsonLines(want), jsonLines(got))
		}
	}
	if n < 100 {
		t.Errorf("only %d scripts", n)
	}
}

func recordJSON(t *testing.T) {
	var b strings.Builder
	for _, s := range jsonScripts(t) {
		list, errs, ok := realNft(s, "-j")
		if !ok {
			t.Fatal("unshare fails")
		}
		if _, gerr, _ := load(s); errs != "" {
			if gerr != errs {
				t.Errorf("script\n%s real %s ours %s", s, errs, gerr)
			}
			continue
		}
		b.WriteString("### script\n" + s + "### list\n" + list)
	}
	if err := os.WriteFile(jsonCorpus, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
