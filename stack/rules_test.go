package stack_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/step"
)

// model lists the packages that the rules hold for: the simulated kernel.
var model = []string{"core", "inet", "sched", "netfilter/conntrack", "netfilter/nat", "netfilter/nftables", "netfilter/iptables", "ipv4", "ipv6", "tcp", "udp", "raw", "device", "socket"}

// TestRules holds the model to what replay needs: no goroutine, no channel, no
// walk over a map, no floating point, no package variable that changes; and
// holds the instrument to one line, the first of its function.
func TestRules(t *testing.T) {
	used := map[string]string{}
	lines, instr := 0, 0
	fset := token.NewFileSet()
	imp := importer.ForCompiler(fset, "source", nil)
	for _, dir := range model {
		names, _ := filepath.Glob(dir + "/*.go")
		var files []*ast.File
		for _, n := range names {
			if strings.HasSuffix(n, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(fset, n, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
			lines += fset.File(f.Pos()).LineCount()
		}
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
		conf := types.Config{Importer: imp}
		pkg, err := conf.Check(module+"stack/"+dir, fset, files, info)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			ast.Inspect(f, func(n ast.Node) bool { return checkNode(t, fset, info, pkg, n) })
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Body == nil {
					continue
				}
				ast.Inspect(fn.Body, func(n ast.Node) bool {
					s, ok := n.(ast.Stmt)
					if !ok {
						return true
					}
					name := stepOf(s)
					if name == "" {
						return true
					}
					instr++
					if s != fn.Body.List[0] {
						t.Errorf("%s: In is not the first statement of its function", fset.Position(s.Pos()))
					}
					if p := used[name]; p != "" && p != dir {
						t.Errorf("step.%s is used in %s and in %s", name, p, dir)
					}
					used[name] = dir
					return true
				})
			}
		}
	}
	t.Logf("%d of %d lines are instrumentation (%.1f%%), %d steps used", instr, lines, 100*float64(instr)/float64(lines), len(used))
	if n := stepCount(); len(used) < n*9/10 {
		t.Errorf("%d steps in the catalogue, %d used", n, len(used))
	}
}

func stepCount() (n int) {
	step.Each(func(step.Step, *step.Info) { n++ })
	return n
}

func checkNode(t *testing.T, fset *token.FileSet, info *types.Info, pkg *types.Package, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt, *ast.SelectStmt, *ast.ChanType, *ast.SendStmt:
		t.Errorf("%s: concurrency", fset.Position(n.Pos()))
	case *ast.RangeStmt:
		if _, ok := info.TypeOf(n.X).Underlying().(*types.Map); ok {
			t.Errorf("%s: range over a map", fset.Position(n.Pos()))
		}
	case *ast.Ident:
		if o := info.Uses[n]; o != nil && (o.Name() == "float64" || o.Name() == "float32") && o.Pkg() == nil {
			t.Errorf("%s: floating point", fset.Position(n.Pos()))
		}
	case *ast.AssignStmt:
		for _, l := range n.Lhs {
			if id, ok := l.(*ast.Ident); ok {
				if v, ok := info.Uses[id].(*types.Var); ok && v.Parent() == pkg.Scope() {
					t.Errorf("%s: the package variable %s changes", fset.Position(n.Pos()), id.Name)
				}
			}
		}
	}
	return true
}

// stepOf returns X for the statement "defer ns.In(step.X, b).Out()".
func stepOf(s ast.Stmt) string {
	d, ok := s.(*ast.DeferStmt)
	if !ok {
		return ""
	}
	out, ok := d.Call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	in, ok := out.X.(*ast.CallExpr)
	if !ok || len(in.Args) == 0 {
		return ""
	}
	if f, ok := in.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "In" {
		return ""
	}
	if a, ok := in.Args[0].(*ast.SelectorExpr); ok {
		return a.Sel.Name
	}
	return ""
}
