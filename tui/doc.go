// Package tui is the terminal front end: it draws view.Scenes and sends
// view.Commands.
//
//	app.go     Model: Init, Update, View; which pane is where now
//	input.go   what keys do, what is typed; mouse.go what the mouse does
//	run.go     Run and Home, for the front door; stop_*.go ctrl+z
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
