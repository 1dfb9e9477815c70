package view

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// What holds a TCP connection's sending back at a moment: the tests of
// tcp_write_xmit, in its order.
type limit uint8

const (
	limitNone   limit = iota // nothing to hold back: not connected, or closed
	limitOpen                // the handshake is not over
	limitCwnd                // tcp_cwnd_test
	limitRwnd                // tcp_snd_wnd_test
	limitNagle               // tcp_nagle_test
	limitCork                // the same, for TCP_CORK
	limitQueue               // tcp_small_queue_check: enough waits in the queues below
	limitPace                // tcp_pacing_check
	limitBuffer              // the send buffer is full: the program waits (sk_stream_wait_memory)
	limitApp                 // the program has written nothing more
	limitGo                  // nothing: what waits may go
	numLimits
)

// limitNames are the words for what limits, and what people call it.
var limitNames = [numLimits]string{"not sending", "the handshake", "congestion window", "receive window", "Nagle", "TCP_CORK", "queues below", "pacing", "send buffer", "the program", "nothing"}

// tcpBit reports whether a socket's state is one of some.
func tcpBit(state uint64, states ...uint64) bool {
	for _, s := range states {
		if s == state {
			return true
		}
	}
	return false
}

// States of TCP, beside those in tables_sock.go.
const (
	tcpEstablished = 1
	tcpSynSent     = 2
	tcpSynRecv     = 3
	tcpFinWait1    = 4
	tcpFinWait2    = 5
	tcpCloseWait   = 8
	tcpLastAck     = 9
	tcpClosing     = 11
)

// unsent is how many bytes are written and not sent.
func unsent(v *vals) int64 {
	return int64(max(0, int32(v[step.TCPWriteSeq]-v[step.TCPSndNxt])))
}

// room is how many more bytes the other side's window lets go.
func room(v *vals) int64 {
	return int64(int32(v[step.TCPSndUna] + v[step.TCPSndWnd] - v[step.TCPSndNxt]))
}

// chronoSndbuf is TCP_CHRONO_SNDBUF_LIMITED.
const chronoSndbuf = 3

// smallOut is tcp_minshall_check: a segment that was not full is under way.
func smallOut(v *vals) bool {
	return int32(v[step.TCPSndSml]-v[step.TCPSndUna]) > 0 && int32(v[step.TCPSndSml]-v[step.TCPSndNxt]) <= 0
}

// limitOf says what holds sending back, by the values that tcp_write_xmit
// compares. A connection that follows a capture writes what the capture shows
// and no more: there a full window is told even if no byte is known to wait.
func limitOf(v *vals) limit {
	st := v[step.SockState]
	switch {
	case tcpBit(st, tcpSynSent, tcpSynRecv):
		return limitOpen
	case !tcpBit(st, tcpEstablished, tcpCloseWait, tcpFinWait1, tcpClosing, tcpLastAck):
		return limitNone
	}
	wait, mss := unsent(v), int64(v[step.TCPMss])
	full := flight(v) >= v[step.TCPSndCwnd]
	if v[step.TCPFollowed] != 0 && wait == 0 {
		switch {
		case v[step.TCPPacketsOut] == 0 && room(v) > 0:
			return limitApp
		case room(v) < min(mss, max(1, int64(v[step.TCPSndWnd]))):
			return limitRwnd
		case full:
			return limitCwnd
		}
		return limitApp
	}
	if wait == 0 {
		if v[step.TCPNoSpace] != 0 || v[step.TCPChrono] == chronoSndbuf {
			return limitBuffer
		}
		return limitApp
	}
	switch {
	case v[step.TCPPaceAt] != 0:
		return limitPace
	case full:
		return limitCwnd
	case room(v) < min(mss, wait):
		return limitRwnd
	case wait < mss && v[step.TCPNonagle]&4 == 0 && (v[step.TCPNonagle]&2 != 0 || v[step.TCPNonagle] == 0 && v[step.TCPPacketsOut] > 0 && smallOut(v)):
		if v[step.TCPNonagle]&2 != 0 {
			return limitCork
		}
		return limitNagle
	case v[step.TCPThrottled] != 0:
		return limitQueue
	}
	return limitGo
}

// A Limit says what limits a flow now.
type Limit struct {
	What  string  `json:"what"` // of limitNames
	Says  string  `json:"says"` // with the values that were compared
	Share []Share `json:"share,omitempty"`
	Guess bool    `json:"guess,omitempty"` // the capture is followed: cwnd is the model's estimate
}

// A Share is how long one thing was the limit up to now.
type Share struct {
	What    string `json:"what"`
	Ns      int64  `json:"ns"`
	Percent int    `json:"percent"`
}

// limitSays is the sentence on a limit.
func limitSays(l limit, v *vals, st string) string {
	wait, mss := unsent(v), v[step.TCPMss]
	waits := fmt.Sprintf("%s to send", bytesText(wait))
	switch l {
	case limitOpen:
		return "The handshake is not over: no data may go yet."
	case limitCwnd:
		return fmt.Sprintf("The congestion window is full: %s in flight, snd_cwnd is %d.%s", nOf(flight(v), "segment"), v[step.TCPSndCwnd], waiting(wait))
	case limitRwnd:
		if v[step.TCPSndWnd] == 0 {
			return fmt.Sprintf("The other side's window is closed: it has no room. %s.", capital(waits))
		}
		return fmt.Sprintf("The other side's window is full: %s in flight, it offers %d; %s left, a full segment has %d.%s", bytesText(int64(int32(v[step.TCPSndNxt]-v[step.TCPSndUna]))), v[step.TCPSndWnd], bytesText(max(0, room(v))), mss, waiting(wait))
	case limitCork:
		return fmt.Sprintf("TCP_CORK holds %s back until a full segment (%d) has come together.", bytesText(wait), mss)
	case limitNagle:
		return fmt.Sprintf("Nagle: %s, less than a full segment (%d), while another small one is not acknowledged.", waits, mss)
	case limitQueue:
		return fmt.Sprintf("Enough of this socket waits in the queues below: %d bytes of memory (TCP small queues).", max(1, v[step.SockWmem])-1)
	case limitPace:
		return fmt.Sprintf("Pacing: the next packet waits for its time, at %s a second.", bytesText(int64(v[step.TCPPacingRate])))
	case limitBuffer:
		return fmt.Sprintf("The send buffer: %d of %d bytes of memory are taken, and the program waits for room.", v[step.SockWmemQueued], v[step.SockSndBuf])
	case limitApp:
		s := "The program: all that it has written is sent"
		if v[step.TCPFollowed] != 0 {
			s = "The program, as far as can be told: all that the capture shows is sent"
		}
		if n := int64(int32(v[step.TCPSndNxt] - v[step.TCPSndUna])); n > 0 {
			return s + fmt.Sprintf(", %s of it not acknowledged yet. cwnd %d and the window of %d have room.", bytesText(n), v[step.TCPSndCwnd], v[step.TCPSndWnd])
		}
		return s + " and acknowledged."
	case limitGo:
		return fmt.Sprintf("Nothing: %s, and cwnd (%d of %d used) and the window (%s) have room. They go at once, or wait a moment to become a larger packet.", waits, flight(v), v[step.TCPSndCwnd], bytesText(room(v)))
	}
	return fmt.Sprintf("No data can be sent in state %s.", st)
}

func waiting(n int64) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" %s more to send.", bytesText(n))
}

// capital makes the first letter of a sentence big.
func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// nOf is "1 segment", "3 segments".
func nOf[T int | int64 | uint64](n T, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func bytesText(n int64) string { return nOf(n, "byte") }

// receiving says what the other side may do, and what waits here.
func receiving(v *vals, q []trace.Piece) string {
	st := v[step.SockState]
	if v[step.TCPRcvNxt] == 0 || tcpBit(st, tcpSynSent, tcpClose) {
		return ""
	}
	left := max(0, int32(v[step.TCPRcvWup]+v[step.TCPRcvWnd]-v[step.TCPRcvNxt]))
	wait, holes := unread(v), uint64(0)
	next := uint32(v[step.TCPRcvNxt])
	for _, p := range q {
		if p.Queue == trace.QueueOfo {
			if int32(p.Seq-next) > 0 {
				holes += uint64(p.Seq - next)
			}
			if int32(p.End-next) > 0 {
				next = p.End
			}
		}
	}
	switch {
	case v[step.TCPOooLen] > 0:
		return fmt.Sprintf("%s missing: %s behind the hole wait%s for them, and the program can read %s.", capital(bytesVerb(holes)), nOf(v[step.TCPOooLen], "packet"), verbS(v[step.TCPOooLen]), bytesText(int64(wait)))
	case left == 0:
		return fmt.Sprintf("Our window is closed: %s for the program to read them.", capital(waitFor(wait)))
	case wait > 0:
		return fmt.Sprintf("%s for the program. The other side may send %s more.", capital(waitFor(wait)), bytesText(int64(left)))
	}
	return fmt.Sprintf("The program has read everything. The other side may send %s.", bytesText(int64(left)))
}

func bytesVerb(n uint64) string {
	if n == 1 {
		return "1 byte is"
	}
	return fmt.Sprintf("%d bytes are", n)
}

func waitFor(n uint64) string {
	if n == 1 {
		return "1 byte waits"
	}
	return fmt.Sprintf("%d bytes wait", n)
}

func verbS(n uint64) string {
	if n == 1 {
		return "s"
	}
	return ""
}
