package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A Tables is struct nftables_pernet: all tables of a namespace.
type Tables struct {
	ns     *core.Netns
	List   []*Table // in order of creation
	handle uint64   // of the table that was made last
	Gen    uint32   // number of commits: the ruleset's generation
	pass   uint64   // of validation
	tracer Tracer
	also   []Tracer // nft monitor trace
	watch  []Watcher
	nested uint8 // nf_dup_skb_recursion: copies and forwards within each other

	ctx  []*context `fork:"zero"` // lent to packets that pass chains
	nctx int        `fork:"zero"`
}

// A Tracer is told what `nft monitor trace` prints: of packets with nftrace set
// to 1.
type Tracer interface {
	NftTrace(ns *core.Netns, e *TraceEvent)
}

// A TraceEvent is one message of nft's trace (enum nft_trace_types).
type TraceEvent struct {
	Kind    TraceKind
	ID      uint32 // of the packet
	Table   *Table
	Chain   *Chain
	Rule    *Rule // TraceRule
	Verdict Verdict
	Hook    core.HookState
	SKB     *core.SKB // as it is now; valid during the call only
	HasL4   bool      // the transport header is known
	L4      int       // and begins here, from the data pointer on
	First   bool      // the first message of this packet at this base chain
}

// A TraceKind says what a TraceEvent is about.
type TraceKind uint8

// The kinds of TraceEvents.
const (
	TracePolicy TraceKind = 1 + iota // the end of a base chain was reached
	TraceReturn                      // the end of a chain, or a return
	TraceRule                        // a rule matched
)

// Of is the tables of a namespace; it makes them.
func Of(ns *core.Netns) *Tables {
	t, _ := ns.NFTables.(*Tables)
	if t == nil {
		t = &Tables{ns: ns}
		ns.NFTables = t
	}
	return t
}

// Seen is Of without making anything: nil if there never was a table.
func Seen(ns *core.Netns) *Tables { t, _ := ns.NFTables.(*Tables); return t }

// SetTracer has t told of traced packets from now on; nil ends that.
func (s *Tables) SetTracer(t Tracer) { s.tracer = t }

// AddTracer has t told as well, until RemoveTracer.
func (s *Tables) AddTracer(t Tracer) { s.also = append(s.also, t) }

// RemoveTracer takes t off.
func (s *Tables) RemoveTracer(t Tracer) {
	for i := range s.also {
		if s.also[i] == t {
			s.also = append(s.also[:i:i], s.also[i+1:]...)
			return
		}
	}
}

// NS is the namespace.
func (s *Tables) NS() *core.Netns { return s.ns }

// A Table is struct nft_table.
type Table struct {
	Family  core.Family // NFInet and NFNetdev too
	Name    string
	Comment string
	Handle  uint64
	Dormant bool // its chains are not asked
	Owned   bool

	Chains     []*Chain
	Sets       []*Set // anonymous ones too
	Objects    []*Object
	Flowtables []*Flowtable

	s       *Tables
	hgen    uint64
	index   map[string]*Chain `fork:"zero"` // by name, once there are many
	byObj   map[objKey]*Object
	setByID map[string]*Set
}

type objKey struct {
	kind ObjKind
	name string
}

// Tables are those of the namespace.
func (t *Table) Tables() *Tables { return t.s }

// Find is nft_table_lookup: nil if there is none.
func (s *Tables) Find(f core.Family, name string) *Table {
	for _, t := range s.List {
		if t.Family == f && t.Name == name {
			return t
		}
	}
	return nil
}

// Chain is nft_chain_lookup.
func (t *Table) Chain(name string) *Chain {
	if t.index == nil {
		if len(t.Chains) < 16 {
			for _, c := range t.Chains {
				if c.Name == name {
					return c
				}
			}
			return nil
		}
		t.index = make(map[string]*Chain, len(t.Chains))
		for _, c := range t.Chains {
			t.index[c.Name] = c
		}
	}
	return t.index[name]
}

// Set is nft_set_lookup by name.
func (t *Table) Set(name string) *Set { return t.setByID[name] }

// Object is nft_obj_lookup.
func (t *Table) Object(k ObjKind, name string) *Object { return t.byObj[objKey{k, name}] }

// A ChainType is what kind of work a base chain does.
type ChainType uint8

// The chain types.
const (
	TypeFilter ChainType = iota
	TypeRoute            // output packets are routed again if a rule changed them
	TypeNAT              // first packets of connections only
)

// A Base is what makes a chain a base chain (struct nft_base_chain).
type Base struct {
	Type     ChainType
	Hook     core.HookNum
	Ingress  bool // the hook is a device's (netdev; inet ingress)
	Egress   bool
	Priority int
	PrioText string // "filter": as the table's family names it; not used by the engine
	Devices  []string
	Drop     bool // the policy is drop
	Packets  uint64
	Bytes    uint64 // counted when the chain has a counter
	Counted  bool
}

// A Chain is struct nft_chain. A base chain is a core.Hook.
type Chain struct {
	Table   *Table
	Name    string
	Comment string
	Handle  uint64
	Base    *Base // nil: a regular chain
	Rules   []*Rule
	use     int    // jumps to it
	pass    uint64 // validated in this pass, from this deep
	deep    int
	Anon    bool

	hooked bool
	devs   []*core.Device // where it hangs, of netdev
}

// Use is how many rules and elements jump to it.
func (c *Chain) Use() int { return c.use }

// A Rule is struct nft_rule: expressions in order.
type Rule struct {
	Chain  *Chain
	Handle uint64
	Exprs  []Expr
	Text   any    `fork:"share"` // the statements as text, for listings; not the engine's
	Comm   string // comment
}

// An Expr is struct nft_expr. Eval works on the registers; r.Code says whether
// the rule goes on.
type Expr interface {
	Eval(r *Regs, p *Pkt)
}

// A Validator is an Expr that may stand only in some chains
// (nft_expr_ops.validate).
type Validator interface {
	Validate(c *Chain) core.Errno
}

// A user holds something as long as its rule is there: conntrack, a chain, a
// set, an object (nft_expr_ops.init, destroy).
type user interface {
	hold(t *Table) core.Errno
	release(t *Table)
}

// A VerdictCode is an enum nft_verdicts.
type VerdictCode int8

// What an expression may say.
const (
	Continue VerdictCode = iota // next expression
	Break                       // next rule
	Jump
	Goto
	Return
	AcceptCode
	DropCode
	StolenCode // the packet is gone
	QueueCode
)

// A Verdict is struct nft_verdict: Chain is where Jump and Goto lead.
type Verdict struct {
	Code  VerdictCode
	Chain *Chain
}

// Kind, TraceID, TracePkt, Observe: a namespace as a trace.Subject is not
// needed here: all work is done for packets.

// newHandle is nf_tables_alloc_handle.
func (t *Table) newHandle() uint64 { t.hgen++; return t.hgen }

// TakeHandle uses a handle up, as a rule does that the kernel then refuses.
func (t *Table) TakeHandle() { t.newHandle() }

// expires is a moment from now, 0 for never.
func (s *Tables) expires(d sim.Time) sim.Time {
	if d == 0 {
		return 0
	}
	return s.ns.Clock.Now() + d
}

// Errnos that this package returns.
const (
	enoent     = step.ENOENT
	eexist     = step.EEXIST
	ebusy      = step.EBUSY
	einval     = step.EINVAL
	eopnotsupp = step.EOPNOTSUPP
)
