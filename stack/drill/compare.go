package drill

import (
	"errors"
	"fmt"

	"github.com/packetwalk/packetwalk/stack/wire"
)

func headerSumOK(h []byte) bool { return wire.Fold(wire.Checksum(h, 0)) == 0 }

// A softError is one that --non_fatal=packet turns into a warning.
type softError struct{ error }

func (e softError) Unwrap() error { return e.error }

func soft(err error) error {
	if err == nil {
		return nil
	}
	return softError{err}
}

// A field is one number of a packet to compare.
type field struct {
	name      string
	want, has uint32
	skip      bool
}

// check is check_field for each of a list: the first that differs.
func check(list ...field) error {
	for _, f := range list {
		if !f.skip && f.want != f.has {
			return fmt.Errorf("live packet field %s: expected: %d (0x%x) vs actual: %d (0x%x)", f.name, f.want, f.want, f.has, f.has)
		}
	}
	return nil
}

// layers are the names of a packet's headers (header_type_info).
func (s *segment) layers() [2]string {
	l := [2]string{"IPv4", "TCP"}
	if s.v6 {
		l[0] = "IPv6"
	}
	switch {
	case s.l4 == UDP:
		l[1] = "UDP"
	case s.l4 == ICMP && s.v6:
		l[1] = "ICMPV6"
	case s.l4 == ICMP:
		l[1] = "ICMPV4"
	}
	return l
}

// compare is verify_outbound_live_headers: s as the script wants it, a as it
// is. Without strict, a shall only be able to follow s.
func compare(s, a *segment, strict bool) error {
	want, has := s.layers(), a.layers()
	if want[0] != has[0] {
		return fmt.Errorf("live packet header layer 0: expected: %s header vs actual: %s header", want[0], has[0])
	}
	if err := compareIP(s, a, strict); err != nil {
		return err
	}
	if want[1] != has[1] {
		return fmt.Errorf("live packet header layer 1: expected: %s header vs actual: %s header", want[1], has[1])
	}
	switch s.l4 {
	case TCP:
		return compareTCP(s, a, strict)
	case UDP:
		return check(field{"udp_len", uint32(s.udpLen), uint32(a.udpLen), !strict})
	}
	return check(field{"icmp_type", uint32(s.icmp[0]), uint32(a.icmp[0]), false}, field{"icmp_code", uint32(s.icmp[1]), uint32(a.icmp[1]), false})
}

// allowance is how much longer the packet may be than the script's, because
// options are not looked at (tcp_options_allowance).
func allowance(s, a *segment) int {
	if s.optsAny {
		return a.optLen
	}
	return 0
}

// compareIP is verify_ipv4 and verify_ipv6.
func compareIP(s, a *segment, strict bool) error {
	total := uint32(s.total + allowance(s, a))
	var err error
	if s.v6 {
		err = check(field{"ipv6_payload_len", total, uint32(a.total), !strict}, field{"ipv6_next_header", uint32(s.proto), uint32(a.proto), false})
	} else {
		err = check(field{"ipv4_protocol", uint32(s.proto), uint32(a.proto), false}, field{"ipv4_header_length", uint32(s.ihl), uint32(a.ihl), false},
			field{"ipv4_total_length", total, uint32(a.total), !strict})
	}
	if err != nil {
		return err
	}
	if err := compareTOS(s, a); err != nil {
		return err
	}
	return check(field{"ttl", uint32(s.ttl), uint32(a.ttl), s.ttl == ttlAny || s.spec == nil})
}

// compareTOS is verify_outbound_live_tos.
func compareTOS(s, a *segment) error {
	if s.spec == nil {
		return nil
	}
	ecn := uint32(a.tos & 3)
	switch s.spec.IP.Check {
	case tosECT01:
		if ecn != 1 && ecn != 2 {
			return fmt.Errorf("live packet field ip_ecn: expected: 0x1 or 0x2 vs actual: 0x%x", ecn)
		}
	case tosECN:
		return check(field{"ip_ecn", uint32(s.tos), ecn, false})
	case tosByte:
		return check(field{"tos", uint32(s.tos), uint32(a.tos), false})
	}
	return nil
}

// compareTCP is verify_tcp.
func compareTCP(s, a *segment, strict bool) error {
	bit := func(name string, f uint16, skip bool) field { return field{name, s.bit(f), a.bit(f), skip} }
	seq := s.seq
	if !strict {
		seq += uint32(s.payloadLen)
	}
	return check(
		field{"tcp_data_offset", uint32(s.doff + allowance(s, a)/4), uint32(a.doff), false},
		bit("tcp_fin", flagFIN, !strict), bit("tcp_syn", flagSYN, false), bit("tcp_rst", flagRST, false), bit("tcp_psh", flagPSH, !strict),
		bit("tcp_ack", flagACK, false), bit("tcp_urg", flagURG, false),
		field{"tcp_ace", s.ace(), a.ace(), !s.parseACE},
		bit("tcp_ece", flagECE, s.parseACE), bit("tcp_cwr", flagCWR, s.parseACE || !strict), bit("tcp_ae", flagAE, s.parseACE),
		field{"tcp_reserved_bits", uint32(s.res), uint32(a.res), false},
		field{"tcp_seq", seq, a.seq, false}, field{"tcp_ack_seq", s.ack, a.ack, false},
		field{"tcp_window", uint32(s.win), uint32(a.win), s.winAny}, field{"tcp_urg_ptr", uint32(s.urg), uint32(a.urg), false})
}

// flowLabel is verify_outbound_live_ipv6_flowlabel: labels of a script stand
// for real ones, and change when those change.
func (k *conn) flowLabel(s, a *segment) error {
	switch {
	case s.flow == 0:
		return nil
	case a.flow == 0:
		return errors.New("flowlabel unmarked in the live packet")
	case k.flowScript == 0 || s.flow != k.flowScript && a.flow != k.flowLive:
		k.flowScript, k.flowLive = s.flow, a.flow
		return nil
	case s.flow != k.flowScript:
		return errors.New("expected a different flowlabel but got the same")
	case a.flow != k.flowLive:
		return fmt.Errorf("inconsistent flowlabels for this packet: expected: 0x%x vs actual: 0x%x", k.flowLive, a.flow)
	}
	return nil
}
