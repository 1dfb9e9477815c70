package tcp

// caPrivate is icsk_ca_priv of the congestion controls that few sockets use.
type caPrivate struct {
	bbr   bbrState
	dctcp dctcpState
	vegas vegasState
}

// priv is inet_csk_ca, to look at. Before init there is nothing but zeros.
func (sk *Sock) priv() *caPrivate {
	sk.setPriv()
	return sk.caPriv
}

// setPriv makes room for the private state.
func (sk *Sock) setPriv() {
	if sk.caPriv == nil {
		sk.caPriv = &caPrivate{}
	}
}
