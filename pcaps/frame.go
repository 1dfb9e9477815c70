package pcaps

// Frame is one record of a capture.
type Frame struct {
	N       int       // number in the capture, from 1, as Wireshark counts
	At      int64     // ns since the first frame of the capture; negative if the file goes back in time
	Unix    int64     // ns since 1970-01-01 UTC
	Data    []byte    // the captured bytes, from the link header on; valid until the next call of the same method
	OrigLen int       // length on the wire, in bytes; more than len(Data) when the capture cut it
	Link    LinkType  // how Data begins
	Iface   int       // index into Reader.Interfaces
	Dir     Direction // as seen from the capturing host
	Queue   int       // receive queue of the interface (epb_queue), -1 when not told
	Comment string    // opt_comment; several are joined with newlines
	NoTime  bool      // the record carries no time (pcapng Simple Packet Block): At and Unix are 0
}

// Cut reports whether the capture holds less of the frame than was on the wire.
func (f *Frame) Cut() bool { return len(f.Data) < f.OrigLen }

// Direction is the way of a frame as the capturing host saw it.
type Direction uint8

// The directions of epb_flags (pcapng draft, section 4.3.1) in their order.
const (
	DirUnknown Direction = iota
	DirIn                // received
	DirOut               // sent
)

// String returns "unknown", "in" or "out".
func (d Direction) String() string {
	switch d {
	case DirIn:
		return "in"
	case DirOut:
		return "out"
	}
	return "unknown"
}

// Interface is one capture interface of a file.
type Interface struct {
	Name        string   // if_name; empty in pcap
	Description string   // if_description
	OS          string   // if_os, else the section's shb_os: what the capturing host ran
	Link        LinkType // link type of its frames
	SnapLen     int      // most bytes kept of a frame; 0 is no limit
	TSResol     uint8    // if_tsresol: 6 is microseconds, 9 nanoseconds, with bit 7 set a power of two
	TSOffset    int64    // if_tsoffset: seconds added to each time
	Section     int      // section of the file, from 0
	ID          int      // number within its section, from 0

	ownTime bool // pcapgo gets this resolution wrong: see stamp
}
