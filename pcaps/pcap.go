package pcaps

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// pcapHeader is what the 24 bytes at the head of a pcap say.
type pcapHeader struct {
	be    bool
	magic uint32
	head  int // length of a record header
	link  LinkType
}

// decoder is pcapgo reading from a cursor's window.
type decoder struct {
	pcap *pcapgo.Reader
	ng   *pcapgo.NgReader
	be   bool // ng: byte order of the section
	base int  // ng: first interface of the section, which tells sections apart
	fed  int  // ng: interfaces pcapgo has been told
}

// order is the byte order of a file or section.
func order(be bool) binary.ByteOrder {
	if be {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func u32(b []byte, be bool) uint32 {
	if be {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

func putU32(b []byte, v uint32, be bool) {
	if be {
		binary.BigEndian.PutUint32(b, v)
	} else {
		binary.LittleEndian.PutUint32(b, v)
	}
}

func u16(b []byte, be bool) uint16 {
	if be {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

// pcapHeader reads the file header (draft-ietf-opsawg-pcap, section 4).
func (r *Reader) pcapHeader(b []byte, err error, be bool) error {
	if len(b) < 24 {
		return r.cut(0, err, "the file header", 24, len(b))
	}
	h := pcapHeader{be: be, magic: u32(b, be), head: 16}
	if h.magic == magicModified {
		h.magic, h.head = magicMicro, 24
	}
	if major, minor := u16(b[4:], be), u16(b[6:], be); major != 2 || minor != 4 {
		return r.fail(4, fmt.Sprintf("pcap version %d.%d is not read, only 2.4", major, minor), "convert it with: editcap -F pcapng IN OUT")
	}
	// The upper bits tell of a frame check sequence; the lower ones are the type.
	link := u32(b[20:], be) & 0x03ffffff
	if link > 0xffff || !LinkType(link).Known() {
		return r.unknownLink(20, link, "the capture")
	}
	h.link = LinkType(link)
	r.pcap = h
	resol := uint8(6)
	if h.magic == magicNano {
		resol = 9
	}
	r.ifaces = []Interface{{Link: h.link, SnapLen: int(u32(b[16:], be) & 0x7fffffff), TSResol: resol}}
	return nil
}

// unknownLink refuses a link type by name and number.
func (r *Reader) unknownLink(off int64, link uint32, who string) error {
	if link > 0xffff {
		return r.fail(off, fmt.Sprintf("%s has link type %d, which does not exist", who, link), "the header is damaged: get the file again")
	}
	l := LinkType(link)
	name := fmt.Sprintf("link type %s (%d)", l, link)
	if _, ok := linkNames[l]; !ok {
		name = l.String() + ", a type without a known name"
	}
	return r.fail(off, who+" has "+name+", which is not read", l.refusal())
}

// findRecord finds the next packet record of a pcap
// (draft-ietf-opsawg-pcap, section 5).
func (r *Reader) findRecord(c *cursor) error {
	h := r.pcap.head
	b, err := c.w.need(h)
	if err != nil {
		if err == io.EOF {
			return io.EOF
		}
		return r.cut(c.w.pos(), err, fmt.Sprintf("the header of packet %d", c.n+1), h, len(b))
	}
	n := u32(b[8:], r.pcap.be)
	if n > MaxFrame {
		return r.fail(c.w.pos(), fmt.Sprintf("packet %d claims %d captured bytes, and no frame has more than %d", c.n+1, n, MaxFrame), "the file is damaged here; what came before it is whole")
	}
	size := h + int(n)
	if b, err = c.w.need(size); err != nil {
		return r.cut(c.w.pos(), err, fmt.Sprintf("packet %d", c.n+1), size, len(b))
	}
	c.rec.off, c.rec.size = c.w.pos(), size
	return nil
}

// takeRecord lets pcapgo read the record at the cursor.
func (r *Reader) takeRecord(c *cursor, f *Frame) error {
	if c.dec.pcap == nil {
		if err := r.openPcap(c); err != nil {
			return err
		}
	}
	b, err := c.w.need(r.pcap.head)
	if err != nil {
		return err
	}
	if len(b) > 16 { // a longer header: move what counts to its end
		copy(b[len(b)-16:], b[:16])
		c.w.skip(len(b) - 16)
		b = b[len(b)-16:]
	}
	if u32(b[8:], r.pcap.be) > u32(b[12:], r.pcap.be) {
		copy(b[12:16], b[8:12]) // some writers leave the length on the wire 0
	}
	data, ci, err := c.dec.pcap.ZeroCopyReadPacketData()
	if err != nil {
		return err
	}
	f.Data, f.OrigLen = data, ci.Length
	f.Unix = ci.Timestamp.UnixNano()
	return nil
}

// openPcap starts a pcapgo reader with a header that says what ours said.
func (r *Reader) openPcap(c *cursor) error {
	h := &r.pcap
	o := order(h.be)
	var b [24]byte
	o.PutUint32(b[0:], h.magic)
	o.PutUint16(b[4:], 2)
	o.PutUint16(b[6:], 4)
	o.PutUint32(b[16:], MaxFrame)
	o.PutUint32(b[20:], uint32(layers.LinkType(h.link)))
	return c.w.instead(b[:], func() (err error) {
		c.dec.pcap, err = pcapgo.NewReader(c.w.br)
		return err
	})
}
