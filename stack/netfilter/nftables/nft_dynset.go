package nftables

import (
	"bytes"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A DynOp is what a Dynset does.
type DynOp uint8

// The operations (enum nft_dynset_ops).
const (
	DynAdd DynOp = iota
	DynUpdate
	DynDelete
)

// Dynset is nft_dynset: put a value of the packet into a set.
type Dynset struct {
	Set     *Set
	Op      DynOp
	Key     uint8 // register
	Data    uint8 // register of a map's data
	Timeout sim.Time
	Exprs   []Expr // every new element gets a copy
	Invert  bool
}

// Eval is nft_dynset_eval.
func (e *Dynset) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftDynsetEval, p.b).Out()
	s := e.Set
	key := r.at(e.Key, s.KeyLen)
	now := p.ns.Clock.Now()
	el := s.hash.find(key)
	if el != nil && el.expired(now) {
		if e.Op != DynDelete {
			s.hash.remove(el.Key)
		}
		el = nil
	}
	if e.Op == DynDelete {
		if el != nil {
			s.hash.remove(el.Key)
			e.why(p, step.WhyNftSetDeleted)
		}
		return
	}
	if el == nil {
		if s.Size != 0 && s.hash.n >= s.Size {
			s.gc()
		}
		if s.Size != 0 && s.hash.n >= s.Size {
			e.why(p, step.WhyNftSetFull)
			if !e.Invert {
				r.Code = Break
			}
			return
		}
		el = e.elem(r, now)
		s.hash.add(el)
		e.why(p, step.WhyNftSetAdded)
	} else {
		if e.Op == DynUpdate && el.More != nil && el.More.Expires != 0 {
			el.More.Expires = now + e.timeout()
		}
		e.why(p, step.WhyNftSetUpdated)
	}
	el.update(r, p)
	if e.Invert {
		r.Code = Break
	}
}

func (e *Dynset) timeout() sim.Time {
	if e.Timeout != 0 {
		return e.Timeout
	}
	return e.Set.Timeout
}

// elem is nft_dynset_new.
func (e *Dynset) elem(r *Regs, now sim.Time) *Elem {
	s := e.Set
	el := &Elem{Key: bytes.Clone(r.at(e.Key, s.KeyLen))}
	el.To = el.Key
	if s.Map {
		el.Data = bytes.Clone(r.padded(e.Data, s.DataLen))
	}
	if t := e.timeout(); t != 0 {
		m := el.more()
		m.Expires = now + t
		if e.Timeout != 0 {
			m.Timeout, m.HasTimeout = e.Timeout, true
		}
	}
	x := e.Exprs
	if len(x) == 0 {
		x = s.Exprs
	}
	if len(x) > 0 {
		el.more().Exprs = cloneExprs(x, now)
	}
	return el
}

// why may follow a change, so it says what is true afterwards.
func (e *Dynset) why(p *Pkt, w step.Why) {
	if !p.ns.Listening() {
		return
	}
	a := make([]uint64, 4, 5)
	pack(a, e.Set.Name)
	p.ns.Why(w, append(a, uint64(e.Set.Len()))...)
}

// hold is the end of nft_dynset_init: a set that packets fill has a limit.
func (e *Dynset) hold(t *Table) core.Errno {
	e.Set.use++
	if e.Set.Size == 0 {
		e.Set.Size = 0xffff
	}
	return 0
}

func (e *Dynset) release(t *Table) { e.Set.use-- }
