// Package lab sets a simulated host up by the commands of the real tools: the
// same lines, as root on Linux, set up a real one.
//
// So far it knows ip (link, addr, route, rule, neigh), sysctl -w and ethtool
// -K, one command a line. What is real and not known says "not modelled".
package lab
