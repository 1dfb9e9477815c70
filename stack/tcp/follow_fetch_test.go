package tcp

import (
	"testing"
	"unsafe"

	"github.com/packetwalk/packetwalk/stack/core"
)

// fetch reads something of each line of a socket's memory.
func TestFetch(t *testing.T) {
	const line = 64
	var (
		s  Sock
		c  core.Sock
		in = map[uintptr]bool{}
	)
	for _, off := range []uintptr{
		unsafe.Offsetof(c.ID), unsafe.Offsetof(c.IPID), unsafe.Offsetof(c.RcvSaddr) + 8, unsafe.Offsetof(c.Backlog) + 8, unsafe.Offsetof(c.RcvQueue) + 8,
		unsafe.Offsetof(s.node) + unsafe.Offsetof(s.node.Key) + unsafe.Offsetof(s.node.Key.Lport), unsafe.Offsetof(s.node) + unsafe.Offsetof(s.node.Dev),
		unsafe.Offsetof(s.ooo) + 8, unsafe.Offsetof(s.writeTimer) + unsafe.Offsetof(s.writeTimer.At), unsafe.Offsetof(s.predFlags),
		unsafe.Offsetof(s.rcvNxt), unsafe.Offsetof(s.writeSeq), unsafe.Offsetof(s.rx) + unsafe.Offsetof(s.rx.tsRecent),
		unsafe.Offsetof(s.srttUs), unsafe.Offsetof(s.sndCwnd), unsafe.Offsetof(s.rack) + unsafe.Offsetof(s.rack.endSeq),
		unsafe.Offsetof(s.follow) + unsafe.Offsetof(s.follow.read) + unsafe.Offsetof(s.follow.read.win),
		unsafe.Offsetof(s.cubic) + unsafe.Offsetof(s.cubic.lastTime), unsafe.Offsetof(s.clockCache), unsafe.Offsetof(s.appLimited),
		unsafe.Offsetof(s.tlpHighSeq), unsafe.Offsetof(s.backoff), unsafe.Offsetof(s.st) + unsafe.Offsetof(s.st.segsIn), unsafe.Offsetof(s.urgSeq),
	} {
		in[off/line] = true
	}
	for l := range (unsafe.Sizeof(s) + line - 1) / line {
		if !in[l] {
			t.Errorf("fetch reads nothing of bytes %d to %d", l*line, (l+1)*line-1)
		}
	}
}
