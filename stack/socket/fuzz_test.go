package socket_test

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
)

// FuzzCalls makes calls with any numbers, one after the other and many at once.
// Whatever they are, the model does not panic, every buffer is freed at the end,
// and a call that has returned stays so.
func FuzzCalls(f *testing.F) {
	f.Add([]byte("\x00\x02\x01\x00\x01\x03\x02\x00\x03\x03\x05\x00\x00\x02\x02\x00\x02\x04\x07\x00\x05\x03\x09\x01"))
	f.Add([]byte{0, 2, 2, 0, 1, 3, 7, 0, 5, 3, 9, 1, 9, 3, 255, 255, 12, 3, 1, 1, 20, 0, 0, 0, 21, 4, 3, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		w := newWorld(t)
		w.run(sim.Second)
		a := &threads{}
		p := socket.NewProgram(w.NS, "p", a)
		for len(in) >= 4 && len(a.calls) < 200 {
			c := anyCall(in)
			in = in[4:]
			a.begin(p, c)
			if int(in0(in))&3 == 0 {
				w.run(w.NS.Clock.Now() + sim.Time(in0(in))*sim.Millisecond)
			}
			if c.Done && !p.Do(c) {
				t.Fatal("a call that had returned goes on")
			}
		}
		w.run(w.NS.Clock.Now() + sim.Second)
		p.Exit()
		w.run(w.NS.Clock.Now() + 2000*sim.Second)
		if m := w.NS.Machine; m.Allocated != m.Freed {
			t.Fatalf("%d buffers allocated, %d freed", m.Allocated, m.Freed)
		}
	})
}

func in0(b []byte) byte {
	if len(b) == 0 {
		return 1
	}
	return b[0]
}

// anyCall is a call that four bytes, and what is behind them, make up.
func anyCall(in []byte) *socket.Call {
	x, y := int(in[2]), int(in[3])
	flags := [...]int{0, core.MsgDontWait, core.MsgPeek, core.MsgOOB, core.MsgTrunc, core.MsgWaitAll, core.MsgErrQueue, core.MsgMore, core.MsgEOR, core.MsgZerocopy, core.MsgFastOpen, core.MsgPeek | core.MsgTrunc}
	c := &socket.Call{Op: socket.Op(in[0] % 34), FD: socket.FirstFD + int(in[1]&7), FD2: socket.FirstFD + y&7, N: x, N2: y, Flags: flags[x%len(flags)]}
	c.Data = make([]byte, y*y)
	copy(c.Data, in)
	c.Fam = [...]uint16{core.AFInet, core.AFInet6, core.AFInet, core.AFPacket}[in[1]&3]
	c.Addr, c.Port = lo, uint16(4000+x&3)
	if c.Fam == core.AFInet6 && y&1 == 0 {
		c.Addr = own(core.AFInet6)
	}
	switch c.Op {
	case socket.OpSocket:
		c.Kind, c.N = uint8(1+x%3), [...]int{0, 1, 6, 17, 58}[y%5]
	case socket.OpSetSockOpt, socket.OpGetSockOpt:
		c.Level, c.Name, c.Fam = [...]int{0, 1, 6, 17, 41, 58, 255}[x%7], y, 0
		c.Data = in[:min(len(in), 4+x&31)]
	case socket.OpFcntl:
		c.Cmd = y % 6
	case socket.OpIoctl:
		c.Cmd = [...]int{socket.SIOCINQ, socket.SIOCOUTQ, socket.SIOCOUTQNSD, socket.SIOCATMARK, socket.FIONBIO}[y%5]
	case socket.OpPoll:
		for i := range y & 7 {
			c.Fds = append(c.Fds, socket.PollFD{FD: socket.FirstFD + i, Events: uint16(x) * 33})
		}
	case socket.OpEpollCreate:
		c.N = 0
	case socket.OpEpollCtl:
		c.Cmd = 1 + x%4
		c.Ev = []socket.EpollEvent{{Events: uint32(y) | uint32(x)<<24, Data: uint64(y)}}
	case socket.OpSendMsg, socket.OpRecvMsg, socket.OpReadv, socket.OpWritev:
		for i := range x & 31 {
			c.Iov = append(c.Iov, make([]byte, i*y&1023))
		}
		c.CtlLen = y
		if c.Op == socket.OpSendMsg && len(in) > 8 {
			c.Ctl = []core.Cmsg{{Level: [...]int{0, 1, 17, 41}[x&3], Type: y, Data: in[4:8]}}
		}
	case socket.OpPipe, socket.OpSplice, socket.OpOpen:
		c.Flags = x & 15
	case socket.OpDup:
		c.FD2 = x
	}
	if x == 255 {
		c.Bad = uint8(y)
	}
	return c
}
