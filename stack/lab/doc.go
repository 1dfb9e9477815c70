// Package lab is the simulated machine's console: a POSIX shell, the text
// tools that scripts use, and the network tools, on a world of package stack.
// The same script, as root on Linux, sets a real network up.
//
// The shell's syntax is read by mvdan.cc/sh; its tree is walked here, one
// process at a time, in the order of virtual time and process numbers. Files,
// pipes and processes are the lab's own: no real file is read or written, and
// no real program runs. What is real and not known here says "not modelled".
//
//	machine.go    processes, and how time passes between them
//	files.go      the file system; made.go: /proc and /sys
//	shell.go      commands, pipes, loops; expand.go, arith.go, glob.go: words
//	builtin.go    what the shell does itself
//	text.go …     grep, sed, awk and the other text tools
//	ip_*.go …     the network tools
package lab
