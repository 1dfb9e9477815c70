package filter

import "golang.org/x/net/bpf"

// acceptLen is what a program returns for yes: as many bytes of the frame as
// tcpdump asks for.
const acceptLen = 262144

// maxScratch is how deep a number may nest: a BPF machine has 16 words of
// scratch memory, one of which a comparison uses and one a load.
const maxScratch = 12

// A label is a place in a program that is still being written.
type label int

// An item is one instruction, or one jump to labels.
type item struct {
	ins  bpf.Instruction
	jump bool
	cond bpf.JumpTest
	val  uint32
	x    bool // compare with X, not val
	t, f label
	long bool // the targets are too far for eight bits
}

func (it *item) size() int {
	if it.jump && it.long {
		return 3
	}
	return 1
}

type generator struct {
	items  []item
	labels []int // item index of each label
}

// Program writes the filter as a classic BPF program (bpf(4)) that returns 0
// for no. It asks the frame's length of the machine.
func (f *Filter) Program() []bpf.Instruction {
	g := &generator{}
	t, no := g.label(), g.label()
	g.test(f.root, t, no)
	g.place(t)
	g.emit(bpf.RetConstant{Val: acceptLen})
	g.place(no)
	g.emit(bpf.RetConstant{Val: 0})
	return g.link()
}

func (g *generator) label() label {
	g.labels = append(g.labels, -1)
	return label(len(g.labels) - 1)
}

func (g *generator) place(l label)          { g.labels[l] = len(g.items) }
func (g *generator) emit(i bpf.Instruction) { g.items = append(g.items, item{ins: i}) }

// test writes a test that goes to t for yes and to f for no.
func (g *generator) test(n *test, t, f label) {
	switch n.kind {
	case tTrue:
		g.items = append(g.items, item{jump: true, cond: bpf.JumpGreaterOrEqual, t: t, f: t})
	case tFalse:
		g.items = append(g.items, item{jump: true, cond: bpf.JumpGreaterOrEqual, t: f, f: f})
	case tAnd:
		m := g.label()
		g.test(n.a, m, f)
		g.place(m)
		g.test(n.b, t, f)
	case tOr:
		m := g.label()
		g.test(n.a, t, m)
		g.place(m)
		g.test(n.b, t, f)
	case tNot:
		g.test(n.a, f, t)
	case tCmp:
		g.compare(n, t, f)
	}
}

var jumpTests = [...]bpf.JumpTest{cmpEQ: bpf.JumpEqual, cmpNE: bpf.JumpNotEqual,
	cmpLT: bpf.JumpLessThan, cmpGT: bpf.JumpGreaterThan,
	cmpLE: bpf.JumpLessOrEqual, cmpGE: bpf.JumpGreaterOrEqual}

func (g *generator) compare(n *test, t, f label) {
	it := item{jump: true, cond: jumpTests[n.cmp], t: t, f: f}
	g.value(n.l, 0)
	if n.r.kind == vConst {
		it.val = n.r.k
	} else {
		g.emit(bpf.StoreScratch{Src: bpf.RegA, N: 0})
		g.value(n.r, 1)
		g.emit(bpf.TAX{})
		g.emit(bpf.LoadScratch{Dst: bpf.RegA, N: 0})
		it.x = true
	}
	g.items = append(g.items, it)
}

var aluOps = map[byte]bpf.ALUOp{'+': bpf.ALUOpAdd, '-': bpf.ALUOpSub, '*': bpf.ALUOpMul,
	'/': bpf.ALUOpDiv, '%': bpf.ALUOpMod, '&': bpf.ALUOpAnd, '|': bpf.ALUOpOr,
	'^': bpf.ALUOpXor, '<': bpf.ALUOpShiftLeft, '>': bpf.ALUOpShiftRight}

// value writes a number into register A; scratch memory from m on is free.
func (g *generator) value(v *value, m int) {
	switch v.kind {
	case vConst:
		g.emit(bpf.LoadConstant{Dst: bpf.RegA, Val: v.k})
	case vLen:
		g.emit(bpf.LoadExtension{Num: bpf.ExtLen})
	case vLoad, vLoadTran:
		g.load(v, m)
	case vNeg:
		// 0 - x: the negation instruction is missing from x/net/bpf's machine.
		g.value(v.x, m)
		g.emit(bpf.TAX{})
		g.emit(bpf.LoadConstant{Dst: bpf.RegA, Val: 0})
		g.emit(bpf.ALUOpX{Op: bpf.ALUOpSub})
	case vOp:
		g.value(v.x, m)
		if v.y.kind == vConst {
			g.emit(bpf.ALUOpConstant{Op: aluOps[v.op], Val: v.y.k})
			return
		}
		g.emit(bpf.StoreScratch{Src: bpf.RegA, N: m})
		g.value(v.y, m+1)
		g.emit(bpf.TAX{})
		g.emit(bpf.LoadScratch{Dst: bpf.RegA, N: m})
		g.emit(bpf.ALUOpX{Op: aluOps[v.op]})
	}
}

func (g *generator) load(v *value, m int) {
	switch {
	case v.kind == vLoadTran && v.x == nil:
		g.emit(bpf.LoadMemShift{Off: v.hdr})
	case v.kind == vLoadTran:
		g.value(v.x, m)
		g.emit(bpf.LoadMemShift{Off: v.hdr})
		g.emit(bpf.ALUOpX{Op: bpf.ALUOpAdd})
		g.emit(bpf.TAX{})
	case v.x == nil:
		g.emit(bpf.LoadAbsolute{Off: v.k, Size: v.size})
		return
	default:
		g.value(v.x, m)
		g.emit(bpf.TAX{})
	}
	g.emit(bpf.LoadIndirect{Off: v.k, Size: v.size})
}

// link turns labels into distances. A conditional jump reaches 255
// instructions; one that must go further goes by way of two plain jumps.
func (g *generator) link() []bpf.Instruction {
	pos := make([]int, len(g.items)+1)
	for again := true; again; {
		for i := range g.items {
			pos[i+1] = pos[i] + g.items[i].size()
		}
		again = false
		for i := range g.items {
			it := &g.items[i]
			if it.jump && !it.long && (g.far(pos, i, it.t) || g.far(pos, i, it.f)) {
				it.long, again = true, true
			}
		}
	}
	out := make([]bpf.Instruction, 0, pos[len(g.items)])
	for i := range g.items {
		it := &g.items[i]
		if !it.jump {
			out = append(out, it.ins)
			continue
		}
		t, f := pos[g.labels[it.t]], pos[g.labels[it.f]]
		if it.long {
			out = append(out, it.branch(0, 1), bpf.Jump{Skip: uint32(t - pos[i] - 2)}, bpf.Jump{Skip: uint32(f - pos[i] - 3)})
			continue
		}
		out = append(out, it.branch(uint8(t-pos[i]-1), uint8(f-pos[i]-1)))
	}
	return out
}

func (g *generator) far(pos []int, i int, l label) bool { return pos[g.labels[l]]-pos[i]-1 > 255 }

func (it *item) branch(t, f uint8) bpf.Instruction {
	if it.x {
		return bpf.JumpIfX{Cond: it.cond, SkipTrue: t, SkipFalse: f}
	}
	return bpf.JumpIf{Cond: it.cond, Val: it.val, SkipTrue: t, SkipFalse: f}
}
