// Package report prints a trace in the formats of `packetwalk trace`: ndjson,
// text, pcapng with a comment on each frame, and a Perfetto timeline. All of
// them stream: a Sink is given the Log of each stretch of time and keeps
// nothing of it but totals.
package report
