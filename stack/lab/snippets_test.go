package lab

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

const (
	snippetFile = "testdata/snippets.txt"   // scripts of one line or a few, between lines of ----
	snippetOuts = "testdata/snippets.txtar" // what dash and the real tools printed
)

func snippets(t *testing.T) []string {
	b, err := os.ReadFile(snippetFile)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n----\n")
}

// Each snippet prints what dash and the real text tools printed, and ends with
// the same status. Those that differ are not recorded: they are counted.
func TestSnippets(t *testing.T) {
	if *record {
		if why := realTools(); why != "" {
			t.Skip(why)
		}
		ar := &txtar.Archive{Comment: []byte("What dash and the real tools print: a snippet, its output and status.\n\n")}
		left := 0
		for i, s := range snippets(t) {
			out, st := runReal(t, s+"\n")
			if got, gotSt := runModel(t, s+"\n"); got != out || gotSt != st {
				left++
				t.Logf("differs:\n%s\n%s", s, lineDiff(out, got))
				continue
			}
			n := strconv.Itoa(i + 1)
			ar.Files = append(ar.Files, txtar.File{Name: n, Data: []byte(s + "\n")}, txtar.File{Name: n + " status " + strconv.Itoa(st), Data: []byte(out)})
		}
		t.Logf("%d recorded, %d differ", len(ar.Files)/2, left)
		if err := os.WriteFile(snippetOuts, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ar, err := txtar.ParseFile(snippetOuts)
	if err != nil {
		t.Fatal(err)
	}
	if len(ar.Files) < 200 {
		t.Fatalf("%d files", len(ar.Files))
	}
	for i := 0; i+1 < len(ar.Files); i += 2 {
		want := string(ar.Files[i+1].Data)
		st, _ := strconv.Atoi(ar.Files[i+1].Name[strings.LastIndexByte(ar.Files[i+1].Name, ' ')+1:])
		got, gotSt := runModel(t, string(ar.Files[i].Data))
		if got != "" && !strings.HasSuffix(got, "\n") {
			got += "\n" // a text of an archive ends with a line
		}
		if got != want || gotSt != st {
			t.Errorf("%s\nstatus %d, recorded %d\n%s", ar.Files[i].Data, gotSt, st, lineDiff(want, got))
		}
	}
}
