package conntrack

// A TCPStateID is enum tcp_conntrack: what the host in the middle believes of a
// TCP connection.
type TCPStateID uint8

// The states. SynSent2 is a simultaneous open; the last two are answers of the
// table, no states.
const (
	TCPNone TCPStateID = iota
	TCPSynSent
	TCPSynRecv
	TCPEstablished
	TCPFinWait
	TCPCloseWait
	TCPLastAck
	TCPTimeWait
	TCPClose
	TCPSynSent2
	tcpInvalid // what no such packet should be (sIV)
	tcpIgnore  // may be right or wrong: the other end will tell (sIG)
)

// closing is tcp_can_early_drop: it ends, and may go when the table is full.
func (s TCPStateID) closing() bool {
	switch s {
	case TCPFinWait, TCPLastAck, TCPTimeWait, TCPClose, TCPCloseWait:
		return true
	}
	return false
}

// What a segment is by its flags (enum tcp_bit_set): RST counts before SYN,
// SYN before FIN, FIN before ACK.
const (
	setSyn = iota
	setSynAck
	setFin
	setAck
	setRst
	setNone
)

// tcpStep is tcp_conntracks: the state after a segment, by direction, what the
// segment is and the state before. In words, for the original direction:
//
// SYN opens; in a connection that is open it is ignored, since the other end
// will answer it with a RST or a challenge ACK if it is wrong; after the end it
// opens again. A SYN-ACK comes from a client only in a simultaneous open. FIN
// begins the end, a second one from either side brings LAST_ACK. ACK of nothing
// known is the middle of a connection; ACK after SYN without SYN-ACK is
// invalid. RST closes.
//
// In the reply direction a SYN is a simultaneous open or reopens; SYN-ACKs after
// the first may answer SYNs that were ignored, so they are, too; an ACK that
// answers a SYN may come from a half-open connection.
var tcpStep = [2][6][10]TCPStateID{
	Original: {
		setSyn:    row(TCPSynSent, TCPSynSent, tcpIgnore, tcpIgnore, tcpIgnore, tcpIgnore, tcpIgnore, TCPSynSent, TCPSynSent, TCPSynSent2),
		setSynAck: row(tcpInvalid, tcpInvalid, TCPSynRecv, tcpInvalid, tcpInvalid, tcpInvalid, tcpInvalid, tcpInvalid, tcpInvalid, TCPSynRecv),
		setFin:    row(tcpInvalid, tcpInvalid, TCPFinWait, TCPFinWait, TCPLastAck, TCPLastAck, TCPLastAck, TCPTimeWait, TCPClose, tcpInvalid),
		setAck:    row(TCPEstablished, tcpInvalid, TCPEstablished, TCPEstablished, TCPCloseWait, TCPCloseWait, TCPTimeWait, TCPTimeWait, TCPClose, tcpInvalid),
		setRst:    row(tcpInvalid, TCPClose, TCPClose, TCPClose, TCPClose, TCPClose, TCPClose, TCPClose, TCPClose, TCPClose),
		setNone:   allInvalid,
	},
	Reply: {
		setSyn:    row(tcpInvalid, TCPSynSent2, tcpInvalid, tcpInvalid, tcpInvalid, tcpInvalid, tcpInvalid, TCPSynSent, tcpInvalid, TCPSynSent2),
		setSynAck: row(tcpInvalid, TCPSynRecv, tcpIgnore, tcpIgnore, tcpIgnore, tcpIgnore, tcpIgnore, tcpIgnore, tcpIgnore, TCPSynRecv),
		setFin:    row(tcpInvalid, tcpInvalid, TCPFinWait, TCPFinWait, TCPLastAck, TCPLastAck, TCPLastAck, TCPTimeWait, TCPClose, tcpInvalid),
		setAck:    row(tcpInvalid, tcpIgnore, TCPSynRecv, TCPEstablished, TCPCloseWait, TCPCloseWait, TCPTimeWait, TCPTimeWait, TCPClose, tcpIgnore),
		setRst:    row(tcpInvalid, TCPClose, TCPClose, TCPClose, TCPClose, TCPClose, TCPClose, TCPClose, TCPClose, TCPClose),
		setNone:   allInvalid,
	},
}

var allInvalid = row(tcpInvalid, tcpInvalid, tcpInvalid, tcpInvalid, tcpInvalid, tcpInvalid, tcpInvalid, tcpInvalid, tcpInvalid, tcpInvalid)

// row orders the states after a segment by the state before: NONE, SYN_SENT,
// SYN_RECV, ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT, CLOSE,
// SYN_SENT2.
func row(none, synSent, synRecv, established, finWait, closeWait, lastAck, timeWait, closed, synSent2 TCPStateID) [10]TCPStateID {
	return [10]TCPStateID{none, synSent, synRecv, established, finWait, closeWait, lastAck, timeWait, closed, synSent2}
}
