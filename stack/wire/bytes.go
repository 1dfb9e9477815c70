package wire

import "encoding/binary"

func be16(b []byte) uint16     { return binary.BigEndian.Uint16(b) }
func be32(b []byte) uint32     { return binary.BigEndian.Uint32(b) }
func put16(b []byte, v uint16) { binary.BigEndian.PutUint16(b, v) }
func put32(b []byte, v uint32) { binary.BigEndian.PutUint32(b, v) }
func be24(b []byte) uint32     { return uint32(b[0])<<16 | uint32(be16(b[1:])) }
func getIP4(b []byte) IP4      { return IP4(be32(b)) }
func putIP4(b []byte, a IP4)   { put32(b, uint32(a)) }
func setBit(b []byte, m byte, on bool) {
	if on {
		b[0] |= m
	} else {
		b[0] &^= m
	}
}
