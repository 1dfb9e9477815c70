package core

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Neighbour states (NUD_*).
const (
	NUDNone       = 0
	NUDIncomplete = 0x01
	NUDReachable  = 0x02
	NUDStale      = 0x04
	NUDDelay      = 0x08
	NUDProbe      = 0x10
	NUDFailed     = 0x20
	NUDNoARP      = 0x40
	NUDPermanent  = 0x80

	NUDInTimer   = NUDIncomplete | NUDReachable | NUDDelay | NUDProbe
	NUDValid     = NUDPermanent | NUDNoARP | NUDReachable | NUDProbe | NUDStale | NUDDelay
	NUDConnected = NUDPermanent | NUDNoARP | NUDReachable
)

// Flags of NeighUpdate (NEIGH_UPDATE_F_*).
const (
	NeighUpdateOverride     = 1 << 0
	NeighUpdateWeakOverride = 1 << 1
	NeighUpdateOverrideRtr  = 1 << 2
	NeighUpdateIsRouter     = 1 << 30
	NeighUpdateAdmin        = 1 << 31
)

// A NeighTable is struct neigh_table: arp_tbl or nd_tbl, of one namespace.
type NeighTable struct {
	Family uint16 // AF_INET, AF_INET6
	NS     *Netns
	Ops    NeighOps
	table  map[neighKey]*Neighbour
	list   []*Neighbour // in order of creation, for listing
	// Parameters (struct neigh_parms, net.ipv4.neigh.DEV.*).
	BaseReachable, Retrans, DelayProbe, GCStale, Locktime sim.Time
	reachable                                             sim.Time // BaseReachable times 0.5 to 1.5
	McastProbes, UcastProbes, AppProbes                   int
	McastReprobes                                         int // mcast_resolicit
	QueueBytes                                            int // unres_qlen_bytes
	// Limits of the table (net.ipv4.neigh.default.gc_thresh2 and 3), entries.
	GCThresh2, GCThresh3 int
	Fulls                int      // so often there was no room (table_fulls)
	lastFlush            sim.Time // last_flush
}

type neighKey struct {
	key wire.Addr
	dev int
}

// NeighOps is what a family does for its neighbours (struct neigh_ops and the
// table's constructor).
type NeighOps interface {
	// Constructor sets state and link address of a new entry that needs no
	// resolution: loopback, multicast, broadcast, no-ARP devices.
	Constructor(n *Neighbour)
	// Solicit asks for the link address (arp_solicit, ndisc_solicit). b is the
	// packet that waits, or nil.
	Solicit(n *Neighbour, b *SKB)
	// ErrorReport tells the sender of a packet that the neighbour does not
	// answer (arp_error_report, ndisc_error_report); it frees the packet.
	ErrorReport(n *Neighbour, b *SKB)
}

// A Neighbour is struct neighbour.
type Neighbour struct {
	ID                       uint32
	Table                    *NeighTable
	Key                      wire.Addr
	Dev                      *Device
	State                    uint8 // NUD_*
	Addr                     wire.MAC
	Router                   bool    // NTF_ROUTER
	Learned                  bool    // NTF_EXT_LEARNED: it stays until somebody takes it away
	Type                     uint8   // RTN_*
	Queue                    SKBList // arp_queue
	QueueBytes               int
	Probes                   int
	Used, Confirmed, Updated sim.Time
	Dead                     bool
	hh                       bool // the link header is cached (hh_len)
	timer                    sim.Timer
	task                     neighTask
}

type neighTask struct{ n *Neighbour }

// Run is neigh_timer_handler.
func (t *neighTask) Run() { t.n.timerHandler() }

// Kind, TraceID, TracePkt: see trace.Subject.
func (n *Neighbour) Kind() step.Kind            { return step.KindNeigh }
func (n *Neighbour) TraceID() uint32            { return n.ID }
func (n *Neighbour) TracePkt() (pkt, id uint32) { return 0, 0 }
