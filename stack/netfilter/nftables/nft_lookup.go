package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Lookup is nft_lookup: go on if the set has the value; of a map, put its data
// into a register, or do its verdict.
type Lookup struct {
	Set    *Set
	Src    uint8
	Dst    uint8
	Data   bool // of a map
	Invert bool
	Say    *Saying `fork:"share"`
	Len    uint8   // of the first part, for the reader
}

func (e *Lookup) saying() (*Saying, uint8, int) { return e.Say, e.Src, int(e.Len) }

// Eval is nft_lookup_eval.
func (e *Lookup) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftLookupEval, p.b).Out()
	s := e.Set
	el := s.Lookup(r.at(e.Src, s.KeyLen))
	if p.ns.Listening() {
		e.why(p, el != nil)
	}
	if (el != nil) == e.Invert {
		r.Code = Break
		return
	}
	if el == nil {
		return
	}
	if e.Data {
		if s.Verdicts {
			r.Verdict = el.Verdict
		} else {
			copy(r.padded(e.Dst, len(el.Data)), el.Data)
		}
	}
	el.update(r, p)
}

func (e *Lookup) why(p *Pkt, found bool) {
	w := make([]uint64, 4, 5)
	pack(w, e.Set.Name)
	w = append(w, uint64(e.Set.Len()))
	if found {
		p.ns.Why(step.WhyNftFound, w...)
	} else {
		p.ns.Why(step.WhyNftNotFound, w...)
	}
}

// update is nft_set_elem_update_expr: the element's own counter and such.
func (e *Elem) update(r *Regs, p *Pkt) {
	if e.More == nil {
		return
	}
	for _, x := range e.More.Exprs {
		x.Eval(r, p)
		if r.Code == Break {
			return
		}
	}
}

func (e *Lookup) hold(t *Table) core.Errno { e.Set.use++; return 0 }

func (e *Lookup) release(t *Table) { e.Set.use-- }
