// Package core is net/core: packets, devices, namespaces, sockets,
// neighbours, and the tables through which lower layers call upper ones.
//
// A call from the wire up goes through a table, as in Linux: a device's NAPI
// calls the packet type (AddPacketType), IP calls the transport protocol
// (AddProto), hooks are registered (AddHook). A call down is a plain call.
//
// One thing differs from C: a buffer is freed by Drop or Consume with the name
// of the function that the kernel's own tracepoint would report as the place,
// because the compiler's tail calls decide that and not the source.
//
// Not modelled: locks and RCU (one thing happens at a time), page fragments
// (a buffer's bytes are one slice, and a list of pieces when GRO merges).
package core
