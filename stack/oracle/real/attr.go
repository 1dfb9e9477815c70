package real

import "encoding/binary"

// Attrs calls f for each netlink attribute, in order.
func Attrs(b []byte, f func(typ int, v []byte)) {
	for len(b) >= 4 {
		n := int(binary.LittleEndian.Uint16(b))
		if n < 4 || n > len(b) {
			return
		}
		f(int(binary.LittleEndian.Uint16(b[2:])&0x3fff), b[4:n])
		b = b[min(len(b), (n+3)&^3):]
	}
}
