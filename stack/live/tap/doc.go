// Package tap connects a live.Machine to the real machine that it runs on: TAP
// interfaces, real time, and the log. It works on Linux; elsewhere Open says
// that it does not.
package tap
