package nftables

import (
	"bytes"

	"github.com/packetwalk/packetwalk/stack/core"
)

// Read before editing: nft_cmp.c, nft_range.c, nft_bitwise.c, nft_immediate.c.

// A CmpOp is an enum nft_cmp_ops.
type CmpOp uint8

// The comparisons.
const (
	EQ CmpOp = iota
	NEQ
	LT
	LTE
	GT
	GTE
)

// Cmp is nft_cmp: go on if the register compares so with a constant.
type Cmp struct {
	Reg  uint8
	Op   CmpOp
	Data []byte
	Say  *Saying `fork:"share"`
}

func (e *Cmp) saying() (*Saying, uint8, int) { return e.Say, e.Reg, len(e.Data) }

// Eval is nft_cmp_eval.
func (e *Cmp) Eval(r *Regs, _ *Pkt) {
	v := r.at(e.Reg, len(e.Data))
	var ok bool
	switch e.Op {
	case EQ:
		ok = bytes.Equal(v, e.Data)
	case NEQ:
		ok = !bytes.Equal(v, e.Data)
	default:
		d := bytes.Compare(v, e.Data)
		switch e.Op {
		case LT:
			ok = d < 0
		case LTE:
			ok = d <= 0
		case GT:
			ok = d > 0
		case GTE:
			ok = d >= 0
		}
	}
	if !ok {
		r.Code = Break
	}
}

// Range is nft_range: go on if the register lies within two constants, or
// (Invert) outside.
type Range struct {
	Reg      uint8
	Invert   bool
	From, To []byte
	Say      *Saying `fork:"share"`
}

func (e *Range) saying() (*Saying, uint8, int) { return e.Say, e.Reg, len(e.From) }

// Eval is nft_range_eval.
func (e *Range) Eval(r *Regs, _ *Pkt) {
	v := r.at(e.Reg, len(e.From))
	in := bytes.Compare(v, e.From) >= 0 && bytes.Compare(v, e.To) <= 0
	if in == e.Invert {
		r.Code = Break
	}
}

// Bitwise is nft_bitwise of kind bool: dst = src & Mask ^ Xor.
type Bitwise struct {
	Src, Dst  uint8
	Mask, Xor []byte
}

// Eval is nft_bitwise_eval_bool.
func (e *Bitwise) Eval(r *Regs, _ *Pkt) {
	n := len(e.Mask)
	s := r.at(e.Src, n)
	d := r.padded(e.Dst, n)
	for i := range e.Mask {
		d[i] = s[i]&e.Mask[i] ^ e.Xor[i]
	}
	clear(d[n:])
}

// Shift is nft_bitwise of kind lshift or rshift: the whole value moves.
type Shift struct {
	Src, Dst uint8
	Len      uint8
	Right    bool
	Bits     uint8
	Out      uint8 // how many bytes of the result are kept, the lower ones; 0: all
}

// Eval is nft_bitwise_eval_lshift, _rshift.
func (e *Shift) Eval(r *Regs, _ *Pkt) {
	n := int(e.Len)
	var v [16]byte
	copy(v[:n], r.at(e.Src, n))
	d := r.padded(e.Dst, n)
	clear(d)
	by, bit := int(e.Bits)/8, e.Bits%8
	for i := 0; i < n; i++ {
		var hi, lo byte
		if e.Right {
			if k := i - by; k >= 0 {
				lo = v[k]
				if k > 0 {
					hi = v[k-1]
				}
			}
			d[i] = byte((uint16(hi)<<8 | uint16(lo)) >> bit)
		} else {
			if k := i + by; k < n {
				hi = v[k]
				if k+1 < n {
					lo = v[k+1]
				}
			}
			d[i] = byte((uint16(hi)<<8 | uint16(lo)) << bit >> 8)
		}
	}
	if o := int(e.Out); o != 0 && o < n {
		clear(d[copy(d, d[n-o:n]):])
	}
}

// Immediate is nft_immediate with data: a constant into a register.
type Immediate struct {
	Dst  uint8
	Data []byte
}

// Eval is nft_immediate_eval.
func (e *Immediate) Eval(r *Regs, _ *Pkt) {
	d := r.padded(e.Dst, len(e.Data))
	clear(d[copy(d, e.Data):])
}

// Decide is nft_immediate with a verdict.
type Decide struct{ Verdict }

// Eval is nft_immediate_eval.
func (e *Decide) Eval(r *Regs, _ *Pkt) { r.Verdict = e.Verdict }

func (e *Decide) hold(t *Table) core.Errno {
	if e.Chain != nil {
		e.Chain.use++
	}
	return 0
}

func (e *Decide) release(t *Table) {
	if e.Chain != nil {
		e.Chain.use--
	}
}

// Move copies a value from one register to another (register allocation is
// nft's; a kernel of today has it as bitwise with no effect).
type Move struct{ Src, Dst, Len uint8 }

// Eval copies.
func (e *Move) Eval(r *Regs, _ *Pkt) {
	copy(r.at(e.Dst, int(e.Len)), r.at(e.Src, int(e.Len)))
}
