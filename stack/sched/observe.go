package sched

// The disciplines' names, as tc prints them.
const (
	pfifoFastName = "pfifo_fast"
	pfifoName     = "pfifo"
	bfifoName     = "bfifo"
)
