// Package view is one reader's place in a walk, as plain data: what the two
// front ends draw, and the commands that they send.
//
// A Session holds the place. Do moves it, Scene tells everything that can be
// seen from there: the packet, the map of the stack with the lit stage, the
// calls, the sentence that explains the decision, what changed, the alternatives
// that lost, headers and bytes, the panels of state. A Scene has no colours, no
// widths and no pointers into the model, so it can be compared, written as JSON
// and kept in a golden file. Every text in it is free of control characters,
// whatever the capture holds.
//
// A command that takes long (a search, a run to a breakpoint, a filter that
// nothing matches) holds the Session until it is done: Working and Cancel are the
// two that may be called meanwhile.
//
// Sentences are only rendered from the values that the events carry; nothing
// is worked out again.
//
//	walk.go      what a Session needs of a walk
//	command.go   Command, its verbs, and their words
//	session.go   Session and Do
//	work.go      how far a long command is, and how it is stopped
//	moves.go     steps, packets, marks
//	follow.go    what the steps go through
//	grain.go     how far a step goes
//	jumps.go     until, filter, look, why-value
//	search.go    text in steps and packets
//	breaks.go    breakpoints; breaks_run.go runs to them
//	ahead.go     long looks ahead
//	scene.go     Scene and its parts; scene_more.go the rest of them
//	build.go     a Scene from the place
//	list.go      the packets around the place
//	tally.go     what the index tells of all packets
//	overview.go  the capture at a glance, by the ways that packets took
//	timeline.go  the capture as a row of buckets
//	times.go     where the time of a packet went
//	family.go    who caused whom; family_tcp.go what TCP's numbers tell of it
//	stages.go    the map of the stack: which function is at which stage
//	not.go       why a stage is not visited
//	panels.go    the state of sockets, neighbours, rings
//	tables.go    state as Linux's tools show it; tables_sock.go sockets and TCP, tables_net.go routes and queues
//	objects.go   what objects a chunk shows
//	plots.go     values over time
//	headers.go   headers, fields and bytes; headers_lit.go those that a step is about
//	depth.go     words for three kinds of readers
//	glossary.go  terms; text.go reads the files of words in text/
//	compare.go   two walks side by side; compare_align.go how they are laid so
//	lesson.go    lessons
//	clean.go     texts without control characters
//	plain.go     the same walk as lines of text
package view
