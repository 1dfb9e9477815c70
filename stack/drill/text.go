package drill

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// String is the packet as packetdrill prints it (packet_to_string, short).
func (s *segment) String() string {
	switch {
	case s.l4 == UDP:
		return fmt.Sprintf("udp (%d)", s.payloadLen)
	case s.l4 == ICMP && s.v6:
		return "icmpv6"
	case s.l4 == ICMP:
		return "icmpv4"
	}
	var b strings.Builder
	for i, c := range "FSRP.U" {
		if s.flags&(1<<i) != 0 {
			b.WriteRune(c)
		}
	}
	if s.parseACE {
		fmt.Fprintf(&b, "%d", s.ace())
	} else {
		for i, c := range "EWA" {
			if s.flags&(flagECE<<i) != 0 {
				b.WriteRune(c)
			}
		}
	}
	fmt.Fprintf(&b, " %d:%d(%d) ", s.seq, s.seq+uint32(s.payloadLen), s.payloadLen)
	if s.flags&flagACK != 0 {
		fmt.Fprintf(&b, "ack %d ", s.ack)
	}
	if !s.winAny {
		fmt.Fprintf(&b, "win %d ", s.win)
	}
	if len(s.opts) > 0 {
		fmt.Fprintf(&b, "<%s>", optionsText(s.opts))
	}
	return b.String()
}

func optionsText(list []TCPOption) string {
	var t []string
	for _, o := range list {
		t = append(t, o.String())
	}
	return strings.Join(t, ",")
}

// String is the option in the notation of scripts (tcp_option_info_to_string).
func (o TCPOption) String() string {
	be := binary.BigEndian
	d := o.Data
	switch {
	case o.Kind == optEOL:
		return "eol"
	case o.Kind == optNOP:
		return "nop"
	case o.Kind == optMSS && len(d) == 2:
		return fmt.Sprintf("mss %d", be.Uint16(d))
	case o.Kind == optWScale && len(d) == 1:
		return fmt.Sprintf("wscale %d", d[0])
	case o.Kind == optSackOK:
		return "sackOK"
	case o.Kind == optSack && len(d) > 0 && len(d)%8 == 0:
		s := "sack"
		for ; len(d) > 0; d = d[8:] {
			s += fmt.Sprintf(" %d:%d", be.Uint32(d), be.Uint32(d[4:]))
		}
		return s
	case o.Kind == optTimestamp && len(d) == 8:
		return fmt.Sprintf("TS val %d ecr %d", be.Uint32(d), be.Uint32(d[4:]))
	case o.Kind == optMD5:
		return strings.TrimSpace("md5 " + hex.EncodeToString(d))
	case o.Kind == optFastOpen:
		return strings.TrimSpace("FO " + hex.EncodeToString(d))
	case o.Kind == optExp && len(d) >= 2 && be.Uint16(d) == fastOpenMagic:
		return strings.TrimSpace("FOEXP " + hex.EncodeToString(d[2:]))
	case (o.Kind == optAccECN0 || o.Kind == optAccECN1) && len(d)%3 == 0:
		return accECNText(o)
	}
	return fmt.Sprintf("kind %d %s", o.Kind, hex.EncodeToString(d))
}

func accECNText(o TCPOption) string {
	names := [...]string{"e0b", "ceb", "e1b", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?"}
	if o.Kind == optAccECN1 {
		names[0], names[2] = "e1b", "e0b"
	}
	s := "ECN"
	for i := 0; i+3 <= len(o.Data); i += 3 {
		d := o.Data[i:]
		s += fmt.Sprintf(" %s %d", names[i/3], int(d[0])<<16|int(d[1])<<8|int(d[2]))
	}
	return s
}

// dump is a line that shows a packet with its time.
func dump(what string, at int64, s *segment) string {
	return fmt.Sprintf("\n%s packet: %9.6f %s", what, float64(at)/1e6, s)
}
