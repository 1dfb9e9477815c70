package lab

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
)

// cubicDir holds the parameters of the module tcp_cubic.
const cubicDir = "/sys/module/tcp_cubic/parameters"

var cubicNames = []string{"beta", "bic_scale", "fast_convergence", "hystart", "hystart_ack_delta_us", "hystart_detect", "hystart_low_window", "initial_ssthresh", "tcp_friendliness"}

// cubicParam is the place of a parameter, nil for bic_scale, which is fixed.
func cubicParam(c *core.CubicParams, name string) *int {
	switch name {
	case "beta":
		return &c.Beta
	case "fast_convergence":
		return &c.FastConvergence
	case "hystart":
		return &c.Hystart
	case "hystart_ack_delta_us":
		return &c.HystartAckDeltaUs
	case "hystart_detect":
		return &c.HystartDetect
	case "hystart_low_window":
		return &c.HystartLowWindow
	case "initial_ssthresh":
		return &c.InitialSsthresh
	case "tcp_friendliness":
		return &c.TCPFriendliness
	}
	return nil
}

// cubicFile is one file of cubicDir.
func (p *Proc) cubicFile(name string) (madeEntry, bool) {
	m := p.host.NS.Machine
	if name == "bic_scale" {
		return madeEntry{read: func() string { return "41\n" }}, true
	}
	if cubicParam(m.Cubic(), name) == nil {
		return madeEntry{}, false
	}
	return madeEntry{
		read: func() string { return strconv.Itoa(*cubicParam(m.Cubic(), name)) + "\n" },
		write: func(_ *Proc, b []byte) string {
			n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 0, 32)
			if err != nil {
				return badValue
			}
			*cubicParam(m.SetCubic(), name) = int(n)
			return ""
		},
	}, true
}
