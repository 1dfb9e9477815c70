package sched

// The disciplines' names, as tc prints them.
const (
	pfifoFastName = "pfifo_fast"
	tbfName       = "tbf"
	fqName        = "fq"
	netemName     = "netem"
	prioName      = "prio"
	htbName       = "htb"
	mqName        = "mq"
	noopName      = "noop"
	codelName     = "codel"
	fqCodelName   = "fq_codel"
)

// fifoNames are those of a Fifo, by its kind.
var fifoNames = [...]string{"pfifo", "bfifo", "pfifo_head_drop"}
