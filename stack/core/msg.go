package core

import "github.com/packetwalk/packetwalk/stack/wire"

// Flags of send and receive calls (MSG_*, include/linux/socket.h).
const (
	MsgOOB       = 0x1        // urgent data
	MsgPeek      = 0x2        // look, and leave it in the queue
	MsgDontRoute = 0x4        // the destination must be on the link
	MsgCtrunc    = 0x8        // control messages were cut
	MsgProbe     = 0x10       // find out about the path, send nothing
	MsgTrunc     = 0x20       // return the real length
	MsgDontWait  = 0x40       // never sleep
	MsgEOR       = 0x80       // the end of a record
	MsgWaitAll   = 0x100      // sleep until all of it is there
	MsgConfirm   = 0x800      // the neighbour has shown that it is there
	MsgErrQueue  = 0x2000     // read the error queue
	MsgNoSignal  = 0x4000     // no SIGPIPE
	MsgMore      = 0x8000     // more is to come: wait with sending
	MsgWaitOne   = 0x10000    // recvmmsg: sleep for the first only
	MsgZerocopy  = 0x4000000  // the program's memory is used as it is
	MsgFastOpen  = 0x20000000 // send with the SYN (RFC 7413)
)

// Who made an entry of an error queue (SO_EE_ORIGIN_*).
const (
	ErrOriginLocal        = 1
	ErrOriginICMP         = 2
	ErrOriginICMP6        = 3
	ErrOriginTimestamping = 4
	ErrOriginZerocopy     = 5
)

// ZerocopyCopied is SO_EE_CODE_ZEROCOPY_COPIED: the bytes had to be copied.
const ZerocopyCopied = 1

// An ExtErr is struct sock_extended_err: what a program that set IP_RECVERR
// learns of an error.
type ExtErr struct {
	Info      uint32 // the MTU, when Errno is EMSGSIZE
	Port      uint16 // the destination port of the packet in question
	Errno     Errno
	Origin    uint8  // ErrOrigin*
	Typ, Code uint8  // of the ICMP message
	OptStats  bool   // the packet's bytes are what goes with a time (SCM_TIMESTAMPING_OPT_STATS)
	Data      uint32 // ee_data: the last of a range of numbers, or the number
}

// A Membership is a multicast group that a socket has joined (struct ip_mc_socklist).
type Membership struct {
	Group wire.Addr
	Dev   int // ifindex
}

// McAllow is ip_mc_sf_allow: does this socket want a packet for a group that
// came in by a device? A socket that joined nothing there takes what the host
// gets (IP_MULTICAST_ALL). Source filters are not modelled.
func (sk *Sock) McAllow(group wire.Addr, multicast bool, dif int) bool {
	if !multicast {
		return true
	}
	for _, m := range sk.Rare().Groups {
		if m.Group == group && m.Dev == dif {
			return true
		}
	}
	if group.Is4() && sk.Family == AFInet6 {
		return sk.Rare().McAll4
	}
	return sk.Rare().McAll
}
