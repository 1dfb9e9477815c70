package nft

import (
	"os"
	"testing"
)

// TestForms: how rules are listed again, and which places are named when rules may not
// stand where they stand, as nft 1.0.6 on Linux 6.18 did.
func TestForms(t *testing.T) {
	for _, name := range []string{"forms", "late"} {
		script, err := os.ReadFile("testdata/" + name + ".nft")
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile("testdata/" + name + ".out")
		if err != nil {
			t.Fatal(err)
		}
		ns := newNS()
		out, errs, _ := Run(ns, []string{"-f", "-"}, string(script))
		list, _, _ := Run(ns, []string{"list", "ruleset"}, "")
		if got := errs + out + list; got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}
