// Command netstack feeds a capture to gVisor's netstack, so that its speed can be
// compared with that of packetwalk's simulated stack:
//
//	cd stack/bench/netstack && go run . -r capture.pcap [-json]
//
// The capture is one that packetwalk's bench made: one server, 10.0.0.1, and
// its peers. It is a module of its own, so that packetwalk does not depend on
// gVisor.
//
// # What is the same
//
// The frames, read by the same reader; one core (GOMAXPROCS(1)); the clock
// starts before the first frame is read and stops when the last one has been
// worked off. Every frame towards the host is injected into a channel endpoint
// with an Ethernet header, checksums are verified, and TCP listeners, UDP
// sockets, ICMP and ARP answer. As when packetwalk follows a capture, the
// frames that the host sent are not injected but tell what its programs did:
// when the captured server sent 500 bytes, the server here writes 500 bytes;
// when it closed, this one closes. Frames/s count all frames of the capture,
// both ways, as packetwalk's figure does. The clock is the capture's for both.
//
// # What differs
//
//   - gVisor chooses its own initial sequence numbers and timestamps. So the
//     acknowledgement number and the echoed timestamp of each segment towards
//     the host are rewritten (and the checksum updated) to what gVisor really
//     sent: otherwise no handshake would complete. That costs a few ten
//     nanoseconds a segment and is part of the figure.
//   - A segment that acknowledges what gVisor has not sent yet waits, and the
//     stack's goroutines run, until it has.
//   - One goroutine a connection reads and throws away; UDP ports answer each
//     datagram with its own bytes, where the captured server's answers had
//     other lengths on the DNS ports.
//   - What gVisor sends is taken off the channel and read as far as its headers;
//     packetwalk walks the captured host's frames down to the card instead.
//   - gVisor keeps no trace and cannot go back. Neither does packetwalk in the
//     figure that this one is compared with.
package main
