package conntrack

import "github.com/packetwalk/packetwalk/stack/core"

// Synproxy is struct nf_conn_synproxy: what the proxy said to the client in the
// server's stead.
type Synproxy struct {
	ISN   uint32 // the number of its SYN-ACK
	ITS   uint32 // its timestamp
	TSOff uint32 // by how much the server's timestamps differ
}

// Synproxy is nfct_synproxy: nil where no SYN proxy opened the connection.
func (c *Conn) Synproxy() *Synproxy {
	if c.ext == nil {
		return nil
	}
	return c.ext.synproxy
}

// NewSynproxyTemplate is the template of synproxy_net_init: connections that begin
// with it have room for what the proxy must remember.
func NewSynproxyTemplate(ns *core.Netns) *Conn {
	c := NewTemplate(ns, Zone{})
	c.Status |= Confirmed
	c.extra().synproxy = new(Synproxy)
	return c
}

// SeqInit is nf_ct_seqadj_init: all numbers of the packet's direction move by off.
func (c *Conn) SeqInit(info Info, off int32) {
	if off == 0 {
		return
	}
	c.Status |= SeqAdjust
	s := &c.extra().seqadj[info.Dir()]
	s.before, s.after = off, off
}

// Cache is nf_conntrack_event_cache.
func (c *Conn) Cache(e Events) { c.cache(e) }

// keepAlive tells whether the segment is a client's keep-alive while the proxy waits
// for the server: the SYN, or what answered it, is lost (nf_conntrack_tcp_packet).
func (c *Conn) keepAlive(s *segment, dir Dir, old TCPStateID) bool {
	return c.Synproxy() != nil && old == TCPSynSent && s.index == setAck && dir == Original &&
		c.TCP.lastDir == Original && c.TCP.Seen[dir].End-1 == s.seq
}
