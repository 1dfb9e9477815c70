package step

// A GRODiff is the field by which a segment cannot be merged.
type GRODiff uint8

// The fields that GRO compares, in its order.
const (
	GROTooLarge GRODiff = iota // 0 as a difference is none: it did not fit
	GROLength                  // the IP length is not the frame's (padding)
	GROFlags
	GROWindow
	GROAck
	GROOptions
	GROIP
	GROSize
	GROSeq
)

var groNames = map[uint64]string{
	uint64(GROTooLarge): "together they are more than 65535 bytes",
	uint64(GROLength):   "the IP length is not the frame's length, or the checksum is wrong",
	uint64(GROFlags):    "TCP flags or header length",
	uint64(GROWindow):   "the window",
	uint64(GROAck):      "the acknowledgement number",
	uint64(GROOptions):  "the TCP options (a time stamp)",
	uint64(GROIP):       "the IP header (time to live, type of service, identification)",
	uint64(GROSize):     "no payload, or more than the segments before",
	uint64(GROSeq):      "the sequence number does not go on where the held one ends",
}
