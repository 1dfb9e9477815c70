// Package step is the catalogue: every kernel function that packetwalk models,
// the kernel's tracepoints, drop reasons and counters, the fields that a
// learner sees, and the sentences that explain. All words live here; the
// protocol packages hold none.
//
// Each layer has a file of its own (driver.go, core.go, ipv4.go, …) with four
// tables: its steps, its whys, its tried alternatives, its fields.
package step

// Kernel is the version that the catalogue speaks of.
const Kernel = "6.18"
