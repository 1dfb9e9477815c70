package conntrack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// An Info is enum ip_conntrack_info: what a packet is in its connection's life.
type Info uint8

// What a packet can be. The answers' are those of the first direction plus 3.
const (
	Established      Info = 0
	Related          Info = 1
	New              Info = 2
	EstablishedReply Info = 3
	RelatedReply     Info = 4
	Untracked        Info = core.CTUntracked
)

// Dir is CTINFO2DIR: in which direction the packet goes.
func (i Info) Dir() Dir {
	if i >= EstablishedReply {
		return Reply
	}
	return Original
}

// Bits of a State (NF_CT_STATE_*), what `ct state` of nft and --ctstate of
// iptables compare.
const (
	StateInvalid     = 1 << 0
	StateEstablished = 1 << 1
	StateRelated     = 1 << 2
	StateNew         = 1 << 3
	StateUntracked   = 1 << 6
)

// State is what a rule sees of a packet: one StateX bit.
func State(b *core.SKB) uint32 {
	c, info := Get(b)
	switch {
	case c != nil:
		return 1 << (uint32(info)%3 + 1)
	case info == Untracked:
		return StateUntracked
	}
	return StateInvalid
}

// A Status is enum ip_conntrack_status: what has become of a connection.
type Status uint32

// The bits of a Status (IPS_*).
const (
	Expected     Status = 1 << iota // another connection announced it
	SeenReply                       // packets went both ways
	Assured                         // not to be thrown away when the table is full
	Confirmed                       // its first packet has left the host: it is in the table
	SrcNAT                          // the source changes in the original direction
	DstNAT                          // the destination does
	SeqAdjust                       // TCP numbers change
	SrcNATDone                      // it is decided whether the source changes
	DstNATDone                      // and the destination
	Dying                           // out of the table, or on its way
	FixedTimeout                    // packets do not prolong it
	Template                        // no connection: says how to make one
	NATClash                        // it clashed with another one when it was put in
	Helper                          // a rule chose a helper for it
	Offload                         // the flow table has it
)

// NATMask is both rewrites, NATDoneMask both decisions.
const (
	NATMask     = SrcNAT | DstNAT
	NATDoneMask = SrcNATDone | DstNATDone
)

// A tupleHash is struct nf_conntrack_tuple_hash: one of a connection's two
// places in the table.
type tupleHash struct {
	Tuple
	ct   *Conn
	next *tupleHash // in the bucket
	hash uint32
	dir  Dir
}

// A Counter counts what went in one direction (struct nf_conn_counter): bytes
// of IP packets.
type Counter struct{ Packets, Bytes uint64 }

// A Conn is struct nf_conn: one connection. Times are in jiffies, see Expires.
type Conn struct {
	ID     uint32
	t      *Table
	tuples [2]tupleHash
	use    int32
	Status Status
	// timeout is when it ends: relative until it is confirmed, then absolute.
	timeout uint32
	zone    Zone

	Mark     uint32
	Counters [2]Counter
	acct     bool   // nf_conntrack_acct was on when it began
	ecache   bool   // listeners are told of it
	events   Events // not told yet

	TCP      TCPState
	streamTS uint32 // UDP: from then on it is a stream (jiffies)

	Master *Conn // the connection that announced it
	ext    *ext

	// MasqIndex is the ifindex of the device that masquerading hid it behind, 0
	// for none (struct nf_conn_nat).
	MasqIndex int

	prevAll, allNxt *Conn // all confirmed ones, oldest first
}

// ext is what few connections have (struct nf_ct_ext).
type ext struct {
	labels      [2]uint64
	hasLabels   bool
	start, stop sim.Time // nf_conntrack_timestamp
	timed       bool
	help        *help
	seqadj      [2]seqadj
	timeouts    *Timeouts
	sctp        *SCTPState
	synproxy    *Synproxy
	events      Events // which listeners are told of, 0 for all (CT --ctevents)
}

func (c *Conn) extra() *ext {
	if c.ext == nil {
		c.ext = new(ext)
	}
	return c.ext
}

// Get is nf_ct_get: the connection of a packet and what the packet is in it.
// nil is INVALID, or Untracked. A template may be returned before conntrack has
// looked at the packet.
func Get(b *core.SKB) (*Conn, Info) {
	c, _ := b.NFCT.(*Conn)
	return c, Info(b.CTInfo)
}

// Set is nf_ct_set for a packet that belongs to none: it takes a reference.
func Set(b *core.SKB, c *Conn, info Info) {
	if c != nil {
		c.Get()
		b.SetCT(c, uint8(info))
		return
	}
	b.SetCT(nil, uint8(info))
}

// Attach is nf_ct_attach: a packet that answers in the stead of somebody (a
// RST or ICMP error of a REJECT rule) belongs to the refused packet's
// connection. One about an untracked packet is RELATED to none, and so counts as
// seen for xt_CT.
func Attach(reply, about *core.SKB) {
	c, info := Get(about)
	if c == nil && info != Untracked || c != nil && c.Status&Template != 0 {
		return
	}
	r := Related
	if info.Dir() == Original {
		r = RelatedReply
	}
	reply.ResetCT()
	Set(reply, c, r)
}

// Untrack is `notrack`: the packet shall not be tracked.
func Untrack(b *core.SKB) {
	b.ResetCT()
	b.SetCT(nil, uint8(Untracked))
}

// Get and Put count who refers to the connection (nf_conntrack_get, _put). The
// last one to let go destroys it.
func (c *Conn) Get() { c.use++ }

// Put is nf_conntrack_put.
func (c *Conn) Put() {
	c.use--
	if c.use == 0 {
		c.destroy()
	}
}

// CTID is its number as a trace.Subject.
func (c *Conn) CTID() uint32 { return c.ID }

// Tuple is what the packets of a direction carry when they come in.
func (c *Conn) Tuple(d Dir) *Tuple { return &c.tuples[d].Tuple }

// NS is the namespace that it belongs to.
func (c *Conn) NS() *core.Netns { return c.t.ns }

// Zone is the zone that keeps it apart from others.
func (c *Conn) Zone() Zone { return c.zone }

// ZoneID is the id of the zone that counts in a direction (nf_ct_zone_id).
func (c *Conn) ZoneID(d Dir) uint16 { return c.zone.in(d) }

// Proto is nf_ct_protonum; L3 is nf_ct_l3num.
func (c *Conn) Proto() uint8 { return c.tuples[Original].Proto }

// L3 is its network protocol: NFIPv4 or NFIPv6.
func (c *Conn) L3() core.Family { return c.tuples[Original].L3 }

// IsConfirmed reports whether it is in the table.
func (c *Conn) IsConfirmed() bool { return c.Status&Confirmed != 0 }

// Use is how many refer to it: the table and packets (`use=` of conntrack -L).
func (c *Conn) Use() int { return int(c.use) }

// Acct reports whether its packets are counted for listings
// (net.netfilter.nf_conntrack_acct).
func (c *Conn) Acct() bool { return c.acct }

// Expires is nf_ct_expires: how long it still has, 0 if it is over.
func (c *Conn) Expires() sim.Time {
	d := int32(c.timeout - c.t.jiffies())
	if !c.IsConfirmed() {
		d = int32(c.timeout)
	}
	return sim.Time(max(0, d)) * sim.Jiffy
}

// Expiration is nf_ct_expires as rules ask for it. A connection that is not in the
// table yet has a span where others have a moment, and the kernel takes it for one: so
// that a machine that is up for a while says 0.
func (c *Conn) Expiration() sim.Time {
	return sim.Time(max(0, int32(c.timeout-c.t.jiffies()))) * sim.Jiffy
}

func (c *Conn) expired() bool { return int32(c.timeout-c.t.jiffies()) <= 0 }

// SetTimeout gives it a new time to live (`conntrack -U`, `ct timeout`).
func (c *Conn) SetTimeout(d sim.Time) {
	c.timeout = uint32(d / sim.Jiffy)
	if c.IsConfirmed() {
		c.timeout += c.t.jiffies()
	}
}

// Times are when it began and ended (net.netfilter.nf_conntrack_timestamp), 0
// for not known.
func (c *Conn) Times() (start, stop sim.Time) {
	if c.ext == nil {
		return 0, 0
	}
	return c.ext.start, c.ext.stop
}

// SetMark is `ct mark set`: it tells listeners of a change.
func (c *Conn) SetMark(m uint32) {
	if c.Mark != m {
		c.Mark = m
		c.cache(EventMark)
	}
}

// Labels are its 128 label bits; ok is false if it has none.
func (c *Conn) Labels() (l [2]uint64, ok bool) {
	if c.ext == nil {
		return l, false
	}
	return c.ext.labels, c.ext.hasLabels
}

// SetLabels replaces the bits in mask (nf_connlabels_replace). A connection
// has room for labels only if a rule used them when it began (UseLabels);
// without, it reports false.
func (c *Conn) SetLabels(bits, mask [2]uint64) bool {
	if c.ext == nil || !c.ext.hasLabels {
		return false
	}
	for i := range bits {
		n := c.ext.labels[i]&^mask[i] | bits[i]&mask[i]
		if n != c.ext.labels[i] {
			c.ext.labels[i] = n
			c.cache(EventLabel)
		}
	}
	return true
}

// Timeouts are those that a rule attached (struct nf_ct_timeout): seconds, by
// state for TCP; unreplied and stream for UDP; the first for others.
type Timeouts struct {
	L3    core.Family
	Proto uint8
	Secs  [core.CTTCPTimeouts]int
}

// SetTimeouts is nft_ct_timeout_obj_eval: before a connection is confirmed. It begins
// with the time for a new one (of TCP: for a SYN).
func (c *Conn) SetTimeouts(p *Timeouts) {
	c.extra().timeouts = p
	first := 0
	if p.Proto == 6 {
		first = 1
	}
	if first < len(p.Secs) && c.Status&FixedTimeout == 0 {
		c.timeout = uint32(p.Secs[first] * hz)
	}
}

func (c *Conn) timeouts() *Timeouts {
	if c.ext == nil {
		return nil
	}
	return c.ext.timeouts
}

// NewTemplate is nf_ct_tmpl_alloc: a rule of the raw table says how the
// connection of a packet is to be made. It is the rule's own and lives as long
// as the rule.
func NewTemplate(ns *core.Netns, z Zone) *Conn {
	t := Of(ns)
	c := &Conn{ID: ns.Machine.IDs.Object(), t: t, Status: Template, zone: z, use: 1}
	return c
}

// SetZone is `ct zone set`: the packet's connection is looked for in that zone
// only. Before conntrack has seen the packet.
func SetZone(ns *core.Netns, b *core.SKB, z Zone) {
	c := NewTemplate(ns, z)
	c.use = 0 // the packet's reference is the only one
	b.ResetCT()
	Set(b, c, New)
}

// SetEventMask is nf_ct_ecache_ext_add of a template: listeners are told of its
// connections only if one of these events is among the news (CT --ctevents).
func (c *Conn) SetEventMask(e Events) { c.extra().events = e }

// destroy is nf_ct_destroy: nobody refers to it any more.
func (c *Conn) destroy() {
	if c.Status&Template != 0 {
		return
	}
	c.t.destroy(c)
}
