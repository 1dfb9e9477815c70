// Package inet is what IPv4 and IPv6 share above the routes: the hash tables
// by which a packet finds its socket and a program its port
// (net/ipv4/inet_hashtables.c).
package inet
