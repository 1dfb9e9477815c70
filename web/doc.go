// Package web is the browser's painter: it serves one page that draws the same
// view.Scenes as the terminal and sends the same view.Commands.
//
//	server.go   the address, the token, who may ask; scenes out as server-sent events, commands in by POST
//	static/     the page: plain ES modules and SVG, nothing to build
//
// Everything is served on the loopback interface only. Whoever wants to see it
// needs the token of the address; pages of other origins are refused, whatever
// token they hold.
package web
