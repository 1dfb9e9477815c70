package stack_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/packetwalk/packetwalk/"

// floors is the building, ground floor first. A package imports packages of
// lower floors only: never of its own, never of a higher one.
const floors = `
	stack/wire  stack/sim  pcaps  lessons/drill
	stack/step  stack/filter  stack/oracle/gen
	stack/trace
	stack/core
	stack/inet  stack/sched  stack/netfilter/conntrack
	stack/ipv4  stack/ipv6  stack/netfilter/nat
	stack/tcp   stack/udp  stack/netfilter/iptables
	stack/raw   stack/netfilter/nftables
	stack/device  stack/socket
	stack
	stack/lab/nft  stack/lab/ipt
	stack/lab  stack/report  stack/oracle/real  stack/oracle/rules
	stack/oracle  stack/drill  stack/live  stack/oracle/routes
	stack/walk  stack/live/tap  lessons
	stack/view  tui/shot  tui/settings
	tui  stack/bench  web
	cmd/packetwalk
`

// never lists imports that are forbidden whatever the floor: a prefix, and who
// may not.
const never = `
	fmt time os log sync math/rand strings strconv  !<  stack/core stack/inet stack/sched stack/ipv4 stack/ipv6 stack/tcp stack/udp stack/raw stack/device stack/socket stack/netfilter/conntrack stack/netfilter/nat stack/netfilter/nftables stack/netfilter/iptables
	charm.land net/http  !<  stack/wire stack/sim pcaps stack/step stack/filter stack/trace stack/core stack/inet stack/sched stack/ipv4 stack/ipv6 stack/tcp stack/udp stack/raw stack/device stack/socket stack stack/lab stack/oracle stack/report stack/walk stack/view lessons
`

func TestFloors(t *testing.T) {
	floor := map[string]int{}
	for i, line := range strings.Split(strings.TrimSpace(floors), "\n") {
		for _, p := range strings.Fields(line) {
			floor[p] = i
		}
	}
	bad := map[string][]string{}
	for _, line := range strings.Split(strings.TrimSpace(never), "\n") {
		l, r, _ := strings.Cut(line, "!<")
		for _, p := range strings.Fields(r) {
			bad[p] = append(bad[p], strings.Fields(l)...)
		}
	}
	seen := map[string]bool{}
	imports(t, func(pkg, imp, file string) {
		if _, ok := floor[pkg]; !ok {
			if !seen[pkg] {
				t.Errorf("%s stands on no floor", pkg)
			}
			seen[pkg] = true
			return
		}
		for _, b := range bad[pkg] {
			if imp == b || strings.HasPrefix(imp, b+"/") {
				t.Errorf("%s imports %s (%s)", pkg, imp, file)
			}
		}
		own, ok := strings.CutPrefix(imp, module)
		if !ok {
			return
		}
		if f, ok := floor[own]; !ok || f >= floor[pkg] {
			t.Errorf("%s (floor %d) imports %s (floor %d)", pkg, floor[pkg], own, f)
		}
	})
}

// imports calls f for every import of every package of the module, outside of
// tests and of modules nested in it.
func imports(t *testing.T, f func(pkg, imp, file string)) {
	t.Helper()
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != ".." {
			if m, _ := filepath.Glob(filepath.Join(p, "go.mod")); len(m) > 0 || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") {
				return filepath.SkipDir
			}
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(filepath.ToSlash(p), "../")
		if !strings.Contains(rel, "/") || rel == filepath.ToSlash(p) && !strings.HasPrefix(p, "..") {
			rel = "stack/" + path.Base(rel)
		}
		for _, i := range file.Imports {
			f(path.Dir(rel), strings.Trim(i.Path.Value, `"`), p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
