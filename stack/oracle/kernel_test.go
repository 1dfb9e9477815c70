package oracle

import (
	"flag"
	"fmt"
	"testing"
)

var update = flag.Bool("update", false, "write agreement.txt anew")

var rows = flag.Bool("rows", false, "with -scenario: print what the model did")

// only is a scenario whose differences are printed in full.
var only = flag.String("scenario", "", "print all that differs in this scenario")

// The truth test: every recorded host is played to the model, and agreement.txt
// says how the two agree. It fails when the file says something else than what
// is true now.
func TestKernel(t *testing.T) {
	all := load(t)
	if *only != "" {
		explain(t, all)
		return
	}
	lines := Agreement(all, fresh(t))
	agree, of := Count(lines)
	t.Logf("%d of %d (scenario, host, section) facts agree", agree, of)
	t.Log(Summary(lines))
	if err := Check("agreement.txt", lines, *update); err != nil {
		t.Error(err)
	}
}

// fresh makes a machine for each host.
func fresh(t *testing.T) func(Host) Machine {
	return func(h Host) Machine {
		m, err := NewModel(h)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
}

func explain(t *testing.T, all []Scenario) {
	for _, s := range all {
		if len(s.Name) < len(*only) || s.Name[:len(*only)] != *only {
			continue
		}
		for _, h := range s.Hosts {
			if h.Untraced {
				continue
			}
			f, err := Drive(h, fresh(t)(h))
			fmt.Printf("=== %s %s err=%v not modelled=%v\n", s.Name, h.Name, err, f.NotModelled)
			for _, d := range Compare(h, f) {
				fmt.Println(d)
			}
			if *rows {
				for _, r := range f.Rows {
					fmt.Printf("    %s %s\n", ms(r.T), r)
				}
			}
		}
	}
}
