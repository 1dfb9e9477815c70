// Package tui is the terminal front end: it draws view.Scenes and sends
// view.Commands.
//
//	app.go     Model: Init, Update, View; which pane is where now
//	input.go   what keys do, what is typed; mouse.go what the mouse does
//	run.go     Run and Home, for the front door
//	program.go a program and the signals that end it; stop_*.go ctrl+z
//	screen.gif what the README shows. To make it again:
//	           packetwalk shot closed-ports --at 5 --keys 'z z' --steps 14 --each 800ms --size 120x40 \
//	             --font-size 14 --margin 8 --title 'packetwalk walk closed-ports' -o tui/screen.gif
//	keys.go    the one table of keys; footer and ? screen are made from it
//	layout.go  which pane is where, from 80x24 up
//	pane.go    the table of panes: how each draws, takes keys and clicks
//	grid.go    the cells that panes draw into; ascii.go without UTF-8
//	style.go   every colour; theme.go which of them a terminal gets
//	anim.go    the moving token and playing: the only file with a tick
//	pane_*.go  one pane each: pure functions of a Scene
//
// A pane never waits, fetches or keeps anything. Whatever is told by a colour
// is told by a word or a sign too.
package tui
