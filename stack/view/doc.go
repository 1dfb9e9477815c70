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
// Sentences are only rendered from the values that the events carry; nothing
// is worked out again.
//
//	walk.go     what a Session needs of a walk
//	command.go  Command, its verbs, and their words
//	session.go  Session and Do
//	moves.go    steps, packets, marks
//	jumps.go    until, filter, look, why-value
//	scene.go    Scene and its parts
//	build.go    a Scene from the place
//	list.go     the packets around the place
//	stages.go   the map of the stack: which function is at which stage
//	panels.go   the state of sockets, neighbours, rings
//	headers.go  headers, fields and bytes
//	clean.go    texts without control characters
//	plain.go    the same walk as lines of text
package view
