package step

import "strconv"

// The fields of a connection that conntrack knows (struct nf_conn).
const (
	CTState = iota
	CTStatus
	CTTimeout
	CTProto
	CTMark
	CTZone
	CTOrigSrc // two places
	_
	CTOrigDst // two places
	_
	CTOrigSport
	CTOrigDport
	CTReplySrc // two places
	_
	CTReplyDst // two places
	_
	CTReplySport
	CTReplyDport
	CTOrigPackets
	CTOrigBytes
	CTReplyPackets
	CTReplyBytes
	CTOrigEnd
	CTOrigMaxEnd
	CTOrigMaxWin
	CTOrigMaxAck
	CTReplyEnd
	CTReplyMaxEnd
	CTReplyMaxWin
	CTReplyMaxAck
	numCTFields
)

var ctFields = [numCTFields]Field{
	CTState:        {"ct.state", CTst, "What the host in the middle believes of the connection (TCP, SCTP)."},
	CTStatus:       {"ct.status", CTStatusFmt, "What has become of it: SEEN_REPLY, ASSURED, NAT."},
	CTTimeout:      {"ct.timeout", Time, "When it is forgotten unless packets prolong it."},
	CTProto:        {"ct.proto", Proto, "The transport protocol."},
	CTMark:         {"ct.mark", Hex, "The connection's mark (connmark)."},
	CTZone:         {"ct.zone", Dec, "Connections of different zones do not know of each other."},
	CTOrigSrc:      {"ct.orig.src", IP, "Source of the packets in the original direction, as they come in."},
	CTOrigDst:      {"ct.orig.dst", IP, "Their destination."},
	CTOrigSport:    {"ct.orig.sport", Dec, "Their source port; of ICMP the identifier."},
	CTOrigDport:    {"ct.orig.dport", Dec, "Their destination port; of ICMP type and code."},
	CTReplySrc:     {"ct.reply.src", IP, "Source of the answers, as they come in: NAT of the destination shows here."},
	CTReplyDst:     {"ct.reply.dst", IP, "Destination of the answers, as they come in: NAT of the source shows here."},
	CTReplySport:   {"ct.reply.sport", Dec, "Source port of the answers."},
	CTReplyDport:   {"ct.reply.dport", Dec, "Destination port of the answers."},
	CTOrigPackets:  {"ct.orig.packets", Dec, "Packets in the original direction."},
	CTOrigBytes:    {"ct.orig.bytes", Dec, "Their bytes, IP headers included."},
	CTReplyPackets: {"ct.reply.packets", Dec, "Packets of the other direction."},
	CTReplyBytes:   {"ct.reply.bytes", Dec, "Their bytes, IP headers included."},
	CTOrigEnd:      {"ct.orig.td_end", Dec, "The highest number that the original side has sent."},
	CTOrigMaxEnd:   {"ct.orig.td_maxend", Dec, "Up to where the other side lets it send."},
	CTOrigMaxWin:   {"ct.orig.td_maxwin", Dec, "The largest window that it has offered."},
	CTOrigMaxAck:   {"ct.orig.td_maxack", Dec, "The highest number that it has acknowledged."},
	CTReplyEnd:     {"ct.reply.td_end", Dec, "The highest number that the answering side has sent."},
	CTReplyMaxEnd:  {"ct.reply.td_maxend", Dec, "Up to where the other side lets it send."},
	CTReplyMaxWin:  {"ct.reply.td_maxwin", Dec, "The largest window that it has offered."},
	CTReplyMaxAck:  {"ct.reply.td_maxack", Dec, "The highest number that it has acknowledged."},
}

// ctStates are TCP states as `conntrack -L` prints them; SCTP states plus 16; 32
// for protocols without.
var ctStates = map[uint64]string{0: "NONE", 1: "SYN_SENT", 2: "SYN_RECV", 3: "ESTABLISHED", 4: "FIN_WAIT", 5: "CLOSE_WAIT",
	6: "LAST_ACK", 7: "TIME_WAIT", 8: "CLOSE", 9: "SYN_SENT2",
	16: "NONE", 17: "CLOSED", 18: "COOKIE_WAIT", 19: "COOKIE_ECHOED", 20: "ESTABLISHED", 21: "SHUTDOWN_SENT", 22: "SHUTDOWN_RECD", 23: "SHUTDOWN_ACK_SENT",
	24: "HEARTBEAT_SENT", 32: "no states"}

// sctpStates are SCTP states as `conntrack -L` prints them.
var sctpStates = map[uint64]string{0: "NONE", 1: "CLOSED", 2: "COOKIE_WAIT", 3: "COOKIE_ECHOED", 4: "ESTABLISHED", 5: "SHUTDOWN_SENT", 6: "SHUTDOWN_RECD",
	7: "SHUTDOWN_ACK_SENT", 8: "HEARTBEAT_SENT"}

// ctInfos are what a packet is in its connection, plus one.
var ctInfos = map[uint64]string{0: "none", 1: "ESTABLISHED", 2: "RELATED", 3: "NEW", 4: "ESTABLISHED (reply)", 5: "RELATED (reply)", 8: "UNTRACKED"}

var ctDirs = map[uint64]string{0: "original", 1: "reply"}

var ctStatusNames = [...]string{"EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED", "SRC_NAT", "DST_NAT", "SEQ_ADJUST", "SRC_NAT_DONE", "DST_NAT_DONE",
	"DYING", "FIXED_TIMEOUT", "TEMPLATE", "NAT_CLASH", "HELPER", "OFFLOAD", "HW_OFFLOAD"}

// appendCTStatus names the bits of a connection's status.
func appendCTStatus(b []byte, v uint64) []byte {
	n := len(b)
	for i, s := range ctStatusNames {
		if v>>i&1 == 0 {
			continue
		}
		if len(b) > n {
			b = append(b, '|')
		}
		b = append(b, s...)
	}
	if len(b) == n {
		return strconv.AppendUint(b, v, 10)
	}
	return b
}
