// Package live is a simulated machine whose cards are connected to the world
// outside: what comes in is given to it with its time, and it answers by
// itself.
//
// All that comes from outside is an input with a time: a frame, or a line that
// somebody typed. The inputs, with the description of the machine, are all that
// is needed to run it again: the same inputs give the same machine, bit for bit.
// So a live run is a capture that grows (see Log), and whoever looks on has a
// machine of his own, fed from the same log: he may stop, or go back, while the
// traffic goes on.
//
// This package knows no real time and no real device; stack/live/tap does.
package live
