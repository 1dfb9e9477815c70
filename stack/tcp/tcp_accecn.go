package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Accurate ECN (RFC 9768; include/net/tcp_ecn.h). The receiver counts marks and
// tells their number, modulo eight, in the three header bits AE, CWR and ECE
// (together the ACE field), and bytes in an option. Linux 6.18 has all of it,
// but net.ipv4.tcp_ecn takes no value that would offer it: no SYN asks for it,
// and no listener grants it. What is left is a client with tcp_ecn=1 whose
// SYN-ACK answers as if AccECN had been asked for: Linux believes it.

// What this side has found wrong with the other's feedback (TCP_ACCECN_*_FAIL).
const (
	accAceFailRecv = 2
	accOptFailRecv = 8
)

// What was seen of the option (TCP_ACCECN_OPT_*).
const (
	accOptNotSeen = iota
	accOptEmptySeen
	accOptCounterSeen
	accOptFailSeen
)

const (
	accCepInit     = 5 // TCP_ACCECN_CEP_INIT_OFFSET
	accAceMask     = 7
	accAceMaxDelta = 6
	accOptBase     = 2
	accOptPerField = 3
	accOptFields   = 3
	accOptMax      = accOptBase + accOptPerField*accOptFields
	accSafetyShift = 1
)

// fAe is the AE bit, to keep in CB.TCPFlags; fACE is the whole ACE field.
const (
	fAe  = uint16(wire.TCPAe)
	fACE = fAe | fCwr | fEce
)

// ecnCounters are what every connection counts of marks that arrive.
type ecnCounters struct {
	ce    uint32    // segments marked CE
	bytes [3]uint32 // of payload marked ECT(1), ECT(0), CE
}

// accecn is the state of a connection that does AccECN.
type accecn struct {
	cePending               uint8
	deliveredBytes          [3]uint32
	synEctRcv, prevEcnfield uint8
	estEcnfield             uint8
	minlen, optDemand       uint8
	failMode, sawOpt        uint8
	optTstamp               int64
}

// ace is tcp_accecn_ace: the ACE field of a header.
func ace(f wire.TCPFlags) uint8 {
	return uint8(b2i(f.Has(wire.TCPAe))<<2 | b2i(f.Has(wire.TCPCwr))<<1 | b2i(f.Has(wire.TCPEce)))
}

// aceFlags puts three bits into the ACE field.
func aceFlags(v uint32) (f uint16) {
	if v&1 != 0 {
		f |= fEce
	}
	if v&2 != 0 {
		f |= fCwr
	}
	if v&4 != 0 {
		f |= fAe
	}
	return f
}

// accReflector is tcp_accecn_reflector_flags: how the SYN or SYN-ACK arrived.
func accReflector(ect uint8) uint16 {
	return aceFlags(uint32([4]uint8{inetNotECT: 2, inetECT1: 3, inetECT0: 4, inetCE: 6}[ect&inetECNMask]))
}

// accReflected is tcp_accecn_extract_syn_ect: how our SYN arrived there.
func accReflected(ace uint8) uint8 {
	return [8]uint8{inetECT0, inetECT1, inetNotECT, inetECT1, inetECT0, inetECT1, inetCE, inetECT1}[ace&7]
}

// accRcvSynack is tcp_ecn_rcv_synack_accecn.
func (sk *Sock) accRcvSynack(b *core.SKB, f wire.TCPFlags) {
	sk.ecnFlags &^= ecnRFC3168
	tos := dsfield(b) & inetECNMask
	a := &accecn{synEctRcv: tos}
	sk.acc = a
	if o := &sk.T.opt; o.AccECNKind != 0 {
		sk.accSawOption(accOptionInit(o))
		a.optDemand = 2
	}
	sk.NS.Why(step.WhyAccecn, uint64(ace(f)))
	if tos == inetCE && sk.accValidSyn(ace(f)) {
		sk.ecnRx.ce++
		a.cePending++
	}
}

// accValidSyn is tcp_accecn_validate_syn_feedback: our SYN was sent without
// ECT; nothing may have changed that.
func (sk *Sock) accValidSyn(ace uint8) bool {
	if sk.sysctl().TCPEcnFallback == 0 || accReflected(ace) == inetNotECT {
		return true
	}
	sk.acc.failMode |= accAceFailRecv
	return false
}

// accSawOption is tcp_accecn_saw_opt_fail_recv.
func (sk *Sock) accSawOption(saw uint8) {
	sk.acc.sawOpt = saw
	if saw == accOptFailSeen {
		sk.acc.failMode |= accOptFailRecv
	}
}

// accOptionInit is tcp_accecn_option_init: counters begin above zero, so that
// a middlebox that zeroes them shows.
func accOptionInit(o *wire.TCPOptions) uint8 {
	n, d := int(o.AccECNLen), &o.AccECN
	switch {
	case n < accOptPerField:
		return accOptEmptySeen
	case be24(d[:]) == 0:
		return accOptFailSeen
	case n < 3*accOptPerField:
		return accOptCounterSeen
	case be24(d[2*accOptPerField:]) == 0:
		return accOptFailSeen
	}
	return accOptCounterSeen
}

func be24(p []byte) uint32 { return uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2]) }

// ecnReceived is tcp_ecn_received_counters: n bytes of payload arrived with the
// packet's mark.
func (sk *Sock) ecnReceived(b *core.SKB, n int) {
	ect := dsfield(b) & inetECNMask
	a := sk.acc
	if ect != inetNotECT {
		if !sk.ecnMode(ecnRFC3168) {
			sk.ecnFlags |= ecnSeen
		}
		segs := uint32(0)
		if ect == inetCE {
			segs = uint32(max(1, b.GSOSegs))
			sk.ecnRx.ce += segs
		}
		c := &sk.ecnRx.bytes[ect-1]
		old := *c
		*c += uint32(max(n, 0))
		if a != nil {
			a.cePending = uint8(min(uint32(a.cePending)+segs, 15))
			if n > 0 {
				a.minlen = max(a.minlen, [4]uint8{inetECT1: 1, inetCE: 2, inetECT0: 3}[ect])
				if (*c^old)>>22 != 0 {
					a.optDemand = max(a.optDemand, 1)
				}
			}
		}
	}
	if a != nil {
		if edge := a.prevEcnfield != ect; edge || ect == inetCE {
			a.prevEcnfield = ect
			if edge {
				sk.ack.pending |= ackNow
			}
			a.optDemand = 2
		}
	}
}

// accSend is tcp_ecn_send's part for AccECN: all may be marked, and every
// header tells how many marks have arrived, but for one that reflects the
// SYN-ACK's.
func (sk *Sock) accSend(b *core.SKB, flags uint16) uint16 {
	if sk.acc.failMode&accAceFailRecv == 0 {
		sk.ecnXmit()
	}
	if b.GSOType != 0 {
		b.GSOType |= core.GSOTCPAccECN
	}
	if flags&fACE != 0 {
		return 0
	}
	sk.acc.cePending = 0
	return aceFlags(sk.ecnRx.ce + accCepInit)
}

// accFit is tcp_options_fit_accecn: does the option fit, if need be for a SACK
// block? It returns what it adds to the options' length.
func (sk *Sock) accFit(o *outOptions, remaining int) int {
	a, n := sk.acc, int(sk.sysctl().TCPEcnOption)
	if n == 0 || a.sawOpt == accOptNotSeen || n < 2 && a.optDemand == 0 && !sk.accBeacon() {
		return 0
	}
	required, size, dropped, room, saving := int(a.minlen), accOptMax, 0, remaining, 0
	if o.sacks > 0 {
		saving = 2
	}
	fields := accOptFields
	for fields >= required {
		align := size &^ 3
		if size&3 > saving {
			align = (size + 3) &^ 3
		}
		if room >= align {
			size = align
			break
		}
		if fields == required && o.sacks > 2 && required > 0 {
			o.sacks--
			dropped++
			room += 8
			fields, size = accOptFields, accOptMax
			continue
		}
		fields--
		size -= accOptPerField
	}
	if fields < required {
		o.sacks += dropped
		return 0
	}
	o.acc, o.accFields, o.accBytes = true, fields, sk.ecnRx.bytes
	return size - 8*dropped
}

// accBeacon is tcp_accecn_option_beacon_check: now and then it goes in any case.
func (sk *Sock) accBeacon() bool {
	n := sk.sysctl().TCPEcnOptionBeacon
	return n != 0 && uint64(usDelta(sk.mstamp, sk.acc.optTstamp))*uint64(n) >= uint64(sk.srttUs>>3)
}

// accSent is what tcp_options_write does when the option is in.
func (sk *Sock) accSent() {
	a := sk.acc
	a.minlen, a.optTstamp = 0, sk.mstamp
	if a.optDemand > 0 {
		a.optDemand--
	}
}

// accProcess is tcp_accecn_process: how many of the segments that this ACK
// reports were marked? The ACE field wraps at eight; the option helps to tell
// how often it did.
func (sk *Sock) accProcess(f wire.TCPFlags, pkts int, bytes uint32, flag int) int {
	d := sk.accDelta(f, uint32(pkts), bytes, flag)
	if d > 0 {
		sk.deliveredCE += d
		if sk.predFlags != 0 {
			sk.fastPathOn(sk.sndWnd >> sk.rx.sndWscale)
		}
		sk.NS.Why(step.WhyAccecnMarks, uint64(d), uint64(sk.deliveredCE))
	}
	return int(d)
}

// accDelta is __tcp_accecn_process.
func (sk *Sock) accDelta(f wire.TCPFlags, pkts, bytes uint32, flag int) uint32 {
	if flag&(flagForward|flagTSProgress) == 0 {
		return 0
	}
	a := sk.acc
	ceb := inetCE - 1
	old := a.deliveredBytes[ceb]
	valid := sk.accOption(bytes, flag)
	if flag&flagSlowpath == 0 && pkts <= accAceMask || flag&flagSynAcked != 0 {
		return 0
	}
	if a.cePending >= accAceMaxDelta {
		sk.ack.pending |= ackNow
	}
	delta := (uint32(ace(f)) - accCepInit - sk.deliveredCE) & accAceMask
	if pkts <= accAceMask {
		return delta
	}
	safe := pkts - (pkts-delta)&accAceMask
	if !valid {
		return safe
	}
	d := a.deliveredBytes[ceb] - old
	mss := uint32(sk.mssCache)
	switch {
	case d == 0:
		return delta
	case pkts >= 2*(accAceMask+1) && (!sk.isReno() || sk.caState == CAOpen || sk.caState == CACWR):
		if bytes <= d {
			return safe
		}
		est := uint32((uint64(d)*uint64(pkts) + uint64(bytes) - 1) / uint64(bytes))
		return min(safe, delta+est&^accAceMask)
	case d > delta*mss:
		return safe
	case d < safe*mss>>accSafetyShift:
		return delta
	}
	return safe
}

// accOption is tcp_accecn_process_option: the bytes by which the counters of
// the other side grew. It reports whether they can be trusted.
func (sk *Sock) accOption(bytes uint32, flag int) bool {
	a, o := sk.acc, &sk.T.opt
	if a.failMode&accOptFailRecv != 0 {
		return false
	}
	if flag&flagSlowpath == 0 || o.AccECNKind == 0 {
		if a.sawOpt == accOptNotSeen {
			if sk.st.bytesSent >= 1<<23-1 {
				sk.accSawOption(accOptFailSeen) // too late: the counters may wrap
			}
			return false
		}
		if a.estEcnfield != 0 {
			a.deliveredBytes[a.estEcnfield-1] += bytes
			return true
		}
		return false
	}
	if a.sawOpt < accOptCounterSeen {
		sk.accSawOption(accOptionInit(o))
	}
	fields := [2][3]uint8{{inetECT0, inetCE, inetECT1}, {inetECT1, inetCE, inetECT0}}[b2i(o.AccECNKind == wire.TCPOptAccECN1)]
	est := a.estEcnfield
	res, ambiguous, first := est != 0, false, false
	for i := 0; i < 3 && int(o.AccECNLen) >= (i+1)*accOptPerField; i++ {
		field := fields[i]
		init := uint32(1)
		if field == inetCE {
			init = 0
		}
		c := &a.deliveredBytes[field-1]
		grown := int32((be24(o.AccECN[i*accOptPerField:])-init-*c)<<8) >> 8
		*c += uint32(grown)
		if grown < 0 {
			res, ambiguous = false, true
		}
		if grown != 0 && field != est {
			if !first {
				a.estEcnfield, first = field, true
			} else {
				res, ambiguous = false, true
			}
		}
	}
	if ambiguous {
		a.estEcnfield = 0
	}
	return res
}

// putAccECN writes the option at the front of p, in order 1 (RFC 9768 §3.2.3).
// What does not fill a word is left over, to take the place of the padding of
// the option behind it.
func (o *outOptions) putAccECN(p []byte) (n int, left [2]byte) {
	e1, e0, ce := o.accBytes[inetECT1-1]+1, o.accBytes[inetECT0-1]+1, o.accBytes[inetCE-1]
	all := [12]byte{wire.TCPOptAccECN1, byte(accOptBase + accOptPerField*o.accFields),
		byte(e1 >> 16), byte(e1 >> 8), byte(e1), byte(ce >> 16), byte(ce >> 8), byte(ce),
		byte(e0 >> 16), byte(e0 >> 8), byte(e0), wire.TCPOptNOP}
	left = [2]byte{wire.TCPOptNOP, wire.TCPOptNOP}
	switch o.accFields {
	case 3:
		n = 12
	case 2:
		n = 8
	case 1:
		n, left[0] = 4, all[4]
	case 0:
		left = [2]byte{all[0], all[1]}
	}
	copy(p, all[:n])
	return n, left
}
