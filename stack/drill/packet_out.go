package drill

import (
	"encoding/binary"
	"fmt"
)

// A live is a packet that went out, and when.
type live struct {
	at  int64 // microseconds of the script
	seg *segment
	raw []byte
}

// outbound waits for the packet that the script expects, and compares
// (do_outbound_script_packet). Several packets that follow each other may make
// up the one of the script.
func (r *Runner) outbound(s *segment, k *conn) error {
	synack := k.state == connPacketReceived && s.l4 == TCP && s.flags&(flagSYN|flagACK) == flagSYN|flagACK
	if synack {
		k.script.localISN = s.seq
	}
	var got []live
	n := 0
	for {
		p, err := r.sniff(k)
		if err != nil {
			return fmt.Errorf("%w%s", err, dump("script", r.now.from, s))
		}
		if synack && k.state == connPacketReceived {
			k.state = connSynackSent
			k.live.localISN = p.seg.seq
		}
		r.verbose("outbound sniffed", p)
		if p.seg.l4 == TCP {
			k.lastOut = *p.seg
			toScript(p.seg, k)
		}
		if len(got) > 0 && !got[len(got)-1].seg.sameTuple(p.seg) {
			got, n = nil, 0 // that was a packet of another socket: begin anew
		}
		if len(got) > 0 {
			if err := sameFlow(p.seg, got[len(got)-1].seg, n, s.payloadLen); err != nil {
				return r.fragments(err, s, append(got, p))
			}
		}
		got = append(got, p)
		if n += p.seg.payloadLen; n >= s.payloadLen || r.cfg.StrictSegments {
			break
		}
	}
	if n != s.payloadLen {
		err := fmt.Errorf("live packet payload: expected %d bytes vs actual %d bytes", s.payloadLen, n)
		return fmt.Errorf("%w%s%s", err, dump("script", r.now.from, s), dump("actual", got[len(got)-1].at, got[len(got)-1].seg))
	}
	p := aggregate(got, n)
	r.got = p.seg
	if err := r.verify(s, p, k); err != nil {
		return fmt.Errorf("%w%s%s", err, dump("script", r.now.from, s), dump("actual", p.at, p.seg))
	}
	return nil
}

// fragments tells which packets do not make up one
// (dump_packet_fragment_mismatch).
func (r *Runner) fragments(err error, s *segment, got []live) error {
	t := dump("   script", r.now.from, s)
	for i, p := range got {
		t += dump(fmt.Sprintf("actual #%d", i), p.at, p.seg)
	}
	return fmt.Errorf("%w%s", err, t)
}

// sameTuple is is_equal_tuple: addresses and ports.
func (s *segment) sameTuple(o *segment) bool {
	return s.src == o.src && s.dst == o.dst && s.sport == o.sport && s.dport == o.dport
}

// toScript turns sequence numbers into those of the script
// (tcp_convert_seq_number).
func toScript(s *segment, k *conn) {
	syn := s.flags&flagSYN != 0
	s.seq -= k.localOffset(syn)
	off := -k.remoteOffset(syn)
	if s.flags&flagACK != 0 {
		s.ack += off
	}
	shiftSack(s, off)
}

// shiftSack is offset_sack_blocks.
func shiftSack(s *segment, off uint32) {
	be := binary.BigEndian
	for i, o := range s.opts {
		if o.Kind != optSack || len(o.Data)%4 != 0 {
			continue
		}
		d := append([]byte{}, o.Data...)
		for j := 0; j < len(d); j += 4 {
			be.PutUint32(d[j:], be.Uint32(d[j:])+off)
		}
		s.opts[i].Data = d
	}
}

// timestamp is the option of a segment, nil if there is none.
func (s *segment) timestamp() []byte {
	for _, o := range s.opts {
		if o.Kind == optTimestamp && len(o.Data) == 8 {
			return o.Data
		}
	}
	return nil
}

// sameFlow reports how a packet does not fit behind the last one
// (verify_packet_fragments).
func sameFlow(s, last *segment, sniffed, want int) error {
	if err := compare(last, s, false); err != nil {
		return err
	}
	if s.payloadLen < want-sniffed && s.payloadLen != last.payloadLen {
		return fmt.Errorf("fragment payload: expected %d bytes vs actual %d bytes; total payload: expected %d bytes vs actual %d bytes",
			last.payloadLen, s.payloadLen, want, s.payloadLen+sniffed)
	}
	return nil
}

// aggregate is aggregate_packets: the last packet, with the sequence number of
// the first.
func aggregate(got []live, n int) live {
	last := got[len(got)-1]
	if len(got) == 1 {
		return last
	}
	s := *last.seg
	s.total += n - s.payloadLen
	s.payload, s.payloadLen = nil, n
	for _, p := range got {
		s.payload = append(s.payload, p.seg.payload...)
	}
	s.seq = got[0].seg.seq
	s.flags = s.flags&^flagCWR | got[0].seg.flags&flagCWR
	return live{last.at, &s, nil}
}

// verify compares a packet with the script's (verify_outbound_live_packet).
func (r *Runner) verify(s *segment, p live, k *conn) error {
	a := p.seg
	if len(p.raw) >= 20 && !a.v6 && !headerSumOK(p.raw[:a.ihl*4]) {
		return fmt.Errorf("bad outbound IP checksum")
	}
	if a.badOpts != "" {
		return fmt.Errorf("%s", a.badOpts)
	}
	timestamps(s, a, k)
	if err := compare(s, a, true); err != nil {
		return soft(err)
	}
	if s.v6 {
		if err := k.flowLabel(s, a); err != nil {
			return soft(err)
		}
	}
	if s.l4 == TCP && !s.optsAny {
		if err := r.compareOptions(s, a); err != nil {
			return soft(err)
		}
	}
	if s.l4 != ICMP {
		for _, c := range a.payload {
			if c != 0 {
				return soft(fmt.Errorf("incorrect outbound data payload"))
			}
		}
	}
	return soft(r.checkTime(r.now.When.Kind, r.now.from, r.now.to, p.at, r.lastTime(), "outbound packet"))
}

// timestamps remembers what the script calls a timestamp, and turns the
// packet's into the script's (map_outbound_live_packet).
func timestamps(s, a *segment, k *conn) {
	be := binary.BigEndian
	want, have := s.timestamp(), a.timestamp()
	if want == nil || have == nil {
		return
	}
	w, h := be.Uint32(want), be.Uint32(have)
	k.tsVals[w] = h
	if !k.firstTS {
		k.firstTS, k.scriptVal, k.liveVal = true, w, h
	}
	for i, o := range a.opts {
		if o.Kind == optTimestamp {
			d := append([]byte{}, o.Data...)
			be.PutUint32(d, k.scriptVal+(h-k.liveVal))
			a.opts[i].Data = d
		}
	}
}

// compareOptions is verify_outbound_live_tcp_options.
func (r *Runner) compareOptions(s, a *segment) error {
	if len(s.opts) != len(a.opts) {
		return fmt.Errorf("bad outbound TCP options")
	}
	for i, o := range s.opts {
		if o.Kind != a.opts[i].Kind {
			return fmt.Errorf("bad outbound TCP options")
		}
		if err := r.compareOption(o, a.opts[i]); err != nil {
			return err
		}
	}
	return nil
}

// compareOption is verify_outbound_tcp_option. The values of timestamps are
// compared only with --tcp_ts_tick_usecs.
func (r *Runner) compareOption(s, a TCPOption) error {
	switch {
	case s.Kind <= optNOP:
	case s.Kind == optTimestamp:
		if len(s.Data) != 8 || len(a.Data) != 8 || r.cfg.TSTickUsecs == 0 {
			return nil
		}
		tol := max(r.cfg.ToleranceUsecs, int64(r.cfg.TolerancePercent/100*float64(r.now.from)))
		d := int64(int32(binary.BigEndian.Uint32(a.Data) - binary.BigEndian.Uint32(s.Data)))
		if max(d, -d)*r.cfg.TSTickUsecs > tol {
			return fmt.Errorf("bad outbound TCP timestamp value, tolerance %d", tol)
		}
	case s.size() != a.size():
		return fmt.Errorf("bad length in outbound TCP option (kind=%d): expected: %s actual: %s", s.Kind, s, a)
	case string(s.Data) != string(a.Data):
		return fmt.Errorf("bad value in outbound TCP option (kind=%d): expected: %s actual: %s", s.Kind, s, a)
	}
	return nil
}
