package step

const baseSocket = int(areaSocket) << 8

// System calls.
const (
	SysSocket Step = Step(baseSocket + 1 + iota)
	SysBind
	SysConnect
	SysListen
	SysAccept
	SysSendto
	SysRecvfrom
	SysShutdown
	SysSetsockopt
	SysGetsockopt
	SockClose
	InetRelease
	SockRecvmsg
	InetStreamConnect
	InetDgramConnect
	InetListen
	InetAccept
	SockPoll
	SysSendmsg
	SysRecvmsg
	SockReadIter
	SockWriteIter
	SockIoctl
	SockSpliceRead
	SpliceToSocket
	DoSendfile
	DoEpollCtl
	EpPollCallback
	endSocket
)

var socketSteps = [int(endSocket) - baseSocket]Info{
	SysSocket & 255:         {"__sys_socket", Socket, "net/socket.c", "socket(): make a socket and give the program a number for it."},
	SysBind & 255:           {"__sys_bind", Socket, "net/socket.c", "bind(): give the socket a local address and port."},
	SysConnect & 255:        {"__sys_connect", Socket, "net/socket.c", "connect(): name the other side."},
	SysListen & 255:         {"__sys_listen", Socket, "net/socket.c", "listen(): wait for connections."},
	SysAccept & 255:         {"__sys_accept4", Socket, "net/socket.c", "accept(): take the next connection."},
	SysSendto & 255:         {"__sys_sendto", Socket, "net/socket.c", "send() and sendto(): the program hands bytes to the kernel."},
	SysRecvfrom & 255:       {"__sys_recvfrom", Socket, "net/socket.c", "recv() and recvfrom(): the program asks for bytes."},
	SysShutdown & 255:       {"__sys_shutdown", Socket, "net/socket.c", "shutdown(): no more reading, no more writing, or neither."},
	SysSetsockopt & 255:     {"__sys_setsockopt", Socket, "net/socket.c", "setsockopt(): set an option of the socket."},
	SysGetsockopt & 255:     {"__sys_getsockopt", Socket, "net/socket.c", "getsockopt(): read an option of the socket."},
	SockClose & 255:         {"sock_close", Socket, "net/socket.c", "close(): the program needs the socket no more."},
	InetRelease & 255:       {"inet_release", Socket, "net/ipv4/af_inet.c", "Close the socket by its protocol's rules."},
	SockRecvmsg & 255:       {"sock_recvmsg", Socket, "net/socket.c", "Ask the protocol for data."},
	InetStreamConnect & 255: {"inet_stream_connect", Socket, "net/ipv4/af_inet.c", "Start a connection, and wait for it unless told not to."},
	InetDgramConnect & 255:  {"inet_dgram_connect", Socket, "net/ipv4/af_inet.c", "Remember the other side of a datagram socket."},
	InetListen & 255:        {"inet_listen", Socket, "net/ipv4/af_inet.c", "Make the socket a listener."},
	InetAccept & 255:        {"inet_accept", Socket, "net/ipv4/af_inet.c", "Take a finished connection from the accept queue."},
	SockPoll & 255:          {"sock_poll", Socket, "net/socket.c", "poll(), epoll: is there something to do?"},
	SysSendmsg & 255:        {"__sys_sendmsg", Socket, "net/socket.c", "sendmsg(): bytes in pieces, with control messages."},
	SysRecvmsg & 255:        {"__sys_recvmsg", Socket, "net/socket.c", "recvmsg(): ask for bytes, and for control messages."},
	SockReadIter & 255:      {"sock_read_iter", Socket, "net/socket.c", "read() and readv() of a socket."},
	SockWriteIter & 255:     {"sock_write_iter", Socket, "net/socket.c", "write() and writev() of a socket."},
	SockIoctl & 255:         {"sock_ioctl", Socket, "net/socket.c", "ioctl(): how much is in the queues?"},
	SockSpliceRead & 255:    {"sock_splice_read", Socket, "net/socket.c", "splice() from a socket into a pipe."},
	SpliceToSocket & 255:    {"splice_to_socket", Socket, "fs/splice.c", "splice() and sendfile() into a socket."},
	DoSendfile & 255:        {"do_sendfile", Socket, "fs/read_write.c", "sendfile(): the bytes of a file go out."},
	DoEpollCtl & 255:        {"do_epoll_ctl", Socket, "fs/eventpoll.c", "epoll_ctl(): watch a socket, or watch it no more."},
	EpPollCallback & 255:    {"ep_poll_callback", Socket, "fs/eventpoll.c", "A watched socket may be ready: put it into the list, and wake who waits in epoll_wait()."},
}

// Why system calls decided.
const (
	WhySysSleep Why = Why(baseSocket + 1 + iota)
	WhySysWoke
	WhySysErr
	WhySysDone
	WhySysFD
	WhySysReady
	WhySysHeld
	WhySockOptNotModelled
	WhyCallNotModelled
	WhyEpollReady
	WhyEpollIgnored
	endSocketWhy
)

var socketWhys = [int(endSocketWhy) - baseSocket]string{
	WhySysSleep & 255:           "There is nothing to do yet: the program sleeps.",
	WhySysWoke & 255:            "The program slept for {0:dur} in this call.",
	WhySysErr & 255:             "The call fails with {0:err}.",
	WhySysDone & 255:            "The call returns {0:int}.",
	WhySysFD & 255:              "The program knows this socket as file descriptor {0}.",
	WhySysHeld & 255:            "The call will return {0:int}; it is over {1:dur} from now. Until then the socket is the program's, and packets that come wait in its backlog.",
	WhySysReady & 255:           "Ready: {0:hex} (1 to read, 4 to write, 8 an error, 16 hung up).",
	WhySockOptNotModelled & 255: "not modelled: socket option {1} of level {0}, which Linux 6.18 has.",
	WhyCallNotModelled & 255:    "not modelled: what this call asks for (call {0}, flags {1:hex}, command {2:hex}), which Linux 6.18 has.",
	WhyEpollReady & 255:         "The event {0:hex} is one of those that are watched ({1:hex}): the socket is in the ready list.",
	WhyEpollIgnored & 255:       "The event {0:hex} is none of those that are watched ({1:hex}).",
}

var socketTries = [...]Tried{}
