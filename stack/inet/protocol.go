package inet

// LoadableProto reports whether stock kernels have a module for the protocol
// that packetwalk does not model: tunnels, IPsec, SCTP.
func LoadableProto(proto uint8) bool {
	switch proto {
	case 4, 41, 47, 50, 51, 108, 115, 132:
		return true
	}
	return false
}
