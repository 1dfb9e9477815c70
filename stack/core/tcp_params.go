package core

// CubicParams are the parameters of the kernel module tcp_cubic
// (/sys/module/tcp_cubic/parameters), the same for all namespaces.
type CubicParams struct {
	FastConvergence   int // 1: a loss sooner than the last gives room to others
	Beta              int // of 1024: what is left of the window after a loss
	InitialSsthresh   int // segments, where HyStart is off; 0: none
	TCPFriendliness   int // 1: never slower than Reno
	Hystart           int // 1: end slow start before a loss does
	HystartDetect     int // 1: by trains of ACKs, 2: by delay, 3: by both
	HystartLowWindow  int // segments: not below this window
	HystartAckDeltaUs int // µs between the ACKs of a train
}

// DefaultCubicParams are those of a machine that nobody has changed.
var DefaultCubicParams = CubicParams{FastConvergence: 1, Beta: 717, TCPFriendliness: 1, Hystart: 1, HystartDetect: 3, HystartLowWindow: 16, HystartAckDeltaUs: 2000}

// Cubic is what tcp_cubic goes by.
func (m *Machine) Cubic() *CubicParams {
	if m.cubic != nil {
		return m.cubic
	}
	return &DefaultCubicParams
}

// SetCubic is the same, to be changed.
func (m *Machine) SetCubic() *CubicParams {
	if m.cubic == nil {
		p := DefaultCubicParams
		m.cubic = &p
	}
	return m.cubic
}
