package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Wire takes the frames that leave the simulated machine by a device. frame
// is the link-layer frame without its check sequence; it is lent for the call.
// pkt is the packet's number.
type Wire interface {
	Carry(d *core.Device, frame []byte, pkt uint32)
}

const (
	rx = 0
	tx = 1
)

// frame records that a frame is on a device: all its bytes, from the link
// header on.
func frame(ns *core.Netns, b *core.SKB, dir uint16) { ns.FrameOn(b, dir) }

// wireBytes is a packet's bytes from the data pointer on, in buf if they fit.
func wireBytes(buf []byte, b *core.SKB) []byte {
	n := b.Len()
	if cap(buf) < n+4 {
		buf = make([]byte, n, n+4)
	}
	buf = buf[:n]
	b.CopyBits(0, buf)
	return buf
}

// fillSum writes the checksum that the card was asked for: over everything
// from start on, put at off behind start (skb_checksum_help's work).
func fillSum(f []byte, start, off int) {
	if start < 0 || off < 0 || start+off+2 > len(f) {
		return
	}
	c := wire.Fold(wire.Checksum(f[start:], 0))
	if c == 0 {
		c = 0xffff
	}
	f[start+off], f[start+off+1] = byte(c>>8), byte(c)
}
