package inet

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
)

// EachListener calls f for every socket that listens, by port: for listings
// (inet_diag_dump_icsk).
func (h *Hashinfo) EachListener(f func(*core.Sock)) {
	ports := make([]uint16, 0, len(h.listen))
	for p := 0; p < 1<<16 && len(ports) < len(h.listen); p++ {
		if _, ok := h.listen[uint16(p)]; ok {
			ports = append(ports, uint16(p))
		}
	}
	slices.Sort(ports)
	for _, p := range ports {
		for _, sk := range h.listen[p] {
			f(sk)
		}
	}
}
