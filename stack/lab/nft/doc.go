// Package nft is nft(8): it reads rules in nft's own language into the tables
// of a simulated host (package nftables), and prints them as nft does.
//
// A command is read (lex.go, parse*.go), given types and the implicit matches
// that it needs (eval.go), made into expressions of the engine (lower.go), and
// carried out in one transaction (run.go). Listings (print.go) are made from
// the statements as they were understood, with the engine's live counters.
//
// The reference is nftables 1.0.6 (Debian 12): its manual for the language, and
// the program itself for what it prints.
package nft
