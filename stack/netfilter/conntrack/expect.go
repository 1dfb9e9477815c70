package conntrack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: nf_conntrack_expect.c, nf_conntrack_helper.c.

// An Expect is struct nf_conntrack_expect: a connection that another one, its
// master, has announced. The first packet that fits is RELATED.
type Expect struct {
	Tuple     Tuple
	AnySrc    bool // the source address is not compared
	Master    *Conn
	Permanent bool
	timeout   uint32 // absolute, jiffies

	SavedPort uint16 // the port before NAT changed it (saved_proto)
	Dir       Dir    // of NAT
	fn        Expecter
	dead      bool
}

// An Expecter is an expectfn: NAT's, called for the new connection.
type Expecter interface{ Expected(c *Conn, e *Expect) }

// SetFn sets what is called when it comes true.
func (e *Expect) SetFn(f Expecter) { e.fn = f }

// Expires is how long it is still waited for.
func (e *Expect) Expires() sim.Time {
	return sim.Time(max(0, int32(e.timeout-e.Master.t.jiffies()))) * jiffy
}

// fits is nf_ct_tuple_mask_cmp: source ports are never compared.
func (e *Expect) fits(k *Tuple) bool {
	x := &e.Tuple
	return x.L3 == k.L3 && x.Proto == k.Proto && x.Dst == k.Dst && x.Dport == k.Dport && (e.AnySrc || x.Src == k.Src)
}

func (e *Expect) expired() bool { return e.dead || int32(e.timeout-e.Master.t.jiffies()) <= 0 }

// findExpect is nf_ct_find_expectation: was this connection announced? It is
// announced once only.
func (t *Table) findExpect(k *Tuple, z Zone, unlink bool) *Expect {
	defer t.ns.In(step.NfCTFindExpectation, whole{t.ns}).Out()
	for i := 0; i < len(t.expects); {
		e := t.expects[i]
		if e.expired() {
			t.unlinkExpect(i)
			continue
		}
		if e.fits(k) && e.Master.zone.ID == z.ID {
			if e.Master.Status&(Confirmed|Dying) != Confirmed {
				return nil
			}
			if !e.Permanent && unlink {
				t.unlinkExpect(i)
			}
			return e
		}
		i++
	}
	return nil
}

// unlinkExpect is nf_ct_unlink_expect.
func (t *Table) unlinkExpect(i int) {
	e := t.expects[i]
	t.expects = append(t.expects[:i:i], t.expects[i+1:]...)
	if h := e.Master.help(); h != nil {
		h.expecting--
	}
	t.Stat.ExpectDelete++
}

// removeExpects is nf_ct_remove_expectations.
func (t *Table) removeExpects(c *Conn) {
	if c.help() == nil {
		return
	}
	for i := 0; i < len(t.expects); {
		if t.expects[i].Master == c {
			t.unlinkExpect(i)
		} else {
			i++
		}
	}
}

// expectGC is nf_ct_expectation_gc.
func (t *Table) expectGC(c *Conn) {
	for i := 0; i < len(t.expects); {
		if e := t.expects[i]; e.Master == c && e.expired() {
			t.unlinkExpect(i)
		} else {
			i++
		}
	}
}

// AddExpect is nf_ct_expect_related: EBUSY if another connection is expected
// that could not be told apart, EMFILE if there are too many.
func (t *Table) AddExpect(e *Expect) core.Errno {
	defer t.ns.In(step.NfCTExpectRelated, whole{t.ns}).Out()
	ns := t.ns
	h := e.Master.help()
	if h == nil {
		return step.EINVAL
	}
	for i := 0; i < len(t.expects); i++ {
		o := t.expects[i]
		switch {
		case o.expired():
			t.unlinkExpect(i)
			i--
		case o.Master == e.Master && o.Tuple == e.Tuple && o.AnySrc == e.AnySrc:
			t.unlinkExpect(i) // refreshed
			i--
		case (o.AnySrc || e.AnySrc || o.Tuple.Src == e.Tuple.Src) && o.Tuple.Dst == e.Tuple.Dst && o.Tuple.Dport == e.Tuple.Dport && o.Tuple.Proto == e.Tuple.Proto:
			ns.Why(step.WhyCTExpectBusy, uint64(o.Master.ID))
			return step.EBUSY
		}
	}
	if h.expecting >= h.def.max {
		last := -1
		for i, o := range t.expects {
			if o.Master == e.Master {
				last = i
				break // the oldest
			}
		}
		if last >= 0 {
			t.unlinkExpect(last)
		}
	}
	if len(t.expects) >= ns.Sysctl.CT.ExpectMax {
		ns.Why(step.WhyCTExpectFull, uint64(ns.Sysctl.CT.ExpectMax))
		return step.EMFILE
	}
	e.timeout = t.jiffies() + uint32(h.def.timeout*hz)
	h.expecting++
	t.expects = append(t.expects, e)
	t.Stat.ExpectCreate++
	k := &e.Tuple
	ns.Why(step.WhyCTExpect, uint64(k.Proto), k.Src.Hi, k.Src.Lo, k.Dst.Hi, k.Dst.Lo, uint64(k.Dport), uint64(h.def.timeout))
	return 0
}

// Unexpect is nf_ct_unexpect_related.
func (t *Table) Unexpect(e *Expect) { e.dead = true }

// Expects lists what is expected, oldest first (`conntrack -L expect`).
func (t *Table) Expects() []*Expect {
	var l []*Expect
	for _, e := range t.expects {
		if !e.expired() {
			l = append(l, e)
		}
	}
	return l
}

// A helperDef is struct nf_conntrack_helper.
type helperDef struct {
	step    step.Step
	proto   uint8
	port    uint16
	max     int // expectations at a time
	timeout int // of an expectation, in seconds
}

// help is struct nf_conn_help: what a helper keeps of a connection.
type help struct {
	def       *helperDef
	expecting int
	afterNL   [2][2]uint32 // FTP: sequence numbers behind a line's end
	afterNLn  [2]uint8
}

func (c *Conn) help() *help {
	if c.ext == nil {
		return nil
	}
	return c.ext.help
}

// A HelperID names a helper.
type HelperID uint8

// The helpers.
const (
	NoHelper HelperID = iota
	HelperFTP
)

// SetHelper attaches a helper to a connection before it is confirmed, or to a
// template (`ct helper set`, CT --helper). It reports false if the connection's
// protocol is not the helper's.
func (c *Conn) SetHelper(id HelperID) bool {
	if id != HelperFTP {
		return false
	}
	d := c.t.helpers[0]
	if c.Status&Template == 0 && c.Proto() != d.proto {
		return false
	}
	c.extra().help = &help{def: d}
	c.Status |= Helper
	return true
}

// HelperOf is the helper of a connection.
func (c *Conn) HelperOf() HelperID {
	if c.help() == nil {
		return NoHelper
	}
	return HelperFTP
}

// help is helper->help.
func (d *helperDef) help(t *Table, b *core.SKB, off int, c *Conn, info Info) core.Verdict {
	return t.ftp(b, off, c, info)
}

// FTPMangler is NAT's part of the FTP helper (nf_nat_ftp_hook): it registers
// the expectation and writes the changed address into the packet.
type FTPMangler interface {
	FTP(b *core.SKB, c *Conn, info Info, kind FTPKind, off, at, n int, e *Expect) core.Verdict
}

// FTPKind is enum nf_ct_ftp_type.
type FTPKind uint8

// The commands and answers that announce a connection.
const (
	FTPPort FTPKind = iota // PORT 192,168,0,1,4,1
	FTPPasv                // 227 Entering Passive Mode (192,168,0,1,4,1)
	FTPEprt                // EPRT |1|192.168.0.1|1025|
	FTPEpsv                // 229 Entering Extended Passive Mode (|||1025|)
)
