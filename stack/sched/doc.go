// Package sched holds the queueing disciplines of net/sched that packetwalk
// models: pfifo_fast, the default of an Ethernet card; pfifo, bfifo and
// pfifo_head_drop; tbf, which holds a link to a rate; htb, which divides it among
// classes; prio, which lets one go before the other; mq, which gives each transmit queue
// a discipline of its own; fq, which gives every flow its turn and paces TCP; codel and
// fq_codel, which drop what has waited too long; netem, which spoils a link; and the
// filters and actions of tc. A device without a queue (noqueue: loopback, veth) has none,
// and a device without a carrier drops everything; both are in net/core.
//
// A discipline is a core.Qdisc that net/core fills and runs, and a Discipline that tc
// asks. What can have others below it is Classful, what filters hang on is a
// FilterHolder. A packet that one of them drops goes onto the device's list, and is freed
// when the queue has run.
//
// Left out: all other disciplines.
package sched
