// Package oracle compares a simulated host with a real one.
//
// The test data (stack/testdata/kernel) are recordings of Linux 6.18: what was
// set up on a host, what came in from outside, and what the kernel did with
// it. [Load] reads them. [Run] plays the set-up and the inputs of one host to
// a [Machine], takes what the machine did as [Facts], and [Compare] says in
// words where the two part.
//
// [NewModel] is packetwalk's own stack as a Machine, and agreement.txt says how
// far it agrees with the kernel; the test TestKernel holds the file to the
// truth. A recorded host and its peers were one machine, joined by links
// without delay: an answer that the recording has within a millisecond comes in
// before the call that asked has returned, as it did there.
//
// What a kernel draws at random (first sequence numbers, timestamps, IP ids,
// ports) is made relative on both sides before it is compared, as norm.go says.
// Two recordings of the same kernel do not agree on everything; [Host.Holds] says
// what a model may be held to.
package oracle
