// Package sched holds the queueing disciplines of net/sched that packetwalk
// models: pfifo_fast, the default of an Ethernet card; pfifo, bfifo and
// pfifo_head_drop; tbf, which holds a link to a rate; fq, which gives every flow
// its turn and paces TCP; netem, which spoils a link. A device without a queue
// (noqueue: loopback, veth) has none, and a device without a carrier drops
// everything (noop); both are in net/core.
//
// Left out: classes, filters, and all other disciplines.
package sched
