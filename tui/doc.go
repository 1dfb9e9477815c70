// Package tui is the terminal front end: it draws view.Scenes and sends
// view.Commands.
//
//	app.go     Model: Init, Update, View
//	run.go     Run and Home, for the front door
//	keys.go    the one table of keys; footer and ? screen are made from it
//	layout.go  which pane is where, from 80x24 up
//	grid.go    the cells that panes draw into
//	style.go   every colour; two themes, and none at all
//	anim.go    the moving token and playing: the only file with a tick
//	pane_*.go  one pane each: pure functions of a Scene
//
// A pane never waits, fetches or keeps anything. Whatever is told by a colour
// is told by a word or a sign too.
package tui
