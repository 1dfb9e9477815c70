package wire

// IGMP message types (RFC 1112, RFC 2236, RFC 3376).
const (
	IGMPQuery    = 0x11
	IGMPv1Report = 0x12
	IGMPDVMRP    = 0x13
	IGMPPIM      = 0x14
	IGMPv2Report = 0x16
	IGMPv2Leave  = 0x17
	IGMPv3Report = 0x22
)

// Lengths of IGMP messages in bytes.
const (
	IGMPLen        = 8
	IGMPv3QueryLen = 12
	IGMPv3GroupLen = 8 // a group record without sources
)

// IGMPv3 group record types (RFC 3376 §4.2.12).
const (
	IGMPv3ModeIsInclude   = 1
	IGMPv3ModeIsExclude   = 2
	IGMPv3ChangeToInclude = 3
	IGMPv3ChangeToExclude = 4
	IGMPv3AllowNew        = 5
	IGMPv3BlockOld        = 6
)

// IGMP is an IGMP message of version 1, 2 or 3 (struct igmphdr).
type IGMP []byte

// Type is the type of the message.
func (h IGMP) Type() uint8 { return h[0] }

// Code is the largest response time, in tenths of a second (see MaxResp).
func (h IGMP) Code() uint8 { return h[1] }

// Checksum is the checksum as sent.
func (h IGMP) Checksum() uint16 { return be16(h[2:]) }

// Group is the group; not in an IGMPv3 report.
func (h IGMP) Group() IP4 { return getIP4(h[4:]) }

// MaxResp is the largest response time of an IGMPv3 query in tenths of a
// second: codes from 128 are floating point (RFC 3376 §4.1.1).
func (h IGMP) MaxResp() int {
	if h[1] < 128 {
		return int(h[1])
	}
	return int(h[1]&0xf|0x10) << (h[1]>>4&7 + 3)
}

// IsV3Query reports whether h is a query long enough to be of version 3.
func (h IGMP) IsV3Query() bool { return len(h) >= IGMPv3QueryLen && h[0] == IGMPQuery }

// NumSources is the number of sources of an IGMPv3 query.
func (h IGMP) NumSources() int { return int(be16(h[10:])) }

// NumRecords is the number of group records of an IGMPv3 report.
func (h IGMP) NumRecords() int { return int(be16(h[6:])) }

// SetType writes the type.
func (h IGMP) SetType(t uint8) { h[0] = t }

// SetCode writes the response time code.
func (h IGMP) SetCode(c uint8) { h[1] = c }

// SetGroup writes the group.
func (h IGMP) SetGroup(a IP4) { putIP4(h[4:], a) }

// SetNumRecords writes the number of group records of an IGMPv3 report.
func (h IGMP) SetNumRecords(n int) { put16(h[6:], uint16(n)) }

// ComputeChecksum writes the checksum over all of h.
func (h IGMP) ComputeChecksum() {
	put16(h[2:], 0)
	put16(h[2:], Fold(Checksum(h, 0)))
}

// IGMPRecord is a group record of an IGMPv3 report (RFC 3376 §4.2.4; struct
// igmpv3_grec).
type IGMPRecord []byte

// NextIGMPRecord splits the first record off b; ok is false when it does not
// fit.
func NextIGMPRecord(b []byte) (r IGMPRecord, rest []byte, ok bool) {
	if len(b) < IGMPv3GroupLen {
		return nil, nil, false
	}
	n := IGMPRecord(b).Len()
	if n > len(b) {
		return nil, nil, false
	}
	return IGMPRecord(b[:n]), b[n:], true
}

// Type is one of IGMPv3ModeIsInclude and so on.
func (r IGMPRecord) Type() uint8 { return r[0] }

// NumSources is the number of sources.
func (r IGMPRecord) NumSources() int { return int(be16(r[2:])) }

// Group is the group.
func (r IGMPRecord) Group() IP4 { return getIP4(r[4:]) }

// Len is the length of the record in bytes.
func (r IGMPRecord) Len() int { return IGMPv3GroupLen + 4*r.NumSources() + 4*int(r[1]) }

// Put writes the fixed part of a record.
func (r IGMPRecord) Put(typ uint8, group IP4, sources int) {
	r[0], r[1] = typ, 0
	put16(r[2:], uint16(sources))
	putIP4(r[4:], group)
}
