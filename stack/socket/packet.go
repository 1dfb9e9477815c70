package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/step"
)

// SendFrame is __sys_sendto on a packet socket: a whole frame, for a device by
// ifindex (0: the one that the socket is bound to). It returns the frame's length.
func SendFrame(sk *raw.Packet, frame []byte, ifindex int) (int, core.Errno) {
	defer sk.NS.In(step.SysSendto, &sk.Sock).Out()
	return sk.SendTo(frame, ifindex)
}
