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
// (tcp_input_ack.go). Read tcp_ipv4_rcv.go first: that is where a segment comes
// in. A handshake goes on in tcp_input_req.go and inet_connection_req.go (half
// open), tcp_minisocks.go (its last ACK), syncookies.go (without memory) and
// tcp_fastopen*.go (RFC 7413: data with the SYN); on the other side in
// tcp_input_synsent.go.
//
// Not modelled, and said so when it is met: keys of MD5 and AO signatures,
// multipath TCP, upper layer protocols (kernel TLS), repair mode, zero-copy
// receive, TCP_TX_DELAY, shortage of memory (tcp_mem), PLB.
package tcp
