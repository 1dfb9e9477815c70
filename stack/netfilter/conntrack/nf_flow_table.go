package conntrack

// What a flow table does to connections: the other half of nf_flow_table_core.c.
// Read before editing: that file of Linux 6.18 (the CLOSING flag is new there).

// day is NF_CT_DAY, in jiffies.
const day = 86400 * hz

// TCPAssured is nf_conntrack_tcp_established: established, and seen both ways.
func (c *Conn) TCPAssured() bool { return c.TCP.State == TCPEstablished && c.Status&Assured != 0 }

// Jiffies is nfct_time_stamp: the 32 bits of time that timeouts are kept in.
func (c *Conn) Jiffies() uint32 { return c.t.jiffies() }

// FlowLiberal is flow_offload_ct_tcp: not all packets will be seen any more, so
// windows are not checked.
func (c *Conn) FlowLiberal() {
	c.TCP.Seen[0].Flags |= TCPFlagBeLiberal
	c.TCP.Seen[1].Flags |= TCPFlagBeLiberal
}

// FlowTimeout is flow_offload_get_timeout: how long a flow of this connection may be
// silent, in jiffies.
func (c *Conn) FlowTimeout() uint32 {
	secs := 30 // NF_FLOW_TIMEOUT
	switch c.Proto() {
	case 6:
		secs = c.t.ns.Sysctl.CT.FlowTCP
	case 17:
		secs = c.t.ns.Sysctl.CT.FlowUDP
	}
	return uint32(secs * hz)
}

// FlowStarted is nf_ct_refresh of flow_offload_add: the flow table's clock counts
// from now on, the connection's own shall not end before.
func (c *Conn) FlowStarted() { c.setJiffies(day) }

// setJiffies is nf_ct_refresh.
func (c *Conn) setJiffies(n uint32) {
	if c.Status&FixedTimeout != 0 {
		return
	}
	if c.IsConfirmed() {
		n += c.t.jiffies()
	}
	c.timeout = n
}

// FlowBack is flow_offload_fixup_ct: the connection is connection tracking's again.
// closing says that a FIN or RST went by, expired that the flow was silent too long.
func (c *Conn) FlowBack(closing, expired bool) {
	ct := &c.t.ns.Sysctl.CT
	left, offload := 0, 0
	switch c.Proto() {
	case 6:
		s := c.TCP.State
		if closing {
			s, expired = TCPClose, false
		}
		c.flowFixupTCP(s)
		left, offload = ct.TCPTimeouts[s], ct.FlowTCP
	case 17:
		left, offload = ct.UDPTimeout, ct.FlowUDP
		if c.Status&SeenReply != 0 {
			left = ct.UDPTimeoutStream
		}
	default:
		return
	}
	if expired {
		left -= offload
	}
	left = max(0, left)
	if closing || int32(c.timeout-c.t.jiffies()) > int32(left*hz) {
		c.setJiffies(uint32(left * hz))
	}
}

// flowFixupTCP is flow_offload_fixup_tcp: what the tracker knew of windows and ACKs
// is too old.
func (c *Conn) flowFixupTCP(s TCPStateID) {
	c.TCP.State = s
	if s == TCPClose {
		c.TCP.Seen[0].Flags |= TCPFlagCloseInit // a SYN may reopen it
	}
	for i := range c.TCP.Seen {
		c.TCP.Seen[i].MaxWin = 0
		c.TCP.Seen[i].Flags &^= TCPFlagMaxAckSet
	}
}

// FlowExtend is nf_flow_table_extend_ct_timeout: a connection whose packets are not
// seen must not end by the clock.
func (c *Conn) FlowExtend() {
	left := int32(c.timeout - c.t.jiffies())
	if left <= 0 || left >= 5*60*hz || c.Status&(Confirmed|Offload) != Confirmed|Offload {
		return
	}
	n := uint32(0)
	switch c.Proto() {
	case 17:
		n = day
	case 6:
		switch c.TCP.State {
		case TCPEstablished:
			n = day
		case TCPFinWait, TCPCloseWait, TCPLastAck, TCPTimeWait:
			n = 5 * 60 * hz
		}
	default:
		n = 1
	}
	if n != 0 {
		c.timeout = n + c.t.jiffies()
	}
}

// FlowCount is nf_ct_acct_update for a packet of n bytes that the flow table sent.
func (c *Conn) FlowCount(d Dir, n int) {
	c.Counters[d].Packets++
	c.Counters[d].Bytes += uint64(n)
}
