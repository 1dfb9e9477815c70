package drill

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/socket"
)

// Levels and types of control messages (include/uapi).
const (
	solSocket       = 1
	solIP           = 0
	solIPv6         = 41
	ipRecvErr       = 11
	ipv6RecvErr     = 25
	scmTimestamping = 37
	scmOptStats     = 54
)

// sizeofCmsghdr is struct cmsghdr.
const sizeofCmsghdr = 16

// A message is msghdr of a script (msghdr_new).
type message struct {
	iov   [][]byte
	flags int
	ctl   []control
}

// A control is one control message that a script expects, or sends.
type control struct {
	core.Cmsg
	stats []stat // SCM_TIMESTAMPING_OPT_STATS
}

// message reads a msghdr.
func (a *arguments) message(i int) (m message) {
	x := a.at(i)
	if err := x.want(ExMsghdr); err != nil {
		a.fail(err)
		return m
	}
	m.iov = a.iovec(x.Sub[0])
	if int(x.N) != len(m.iov) {
		a.fail(fmt.Errorf("msg_iovlen %d does not match %d-element iovec array", x.N, len(m.iov)))
	}
	n, err := x.Sub[1].int32()
	if err != nil {
		a.fail(err)
	}
	m.flags = n
	if len(x.Sub) > 2 {
		for _, c := range x.Sub[2].Sub {
			k, err := cmsg(c)
			if err != nil {
				a.fail(err)
			}
			m.ctl = append(m.ctl, k)
		}
	}
	return m
}

// cmsg is one control message (cmsg_new).
func cmsg(x *Expr) (c control, err error) {
	if err := x.want(ExCmsg); err != nil {
		return c, err
	}
	if c.Level, err = x.Sub[0].int32(); err != nil {
		return c, err
	}
	if c.Type, err = x.Sub[1].int32(); err != nil {
		return c, err
	}
	le := binary.LittleEndian
	switch d := x.Sub[2]; d.Kind {
	case ExInt:
		n, err := d.int32()
		if err != nil {
			return c, err
		}
		c.Data = le.AppendUint32(nil, uint32(n))
	case ExTimestamping:
		c.Data = make([]byte, 48) // three of struct timespec: software, legacy, hardware
		le.PutUint64(c.Data, uint64(d.Sub[0].N))
		le.PutUint64(c.Data[8:], uint64(d.Sub[1].N))
	case ExList, ExStruct:
		c.stats, c.Data, err = stats(d)
	case ExExtErr:
		c.Data, err = extendedErr(d, c.Level)
	default:
		err = errors.New("Unrecognized type for cmsg_data")
	}
	return c, err
}

// extendedErr is struct sock_extended_err, and room for the address behind it
// (new_extended_err).
func extendedErr(x *Expr, level int) ([]byte, error) {
	b := make([]byte, 16+28)
	if level == solIP {
		b = b[:16+16]
	}
	var n [6]int
	for i, s := range x.Sub {
		v, err := s.int32()
		if err != nil {
			return nil, err
		}
		if (i >= 1 && i <= 3) && (s.N > 255 || s.N < -128) {
			return nil, fmt.Errorf("Value out of range for 8-bit integer: %d", s.N)
		}
		n[i] = v
	}
	le := binary.LittleEndian
	le.PutUint32(b, uint32(n[0]))
	b[4], b[5], b[6] = byte(n[1]), byte(n[2]), byte(n[3])
	le.PutUint32(b[8:], uint32(n[4]))
	le.PutUint32(b[12:], uint32(n[5]))
	return b, nil
}

// room is how much room the control messages take (CMSG_SPACE).
func (m *message) room() (n int) {
	for _, c := range m.ctl {
		n += sizeofCmsghdr + (len(c.Data)+7)&^7
	}
	return n
}

// sysSendmsg is syscall_sendmsg.
func sysSendmsg(r *Runner, a *arguments) (*sysCall, error) {
	a.count(3)
	s := &sysCall{Call: socket.Call{Op: socket.OpSendMsg, FD: r.live(a, 0)}}
	m := a.message(1)
	s.Flags = a.int(2)
	if a.err != nil {
		return s, nil
	}
	if m.flags != 0 {
		return nil, errors.New("sendmsg ignores msg_flags field in msghdr")
	}
	s.Iov = m.iov
	for _, c := range m.ctl {
		s.Ctl = append(s.Ctl, c.Cmsg)
	}
	return s, r.connecting(a.int(0), &s.Call, -1)
}

// sysRecvmsg is syscall_recvmsg: flags and control messages that come back are
// compared.
func sysRecvmsg(r *Runner, a *arguments) (*sysCall, error) {
	a.count(3)
	s := &sysCall{Call: socket.Call{Op: socket.OpRecvMsg, FD: r.live(a, 0)}}
	m := a.message(1)
	s.Flags = a.int(2)
	s.Iov, s.CtlLen = m.iov, m.room()
	s.then = func() error {
		if s.Err == 0 && s.MsgFlags != m.flags {
			return fmt.Errorf("Expected msg_flags 0x%08X but got 0x%08X", uint32(m.flags), uint32(s.MsgFlags))
		}
		if s.Err != 0 {
			return nil
		}
		return r.compareControl(m.ctl, s.Ctl)
	}
	return s, nil
}

// compareControl is cmsg_expect_eq.
func (r *Runner) compareControl(want []control, got []core.Cmsg) error {
	for i, w := range want {
		if i >= len(got) {
			return fmt.Errorf("received only %d cmsgs", i)
		}
		g := got[i]
		switch {
		case g.Level != w.Level:
			return fmt.Errorf("Bad level in cmsg %d: expected=%d actual=%d", i, w.Level, g.Level)
		case g.Type != w.Type:
			return fmt.Errorf("Bad type in cmsg %d: expected=%d actual=%d", i, w.Type, g.Type)
		case len(g.Data) != len(w.Data):
			return fmt.Errorf("Bad len in cmsg %d: expected=%d actual=%d", i, len(w.Data)+sizeofCmsghdr, len(g.Data)+sizeofCmsghdr)
		}
		if err := r.compareData(i, w, g); err != nil {
			return err
		}
	}
	if len(got) > len(want) {
		return fmt.Errorf("received more than %d cmsgs", len(want))
	}
	return nil
}

// compareData compares what is in a control message.
func (r *Runner) compareData(i int, w control, g core.Cmsg) error {
	switch {
	case g.Level == solIP && g.Type == ipRecvErr, g.Level == solIPv6 && g.Type == ipv6RecvErr:
		return compareExtErr(i, w.Data, g.Data)
	case g.Level == solSocket && g.Type == scmTimestamping:
		return r.compareTimestamps(i, w.Data, g.Data)
	case g.Level == solSocket && g.Type == scmOptStats && w.stats != nil:
		return r.compareStats(i, w.stats, g.Data)
	case string(w.Data) != string(g.Data):
		return fmt.Errorf("Bad data in cmsg %d: expected=% x actual=% x", i, w.Data, g.Data)
	}
	return nil
}

// compareExtErr is sock_ee_expect_eq.
func compareExtErr(i int, w, g []byte) error {
	if len(w) < 16 || len(g) < 16 {
		return fmt.Errorf("Bad len in cmsg %d", i)
	}
	le := binary.LittleEndian
	for _, f := range [...]struct {
		name string
		w, g uint32
	}{
		{"errno", le.Uint32(w), le.Uint32(g)}, {"origin", uint32(w[4]), uint32(g[4])}, {"type", uint32(w[5]), uint32(g[5])}, {"code", uint32(w[6]), uint32(g[6])},
		{"info", le.Uint32(w[8:]), le.Uint32(g[8:])}, {"data", le.Uint32(w[12:]), le.Uint32(g[12:])},
	} {
		if f.w != f.g {
			return fmt.Errorf("Bad %s in extended err %d: expected=%d actual=%d", f.name, i, f.w, f.g)
		}
	}
	return nil
}

// compareTimestamps is scm_timestamping_expect_eq: a time of 0 is any.
func (r *Runner) compareTimestamps(i int, w, g []byte) error {
	le := binary.LittleEndian
	for j := 0; j+16 <= len(w) && j+16 <= len(g); j += 16 {
		sec, nsec := int64(le.Uint64(w[j:])), int64(le.Uint64(w[j+8:]))
		if sec == 0 && nsec == 0 {
			continue
		}
		want := sec*1000000 + nsec/1000
		got := (int64(le.Uint64(g[j:]))*1000000 + int64(le.Uint64(g[j+8:]))/1000) - int64(r.start)/1000
		if d := want - got; max(d, -d) > r.cfg.ToleranceUsecs {
			return fmt.Errorf("Bad timestamp %d in scm_timestamping %d: expected=%d actual=%d (microseconds since the script began)", j/16, i, want, got)
		}
	}
	return nil
}
