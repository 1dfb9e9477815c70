package view

import (
	"fmt"
	"strconv"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// bytes fills in the headers and bytes of a frame: of the capture, or raw.
func (s *Session) bytes(sc *Scene, f *pcaps.Frame, raw []byte) {
	link, whole := wire.LinkOf(raw), len(raw)
	if f != nil {
		raw, link, whole = f.Data, wire.LinkKind(f.Link), f.OrigLen
	}
	sc.Length = max(whole, len(raw))
	sc.Bytes = append([]byte(nil), raw[:min(len(raw), MaxBytes)]...)
	sc.Headers = nil
	for _, h := range wire.Layout(raw, link) {
		sc.Headers = append(sc.Headers, Header{Name: h.Name, From: h.From, To: h.To, Cut: h.Cut, Fields: fields(h, raw[h.From:h.To])})
	}
	s.lightHeader(sc)
}

// fields reads the fields of a header.
func fields(h wire.HeaderSpan, b []byte) []Field {
	var list []Field
	for _, f := range wire.Fields(h.Kind) {
		if f.ToBit < 0 {
			f.ToBit = 8 * len(b)
		}
		if f.ToBit <= f.FromBit || f.Name == "Reserved" {
			continue
		}
		list = append(list, Field{Name: f.Name, From: f.FromBit, To: f.ToBit, Value: fieldValue(h.Kind, f, b)})
	}
	return list
}

func fieldValue(k wire.HeaderKind, f wire.Field, b []byte) string {
	v, ok := f.Bits(b)
	if !ok {
		return wide(f, b)
	}
	switch f.Name {
	case "Checksum", "Header checksum", "Flow label":
		return fmt.Sprintf("0x%04x", v)
	case "Source", "Destination", "Sender protocol address", "Target protocol address":
		if f.ToBit-f.FromBit == 48 {
			return wire.MAC(v).String()
		}
		return wire.IP4(v).String()
	case "Sender hardware address", "Target hardware address":
		return wire.MAC(v).String()
	case "Type":
		if k == wire.HdrEthernet || k == wire.HdrVLAN {
			return fmt.Sprintf("0x%04x %s", v, step.Ether.Format(0, v, nil))
		}
	case "Protocol type":
		return fmt.Sprintf("0x%04x %s", v, step.Ether.Format(0, v, nil))
	case "Protocol", "Next header":
		return fmt.Sprintf("%d %s", v, step.Proto.Format(0, v, nil))
	case "Operation":
		if v == 1 {
			return "1 request"
		}
		if v == 2 {
			return "2 reply"
		}
	case "Options", "Data", "Rest of header":
		return fmt.Sprintf("0x%0*x", (f.ToBit-f.FromBit)/4, v)
	}
	return strconv.FormatUint(v, 10)
}

// wide is a field of more than 64 bits: an IPv6 address, or bytes.
func wide(f wire.Field, b []byte) string {
	from, to := f.FromBit/8, min(f.ToBit/8, len(b))
	if from >= to {
		return "cut off"
	}
	b = b[from:to]
	if f.ToBit-f.FromBit == 128 && len(b) == 16 {
		return wire.AddrFrom16(b).String()
	}
	s := ""
	for _, c := range b[:min(len(b), 20)] {
		s += hex2(c)
	}
	if len(b) > 20 {
		s += "…"
	}
	return s
}

// lightHeader marks the header that the step is about: the one of its stage.
func (s *Session) lightHeader(sc *Scene) {
	want := map[string]bool{}
	id := NoStage
	if len(s.stops) > 0 {
		n := s.stops[s.pos]
		id = s.stages[n]
		if e := &s.chunk.Events().Events[s.story[n]]; e.Kind == trace.Call && lightFields(sc, step.Step(e.Code).String()) {
			return
		}
	}
	switch id {
	case UpWire, UpRing, UpIRQ, UpGRO, UpTaps, DownNeigh, DownQdisc, DownRing, DownWire:
		want["Ethernet"], want["SLL"], want["ARP"] = true, true, true
	case UpPre, UpRoute, UpLocalIn, Forwarding, DownRoute, DownLocalOut, DownPost:
		want["IPv4"], want["IPv6"] = true, true
	case UpTransport, UpSocket, DownTransport, DownSocket:
		for _, n := range [...]string{"TCP", "UDP", "ICMP", "ICMPv6", "IGMP"} {
			want[n] = true
		}
	case UpApp, DownApp:
		want["Payload"] = true
	}
	lit := -1
	for i, h := range sc.Headers {
		if want[h.Name] && (lit < 0 || h.Name == "ARP") {
			lit = i
		}
	}
	if lit < 0 && len(sc.Headers) > 0 {
		lit = 0
	}
	if lit >= 0 {
		sc.Headers[lit].Lit = true
	}
}
