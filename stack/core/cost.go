package core

import "github.com/packetwalk/packetwalk/stack/sim"

// What the steps of the datapath cost a CPU, in virtual nanoseconds. The
// numbers are rough: the order of magnitude of a 3 GHz x86_64 machine without
// mitigations, not a measurement of any one machine. They are here so that
// time passes while packets are worked on, and so that a CPU that gets more
// frames than it can handle really drops some. All of them are in this table
// and nowhere else.
const (
	CostIRQ         = 800 * sim.Time(1)  // hard interrupt, entry to exit
	CostSoftirq     = 200 * sim.Time(1)  // entering the softirq
	CostPoll        = 100 * sim.Time(1)  // one call of a NAPI poll function
	CostDriverRx    = 150 * sim.Time(1)  // take a descriptor, wrap an sk_buff
	CostGRO         = 60 * sim.Time(1)   // look for a held packet to merge with
	CostReceiveCore = 80 * sim.Time(1)   // __netif_receive_skb_core
	CostProtocol    = 500 * sim.Time(1)  // IP, route and transport, as one
	CostBacklog     = 70 * sim.Time(1)   // enqueue_to_backlog
	CostQueueXmit   = 120 * sim.Time(1)  // __dev_queue_xmit and the queue
	CostSegment     = 150 * sim.Time(1)  // cut one segment in software
	CostDriverTx    = 200 * sim.Time(1)  // map a frame, ring the doorbell
	CostDriverTxEnd = 60 * sim.Time(1)   // clean one sent frame
	CostIPI         = 500 * sim.Time(1)  // until another CPU is interrupted
	CostKsoftirqd   = 5000 * sim.Time(1) // until the thread gets the CPU
)

// CostChecksum is what summing n bytes in software costs.
func CostChecksum(n int) sim.Time { return sim.Time(n / 8) }

// CostCall is what a program pays for send() or recv() of a byte: the system
// call, finding the socket, locking it and an sk_buff. CostCopy is what the
// bytes cost on top of that.
//
// These two were measured, with Linux 6.18 on a virtual machine (AMD EPYC):
// send() on a corked TCP socket over loopback, so that bytes are copied and
// nothing is sent. It took 1.03 µs for 1 byte, 1.13 µs for 4,000, 1.39 µs for
// 16,000, 1.65 µs for 30,000 and 2.56 µs for 60,000, the median of 2,000 calls
// each.
const CostCall = 1000 * sim.Time(1)

// CostCopy is what copying n bytes between a program and the kernel costs.
func CostCopy(n int) sim.Time { return sim.Time(n / 40) }

// CostReceive is what it costs to bring one frame from the ring to its socket.
const CostReceive = CostIRQ + CostSoftirq + CostPoll + CostDriverRx + CostGRO + CostReceiveCore + CostProtocol

// Spend charges the CPU that runs with d.
func (ns *Netns) Spend(d sim.Time) { ns.Clock.Spend(d) }
