// Package drill runs packetdrill scripts (google/packetdrill) on a simulated
// machine, in virtual time. A script is a list of events with times: system
// calls of one program, packets that come in, packets that shall go out, shell
// commands, and checks in Python.
//
//	0.000 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
//	+0    listen(3, 1) = 0
//	+0    < S 0:0(0) win 32792 <mss 1000>
//	+0    > S. 0:0(0) ack 1 <...>
//
// The way of a script:
//
//	lex.go      words
//	parse*.go   the script as a tree (ast.go), print.go back into text
//	config.go   options, of the command line and of the script
//	run.go      event by event, in virtual time
//	sock.go     which connection a packet of the script belongs to
//	packet_*.go packets in, packets out, and how they differ
//	sys_*.go    system calls
//	code.go     what %{ }% blocks see, py_*.go an evaluator for them
//	shell.go    commands in backticks
//
// packetdrill's own C sources say what is checked and how it is told
// (run_packet.c, run_system_call.c, code.c); functions here name theirs.
package drill
