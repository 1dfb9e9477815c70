// Package bench measures packetwalk: how fast frames are read and decoded,
// walked by the simulated stack, indexed, recorded and exported, how quickly a
// reader gets from place to place, and what that costs in memory.
//
// The capture that is measured is made here too, by [Generate]: the traffic of
// one busy server, seen from the server. The same seed gives the same bytes, so
// figures of different machines and versions can be compared. All figures of
// one [Result] come from one run of one process on one core (GOMAXPROCS(1));
// what tshark does is timed in the same run. Rates count the time that a
// program computes, user and system, not the wall's clock: on a quiet machine
// they are the same, on a busy one the rates stay true. Even so a busy machine's
// memory is slower: what is compared is run by turns, three times each, and the
// medians count (the index and tshark; the stack without and with a listener).
//
// What is measured against what:
//
//	decode    read each frame and decode its headers with gopacket's
//	          DecodingLayerParser: the floor, nobody walks a frame for less
//	stack     the whole simulated host, nobody listening
//	silent    the same with a tracer that keeps nothing
//	index     walk.Open and Advance to the end: summaries, hash, checkpoints
//	record    every event and every change of state, taken and thrown away
//	ndjson    the same, printed as JSON lines, to nowhere
//	tshark    tshark -n -r X -q -z io,phs
//	tshark json  tshark -n -r X -T json, the first 20,000 frames
//
// The comparison with gVisor's netstack is in the module in netstack/, so that
// packetwalk does not depend on gVisor.
package bench
