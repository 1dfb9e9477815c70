// Package tcp is net/ipv4/tcp*.c: the transmission control protocol for both
// families. It follows RFC 9293 (the protocol), RFC 7323 (timestamps, window
// scaling, PAWS), RFC 2018 and RFC 2883 (SACK, D-SACK), RFC 6298 (the timer),
// RFC 5681 and RFC 9438 (congestion control, CUBIC), RFC 8985 (RACK and the
// tail loss probe), RFC 6937 (proportional rate reduction), RFC 5682 (F-RTO)
// and RFC 5961 (challenge ACKs), as Linux 6.18 has them.
//
//	              CLOSE
//	  connect()  /     \  listen()
//	     SYN_SENT       LISTEN
//	          |   \      | SYN: a request socket (NEW_SYN_RECV)
//	          |    SYN_RECV
//	          |   /
//	       ESTABLISHED
//	close() /       \ FIN
//	 FIN_WAIT1     CLOSE_WAIT
//	  |     \         | close()
//	FIN_WAIT2 CLOSING LAST_ACK
//	  |     /         |
//	TIME_WAIT       CLOSE
//
// The files are named as the kernel's; a long one is split by suffix
// (tcp_input_ack.go). Read tcp_ipv4.go first: that is where a segment comes in.
//
// Not modelled, and said so when it is met: TCP Fast Open, MD5 and AO
// signatures, multipath TCP, AccECN, urgent data beyond keeping the stream in
// order, SYN cookies, path MTU probing, BBR, repair mode, zero copy.
package tcp
