package tcp

// The names that a program gives in TCP_CONGESTION.

func (reno) name() string  { return "reno" }
func (bbr) name() string   { return "bbr" }
func (cubic) name() string { return "cubic" }
func (dctcp) name() string { return "dctcp" }
func (vegas) name() string { return "vegas" }

// name of a DCTCP whose other side does not mark.
func (dctcpReno) name() string { return "dctcp-reno" }
