// Package real runs a lab script on the real kernel and records what the kernel
// did. It needs Linux with BTF, and root.
//
// The script runs as `sh LAB` in namespaces of its own: mounts, network, host
// name, processes. Its /run, /tmp, /root and /etc are private, so the names that
// `ip netns add` makes are too. The network of the machine is never touched, and
// when the first process of the namespaces ends, whichever way, the kernel takes
// all of it away.
//
//	sandbox.go   the namespaces, and the script in them under ptrace
//	space.go     one network namespace: frames, nft trace, conntrack events
//	points.go    the tracepoints, and what is read at each
//	bpf.go …     programs for the tracepoints, assembled here: no compiler is needed
//	tables.go    counters, and what the tools list at the end
//
// Every process of the script is stopped for a moment when it starts a program
// and when it ends. That is when new namespaces are looked for, before the
// script can go on and send something through them.
package real
