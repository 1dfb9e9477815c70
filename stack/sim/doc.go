// Package sim is the machinery of simulated time: a virtual clock with timers,
// a seeded source of randomness, and Fork, the deep copy of a whole machine on
// which going backwards rests. It knows nothing of networks.
package sim
