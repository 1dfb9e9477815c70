package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: nft_counter.c, nft_limit.c, nft_quota.c, nft_last.c,
// nft_connlimit.c, nft_objref.c, nft_numgen.c.

// Counter is nft_counter.
type Counter struct{ Packets, Bytes uint64 }

// Eval is nft_counter_do_eval: bytes from the network header on.
func (e *Counter) Eval(_ *Regs, p *Pkt) {
	e.Packets++
	e.Bytes += uint64(p.b.Len())
}

// Limit is nft_limit: a bucket of tokens, in nanoseconds.
type Limit struct {
	Rate, Unit uint64 // so many packets or bytes in so many seconds
	Burst      uint32
	Bytes      bool
	Over       bool

	tokens, max, cost uint64
	last              sim.Time
}

// Init is nft_limit_init: the bucket is full.
func (e *Limit) Init(now sim.Time) core.Errno {
	if e.Rate == 0 {
		return einval
	}
	nsecs := e.Unit * uint64(sim.Second)
	if e.Bytes {
		hi := nsecs * (e.Rate + uint64(e.Burst))
		if e.Rate+uint64(e.Burst) != 0 && hi/(e.Rate+uint64(e.Burst)) != nsecs {
			return eoverflow
		}
		e.max = hi / e.Rate
	} else {
		if e.Burst == 0 {
			e.Burst = 5
		}
		e.max = nsecs / e.Rate * uint64(e.Burst)
		e.cost = nsecs / e.Rate
	}
	e.tokens, e.last = e.max, now
	return 0
}

// Eval is nft_limit_eval.
func (e *Limit) Eval(r *Regs, p *Pkt) {
	cost := e.cost
	if e.Bytes {
		cost = e.Unit * uint64(sim.Second) * uint64(p.b.Len()) / e.Rate
	}
	now := p.ns.Clock.Now()
	tokens := min(e.max, e.tokens+uint64(now-e.last))
	e.last = now
	over := tokens < cost
	if !over {
		tokens -= cost
	}
	e.tokens = tokens
	if over != e.Over {
		r.Code = Break
	}
}

// Quota is nft_quota: go on until so many bytes have passed; with Over, from
// then on.
type Quota struct {
	Bytes    uint64
	Consumed uint64
	Over     bool
	Depleted bool
}

// Eval is nft_quota_do_eval.
func (e *Quota) Eval(r *Regs, p *Pkt) {
	e.Consumed += uint64(p.b.Len())
	if e.Consumed >= e.Bytes {
		e.Depleted = true
	}
	if (e.Consumed > e.Bytes) != e.Over {
		r.Code = Break
	}
}

// Last is nft_last: when a packet came here last.
type Last struct {
	Set bool
	At  sim.Time
}

// Eval is nft_last_eval.
func (e *Last) Eval(_ *Regs, p *Pkt) { e.Set, e.At = true, p.ns.Clock.Now() }

// ConnLimit is nft_connlimit: go on while at most so many connections have come
// here.
type ConnLimit struct {
	Count  uint32
	Over   bool
	conns  []connRef
	lastGC uint32 // jiffies
	lastN  int
}

type connRef struct {
	tuple conntrack.Tuple
	zone  conntrack.Zone
}

// gcCollect is CONNCOUNT_GC_MAX_COLLECT: so many dead ones are dropped in one go.
const gcCollect = 8

// Eval is nft_connlimit_do_eval. What is not tracked counts by its headers.
func (e *ConnLimit) Eval(r *Regs, p *Pkt) {
	t := conntrack.Of(p.ns)
	c, _ := conntrack.Get(p.b)
	var k connRef
	if c != nil && c.Status&conntrack.Template == 0 {
		k = connRef{*c.Tuple(conntrack.Original), c.Zone()}
	} else {
		if c != nil {
			k.zone = c.Zone()
		}
		var ok bool
		if k.tuple, ok = conntrack.TupleOf(p.b, p.pf); !ok {
			r.Code = DropCode
			return
		}
		c, _ = t.Find(&k.tuple, k.zone)
	}
	e.add(t, c, k, uint32(p.ns.Clock.Now()/sim.Jiffy))
	if (uint32(len(e.conns)) > e.Count) != e.Over {
		r.Code = Break
	}
}

// add is __nf_conncount_add.
func (e *ConnLimit) add(t *conntrack.Table, c *conntrack.Conn, k connRef, now uint32) {
	if c != nil && c.IsConfirmed() {
		if c.Status&conntrack.Assured != 0 {
			e.gc(t, now)
			return
		}
	} else if now == e.lastGC && len(e.conns)-e.lastN < gcCollect {
		e.conns = append(e.conns, k)
		return
	}
	if e.sweep(t, k) {
		return
	}
	e.lastGC, e.lastN = now, len(e.conns)
	e.conns = append(e.conns, k)
}

// gc is __nf_conncount_gc_list: once in a jiffy.
func (e *ConnLimit) gc(t *conntrack.Table, now uint32) {
	if now == e.lastGC {
		return
	}
	e.sweep(t, connRef{})
	e.lastGC, e.lastN = now, len(e.conns)
}

// sweep drops what is over: connections that are no more, and closed ones of TCP.
// It reports whether this connection is counted already.
func (e *ConnLimit) sweep(t *conntrack.Table, ref connRef) (known bool) {
	n, collected := 0, 0
	for i, k := range e.conns {
		if known || collected > gcCollect {
			n += copy(e.conns[n:], e.conns[i:])
			break
		}
		c, _ := t.Find(&k.tuple, k.zone)
		switch {
		case c == nil:
			collected++
			continue
		case k.tuple == ref.tuple && c.Zone().Same(ref.zone, conntrack.Original):
			known = true
		case c.Proto() == 6 && (c.TCP.State == conntrack.TCPTimeWait || c.TCP.State == conntrack.TCPClose):
			collected++
			continue
		}
		e.conns[n] = k
		n++
	}
	e.conns = e.conns[:n]
	return known
}

func (e *ConnLimit) hold(t *Table) core.Errno {
	conntrack.Enable(t.s.ns, ctFamily(t.Family))
	return 0
}

func (e *ConnLimit) release(t *Table) { conntrack.Disable(t.s.ns, ctFamily(t.Family)) }

// Numgen is nft_numgen: the next number, or any.
type Numgen struct {
	Dst     uint8
	Mod     uint32
	Offset  uint32
	Random  bool
	counter uint32
}

// Init is nft_ng_inc_init.
func (e *Numgen) Init() core.Errno {
	if e.Mod == 0 {
		return erange
	}
	if e.Offset+e.Mod-1 < e.Offset {
		return eoverflow
	}
	e.counter = e.Mod - 1
	return 0
}

// Eval is nft_ng_inc_eval, nft_ng_random_eval.
func (e *Numgen) Eval(r *Regs, p *Pkt) {
	if e.Random {
		r.put32(e.Dst, p.ns.Machine.Rand.Below(e.Mod)+e.Offset)
		return
	}
	if e.counter++; e.counter >= e.Mod {
		e.counter = 0
	}
	r.put32(e.Dst, e.counter+e.Offset)
}

// cloneExprs is nft_expr_clone for each: new elements begin with a fresh state.
func cloneExprs(x []Expr, now sim.Time) []Expr {
	l := make([]Expr, 0, len(x))
	for _, e := range x {
		switch e := e.(type) {
		case *Counter:
			l = append(l, new(Counter))
		case *Limit:
			c := *e
			c.tokens, c.last = c.max, now
			l = append(l, &c)
		case *Quota:
			l = append(l, &Quota{Bytes: e.Bytes, Over: e.Over})
		case *Last:
			l = append(l, new(Last))
		case *ConnLimit:
			l = append(l, &ConnLimit{Count: e.Count, Over: e.Over})
		}
	}
	return l
}

// CloneExprs is cloneExprs for elements that a person adds.
func (s *Tables) CloneExprs(x []Expr) []Expr { return cloneExprs(x, s.ns.Clock.Now()) }

// An ObjKind is what an Object is (NFT_OBJECT_*).
type ObjKind uint8

// The kinds of objects.
const (
	ObjCounter ObjKind = 1 + iota
	ObjQuota
	ObjCTHelper
	ObjLimit
	ObjConnLimit
	ObjTunnel
	ObjCTTimeout
	ObjSecmark
	ObjCTExpect
	ObjSynproxy
)

// An Object is struct nft_object: state with a name, which rules share.
type Object struct {
	Table   *Table
	Kind    ObjKind
	Name    string
	Handle  uint64
	Comment string
	Expr    Expr               // counter, quota, limit, ct count
	Helper  conntrack.HelperID // ct helper
	HelpL3  core.Family
	HelpL4  uint8
	Timeout *conntrack.Timeouts // ct timeout
	Text    any                 `fork:"share"`
	use     int
}

// Use is how many rules and elements refer to it.
func (o *Object) Use() int { return o.use }

func (o *Object) eval(r *Regs, p *Pkt) {
	switch o.Kind {
	case ObjCTHelper:
		c, _ := conntrack.Get(p.b)
		if c == nil || c.IsConfirmed() || c.Status&conntrack.Template != 0 || c.Proto() != o.HelpL4 {
			return
		}
		c.SetHelper(o.Helper)
	case ObjCTTimeout:
		c, _ := conntrack.Get(p.b)
		if c == nil || c.IsConfirmed() || c.Status&conntrack.Template != 0 || o.Timeout == nil || o.Timeout.Proto != c.Proto() {
			return
		}
		c.SetTimeouts(o.Timeout)
	default:
		if o.Expr != nil {
			o.Expr.Eval(r, p)
		}
	}
}

// ObjRef is nft_objref: an object by name.
type ObjRef struct{ Object *Object }

// Eval is nft_objref_eval.
func (e *ObjRef) Eval(r *Regs, p *Pkt) { e.Object.eval(r, p) }

func (e *ObjRef) hold(t *Table) core.Errno {
	e.Object.use++
	if k := e.Object.Kind; k == ObjCTHelper || k == ObjCTTimeout || k == ObjConnLimit {
		conntrack.Enable(t.s.ns, ctFamily(t.Family))
	}
	return 0
}

func (e *ObjRef) release(t *Table) {
	e.Object.use--
	if k := e.Object.Kind; k == ObjCTHelper || k == ObjCTTimeout || k == ObjConnLimit {
		conntrack.Disable(t.s.ns, ctFamily(t.Family))
	}
}

// Validate is nft_objref_validate: a synproxy stands only where its statement may.
func (e *ObjRef) Validate(c *Chain) core.Errno {
	if x, ok := e.Object.Expr.(*Synproxy); ok {
		return x.Validate(c)
	}
	return 0
}

// ObjRefMap is nft_objref_map: the object that a map names for a value.
type ObjRefMap struct {
	Set *Set
	Src uint8
	Say *Saying `fork:"share"`
	Len uint8
}

func (e *ObjRefMap) saying() (*Saying, uint8, int) { return e.Say, e.Src, int(e.Len) }

// Eval is nft_objref_map_eval.
func (e *ObjRefMap) Eval(r *Regs, p *Pkt) {
	el := e.Set.Lookup(r.at(e.Src, e.Set.KeyLen))
	if el == nil || el.More == nil || el.More.Object == nil {
		r.Code = Break
		return
	}
	el.More.Object.eval(r, p)
}

// Validate is nft_objref_map_validate.
func (e *ObjRefMap) Validate(c *Chain) core.Errno {
	if e.Set.ObjKind == ObjSynproxy {
		return (&Synproxy{}).Validate(c)
	}
	return 0
}

func (e *ObjRefMap) hold(t *Table) core.Errno { e.Set.use++; return 0 }
func (e *ObjRefMap) release(t *Table)         { e.Set.use-- }

// More errnos.
const (
	enospc    core.Errno = 28
	erange    core.Errno = 34
	emlink    core.Errno = 31
	eloop     core.Errno = 40
	enotempty core.Errno = 39
	eoverflow core.Errno = 75
)

// Log is nft_log: a line in the kernel's log, which is a note to the reader.
type Log struct {
	Prefix string
	Group  bool // nfnetlink_log: programs of the model do not read it
}

// Eval is nft_log_eval.
func (e *Log) Eval(_ *Regs, p *Pkt) {
	defer p.ns.In(step.NftLogEval, p.b).Out()
	if !p.ns.Listening() {
		return
	}
	w := make([]uint64, 8, 11)
	pack(w, e.Prefix)
	p.ns.Note(p.b, step.WhyNftLog, append(w, uint64(devIndex(p.st.In)), uint64(devIndex(p.st.Out)), uint64(p.b.Len()))...)
}
