package wire

// A HeaderKind names a kind of header.
type HeaderKind uint8

// Kinds of headers. HdrPayload is bytes no header claims; HdrTrailer is the
// padding behind a packet that is shorter than its frame.
const (
	HdrNone HeaderKind = iota
	HdrEthernet
	HdrVLAN
	HdrNull
	HdrSLL
	HdrSLL2
	HdrLLC
	HdrARP
	HdrIPv4
	HdrIPv6
	HdrHopByHop
	HdrRouting
	HdrFragment
	HdrDestOpts
	HdrAH
	HdrESP
	HdrICMP
	HdrICMPv6
	HdrIGMP
	HdrUDP
	HdrTCP
	HdrSCTP
	HdrGRE
	HdrVXLAN
	HdrDNS
	HdrPayload
	HdrTrailer
	numHeaderKinds
)

var headerNames = [numHeaderKinds]string{
	"", "Ethernet", "VLAN", "Null", "SLL", "SLL2", "LLC", "ARP", "IPv4", "IPv6",
	"Hop-by-Hop", "Routing", "Fragment", "Destination options", "AH", "ESP",
	"ICMP", "ICMPv6", "IGMP", "UDP", "TCP", "SCTP", "GRE", "VXLAN", "DNS",
	"Payload", "Trailer",
}

// String is the kind's name for people.
func (k HeaderKind) String() string {
	if k < numHeaderKinds {
		return headerNames[k]
	}
	return "?"
}

// A Field is one field of a header's bit diagram: bits FromBit up to, not
// including, ToBit, counted from the header's first bit. A ToBit of -1 is "to
// the end of the header".
type Field struct {
	Name           string
	FromBit, ToBit int
}

// Bits returns the value of the field in the header, at most 64 bits; ok is
// false when the header is too short for it or the field is wider.
func (f Field) Bits(header []byte) (v uint64, ok bool) {
	if f.FromBit < 0 || f.ToBit <= f.FromBit || f.ToBit-f.FromBit > 64 || f.ToBit > 8*len(header) {
		return 0, false
	}
	for i := f.FromBit; i < f.ToBit; i++ {
		v = v<<1 | uint64(header[i/8]>>(7-i%8)&1)
	}
	return v, true
}

// seq lays names out one behind the other; widths are in bits.
func seq(names []string, widths []int) []Field {
	fs := make([]Field, len(names))
	at := 0
	for i, n := range names {
		w := widths[i]
		fs[i] = Field{n, at, at + w}
		if w < 0 {
			fs[i].ToBit = -1
		}
		at += w
	}
	return fs
}

// Fields returns the bit diagram of a kind of header, as its RFC draws it, or
// nil when there is none. The result is the caller's.
func Fields(k HeaderKind) []Field {
	switch k {
	case HdrEthernet:
		return seq([]string{"Destination", "Source", "Type"}, []int{48, 48, 16})
	case HdrVLAN:
		return seq([]string{"Priority", "DEI", "VLAN", "Type"}, []int{3, 1, 12, 16})
	case HdrARP:
		return seq([]string{"Hardware type", "Protocol type", "Hardware length", "Protocol length",
			"Operation", "Sender hardware address", "Sender protocol address",
			"Target hardware address", "Target protocol address"},
			[]int{16, 16, 8, 8, 16, 48, 32, 48, 32})
	case HdrIPv4:
		return seq([]string{"Version", "IHL", "DSCP", "ECN", "Total length", "Identification",
			"Reserved", "DF", "MF", "Fragment offset", "Time to live", "Protocol",
			"Header checksum", "Source", "Destination", "Options"},
			[]int{4, 4, 6, 2, 16, 16, 1, 1, 1, 13, 8, 8, 16, 32, 32, -1})
	case HdrIPv6:
		return seq([]string{"Version", "Traffic class", "Flow label", "Payload length",
			"Next header", "Hop limit", "Source", "Destination"},
			[]int{4, 8, 20, 16, 8, 8, 128, 128})
	case HdrHopByHop, HdrDestOpts:
		return seq([]string{"Next header", "Length", "Options"}, []int{8, 8, -1})
	case HdrRouting:
		return seq([]string{"Next header", "Length", "Type", "Segments left", "Data"}, []int{8, 8, 8, 8, -1})
	case HdrFragment:
		return seq([]string{"Next header", "Reserved", "Fragment offset", "Reserved", "M", "Identification"},
			[]int{8, 8, 13, 2, 1, 32})
	case HdrICMP, HdrICMPv6:
		return seq([]string{"Type", "Code", "Checksum", "Rest of header"}, []int{8, 8, 16, 32})
	case HdrIGMP:
		return seq([]string{"Type", "Max response", "Checksum", "Group"}, []int{8, 8, 16, 32})
	case HdrUDP:
		return seq([]string{"Source port", "Destination port", "Length", "Checksum"}, []int{16, 16, 16, 16})
	case HdrTCP:
		return seq([]string{"Source port", "Destination port", "Sequence number",
			"Acknowledgment number", "Data offset", "Reserved", "AE", "CWR", "ECE", "URG", "ACK",
			"PSH", "RST", "SYN", "FIN", "Window", "Checksum", "Urgent pointer", "Options"},
			[]int{16, 16, 32, 32, 4, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 16, 16, 16, -1})
	}
	return nil
}
