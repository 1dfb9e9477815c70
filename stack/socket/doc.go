// Package socket is net/socket.c, the upper half of net/ipv4/af_inet.c, and of
// fs/ what programs that use sockets need: system calls, and the simulated
// programs that make them.
//
// A Program has file descriptors and an App, which is what it does. A real
// program sleeps inside a system call; a simulated one cannot keep a stack
// while it sleeps, so an App is a state machine: Run is called when something
// has happened, a Call that cannot finish returns false, and is done again when
// the socket wakes the Program. It may have several Calls that sleep, as a
// program with threads has. All of it is plain data and can be forked.
//
// A Call has Linux's own numbers and memory: flags, levels, options, control
// messages, errors. What Linux 6.18 has and the model has not ends with
// core.NotModelled, which no kernel returns, and says so in the trace.
//
// Read in this order: call.go (Do), socket.go, sendrecv.go, sleep.go (what waiting
// is), file.go (file descriptors), poll.go and eventpoll.go, opt.go and sol_*.go
// (options), pipe.go and splice.go.
//
// Not modelled: signals but EPIPE and EINTR, fork but Program.Share, sockets of
// other families, O_ASYNC, filters and BPF, busy polling, times of sending
// (SO_TXTIME), IP options of a connection, sources of multicast groups.
package socket
