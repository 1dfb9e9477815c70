package socket

import "github.com/packetwalk/packetwalk/stack/core"

// FD is the file descriptor that a program has for a socket, -1: none.
func (p *Program) FD(sk *core.Sock) int {
	for i, f := range p.files {
		if f != nil && f.ep != nil && f.ep.Base() == sk {
			return i + FirstFD
		}
	}
	return -1
}
