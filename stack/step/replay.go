package step

const baseReplay = int(areaReplay) << 8

// What the replay of a capture has to say.
const (
	WhyShortFrame Why = Why(baseReplay + 1 + iota)
	WhyDirect
	WhyKnewNeigh
	WhyNotInCapture
	WhyDiffers
	WhyOnlyCapture
	WhyOnlyModel
	WhyAdopted
	WhyMidFlow
	WhySuperFrame
	WhyPartialSum
	WhyCutFrame
	WhyTimeBack
	WhyNoDirection
	WhyNoTime
	WhyForeign
	WhyUnscripted
	WhyPassedOn
	WhyInRxRing
	WhyInTxRing
	WhyInGRO
	WhyInBacklog
	WhyInNeigh
	WhyInQdisc
	WhyInReceiveQueue
	WhyInErrorQueue
	WhyInSockBacklog
	WhyInWriteQueue
	WhyInRtxQueue
	WhyInOfoQueue
	WhyInFragQueue
	WhyInGate
	WhyDirectIP
	WhyNotInCaptureARP
	WhyPassedAs
	WhyFromBeyond
	WhyProgramSleeps
	WhyHeldPassed
	WhyScriptLine
	WhyScriptEnds
	endReplayWhy
)

var replayWhys = [int(endReplayWhy) - baseReplay]string{
	WhyScriptLine & 255:   "The script comes to line {0}.",
	WhyScriptEnds & 255:   "The script has ended; its exit status is {0}.",
	WhyShortFrame & 255:   "not modelled: a frame of {0} bytes without a whole link header",
	WhyDirect & 255:       "The capture shows that this host sent it ({0:ether}); nothing in the model says why, so it goes straight to the device.",
	WhyKnewNeigh & 255:    "The capture shows that this host knew the link address of {0:ip}: {2:mac}.",
	WhyNotInCapture & 255: "Linux would have sent a packet here ({0:proto} to {1:ip}); the capture does not show it.",
	WhyDiffers & 255:      "The captured host sent the same packet with other bytes: the first that differs is at offset {0}: {2:hex} here, {1:hex} there.",
	WhyOnlyCapture & 255:  "The captured host sent a frame that the model did not send.",
	WhyOnlyModel & 255:    "The model sent a frame that the captured host did not send.",

	WhyAdopted & 255:     "The capture shows it: from here on it is frame {0}.",
	WhyMidFlow & 255:     "{0} {0?conversation begins|conversations begin} before the capture, the first at frame {1}: {0?its socket is|their sockets are} adopted in the middle.",
	WhySuperFrame & 255:  "{0} {0?frame is|frames are} larger than the link carries, the first is frame {1}: segmentation offload was on where this was captured (the card cuts or merges them).",
	WhyPartialSum & 255:  "{0} {0?checksum was|checksums were} left to the network card, the first in frame {1}: not an error.",
	WhyCutFrame & 255:    "{0} {0?frame is|frames are} cut short by the snap length, the first is frame {1}: missing bytes read as zeros, and no checksum over them is checked.",
	WhyTimeBack & 255:    "{0} {0?frame is|frames are} earlier than the frame before, the first is frame {1}: walked at the time of the frame before.",
	WhyNoDirection & 255: "No direction is recorded in {0} {0?frame|frames}: it is inferred from the addresses.",
	WhyNoTime & 255:      "{0} {0?record carries|records carry} no time, the first is frame {1}: walked at the time of the frame before.",
	WhyForeign & 255:     "{0} {0?frame is|frames are} neither from nor for this host, the first is frame {1}.",
	WhyUnscripted & 255:  "What programs did is inferred from the first {0} frames only: from frame {1} on the model answers, but no program of it writes.",

	WhyPassedOn & 255:        "This is packet {0} on its way out: it has been walked.",
	WhyInRxRing & 255:        "At the end of the trace it waits in the card's receive ring.",
	WhyInTxRing & 255:        "At the end of the trace it waits in the card's transmit ring.",
	WhyInGRO & 255:           "At the end of the trace GRO holds it, to merge others with it.",
	WhyInBacklog & 255:       "At the end of the trace it waits in the CPU's backlog.",
	WhyInNeigh & 255:         "At the end of the trace it waits for its neighbour's link address.",
	WhyInQdisc & 255:         "At the end of the trace it waits in the device's queue.",
	WhyInReceiveQueue & 255:  "At the end of the trace it waits in the socket's receive queue: no program has read it.",
	WhyInErrorQueue & 255:    "At the end of the trace it waits in the socket's error queue: no program has read it.",
	WhyInSockBacklog & 255:   "At the end of the trace it waits for the program to let go of the socket.",
	WhyInWriteQueue & 255:    "At the end of the trace it waits in the socket's write queue, not sent.",
	WhyInRtxQueue & 255:      "At the end of the trace the socket keeps it to send it again: it is not acknowledged.",
	WhyInOfoQueue & 255:      "At the end of the trace it waits in the socket's out-of-order queue: bytes before it are missing.",
	WhyInFragQueue & 255:     "At the end of the trace it waits for the other fragments of its packet.",
	WhyInGate & 255:          "At the end of the trace the capture has not shown it yet.",
	WhyDirectIP & 255:        "The capture shows that this host sent it ({1:proto} over {0:ether}); nothing in the model says why, so it goes straight to the device.",
	WhyPassedAs & 255:        "It is for another host, and passed on: from here on it is frame {0}.",
	WhyFromBeyond & 255:      "This host passes it on for another one: it came in by an interface that the capture does not show.",
	WhyHeldPassed & 255:      "Linux passes this on now; it waits until the capture shows it on its way out.",
	WhyProgramSleeps & 255:   "The description of this host says that the socket's program begins to read {0:dur} after the first datagram.",
	WhyNotInCaptureARP & 255: "Linux would have sent an ARP packet about {1:ip} here; the capture does not show it.",
}

// words are the strings that sentences may name by number.
var words = [...]string{""}

// Word returns a string that a sentence names by number.
func Word(i uint64) string {
	if i < uint64(len(words)) {
		return words[i]
	}
	return ""
}
