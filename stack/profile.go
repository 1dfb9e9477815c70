package stack

import (
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Profile is what a capture tells about the host that it was taken on: who
// "this host" is, who its neighbours are, which ports were open, and what is
// odd about the capture itself. It is inferred from the capture's frames; the
// user may override the address.
type Profile struct {
	Port            // the interface of the first frame
	More     []Port // the others that have frames, in order of appearance
	Router   bool   // it sends on what is not for it
	Beyond   bool   // some of it by an interface that the capture does not show
	Asked    bool   // the capture shows the host's own ARP or ND
	Frames   int    // looked at
	Out      int    // of them sent by this host
	Because  string // how the host was recognised, for people
	Findings []Finding
	Flows    map[Flow]*FlowFacts

	ClosedUDP, ClosedTCP map[Service]bool
	OpenTCP              map[Service]bool
	Script               *Script // what its programs did; react mode only
	directed             bool
}

// A Port is one interface of the capture: a card of this host, and what can be
// seen on its link.
type Port struct {
	Iface     int    // as the capture's frames have it (pcaps.Frame)
	Name      string // of the device
	MAC       wire.MAC
	Addrs     []Prefix // this host's there, in order of appearance
	MTU       int
	Vlan      int       // the VLAN that it is on, 0 if its frames have no tag
	Gateway   wire.Addr // the next hop for everything that is not on the link; zero if none
	Gateway6  wire.Addr
	Neighbour []Station // link addresses that the capture shows but does not ask for
	Via       []Hop     // next hops that the host itself named
}

// A Hop is the next hop towards an address; a zero Gateway says that there is
// none.
type Hop struct{ Dst, Gateway wire.Addr }

// A Prefix is an address and how many of its bits name the link.
type Prefix struct {
	Addr wire.Addr
	Len  int // of 32 for IPv4, of 128 for IPv6
}

// A Station is a neighbour: an address and its link address.
type Station struct {
	Addr wire.Addr
	MAC  wire.MAC
}

// A Service is one of this host's ports.
type Service struct {
	Addr wire.Addr
	Port uint16
}

// A Flow is a conversation as this host sees it.
type Flow struct {
	Local, Remote wire.Addr
	Lport, Rport  uint16
	Proto         wire.Proto
}

// FlowFacts is what the capture shows of one TCP conversation.
type FlowFacts struct {
	First    int    // frame
	SawSyn   bool   // the beginning is in the capture
	Active   bool   // this host sent the SYN
	ISN      uint32 // this host's initial sequence number
	HaveISN  bool
	TSval    uint32 // this host's first timestamp
	TSAt     int64  // and when
	HaveTS   bool
	WinScale int // this host's, -1 if none
}

// A Finding is one thing that a reader of the capture should know first.
type Finding struct {
	What  FindingKind
	Frame int // where it was first seen
	Count int
}

// A FindingKind is a kind of Finding.
type FindingKind uint8

// What a capture may have.
const (
	MidFlow     FindingKind = iota // TCP conversations whose beginning is missing
	SuperFrame                     // frames larger than the link carries: offload was on
	PartialSum                     // checksums that the card would have filled in
	CutFrame                       // bytes missing: a snap length
	TimeBack                       // a frame is earlier than the one before it
	NoDirection                    // nothing says which frames were sent: inferred
	NoTime                         // records without a time
	Foreign                        // frames that are neither from nor for this host
	Unscripted                     // react mode: frames beyond those that programs are inferred from
	numFindings
)

// ports lists all interfaces.
func (p *Profile) ports() []*Port {
	list := []*Port{&p.Port}
	for i := range p.More {
		list = append(list, &p.More[i])
	}
	return list
}

// port is the interface of a frame.
func (p *Profile) port(iface int) *Port {
	for i := range p.More {
		if p.More[i].Iface == iface {
			return &p.More[i]
		}
	}
	return &p.Port
}

// onLink reports whether an address is a neighbour's by its prefix.
func (p *Port) onLink(a wire.Addr) bool {
	for _, x := range p.Addrs {
		n := x.Len
		if x.Addr.Is4() != a.Is4() {
			continue
		}
		if a.Is4() {
			n += 96
		}
		if x.Addr.CommonPrefix(a) >= n {
			return true
		}
	}
	return !a.Is4() && a.Hi>>54 == 0xfe80>>6
}

// Local reports whether an address is this host's.
func (p *Profile) Local(a wire.Addr) bool {
	for i := range p.More {
		if p.More[i].local(a) {
			return true
		}
	}
	return p.local(a)
}

func (p *Port) local(a wire.Addr) bool {
	for _, x := range p.Addrs {
		if x.Addr == a {
			return true
		}
	}
	return false
}

// Direction says whether this host sent the frame.
func (p *Profile) Direction(f *pcaps.Frame) pcaps.Direction {
	q, _ := dissect(f.Data, f.Link)
	return p.direction(f, &q)
}

func (p *Profile) direction(f *pcaps.Frame, q *packet) pcaps.Direction {
	switch {
	case f.Dir != pcaps.DirUnknown && p.directed:
		return f.Dir
	case q.haveMAC && p.port(f.Iface).MAC != 0:
		if q.smac == p.port(f.Iface).MAC {
			return pcaps.DirOut
		}
	case p.Local(q.src):
		return pcaps.DirOut
	}
	return pcaps.DirIn
}
