package core

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Levels of socket options and control messages (SOL_*).
const (
	SolIP     = 0
	SolSocket = 1
	SolTCP    = 6
	SolUDP    = 17
	SolIPv6   = 41
	SolICMPv6 = 58
	SolRaw    = 255
	SolPacket = 263
)

// Control messages of SOL_SOCKET (SCM_*): most have the number of the option
// that asks for them.
const (
	SoTimestamp             = 29
	SoTimestampns           = 35
	ScmTimestamping         = 37
	ScmTimestampingOptStats = 54
	SoTimestampNew          = 63
	SoTimestampnsNew        = 64
	SoTimestampingNew       = 65
)

// A Cmsg is a control message (struct cmsghdr): ancillary data of sendmsg and
// recvmsg. Data is its memory as on x86_64: little endian.
type Cmsg struct {
	Level, Type int
	Data        []byte
}

// cmsgHdr is sizeof(struct cmsghdr); all are aligned to 8 bytes.
const cmsgHdr = 16

// Space is CMSG_SPACE: how much of the program's buffer it takes.
func (c *Cmsg) Space() int { return cmsgHdr + (len(c.Data)+7)&^7 }

// A Msghdr is struct msghdr, and how far the call that it belongs to is.
type Msghdr struct {
	Data  []byte // what to send, or where to put it: the iovec's pieces in line
	Iov   []int  // their lengths; nil: one piece
	Addr  wire.Addr
	Port  uint16
	Flags int // Msg*
	Ctl   []Cmsg
	// CtlLen is msg_controllen of a receive call; what does not fit is cut, and
	// MsgCtrunc is set. Negative: without limit.
	CtlLen int
	Out    int    // msg_flags that the call returns
	Off    int    // bytes that are done
	Asleep bool   // it waits for the connection
	Fast   bool   // it waits for a connection that it has begun itself (MSG_FASTOPEN)
	Begun  bool   // of a send call: what comes before the first byte is done
	Syn    int    // bytes of Off that went with the SYN
	TsWant uint32 // SOF_TIMESTAMPING_* of this call
	CtlErr Errno  // what is wrong with the control messages
	Uarg   *Ubuf
	Fault  bool // the memory is not the program's: EFAULT where it is touched
	Named  bool // an address was given
	Unspec bool // and it is of no family

	Err      ExtErr    // of the error queue
	Offender wire.Addr // who sent the ICMP error
	TTL      uint8     // of a raw socket's packet
	IIF      int       // IP_PKTINFO: the device that it came in by
	Dst      wire.Addr // IP_PKTINFO: the address that it was sent to
}

// Put is put_cmsg.
func (m *Msghdr) Put(level, typ int, data []byte) {
	c := Cmsg{level, typ, append([]byte(nil), data...)}
	if m.CtlLen >= 0 {
		if m.CtlLen < cmsgHdr {
			m.Out |= MsgCtrunc
			return
		}
		if n := cmsgHdr + len(data); m.CtlLen < n {
			m.Out |= MsgCtrunc
			c.Data = c.Data[:m.CtlLen-cmsgHdr]
		}
		m.CtlLen = max(m.CtlLen-c.Space(), 0)
	}
	m.Ctl = append(m.Ctl, c)
}

// PutInt is put_cmsg of an int.
func (m *Msghdr) PutInt(level, typ, v int) { m.Put(level, typ, Int32(v)) }

// Int32 is the memory of an int.
func Int32(v int) []byte {
	return []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}
}

// GetInt32 is the int in memory; ok is false when it is too short.
func GetInt32(d []byte) (v int, ok bool) {
	if len(d) < 4 {
		return 0, false
	}
	return int(int32(uint32(d[0]) | uint32(d[1])<<8 | uint32(d[2])<<16 | uint32(d[3])<<24)), true
}

// GetInt64 is the long in memory.
func GetInt64(d []byte) (v int64, ok bool) {
	if len(d) < 8 {
		return 0, false
	}
	lo, _ := GetInt32(d)
	hi, _ := GetInt32(d[4:])
	return int64(uint32(lo)) | int64(hi)<<32, true
}

func put64(d []byte, v uint64) {
	for i := range 8 {
		d[i] = byte(v >> (8 * i))
	}
}

// Int64 is the memory of a long.
func Int64(v uint64) []byte {
	var d [8]byte
	put64(d[:], v)
	return d[:]
}

// Bytes is struct sock_extended_err, 16 bytes.
func (e *ExtErr) Bytes() []byte {
	d := append(Int32(int(e.Errno)), e.Origin, e.Typ, e.Code, 0)
	d = append(d, Int32(int(int32(e.Info)))...)
	return append(d, Int32(int(int32(e.Data)))...)
}

// A SockCookie is struct sockcm_cookie: what a send call asks for beyond the
// socket's own options.
type SockCookie struct {
	Mark, Priority uint32
	TsFlags        uint32 // SOF_TIMESTAMPING_*
	TsKey          uint32 // of SCM_TS_OPT_ID
	HasKey         bool
}

// Cookie is sockcm_init: the socket's own options.
func (sk *Sock) Cookie() SockCookie {
	return SockCookie{Mark: sk.Mark, Priority: sk.Priority, TsFlags: sk.Rare().TsFlags}
}

// scmTsOptID is SCM_TS_OPT_ID.
const scmTsOptID = 81

// CmsgSend is __sock_cmsg_send: a control message of SOL_SOCKET.
func (sk *Sock) CmsgSend(ck *SockCookie, c *Cmsg, root bool) Errno {
	n, ok := GetInt32(c.Data)
	if len(c.Data) != 4 {
		ok = false
	}
	switch c.Type {
	case 36: // SO_MARK
		if !root {
			return step.EPERM
		}
		if !ok {
			return step.EINVAL
		}
		ck.Mark = uint32(n)
	case ScmTimestamping, SoTimestampingNew:
		if !ok || uint32(n)&^TsTxRecord != 0 {
			return step.EINVAL
		}
		ck.TsFlags = ck.TsFlags&^TsTxRecord | uint32(n)
	case 61: // SCM_TXTIME
		return step.EINVAL // SO_TXTIME is never on: it is not modelled
	case scmTsOptID:
		if sk.Type == SockStream || sk.Rare().TsFlags&TsOptID == 0 || !ok {
			return step.EINVAL
		}
		ck.TsKey, ck.HasKey = uint32(n), true
	case 12: // SO_PRIORITY
		if !ok {
			return step.EINVAL
		}
		if (n < 0 || n > 6) && !root {
			return step.EPERM
		}
		ck.Priority = uint32(n)
	case 1, 2: // SCM_RIGHTS, SCM_CREDENTIALS mean nothing here
	default:
		return step.EINVAL
	}
	return 0
}

// RecvCmsgs is sock_recv_cmsgs: what SOL_SOCKET's options ask to be told of each
// packet.
func (sk *Sock) RecvCmsgs(m *Msghdr, b *SKB) {
	if sk.rare == nil {
		return
	}
	r := sk.rare
	sk.RecvTimestamp(m, b, false)
	if r.Ovfl && sk.Drops != 0 {
		m.PutInt(SolSocket, 40, int(sk.Drops))
	}
	if r.PassMark {
		m.PutInt(SolSocket, 36, int(int32(b.Mark)))
	}
	if r.PassPrio {
		m.PutInt(SolSocket, 12, int(int32(b.Priority)))
	}
}
