// Package socket is net/socket.c and the upper half of net/ipv4/af_inet.c:
// system calls, and the simulated programs that make them.
//
// A Program has file descriptors and an App, which is what it does. A real
// program sleeps inside a system call; a simulated one cannot keep a stack
// while it sleeps, so an App is a state machine: Run is called when something
// has happened, a Call that cannot finish returns false, and is done again when
// the socket wakes the Program. All of it is plain data and can be forked.
//
// Not modelled: signals, threads, fork, splice, ancillary data, sockets of
// other families, O_ASYNC; a second sleeper on the same socket.
package socket
