// Package stack puts a simulated Linux host together and replays captures
// through it.
//
// # The building
//
// A package imports lower floors only (floors_test.go holds it to that):
//
//	16  cmd/packetwalk                                        front door
//	15  tui   web   stack/bench                               painters, measurements
//	14  stack/view   tui/shot   tui/settings                  one reader's place, as plain data; pictures
//	13  stack/walk   stack/live/tap   lessons                 time machine, real time, courses
//	12  stack/oracle   stack/oracle/routes   stack/live   stack/drill    two kernels compared, a machine with a way out, packetdrill
//	11  stack/lab   stack/report   stack/oracle/real,rules    the simulated machine's shell, formats, the real kernel
//	10  stack/lab/nft   stack/lab/ipt                         the languages of nft and iptables
//	 9  stack                                                 the house: hosts, links, replay
//	 8  stack/device   stack/socket                           drivers, system calls
//	 7  stack/raw   stack/netfilter/nftables
//	 6  stack/tcp   stack/udp   stack/netfilter/iptables
//	 5  stack/ipv4   stack/ipv6   stack/netfilter/nat
//	 4  stack/inet   stack/sched   stack/netfilter/conntrack
//	 3  stack/core                                            net/core
//	 2  stack/trace                                           what a step leaves behind
//	 1  stack/step   stack/filter   stack/oracle/gen          the catalogue, filters, random rules
//	 0  stack/wire   stack/sim   pcaps   lessons/drill                        headers, time, captures
//
// # The life of a packet
//
//	NIC.DMA               the card writes the frame into its ring        device/igb.go
//	igb_msix_ring         it interrupts                                  device/igb.go
//	net_rx_action         the softirq polls the queue                    core/napi.go
//	gro_receive_skb       may it be merged?                              core/gro.go
//	__netif_receive_skb_core   taps, then the protocol                   core/dev_rx.go
//	ip_rcv                header checks, PRE_ROUTING                     ipv4/ip_input.go
//	ip_route_input_noref  for us, or for somebody else?                  ipv4/route_input.go
//	ip_local_deliver      fragments, LOCAL_IN, the transport protocol    ipv4/ip_input.go
//	tcp_v4_rcv            which socket?                                  tcp/tcp_ipv4_rcv.go
//	tcp_rcv_established   sequence, window, acknowledgement              tcp/tcp_input.go
//	sock_def_readable     the program wakes                              core/sock.go
//	recv                  and reads                                      socket
//
// Read in this order: wire/udp.go, ipv4/ip_input.go, core/dev_rx.go,
// core/dev.go (Hook), tcp/tcp_input.go, walk/walk.go.
package stack
