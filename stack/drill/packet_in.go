package drill

import (
	"encoding/binary"
	"fmt"
)

// inbound sends a packet of the script into the machine
// (do_inbound_script_packet).
func (r *Runner) inbound(s *segment, k *conn) error {
	switch {
	case k.state == connSynackSent && s.l4 == TCP && s.flags&flagACK != 0:
		k.state = connSynackAcked
	case k.state == connSynSent && s.l4 == TCP && s.flags&(flagSYN|flagACK) == flagSYN|flagACK:
		k.state = connSynAcked
		k.script.remoteISN, k.live.remoteISN = s.seq, s.seq
	}
	if err := r.toLive(s, k); err != nil {
		return err
	}
	if s.l4 == TCP {
		k.lastIn = *s
	}
	b := s.wire()
	if p := decode(b); p != nil {
		r.verbose("inbound injected", live{r.usecs(), p, b})
	}
	r.inject(b, s.l4 == TCP)
	return nil
}

// toLive puts real addresses and numbers in the place of the script's
// (map_inbound_packet). A port that the script gives stays.
func (r *Runner) toLive(s *segment, k *conn) error {
	s.src, s.dst = k.live.remote.ip, k.live.local.ip
	if s.sport == 0 {
		s.sport = k.live.remote.port
	}
	if s.dport == 0 {
		s.dport = k.live.local.port
	}
	switch s.l4 {
	case ICMP:
		s.payload = s.icmpBody(k)
		return nil
	case UDP:
		return nil
	}
	syn := s.flags&flagSYN != 0
	s.seq += k.remoteOffset(syn)
	off := k.localOffset(syn)
	if s.flags&flagACK != 0 {
		s.ack += off
	}
	s.opts = append([]TCPOption{}, s.opts...)
	shiftSack(s, off)
	return r.echoTimestamp(s, k)
}

// echoTimestamp puts the real timestamp that went out in the place of the
// script's, in the echo.
func (r *Runner) echoTimestamp(s *segment, k *conn) error {
	be := binary.BigEndian
	if s.flags&flagACK == 0 {
		return nil
	}
	for i, o := range s.opts {
		if o.Kind != optTimestamp {
			continue
		}
		d := append([]byte{}, o.Data...)
		ecr := be.Uint32(d[4:])
		v, ok := k.tsVals[ecr]
		switch {
		case ok:
		case r.cfg.TSEcrScaled && k.firstTS:
			v = ecr - k.scriptVal + k.liveVal
		default:
			return fmt.Errorf("unable to infer live TS ecr for script TS ecr %d;  no matching or preceding outbound TS val", ecr)
		}
		be.PutUint32(d[4:], v)
		s.opts[i].Data = d
	}
	return nil
}
