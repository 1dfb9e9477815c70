package pcaps

// options reads the options of a packet block that a Frame has a field for
// (draft-ietf-opsawg-pcapng, section 4.3.1). A damaged option ends the list.
func options(b []byte, be bool, typ uint32, f *Frame) {
	const (
		end, comment, flags, queue = 0, 1, 2, 6
	)
	for len(b) >= 4 {
		code, n := u16(b, be), int(u16(b[2:], be))
		if code == end || n > len(b)-4 {
			return
		}
		v := b[4 : 4+n]
		switch {
		case code == comment:
			if f.Comment != "" {
				f.Comment += "\n"
			}
			f.Comment += string(v)
		case code == flags && n >= 4:
			switch u32(v, be) & 3 {
			case 1:
				f.Dir = DirIn
			case 2:
				f.Dir = DirOut
			}
		case code == queue && n >= 4 && typ == blockEPB:
			f.Queue = int(u32(v, be) & 0x7fffffff)
		}
		b = b[min(len(b), 4+(n+3)&^3):]
	}
}

// option returns the value of the first option of the given code.
func option(b []byte, be bool, code uint16) []byte {
	for len(b) >= 4 {
		c, n := u16(b, be), int(u16(b[2:], be))
		if c == 0 || n > len(b)-4 {
			return nil
		}
		if c == code {
			return b[4 : 4+n]
		}
		b = b[min(len(b), 4+(n+3)&^3):]
	}
	return nil
}
