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
	endReplayWhy
)

var replayWhys = [int(endReplayWhy) - baseReplay]string{
	WhyShortFrame & 255:   "not modelled: a frame of {0} bytes without a whole link header",
	WhyDirect & 255:       "The capture shows that this host sent it ({0:ether}, {1:proto}); nothing in the model says why, so it goes straight to the device.",
	WhyKnewNeigh & 255:    "The capture shows that this host knew the link address of {0:ip}: {2:mac}.",
	WhyNotInCapture & 255: "Linux would have sent a packet here ({0:proto} to {1:ip}); the capture does not show it.",
	WhyDiffers & 255:      "The captured host sent the same packet with other bytes: the first that differs is at offset {0}: {2:hex} here, {1:hex} there.",
	WhyOnlyCapture & 255:  "The captured host sent a frame that the model did not send.",
	WhyOnlyModel & 255:    "The model sent a frame that the captured host did not send.",
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
