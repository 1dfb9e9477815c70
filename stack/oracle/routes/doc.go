// Package routes compares routing policy of the real kernel and of the model:
// random links, addresses, rules, routes and nexthop objects by ip, right ones and
// wrong ones, then what ip lists, and which route a packet gets. Every command must
// print the same on both, and end with the same status.
//
//	gen.go         random commands
//	gen_route.go   those about routes and nexthop objects
//	gen_ask.go     those that ask
//	routes.go      cases, and how many agree
//	model.go       a case in the model
//	real_linux.go  a case in a namespace of the real kernel
//	shrink.go      the fewest commands that still differ
package routes
