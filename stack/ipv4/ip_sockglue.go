package ipv4

import "github.com/packetwalk/packetwalk/stack/core"

// CheckOptions is ip_options_get for a program that sets IP_OPTIONS: the options,
// made as long as they are in a header; EINVAL for bad ones.
func (ip *IPv4) CheckOptions(raw []byte) ([]byte, core.Errno) {
	if _, e := ip.optionsGet(raw); e != 0 {
		return nil, e
	}
	b := append([]byte(nil), raw...)
	for i := 0; i < len(b); { // behind the end there is nothing (IPOPT_END)
		switch {
		case b[i] == 0:
			clear(b[i:])
			i = len(b)
		case b[i] == 1 || i+1 >= len(b):
			i++
		default:
			i += max(int(b[i+1]), 2)
		}
	}
	for len(b)&3 != 0 {
		b = append(b, 0)
	}
	return b, 0
}
