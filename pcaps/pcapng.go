package pcaps

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gopacket/gopacket/pcapgo"
)

// Block types (draft-ietf-opsawg-pcapng, section 11.1).
const (
	blockIDB = 1 // Interface Description
	blockPB  = 2 // Packet, obsolete
	blockSPB = 3 // Simple Packet
	blockEPB = 6 // Enhanced Packet
	blockSHB = magicNG

	byteOrderMagic = 0x1a2b3c4d
	optTSResol     = 9  // if_tsresol
	optTSOffset    = 14 // if_tsoffset

	maxHeaderBlock = 256 << 10          // longest SHB or IDB
	maxPacketBlock = MaxFrame + 256<<10 // longest packet block, options and all
	maxTexts       = 64 << 20           // names and descriptions of all interfaces together
	maxText        = 1 << 10            // of one of them
	snapNone       = uint32(0)          // if_snaplen: no limit
	epochMax       = int64(9223372035)  // seconds that fit int64 nanoseconds
	epochMin       = int64(-9223372035) // and before 1970
)

// section is the part of a pcapng that the cursor is in. Interface numbers
// begin again at 0 in each.
type section struct {
	no   int  // from 0; -1 before the first
	base int  // index of its first interface in Reader.ifaces
	next int  // index after its last interface so far
	be   bool // byte order
}

// ngHeader checks the first block.
func (r *Reader) ngHeader(b []byte, err error) error {
	if len(b) < 28 {
		return r.cut(0, err, "the section header", 28, len(b))
	}
	return nil
}

// findBlock finds the next packet block and takes in the headers on the way.
func (r *Reader) findBlock(c *cursor) error {
	for {
		off := c.w.pos()
		b, err := c.w.need(12)
		if err != nil {
			if err == io.EOF {
				return io.EOF
			}
			return r.cut(off, err, "a block header", 12, len(b))
		}
		before := c.sec
		typ := u32(b, c.sec.be)
		if typ == blockSHB {
			if err := r.sectionHeader(c, b[8:12], off); err != nil {
				return err
			}
		}
		size := u32(b[4:], c.sec.be)
		if size < 12 || size%4 != 0 {
			return r.fail(off, fmt.Sprintf("a block claims a length of %d bytes, which no block has", size), "the file is damaged here; what came before it is whole")
		}
		if _, err := c.w.need(int(min(size, maxPacketBlock))); errors.Is(err, ErrLater) {
			c.sec = before // all of a block, or nothing: it is looked at once
			return ErrLater
		}
		switch typ {
		case blockEPB, blockPB, blockSPB:
			return r.packetBlock(c, off, typ, size)
		case blockSHB:
			err = r.sectionBody(c, off, size)
		case blockIDB:
			err = r.interfaceBlock(c, off, size)
		}
		if err != nil {
			return err
		}
		if err := r.skipBlock(c, off, size); err != nil {
			return err
		}
	}
}

// skipBlock moves past a block; its length stands at its end a second time.
func (r *Reader) skipBlock(c *cursor, off int64, size uint32) error {
	c.w.skip(int(size) - 4)
	b, err := c.w.need(4)
	if err != nil {
		return r.broken(off, err, fmt.Sprintf(" inside a block of %d bytes", size))
	}
	if err := r.trailer(b, c, off, size); err != nil {
		return err
	}
	c.w.skip(4)
	return nil
}

func (r *Reader) trailer(b []byte, c *cursor, off int64, size uint32) error {
	if got := u32(b, c.sec.be); got != size {
		return r.fail(off, fmt.Sprintf("a block has length %d at its start and %d at its end", size, got), "the file is damaged here; what came before it is whole")
	}
	return nil
}

// sectionHeader begins a section: the byte order is told by the magic.
func (r *Reader) sectionHeader(c *cursor, magic []byte, off int64) error {
	switch {
	case u32(magic, false) == byteOrderMagic:
		c.sec.be = false
	case u32(magic, true) == byteOrderMagic:
		c.sec.be = true
	default:
		return r.fail(off+8, fmt.Sprintf("a section has byte-order magic % x, which is neither order", magic[:4]), "the file is damaged here; what came before it is whole")
	}
	c.sec.no++
	c.sec.base = c.sec.next
	return nil
}

// sectionBody checks a section's version and keeps the system's name.
func (r *Reader) sectionBody(c *cursor, off int64, size uint32) error {
	if size < 28 || size > maxHeaderBlock {
		return r.fail(off, fmt.Sprintf("a section header claims %d bytes", size), "the file is damaged here; what came before it is whole")
	}
	b, err := c.w.need(int(size))
	if err != nil {
		return r.cut(off, err, "a section header", int(size), len(b))
	}
	major, minor := u16(b[12:], c.sec.be), u16(b[14:], c.sec.be)
	if major != 1 || minor != 0 && minor != 2 {
		return r.fail(off+12, fmt.Sprintf("pcapng version %d.%d is not read, only 1.0", major, minor), "convert it with: editcap -F pcapng IN OUT")
	}
	if c.sec.base == len(r.ifaces) { // new to us
		r.os = ""
		if ng, err := pcapgo.NewNgReader(bytes.NewReader(b[:size]), ngMixed); err == nil {
			r.os = text(ng.SectionInfo().OS)
		}
	}
	return nil
}

var ngMixed = pcapgo.NgReaderOptions{WantMixedLinkType: true}

// interfaceBlock adds an interface; pcapgo reads its options.
func (r *Reader) interfaceBlock(c *cursor, off int64, size uint32) error {
	if size < 20 || size > maxHeaderBlock {
		return r.fail(off, fmt.Sprintf("an interface block claims %d bytes", size), "the file is damaged here; what came before it is whole")
	}
	if c.sec.next < len(r.ifaces) { // known
		c.sec.next++
		return nil
	}
	if len(r.ifaces) >= MaxInterfaces || r.bytes > maxTexts {
		return r.fail(off, fmt.Sprintf("the capture has more than %d interfaces", len(r.ifaces)), "split it with: editcap -c 100000 IN OUT")
	}
	b, err := c.w.need(int(size))
	if err != nil {
		return r.cut(off, err, "an interface block", int(size), len(b))
	}
	// A file of just this block tells pcapgo's opinion of it.
	head := sectionBytes(c.sec.be)
	ng, err := pcapgo.NewNgReader(io.MultiReader(bytes.NewReader(head[:]), bytes.NewReader(b[:size])), pcapgo.NgReaderOptions{})
	if err != nil {
		return r.fail(off, "an interface block is damaged: "+ngWords(err), "the file is damaged here; what came before it is whole")
	}
	ni, _ := ng.Interface(0)
	i := Interface{
		Name: text(ni.Name), Description: text(ni.Description), OS: text(ni.OS),
		Link: LinkType(ni.LinkType), SnapLen: int(ni.SnapLength & 0x7fffffff),
		TSResol: uint8(ni.TimestampResolution), TSOffset: int64(ni.TimestampOffset),
		Section: c.sec.no, ID: c.sec.next - c.sec.base,
	}
	if i.OS == "" {
		i.OS = r.os
	}
	if v := option(b[16:size-4], c.sec.be, optTSResol); len(v) > 0 {
		i.TSResol = v[0] // pcapgo takes a 0, whole seconds, for "not told"
	}
	i.ownTime = i.TSResol == 0 || i.TSResol > 19 || i.TSOffset > epochMax || i.TSOffset < epochMin
	r.bytes += int64(len(i.Name) + len(i.Description) + len(ni.OS))
	r.ifaces = append(r.ifaces, i)
	c.sec.next++
	return nil
}

// ngWords puts pcapgo's error in the form of ours: it knows lengths only.
func ngWords(err error) string {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return "its options are longer than it is"
	}
	return err.Error()
}

func text(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.Clone(s)
}

// packetBlock checks a packet block and leaves it in c.rec.
func (r *Reader) packetBlock(c *cursor, off int64, typ, size uint32) error {
	fixed := uint32(28) // type, length, interface, time, two lengths
	if typ == blockSPB {
		fixed = 12
	}
	if size < fixed+4 || size > maxPacketBlock {
		return r.fail(off, fmt.Sprintf("packet %d is a block of %d bytes, which no packet block has", c.n+1, size), "the file is damaged here; what came before it is whole")
	}
	b, err := c.w.need(int(size))
	if err != nil {
		return r.cut(off, err, fmt.Sprintf("packet %d", c.n+1), int(size), len(b))
	}
	b = b[:size]
	be := c.sec.be
	if err := r.trailer(b[size-4:], c, off, size); err != nil {
		return err
	}
	id := uint32(0)
	switch typ {
	case blockEPB:
		id = u32(b[8:], be)
	case blockPB:
		id = uint32(u16(b[8:], be))
	}
	have := c.sec.next - c.sec.base
	if id >= uint32(have) {
		return r.fail(off, fmt.Sprintf("packet %d is of interface %d, and its section has described %d", c.n+1, id, have), "the file is damaged here; what came before it is whole")
	}
	iface := &r.ifaces[c.sec.base+int(id)]
	n := uint32(0)
	if typ == blockSPB {
		n = u32(b[8:], be)
		if s := uint32(iface.SnapLen); s != snapNone && n > s {
			n = s
		}
	} else {
		n = u32(b[20:], be)
	}
	room := size - fixed - 4
	if n > room || n > MaxFrame {
		return r.fail(off, fmt.Sprintf("packet %d claims %d captured bytes in a block with room for %d", c.n+1, n, room), "the file is damaged here; what came before it is whole")
	}
	if !iface.Link.Known() {
		return r.unknownLink(off, uint32(iface.Link), fmt.Sprintf("interface %d, which saw packet %d,", id, c.n+1))
	}
	c.rec = record{off: off, typ: typ, iface: c.sec.base + int(id), size: int(size), data: int(fixed), caplen: int(n)}
	return nil
}

// takeBlock lets pcapgo read the block at the cursor, but not its options:
// pcapgo reads those of big-endian files the wrong way round.
func (r *Reader) takeBlock(c *cursor, f *Frame) error {
	d, rec, be := &c.dec, &c.rec, c.sec.be
	if d.ng == nil || d.base != c.sec.base || d.be != be || rec.iface >= d.base+d.fed {
		if err := r.openNG(c); err != nil {
			return err
		}
	}
	b, err := c.w.need(rec.size)
	if err != nil {
		return err
	}
	iface := &r.ifaces[rec.iface]
	rest := 0
	if rec.typ == blockSPB {
		f.NoTime = true
	} else {
		if iface.ownTime {
			f.Unix = stamp(uint64(u32(b[12:], be))<<32|uint64(u32(b[16:], be)), iface.TSResol, iface.TSOffset)
		}
		if u32(b[20:], be) > u32(b[24:], be) {
			copy(b[24:28], b[20:24]) // some writers leave the length on the wire 0
		}
		opts := rec.data + (rec.caplen+3)&^3
		if rest = rec.size - 4 - opts; rest > 0 {
			options(b[opts:rec.size-4], be, rec.typ, f)
			putU32(b[4:], uint32(opts+4), be) // for pcapgo the block ends here
		}
	}
	data, ci, err := d.ng.ZeroCopyReadPacketData()
	if err != nil {
		return err
	}
	c.w.skip(rest)
	f.Data, f.OrigLen = data, ci.Length
	if !iface.ownTime && !f.NoTime {
		if s := ci.Timestamp.Unix(); s > epochMax || s < epochMin {
			f.Unix = saturate(s)
		} else {
			f.Unix = ci.Timestamp.UnixNano()
		}
	}
	return nil
}

// openNG starts a pcapgo reader in the cursor's section and tells it the
// section's interfaces so far. pcapgo reads them on its way to a packet, so an
// empty packet follows.
func (r *Reader) openNG(c *cursor) error {
	d := &c.dec
	d.base, d.be, d.fed = c.sec.base, c.sec.be, c.sec.next-c.sec.base
	head := sectionBytes(d.be)
	b := head[:]
	for i := range r.ifaces[c.sec.base:c.sec.next] {
		b = r.ifaces[c.sec.base+i].appendBlock(b, d.be)
	}
	b = append(b, emptyPacket(d.be)...)
	return c.w.instead(b, func() (err error) {
		if d.ng, err = pcapgo.NewNgReader(c.w.br, ngMixed); err != nil {
			return err
		}
		_, _, err = d.ng.ZeroCopyReadPacketData()
		return err
	})
}

// appendBlock appends a block with what pcapgo must know of an interface.
func (i *Interface) appendBlock(to []byte, be bool) []byte {
	var b [44]byte
	o := order(be)
	o.PutUint32(b[0:], blockIDB)
	o.PutUint32(b[4:], 44)
	o.PutUint16(b[8:], uint16(i.Link))
	o.PutUint32(b[12:], uint32(i.SnapLen))
	o.PutUint16(b[16:], optTSResol)
	o.PutUint16(b[18:], 1)
	b[20] = i.TSResol
	o.PutUint16(b[24:], optTSOffset)
	o.PutUint16(b[26:], 8)
	o.PutUint64(b[28:], uint64(i.TSOffset))
	o.PutUint32(b[40:], 44) // after opt_endofopt
	return append(to, b[:]...)
}

// emptyPacket is an Enhanced Packet Block of interface 0 without data.
func emptyPacket(be bool) []byte {
	var b [32]byte
	o := order(be)
	o.PutUint32(b[0:], blockEPB)
	o.PutUint32(b[4:], 32)
	o.PutUint32(b[28:], 32)
	return b[:]
}

// sectionBytes is the shortest section header.
func sectionBytes(be bool) (b [28]byte) {
	o := order(be)
	o.PutUint32(b[0:], blockSHB)
	o.PutUint32(b[4:], 28)
	o.PutUint32(b[8:], byteOrderMagic)
	o.PutUint16(b[12:], 1)
	o.PutUint64(b[16:], 1<<64-1)
	o.PutUint32(b[24:], 28)
	return b
}
