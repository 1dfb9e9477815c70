//go:build linux

package nft

import "unsafe"

func ptr(b *[40]byte) unsafe.Pointer { return unsafe.Pointer(b) }
